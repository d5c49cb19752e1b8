/** weft's rights in the cluster: what it asked for, as the API server wrote it down, and taking one away. */
import { readFileSync } from "node:fs";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { eventually, good } from "../harness/cluster.ts";
import type { Cluster } from "../harness/cluster.ts";

/** An entry of the audit log (audit.k8s.io/v1). */
export interface Audit {
  readonly verb: string;
  readonly objectRef: { readonly resource: string; readonly name?: string };
  readonly responseStatus?: { readonly code: number };
  readonly user: { readonly username: string };
}

export function auditOf({ plane }: Cluster, namespace: string, account: string): readonly Audit[] {
  const user = userOf({ namespace, account });
  return readFileSync(plane.auditLog, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Audit)
    .filter(({ user: { username } }) => username === user);
}

export const isForbidden = ({ responseStatus }: Audit): boolean => responseStatus?.code === 403;

export interface Who {
  readonly namespace: string;
  /** Name of the ServiceAccount, and of its roles. */
  readonly account: string;
}

const userOf = ({ namespace, account }: Who): string => `system:serviceaccount:${namespace}:${account}`;

/**
 * Takes a right such as `get namespaces` or `get secrets weft-ca` away; what comes back gives it again. Each waits until
 * it has come into force.
 */
export async function withoutRight(cluster: Cluster, who: Who, right: string): Promise<() => Promise<void>> {
  const [verb = "", resource = "", name = ""] = right.split(" ");
  const found = await Promise.all(pathsOf(who).map(async (path) => ({ path, role: await cluster.get(path) })));
  const changed = found.find(({ role }) => rulesOf(role).some((rule) => gives(rule, verb, resource)));
  if (changed === undefined) throw new Error(`no role gives ${right}`);
  const all = rulesOf(changed.role);
  const rest = all.flatMap((rule) => (gives(rule, verb, resource) ? without(rule, verb, name) : [rule]));
  await put(
    cluster,
    changed.path,
    rest.filter(({ verbs }) => verbs.length > 0),
  );
  const rule = all.find((each) => gives(each, verb, resource));
  const what = { verb, rule, name: name || (rule?.resourceNames?.[0] ?? "") };
  await eventually(`${right} is taken away`, async () => !(await may(cluster, who, what)));
  return async () => {
    await put(cluster, changed.path, all);
    await eventually(`${right} is given again`, () => may(cluster, who, what));
  };
}

const pathsOf = ({ namespace, account }: Who): readonly string[] => [
  `/apis/rbac.authorization.k8s.io/v1/clusterroles/${account}`,
  `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles/${account}`,
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

/** With a name, of that object alone. */
function without(rule: Rule, verb: string, name: string): readonly Rule[] {
  const less = { ...rule, verbs: rule.verbs.filter((each) => each !== verb) };
  if (name === "") return [less];
  const others = { ...rule, resourceNames: (rule.resourceNames ?? []).filter((each) => each !== name) };
  return [others, { ...less, resourceNames: [name] }];
}

async function put(cluster: Cluster, path: string, rules: readonly Rule[]): Promise<void> {
  const body = [{ op: "replace", path: "/rules", value: rules as unknown as JsonObject[] }];
  const contentType = "application/json-patch+json";
  good(await cluster.ask({ method: "PATCH", path, body, contentType }), path);
}

interface What {
  readonly verb: string;
  readonly rule: Rule | undefined;
  readonly name: string;
}

async function may(cluster: Cluster, who: Who, { verb, rule, name }: What): Promise<boolean> {
  const { namespace } = who;
  const [group = "", resource = ""] = [rule?.apiGroups[0], rule?.resources[0]];
  const where = ["configmaps", "secrets", "leases"].includes(resource) ? { namespace } : {};
  const review = good(
    await cluster.ask({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: { user: userOf(who), resourceAttributes: { group, resource, verb, name, ...where } },
      },
    }),
    "review of access",
  );
  return (review as { status: { allowed: boolean } }).status.allowed;
}
