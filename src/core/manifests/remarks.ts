/** What the author of a manifest should know about a document, beside what became of its objects. */
import { asObject, itemsOf } from "../base/json/edit.ts";
import type { Warning } from "../inject/outcome/injection.ts";
import { mostOfAKind } from "../inject/messages/warnings.ts";
import { targetOf } from "../inject/pod/kinds.ts";
import { listedIn } from "../kubernetes/lists.ts";
import { keys } from "../mesh/annotations.ts";
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import { quoted } from "../base/text/quote.ts";

/** What a document is that cannot be an object; undefined for a map, and for nothing. */
export function noObject(value: Json): string | undefined {
  if (isObject(value) || value === null) return undefined;
  if (!isList(value))
    return `no Kubernetes object, but ${typeof value === "string" ? "text" : "a value"}: ${shown(value)}`;
  const isPatch = value.length > 0 && value.every((item) => typeof asObject(item)?.["op"] === "string");
  return isPatch
    ? "no Kubernetes object, but a JSON patch; inject what the patch is for"
    : `no Kubernetes object, but a list; each object goes into a document of its own, or into the items of a "kind: List"`;
}

const shown = (value: Json): string => quoted(typeof value === "string" ? value : JSON.stringify(value), 40);

/** What a map without `kind` may be; undefined for one that has it. */
export function kindless(object: JsonObject): string | undefined {
  if (typeof object["kind"] === "string" && object["kind"] !== "") return undefined;
  const has = (...names: readonly string[]): boolean => names.some((name) => Object.hasOwn(object, name));
  if (has("metadata", "spec")) return "no kind: a patch, or a part of an object; left as it is";
  if (has("resources", "patches", "patchesStrategicMerge", "bases", "configMapGenerator", "components")) {
    return "no kind: a kustomization, by its keys; left as it is. Inject what kustomize builds";
  }
  return "no kind: values, or settings of some program, and no Kubernetes object; left as it is";
}

/** In words what a document is that cannot be read; undefined when it may be a manifest. `at`: where it cannot be read. */
export function unreadable(text: string, firstLine: number, { at, message }: Issue): string | undefined {
  const line = text.split("\n")[Number(/[0-9]+/.exec(at)?.[0] ?? firstLine) - firstLine] ?? "";
  if (/\{\{.*\}\}/.test(line) || /^\{\{.*\}\}[ \t\r]*$/m.test(text)) return templateWords;
  if (/^[ \t{"'-]*(apiVersion|kind)["']?[ \t]*:/m.test(text)) return undefined;
  return `no Kubernetes object: no line has apiVersion or kind, and it is not YAML (${message})`;
}

const templateWords =
  'a template with "{{ … }}", and no manifest yet: render it first (helm template), and inject what comes out';

/** About one object as it is in the text. */
export const remarksOn = (object: JsonObject): readonly Warning[] => [
  ...strangerRemarks(object),
  ...patchRemarks(object),
];

/** A kind that weft does not know and that has pods all the same. */
function strangerRemarks(object: JsonObject): readonly Warning[] {
  if (targetOf(object) !== undefined || typeof object["kind"] !== "string") return [];
  const listed = object["kind"] === "List" ? undefined : listedIn(object);
  if (listed?.some((item) => isObject(item) && targetOf(item)?.pod !== undefined) === true)
    return [{ about: "items", text: listOfOneKind, rank: 3 }];
  const paths = podPaths(object, []).slice(0, mostOfAKind);
  return paths.map((path) => {
    const place = path.join(".");
    const text =
      `has ${place === "" ? "containers" : `pods at ${place}`}, and weft does not know the kind, so it stays as it is; ` +
      `for the webhook to mesh them, write ${keys.inject}: enabled below ${place === "" ? "" : `${place}.`}metadata.annotations`;
    return { about: place, text, rank: 3 };
  });
}

/** `linkerd inject` does not take them apart either. */
const listOfOneKind =
  'is a list of one kind, and stays as it is; with "kind: List", and with apiVersion and kind in each item, its pods are looked at';

// Deep enough for `spec.predictors[0].componentSpecs[0]` and the like, and for a List in a List.
const deepest = 6;

/** Where in an object there is a map with `spec.containers`, such as `spec.tasks[0].template`. */
function podPaths(object: JsonObject, path: readonly string[]): readonly (readonly string[])[] {
  if (isList(asObject(object["spec"])?.["containers"])) return [path];
  if (path.length >= deepest) return [];
  return Object.entries(object).flatMap(([key, value]) =>
    isList(value)
      ? value.flatMap((item, index) => (isObject(item) ? podPaths(item, [...path, `${key}[${index}]`]) : []))
      : isObject(value)
        ? podPaths(value, [...path, key])
        : [],
  );
}

/** A workload whose containers have no image is laid over another one. */
function patchRemarks(object: JsonObject): readonly Warning[] {
  const target = targetOf(object);
  const containers = itemsOf(asObject(target?.pod?.["spec"])?.["containers"]);
  const bare = containers.filter((container) => container["image"] === undefined);
  if (target?.path.length === 0 || bare.length === 0) return [];
  const names = bare
    .map((container) => quoted(typeof container["name"] === "string" ? container["name"] : ""))
    .join(", ");
  const text = `no image for ${names}: a patch, and no whole object? Then inject what it is laid over`;
  return [{ about: "image", text, rank: 3 }];
}
