/** The files of the two charts that are made from what `weft install` knows; helpers, notes and the test are written by hand. */
import { toYaml } from "../../src/core/documents/yaml-text.ts";
import { defaultValues } from "../../src/core/inject/settings/defaults.ts";
import { foreignNamespaces, highAvailability, notPublic } from "../../src/core/install/choices.ts";
import { defaultWeftValues, valueRows } from "../../src/core/install/weft-values.ts";
import { defaultTimeouts } from "../../src/core/registration/webhooks.ts";
import { ownPackage } from "../../src/files/package.ts";
import { valuesSchema } from "./schema.ts";
import { definitions, templates } from "./templates.ts";

/** Below `charts` → text. */
export function chartFiles(): ReadonlyMap<string, string> {
  return new Map([
    ["weft/Chart.yaml", chartFile("weft", "Sidecar injection that speaks Linkerd's language, with its control plane")],
    ["weft/values.yaml", valuesFile()],
    ["weft/values.schema.json", `${JSON.stringify(valuesSchema(), undefined, 2)}\n`],
    ["weft/files/facts.yaml", facts()],
    ...[...templates()].map(([file, text]) => [`weft/templates/${file}`, text] as const),
    ["weft-crds/Chart.yaml", chartFile("weft-crds", "The kinds that weft adds to a cluster")],
    ["weft-crds/templates/definitions.yaml", definitions()],
  ]);
}

function chartFile(name: string, description: string): string {
  const { version } = ownPackage();
  const kubeVersion = ">=1.30.0-0";
  return toYaml({
    apiVersion: "v2",
    name,
    description,
    type: "application",
    version,
    appVersion: version,
    kubeVersion,
  });
}

/** What the templates lay the given values over. */
const facts = (): string =>
  `# Made from src/core: make golden.\n${toYaml({
    values: { ...defaultValues, weft: defaultWeftValues },
    highAvailability,
    folders: [...new Set(Object.keys(valueRows).flatMap((path) => path.split(".").slice(0, -1)))],
    injectSeconds: defaultTimeouts.inject,
    notPublic,
    foreignNamespaces: [...foreignNamespaces],
  })}`;

/** Nothing but comments: so the chart can tell what was given from what is usual, as `weft install` does. */
function valuesFile(): string {
  const rows = Object.entries<{ readonly help: string; readonly expects: string; readonly defaultValue: unknown }>(
    valueRows,
  );
  const lines = rows.flatMap(([path, { help, expects, defaultValue }]) => [
    "",
    `# weft.${path}: ${expects}${help === "" ? "" : `; ${help}`}`,
    `#   ${defaultValue === undefined ? "nothing" : JSON.stringify(defaultValue)} without it`,
  ]);
  return [...valuesHead, ...lines, ""].join("\n");
}

const valuesHead = [
  "# Made from the table of values: make golden. All values are optional, and nothing is set here: what is given is laid",
  "# over what is usual as weft install does it. docs/helm.md has examples, docs/values.md all values.",
  "#",
  "# Beside weft there are the values of Linkerd's control-plane chart, under the same names, for the pods of the mesh:",
  "# proxy, proxyInit, clusterNetworks, ... Of these the chart itself reads:",
  "#",
  "# identityTrustAnchorsPEM: trust anchors; without them ConfigMap linkerd-identity-trust-roots is yours to make",
  "# identity.issuer.tls.crtPEM, .keyPEM: the issuer; without it Secret linkerd-identity-issuer is yours to make",
  "# identity.issuer.scheme, .issuanceLifetime, .clockSkewAllowance; identityTrustDomain, clusterDomain",
  "# proxyInjector.caBundle, .crtPEM, .keyPEM: the webhook's certificate, with weft.certificates.mode: files",
  "# proxyInjector.timeoutSeconds, webhookFailurePolicy",
];
