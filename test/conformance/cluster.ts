/** One in-memory cluster that holds the namespaces and owners of all cases; their namespaces have unique names. */
import { readMetadata } from "../../src/core/inject/pod/pod-view.ts";
import type { MetadataView } from "../../src/core/inject/pod/pod-view.ts";
import { isObject } from "../../src/core/base/json/json.ts";
import type { Annotations, JsonObject } from "../../src/core/base/json/json.ts";
import type { Case } from "./cases.ts";

export interface Cluster {
  readonly namespaceNamed: (name: string) => Annotations | undefined;
  /** Kind in any letter case; `undefined`: there is no such object. */
  readonly find: (kind: string, namespace: string, name: string) => Found | undefined;
}

export interface Found {
  /** As the object spells it. */
  readonly kind: string;
  readonly metadata: MetadataView;
}

export function clusterOf(cases: readonly Pick<Case, "namespace" | "clusterObjects">[]): Cluster {
  const namespaces = new Map<string, Annotations>();
  const objects = new Map<string, Found>();
  for (const { namespace, clusterObjects } of cases) {
    if (namespace.missing !== true) namespaces.set(namespace.name, namespace.annotations ?? {});
    for (const object of clusterObjects ?? []) {
      const found = foundOf(object);
      objects.set(keyOf(found.kind, found.metadata.namespace, found.metadata.name), found);
    }
  }
  return {
    namespaceNamed: (name) => namespaces.get(name),
    find: (kind, namespace, name) => objects.get(keyOf(kind, namespace, name)),
  };
}

function foundOf(object: JsonObject): Found {
  const metadata = readMetadata(object);
  if ("issues" in metadata || !isObject(object)) throw new Error(`no Kubernetes object: ${JSON.stringify(object)}`);
  return { kind: String(object["kind"]), metadata: metadata.value };
}

const keyOf = (kind: string, namespace: string, name: string): string =>
  [kind.toLowerCase(), namespace, name].join("/");
