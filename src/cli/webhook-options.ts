/** The flags of `weft webhook`: one row each. A flag wins over its environment variable, that over the usual value. */
import { eventChoices } from "../core/inject/report.ts";
import type { EventChoice } from "../core/inject/report.ts";
import { parseAddress } from "../webhook/address.ts";
import { millisecondsUpTo, readFlags, rfc1123Label, rfc1123Subdomain } from "./flag-rows.ts";
import type { Environment, Flag, Given, OptionsOf, OptionsRead, Row } from "./flag-rows.ts";
import { servingRows } from "./serving-flags.ts";

const tenYears = 87_600 * 3_600_000;

function lifeOf(text: string): number | undefined {
  const life = millisecondsUpTo(tenYears, text);
  return life === undefined || life < 10_000 ? undefined : life;
}

const rows = {
  address: {
    name: "--address",
    value: "ADDRESS",
    environment: "WEFT_ADDRESS",
    usual: ":8443",
    help: "where reviews are answered (HTTPS)",
    expects: "an address such as :8443, 127.0.0.1:8443 or [::1]:8443",
    parse: parseAddress,
  },
  adminAddress: servingRows.adminAddress,
  settings: servingRows.settings,
  trustAnchors: servingRows.trustAnchors,
  tlsDir: {
    name: "--tls-dir",
    value: "DIR",
    environment: "WEFT_TLS_DIR",
    usual: "",
    help: "folder with tls.crt and tls.key to serve with, followed when they change; without it weft makes its own",
    expects: "a folder name",
    parse: String,
  },
  clientCa: {
    name: "--client-ca",
    value: "FILE",
    environment: "WEFT_CLIENT_CA",
    usual: "",
    help: "CA of the certificates that API servers show, PEM; they are outside of the bounds by address; followed when the file changes",
    expects: "a file name",
    parse: String,
  },
  clientCertificates: {
    name: "--client-certificates",
    value: "WHICH",
    environment: "WEFT_CLIENT_CERTIFICATES",
    usual: "asked",
    help: "with --client-ca: asked (who shows none is answered too) or required",
    expects: "asked or required",
    parse: (text): "asked" | "required" | undefined => (text === "asked" || text === "required" ? text : undefined),
  },
  controlPlaneNamespace: servingRows.controlPlaneNamespace,
  kubeconfig: servingRows.kubeconfig,
  context: servingRows.context,
  namespace: servingRows.namespace,
  service: {
    name: "--service",
    value: "NAME",
    environment: "WEFT_SERVICE",
    usual: "weft-injector",
    help: "the Service that API servers call: part of the names in weft's certificate",
    expects: "a name of a Service (RFC 1123 label)",
    parse: rfc1123Label,
  },
  certificatesSecret: {
    name: "--certificates-secret",
    value: "NAME",
    environment: "WEFT_CERTIFICATES_SECRET",
    usual: "",
    help: "Secret in weft's namespace where the replicas keep the CA and the certificate that they make and renew",
    expects: "a name of a Secret (RFC 1123 subdomain)",
    parse: rfc1123Subdomain,
  },
  caLife: {
    name: "--ca-life",
    value: "DURATION",
    environment: "WEFT_CA_LIFE",
    usual: "8760h",
    help: "how long a CA of weft's making lives; renewed at two thirds",
    expects: "a duration from 10s to 87600h, such as 8760h",
    parse: lifeOf,
  },
  certificateLife: {
    name: "--certificate-life",
    value: "DURATION",
    environment: "WEFT_CERTIFICATE_LIFE",
    usual: "2160h",
    help: "how long a certificate of that CA lives, a third of the CA's life at most; renewed at two thirds",
    expects: "a duration from 10s to 87600h, such as 2160h",
    parse: lifeOf,
  },
  events: {
    name: "--events",
    value: "WHICH",
    environment: "WEFT_EVENTS",
    usual: "asked",
    help: "Events on the owners of pods: those that somebody asked to mesh, all (as Linkerd does), or none",
    expects: eventChoices.join(", "),
    parse: (text): EventChoice | undefined => eventChoices.find((choice) => choice === text),
  },
  logLevel: servingRows.logLevel,
  logFormat: servingRows.logFormat,
  gracePeriod: servingRows.gracePeriod,
} as const satisfies Record<string, Row<unknown>>;

/** Flags that may be given several times. */
const lists = {
  objects: {
    name: "--objects",
    value: "FILE",
    environment: "WEFT_OBJECTS",
    usual: "",
    help: "namespaces and owners, YAML or JSON, in place of a cluster; may be given several times, followed when a file changes",
    repeatable: true,
  },
  mutatingConfiguration: {
    name: "--mutating-configuration",
    value: "NAME",
    environment: "WEFT_MUTATING_CONFIGURATION",
    usual: "",
    help: "MutatingWebhookConfiguration whose caBundle weft keeps right; may be given several times",
    repeatable: true,
  },
  validatingConfiguration: {
    name: "--validating-configuration",
    value: "NAME",
    environment: "WEFT_VALIDATING_CONFIGURATION",
    usual: "",
    help: "the same for a ValidatingWebhookConfiguration",
    repeatable: true,
  },
  clientNames: {
    name: "--client-name",
    value: "NAME",
    environment: "WEFT_CLIENT_NAME",
    usual: "",
    help: "common name of such a certificate (default: every name); may be given several times",
    repeatable: true,
  },
} as const satisfies Record<string, Flag>;

/** In the order of `--help`. */
export const webhookFlags: readonly Flag[] = [...Object.values(rows), ...Object.values(lists)];

/** What the command works with; a file or folder is undefined when none was given. Times in milliseconds. */
export type WebhookOptions = OptionsOf<typeof rows, typeof lists>;

/** Reads what was given, or says everything that is wrong with it, each with its flag or variable. */
export const webhookOptions = (given: Given, environment: Environment): OptionsRead<WebhookOptions> =>
  readFlags(rows, lists, given, environment);
