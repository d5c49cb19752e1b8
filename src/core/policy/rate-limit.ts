/** HTTPLocalRateLimitPolicy (policy.linkerd.io): how many requests in a second each pod of a Server takes, by client. */
import { isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { perObject } from "../base/memory/memo.ts";
import type { Issue } from "../base/text/issue.ts";
import { policyGroup } from "../mesh/groups.ts";
import type { HttpLocalRateLimit } from "../proxy-api/inbound.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PolicyView } from "../view/objects.ts";
import { isKind, referenceOf, serviceAccountIdentity } from "./authentications.ts";
import type { Reference } from "./authentications.ts";
import type { Condition } from "./condition.ts";
import { readEach, readListWithin, readable, unreadable } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { serverRules } from "./server.ts";

interface RateLimit {
  /** The Server that it is for; undefined: it cannot be read. */
  readonly server: string | undefined;
  /** Requests in a second. */
  readonly total: number | undefined;
  readonly identity: number | undefined;
  readonly overrides: readonly Override[];
}

interface Override {
  readonly rate: number;
  /** ServiceAccounts. */
  readonly clients: readonly Reference[];
}

/** The limit of a Server: of several that are for it the oldest, then the first by name. Made once for all its ports. */
export const rateLimitOf = (view: ClusterView, mesh: MeshView, server: PolicyView): HttpLocalRateLimit | undefined => {
  const { namespace, name } = server;
  const policy = view.shared(
    `limit of Server ${namespace}/${name}`,
    (view) => limiting(view, namespace).get(name)?.[0],
  );
  return policy && messageOf(mesh)(policy);
};

const messageOf = perObject((mesh: MeshView) =>
  perObject((policy: PolicyView): HttpLocalRateLimit => {
    const { total, identity, overrides } = rateLimit(policy).value;
    const limit = (requestsPerSecond: number) => ({ requestsPerSecond });
    return {
      metadata: { resource: { group: policyGroup, kind: policy.kind, name: policy.name } },
      ...(total === undefined ? {} : { total: limit(total) }),
      ...(identity === undefined ? {} : { identity: limit(identity) }),
      ...(overrides.length === 0
        ? {}
        : {
            overrides: overrides.map(({ rate, clients }) => ({
              limit: limit(rate),
              clients: {
                identities: clients.map(({ name, namespace }) => ({
                  name: serviceAccountIdentity(name, namespace, mesh),
                })),
              },
            })),
          }),
    };
  }),
);

/** By Server; who decides comes first. One that cannot be read whole limits nothing. */
const limiting = (view: ClusterView, namespace: string): ReadonlyMap<string | undefined, readonly PolicyView[]> =>
  view.shared(`limits of Servers in ${namespace}`, (view) => {
    const policies = view.policies("HTTPLocalRateLimitPolicy", namespace);
    readEach(view, policies, rateLimit);
    return byServer(policies);
  });

const byServer = perObject((policies: readonly PolicyView[]) => {
  const readable = policies.filter((policy) => rateLimit(policy).issues.length === 0).toSorted(byAge);
  return Map.groupBy(readable, (policy) => rateLimit(policy).value.server);
});

const byAge = (a: PolicyView, b: PolicyView): number => a.created - b.created || (a.name < b.name ? -1 : 1);

export const rateLimit = perObject(({ namespace, spec }: PolicyView): Reading<RateLimit> => {
  const ref = referenceOf(spec["targetRef"], namespace);
  const isServer = ref !== undefined && isKind(ref, policyGroup, "Server") && ref.namespace === namespace;
  const target = isServer
    ? readable(ref.name)
    : unreadable(undefined, "spec.targetRef", "must be a Server of the policy's namespace");
  const [total, identity] = (["total", "identity"] as const).map((key) =>
    (spec[key] ?? null) === null ? readable(undefined) : rateIn(spec[key], `spec.${key}`),
  );
  const overrides = readListWithin(spec["overrides"], "spec.overrides", (value, at) => override(value, at, namespace));
  const count = overrides.value.reduce((sum, { clients }) => sum + clients.length, 0);
  const over =
    count > mostClients ? [{ at: "spec.overrides", message: `have more than ${mostClients} clientRefs` }] : [];
  return {
    value: { server: target.value, total: total?.value, identity: identity?.value, overrides: overrides.value },
    issues: [target, total, identity, overrides, { issues: over }].flatMap((read) => read?.issues ?? []),
  };
});

/** Of all overrides together. */
export const mostClients = 1_000;

function rateIn(value: Json | undefined, at: string): Reading<number | undefined> {
  const rate = isObject(value) ? value["requestsPerSecond"] : undefined;
  const isRate = typeof rate === "number" && Number.isInteger(rate) && rate > 0 && rate <= 4_294_967_295;
  // As often as once in a nanosecond, which is as long as the proxy can measure.
  return isRate
    ? readable(Math.min(rate, 1_000_000_000))
    : unreadable(undefined, `${at}.requestsPerSecond`, "must be a whole number from 1 to 4294967295");
}

function override(value: Json, at: string, own: string): Reading<Override> {
  const rate = rateIn(value, at);
  const clients = readListWithin(
    isObject(value) ? value["clientRefs"] : undefined,
    `${at}.clientRefs`,
    (each, where) => {
      const ref = referenceOf(each, own);
      return ref !== undefined && isKind(ref, "", "ServiceAccount")
        ? readable([ref])
        : unreadable([], where, "must refer to a ServiceAccount");
    },
  );
  return {
    value: { rate: rate.value ?? 1, clients: clients.value.flat() },
    issues: [...rate.issues, ...clients.issues],
  };
}

/** Why it limits nothing, though it can be read. */
function rateLimitIdleness(view: ClusterView, policy: PolicyView): Pick<Condition, "reason" | "message"> | undefined {
  const { namespace } = policy;
  const name = rateLimit(policy).value.server ?? "";
  const server = view.policy("Server", namespace, name);
  if (server === undefined)
    return { reason: "NoMatchingTarget", message: `there is no Server ${name} in its namespace` };
  const [first] = limiting(view, namespace).get(name) ?? [];
  if (first !== undefined && first.name !== policy.name)
    return { reason: "RateLimitReasonAlreadyExists", message: `${first.name}, which is older, limits Server ${name}` };
  const { protocol } = serverRules(server);
  return protocol === "opaque" || protocol === "tls"
    ? {
        reason: "UnsupportedProtocol",
        message: `Server ${name} has no requests: its proxyProtocol is ${protocol === "tls" ? "TLS" : protocol}`,
      }
    : undefined;
}

export const rateLimitIssues = (view: ClusterView, policy: PolicyView): readonly Issue[] => {
  const { issues } = rateLimit(policy);
  const idle = issues.length > 0 ? undefined : rateLimitIdleness(view, policy);
  return idle === undefined
    ? issues
    : [...issues, { at: "spec.targetRef", message: `limits nothing: ${idle.message}` }];
};

/** As Linkerd has it: its definition insists on a target, so without one there is nothing to say. */
export function rateLimitStatus(view: ClusterView, policy: PolicyView): RateLimitStatus {
  const { value, issues } = rateLimit(policy);
  if (value.server === undefined) return { conditions: [] };
  const [issue] = issues;
  const idle =
    issue === undefined
      ? rateLimitIdleness(view, policy)
      : { reason: "Invalid", message: `${issue.at}: ${issue.message}` };
  const accepted: Condition = {
    type: "Accepted",
    status: idle === undefined ? "True" : "False",
    reason: idle?.reason ?? "Accepted",
    message: idle?.message ?? "",
  };
  return { conditions: [accepted], targetRef: { group: policyGroup, kind: "Server", name: value.server } };
}

interface RateLimitStatus {
  readonly conditions: readonly Condition[];
  readonly targetRef?: JsonObject;
}
