/**
 * Shapes of Kubernetes objects on the wire, from the Kubernetes API reference (core/v1, meta/v1). Apart from `api.ts`,
 * since client-node's types need others that users of the library do not have.
 */
import type { V1Container, V1ObjectMeta, V1Pod, V1PodSpec, V1Service, V1Volume } from "@kubernetes/client-node";

/** A client-node model as wire JSON: dates are text, every field may be absent or null, nothing can be changed. */
export type Wire<T> = T extends string | number | boolean
  ? T
  : T extends Date
    ? string
    : T extends readonly (infer Item)[]
      ? readonly Wire<Item>[]
      : { readonly [Key in keyof T]?: Wire<NonNullable<T[Key]>> | null };

export type ObjectMeta = Wire<V1ObjectMeta>;
export type Pod = Wire<V1Pod>;
export type PodSpec = Wire<V1PodSpec>;
export type Container = Wire<V1Container>;
export type Volume = Wire<V1Volume>;
export type Service = Wire<V1Service>;

/** What every Kubernetes object has. */
export interface KubernetesObject {
  readonly apiVersion?: string | null;
  readonly kind?: string | null;
  readonly metadata?: ObjectMeta | null;
  readonly spec?: unknown;
}
