/** Annotations of Linkerd's from which nothing follows, where they stand. Nothing of it with Linkerd's control plane. */
import type { JsonObject } from "../base/json/json.ts";
import { annotationsNotTakenUp } from "../mesh/not-taken-up.ts";
import type { Annotated } from "../mesh/not-taken-up.ts";
import { annotationsOf, nameOf, textAt } from "../base/json/read.ts";
import { skipped, warningIf, given } from "./check.ts";
import type { Check } from "./check.ts";
import type { Facts } from "./facts.ts";
import { cut } from "./lines.ts";
import { hasEnded } from "./pods.ts";

export const annotationsCheck: Check<Facts> = {
  id: "annotations-not-taken-up",
  says: "there is no annotation of Linkerd's that weft does not take up",
  needs: ["control-plane"],
  about:
    "Each line: an annotation, on how many pods with a proxy, namespaces or Services it stands, one of them, and what is missing. Take it away, so that nobody relies on it. All of them: [not-taken-up.md](not-taken-up.md).",
  look: ({ controlPlane, notTakenUp }) =>
    controlPlane === undefined ? skipped : given(notTakenUp, (lines) => warningIf(cut(lines))),
};

/** A line for each annotation and what it stands on. */
export function unheededAnnotations(objects: Readonly<Record<Annotated, readonly JsonObject[]>>): readonly string[] {
  return (["pod", "namespace", "Service"] as const).flatMap((on) => {
    const standing = objects[on].filter((object) => !hasEnded(object));
    const found = standing.flatMap((object) => Object.keys(annotationsOf(object)).map((key) => ({ key, object })));
    return [...Map.groupBy(found, ({ key }) => key)].flatMap(([key, all]) => {
      const [first] = all;
      const why = reasonOf(key, on);
      if (why === undefined || first === undefined) return [];
      const count = all.length === 1 ? on : `${all.length} ${on}s, such as`;
      return [`${key} on ${count} ${fullName(first.object)}: ${why}`];
    });
  });
}

const reasonOf = (key: string, on: Annotated): string | undefined =>
  annotationsNotTakenUp.find(
    (row) => row.on.includes(on) && (row.key === key || (row.key.endsWith("/") && key.startsWith(row.key))),
  )?.why;

const fullName = (object: JsonObject): string => {
  const namespace = textAt(object, "metadata", "namespace");
  return namespace === "" ? nameOf(object) : `${namespace}/${nameOf(object)}`;
};
