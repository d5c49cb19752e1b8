/** weft's rights in the cluster: what it asked for, as the API server wrote it down, and taking one away. */
import { readFileSync } from "node:fs";
import { names } from "../../../src/core/install/names.ts";
import type { JsonObject } from "../../../src/core/mesh/api.ts";
import { eventually, good } from "../harness/cluster.ts";
import type { Cluster } from "../harness/cluster.ts";

/** An entry of the audit log (audit.k8s.io/v1). */
export interface Audit {
  readonly verb: string;
  readonly objectRef: { readonly resource: string; readonly name?: string };
  readonly responseStatus?: { readonly code: number };
  readonly user: { readonly username: string };
}

export function auditOf({ plane }: Cluster, namespace: string): readonly Audit[] {
  const user = userOf(namespace);
  return readFileSync(plane.auditLog, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Audit)
    .filter(({ user: { username } }) => username === user);
}

export const isForbidden = ({ responseStatus }: Audit): boolean => responseStatus?.code === 403;

const userOf = (namespace: string): string => `system:serviceaccount:${namespace}:${names.injector}`;

/** Takes a right such as `get namespaces` away; what comes back gives it again. Each waits until it has come into force. */
export async function withoutRight(cluster: Cluster, namespace: string, right: string): Promise<() => Promise<void>> {
  const [verb = "", resource = ""] = right.split(" ");
  const found = await Promise.all(pathsOf(namespace).map(async (path) => ({ path, role: await cluster.get(path) })));
  const changed = found.find(({ role }) => rulesOf(role).some((rule) => gives(rule, verb, resource)));
  if (changed === undefined) throw new Error(`no role gives ${right}`);
  const all = rulesOf(changed.role);
  const rest = all.map((rule) => (gives(rule, verb, resource) ? without(rule, verb) : rule));
  await put(
    cluster,
    changed.path,
    rest.filter(({ verbs }) => verbs.length > 0),
  );
  const rule = all.find((each) => gives(each, verb, resource));
  await eventually(`${right} is taken away`, async () => !(await may(cluster, namespace, verb, rule)));
  return async () => {
    await put(cluster, changed.path, all);
    await eventually(`${right} is given again`, () => may(cluster, namespace, verb, rule));
  };
}

const pathsOf = (namespace: string): readonly string[] => [
  `/apis/rbac.authorization.k8s.io/v1/clusterroles/${names.injector}`,
  `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles/${names.injector}`,
];

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const rulesOf = (role: JsonObject | undefined): readonly Rule[] =>
  (role?.["rules"] ?? []) as unknown as readonly Rule[];

const gives = ({ resources, verbs }: Rule, verb: string, resource: string): boolean =>
  resources.includes(resource) && verbs.includes(verb);

const without = (rule: Rule, verb: string): Rule => ({ ...rule, verbs: rule.verbs.filter((each) => each !== verb) });

async function put(cluster: Cluster, path: string, rules: readonly Rule[]): Promise<void> {
  const body = [{ op: "replace", path: "/rules", value: rules as unknown as JsonObject[] }];
  const contentType = "application/json-patch+json";
  good(await cluster.ask({ method: "PATCH", path, body, contentType }), path);
}

async function may(cluster: Cluster, namespace: string, verb: string, rule: Rule | undefined): Promise<boolean> {
  const [group = "", resource = "", name = ""] = [rule?.apiGroups[0], rule?.resources[0], rule?.resourceNames?.[0]];
  const where = resource === "secrets" || resource === "leases" ? { namespace } : {};
  const review = good(
    await cluster.ask({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: { user: userOf(namespace), resourceAttributes: { group, resource, verb, name, ...where } },
      },
    }),
    "review of access",
  );
  return (review as { status: { allowed: boolean } }).status.allowed;
}
