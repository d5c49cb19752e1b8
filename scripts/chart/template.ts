/** Trees with choices → templates of Helm. */
import type { Json } from "../../src/core/base/json/json.ts";
import { isList, isObject } from "../../src/core/base/json/json.ts";
import { indented, pairLines, itemLines } from "../../src/core/documents/yaml-text.ts";
import type { BlockStyle } from "../../src/core/documents/yaml-text.ts";
import { filledIn, listOf, markOf } from "./marks.ts";
import { conditionOf, positionsOf } from "./variants.ts";
import type { Case, Tree } from "./merged.ts";
import type { Switch } from "./variants.ts";

const style: BlockStyle = { step: 2, dash: 0, literals: true };

/** A document each, with the line that begins it, where the object is there. */
export const documentLines = (tree: Tree): readonly string[] =>
  eachCase(tree, (found) => ["---", ...linesOf(found, 0)]);

/** A map's members, or a list's items, at a column. */
function linesOf(tree: Tree, column: number): readonly string[] {
  switch (tree.kind) {
    case "map":
      return tree.members.flatMap(([key, member]) =>
        eachCase(member, (found) =>
          memberLines(
            key,
            found,
            column,
            tree.members.map(([name]) => name),
          ),
        ),
      );
    case "list":
      return tree.items.flatMap((item) => eachCase(item, (found) => listItemLines(found, column)));
    case "value":
      return linesOf(asTree(tree.value ?? null), column);
    case "choice":
      throw new Error("a choice stands where its key or its item is");
  }
}

/** Its parts, one by one. */
const asTree = (value: Json): Tree => {
  const part = (inner: Json | undefined): Tree => ({ kind: "value", value: inner });
  if (isList(value)) return { kind: "list", items: value.map(part) };
  if (isObject(value)) return { kind: "map", members: Object.entries(value).map(([key, inner]) => [key, part(inner)]) };
  throw new Error(`${JSON.stringify(value)} is no map and no list`);
};

function memberLines(key: string, tree: Tree, column: number, beside: readonly string[]): readonly string[] {
  const at = " ".repeat(column);
  const more = markOf(key);
  if (more !== undefined) {
    const others = beside.filter((name) => name !== key).map((name) => JSON.stringify(name));
    return [
      `${at}{{- with omit ${more.expression} ${others.join(" ")} }}`,
      `${at}{{- toYaml . | nindent ${column} }}`,
      `${at}{{- end }}`,
    ];
  }
  if (tree.kind === "value" && !isDeep(tree.value)) return leafLines(key, tree.value ?? null, column);
  const isAList = tree.kind === "list" || (tree.kind === "value" && isList(tree.value));
  return [
    `${at}${pairLines(key, 0, style)[0]?.slice(0, -2)}`,
    ...linesOf(tree, column + (isAList ? style.dash : style.step)),
  ];
}

function leafLines(key: string, value: Json, column: number): readonly string[] {
  const at = " ".repeat(column);
  const whole = markOf(value);
  const name = pairLines(key, 0, style)[0]?.slice(0, -1);
  if (whole?.kind === "yaml") return [`${at}${name}{{- toYaml ${whole.expression} | nindent ${column + 2} }}`];
  if (whole?.kind === "block") return [`${at}${name}|`, `${at}  {{- ${whole.expression} | nindent ${column + 2} }}`];
  return indented(pairLines(key, value, style), column).map(filledIn);
}

function listItemLines(tree: Tree, column: number): readonly string[] {
  const at = " ".repeat(column);
  const each = tree.kind === "value" ? listOf(tree.value ?? null) : undefined;
  const lines =
    tree.kind === "value" && !isDeep(tree.value)
      ? indented(itemLines(tree.value ?? null, style), column).map(filledIn)
      : dashed(linesOf(tree, column + 2), column);
  return each === undefined ? lines : [`${at}{{- range ${each} }}`, ...lines, `${at}{{- end }}`];
}

/** The first line with something in it gets the dash. */
function dashed(lines: readonly string[], column: number): readonly string[] {
  const [first = "", ...others] = lines;
  const dash = `${" ".repeat(column)}- `;
  return first.trimStart().startsWith("{{-") ? [dash.trimEnd(), ...lines] : [dash + first.slice(column + 2), ...others];
}

const isDeep = (value: Json | undefined): boolean =>
  value !== undefined && ((isList(value) && value.length > 0) || (isObject(value) && Object.keys(value).length > 0));

/** What is there in each case, between the conditions. */
function eachCase(
  tree: Tree,
  lines: (found: Exclude<Tree, { kind: "choice" }>) => readonly string[],
): readonly string[] {
  if (tree.kind !== "choice") return tree.kind === "value" && tree.value === undefined ? [] : lines(tree);
  const cases = tree.cases
    .map((one) => ({ ...one, text: eachCase(one.tree, lines) }))
    .toSorted((one, other) => Number(other.text.length > 0) - Number(one.text.length > 0));
  const said = cases.filter(({ text }) => text.length > 0);
  return [
    ...said.flatMap((one, index) => {
      const isLast = index === said.length - 1 && said.length === cases.length;
      const condition = conditionsText(tree.of, one, tree.cases);
      return [
        index === 0 ? `{{- if ${condition} }}` : isLast ? "{{- else }}" : `{{- else if ${condition} }}`,
        ...one.text,
      ];
    }),
    "{{- end }}",
  ];
}

function conditionsText(of: Switch, { positions }: Case, cases: readonly Case[]): string {
  const possible = new Set(cases.flatMap((one) => one.positions));
  const others = positionsOf(of).filter((name) => possible.has(name) && !positions.includes(name));
  const [other] = others;
  if (positions.length > 1 && others.length === 1 && other !== undefined) return negated(conditionOf(of, other));
  const conditions = positions.map((name) => conditionOf(of, name));
  return conditions.length === 1 ? (conditions[0] ?? "") : `or ${conditions.map((each) => `(${each})`).join(" ")}`;
}

function negated(condition: string): string {
  if (condition.startsWith("eq ")) return condition.replace(/^eq /, "ne ");
  if (condition.startsWith("not ")) return condition.slice("not ".length);
  return condition.includes(" ") ? `not (${condition})` : `not ${condition}`;
}
