/**
 * Uninject: takes out of an object what injection put into it, and nothing else. What injection must have
 * made, such as a list of annotations that is empty now, goes as well: an injected and uninjected object is what its
 * author wrote.
 */
import { isOfWrap, keys, labels, linkerdDomain } from "../mesh/annotations.ts";
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { asObject, changedAt, itemsOf, without } from "../base/json/edit.ts";
import { containerNames } from "../mesh/sidecar.ts";
import { volumeNames } from "./parts/volumes.ts";
import { targetOf } from "./pod/kinds.ts";

export interface Uninjection {
  /** `uninjected`: a container or an annotation was removed. Labels and volumes alone do not count. */
  readonly kind: "uninjected" | "skipped";
  /** The object given when nothing was removed; else a new one that shares all untouched parts with it. */
  readonly object: JsonObject;
  /** What was removed, in words, such as `container linkerd-proxy`. */
  readonly removed: readonly string[];
}

/**
 * An object of any kind → the object without the traces of an injection. Kinds and API groups that have no pods come back
 * as they are. `keepIngress` keeps `linkerd.io/inject: ingress`, for an injection that follows (S-45).
 */
export function uninject(object: JsonObject, options: { readonly keepIngress?: boolean } = {}): Uninjection {
  const target = targetOf(object);
  if (target === undefined) return { kind: "skipped", object, removed: [] };
  const removals = new Removals(options.keepIngress ?? false);
  const ownMetadata = changedAt(object, ["metadata"], (metadata) => removals.fromMetadata(metadata, ""));
  const cleaned =
    target.pod === undefined
      ? ownMetadata
      : changedAt(ownMetadata, target.path, (pod) => removals.fromPod(pod, target.path.length > 0));
  return { kind: removals.counted ? "uninjected" : "skipped", object: cleaned, removed: removals.words };
}

// Where injection puts them; one of these names elsewhere is somebody else's.
const initContainers = new Set<string>([containerNames.init, containerNames.proxy]);
const containers = new Set<string>([containerNames.proxy]);
const volumes = new Set<string>([volumeNames.identity, volumeNames.token, volumeNames.lock]);

// Those that Linkerd forgets (S-39). Injection gives these containers no ports and no probes over the network: one that
// has them only shares the name.
const { validator, debug } = containerNames;
const podinfoVolume = volumeNames.podInfo;

const listens = (container: JsonObject): boolean =>
  itemsOf(container["ports"]).length > 0 ||
  ["livenessProbe", "readinessProbe", "startupProbe"].some((probe) =>
    ["httpGet", "tcpSocket", "grpc"].some((way) => asObject(asObject(container[probe])?.[way]) !== undefined),
  );

/** Linkerd takes every label that starts with `linkerd.io`; weft those that injection writes (S-40). */
const isOwnLabel = (key: string): boolean =>
  key === labels.controlPlaneNamespace || key === labels.workloadNamespace || key.startsWith(labels.ownerPrefix);

/** Takes things out and keeps the list of them. */
class Removals {
  readonly words: string[] = [];
  counted = false;
  readonly #keepIngress: boolean;

  constructor(keepIngress: boolean) {
    this.#keepIngress = keepIngress;
  }

  fromPod(member: Json | undefined, isTemplate: boolean): Json | undefined {
    const pod = asObject(member);
    if (pod === undefined) return member;
    const spec = changedAt(pod, ["spec"], (spec) => this.#fromSpec(spec));
    return isTemplate ? changedAt(spec, ["metadata"], (metadata) => this.fromMetadata(metadata, "template ")) : spec;
  }

  fromMetadata(member: Json | undefined, where: string): Json | undefined {
    const metadata = asObject(member);
    // What belongs to the control plane keeps its marks.
    if (metadata === undefined || Object.hasOwn(asObject(metadata["labels"]) ?? {}, labels.controlPlaneComponent)) {
      return member;
    }
    const isOwnAnnotation = (key: string, value: Json | undefined): boolean =>
      key.startsWith(linkerdDomain) &&
      key !== keys.enableOpaquePorts &&
      !isOfWrap(key) &&
      !(key === keys.inject && (value === "disabled" || (value === "ingress" && this.#keepIngress)));
    const annotated = changedAt(metadata, ["annotations"], (map) =>
      this.#fromMap(map, isOwnAnnotation, `${where}annotation`),
    );
    const labelled = changedAt(annotated, ["labels"], (map) => this.#fromMap(map, isOwnLabel, `${where}label`));
    return labelled !== metadata && Object.keys(labelled).length === 0 ? undefined : labelled;
  }

  #fromSpec(member: Json | undefined): Json | undefined {
    if (asObject(member) === undefined) return member;
    const steps: readonly [list: string, what: string, chosen: (item: JsonObject, name: string) => boolean][] = [
      [
        "initContainers",
        "init container",
        (item, name) => initContainers.has(name) || (name === validator && !listens(item)),
      ],
      ["containers", "container", (item, name) => containers.has(name) || (name === debug && !listens(item))],
      ["volumes", "volume", (_item, name) => volumes.has(name)],
    ];
    const cleaned = steps.reduce(
      (spec, [list, what, chosen]) => changedAt(spec, [list], (items) => this.#fromList(items, chosen, what)),
      asObject(member) ?? {},
    );
    return mounts(cleaned, podinfoVolume)
      ? cleaned
      : changedAt(cleaned, ["volumes"], (items) =>
          this.#fromList(items, (_item, name) => name === podinfoVolume, "volume"),
        );
  }

  #fromList(
    member: Json | undefined,
    chosen: (item: JsonObject, name: string) => boolean,
    what: string,
  ): Json | undefined {
    if (!isList(member)) return member;
    const isChosen = (item: Json): boolean => isObject(item) && chosen(item, nameIn(item));
    const kept = member.filter((item) => !isChosen(item));
    if (kept.length === member.length) return member;
    for (const item of member.filter(isChosen)) this.words.push(`${what} ${nameIn(item)}`);
    if (what !== "volume") this.counted = true;
    return kept.length === 0 && what !== "container" ? undefined : kept;
  }

  #fromMap(
    member: Json | undefined,
    chosen: (key: string, value: Json | undefined) => boolean,
    what: string,
  ): Json | undefined {
    const map = asObject(member);
    if (map === undefined) return member;
    const kept = without(map, (key) => chosen(key, map[key]));
    if (kept === map) return member;
    for (const key of Object.keys(map)) if (chosen(key, map[key])) this.words.push(`${what} ${key}`);
    if (what.endsWith("annotation")) this.counted = true;
    return Object.keys(kept).length === 0 ? undefined : kept;
  }
}

const nameIn = (item: Json): string => {
  const name = asObject(item)?.["name"];
  return typeof name === "string" ? name : "";
};

const mounts = (spec: JsonObject, volume: string): boolean =>
  [...itemsOf(spec["initContainers"]), ...itemsOf(spec["containers"])].some((container) =>
    itemsOf(container["volumeMounts"]).some((mount) => mount["name"] === volume),
  );
