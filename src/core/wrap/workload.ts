/** Linkerd 1.x into the pods of a workload, and out again. What nobody touched stays the same value. */
import { asObject, changedAt, itemsOf, without } from "../base/json/edit.ts";
import { isList } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { annotationsOf, at, numberAt, objectsAt, textAt } from "../base/json/read.ts";
import type { Issue } from "../base/text/issue.ts";
import { keys, wrapKeys } from "../mesh/annotations.ts";
import { sidecarOf } from "../mesh/sidecar.ts";
import type { Choices, Ports } from "./choices.ts";
import { containerPorts, isRouterPort, shown, whyLeftAlone } from "./identities.ts";
import type { Workload } from "./identities.ts";
import { containers, files, folders, isWrapped, objectName, routerPort, volumes } from "./names.ts";

export interface Sidecar {
  readonly identity: string;
  /** The name of the Secret with its certificate. */
  readonly secret: string;
  /** Somebody calls it. */
  readonly isCalled: boolean;
  /** Of the configuration: a new one makes new pods. */
  readonly digest: string;
  /** Where Services are looked up. */
  readonly namespaces: readonly string[];
}

/** Everything that speaks against linkerd in these pods. `account`: theirs, if it is known. */
export function workloadIssues(
  workload: Workload,
  { ports, discovery }: Choices,
  account: JsonObject | undefined,
): readonly Issue[] {
  const { pod } = workload;
  const at = shown(workload);
  const issue = (message: string): Issue => ({ at, message });
  const inject = annotationsOf(pod)[keys.inject];
  const stranger = isWrapped(pod) ? undefined : strangerIn(pod);
  const tokenless = discovery === "k8s" && (automount(pod) ?? account?.["automountServiceAccountToken"]) === false;
  return [
    ...(sidecarOf(pod) !== undefined || inject === "enabled" || inject === "ingress"
      ? [issue(`has the proxy of Linkerd 2 (or asks for it by ${keys.inject}): a pod has one of the two`)]
      : []),
    ...(stranger === undefined ? [] : [issue(`linkerd 1.x is there already, not by weft (container ${stranger})`)]),
    ...(tokenless
      ? [issue("automountServiceAccountToken is false: kubectl proxy has no token; --discovery dns needs none")]
      : []),
    ...portIssues(pod, ports, discovery).map(issue),
  ];
}

const automount = (pod: JsonObject): Json | undefined => at(pod, "spec", "automountServiceAccountToken");

/** The container of linkerd 1.x, by its image, or by the name that weft's has. */
export function strangerIn(pod: JsonObject): string | undefined {
  const found = allContainers(pod).find(
    (container) => isOurs(container) || /(^|\/)linkerd:(v?[01]\.|latest$)/.test(textAt(container, "image")),
  );
  return found === undefined ? undefined : textAt(found, "name");
}

const allContainers = (pod: JsonObject): readonly JsonObject[] => lists.flatMap((list) => objectsAt(pod, "spec", list));

const lists = ["initContainers", "containers"] as const;

const ownNames: ReadonlySet<string> = new Set(Object.values(containers));
const isOurs = (container: JsonObject): boolean => ownNames.has(textAt(container, "name"));

const portFlags: readonly (readonly [keyof Ports, string])[] = [
  ["outgoing", "--outgoing-port"],
  ["incoming", "--incoming-port"],
  ["admin", "--admin-port"],
  ["api", "--api-port"],
];

function portIssues(pod: JsonObject, ports: Ports, discovery: Choices["discovery"]): readonly string[] {
  const others = containerPorts(pod).filter(({ container }) => !ownNames.has(container));
  return others.flatMap(({ container, port }) => {
    if (port["name"] === routerPort)
      return [`container ${container} has a port named ${routerPort}, by which the sidecar's is found; rename it`];
    const taken = portFlags.find(([name]) => ports[name] === port["containerPort"]);
    if (taken === undefined || (taken[0] === "api" && discovery !== "k8s")) return [];
    return [
      `container ${container} listens on ${ports[taken[0]]}, which the sidecar needs; choose another with ${taken[1]}`,
    ];
  });
}

export function wrapped(object: JsonObject, { path }: Workload, sidecar: Sidecar, choices: Choices): JsonObject {
  return changedAt(object, path, (member) => {
    const pod = asObject(member) ?? {};
    const marked = changedAt(
      changedAt(pod, ["metadata", "labels", keys.wrap], () => sidecar.identity),
      annotations,
      (map) => ({
        ...asObject(map),
        [keys.inject]: "disabled",
        [wrapKeys.config]: sidecar.digest,
      }),
    );
    return changedAt(marked, ["spec"], (spec) => wrappedSpec(asObject(spec) ?? {}, sidecar, choices));
  });
}

const annotations = ["metadata", "annotations"];

function wrappedSpec(spec: JsonObject, sidecar: Sidecar, choices: Choices): JsonObject {
  const { nativeSidecar, discovery, httpProxy } = choices;
  const ours = [linkerd(sidecar, choices), ...(discovery === "k8s" ? [kubectl(sidecar, choices)] : [])];
  const [to, from] = nativeSidecar ? lists : lists.toReversed();
  const moved = [
    [from, dropped(ownNames)],
    [to, placed(ours, ownNames, nativeSidecar ? "first" : "last")],
    ["volumes", placed(podVolumes(sidecar), new Set(Object.values(volumes)), "last")],
  ] as const;
  const changed = moved.reduce((next, [list, change]) => changedAt(next, [list ?? ""], change), spec);
  return httpProxy
    ? changedAt(
        changed,
        ["containers"],
        eachOther((container) => proxied(container, choices)),
      )
    : changed;
}

/** A list with these items, where it has some of their names in their places, and without others of `own`. */
const placed =
  (items: readonly JsonObject[], own: ReadonlySet<string>, where: "first" | "last") =>
  (member: Json | undefined): Json => {
    const before = isList(member) ? member : [];
    const byName = new Map(items.map((item) => [textAt(item, "name"), item] as const));
    const kept = before.flatMap((item): readonly Json[] => {
      const name = textAt(item, "name");
      const wanted = byName.get(name);
      if (!own.has(name)) return [item];
      return wanted === undefined ? [] : [wanted];
    });
    const added = items.filter((item) => !kept.includes(item));
    return where === "first" ? [...added, ...kept] : [...kept, ...added];
  };

/** The list without these; nothing, where it is empty then and was not before. */
const dropped =
  (own: ReadonlySet<string>, keeps = false) =>
  (member: Json | undefined): Json | undefined => {
    if (!isList(member)) return member;
    const kept = member.filter((item) => !own.has(textAt(item, "name")));
    if (kept.length === member.length) return member;
    return kept.length === 0 && !keeps ? undefined : kept;
  };

const eachOther =
  (change: (container: JsonObject) => JsonObject) =>
  (member: Json | undefined): Json | undefined => {
    if (!isList(member)) return member;
    const items = member.map((item) => {
      const container = asObject(item);
      return container === undefined || isOurs(container) ? item : change(container);
    });
    return items.some((item, index) => item !== member[index]) ? items : member;
  };

const proxyVariables = (port: number | string): readonly JsonObject[] => [
  { name: "http_proxy", value: `http://127.0.0.1:${port}` },
  { name: "no_proxy", value: "localhost,127.0.0.1" },
];

/** Of a container that has none of the two, in whatever case. */
function proxied(container: JsonObject, { ports }: Choices): JsonObject {
  const names = new Set(proxyVariables("").map(({ name }) => name));
  const has = itemsOf(container["env"]).some(({ name }) => typeof name === "string" && names.has(name.toLowerCase()));
  if (has) return container;
  return changedAt(container, ["env"], (env) => [...(isList(env) ? env : []), ...proxyVariables(ports.outgoing)]);
}

const staying = ({ nativeSidecar }: Choices): JsonObject => (nativeSidecar ? { restartPolicy: "Always" } : {});

/** The program listened after 3.6 s and held 181 MiB with this heap. */
const linkerd = ({ isCalled }: Sidecar, choices: Choices): JsonObject => ({
  name: containers.linkerd,
  image: choices.image,
  ...staying(choices),
  args: [`${folders.config}/${files.config}`],
  env: [
    { name: "JVM_HEAP_MIN", value: "64M" },
    { name: "JVM_HEAP_MAX", value: "256M" },
  ],
  ...(isCalled
    ? {
        ports: [{ name: routerPort, containerPort: choices.ports.incoming }],
        readinessProbe: { tcpSocket: { port: routerPort }, periodSeconds: 5 },
      }
    : {}),
  resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "512Mi" } },
  volumeMounts: [
    { name: volumes.config, mountPath: folders.config, readOnly: true },
    { name: volumes.certs, mountPath: folders.certs, readOnly: true },
  ],
});

/** An application in the pod can reach it: it is let ask for nothing but endpoints by name. */
function kubectl({ namespaces }: Sidecar, choices: Choices): JsonObject {
  const names = namespaces.length === 1 ? namespaces.join("") : `(${namespaces.join("|")})`;
  return {
    name: containers.kubectl,
    image: choices.kubectlImage,
    ...staying(choices),
    args: [
      "proxy",
      `--port=${choices.ports.api}`,
      `--accept-paths=^/api/v1/(watch/)?namespaces/${names}/endpoints/`,
      "--reject-methods=^(POST|PUT|PATCH|DELETE)$",
    ],
    resources: { requests: { cpu: "10m", memory: "32Mi" } },
  };
}

const podVolumes = ({ identity, secret }: Sidecar): readonly JsonObject[] => [
  { name: volumes.config, configMap: { name: objectName(identity) } },
  { name: volumes.certs, secret: { secretName: secret } },
];

/** `toLinkerd2`: its proxy is asked for in place of linkerd 1.x. Pods that are not wrapped stay as they are. */
export function unwrapped(
  object: JsonObject,
  { path, pod }: Workload,
  { toLinkerd2 }: { readonly toLinkerd2: boolean },
): JsonObject {
  if (!isWrapped(pod)) return object;
  return changedAt(object, path, (member) => {
    const before = asObject(member) ?? {};
    const metadata = changedAt(before, ["metadata"], (value) => unmarked(asObject(value) ?? {}, toLinkerd2));
    return changedAt(metadata, ["spec"], (spec) => unwrappedSpec(asObject(spec) ?? {}));
  });
}

/** Why Linkerd 2 is not asked for in pods that are not wrapped; undefined: it is. */
export function whyNotLinkerd2(workload: Workload): string | undefined {
  const stranger = strangerIn(workload.pod);
  return (
    whyLeftAlone(workload, { nativeSidecar: false }) ??
    (stranger === undefined ? undefined : `linkerd 1.x is there, not by weft (container ${stranger})`)
  );
}

/** Of pods as their author wrote them, without linkerd 1.x. */
export const askingLinkerd2 = (object: JsonObject, { path, pod }: Workload): JsonObject =>
  annotationsOf(pod)[keys.inject] === "ingress"
    ? object
    : changedAt(object, [...path, ...annotations, keys.inject], () => "enabled");

function unmarked(metadata: JsonObject, toLinkerd2: boolean): JsonObject | undefined {
  const own = new Set<string>([keys.wrap, wrapKeys.config]);
  const labels = emptied(asObject(metadata["labels"]), (key) => own.has(key));
  const word = asObject(metadata["annotations"])?.[keys.inject];
  const kept = emptied(
    asObject(metadata["annotations"]),
    (key) => own.has(key) || (key === keys.inject && word === "disabled" && !toLinkerd2),
  );
  const said = toLinkerd2 ? { ...kept, [keys.inject]: "enabled" } : kept;
  const changed = changedAt(
    changedAt(metadata, ["labels"], () => labels),
    ["annotations"],
    () => said,
  );
  return Object.keys(changed).length === 0 ? undefined : changed;
}

function emptied(map: JsonObject | undefined, chosen: (key: string) => boolean): JsonObject | undefined {
  if (map === undefined) return undefined;
  const kept = without(map, chosen);
  return kept !== map && Object.keys(kept).length === 0 ? undefined : kept;
}

function unwrappedSpec(spec: JsonObject): JsonObject {
  const steps = [
    ["initContainers", dropped(ownNames)],
    ["containers", dropped(ownNames, true)],
    ["volumes", dropped(new Set(Object.values(volumes)))],
    ["containers", eachOther(unproxied)],
  ] as const;
  return steps.reduce((next, [list, change]) => changedAt(next, [list], change), spec);
}

/** Where both have the value that they were given. */
function unproxied(container: JsonObject): JsonObject {
  const env = itemsOf(container["env"]);
  const own = proxyVariables("").flatMap((variable) => env.filter((each) => isGiven(each, variable)));
  if (own.length < 2) return container;
  return changedAt(container, ["env"], () => {
    const kept = env.filter((variable) => !own.includes(variable));
    return kept.length === 0 ? undefined : kept;
  });
}

const isGiven = ({ name, value }: JsonObject, given: JsonObject): boolean =>
  name === given["name"] &&
  typeof value === "string" &&
  value.replace(/(?<=^http:\/\/127\.0\.0\.1:)\d+$/, "") === given["value"];

/** A Service with the port that callers look for; Kubernetes wants names from two ports on. */
export function withRouterPort(service: JsonObject, incoming: number): JsonObject {
  return changedAt(service, ["spec", "ports"], (member) => {
    const ports = isList(member) ? member : [];
    const others = ports.filter((port) => !isRouterPort(asObject(port) ?? {}));
    const changed = ports.map((item) => {
      const port = asObject(item) ?? {};
      if (isRouterPort(port)) return port["port"] === incoming ? item : { ...port, port: incoming };
      return others.length === 1 && textAt(port, "name") === "" ? { ...port, name: "app" } : item;
    });
    const router = { name: routerPort, port: incoming, targetPort: routerPort };
    return others.length < ports.length ? changed : [...changed, router];
  });
}

/** What speaks against it. */
export function servicePortIssue(service: JsonObject, incoming: number): string | undefined {
  const others = objectsAt(service, "spec", "ports").filter((port) => !isRouterPort(port));
  const named = others.find(({ name }) => name === routerPort);
  if (named !== undefined)
    return `the name ${routerPort} is taken by port ${String(numberAt(named, "port"))}: callers look for linkerd by it; rename that port`;
  const numbered = others.find(({ port }) => port === incoming);
  if (numbered === undefined) return undefined;
  return `port ${incoming} is taken by ${textAt(numbered, "name") || "another port"}; choose another with --incoming-port`;
}

export function withoutRouterPort(service: JsonObject): JsonObject {
  return changedAt(service, ["spec", "ports"], (member) => {
    if (!isList(member)) return member;
    const kept = member.filter((port) => !isRouterPort(asObject(port) ?? {}));
    return kept.length === member.length ? member : kept;
  });
}
