/** What reports call an object. */
import { asObject } from "../base/json/edit.ts";
import type { JsonObject } from "../base/json/json.ts";

/** Kind in lower case, empty when there is none; name, for a Pod without name its generateName. */
export function identityOf(object: JsonObject): { readonly kind: string; readonly name: string } {
  const metadata = asObject(object["metadata"]);
  const kind = textOf(object["kind"]).toLowerCase();
  const name = textOf(metadata?.["name"]);
  return { kind, name: name === "" && kind === "pod" ? textOf(metadata?.["generateName"]) : name };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
