/** The flags of `weft webhook`: one row each. A flag wins over its environment variable, that over the usual value. */
import { eventChoices } from "../core/inject/report.ts";
import type { EventChoice } from "../core/inject/report.ts";
import { parseDuration, wholeMilliseconds } from "../core/mesh/duration.ts";
import type { Issue } from "../core/mesh/issue.ts";
import { logFormats, logLevels } from "../observe/log.ts";
import type { LogFormat, LogLevel } from "../observe/log.ts";
import { parseAddress } from "../webhook/address.ts";

/** A flag as `--help` shows it. */
export interface Flag {
  /** With its dashes. */
  readonly name: string;
  /** What stands for its value. */
  readonly value: string;
  readonly environment: string;
  /** The value without the flag; empty when there is none. */
  readonly usual: string;
  readonly help: string;
  /** May be given several times; in the environment separated by colons, as in PATH. */
  readonly repeatable?: true;
}

const rfc1123Label = (text: string): string | undefined =>
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text) ? text : undefined;
const rfc1123Subdomain = (text: string): string | undefined =>
  text.length <= 253 && text.split(".").every((label) => rfc1123Label(label) !== undefined) ? text : undefined;

const tenYears = 87_600 * 3_600_000;

function lifeOf(text: string): number | undefined {
  const life = millisecondsUpTo(tenYears, text);
  return life === undefined || life < 10_000 ? undefined : life;
}

interface Row<Value> extends Flag {
  /** What a value has to be, after "is not". */
  readonly expects: string;
  readonly parse: (text: string) => Value | undefined;
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
  adminAddress: {
    name: "--admin-address",
    value: "ADDRESS",
    environment: "WEFT_ADMIN_ADDRESS",
    usual: ":9995",
    help: "where /livez, /readyz and /metrics are (HTTP)",
    expects: "an address such as :9995, 127.0.0.1:9995 or [::1]:9995",
    parse: parseAddress,
  },
  settings: {
    name: "--settings",
    value: "FILE",
    environment: "WEFT_SETTINGS",
    usual: "",
    help: "Linkerd's Helm values, YAML or JSON; followed when the file changes",
    expects: "a file name",
    parse: String,
  },
  trustAnchors: {
    name: "--trust-anchors",
    value: "FILE",
    environment: "WEFT_TRUST_ANCHORS",
    usual: "",
    help: "the mesh's trust anchors, PEM; followed when the file changes",
    expects: "a file name",
    parse: String,
  },
  tlsDir: {
    name: "--tls-dir",
    value: "DIR",
    environment: "WEFT_TLS_DIR",
    usual: "",
    help: "folder with tls.crt and tls.key to serve with, followed when they change; without it weft makes its own",
    expects: "a folder name",
    parse: String,
  },
  controlPlaneNamespace: {
    name: "--control-plane-namespace",
    value: "NAMESPACE",
    environment: "WEFT_CONTROL_PLANE_NAMESPACE",
    usual: "linkerd",
    help: "where Linkerd's control plane runs",
    expects: "a namespace name (RFC 1123 label)",
    parse: rfc1123Label,
  },
  kubeconfig: {
    name: "--kubeconfig",
    value: "FILE",
    environment: "WEFT_KUBECONFIG",
    usual: "",
    help: "how to reach the cluster; in a pod, without it and without --objects, the pod's own access",
    expects: "a file name",
    parse: String,
  },
  context: {
    name: "--context",
    value: "NAME",
    environment: "WEFT_CONTEXT",
    usual: "",
    help: "context of the kubeconfig (default: its current one)",
    expects: "a name",
    parse: String,
  },
  namespace: {
    name: "--namespace",
    value: "NAMESPACE",
    environment: "WEFT_NAMESPACE",
    usual: "weft",
    help: "where weft itself runs: part of the names in its certificate, and where its Secret and Lease are",
    expects: "a namespace name (RFC 1123 label)",
    parse: rfc1123Label,
  },
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
  logLevel: {
    name: "--log-level",
    value: "LEVEL",
    environment: "WEFT_LOG_LEVEL",
    usual: "info",
    help: `the least that is logged: ${logLevels.join(", ")}`,
    expects: `one of ${logLevels.join(", ")}`,
    parse: (text): LogLevel | undefined => logLevels.find((level) => level === text),
  },
  logFormat: {
    name: "--log-format",
    value: "FORMAT",
    environment: "WEFT_LOG_FORMAT",
    usual: "plain",
    help: `how: ${logFormats.join(" or ")}`,
    expects: logFormats.join(" or "),
    parse: (text): LogFormat | undefined => logFormats.find((format) => format === text),
  },
  gracePeriod: {
    name: "--grace-period",
    value: "DURATION",
    environment: "WEFT_GRACE_PERIOD",
    usual: "5s",
    help: "how long to go on serving after SIGTERM, until every API server has heard of it",
    expects: "a duration from 0s to 5m, such as 5s",
    parse: (text) => millisecondsUpTo(300_000, text),
  },
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
} as const satisfies Record<string, Flag>;

/** In the order of `--help`. */
export const webhookFlags: readonly Flag[] = [...Object.values(rows), ...Object.values(lists)];

type Rows = typeof rows;
type ValueOf<Name extends keyof Rows> = Exclude<ReturnType<Rows[Name]["parse"]>, undefined>;

/** What the command works with; a file or folder is undefined when none was given. Times in milliseconds. */
export type WebhookOptions = {
  readonly [Name in keyof Rows]: ValueOf<Name> | (Rows[Name]["usual"] extends "" ? undefined : never);
} & { readonly [Name in keyof typeof lists]: readonly string[] };

/** Flags as commander gives them: by their names in camel case. */
export type Given = Readonly<Record<string, string | readonly string[] | undefined>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads what was given, or says everything that is wrong with it, each with its flag or variable. */
export const webhookOptions = (
  given: Given,
  environment: Environment,
): { readonly value: WebhookOptions } | { readonly issues: readonly Issue[] } => {
  const issues: Issue[] = [];
  const entries = Object.entries<Row<unknown>>(rows).map(([name, row]) => {
    const { at, text } = textOf(row, given[name], environment);
    const value = text === "" ? undefined : row.parse(text);
    if (text !== "" && value === undefined)
      issues.push({ at, message: `${JSON.stringify(text)} is not ${row.expects}` });
    return [name, value];
  });
  if (issues.length > 0) return { issues };
  const several = Object.entries<Flag>(lists).map(([name, flag]) => [name, listOf(flag, given[name], environment)]);
  // Each entry was made by the row of its name: the record is complete and typed by construction.
  return { value: Object.fromEntries([...entries, ...several]) as WebhookOptions };
};

// Empty counts as absent: manifests often set a variable to nothing.
const textOf = (
  { name, environment: variable, usual }: Flag,
  flag: Given[string],
  environment: Environment,
): { readonly at: string; readonly text: string } => {
  if (typeof flag === "string" && flag !== "") return { at: name, text: flag };
  return { at: variable, text: environment[variable] || usual };
};

const listOf = ({ environment: variable }: Flag, flag: Given[string], environment: Environment): readonly string[] => {
  const items = typeof flag === "string" ? [flag] : (flag ?? (environment[variable] ?? "").split(":"));
  return items.filter((item) => item !== "");
};

function millisecondsUpTo(most: number, text: string): number | undefined {
  const duration = parseDuration(text);
  const milliseconds = duration === undefined ? -1 : Number(wholeMilliseconds(duration));
  return milliseconds >= 0 && milliseconds <= most ? milliseconds : undefined;
}
