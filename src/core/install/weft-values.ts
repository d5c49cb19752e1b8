/**
 * The values under the key `weft` of a values file: how weft itself runs. One row each; what else is in the file is
 * Linkerd's, for the pods.
 */
import { isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { listOf, map, matching, oneOf, strictly, textMap, truth, unexpected, wholeFrom } from "../base/json/strict.ts";
import type { Kind } from "../base/json/strict.ts";
import type { Issue } from "../base/text/issue.ts";
import { issuesOf } from "../base/text/result.ts";
import { closest } from "../base/text/similar.ts";
import { failurePolicies, defaultTimeouts } from "../registration/webhooks.ts";
import { withImageParts } from "./image.ts";
import { overlaid, overlayOf } from "./overlay.ts";
import { certificates, cidr, graceful, issuer, label, resources, subdomain } from "./readers.ts";

interface Row<Value> extends Kind<Value> {
  readonly help: string;
  /** Without a value: what stands in its place. */
  readonly defaultValue: Json | undefined;
}

export const certificateModes = ["self", "cert-manager", "files"] as const;

export const valueRows = {
  highAvailability: {
    help: "three replicas on three nodes, failure policy Fail, resources for the proxies: what `linkerd install --ha` does",
    defaultValue: false,
    ...truth,
  },
  adoptLinkerd: {
    help: "work beside a running Linkerd, with its settings and trust anchors, and before its injector",
    defaultValue: false,
    ...truth,
  },
  controlPlane: {
    help: "weft's own control plane, or Linkerd's; without it weft's own, unless trust anchors are given without an issuer",
    defaultValue: undefined,
    ...oneOf(["own", "linkerd"] as const),
  },
  controlPlaneNamespace: {
    help: "where the control plane runs: weft's own beside the webhook, Linkerd's in `linkerd` without this",
    defaultValue: undefined,
    ...label,
  },
  "image.registry": {
    help: "where weft's image is, such as example.org/team; without it on the nodes. `weft.image` may also be one text: example.org/team/weft:1.0",
    defaultValue: undefined,
    ...matching("a registry with its path, such as example.org/team", /^[^\s@/]+(\/[^\s@:/]+)*$/),
  },
  "image.name": {
    help: "how it is called there",
    defaultValue: "weft",
    ...matching("a name without registry and tag, such as weft", /^[^\s@:/]+$/),
  },
  "image.tag": {
    help: "the version of `weft install` or `weft upgrade` without it; a tag of yours stays when weft is upgraded",
    defaultValue: undefined,
    ...matching('a tag such as "1.0", in quotes', /^\w[\w.-]*$/),
  },
  "image.digest": {
    help: "exactly this image; stays when weft is upgraded",
    defaultValue: undefined,
    ...matching("a digest such as sha256:12ab…", /^\w+:[0-9a-f]+$/),
  },
  imagePullPolicy: {
    help: "when it is pulled",
    defaultValue: "IfNotPresent",
    ...oneOf(["Always", "IfNotPresent", "Never"] as const),
  },
  imagePullSecrets: {
    help: "names of Secrets in weft's namespace",
    defaultValue: [],
    ...listOf("a list of names of Secrets", subdomain),
  },
  replicas: { help: "", defaultValue: 2, ...wholeFrom(1, 100) },
  resources: {
    help: "of the container; without a limit of CPU, which would make reviews late",
    defaultValue: { requests: { cpu: "100m", memory: "192Mi" }, limits: { memory: "768Mi" } },
    ...resources,
  },
  "controller.replicas": {
    help: "of the control plane; as many as `replicas` without it",
    defaultValue: undefined,
    ...wholeFrom(1, 100),
  },
  "controller.resources": {
    help: "of the control plane's container",
    defaultValue: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
    ...resources,
  },
  priorityClassName: {
    help: "weft is to be among the last that are evicted",
    defaultValue: "system-cluster-critical",
    ...subdomain,
  },
  nodeSelector: { help: "", defaultValue: { "kubernetes.io/os": "linux" }, ...textMap },
  tolerations: {
    help: "",
    defaultValue: [],
    ...listOf("a list of tolerations", map),
  },
  antiAffinity: {
    help: "whether two replicas may share a node",
    defaultValue: "preferred",
    ...oneOf(["preferred", "required"] as const),
  },
  podAnnotations: { help: "", defaultValue: {}, ...textMap },
  podLabels: { help: "", defaultValue: {}, ...textMap },
  failurePolicy: {
    help: "of pods that asked for the proxy, when weft does not answer; `webhookFailurePolicy` without it, else Ignore",
    defaultValue: undefined,
    ...oneOf(failurePolicies),
  },
  "policies.failurePolicy": {
    help: "of policies at apply time, when weft does not answer: Ignore takes what would hold nothing; as `failurePolicy` without it",
    defaultValue: undefined,
    ...oneOf(failurePolicies),
  },
  "timeoutSeconds.inject": {
    help: `for pods that asked; \`proxyInjector.timeoutSeconds\` without it, else ${defaultTimeouts.inject}`,
    defaultValue: undefined,
    ...wholeFrom(1, 30),
  },
  "timeoutSeconds.rest": {
    help: "for all other objects: what a black hole costs each of them",
    defaultValue: defaultTimeouts.rest,
    ...wholeFrom(1, 30),
  },
  namespaces: {
    help: "only these namespaces; all when empty",
    defaultValue: [],
    ...listOf("a list of namespaces", label),
  },
  tap: {
    help: "whether the proxies show their requests to whoever may be ServiceAccount weft-tap of their namespace; true without it with weft's own control plane, which it takes",
    defaultValue: undefined,
    ...truth,
  },
  trafficSplit: {
    help: "install the definition of TrafficSplit (split.smi-spec.io), where nobody else has; it is read wherever it is",
    defaultValue: false,
    ...truth,
  },
  webhookClientCa: {
    help: "certificates of the CAs that sign API servers' client certificates, for the webhook to ask for; nobody is asked without",
    defaultValue: undefined,
    ...certificates,
  },
  events: {
    help: "Events on the owners of pods: of those that somebody asked to mesh, all (as Linkerd does), or none",
    defaultValue: "asked",
    ...oneOf(["asked", "all", "none"] as const),
  },
  logLevel: {
    help: "",
    defaultValue: "info",
    ...oneOf(["panic", "fatal", "error", "warn", "info", "debug", "trace"] as const),
  },
  logFormat: { help: "", defaultValue: "plain", ...oneOf(["plain", "json"] as const) },
  gracePeriod: {
    help: "how long to go on serving after SIGTERM, until every API server has heard of it",
    defaultValue: "5s",
    ...graceful,
  },
  "certificates.mode": {
    help: "who makes the serving certificate: weft itself, cert-manager, or you (files)",
    defaultValue: "self",
    ...oneOf(certificateModes),
  },
  "certificates.replicas": {
    help: "of the certificate controller, which runs where weft makes certificates itself; one at a time works",
    defaultValue: 1,
    ...wholeFrom(1, 100),
  },
  "certificates.resources": {
    help: "of the certificate controller's container",
    defaultValue: { requests: { cpu: "10m", memory: "192Mi" }, limits: { memory: "384Mi" } },
    ...resources,
  },
  "certificates.issuer": {
    help: "for cert-manager: an issuer that is there, with name, kind and group; without it a CA is made in weft's namespace",
    defaultValue: undefined,
    ...issuer,
  },
  "identity.mode": {
    help: "who makes the issuer of the mesh: `weft install` or you (self), or cert-manager",
    defaultValue: "self",
    ...oneOf(["self", "cert-manager"] as const),
  },
  "identity.issuerRef": {
    help: "for cert-manager: the issuer whose CA is the trust anchor, with name, kind and group",
    defaultValue: undefined,
    ...issuer,
  },
  "identity.spiffe": {
    help: "whether certificates have a SPIFFE name beside their DNS name",
    defaultValue: false,
    ...truth,
  },
  "networkPolicy.enabled": { help: "", defaultValue: true, ...truth },
  "networkPolicy.apiServerPorts": {
    help: "where API servers listen, as the NetworkPolicy's plugin sees it: behind the Service",
    defaultValue: [443, 6443],
    ...listOf("a list of ports", wholeFrom(1, 65_535)),
  },
  "networkPolicy.webhookClients": {
    help: "networks that API servers call the webhook from; from anywhere when empty",
    defaultValue: [],
    ...listOf("a list of networks such as 10.0.0.0/24 or fd00::/64", cidr),
  },
} as const satisfies Record<string, Row<unknown>>;

type Rows = typeof valueRows;
type Path = keyof Rows;
type ValueOf<Name extends Path> = Exclude<ReturnType<Rows[Name]["read"]>, undefined>;

/** By path below `weft`; undefined where a row has no usual value and none was given. */
export type WeftValues = {
  readonly [Name in Path]: ValueOf<Name> | (Rows[Name]["defaultValue"] extends undefined ? undefined : never);
};

/**
 * Reads what is under the key `weft`. Every value that cannot be used, and every key that is not known, is an issue; the
 * usual value is in its place, so that the rest can be looked at, too.
 */
export function readWeftValues(given: Json | undefined): {
  readonly value: WeftValues;
  readonly issues: readonly Issue[];
} {
  const own = withImageParts({ weft: given ?? {} })["weft"] ?? {};
  const issues: Issue[] = isObject(own) ? [] : [unexpected("weft", "a map", own)];
  const found = flattened(overlaid(defaultWeftValues, isObject(own) ? [own] : []));
  issues.push(...[...found].flatMap(([path, value]) => (isPath(path) ? [] : [unknownKey(path, value)])));
  const entries = valuePaths.map((path) => {
    const row: Row<unknown> = valueRows[path];
    const json = found.get(path);
    const read = json === undefined ? undefined : strictly(row, json, `weft.${path}`);
    issues.push(...issuesOf(read));
    const value = read !== undefined && "value" in read ? read.value : undefined;
    return [path, value ?? (row.defaultValue === undefined ? undefined : row.read(row.defaultValue))];
  });
  // Each entry was read by the row of its path: the record is complete and typed by construction.
  return { value: Object.fromEntries(entries) as WeftValues, issues };
}

export const defaultWeftValues = overlaid(
  {},
  Object.entries<Row<unknown>>(valueRows).map(([path, { defaultValue }]) => overlayOf(path, defaultValue ?? null)),
);

const valuePaths = Object.keys(valueRows) as readonly Path[];
const isPath = (path: string): path is Path => Object.hasOwn(valueRows, path);

function unknownKey(path: string, value: Json): Issue {
  const place = `weft.${path}`;
  if (path === "image") return unexpected(place, "an image such as example.org/weft:1.0, or a map of its parts", value);
  if (valuePaths.some((each) => each.startsWith(`${path}.`))) return unexpected(place, "a map", value);
  const meant = closest(path, valuePaths);
  return { at: place, message: `is not known${meant === undefined ? "" : `; did you mean weft.${meant}?`}` };
}

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
