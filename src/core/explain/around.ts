/** What is known of where an object stands: its namespace, who is called for it, whose settings count. */
import type { Annotations, Labels } from "../base/json/json.ts";
import type { Fact } from "../checks/fact.ts";
import type { SeenBy } from "../registration/seen-by.ts";

/** A fact of the cluster, or nobody asked for it. */
export type Asked<Value> = Fact<Value> | { readonly kind: "unasked" };

export interface NamespaceFound {
  readonly annotations: Annotations;
  readonly labels: Labels;
}

export interface Around {
  readonly namespace: Asked<NamespaceFound>;
  readonly registration: Asked<SeenBy>;
  /** What they are read from; undefined: Linkerd's default values count. */
  readonly settings: string | undefined;
  /** Undefined: nobody gave any, so what a pod trusts can be held against nothing. */
  readonly trustAnchors: string | undefined;
}

/** What a user could have said, or let the cluster say. */
export type Gap = "namespace" | "settings" | "registration";

export const gapsIn = ({ namespace, settings, registration }: Around): readonly Gap[] => [
  ...(namespace.kind === "known" || namespace.kind === "absent" ? [] : (["namespace"] as const)),
  ...(settings === undefined ? (["settings"] as const) : []),
  ...(registration.kind === "known" ? [] : (["registration"] as const)),
];
