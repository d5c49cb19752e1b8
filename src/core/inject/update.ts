/**
 * Reinvocation: a pod that weft's webhook injected comes again, after another webhook changed it (KEP-492 calls a
 * webhook at most once more). Only what follows from the pod's ports is brought up to date, in weft's own container and
 * annotation; whatever others did, to that container too, stays.
 */
import { keys } from "../mesh/annotations.ts";
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { containerNames } from "../mesh/sidecar.ts";
import { exposedDefaults, inboundPorts, opaquePorts, portList, usableList } from "./pod/opaque-ports.ts";
import { withMetadata } from "./parts/pod-metadata.ts";
import type { ContainerView, PodView } from "./pod/pod-view.ts";
import { afterOpaquePorts, inboundPortsVariable, opaquePortsVariable } from "./parts/proxy-env.ts";
import type { InjectRequest } from "./request.ts";

/** The pod with inbound and opaque ports brought up to date; the same reference when nothing had to change. */
export function updated(
  object: JsonObject,
  pod: PodView,
  request: Pick<InjectRequest, "namespace" | "installation">,
): JsonObject {
  const others = withoutOurs(pod);
  const annotation = currentAnnotation(pod, others, request);
  const variables = new Map<string, string>([[inboundPortsVariable, inboundPorts(others)]]);
  const opaque = annotation === undefined ? defaultList(request) : portList(annotation, others).text;
  variables.set(opaquePortsVariable, opaque);
  const changed = withProxyEnvironment(object, variables);
  const { [keys.opaquePorts]: written } = pod.metadata.annotations;
  const isUsers = written !== undefined && usableList(pod.metadata.annotations) === undefined;
  return annotation === undefined || annotation === written || isUsers
    ? changed
    : withMetadata(changed, [], { annotations: { [keys.opaquePorts]: annotation } });
}

const defaultList = ({ installation }: Pick<InjectRequest, "installation">): string =>
  installation.settings["proxy.opaquePorts"];

/**
 * The pod as others made it. Of weft's containers only the proxy has ports; the other names may be the user's own, left
 * as they were at the first call (S-04).
 */
function withoutOurs(pod: PodView): PodView {
  const others = (containers: readonly ContainerView[]): readonly ContainerView[] =>
    containers.filter(({ name }) => name !== containerNames.proxy);
  return { ...pod, initContainers: others(pod.initContainers), containers: others(pod.containers) };
}

/**
 * The opaque-ports annotation that holds now; `undefined`: none. A list that equals what weft would have written
 * for the ports of the first call is weft's own and follows the ports; any other is the user's and stays.
 */
function currentAnnotation(
  pod: PodView,
  others: PodView,
  request: Pick<InjectRequest, "namespace" | "installation">,
): string | undefined {
  const written = usableList(pod.metadata.annotations);
  const exposed = exposedDefaults(others, defaultList(request));
  const own = Object.entries(pod.metadata.annotations).filter(([key]) => key !== keys.opaquePorts);
  const now = opaquePorts(Object.fromEntries(own), request.namespace.annotations, exposed);
  const text = now.from === "default" && now.text === "" ? undefined : now.text;
  if (written === undefined) return text;
  if (now.from !== "default") return written;
  const before = new Set(proxyValue(pod, inboundPortsVariable)?.split(",") ?? []);
  const wroteBefore = exposed.filter((port) => before.has(String(port))).join(",");
  // An empty list is the user's: it switches the defaults off, and weft never writes one.
  return wroteBefore === written && written !== "" ? text : written;
}

function proxyValue(pod: PodView, variable: string): string | undefined {
  const proxy = [...pod.initContainers, ...pod.containers].find(({ name }) => name === containerNames.proxy);
  const environment = proxy?.raw["env"];
  if (!isList(environment)) return undefined;
  const entry = environment.find((item) => isObject(item) && item["name"] === variable);
  const value = isObject(entry) ? entry["value"] : undefined;
  return typeof value === "string" ? value : undefined;
}

/** The pod with these variables of the proxy; an empty opaque list is left out, as in a first injection. */
function withProxyEnvironment(object: JsonObject, variables: ReadonlyMap<string, string>): JsonObject {
  const spec = object["spec"];
  if (!isObject(spec)) return object;
  const lists = ["initContainers", "containers"].flatMap((key) => {
    const list = spec[key];
    if (!isList(list)) return [];
    const next = list.map((item) =>
      isObject(item) && item["name"] === containerNames.proxy ? withVariables(item, variables) : item,
    );
    return next.every((item, index) => item === list[index]) ? [] : [[key, next] as const];
  });
  return lists.length === 0 ? object : { ...object, spec: { ...spec, ...Object.fromEntries(lists) } };
}

function withVariables(container: JsonObject, variables: ReadonlyMap<string, string>): JsonObject {
  const environment: readonly Json[] = isList(container["env"]) ? container["env"] : [];
  const placeOf = (name: string): number => environment.findIndex((item) => isObject(item) && item["name"] === name);
  const behind = placeOf(afterOpaquePorts);
  const end = behind === -1 ? environment.length : behind;
  // Only the first of a name is weft's, and only in front of what follows it: others are the user's own, from
  // proxy-additional-env.
  const firstAt = (name: string): number => (placeOf(name) < end ? placeOf(name) : -1);
  const kept = environment.map((item, index) => {
    const name = isObject(item) && typeof item["name"] === "string" ? item["name"] : "";
    const value = variables.get(name);
    return !isObject(item) || value === undefined || value === item["value"] || firstAt(name) !== index
      ? item
      : { ...item, value };
  });
  const missing = [...variables].filter(([name, value]) => value !== "" && firstAt(name) === -1);
  // In its place of a first injection, so that a variable of the user's comes later and wins.
  const next = [...kept.slice(0, end), ...missing.map(([name, value]) => ({ name, value })), ...kept.slice(end)];
  return next.every((item, index) => item === environment[index]) && next.length === environment.length
    ? container
    : { ...container, env: next };
}
