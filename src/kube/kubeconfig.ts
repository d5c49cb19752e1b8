/**
 * kubeconfig files. client-node's KubeConfig reads each; here they become one and a context is chosen, as kubectl does,
 * with words for what is wrong and where.
 */
import { firstLineOf } from "../core/base/text/words.ts";
import type { Failed, Result } from "../core/base/text/result.ts";
import { allOf, failed } from "../core/base/text/result.ts";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Cluster, Context, KubeConfig, User } from "@kubernetes/client-node";
import { parse } from "yaml";
import { isList, isObject } from "../core/base/json/json.ts";
import type { Json, JsonObject } from "../core/base/json/json.ts";
import type { Reached } from "./access-issues.ts";
import { fileFault, isMissing } from "./file-fault.ts";
import { textOf } from "./metadata.ts";

type NewConfig = () => KubeConfig;
/** A configuration with one context, and where its parts are from. */
interface Chosen extends Reached {
  readonly config: KubeConfig;
  readonly user: User;
  /** Of the context; undefined: it names none. */
  readonly namespace?: string | undefined;
}

/** Reads the files and chooses a context. `optional`: files that are not there are passed over, as in $KUBECONFIG. */
export async function readKubeconfig(
  newConfig: NewConfig,
  paths: readonly string[],
  { context, optional }: { readonly context?: string | undefined; readonly optional: boolean },
): Promise<Result<Chosen>> {
  const read = await Promise.all(paths.map((path) => readOne(newConfig, path, optional)));
  const all = allOf(read);
  if ("issues" in all) return all;
  const files = all.value.filter((file) => file !== undefined);
  if (files.length === 0) return failed(paths.join(":"), absent);
  return chosen(newConfig, files, context);
}

const absent = "there is no such kubeconfig";

interface OneFile {
  readonly path: string;
  readonly config: KubeConfig;
}

async function readOne(newConfig: NewConfig, path: string, optional: boolean): Promise<Result<OneFile | undefined>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (!isMissing(error)) return failed(path, fileFault(error));
    return optional ? { value: undefined } : failed(path, absent);
  }
  try {
    const root = (parse(text) ?? {}) as Json;
    if (!isObject(root)) return failed(path, "is not a kubeconfig");
    return { value: { path, config: configOf(newConfig, root, dirname(resolve(path))) } };
  } catch (error) {
    const why = firstLineOf(error);
    return failed(path, `is not a kubeconfig: ${why.replace(/:$/, "")}`);
  }
}

function configOf(newConfig: NewConfig, root: JsonObject, folder: string): KubeConfig {
  const config = newConfig();
  // JSON is YAML: it has been parsed already, for what follows.
  config.loadFromString(JSON.stringify(root), { onInvalidEntry: "filter" });
  config.makePathsAbsolute(folder);
  const { clusters, users, contexts, currentContext } = config;
  config.loadFromOptions({
    clusters: clusters.map(asKubectlReadsCluster),
    users: users.map((user) => asKubectlReadsUser(user, root, folder)),
    contexts,
    currentContext,
  });
  return config;
}

// client-node 2.0.1 lets the file win over the data (config.js, bufferFromFileOrString), kubectl the data
// (clientcmd/client_config.go); and it refuses http unless it is told not to verify, where nothing can be verified.
function asKubectlReadsCluster({ caFile, ...cluster }: Cluster): Cluster {
  const isHttp = cluster.server.startsWith("http:");
  const server = cluster.server.replace(/\/+$/, "");
  return {
    ...cluster,
    server,
    skipTLSVerify: cluster.skipTLSVerify || isHttp,
    ...(cluster.caData === undefined && caFile !== undefined ? { caFile } : {}),
  };
}

// client-node 2.0.1 reads `token-file` (config_types.js, findToken), but the field is `tokenFile` (clientcmd/api/v1); and
// it runs a plugin whose path is relative in the current folder, kubectl in the kubeconfig's.
function asKubectlReadsUser({ certFile, keyFile, ...user }: User, root: JsonObject, folder: string): User {
  const tokenFile = user.token === undefined ? textOf(fieldsOf(root, user.name), "tokenFile") : "";
  const command: unknown = user.exec?.command;
  const isRelative = typeof command === "string" && command.includes("/");
  return {
    ...user,
    ...(user.certData === undefined && certFile !== undefined ? { certFile } : {}),
    ...(user.keyData === undefined && keyFile !== undefined ? { keyFile } : {}),
    ...(isRelative ? { exec: { ...user.exec, command: resolve(folder, command) } } : {}),
    ...(tokenFile === "" ? {} : { authProvider: tokenFileProvider(resolve(folder, tokenFile)) }),
  };
}

/** What client-node itself makes of a pod's token: read again after a minute. */
const tokenFileProvider = (tokenFile: string): object => ({ name: "tokenFile", config: { tokenFile } });

function fieldsOf({ users }: JsonObject, name: string): JsonObject {
  const found = (isList(users) ? users : []).find((each) => isObject(each) && each["name"] === name);
  const fields = isObject(found) ? found["user"] : undefined;
  return isObject(fields) ? fields : {};
}

/** Of several files the first that names a thing wins. */
function chosen(newConfig: NewConfig, files: readonly OneFile[], asked: string | undefined): Result<Chosen> {
  const where = files.map(({ path }) => path).join(":");
  const name = asked ?? files.map(({ config }) => config.currentContext).find((each) => Boolean(each));
  const contexts = files.flatMap(({ config }) => config.contexts);
  if (name === undefined) return failed(where, `has no current-context; ${contextsOf(contexts)}`);
  const context = found(files, "context", (config) => config.contexts, name);
  if (context === undefined) return failed(where, `has no context ${JSON.stringify(name)}; ${contextsOf(contexts)}`);
  const cluster = found(files, "cluster", (config) => config.clusters, context.entry.cluster);
  if (cluster === undefined) return notThere(context.at, "cluster", context.entry.cluster);
  const userName = context.entry.user;
  // A context without a user is an anonymous one; client-node would forget the CA, too.
  const anonymous = { entry: { name: "" }, at: context.at };
  const user = userName === undefined ? anonymous : found(files, "user", (config) => config.users, userName);
  if (user === undefined) return notThere(context.at, "user", userName);
  const config = newConfig();
  config.loadFromClusterAndUser(cluster.entry, user.entry);
  const { namespace } = context.entry;
  return {
    value: { config, cluster: cluster.entry, user: user.entry, clusterAt: cluster.at, userAt: user.at, namespace },
  };
}

function found<Entry extends { readonly name: string }>(
  files: readonly OneFile[],
  kind: string,
  entriesOf: (config: KubeConfig) => readonly Entry[],
  name: string,
): { readonly entry: Entry; readonly at: string } | undefined {
  for (const { path, config } of files) {
    const entry = entriesOf(config).find((each) => each.name === name);
    if (entry !== undefined) return { entry, at: `${path}: ${kind} ${JSON.stringify(name)}` };
  }
  return undefined;
}

const notThere = (at: string, kind: string, name: string): Failed =>
  failed(at, `names the ${kind} ${JSON.stringify(name)}, which is not there or not complete`);

const contextsOf = (contexts: readonly Context[]): string =>
  contexts.length === 0 ? "it has none at all" : `there is ${contexts.map(({ name }) => name).join(", ")}`;
