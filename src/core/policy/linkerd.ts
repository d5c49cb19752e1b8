/** Who may reach a port that a Server selects: ServerAuthorization, AuthorizationPolicy, and the Server's own word. */
import { defaultClusterDomain } from "../mesh/control-plane.ts";
import { isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import type { IdentityDomain } from "../mesh/identity.ts";
import type { Issue } from "../base/text/issue.ts";
import { perObject } from "../base/memory/memo.ts";
import { quoted } from "../base/text/quote.ts";
import type { Authz, Network } from "../proxy-api/inbound.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import { groupKindOf, routeKinds } from "../view/objects.ts";
import type { PolicyKind, PolicyView, RouteKind } from "../view/objects.ts";
import {
  authenticatedNetworks,
  identitiesIn,
  isKind,
  meshTlsIdentities,
  readNetworks,
  referenceOf,
  serviceAccountIdentity,
} from "./authentications.ts";
import type { Reference } from "./authentications.ts";
import { policyGroup } from "../mesh/groups.ts";
import { authorization, authorizedBy, defaultAuthorizations, everywhere, networksOf } from "./authorization.ts";
import type { Clients } from "./authorization.ts";
import { networkRules } from "./network-rules.ts";
import { excessIssue, isName, mostEntries, readAll, readListWithin, readable, unreadable } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { rateLimit, rateLimitIssues } from "./rate-limit.ts";
import { ownRouteIssues, routeIssues } from "./routes.ts";
import { selectingOf, takenBy } from "./selecting.ts";
import { labelSelector, nothing, requirementsIn } from "./selector.ts";
import type { Selector } from "./selector.ts";
import { tcpRouteIssues, trafficSplitRemarks } from "./split-remarks.ts";
import { tcpRouteRules } from "./tcp-route.ts";
import { trafficSplitRules } from "./traffic-split.ts";
import { isOneTooMany, mostAsked, serverRules } from "./server.ts";

/**
 * In the order of names; what `accessPolicy` allows comes last, so that `audit` is said of what nothing else allows. Made
 * once for all ports that the Server selects.
 */
export const serverAuthorizations = (
  view: ClusterView,
  mesh: MeshView,
  { namespace, name }: PolicyView,
): readonly Authz[] =>
  view.shared(`authorizations of Server ${namespace}/${name} in ${meshText(mesh)}`, (view) => {
    const server = view.policy("Server", namespace, name);
    return server === undefined || serverRules(server).isClosed ? [] : authorizationsOf(view, mesh, server);
  });

/** Equal for meshes in which authorizations come out equal. */
export const meshText = perObject(({ controlPlaneNamespace, trustDomain, clusterNetworks }: MeshView) =>
  JSON.stringify([controlPlaneNamespace, trustDomain, clusterNetworks.map(({ text }) => text)]),
);

/** Who may come in by a route, beside whom its Server lets in. */
export const routeAuthorizations = (view: ClusterView, mesh: MeshView, route: PolicyView): readonly Authz[] =>
  ordered(allowancesIn(view, mesh, route.namespace).byRoute.get(routeText(route)) ?? []);

const routeText = ({ kind, name }: Pick<PolicyView, "kind" | "name">): string => `${kind} ${name}`;

/** Of more than these the first count; what is left out lets nobody in. */
export const mostAuthorizations = mostEntries;

function authorizationsOf(view: ClusterView, mesh: MeshView, server: PolicyView): readonly Authz[] {
  const { byName, ofAll, byLabels } = allowancesIn(view, mesh, server.namespace);
  const found = [...(byName.get(server.name) ?? []), ...ofAll, ...taking(byLabels)(server.labels)];
  return [...ordered(found), ...defaultAuthorizations(mesh, serverRules(server).accessPolicy)];
}

const ordered = (found: readonly Allowance[]): readonly Authz[] =>
  found
    .toSorted(inOrder)
    .slice(0, mostAuthorizations)
    .map(({ authz }) => authz);

/** Servers that one of the two kinds of authorizations is for. */
export function serversFor(view: ClusterView, mesh: MeshView, policy: PolicyView): readonly PolicyView[] {
  const read = policy.kind === "ServerAuthorization" ? serverAuthorization : authorizationPolicy;
  const { selects } = read(view, mesh, policy).value;
  const servers = view.policies("Server", policy.namespace);
  if (typeof selects === "string") return selects === "all" ? servers : [];
  if ("route" in selects) return [];
  return "name" in selects ? servers.filter(({ name }) => name === selects.name) : takenBy(servers, selects);
}

/** A policy that lets somebody in somewhere. */
interface Allowance {
  readonly kind: AllowingKind;
  readonly name: string;
  readonly selects: Selects;
  readonly authz: Authz;
}

const allowingKinds = ["ServerAuthorization", "AuthorizationPolicy"] as const;
type AllowingKind = (typeof allowingKinds)[number];

const inOrder = (a: Allowance, b: Allowance): number =>
  allowingKinds.indexOf(a.kind) - allowingKinds.indexOf(b.kind) || (a.name < b.name ? -1 : 1);

interface Allowances {
  readonly byName: ReadonlyMap<string | undefined, readonly Allowance[]>;
  /** By what `routeText` says. */
  readonly byRoute: ReadonlyMap<string | undefined, readonly Allowance[]>;
  readonly ofAll: readonly Allowance[];
  readonly byLabels: readonly Allowance[];
}

/** Of a namespace, by the Servers that they are for: no policy is looked at for each Server. */
const allowancesIn = (view: ClusterView, mesh: MeshView, namespace: string): Allowances =>
  view.shared(`what is authorized in ${namespace} in ${meshText(mesh)}`, (view) => {
    const all = allowingKinds.flatMap((kind) =>
      view.policies(kind, namespace).flatMap(({ name }) => allowance(view, mesh, kind, namespace, name) ?? []),
    );
    const keyed = (keyOf: (selects: Exclude<Selects, string>) => string | undefined) =>
      Map.groupBy(all, ({ selects }) => (typeof selects === "string" ? undefined : keyOf(selects)));
    return {
      byName: keyed((selects) => ("name" in selects ? selects.name : undefined)),
      byRoute: keyed((selects) => ("route" in selects ? routeText(selects.route) : undefined)),
      ofAll: all.filter(({ selects }) => selects === "all"),
      byLabels: all.filter(({ selects }) => typeof selects === "object" && "takes" in selects),
    };
  });

/** The same object for as long as it says the same. */
const allowance = (view: ClusterView, mesh: MeshView, kind: AllowingKind, namespace: string, name: string) =>
  view.shared(`what ${kind} ${namespace}/${name} allows in ${meshText(mesh)}`, (view): Allowance | undefined => {
    const policy = view.policy(kind, namespace, name);
    if (policy === undefined) return undefined;
    const read = kind === "AuthorizationPolicy" ? authorizationPolicy : serverAuthorization;
    const { selects, networks, clients } = read(view, mesh, policy).value;
    const authz = selects === "none" ? undefined : authorization(authorizedBy(policy), networks, clients);
    return authz === undefined ? undefined : { kind, name, selects, authz };
  });

const taking = perObject((allowances: readonly Allowance[]) => {
  const { taking } = selectingOf(allowances, ({ selects }) =>
    typeof selects === "object" && "takes" in selects ? selects : nothing,
  );
  return taking;
});

/** What of a resource cannot be read, or is not taken up, and so allows nothing. */
export function policyIssues(view: ClusterView, mesh: MeshView, policy: PolicyView): readonly Issue[] {
  const rows: Readonly<Record<PolicyKind, () => readonly Issue[]>> = {
    Server: () => [...serverRules(policy).issues, ...(isOneTooMany(view, policy) ? [oneTooMany] : [])],
    ServerAuthorization: () => serverAuthorization(view, mesh, policy).issues,
    AuthorizationPolicy: () => authorizationPolicy(view, mesh, policy).issues,
    MeshTLSAuthentication: () => meshTlsIdentities(policy, mesh).issues,
    NetworkAuthentication: () => authenticatedNetworks(policy).issues,
    NetworkPolicy: () => networkRules(policy).issues,
    HTTPLocalRateLimitPolicy: () => rateLimitIssues(view, policy),
    HTTPRoute: () => routeIssues(view, policy),
    GatewayHTTPRoute: () => routeIssues(view, policy),
    GatewayGRPCRoute: () => routeIssues(view, policy),
    TCPRoute: () => tcpRouteIssues(view, policy),
    TrafficSplit: () => trafficSplitRemarks(view, policy),
  };
  return rows[policy.kind]();
}

const oneTooMany: Issue = {
  at: "spec.podSelector",
  message: `is not looked at: older Servers have ${mostAsked} labels and expressions of other selectors for the same label; it closes its port on every pod of the namespace`,
};

/** Servers of the policy's own namespace: all, none, one by its name, or by their labels; or one of its routes. */
type Selects = "all" | "none" | { readonly name: string } | { readonly route: RouteName } | Selector;

interface RouteName {
  readonly kind: RouteKind;
  readonly name: string;
}

interface Allows {
  readonly selects: Selects;
  readonly networks: readonly Network[];
  readonly clients: Clients;
}
type Read = (view: ClusterView, mesh: MeshView, policy: PolicyView) => Reading<Allows>;

const serverAuthorization: Read = (_view, mesh, policy) => readServerAuthorization(mesh)(policy);

const readServerAuthorization = perObject((mesh: MeshView) =>
  perObject((policy: PolicyView) => serverAuthorizationIn(mesh, policy)),
);

function serverAuthorizationIn(
  mesh: IdentityDomain & Pick<MeshView, "clusterNetworks">,
  { namespace, spec }: PolicyView,
): Reading<Allows> {
  const selects = selectedServers(spec["server"]);
  const client = isObject(spec["client"]) ? spec["client"] : {};
  const listed = readNetworks(client["networks"], "spec.client.networks");
  const isSilent = listed.value.length === 0 && listed.issues.length === 0;
  const clients = clientsOf(client["unauthenticated"], client["meshTLS"], namespace, mesh);
  return {
    value: {
      selects: selects.value,
      // As in Linkerd, where no networks means those of the cluster.
      networks: isSilent ? networksOf(mesh.clusterNetworks) : listed.value,
      clients: clients.value,
    },
    issues: [...selects.issues, ...listed.issues, ...clients.issues],
  };
}

function selectedServers(value: Json | undefined): Reading<Selects> {
  const { name, selector } = isObject(value) ? value : {};
  if (isName(name)) return readable({ name });
  // A name goes before a selector, as in Linkerd: one that no Server has must not turn into all that the selector takes.
  if (name !== undefined && name !== null) return unreadable("none", "spec.server.name", "must be a name of a Server");
  if (selector === undefined) return unreadable("none", "spec.server", "must have a name or a selector");
  const at = "spec.server.selector";
  const over = excessIssue(requirementsIn(selector), mostEntries, at, "labels and expressions");
  return over === undefined ? labelSelector(selector, at) : { value: "none", issues: [over] };
}

function clientsOf(
  anyone: Json | undefined,
  tls: Json | undefined,
  own: string,
  mesh: IdentityDomain,
): Reading<Clients> {
  if (anyone === true) return readable("anyone");
  const at = "spec.client";
  if (!isObject(tls)) return unreadable([], at, "must have unauthenticated: true or meshTLS");
  if (tls["unauthenticatedTLS"] === true) return readable("tls");
  const accounts = readListWithin(tls["serviceAccounts"], `${at}.meshTLS.serviceAccounts`, (value, where) => {
    const ref = referenceOf(isObject(value) ? { ...value, kind: "ServiceAccount" } : value, own);
    return ref === undefined
      ? unreadable([], where, "must have a name, and perhaps a namespace")
      : readable([serviceAccountIdentity(ref.name, ref.namespace, mesh)]);
  });
  const names = identitiesIn(tls["identities"], `${at}.meshTLS.identities`);
  const all = [...names.value, ...accounts.value].flat();
  const issues = [...names.issues, ...accounts.issues];
  const nobody = { at: `${at}.meshTLS`, message: "names nobody: must have identities or serviceAccounts" };
  return { value: all, issues: all.length === 0 && issues.length === 0 ? [nobody] : issues };
}

/** What of it can be told without the cluster, as of a policy that is about to be stored: what it refers to may be there. */
export function ownIssues(policy: PolicyView): readonly Issue[] {
  const isThere: ClusterView["policy"] = (kind, namespace, name) => ({ ...policy, kind, namespace, name, spec: {} });
  const rows: Readonly<Partial<Record<PolicyKind, () => readonly Issue[]>>> = {
    Server: () => serverRules(policy).issues,
    ServerAuthorization: () => serverAuthorizationIn(someMesh, policy).issues,
    AuthorizationPolicy: () => readAuthorizationPolicy(someMesh, policy, isThere).issues,
    MeshTLSAuthentication: () => meshTlsIdentities(policy, someMesh).issues,
    NetworkAuthentication: () => authenticatedNetworks(policy).issues,
    NetworkPolicy: () => networkRules(policy).issues,
    HTTPLocalRateLimitPolicy: () => rateLimit(policy).issues,
    HTTPRoute: () => ownRouteIssues(policy),
    GatewayHTTPRoute: () => ownRouteIssues(policy),
    GatewayGRPCRoute: () => ownRouteIssues(policy),
    TCPRoute: () => tcpRouteRules(policy).issues,
    TrafficSplit: () => trafficSplitRules(policy).issues,
  };
  return rows[policy.kind]?.() ?? [];
}

/** What cannot be read does not depend on it. */
const someMesh = { controlPlaneNamespace: "weft", trustDomain: defaultClusterDomain, clusterNetworks: [] };

/** All of what it requires must hold: one kind of identity, and one list of networks, as in Linkerd. */
const authorizationPolicy: Read = (view, mesh, policy) => readAuthorizationPolicy(mesh, policy, view.policy);

function readAuthorizationPolicy(
  mesh: IdentityDomain,
  { namespace, spec }: PolicyView,
  find: ClusterView["policy"],
): Reading<Allows> {
  const selects = targeted(spec["targetRef"], namespace);
  const at = "spec.requiredAuthenticationRefs";
  const required = spec["requiredAuthenticationRefs"];
  const refs = readListWithin(required, at, (value, where) =>
    requirement(find, mesh, referenceOf(value, namespace), where),
  );
  const met = refs.value.filter((each) => each !== undefined);
  const clients = met.flatMap((each) => ("clients" in each ? [each.clients] : []));
  const networks = met.flatMap((each) => ("networks" in each ? [each.networks] : []));
  const several = clients.length > 1 || networks.length > 1;
  const shape = readAll([
    required === undefined ? unreadable(undefined, at, "must be a list") : readable(undefined),
    several ? unreadable(undefined, at, "must have at most one of each: an identity, a network") : readable(undefined),
  ]);
  // One that is not there, or cannot be read, is not met: the policy allows nothing.
  const isMet = met.length === refs.value.length && refs.issues.length === 0 && shape.issues.length === 0;
  return {
    value: {
      selects: isMet ? selects.value : "none",
      networks: networks[0] ?? everywhere,
      clients: clients[0] ?? "anyone",
    },
    issues: [...selects.issues, ...shape.issues, ...refs.issues],
  };
}

function targeted(value: Json | undefined, namespace: string): Reading<Selects> {
  const ref = referenceOf(value, namespace);
  if (ref !== undefined && isKind(ref, "", "Namespace") && ref.name === namespace) return readable("all");
  const route = ref && routeKinds.find((kind) => isKindOf(ref, kind));
  if (ref !== undefined && (route !== undefined || isKindOf(ref, "Server"))) {
    if (ref.namespace !== namespace)
      return unreadable("none", "spec.targetRef.namespace", `must be ${namespace}, the policy's own`);
    return readable(route === undefined ? { name: ref.name } : { route: { kind: route, name: ref.name } });
  }
  const what = ref === undefined ? "" : ` (not ${quoted(ref.kind)} ${ref.name})`;
  const expected = "must be a Server, an HTTPRoute, a GRPCRoute or the policy's own Namespace";
  return unreadable("none", "spec.targetRef", `${expected}${what}`);
}

const isKindOf = (ref: Reference, kind: PolicyKind): boolean =>
  isKind(ref, groupKindOf(kind).group, groupKindOf(kind).kind);

/** The route that an AuthorizationPolicy is for, if it is for one. */
export function routeFor(view: ClusterView, mesh: MeshView, policy: PolicyView): RouteName | undefined {
  const { selects } = authorizationPolicy(view, mesh, policy).value;
  return typeof selects === "object" && "route" in selects ? selects.route : undefined;
}

type Requirement = { readonly clients: Clients } | { readonly networks: readonly Network[] };

function requirement(
  find: ClusterView["policy"],
  mesh: IdentityDomain,
  ref: Reference | undefined,
  at: string,
): Reading<Requirement | undefined> {
  if (ref === undefined) return unreadable(undefined, at, "must have kind and name");
  const { name, namespace } = ref;
  if (isKind(ref, "", "ServiceAccount")) {
    return readable({ clients: [serviceAccountIdentity(name, namespace, mesh)] });
  }
  const found = (kind: PolicyKind): PolicyView | undefined =>
    isKind(ref, policyGroup, kind) ? find(kind, namespace, name) : undefined;
  const identities = found("MeshTLSAuthentication");
  if (identities !== undefined) return readable({ clients: meshTlsIdentities(identities, mesh).value });
  const networks = found("NetworkAuthentication");
  if (networks !== undefined) return readable({ networks: authenticatedNetworks(networks).value });
  return isKind(ref, policyGroup, "MeshTLSAuthentication") || isKind(ref, policyGroup, "NetworkAuthentication")
    ? unreadable(undefined, at, `refers to ${ref.kind} ${namespace}/${name}, which is not there`)
    : unreadable(undefined, at, "must refer to a MeshTLSAuthentication, NetworkAuthentication or ServiceAccount");
}
