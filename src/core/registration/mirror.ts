/**
 * The namespace annotation `linkerd.io/inject`, repeated as a label: selectors see labels only. A label that is there
 * always says the same as the annotation.
 */
import { keys } from "../mesh/annotations.ts";
import type { Annotations } from "../base/json/json.ts";

/** Values of `linkerd.io/inject` that ask for the proxy. */
export const asking: readonly string[] = ["enabled", "ingress"];

/** The value that the mirrored label has with these annotations; `undefined`: the label is absent. */
export function mirroredLabel(annotations: Annotations): string | undefined {
  const value = Object.hasOwn(annotations, keys.inject) ? annotations[keys.inject] : undefined;
  return asking.find((each) => each === value);
}
