/** What a test does with an API server: asks it, runs kubectl, makes namespaces and users. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import type { ApiAnswer } from "../../../src/kube/api.ts";
import { asker } from "./client.ts";
import type { Ask, Identity } from "./client.ts";
import type { ControlPlane } from "./control-plane.ts";

export interface Cluster {
  readonly plane: ControlPlane;
  /** As a member of `system:masters`. */
  readonly ask: Ask;
  /** In the name of a user who has what RBAC gives, such as `system:serviceaccount:shop:default`. */
  readonly askAs: (user: string) => Ask;
  readonly kubectl: (args: readonly string[], options?: KubectlOptions) => Promise<Ran>;
  /** Makes a namespace with its service account `default`, which a controller would make. */
  readonly namespace: (name: string, metadata?: Metadata) => Promise<JsonObject>;
  /** Creates an object, or fails with what the server said. */
  readonly create: (object: JsonObject, options?: { readonly dryRun?: boolean }) => Promise<ApiAnswer>;
  /** Server-side apply: creates or changes. */
  readonly apply: (object: JsonObject) => Promise<JsonObject>;
  readonly get: (path: string) => Promise<JsonObject | undefined>;
  /** Deletes at once; what is not there is fine. */
  readonly remove: (...paths: readonly string[]) => Promise<void>;
  /** Path of a kubeconfig for a service account; made when it is asked for. */
  readonly serviceAccount: (namespace: string, name: string, server?: string) => Promise<string>;
  readonly adminKubeconfig: string;
  readonly kubectlPath: string;
}

export interface Metadata {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface KubectlOptions {
  readonly input?: string;
  readonly as?: string;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function clusterOf(plane: ControlPlane, assets: string): Cluster {
  const ca = plane.ca.certificate;
  const { server } = plane;
  const ask = asker({ server, ca, who: plane.admin });
  const adminKubeconfig = join(plane.folder, "admin.kubeconfig");
  writeFileSync(adminKubeconfig, kubeconfig(server, ca, plane.admin), { mode: 0o600 });

  const get = async (path: string): Promise<JsonObject | undefined> => {
    const answer = await ask({ method: "GET", path });
    return answer.status === 404 ? undefined : good(answer, `GET ${path}`);
  };
  const create: Cluster["create"] = async (object, { dryRun = false } = {}) => {
    const query = dryRun ? { dryRun: "All" } : {};
    return ask({ method: "POST", path: collectionPath(object), body: object, query });
  };
  return {
    plane,
    ask,
    askAs: (user) => asker({ server, ca, who: plane.admin, as: user }),
    kubectl: (args, { input, as } = {}) =>
      run(
        [
          join(assets, "kubectl"),
          `--kubeconfig=${adminKubeconfig}`,
          `--cache-dir=${join(plane.folder, "kubectl-cache")}`,
          ...(as === undefined ? [] : [`--as=${as}`]),
          ...args,
        ],
        input,
      ),
    namespace: async (name, metadata = {}) => {
      const body = { apiVersion: "v1", kind: "Namespace", metadata: { ...metadata, name } };
      const made = good(await create(body), `namespace ${name}`);
      good(
        await create({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: name } }),
        `service account of ${name}`,
      );
      return made;
    },
    create,
    apply: async (object) => {
      const path = pathOf(object);
      const query = { fieldManager: "test", force: "true" };
      const contentType = "application/apply-patch+yaml";
      return good(await ask({ method: "PATCH", path, query, body: object, contentType }), `apply ${path}`);
    },
    get,
    remove: async (...paths) => {
      for (const path of paths) {
        const remove = () => ask({ method: "DELETE", path, query: { gracePeriodSeconds: "0" } });
        // An API server hears a second late that the policy is gone that forbade it.
        const answer = await eventually(`DELETE ${path}`, remove, ({ status }) => status !== 422);
        if (answer.status !== 404) good(answer, `DELETE ${path}`);
      }
    },
    serviceAccount: async (namespace, name, at = server) => {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
      const body = {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: 86_400 },
      };
      const { status } = good(await ask({ method: "POST", path, body }), `token of ${name}`) as {
        status?: { token?: string };
      };
      const file = join(plane.folder, `${namespace}-${name}-${at.split(":").at(-1)}.kubeconfig`);
      writeFileSync(file, kubeconfig(at, ca, { token: status?.token ?? "" }), { mode: 0o600 });
      return file;
    },
    adminKubeconfig,
    kubectlPath: join(assets, "kubectl"),
  };
}

/** The object that was answered; a refusal is thrown, in the server's words. */
export function good(answer: ApiAnswer, what: string): JsonObject {
  if (answer.status >= 200 && answer.status < 300) return answer.body as JsonObject;
  throw new Error(`${what}: ${answer.status} ${messageOf(answer)}`);
}

export const messageOf = ({ body, text }: ApiAnswer): string =>
  String((body as { message?: Json } | null)?.message ?? text ?? "");

/** Asks until it holds, and fails with what was last there. */
export async function eventually<Value>(
  what: string,
  look: () => Promise<Value> | Value,
  holds: (value: Value) => boolean = Boolean,
  { within = 15_000, every = 50 }: { readonly within?: number; readonly every?: number } = {},
): Promise<Value> {
  const end = performance.now() + within;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (performance.now() > end) throw new Error(`not within ${within} ms: ${what}; last: ${JSON.stringify(value)}`);
    await sleep(every);
  }
}

const clusterScoped = new Set([
  "CustomResourceDefinition",
  "Namespace",
  "ClusterRole",
  "ClusterRoleBinding",
  "MutatingWebhookConfiguration",
  "ValidatingWebhookConfiguration",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "PriorityClass",
  "RuntimeClass",
  "CustomResourceDefinition",
]);

/** Where objects of this kind are created; the plural of every kind met here is regular. */
export function collectionPath(object: JsonObject): string {
  const { apiVersion, kind, metadata } = object as {
    apiVersion: string;
    kind: string;
    metadata: { namespace?: string };
  };
  const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = kind.toLowerCase().replace(/y$/, "ie").replace(/s$/, "se") + "s";
  return clusterScoped.has(kind)
    ? `${base}/${plural}`
    : `${base}/namespaces/${metadata.namespace ?? "default"}/${plural}`;
}

export const pathOf = (object: JsonObject): string =>
  `${collectionPath(object)}/${(object as { metadata: { name: string } }).metadata.name}`;

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

/** YAML is a superset of JSON; every reader of kubeconfigs takes it. */
function kubeconfig(server: string, ca: string, who: Identity): string {
  const user =
    "token" in who
      ? { token: who.token }
      : { "client-certificate-data": base64(who.certificate), "client-key-data": base64(who.key) };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "test", cluster: { server, "certificate-authority-data": base64(ca) } }],
    users: [{ name: "test", user }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
  });
}

/** Runs a program to its end; a failing one is a result, too. */
export const run = ([program = "", ...args]: readonly string[], input = "", env = process.env): Promise<Ran> =>
  new Promise((resolve) => {
    const child = execFile(program, args, { env, maxBuffer: 1 << 26, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 255), stdout, stderr }),
    );
    child.stdin?.on("error", () => {}).end(input);
  });
