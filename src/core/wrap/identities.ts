/**
 * Manifests → who each workload is: the one Service whose selector matches its pods, or a client that nobody calls. What
 * cannot be told is an issue, and the workload's author says it with an annotation.
 */
import { isObject } from "../base/json/json.ts";
import type { JsonObject } from "../base/json/json.ts";
import { annotationsOf, at, labelsOf, nameOf, numberAt, objectsAt, textAt, textMapAt } from "../base/json/read.ts";
import { isPort, parsePort } from "../base/scalars/ports.ts";
import { quoted } from "../base/text/quote.ts";
import { failed } from "../base/text/result.ts";
import type { Failed, Result } from "../base/text/result.ts";
import { targetOf } from "../inject/pod/kinds.ts";
import { keys } from "../mesh/annotations.ts";
import type { Naming } from "./choices.ts";
import { commonNameOf, namesNamespaces } from "./choices.ts";
import { isLeftAlone, isOwn, isWrapped, objectName, routerPort, siteIdentity } from "./names.ts";

/** An object with pods. */
export interface Workload {
  /** Lower case. */
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** Keys that lead to `pod`. */
  readonly path: readonly string[];
  /** The template of its pods, or the Pod itself. */
  readonly pod: JsonObject;
}

export interface Member {
  readonly workload: Workload;
  /** The Service's name, or `client.` and the workload's. */
  readonly identity: string;
  /** Undefined: it calls, and nobody calls it. */
  readonly service: JsonObject | undefined;
  readonly account: string;
}

export type Membership =
  | ({ readonly kind: "member" } & Member)
  /** Why; undefined: it has no pods, and nobody expects anything of it. */
  | { readonly kind: "left alone"; readonly why: string | undefined }
  | ({ readonly kind: "failed" } & Failed);

/** The words of messages: `deployment/web`. */
export const shown = ({ kind, name }: Pick<Workload, "kind" | "name">): string => `${kind}/${name}`;

export const namespaceOf = (object: JsonObject, otherwise: string): string =>
  textAt(object, "metadata", "namespace") || otherwise;

/** Of Kubernetes itself: others have kinds of that name. */
export const isService = (object: JsonObject): boolean => targetOf(object)?.kind === "service";

/** By their namespace. */
export type Services = ReadonlyMap<string, readonly JsonObject[]>;

/** Those that pods can be found by. */
export function servicesIn(objects: readonly JsonObject[], otherwise: string): Services {
  const services = objects.filter(
    (object) =>
      isService(object) &&
      textAt(object, "spec", "type") !== "ExternalName" &&
      Object.keys(textMapAt(object, "spec", "selector")).length > 0 &&
      !isOwn(object),
  );
  return Map.groupBy(services, (service) => namespaceOf(service, otherwise));
}

/** Undefined: it has no pods. */
export function workloadOf(object: JsonObject, otherwise: string): Workload | undefined {
  const target = targetOf(object);
  if (target?.pod === undefined || !isObject(target.pod["spec"])) return undefined;
  return { ...target, pod: target.pod, name: nameOf(object), namespace: namespaceOf(object, otherwise) };
}

/** `services`: those of the inputs. */
export function membershipOf(object: JsonObject, services: Services, naming: Naming): Membership {
  const workload = workloadOf(object, naming.namespace);
  if (workload === undefined) return { kind: "left alone", why: undefined };
  const why = whyLeftAlone(workload, naming);
  if (why !== undefined) return { kind: "left alone", why };
  if (workload.namespace === "")
    return {
      kind: "failed",
      ...failed(shown(workload), "has no namespace, by which it is found; say which by --namespace"),
    };
  const service = serviceOf(workload, services.get(workload.namespace) ?? []);
  if ("issues" in service) return { kind: "failed", ...service };
  const found = service.value;
  const identity = found === undefined ? `${clientPrefix}${workload.name}` : nameOf(found);
  const long = longIdentity(workload, identity);
  if (long !== undefined) return { kind: "failed", ...long };
  const account = textAt(workload.pod, "spec", "serviceAccountName") || "default";
  return { kind: "member", workload, identity, service: found, account };
}

/** Why `weft wrap inject` takes no notice of it; undefined: it takes it. */
export function whyLeftAlone(
  { kind, pod }: Workload,
  { nativeSidecar }: Pick<Naming, "nativeSidecar">,
): string | undefined {
  if (isLeftAlone(pod)) return `${keys.wrap}: disabled`;
  if (at(pod, "spec", "hostNetwork") === true) return "hostNetwork: its ports are the node's";
  if ((kind === "job" || kind === "cronjob") && !nativeSidecar && !isWrapped(pod))
    return "the sidecar would keep it from completing; --native-sidecar ends with it";
  return undefined;
}

const clientPrefix = "client.";

/** Whether nobody calls it: the name of a Service has no dot. */
export const isClientIdentity = (identity: string): boolean => identity.startsWith(clientPrefix);

/** A label's value has 63 characters at most, a Secret's name 253. */
const longestIdentity = 63;

function longIdentity(workload: Workload, identity: string): Failed | undefined {
  if (identity.length <= longestIdentity) return undefined;
  const message = `identity ${identity} needs ${identity.length} characters, and a label's value, which it becomes, has ${longestIdentity} at most`;
  return failed(shown(workload), message);
}

function serviceOf(workload: Workload, services: readonly JsonObject[]): Result<JsonObject | undefined> {
  const { pod } = workload;
  const labels = labelsOf(pod);
  const selecting = services.filter((service) =>
    Object.entries(textMapAt(service, "spec", "selector")).every(([key, value]) => labels[key] === value),
  );
  const wanted = annotationsOf(pod)[keys.wrapService];
  if (wanted !== undefined) {
    const found = selecting.find((service) => nameOf(service) === wanted);
    if (found !== undefined) return { value: found };
    return failed(`${shown(workload)}: ${keys.wrapService}`, `no Service ${quoted(wanted)} selects it`);
  }
  const [first, second] = selecting;
  if (first === undefined || second === undefined) return { value: first };
  const names = listed(selecting.map(nameOf));
  return failed(shown(workload), `Services ${names} select it; say which by ${keys.wrapService}`);
}

/** `a`, `a and b`, `a, b and c`. */
const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;

/** The port of the application, on which it is spoken to by its sidecar. */
export function applicationPort({ workload, service }: Member & { readonly service: JsonObject }): Result<number> {
  const given = annotationsOf(workload.pod)[keys.wrapAppPort];
  if (given !== undefined) return portAt(workload, given, `${shown(workload)}: ${keys.wrapAppPort}`);
  const ports = objectsAt(service, "spec", "ports").filter((port) => isTcp(port) && !isRouterPort(port));
  const [port, other] = ports;
  const place = `service/${nameOf(service)}`;
  if (port === undefined)
    return failed(place, `has no TCP port; say which port gets the requests by ${keys.wrapAppPort}`);
  if (other !== undefined) {
    const names = listed(ports.map((each) => textAt(each, "name") || String(numberAt(each, "port"))));
    return failed(place, `ports ${names}; say which gets the requests by ${keys.wrapAppPort}`);
  }
  const target = port["targetPort"] ?? port["port"];
  return portAt(workload, typeof target === "number" ? String(target) : target, shown(workload));
}

const isTcp = (port: JsonObject): boolean => (textAt(port, "protocol") || "TCP") === "TCP";

/** The port of a Service that `weft wrap` gave it. */
export const isRouterPort = (port: JsonObject): boolean =>
  port["name"] === routerPort && port["targetPort"] === routerPort;

function portAt({ pod }: Workload, target: unknown, place: string): Result<number> {
  const number = typeof target === "string" ? (parsePort(target) ?? namedPort(pod, target)) : undefined;
  if (number !== undefined) return { value: number };
  const text = typeof target === "string" ? target : JSON.stringify(target);
  return failed(place, `no container has a port named ${quoted(text)}`);
}

const namedPort = (pod: JsonObject, name: string): number | undefined => {
  const port = containerPorts(pod).find((each) => each.port["name"] === name)?.port["containerPort"];
  return typeof port === "number" && isPort(port) ? port : undefined;
};

/** Of all containers, those that run first and stay among them. */
export const containerPorts = (pod: JsonObject): readonly { readonly container: string; readonly port: JsonObject }[] =>
  ["initContainers", "containers"].flatMap((list) =>
    objectsAt(pod, "spec", list).flatMap((container) =>
      objectsAt(container, "ports").map((port) => ({ container: textAt(container, "name"), port })),
    ),
  );

/** A Secret that a namespace needs. */
export interface NeededSecret {
  readonly name: string;
  readonly namespace: string;
  readonly identity: string;
  /** In the certificate. */
  readonly commonName: string;
  /** Nobody connects to it. */
  readonly isClient: boolean;
}

/** In the order of the members, each once; or why two of them would be one identity. */
export function neededSecrets(members: readonly Member[], naming: Naming): Result<readonly NeededSecret[]> {
  const secrets = members.map((member) => neededSecret(member, naming));
  const byPlace = new Map(secrets.map((secret) => [`${secret.namespace}/${secret.name}`, secret] as const));
  const needed = [...byPlace.values()];
  const issues = naming.validation !== "service" ? [] : sharedNames(needed, naming);
  return issues.length > 0 ? { issues } : { value: needed };
}

function neededSecret({ workload, identity, service }: Member, { validation, commonName }: Naming): NeededSecret {
  const { namespace } = workload;
  if (validation === "site")
    return { name: objectName(siteIdentity), namespace, identity: siteIdentity, commonName, isClient: false };
  return {
    name: objectName(identity),
    namespace,
    identity,
    commonName: commonNameOf(commonName, identity, namespace),
    isClient: service === undefined,
  };
}

/** Names without their namespaces are one identity in several of them, whatever Services there are today. */
function sharedNames(needed: readonly NeededSecret[], naming: Naming): Failed["issues"] {
  const namespaces = [...new Set(needed.map(({ namespace }) => namespace))];
  if (namespaces.length > 1 && !namesNamespaces(naming)) {
    const message = "two Services of one name would be one identity; add {namespace} to --common-name";
    return [{ at: `namespaces ${listed(namespaces)}`, message }];
  }
  const owners = new Map<string, NeededSecret>();
  return needed.flatMap((secret) => {
    const { commonName, identity, namespace } = secret;
    const other = owners.get(commonName);
    owners.set(commonName, secret);
    if (other === undefined) return [];
    const message = `${other.identity} of ${other.namespace} and ${identity} of ${namespace} would both be ${quoted(commonName)}`;
    return [{ at: "--common-name", message: `${message}; separate the two by a dot, as {service}.{namespace}` }];
  });
}

/** The Services, by their places, that callers are to find a sidecar at. */
export const serviceKey = (service: JsonObject, otherwise: string): string =>
  `${namespaceOf(service, otherwise)}/${nameOf(service)}`;
