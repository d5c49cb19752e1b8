/**
 * Kubernetes objects as they are on the wire: plain, immutable JSON. Unknown fields are allowed and survive, since
 * nothing is ever decoded into classes. Shapes follow the Kubernetes API reference (core/v1, meta/v1).
 */
import type { V1Container, V1ObjectMeta, V1Pod, V1PodSpec, V1Service, V1Volume } from "@kubernetes/client-node";

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

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

export type Annotations = Readonly<Record<string, string>>;
export type Labels = Readonly<Record<string, string>>;

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
