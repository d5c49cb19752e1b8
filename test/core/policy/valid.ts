/** What the proxy insists on in a policy: a message that breaks a rule makes every request fail. */
import { patternFault } from "../../../src/core/base/text/pattern.ts";
import type {
  HeaderMatch,
  HttpRouteMatch,
  RequestHeaderModifier,
  RequestRedirect,
} from "../../../src/core/proxy-api/http-route.ts";
import type {
  Authz,
  GrpcRoute,
  HttpLocalRateLimit,
  HttpRoute as InboundRoute,
  ProxyProtocol as InboundProtocol,
  Server,
} from "../../../src/core/proxy-api/inbound.ts";
import type { Metadata } from "../../../src/core/proxy-api/meta.ts";
import type {
  Backend,
  HttpRoute,
  OpaqueRoute,
  OutboundPolicy,
  ProxyProtocol,
} from "../../../src/core/proxy-api/outbound.ts";

type Faults = readonly string[];

/** What the proxy would find wrong with a Server; empty: it takes it. */
export const serverFaults = ({ protocol, labels, authorizations = [] }: Server): Faults => [
  ...one("protocol", protocol),
  ...(protocol?.detect === undefined ? [] : must("detect.timeout", protocol.detect.timeout)),
  ...must("labels.name", labels?.["name"]),
  ...authorizations.flatMap(authzFaults),
  ...routesOf(protocol ?? {}).flatMap(inboundRouteFaults),
  ...(protocol?.grpc?.routes ?? []).flatMap(grpcRouteFaults),
  ...[
    protocol?.detect?.http_local_rate_limit,
    protocol?.http1?.local_rate_limit,
    protocol?.http2?.local_rate_limit,
  ].flatMap((limit) => (limit === undefined ? [] : limitFaults(limit))),
];

/** The proxy takes 0 for no limit, and measures no time that is shorter than a nanosecond. */
const limitFaults = ({ metadata, total, identity, overrides = [] }: HttpLocalRateLimit): Faults => [
  ...metadataFaults("limit", metadata, ["namespace"]),
  ...[total, identity, ...overrides.map(({ limit }) => limit ?? {})].flatMap((limit) => {
    const rate = limit?.requestsPerSecond ?? 0;
    return limit === undefined || (rate >= 1 && rate <= 1_000_000_000) ? [] : [`rate ${rate}`];
  }),
];

export const outboundFaults = ({ protocol, metadata }: OutboundPolicy): Faults => [
  ...one("protocol", protocol),
  ...metadataFaults("policy", metadata),
  ...(protocol === undefined ? [] : protocolFaults(protocol)),
];

function protocolFaults({ detect, opaque, http1, http2 }: ProxyProtocol): Faults {
  const inner = detect ?? {};
  return [
    ...(detect === undefined
      ? []
      : [
          ...must("detect.timeout", detect.timeout),
          ...must("detect.http1", detect.http1),
          ...must("detect.http2", detect.http2),
          ...must("detect.opaque", detect.opaque),
        ]),
    ...[opaque, inner.opaque].flatMap((each) => opaqueFaults(each?.routes ?? [])),
    ...[http1, http2, inner.http1, inner.http2].flatMap((each) => (each?.routes ?? []).flatMap(httpRouteFaults)),
  ];
}

const routesOf = ({ detect, http1, http2 }: InboundProtocol): readonly InboundRoute[] => [
  ...(detect?.http_routes ?? []),
  ...(http1?.routes ?? []),
  ...(http2?.routes ?? []),
];

function authzFaults({ networks = [], authentication, metadata, labels }: Authz): Faults {
  const tls = authentication?.meshTLS;
  return [
    ...(networks.length > 0 ? [] : ["authorization without network"]),
    ...networks.flatMap(({ net }) => must("network.net.ip", net?.ip?.ipv4 ?? net?.ip?.ipv6)),
    ...one("authentication", authentication),
    ...(tls === undefined ? [] : one("meshTLS", tls)),
    ...(labels?.["name"] === undefined ? metadataFaults("authorization", metadata, ["namespace"]) : []),
  ];
}

const inboundRouteFaults = ({ rules = [], ...route }: InboundRoute): Faults => [
  ...routeFaults(route),
  ...rules.flatMap(({ matches = [], filters = [] }) => [
    ...matches.flatMap(matchFaults),
    ...filters.flatMap((filter) => [
      ...one("filter", filter),
      ...modifierFaults(filter.request_header_modifier ?? {}),
      ...redirectFaults(filter.redirect ?? {}),
    ]),
  ]),
];

const grpcRouteFaults = ({ rules = [], ...route }: GrpcRoute): Faults => [
  ...routeFaults(route),
  ...rules.flatMap(({ matches = [], filters = [] }) => [
    ...matches.flatMap(({ rpc, headers = [] }) => [...must("match.rpc", rpc), ...headers.flatMap(headerFaults)]),
    ...filters.flatMap((filter) => [...one("filter", filter), ...modifierFaults(filter.request_header_modifier ?? {})]),
  ]),
];

const routeFaults = ({ metadata, hosts = [], authorizations = [] }: Omit<InboundRoute, "rules">): Faults => [
  ...metadataFaults("route", metadata, ["namespace"]),
  ...hosts.flatMap((host) => one("host", host)),
  ...authorizations.flatMap(authzFaults),
];

function matchFaults({ path, headers = [], query_params: parameters = [], method }: HttpRouteMatch): Faults {
  return [
    ...(path === undefined ? [] : [...one("path", path), ...regexFaults(path.regex)]),
    ...headers.flatMap(headerFaults),
    ...parameters.flatMap(({ name, ...value }) => [
      ...must("query_params.name", name || undefined),
      ...one("query_params", value),
      ...regexFaults(value.regex),
    ]),
    ...(method === undefined ? [] : one("method", method)),
  ];
}

const headerFaults = ({ name, ...value }: HeaderMatch): Faults => [
  ...tokenFaults(name),
  ...one("header", value),
  ...regexFaults(value.regex),
  ...valueFaults(value.exact),
];

const modifierFaults = ({ add, set, remove = [] }: RequestHeaderModifier): Faults => [
  ...[add, set].flatMap((each) =>
    (each?.headers ?? []).flatMap(({ name, value }) => [...tokenFaults(name), ...valueFaults(value)]),
  ),
  ...remove.flatMap(tokenFaults),
];

const redirectFaults = ({ host = "", path, port = 0, status = 0 }: RequestRedirect): Faults => [
  ...(/^[-\w.]*$/.test(host) ? [] : [`host ${host}`]),
  ...(path === undefined ? [] : one("redirect.path", path)),
  ...((path?.full ?? path?.prefix ?? "/").startsWith("/") ? [] : ["a redirect's path that does not begin with /"]),
  ...(port <= 65_535 ? [] : [`port ${port}`]),
  ...(status === 0 || (status >= 100 && status <= 999) ? [] : [`status ${status}`]),
];

const regexFaults = (text: string | undefined): Faults =>
  text === undefined || patternFault(text) === undefined ? [] : [`pattern ${text}`];

const tokenFaults = (name: string | undefined): Faults =>
  /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name ?? "") ? [] : [`header ${name}`];

const valueFaults = (value: Uint8Array | undefined): Faults =>
  value === undefined || value.every((byte) => byte === 9 || (byte >= 32 && byte !== 127)) ? [] : ["a header's value"];

function opaqueFaults(routes: readonly OpaqueRoute[]): Faults {
  return [
    ...(routes.length > 1 ? ["more than one opaque route"] : []),
    ...routes.flatMap(({ metadata, rules = [] }) => [
      ...metadataFaults("opaque route", metadata),
      ...(rules.length === 1 ? [] : [`${rules.length} rules in an opaque route`]),
      ...rules.flatMap(({ backends }) => [
        ...one("backends", backends),
        ...(backends?.first_available === undefined ? [] : firstFaults(backends.first_available.backends)),
        ...(backends?.random_available === undefined ? [] : randomFaults(backends.random_available.backends)),
      ]),
    ]),
  ];
}

const httpRouteFaults = ({ metadata, rules = [] }: HttpRoute): Faults => [
  ...metadataFaults("HTTP route", metadata),
  ...rules.flatMap(({ backends }) => [
    ...one("backends", backends),
    ...(backends?.first_available === undefined ? [] : firstFaults(backends.first_available.backends)),
    ...(backends?.random_available === undefined ? [] : randomFaults(backends.random_available.backends)),
  ]),
];

const firstFaults = (
  backends: readonly { readonly backend?: Backend; readonly filters?: readonly object[] }[] = [],
): Faults => [
  ...(backends.length > 0 ? [] : ["first_available without backend"]),
  ...backends.flatMap(({ backend, filters = [] }) =>
    backend === undefined
      ? ["no backend"]
      : backendFaults(
          backend,
          filters.some((filter) => "invalid" in filter),
        ),
  ),
];

interface Weighted {
  readonly backend?: { readonly backend?: Backend; readonly filters?: readonly object[] };
  readonly weight?: number;
}

/** More than the proxy insists on: of weights that are all 0, or more than 32 bits together, it ends the task. */
const randomFaults = (backends: readonly Weighted[] = []): Faults => {
  const sum = backends.reduce((all, { weight = 0 }) => all + weight, 0);
  return [
    ...(backends.length > 1 ? [] : ["random_available of less than two"]),
    ...(backends.every(({ weight }) => Number.isInteger(weight) && Number(weight) >= 1) ? [] : ["a weight below 1"]),
    ...(sum <= 2 ** 31 ? [] : ["weights over 2^31"]),
    ...firstFaults(backends.flatMap(({ backend }) => backend ?? [])),
  ];
};

/** A name as DNS has it, and a port: of anything else it ends the task of every connection. */
const isPath = (path = ""): boolean =>
  path.length <= 259 && /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)*[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?:[0-9]+$/.test(path);

function backendFaults({ metadata, queue, balancer, forward }: Backend, isInvalid: boolean): Faults {
  return [
    ...metadataFaults("backend", metadata),
    ...must("queue.failfast_timeout", queue?.failfast_timeout),
    ...(balancer === undefined
      ? isInvalid
        ? []
        : must("forward.addr.ip", forward?.addr?.ip)
      : [
          ...(isPath(balancer.discovery?.dst?.path) ? [] : ["no path"]),
          ...must("balancer.discovery.dst.path", balancer.discovery?.dst?.path),
          ...must("peak_ewma.default_rtt", balancer.peak_ewma?.default_rtt),
          ...must("peak_ewma.decay", balancer.peak_ewma?.decay),
        ]),
  ];
}

/** `optional`: fields of a resource that may be empty. */
function metadataFaults(of: string, metadata: Metadata | undefined, optional: readonly string[] = []): Faults {
  const resource = metadata?.resource;
  const needed = (["group", "kind", "name", "namespace"] as const).filter((field) => !optional.includes(field));
  return [
    ...one(`metadata of ${of}`, metadata),
    ...(resource === undefined ? [] : needed.flatMap((field) => must(`${of}: ${field}`, resource[field] || undefined))),
  ];
}

const must = (name: string, value: unknown): Faults => (value === undefined ? [`${name} is missing`] : []);

/** Exactly one of a message's fields, as a oneof has it. */
function one(name: string, message: object | undefined): Faults {
  const set = Object.values(message ?? {}).filter((value) => value !== undefined).length;
  return set === 1 ? [] : [`${name}: ${set} set, one expected`];
}
