/** Pods to try things with, and what came of them. */
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";

export interface PodOptions {
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: JsonObject;
  /** Overlay on the spec. */
  readonly spec?: JsonObject;
}

export const pod = (
  namespace: string,
  { name, annotations = {}, labels = {}, owner, spec }: PodOptions = {},
): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    namespace,
    ...(name === undefined ? { generateName: "web-" } : { name }),
    annotations,
    labels,
    ...(owner === undefined ? {} : { ownerReferences: [ownerReference(owner)] }),
  },
  spec: { containers: [{ name: "web", image: "web:1" }], ...spec },
});

/** By itself: `linkerd.io/inject: enabled`. */
export const asking = { "linkerd.io/inject": "enabled" } as const;

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string };
}

export function ownerReference(object: JsonObject): JsonObject {
  const { apiVersion, kind, metadata } = object as unknown as Owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
}

interface Containers {
  readonly spec?: { readonly initContainers?: readonly Named[]; readonly containers?: readonly Named[] };
}
export interface Named {
  readonly name: string;
  readonly [key: string]: Json | undefined;
}

export function containersOf(object: JsonObject): readonly Named[] {
  const { spec } = object as unknown as Containers;
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

export const isMeshed = (object: JsonObject): boolean =>
  containersOf(object).some(({ name }) => name === "linkerd-proxy");

const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } };

/** A workload of the group `apps`, without pods: there is no controller. */
export const workload = (
  kind: "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet",
  namespace: string,
  { name = "web", annotations = {}, owner, spec }: Omit<PodOptions, "labels"> = {},
): JsonObject => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name, namespace, ...(owner === undefined ? {} : { ownerReferences: [ownerReference(owner)] }) },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { ...template.metadata, annotations },
      spec: { ...template.spec, ...spec },
    },
  },
});
