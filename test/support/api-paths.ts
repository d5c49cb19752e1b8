/** Paths and selectors of the Kubernetes API, as the stand-in for an API server reads them. */
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { isObject } from "../../src/core/base/json/json.ts";

/** What a path is about. */
export interface Place {
  /** `v1` or `apps/v1`. */
  readonly apiVersion: string;
  /** Plural, such as `pods`. */
  readonly resource: string;
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  readonly subresource: string;
}

export function placeOf(path: string): Place | undefined {
  const [, core, group, rest = ""] = /^\/(?:api\/(v\w+)|apis\/([^/]+\/v\w+))\/(.+)$/.exec(path) ?? [];
  const apiVersion = core ?? group;
  if (apiVersion === undefined) return undefined;
  const parts = rest.split("/").map(decodeURIComponent);
  const isNamespaced =
    parts[0] === "namespaces" && parts.length > 2 && parts[2] !== "status" && parts[2] !== "finalize";
  const [resource = "", name = "", subresource = ""] = isNamespaced ? parts.slice(2) : parts;
  return { apiVersion, resource, namespace: isNamespaced ? (parts[1] ?? "") : "", name, subresource };
}

export function placeOfObject(object: JsonObject): Place {
  const metadata = metadataOf(object);
  return {
    apiVersion: textIn(object, "apiVersion"),
    resource: pluralOf(textIn(object, "kind")),
    namespace: textIn(metadata, "namespace"),
    name: textIn(metadata, "name"),
    subresource: "",
  };
}

/** The resource of a kind; `Ingress` → `ingresses`, `NetworkPolicy` → `networkpolicies`. */
export function pluralOf(kind: string): string {
  const word = kind.toLowerCase();
  if (word.endsWith("endpoints")) return word;
  if (word.endsWith("s")) return `${word}es`;
  return word.endsWith("y") && !word.endsWith("ey") ? `${word.slice(0, -1)}ies` : `${word}s`;
}

export const metadataOf = (object: JsonObject): JsonObject => {
  const metadata = object["metadata"];
  return isObject(metadata) ? metadata : {};
};

export const textIn = (object: JsonObject, key: string): string => {
  const value = object[key];
  return typeof value === "string" ? value : "";
};

/** `fieldSelector` and `labelSelector`: equality, inequality, presence and sets. */
export function isSelected(object: JsonObject, query: Readonly<Record<string, string>>): boolean {
  const metadata = metadataOf(object);
  const labels = isObject(metadata["labels"]) ? metadata["labels"] : {};
  const [spec, state] = ["spec", "status"].map((key) => object[key]);
  const fields = {
    "metadata.name": metadata["name"],
    "metadata.namespace": metadata["namespace"],
    "spec.hostNetwork": String(isObject(spec) && spec["hostNetwork"] === true),
    "status.phase": isObject(state) ? state["phase"] : undefined,
  };
  return (
    requirements(query["fieldSelector"]).every((each) => holds(each, fields)) &&
    requirements(query["labelSelector"]).every((each) => holds(each, labels))
  );
}

const requirements = (text = ""): readonly string[] => text.split(/,(?![^(]*\))/).filter((each) => each !== "");

function holds(requirement: string, values: JsonObject): boolean {
  const [, setKey = "", operator, set = ""] = /^(\S+) (in|notin) \((.*)\)$/.exec(requirement) ?? [];
  if (operator !== undefined) {
    return set.split(",").some((each) => values[setKey] === each.trim()) === (operator === "in");
  }
  const [, key = "", sign, value] = /^([^=!]+)(==?|!=)(.*)$/.exec(requirement) ?? [];
  if (sign !== undefined) return (values[key] === value) === (sign !== "!=");
  return requirement.startsWith("!") ? values[requirement.slice(1)] === undefined : values[requirement] !== undefined;
}
