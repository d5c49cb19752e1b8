/** Objects as one names them to kubectl: `deploy/web`, `deployments.apps`, `po`. Those that a sidecar is about. */
import { closest } from "../base/text/similar.ts";
import { resources } from "./kinds.ts";
import type { Kind } from "./kinds.ts";

export interface NamedResource {
  readonly kind: Kind;
  /** Undefined: all of the kind. */
  readonly name: string | undefined;
}

/** With the short names of kubectl (`kubectl api-resources`). */
const rows: readonly (readonly [kind: Kind, short?: string])[] = [
  [resources.pods, "po"],
  [resources.deployments, "deploy"],
  [resources.statefulSets, "sts"],
  [resources.daemonSets, "ds"],
  [resources.replicaSets, "rs"],
  [resources.replicationControllers, "rc"],
  [resources.jobs],
  [resources.cronJobs, "cj"],
  [resources.services, "svc"],
];

/** One word for each kind, the one that is typed most: for completion. */
export const kindWords: readonly string[] = rows.map(([{ kind }, short]) => short ?? kind.toLowerCase());

/** Undefined: the word is none of them, and may be the name of a file. */
export function namedResource(word: string): NamedResource | undefined {
  const [, kindWord = "", name] = /^([^/]+)(?:\/([^/]+))?$/.exec(word) ?? [];
  const kind = kinds.get(kindWord.toLowerCase());
  return kind === undefined ? undefined : { kind, name };
}

/** Of a word that means no kind: the object that was probably meant, as `deploy/web` for `deplo/web`. */
export function meantResource(word: string): string | undefined {
  const [, kindWord = "", name = ""] = /^([a-z.]+)(\/[a-z0-9.-]+)?$/i.exec(word) ?? [];
  const meant = kinds.has(kindWord.toLowerCase()) ? undefined : closest(kindWord.toLowerCase(), [...kinds.keys()]);
  return meant === undefined ? undefined : `${meant}${name}`;
}

/** `deployment`, `deployments`, `deploy`; the first two also with their group, as `deployment.apps` or `deployments.v1.apps`. */
const wordsOf = ([{ kind, plural, apiVersion }, short]: (typeof rows)[number]): readonly string[] => {
  const [version, group] = apiVersion.split("/").toReversed();
  const long = [kind.toLowerCase(), plural];
  const grouped =
    group === undefined ? [] : long.flatMap((each) => [`${each}.${group}`, `${each}.${version}.${group}`]);
  return [...long, ...grouped, ...(short === undefined ? [] : [short])];
};

const kinds: ReadonlyMap<string, Kind> = new Map(
  rows.flatMap((row) => wordsOf(row).map((word) => [word, row[0]] as const)),
);
