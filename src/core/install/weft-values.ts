/**
 * The values under the key `weft` of a values file: how weft itself runs. One row each; what else is in the file is
 * Linkerd's, for the pods.
 */
import { isList, isObject } from "../mesh/api.ts";
import type { Json, JsonObject } from "../mesh/api.ts";
import { parseDuration, wholeMilliseconds } from "../mesh/duration.ts";
import type { Issue } from "../mesh/issue.ts";
import { parseQuantity } from "../mesh/quantity.ts";
import { shownJson } from "../mesh/quote.ts";
import { closest } from "../mesh/similar.ts";
import { overlaid, overlayOf } from "./overlay.ts";
import { failurePolicies, usualTimeouts } from "../registration/webhooks.ts";

interface Row<Value> {
  readonly help: string;
  /** What a value has to be, after "expected". */
  readonly expects: string;
  /** Without a value: what stands in its place. */
  readonly usual: Json | undefined;
  readonly read: (value: Json) => Value | undefined;
}

const oneOf = <Text extends string>(texts: readonly Text[]) => ({
  expects: texts.join(" or "),
  read: (value: Json): Text | undefined => texts.find((text) => text === value),
});
const wholeFrom = (least: number, most: number) => ({
  expects: `a whole number from ${least} to ${most}`,
  read: (value: Json): number | undefined =>
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most ? value : undefined,
});
const matching = (expects: string, pattern: RegExp) => ({
  expects,
  read: (value: Json): string | undefined => (typeof value === "string" && pattern.test(value) ? value : undefined),
});
const listOf = <Item>(expects: string, read: (value: Json) => Item | undefined) => ({
  expects,
  read(value: Json): readonly Item[] | undefined {
    const items = isList(value) ? value.map(read) : [undefined];
    return items.every((item) => item !== undefined) ? items : undefined;
  },
});
const textMap = {
  expects: "a map of text",
  read: (value: Json): Readonly<Record<string, string>> | undefined =>
    isObject(value) && Object.values(value).every((item) => typeof item === "string")
      ? (value as Readonly<Record<string, string>>)
      : undefined,
};
const label = matching("a name (RFC 1123 label)", /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const subdomain = matching(
  "a name (RFC 1123 subdomain)",
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
);

const rows = {
  image: {
    help: "weft's image",
    usual: undefined,
    ...matching("an image such as example.org/weft:1.0", /^[^\s@:]+(:\d+\/[^\s@:]+)?(:[\w][\w.-]*)?(@\w+:[0-9a-f]+)?$/),
  },
  imagePullPolicy: {
    help: "when it is pulled",
    usual: "IfNotPresent",
    ...oneOf(["Always", "IfNotPresent", "Never"] as const),
  },
  imagePullSecrets: {
    help: "names of Secrets in weft's namespace",
    usual: [],
    ...listOf("a list of names of Secrets", subdomain.read),
  },
  replicas: { help: "", usual: 2, ...wholeFrom(1, 100) },
  resources: {
    help: "of the container; without a limit of CPU, which would make reviews late",
    usual: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "768Mi" } },
    expects: "a map with requests and limits, each a map of amounts such as 100m or 256Mi",
    read: resourcesOf,
  },
  priorityClassName: {
    help: "weft is to be among the last that are evicted",
    usual: "system-cluster-critical",
    ...subdomain,
  },
  nodeSelector: { help: "", usual: { "kubernetes.io/os": "linux" }, ...textMap },
  tolerations: {
    help: "",
    usual: [],
    ...listOf("a list of tolerations", (value) => (isObject(value) ? value : undefined)),
  },
  antiAffinity: {
    help: "whether two replicas may share a node",
    usual: "preferred",
    ...oneOf(["preferred", "required"] as const),
  },
  podAnnotations: { help: "", usual: {}, ...textMap },
  podLabels: { help: "", usual: {}, ...textMap },
  failurePolicy: {
    help: "of pods that asked for the proxy, when weft does not answer; `webhookFailurePolicy` without it, else Ignore",
    usual: undefined,
    ...oneOf(failurePolicies),
  },
  "timeoutSeconds.inject": {
    help: `for pods that asked; \`proxyInjector.timeoutSeconds\` without it, else ${usualTimeouts.inject}`,
    usual: undefined,
    ...wholeFrom(1, 30),
  },
  "timeoutSeconds.rest": {
    help: "for all other objects: what a black hole costs each of them",
    usual: usualTimeouts.rest,
    ...wholeFrom(1, 30),
  },
  namespaces: {
    help: "only these namespaces; all when empty",
    usual: [],
    ...listOf("a list of namespaces", label.read),
  },
  events: {
    help: "Events on the owners of pods: of those that somebody asked to mesh, all (as Linkerd does), or none",
    usual: "asked",
    ...oneOf(["asked", "all", "none"] as const),
  },
  logLevel: {
    help: "",
    usual: "info",
    ...oneOf(["panic", "fatal", "error", "warn", "info", "debug", "trace"] as const),
  },
  logFormat: { help: "", usual: "plain", ...oneOf(["plain", "json"] as const) },
  gracePeriod: {
    help: "how long to go on serving after SIGTERM, until every API server has heard of it",
    usual: "5s",
    expects: "a duration from 0s to 5m, such as 5s",
    read: (value: Json): string | undefined =>
      typeof value === "string" && isWithin(wholeSeconds(value), 0, 300) ? value : undefined,
  },
  "certificates.mode": {
    help: "who makes the serving certificate: weft itself, cert-manager, or you (files)",
    usual: "self",
    ...oneOf(["self", "cert-manager", "files"] as const),
  },
  "certificates.issuer": {
    help: "for cert-manager: an issuer that is there, with name, kind and group; without it a CA is made in weft's namespace",
    usual: undefined,
    expects: "a map with the texts name, kind and group, of which name is needed",
    read: (value: Json): Readonly<Record<string, string>> | undefined => {
      const issuer = textMap.read(value);
      const isKnown = Object.keys(issuer ?? {}).every((key) => ["name", "kind", "group"].includes(key));
      return isKnown && issuer?.["name"] !== undefined ? issuer : undefined;
    },
  },
  "networkPolicy.enabled": {
    help: "",
    usual: true,
    expects: "true or false",
    read: (value: Json): boolean | undefined => (typeof value === "boolean" ? value : undefined),
  },
  "networkPolicy.apiServerPorts": {
    help: "where API servers listen, as the NetworkPolicy's plugin sees it: behind the Service",
    usual: [443, 6443],
    ...listOf("a list of ports", wholeFrom(1, 65_535).read),
  },
} as const satisfies Record<string, Row<unknown>>;

type Rows = typeof rows;
type Path = keyof Rows;
type ValueOf<Name extends Path> = Exclude<ReturnType<Rows[Name]["read"]>, undefined>;

/** By path below `weft`; undefined where a row has no usual value and none was given. */
export type WeftValues = {
  readonly [Name in Path]: ValueOf<Name> | (Rows[Name]["usual"] extends undefined ? undefined : never);
};

export type WeftValuesRead = { readonly value: WeftValues } | { readonly issues: readonly Issue[] };

/** Reads what is under the key `weft`; every value that cannot be used, and every key that is not known, is an issue. */
export function readWeftValues(given: Json | undefined): WeftValuesRead {
  if (given !== undefined && given !== null && !isObject(given))
    return { issues: [{ at: "weft", message: `expected a map, got ${shownJson(given)}` }] };
  const found = flattened(overlaid(usualValues, [given ?? {}]));
  const issues = [...found.keys()].flatMap((path) => (isPath(path) ? [] : [unknownKey(path)]));
  const entries = valuePaths.map((path) => {
    const row: Row<unknown> = rows[path];
    const json = found.get(path) ?? row.usual;
    const value = json === undefined ? undefined : row.read(json);
    if (json !== undefined && value === undefined)
      issues.push({ at: `weft.${path}`, message: `expected ${row.expects}, got ${shownJson(json)}` });
    return [path, value];
  });
  // Each entry was read by the row of its path: the record is complete and typed by construction.
  return issues.length > 0 ? { issues } : { value: Object.fromEntries(entries) as WeftValues };
}

const usualValues = overlaid(
  {},
  Object.entries<Row<unknown>>(rows).map(([path, { usual }]) => overlayOf(path, usual ?? null)),
);

const valuePaths = Object.keys(rows) as readonly Path[];
const isPath = (path: string): path is Path => Object.hasOwn(rows, path);

const unknownKey = (path: string): Issue => {
  const meant = closest(path, valuePaths);
  return { at: `weft.${path}`, message: `is not known${meant === undefined ? "" : `; did you mean weft.${meant}?`}` };
};

/** The rows as documentation shows them. */
export const valueLines: readonly {
  readonly path: string;
  readonly help: string;
  readonly usual: Json | undefined;
  readonly expects: string;
}[] = Object.entries<Row<unknown>>(rows).map(([path, { help, usual, expects }]) => ({ path, help, usual, expects }));

/** Values by path; a path with a row ends there, whatever is below. Null counts as absent. */
function flattened(map: JsonObject, prefix = ""): ReadonlyMap<string, Json> {
  const entries = Object.entries(map).flatMap(([key, value]): (readonly [string, Json])[] => {
    const path = prefix + key;
    if (value === undefined || value === null) return [];
    return isObject(value) && !isPath(path) && valuePaths.some((each) => each.startsWith(`${path}.`))
      ? [...flattened(value, `${path}.`)]
      : [[path, value]];
  });
  return new Map(entries);
}

export interface Resources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

function resourcesOf(value: Json): Resources | undefined {
  if (!isObject(value) || !Object.keys(value).every((key) => key === "requests" || key === "limits")) return undefined;
  const read = Object.entries(value).map(([key, amounts]) => [key, amountsOf(amounts)] as const);
  return read.every(([, amounts]) => amounts !== undefined) ? Object.fromEntries(read) : undefined;
}

/** `cpu: 1` is a number in YAML, and an amount to Kubernetes. */
function amountsOf(value: Json | undefined): Readonly<Record<string, string>> | undefined {
  if (!isObject(value)) return undefined;
  const amounts = Object.entries(value).map(
    ([key, amount]) => [key, typeof amount === "number" ? String(amount) : amount] as const,
  );
  const isAmount = (entry: readonly [string, Json | undefined]): entry is [string, string] =>
    typeof entry[1] === "string" && !entry[1].startsWith("-") && parseQuantity(entry[1]) !== undefined;
  return amounts.every(isAmount) ? Object.fromEntries(amounts) : undefined;
}

/** Of a duration such as `5s`, rounded up. */
export function wholeSeconds(text: string): number {
  const duration = parseDuration(text);
  return duration === undefined ? Number.NaN : Math.ceil(Number(wholeMilliseconds(duration)) / 1000);
}

const isWithin = (number: number, least: number, most: number): boolean => number >= least && number <= most;
