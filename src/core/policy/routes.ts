/** Routes that are attached to a Server, of policy.linkerd.io and of the Gateway API: which, and what is wrong with them. */
import type { Issue } from "../base/text/issue.ts";
import { perObject } from "../base/memory/memo.ts";
import { policyGroup } from "../mesh/groups.ts";
import type { ClusterView } from "../view/cluster.ts";
import { groupKindOf, routeKinds } from "../view/objects.ts";
import type { PolicyView, RouteKind } from "../view/objects.ts";
import { isKind } from "./authentications.ts";
import { readEach } from "./reading.ts";
import { messageBytes } from "./route/bytes.ts";
import { routeOf } from "./route/route.ts";
import type { Parent } from "./route/route.ts";
import { serverRules } from "./server.ts";
import type { Protocol } from "./server.ts";

export type AttachedRoutes =
  /** Requests are not told apart. */
  | { readonly kind: "none" }
  /** Who may come in cannot be told: nobody may, but kubelet. */
  | { readonly kind: "closed"; readonly why: "unreadable" | "excess" }
  /** The oldest comes first: the proxy takes it where others match as well. */
  | { readonly kind: "routes"; readonly routes: readonly PolicyView[] };

/** Of more nothing is read, and the Server is closed. Bytes are those of the message that proxies are sent. */
export const mostAttached = { routes: 1_000, bytes: 2 * 2 ** 20 };

/** Those that the Server's protocol has: a Server of another than HTTP and gRPC has none. */
export const attachedRoutes = (view: ClusterView, { namespace, name }: PolicyView): AttachedRoutes =>
  view.shared(`routes attached to Server ${namespace}/${name}`, (view) => {
    const server = view.policy("Server", namespace, name);
    const kinds = server === undefined ? [] : kindsFor(serverRules(server).protocol);
    const routes = kinds.flatMap((kind) => routesNaming(view, kind, namespace).get(name) ?? []);
    if (routes.length === 0) return { kind: "none" };
    if (isTooMuch(routes)) return { kind: "closed", why: "excess" };
    if (!routes.every(isReadable)) return { kind: "closed", why: "unreadable" };
    return { kind: "routes", routes: routes.toSorted(inOrder) };
  });

const kindsFor = (protocol: Protocol): readonly RouteKind[] =>
  protocol === "opaque" || protocol === "tls"
    ? []
    : routeKinds.filter((kind) => (kind === "GatewayGRPCRoute") === (protocol === "grpc"));

function isTooMuch(routes: readonly PolicyView[]): boolean {
  if (routes.length > mostAttached.routes) return true;
  return routes.reduce((bytes, route) => bytes + bytesOf(route), 0) > mostAttached.bytes;
}

const bytesOf = perObject((route: PolicyView): number => {
  const { hosts, rules } = routeOf(route).value;
  return messageBytes([hosts, rules.map(({ matches, filters }) => [matches, filters])]);
});

const isReadable = (route: PolicyView): boolean =>
  routeOf(route).value.isWhole && parentsToServers(route).every(({ port, section }) => (port ?? section) === undefined);

/** As the Gateway API and Linkerd decide between routes that match a request equally well. */
const inOrder = (a: PolicyView, b: PolicyView): number =>
  a.created - b.created || compared(a.name, b.name) || compared(groupKindOf(a.kind).group, groupKindOf(b.kind).group);

const compared = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/**
 * By the names of Servers, in the order of the routes' names. Of the same namespace alone, as in Linkerd. Made once for all
 * Servers of the namespace.
 */
const routesNaming = (
  view: ClusterView,
  kind: RouteKind,
  namespace: string,
): ReadonlyMap<string, readonly PolicyView[]> =>
  view.shared(`${kind}s by Server in ${namespace}`, (view) => {
    const routes = view.policies(kind, namespace);
    readEach(view, routes, bytesOf);
    return byServer(routes);
  });

const byServer = perObject((routes: readonly PolicyView[]): ReadonlyMap<string, readonly PolicyView[]> => {
  const attached = new Map<string, PolicyView[]>();
  for (const route of routes)
    for (const server of serversOf(route)) {
      const known = attached.get(server);
      if (known === undefined) attached.set(server, [route]);
      else known.push(route);
    }
  return attached;
});

/** Names of the Servers that a route names as its parents, each once. */
export const serversOf = (route: PolicyView): readonly string[] => [
  ...new Set(
    parentsToServers(route)
      .filter(({ namespace }) => namespace === route.namespace)
      .map(({ name }) => name),
  ),
];

/** In any namespace. */
export const parentsToServers = (route: PolicyView): readonly Parent[] =>
  routeOf(route).value.parents.filter((parent) => isKind(parent, policyGroup, "Server"));

/** Whether a Server that a route names goes by it, with the words of the Gateway API, and Linkerd's. */
export function acceptanceBy(view: ClusterView, route: PolicyView, parent: Parent): Acceptance {
  const server = parent.namespace === route.namespace && view.policy("Server", route.namespace, parent.name);
  const [issue] = parentIssues(route, parent);
  if (server === false || server === undefined)
    return refused("NoMatchingParent", issue?.message ?? `there is no Server ${parent.name}`);
  if (!isLookedAt(route, server)) return refused("UnsupportedProtocol", protocolMessage(route, server));
  const attached = attachedRoutes(view, server);
  if (attached.kind !== "closed") return { status: "True", reason: "Accepted", message: "" };
  if (attached.why === "excess") return refused("TooManyRoutes", closingMessage(server, "excess"));
  if (!isReadable(route)) return refused("UnsupportedValue", closingMessage(server, "unreadable"));
  const message = `Server ${server.name} lets in nobody but kubelet's probes: another route of it cannot be read`;
  return { status: "True", reason: "Accepted", message };
}

interface Acceptance {
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

const refused = (reason: string, message: string): Acceptance => ({ status: "False", reason, message });

/** Those that close a Server, each with why: `HTTPRoute shop/read: spec.rules[0]…: it closes Server api`. */
export const closingRoutes = (view: ClusterView): readonly string[] =>
  routeKinds.flatMap((kind) => {
    const routes = view.everyPolicy(kind);
    readEach(view, routes, bytesOf);
    return routes.flatMap((route) =>
      closingIssues(view, route).map(({ message }) => `${policyName(route)}: ${message}`),
    );
  });

const closingIssues = (view: ClusterView, route: PolicyView): readonly Issue[] =>
  serversIn(view, route)
    .filter((server) => isLookedAt(route, server))
    .flatMap((server) => {
      const attached = attachedRoutes(view, server);
      if (attached.kind !== "closed" || (attached.why === "unreadable" && isReadable(route))) return [];
      return [{ at: "spec.parentRefs", message: closingMessage(server, attached.why) }];
    });

const closingMessage = ({ name }: PolicyView, why: keyof typeof whys): string =>
  `closes Server ${name}, but for kubelet's probes: ${whys[why]}`;

const whys = {
  unreadable: "which requests it is for cannot be read",
  excess: `routes are more than ${mostAttached.routes}, or longer than can be sent`,
};

const isLookedAt = ({ kind }: PolicyView, server: PolicyView): boolean =>
  kindsFor(serverRules(server).protocol).some((each) => each === kind);

const serversIn = (view: ClusterView, route: PolicyView): readonly PolicyView[] =>
  serversOf(route).flatMap((name) => view.policy("Server", route.namespace, name) ?? []);

/** `HTTPRoute shop/read`; with the group where that of policy.linkerd.io has one of the name, too, or might. */
export function policyName({ kind, namespace, name }: Pick<PolicyView, "kind" | "namespace" | "name">): string {
  const own = groupKindOf(kind);
  return `${own.kind === kind ? kind : `${own.kind}.${own.group}`} ${namespace}/${name}`;
}

/** What the author of a route should know. */
export const routeIssues = (view: ClusterView, route: PolicyView): readonly Issue[] => [
  ...ownRouteIssues(route),
  ...closingIssues(view, route),
  ...serversIn(view, route).flatMap((server) => protocolIssues(route, server)),
];

const protocolIssues = (route: PolicyView, server: PolicyView): readonly Issue[] =>
  isLookedAt(route, server) ? [] : [{ at: "spec.parentRefs", message: protocolMessage(route, server) }];

function protocolMessage({ kind }: PolicyView, { name }: PolicyView): string {
  const [own, asked] = kind === "GatewayGRPCRoute" ? ["a GRPCRoute", "gRPC"] : ["an HTTPRoute", "HTTP or unknown"];
  return `holds nothing at Server ${name}: ${own} is for one whose proxyProtocol is ${asked}`;
}

/** What of it can be told without the cluster; nothing of a route that is for others than Servers. */
export function ownRouteIssues(route: PolicyView): readonly Issue[] {
  const parents = parentsToServers(route);
  if (parents.length === 0) return [];
  return [
    ...routeOf(route).issues,
    ...parents.flatMap((parent) => parentIssues(route, parent)),
    ...filterIssues(route),
  ];
}

function parentIssues({ namespace }: PolicyView, parent: Parent): readonly Issue[] {
  const [at, server] = ["spec.parentRefs", `Server ${parent.name}`];
  if (parent.namespace !== namespace)
    return [
      { at, message: `${server} of namespace ${parent.namespace}: must be one of ${namespace}, the route's own` },
    ];
  const key = parent.port === undefined ? (parent.section === undefined ? undefined : "sectionName") : "port";
  return key === undefined ? [] : [{ at, message: `${server}: must have no ${key}, as a Server is one port` }];
}

const filterIssues = (route: PolicyView): readonly Issue[] =>
  routeOf(route).value.rules.some(({ filters }) => filters.some(({ kind }) => kind === "responseHeaders"))
    ? [{ at: "spec.rules", message: "ResponseHeaderModifier changes nothing of what a Server's pods answer" }]
    : [];
