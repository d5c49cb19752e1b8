/**
 * Kubernetes objects as they are on the wire: plain, immutable JSON. Unknown fields are allowed and survive, since
 * nothing is ever decoded into classes.
 */

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export type Annotations = Readonly<Record<string, string>>;
export type Labels = Readonly<Record<string, string>>;

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
