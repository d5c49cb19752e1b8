/** The templates that are made from `weft install`: a file for each part of an installation, an object after the other. */
import { toYaml } from "../../src/core/documents/yaml-text.ts";
import { nameOf } from "../../src/core/install/print.ts";
import { configurationNames, names } from "../../src/core/install/names.ts";
import { changedAt } from "../../src/core/base/json/edit.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { fileOf } from "../pages/kustomize-files.ts";
import { merged } from "./merged.ts";
import { documentLines } from "./template.ts";
import { objectsAt, positionsOf, switchNames, usual } from "./variants.ts";
import type { Point, Switch } from "./variants.ts";

/** File name → text, but for the definitions of kinds. */
export function templates(): ReadonlyMap<string, string> {
  const objects = wholeObjects().filter(({ example }) => !isDefinition(example));
  const files = Map.groupBy(objects, ({ example }) => fileFor(example));
  return new Map(
    [...files].map(([file, found]) => [file, [...head, ...found.flatMap(({ lines }) => lines), ""].join("\n")]),
  );
}

/** Those of a chart of its own, whatever is chosen; but for those that are asked for, by the same value in that chart. */
export function definitions(): string {
  const always = new Set(objectsAt(usual).map(roleOf));
  return objectsAt({ ...usual, trafficSplit: "some" })
    .filter(isDefinition)
    .map((object) => ({ text: `---\n${toYaml(object)}`, isAlways: always.has(roleOf(object)) }))
    .map(({ text, isAlways }) =>
      isAlways ? text : `{{- if (.Values.weft | default dict).trafficSplit }}\n${text}{{- end }}\n`,
    )
    .join("");
}

const isDefinition = (object: JsonObject): boolean => object["kind"] === "CustomResourceDefinition";

const head = [
  "{{- /* Made from what weft install makes: make golden. */ -}}",
  '{{- $w := fromJson (include "weft.settled" .) -}}',
];

const fileFor = (object: JsonObject): string => {
  const { kind, name } = nameOf(object);
  if (kind === "ConfigMap") return "settings.yaml";
  if (name === names.issuer) return "identity.yaml";
  return fileOf(object);
};

interface Whole {
  readonly example: JsonObject;
  readonly lines: readonly string[];
}

function wholeObjects(): readonly Whole[] {
  const cache = new Map<string, ReadonlyMap<string, JsonObject>>();
  const at = (point: Point): ReadonlyMap<string, JsonObject> => {
    const key = JSON.stringify(point);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const made = new Map(objectsAt(point).map((object) => [roleOf(object), kept(object)]));
    cache.set(key, made);
    return made;
  };
  const influences = influencesOf(at);
  return [...influences].map(([role, on]) => {
    const samples = product(on).map((point) => ({ point, value: at(point).get(role) }));
    const example = samples.find(({ value }) => value !== undefined)?.value ?? {};
    return { example, lines: documentLines(merged(samples)) };
  });
}

/** What an object is, whatever it is called: beside Linkerd the registration has other names. */
function roleOf(object: JsonObject): string {
  const { kind, name } = nameOf(object);
  const [own, beside] = [configurationNames(false), configurationNames(true)];
  const role = name === beside.mutating ? own.mutating : name === beside.validating ? own.validating : name;
  return `${kind}/${role}`;
}

/** Running pods trust these anchors, and a guard keeps them: Helm is not to try to delete them. */
const kept = (object: JsonObject): JsonObject =>
  nameOf(object).kind === "ConfigMap" && nameOf(object).name === names.trustAnchors
    ? changedAt(object, ["metadata", "annotations", "helm.sh/resource-policy"], () => "keep")
    : object;

/** Role → the switches that change the object, told by turning each at every point of those that say most. */
function influencesOf(at: (point: Point) => ReadonlyMap<string, JsonObject>): ReadonlyMap<string, readonly Switch[]> {
  const found = new Map<string, Set<Switch>>();
  for (const base of product(["mesh", "certificates", "antiAffinity"])) {
    const before = texts(at(base));
    for (const role of before.keys()) if (!found.has(role)) found.set(role, new Set());
    for (const name of switchNames)
      for (const position of positionsOf(name)) {
        const after = texts(at({ ...base, [name]: position }));
        for (const role of new Set([...before.keys(), ...after.keys()])) {
          if (before.get(role) === after.get(role)) continue;
          if (!found.has(role)) found.set(role, new Set());
          found.get(role)?.add(name);
        }
      }
  }
  return new Map([...found].map(([role, on]) => [role, switchNames.filter((name) => on.has(name))]));
}

const texts = (objects: ReadonlyMap<string, JsonObject>): ReadonlyMap<string, string> =>
  new Map([...objects].map(([role, object]) => [role, JSON.stringify(object)]));

/** Every combination of these switches, the others as usual. */
const product = (on: readonly Switch[]): readonly Point[] =>
  on.reduce<readonly Point[]>(
    (points, name) => points.flatMap((point) => positionsOf(name).map((position) => ({ ...point, [name]: position }))),
    [usual],
  );
