/** The routes of a Server as proxies are told them, each with who may come in by it. */
import { perObject } from "../base/memory/memo.ts";
import type { Authz, GrpcRoute, GrpcRouteFilter, HttpRoute, HttpRouteFilter } from "../proxy-api/inbound.ts";
import type { Metadata } from "../proxy-api/meta.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import { groupKindOf } from "../view/objects.ts";
import type { PolicyView } from "../view/objects.ts";
import { meshText, routeAuthorizations } from "./linkerd.ts";
import { messageBytes } from "./route/bytes.ts";
import type { Filter } from "./route/filters.ts";
import { grpcRoute, httpRoute } from "./route/route.ts";
import { attachedRoutes } from "./routes.ts";
import { serverRules } from "./server.ts";

export type ServerRoutes =
  | { readonly kind: "none" | "closed" }
  | { readonly kind: "http"; readonly routes: readonly HttpRoute[] }
  | { readonly kind: "grpc"; readonly routes: readonly GrpcRoute[] };

/** Made once for all ports that the Server selects. */
export const serverRoutes = (view: ClusterView, mesh: MeshView, { namespace, name }: PolicyView): ServerRoutes =>
  view.shared(`routes of Server ${namespace}/${name} in ${meshText(mesh)}`, (view) => {
    const server = view.policy("Server", namespace, name);
    if (server === undefined) return { kind: "none" };
    const attached = attachedRoutes(view, server);
    if (attached.kind !== "routes") return { kind: attached.kind };
    const who = authorizing(view, mesh);
    const parts = attached.routes.map((route) => ({ route, own: { metadata: metadataOf(route), ...who(route) } }));
    return serverRules(server).protocol === "grpc"
      ? { kind: "grpc", routes: parts.map(({ route, own }) => ({ ...own, ...grpcParts(route) })) }
      : { kind: "http", routes: parts.map(({ route, own }) => ({ ...own, ...httpParts(route) })) };
  });

/** Of the authorizations of all routes together; of more the first count, and what is left out lets nobody in. */
export const mostOfRoutes = 2 ** 20;

function authorizing(view: ClusterView, mesh: MeshView): (route: PolicyView) => Pick<HttpRoute, "authorizations"> {
  let left = mostOfRoutes;
  const fits = (authz: Authz): boolean => {
    left -= bytesOf(authz);
    return left >= 0;
  };
  return (route) => {
    const authorizations = routeAuthorizations(view, mesh, route).filter(fits);
    return authorizations.length === 0 ? {} : { authorizations };
  };
}

const bytesOf = perObject((authz: Authz) => messageBytes(authz));

/** Without namespace, as Linkerd sends it: it is the Server's. */
function metadataOf({ kind, name }: PolicyView): Metadata {
  return { resource: { ...groupKindOf(kind), name } };
}

const httpParts = perObject((route: PolicyView): Pick<HttpRoute, "hosts" | "rules"> => {
  const { hosts, rules } = httpRoute(route).value;
  return {
    ...(hosts.length === 0 ? {} : { hosts }),
    rules: rules.map(({ matches, filters }) => ({
      ...(matches.length === 0 ? {} : { matches }),
      ...given(filters.flatMap(httpFilter)),
    })),
  };
});

const grpcParts = perObject((route: PolicyView): Pick<GrpcRoute, "hosts" | "rules"> => {
  const { hosts, rules } = grpcRoute(route).value;
  return {
    ...(hosts.length === 0 ? {} : { hosts }),
    rules: rules.map(({ matches, filters }) => ({
      ...(matches.length === 0 ? {} : { matches }),
      ...given(filters.flatMap(headerFilter)),
    })),
  };
});

const given = <Sent>(filters: readonly Sent[]) => (filters.length === 0 ? {} : { filters });

const httpFilter = (filter: Filter): readonly HttpRouteFilter[] =>
  filter.kind === "redirect" ? [{ redirect: filter.redirect }] : headerFilter(filter);

/** Of what is answered the proxy changes nothing here. */
const headerFilter = (filter: Filter): readonly GrpcRouteFilter[] =>
  filter.kind === "requestHeaders" ? [{ request_header_modifier: filter.modifier }] : [];
