/** What is asked for advice about an object. */
import type { RequestKind } from "../inject/pod/kinds.ts";
import type { Installation } from "../inject/settings/installation.ts";
import type { MetadataView } from "../inject/pod/pod-view.ts";
import type { JsonObject } from "../base/json/json.ts";

export interface AdviceRequest {
  /** The object as it will be stored. */
  readonly object: JsonObject;
  /** As it is stored now; absent for a new one. */
  readonly oldObject?: JsonObject | undefined;
  /** Kind of the admission request, for objects that do not say theirs. */
  readonly requestKind?: RequestKind | undefined;
  /** The namespace that the object is in. */
  readonly namespace: NamespaceFacts & { readonly name: string };
  readonly installation: Installation;
}

export type NamespaceFacts = Pick<MetadataView, "annotations" | "labels">;
