/** The flags of `weft webhook`: one row each. A flag wins over its environment variable, that over the usual value. */
import { eventChoices } from "../../core/inject/messages/event.ts";
import type { EventChoice } from "../../core/inject/messages/event.ts";
import { parseAddress } from "../../net/address.ts";
import { readFlags } from "../flags.ts";
import type { Environment, Flag, Given, OptionsOf, Row } from "../flags.ts";
import { mountIssues, servingRows } from "../common-flags.ts";
import type { Result } from "../../core/base/text/result.ts";

const rows = {
  address: {
    name: "--address",
    value: "ADDRESS",
    environment: "WEFT_ADDRESS",
    defaultValue: ":8443",
    help: "where reviews are answered (HTTPS)",
    expects: "an address such as :8443, 127.0.0.1:8443 or [::1]:8443",
    parse: parseAddress,
  },
  adminAddress: servingRows.adminAddress,
  settings: servingRows.settings,
  trustAnchors: {
    ...servingRows.trustAnchors,
    help: "the mesh's trust anchors, PEM (default: those of the settings); followed when the file changes",
  },
  settingsConfigMap: servingRows.settingsConfigMap,
  trustAnchorsConfigMap: servingRows.trustAnchorsConfigMap,
  tlsDir: {
    name: "--tls-dir",
    value: "DIR",
    environment: "WEFT_TLS_DIR",
    defaultValue: "",
    help: "folder with tls.crt and tls.key to serve with, followed when they change; without it, and without --certificates-secret, weft makes its own",
    expects: "a folder name",
    parse: String,
  },
  clientCa: {
    name: "--client-ca",
    value: "FILE",
    environment: "WEFT_CLIENT_CA",
    defaultValue: "",
    help: "CA of the certificates that API servers show, PEM; they are outside of the bounds by address; followed when the file changes",
    expects: "a file name",
    parse: String,
  },
  clientCertificates: {
    name: "--client-certificates",
    value: "WHICH",
    environment: "WEFT_CLIENT_CERTIFICATES",
    defaultValue: "asked",
    help: "with --client-ca: asked (who shows none is answered too) or required",
    expects: "asked or required",
    parse: (text): "asked" | "required" | undefined => (text === "asked" || text === "required" ? text : undefined),
  },
  controlPlaneNamespace: servingRows.controlPlaneNamespace,
  kubeconfig: servingRows.kubeconfig,
  context: servingRows.context,
  namespace: servingRows.namespace,
  service: servingRows.service,
  certificatesSecret: servingRows.certificatesSecret,
  events: {
    name: "--events",
    value: "WHICH",
    environment: "WEFT_EVENTS",
    defaultValue: "asked",
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
    defaultValue: "",
    help: "namespaces and owners, YAML or JSON, in place of a cluster; may be given several times, followed when a file changes",
    repeatable: true,
  },
  clientNames: {
    name: "--client-name",
    value: "NAME",
    environment: "WEFT_CLIENT_NAME",
    defaultValue: "",
    help: "with --client-ca: common name that counts (default: every name); may be given several times",
    repeatable: true,
  },
} as const satisfies Record<string, Flag>;

/** In the order of `--help`. */
export const webhookFlags: readonly Flag[] = [...Object.values(rows), ...Object.values(lists)];

/** What the command works with; a file or folder is undefined when none was given. Times in milliseconds. */
export type WebhookOptions = OptionsOf<typeof rows, typeof lists>;

/** Reads what was given, or says everything that is wrong with it, each with its flag or variable. */
export function webhookOptions(given: Given, environment: Environment): Result<WebhookOptions> {
  const read = readFlags(rows, lists, given, environment);
  const issues = "value" in read ? mountIssues(read.value) : [];
  return issues.length > 0 ? { issues } : read;
}
