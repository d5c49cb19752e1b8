/**
 * Shapes of what weft writes into pods, from the Kubernetes API reference (core/v1): a misspelt field of a container does
 * not compile. Apart from `api.ts`, since client-node's types need others that users of the library do not have.
 */
import type { V1Container, V1Volume } from "@kubernetes/client-node";

/** A client-node model as wire JSON: dates are text, every field may be absent or null, nothing can be changed. */
export type Wire<T> = T extends string | number | boolean
  ? T
  : T extends Date
    ? string
    : T extends readonly (infer Item)[]
      ? readonly Wire<Item>[]
      : { readonly [Key in keyof T]?: Wire<NonNullable<T[Key]>> | null };

export type Container = Wire<V1Container>;
export type SecurityContext = NonNullable<Container["securityContext"]>;
export type Volume = Wire<V1Volume>;

export interface CapabilityLists {
  readonly add: readonly string[];
  readonly drop: readonly string[];
}
