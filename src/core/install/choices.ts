/**
 * What an installation is made of: values files and flags, settled and checked. Everything that is wrong with them is
 * told at once.
 */
import { changedAt, without } from "../base/json/edit.ts";
import { readInstallation } from "../inject/settings/installation.ts";
import { textAt } from "../base/json/read.ts";
import { isObject } from "../base/json/json.ts";
import type { JsonObject } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import { issuesOf } from "../base/text/result.ts";
import type { Result } from "../base/text/result.ts";
import { chartKeys, privateKeyIssues } from "../mesh/private-keys.ts";
import { failurePolicies, defaultTimeouts } from "../registration/webhooks.ts";
import { meshValues } from "../view/mesh-values.ts";
import { domainsOf, linkerdNamespace } from "../mesh/control-plane.ts";
import { controlPlaneChoice, controlPlaneOf, placeIssues } from "./control-plane-choice.ts";
import { overlaid, stacked } from "./overlay.ts";
import { unheeded, unheededText } from "./unheeded.ts";
import { chartIssues, keyAloneIssues } from "./values-issues.ts";
import { readWeftValues } from "./weft-values.ts";
import type { WeftValues } from "./weft-values.ts";
import type { ControlPlane, InstallOptions, Mesh, Certificates, Requested } from "./chosen.ts";

/** What `linkerd install --ha` changes, as far as weft knows of it; the user's own values are laid over it. */
export const highAvailability: JsonObject = {
  webhookFailurePolicy: "Fail",
  proxy: { resources: { cpu: { request: "100m" }, memory: { limit: "250Mi", request: "20Mi" } } },
  weft: { replicas: 3, antiAffinity: "required", certificates: { replicas: 2 } },
};

interface ResolvedOptions {
  readonly options: InstallOptions;
  readonly warnings: readonly Issue[];
}

export function resolveOptions(asked: Requested): Result<ResolvedOptions> {
  const { namespace, version, base, given } = asked;
  // Before anything is quoted.
  const keys = privateKeyIssues({
    ...given,
    "--trust-anchors": asked.trustAnchors,
    "--ca-bundle": asked.files?.caBundle,
  });
  if (keys.length > 0) return { issues: keys };
  const isHigh = readWeftValues(given["weft"]).value.highAvailability;
  const overlays = [...(isHigh ? [highAvailability] : []), given];
  const linkerd = without(overlaid(base, overlays), (key) => key === "weft");
  // With their nulls, which take away what is usual.
  const weft = readWeftValues(stacked(overlays)["weft"]);
  const chosen = controlPlaneChoice(weft.value, {
    trustAnchors: asked.trustAnchors !== undefined || anchorsIn(linkerd) !== "",
    issuer: asked.issuer !== undefined,
  });
  const place = chosen === "own" ? namespace : (weft.value.controlPlaneNamespace ?? linkerdNamespace);
  const mesh = meshOf(
    withTap(linkerd, weft.value, chosen),
    { adopts: weft.value.adoptLinkerd, controlPlaneNamespace: place },
    asked,
  );
  const controlPlane = controlPlaneOf(chosen, linkerd, weft.value, asked);
  // Of somebody else's control plane its values are its own affair.
  const heeded = chosen === "own" ? meshValues(linkerd) : { value: undefined };
  const idle = chosen === "own" ? unheeded(given) : [];
  const issues = [
    ...weft.issues,
    ...namespaceIssues(weft.value, namespace),
    ...placeIssues(weft.value, chosen, namespace),
    ...tapIssues(weft.value, chosen),
    ...(chosen === "own" ? keyAloneIssues(given) : []),
    ...splitIssues(weft.value, chosen),
    ...issuesOf(controlPlane),
    ...certificateIssues(weft.value, asked),
    ...issuesOf(mesh),
    ...issuesOf(heeded),
    ...registrationIssues(linkerd),
    ...(weft.value.adoptLinkerd ? adoptionIssues(given) : []),
  ];
  if (issues.length > 0 || "issues" in mesh || "issues" in controlPlane) return { issues };
  return {
    value: {
      options: {
        namespace,
        controlPlaneNamespace: place,
        version,
        weft: weft.value,
        given: publicValues(given),
        ...registrationOf(weft.value, linkerd),
        mesh: mesh.value.mesh,
        controlPlane: controlPlane.value,
        certificates: certificatesOf(weft.value, asked),
      },
      warnings: [
        ...mesh.value.warnings,
        ...told(chartIssues(given)),
        ...(chosen === "own" && weft.value.controlPlane === undefined ? idleIssuer(given) : []),
        ...(idle.length > 0 ? [{ at: "values", message: `without effect: ${unheededText(idle)}` }] : []),
      ],
    },
  };
}

/** Linkerd's own values have one; a control plane that nobody asked for by name makes its own. */
const idleIssuer = (given: JsonObject): readonly Issue[] =>
  textAt(given, "identity", "issuer", "tls", "keyPEM") === ""
    ? []
    : [{ at: "identity.issuer.tls", message: "is not used; with weft.controlPlane: own it is" }];

/** A values file of something else may have thousands. */
const told = (issues: readonly Issue[]): readonly Issue[] =>
  issues.length <= mostTold
    ? issues
    : [...issues.slice(0, mostTold), { at: "values", message: `and ${issues.length - mostTold} more like these` }];

const mostTold = 100;

/** These namespaces are not weft's to label: everything in them would be enforced to be restricted. */
export const foreignNamespaces: ReadonlySet<string> = new Set([
  "default",
  "kube-system",
  "kube-public",
  "kube-node-lease",
  "cert-manager",
]);

function namespaceIssues(weft: WeftValues, namespace: string): readonly Issue[] {
  const at = "--namespace";
  const linkerds = weft.controlPlaneNamespace ?? linkerdNamespace;
  if (weft.adoptLinkerd)
    return namespace === linkerds
      ? []
      : [
          {
            at,
            message: `has to be ${linkerds} to adopt Linkerd: weft mounts the settings that are there`,
          },
        ];
  return foreignNamespaces.has(namespace)
    ? [{ at, message: `weft needs a namespace of its own, not ${namespace}` }]
    : [];
}

const tapIssues = ({ tap }: WeftValues, chosen: ControlPlane["kind"]): readonly Issue[] =>
  tap === true && chosen === "linkerd"
    ? [{ at: "weft.tap", message: "is for weft's own control plane; with Linkerd's, its viz extension sets tap up" }]
    : [];

const splitIssues = ({ trafficSplit }: WeftValues, chosen: ControlPlane["kind"]): readonly Issue[] =>
  trafficSplit && chosen === "linkerd"
    ? [
        {
          at: "weft.trafficSplit",
          message: "is for weft's own control plane; beside Linkerd's, its smi extension reads splits",
        },
      ]
    : [];

function meshOf(
  linkerd: JsonObject,
  { adopts, controlPlaneNamespace }: { readonly adopts: boolean; readonly controlPlaneNamespace: string },
  { trustAnchors, sha256, mesh: id }: Requested,
): Result<{ readonly mesh: Mesh; readonly warnings: readonly Issue[] }> {
  const values = withTrustDomain(publicValues(linkerd));
  const pem = trustAnchors ?? anchorsIn(values);
  const read = readInstallation({
    values,
    trustAnchors: { pem, sha256: sha256(pem) },
    controlPlaneNamespace,
    sha256,
  });
  const missing = pem === "" ? [noAnchors] : [];
  if ("issues" in read) return { issues: [...read.issues, ...missing] };
  const errors = read.value.installation.errors.filter((fault) => pem !== "" || fault.at !== "identityTrustAnchorsPEM");
  if (errors.length + missing.length > 0) return { issues: [...errors, ...missing] };
  const mesh: Mesh = adopts
    ? { kind: "adopted" }
    : { kind: "own", values, trustAnchors: pem, id: id ?? sha256(pem).slice(0, 16) };
  return { value: { mesh, warnings: read.value.warnings } };
}

/** As the values have them, PEM; blank when they do not. */
export const anchorsIn = ({ identityTrustAnchorsPEM: pem }: JsonObject): string => (typeof pem === "string" ? pem : "");

/** Proxies show their requests where weft's identity service makes the certificates for it. */
const withTap = (linkerd: JsonObject, { tap = true }: WeftValues, chosen: ControlPlane["kind"]): JsonObject =>
  chosen === "own" ? overlaid({ tap: { enabled: tap } }, [linkerd]) : linkerd;

const noAnchors: Issue = {
  at: "--trust-anchors",
  message:
    "needed: the certificates (PEM) of the CAs that issue the identities of the mesh, or identityTrustAnchorsPEM in --values; docs/install.md says how to get or to make them",
};

/** Without private keys, as Linkerd fills ConfigMap linkerd-config. */
const publicValues = (values: JsonObject): JsonObject =>
  notPublic.reduce((kept, path) => changedAt(kept, path, () => undefined), values);

/** Likewise: the trust domain is never blank. */
function withTrustDomain(values: JsonObject): JsonObject {
  if (typeof values["identityTrustDomain"] === "string" && values["identityTrustDomain"] !== "") return values;
  return overlaid(values, [{ identityTrustDomain: domainsOf(values).trustDomain }]);
}

export const notPublic: readonly (readonly string[])[] = [...chartKeys, ["partials"], ["configs"], ["stage"]];

function registrationIssues(linkerd: JsonObject): readonly Issue[] {
  const policy = linkerd["webhookFailurePolicy"];
  const seconds = injectorSeconds(linkerd);
  return [
    ...(policy === undefined || failurePolicies.some((each) => each === policy)
      ? []
      : [{ at: "webhookFailurePolicy", message: `expected ${failurePolicies.join(" or ")}` }]),
    ...(seconds === undefined || (Number.isInteger(seconds) && Number(seconds) >= 1 && Number(seconds) <= 30)
      ? []
      : [{ at: "proxyInjector.timeoutSeconds", message: "expected a whole number from 1 to 30" }]),
  ];
}

const injectorSeconds = ({ proxyInjector }: JsonObject): unknown =>
  isObject(proxyInjector) ? proxyInjector["timeoutSeconds"] : undefined;

function registrationOf(
  weft: WeftValues,
  linkerd: JsonObject,
): Pick<InstallOptions, "failurePolicy" | "timeoutSeconds"> {
  const policy = failurePolicies.find((each) => each === linkerd["webhookFailurePolicy"]);
  const inject = weft["timeoutSeconds.inject"] ?? injectorSeconds(linkerd);
  const rest = weft["timeoutSeconds.rest"];
  return {
    failurePolicy: weft.failurePolicy ?? policy ?? "Ignore",
    timeoutSeconds: { ...defaultTimeouts, rest, ...(typeof inject === "number" ? { inject } : {}) },
  };
}

const certificateIssues = (weft: WeftValues, { files }: Requested): readonly Issue[] =>
  weft["certificates.mode"] === "files" && files === undefined
    ? [{ at: "--certificates files", message: "needs --tls-cert, --tls-key and --ca-bundle" }]
    : weft["certificates.mode"] !== "files" && files !== undefined
      ? [{ at: "--tls-cert", message: "is for --certificates files" }]
      : [];

/** Everything but weft's own values would have no effect. */
const adoptionIssues = (given: JsonObject): readonly Issue[] =>
  Object.keys(given)
    .filter((key) => !["weft", "webhookFailurePolicy"].includes(key))
    .map((key) => ({ at: key, message: "has no effect when Linkerd is adopted: its own settings are used" }));

function certificatesOf(weft: WeftValues, { files }: Requested): Certificates {
  const kind = weft["certificates.mode"];
  if (kind === "files" && files !== undefined) return { kind, ...files };
  return kind === "cert-manager" ? { kind } : { kind: "self" };
}
