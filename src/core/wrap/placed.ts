/** Objects, and where they come from. */
import type { JsonObject } from "../base/json/json.ts";
import { nameOf, textAt } from "../base/json/read.ts";
import { shown } from "./identities.ts";

export interface Placed {
  /** File, or the cluster. */
  readonly from: string;
  readonly object: JsonObject;
}

/** `app.yaml: deployment/web`. */
export const placeText = ({ from, object }: Placed): string => `${from}: ${objectText(object)}`;

/** `deployment/web`. */
export const objectText = (object: JsonObject): string =>
  shown({ kind: textAt(object, "kind").toLowerCase(), name: nameOf(object) });
