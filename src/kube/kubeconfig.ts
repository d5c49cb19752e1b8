/**
 * kubeconfig files: several are read as one, as kubectl does (the first that names a thing wins), and one context of
 * them is chosen. What it says is checked here, so that each problem has its file and place.
 */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { isList, isObject } from "../core/mesh/api.ts";
import type { Json, JsonObject } from "../core/mesh/api.ts";
import type { Issue } from "../core/mesh/issue.ts";
import { fileWords } from "./access.ts";

type Read<Value> = { readonly value: Value } | { readonly issues: readonly Issue[] };

/** One entry of `clusters`, `users` or `contexts`. */
export interface Named {
  readonly name: string;
  /** What stands under `cluster`, `user` or `context`. */
  readonly fields: JsonObject;
  /** Its file and place, for messages. */
  readonly at: string;
  /** Paths in it are relative to this. */
  readonly folder: string;
}

export interface Chosen {
  readonly context: string;
  readonly cluster: Named;
  readonly user: Named;
}

/** Reads the files and chooses a context. `optional`: files that are not there are passed over, as in $KUBECONFIG. */
export async function readKubeconfig(
  paths: readonly string[],
  { context, optional }: { readonly context?: string | undefined; readonly optional: boolean },
): Promise<Read<Chosen>> {
  const read = await Promise.all(paths.map((path) => readFileOf(path, optional)));
  const issues = read.flatMap((each) => ("issues" in each ? each.issues : []));
  if (issues.length > 0) return { issues };
  const files = read.flatMap((each) => ("value" in each && each.value !== undefined ? [each.value] : []));
  return files.length === 0
    ? { issues: [{ at: paths.join(":"), message: "there is no such file" }] }
    : chosen(files, context);
}

interface KubeconfigFile {
  readonly path: string;
  readonly current: string;
  readonly clusters: readonly Named[];
  readonly users: readonly Named[];
  readonly contexts: readonly Named[];
}

async function readFileOf(path: string, optional: boolean): Promise<Read<KubeconfigFile | undefined>> {
  try {
    return kubeconfigFile(path, await readFile(path, "utf8"));
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return isMissing && optional ? { value: undefined } : { issues: [{ at: path, message: fileWords(error) }] };
  }
}

function kubeconfigFile(path: string, text: string): Read<KubeconfigFile> {
  let root: Json;
  try {
    root = parse(text) as Json;
  } catch (error) {
    const [why = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { issues: [{ at: path, message: `is no YAML: ${why.replace(/:$/, "")}` }] };
  }
  if (root === null) return { value: { path, current: "", clusters: [], users: [], contexts: [] } };
  if (!isObject(root)) return { issues: [{ at: path, message: "is no kubeconfig" }] };
  return {
    value: {
      path,
      current: textOf(root, "current-context"),
      clusters: entriesOf(root, path, "clusters", "cluster"),
      users: entriesOf(root, path, "users", "user"),
      contexts: entriesOf(root, path, "contexts", "context"),
    },
  };
}

const entriesOf = (root: JsonObject, path: string, list: string, key: string): readonly Named[] => {
  const items = root[list];
  return (isList(items) ? items : []).flatMap((item) => {
    if (!isObject(item)) return [];
    const name = textOf(item, "name");
    const fields = item[key];
    const at = `${path}: ${key} ${JSON.stringify(name)}`;
    return [{ name, fields: isObject(fields) ? fields : {}, at, folder: dirname(resolve(path)) }];
  });
};

function chosen(files: readonly KubeconfigFile[], asked: string | undefined): Read<Chosen> {
  const where = files.map(({ path }) => path).join(":");
  const contexts = files.flatMap((file) => file.contexts);
  const name = asked ?? files.find(({ current }) => current !== "")?.current;
  if (name === undefined) return oneIssue(where, `has no current-context; ${contextsOf(contexts)}`);
  const context = contexts.find((each) => each.name === name);
  if (context === undefined) return oneIssue(where, `has no context ${JSON.stringify(name)}; ${contextsOf(contexts)}`);
  const [clusterName, userName] = [textOf(context.fields, "cluster"), textOf(context.fields, "user")];
  const cluster = files.flatMap((file) => file.clusters).find((each) => each.name === clusterName);
  const user = files.flatMap((file) => file.users).find((each) => each.name === userName);
  if (cluster === undefined) return oneIssue(context.at, `names the cluster ${JSON.stringify(clusterName)}, not there`);
  // As kubectl: a context without a user is an anonymous one.
  const nobody: Named = { name: "", fields: {}, at: context.at, folder: context.folder };
  if (user === undefined && userName !== "") {
    return oneIssue(context.at, `names the user ${JSON.stringify(userName)}, not there`);
  }
  return { value: { context: name, cluster, user: user ?? nobody } };
}

const oneIssue = (at: string, message: string): { readonly issues: readonly Issue[] } => ({
  issues: [{ at, message }],
});

const contextsOf = (contexts: readonly Named[]): string =>
  contexts.length === 0 ? "it has none at all" : `there is ${contexts.map(({ name }) => name).join(", ")}`;

/** A member as text; empty when it is absent or something else. */
export const textOf = (object: JsonObject, key: string): string => {
  const value = object[key];
  return typeof value === "string" ? value : "";
};
