/** The mirror at work: a Namespace → the same with the label that says what its annotation says. */
import { asObject, changedAt } from "../base/json/edit.ts";
import type { Patch } from "../inject/outcome/injection.ts";
import { patchBetween } from "../inject/patch.ts";
import { keys } from "../mesh/annotations.ts";
import type { JsonObject } from "../base/json/json.ts";
import { mirrorLabel } from "./entries.ts";
import { mirroredLabel } from "./mirror.ts";

/** The Namespace with its mirrored label as it should be; the same object when it is so already. */
export function mirrored(namespace: JsonObject): JsonObject {
  const annotations = asObject(asObject(namespace["metadata"])?.["annotations"]) ?? {};
  const asked = Object.hasOwn(annotations, keys.inject) ? annotations[keys.inject] : undefined;
  const label = mirroredLabel(typeof asked === "string" ? { [keys.inject]: asked } : {});
  return changedAt(namespace, ["metadata", "labels", mirrorLabel], () => label);
}

/** The difference; empty when nothing is to be done. */
export const mirrorPatch = (namespace: JsonObject): Patch => patchBetween(namespace, mirrored(namespace));
