/** The new pod, made from the old one: places the parts. */
import { isObject } from "../../base/json/json.ts";
import type { Annotations, Json, JsonObject, Labels } from "../../base/json/json.ts";
import type { NewContainer } from "./containers.ts";
import type { NewVolume } from "./volumes.ts";
import type { PodSettings } from "../settings/settings.ts";

export interface Parts {
  /** Absent when the pod already has one of its name. */
  readonly init: NewContainer | undefined;
  /** Name of the init container that is there already: a native sidecar in front of it would hold the port it tests. */
  readonly present: string | undefined;
  readonly proxy: NewContainer;
  readonly debug: NewContainer | undefined;
  readonly volumes: readonly NewVolume[];
}

/** The pod with proxy, init container, debug container and volumes. What was there keeps its order and its place. */
export function withParts(pod: JsonObject, parts: Parts, settings: PodSettings): JsonObject {
  const spec = isObject(pod["spec"]) ? pod["spec"] : {};
  const native = settings["proxy.nativeSidecar"];
  const first = !native && settings["proxy.await"];
  const { init, proxy, debug } = parts;
  const given = (part: NewContainer | undefined): readonly NewContainer[] => (part === undefined ? [] : [part]);
  const present = items(spec["initContainers"]);
  const before = parts.present === undefined ? 0 : placeBehind(present, parts.present);
  const initContainers = native
    ? [...present.slice(0, before), ...given(init), proxy, ...present.slice(before)]
    : [...present, ...given(init)];
  const containers = [
    ...(first ? [proxy] : []),
    ...items(spec["containers"]),
    ...given(debug),
    ...(native || first ? [] : [proxy]),
  ];
  return {
    ...pod,
    spec: {
      ...spec,
      ...changed("initContainers", spec["initContainers"], initContainers),
      ...changed("containers", spec["containers"], containers),
      ...changed("volumes", spec["volumes"], [...items(spec["volumes"]), ...parts.volumes]),
    },
  };
}

/** The object with annotations (and labels) set at `path`; parents that are missing are made, the rest is untouched. */
export function withMetadata(
  object: JsonObject,
  path: readonly string[],
  added: { readonly annotations?: Annotations; readonly labels?: Labels },
): JsonObject {
  const [key, ...rest] = path;
  if (key !== undefined) return { ...object, [key]: withMetadata(objectOr(object[key]), rest, added) };
  const metadata = objectOr(object["metadata"]);
  const annotations = merged(metadata["annotations"], added.annotations);
  const labels = merged(metadata["labels"], added.labels);
  if (annotations === metadata["annotations"] && labels === metadata["labels"]) return object;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(annotations === metadata["annotations"] ? {} : { annotations }),
      ...(labels === metadata["labels"] ? {} : { labels }),
    },
  };
}

/** The object with another value at `path`; everything beside the path is untouched. */
export function withValueAt(object: JsonObject, path: readonly string[], value: JsonObject): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  return { ...object, [key]: withValueAt(objectOr(object[key]), rest, value) };
}

function merged(before: Json | undefined, added: Readonly<Record<string, string>> | undefined): Json | undefined {
  if (added === undefined) return before;
  const map = objectOr(before);
  const differs = Object.entries(added).some(([key, value]) => !Object.hasOwn(map, key) || map[key] !== value);
  return differs ? { ...map, ...added } : before;
}

const objectOr = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});

const placeBehind = (containers: readonly Json[], name: string): number =>
  containers.findIndex((item) => objectOr(item)["name"] === name) + 1;

const items = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);

// New parts are plain JSON (numbers beyond 2^53 as JSON.rawJSON), typed by their builders rather than as Json.
const changed = (key: string, before: Json | undefined, after: readonly unknown[]): JsonObject =>
  after.length === items(before).length ? {} : { [key]: after as readonly Json[] };
