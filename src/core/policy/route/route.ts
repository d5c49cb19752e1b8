/**
 * HTTPRoutes and GRPCRoutes (Gateway API, v1; policy.linkerd.io) as values: what the proxy's API has a message for is one
 * already. Whoever uses a route asks first whether all of it could be read: half of one lets other requests in.
 */
import { isList, isObject } from "../../base/json/json.ts";
import type { Json, JsonObject } from "../../base/json/json.ts";
import { perObject } from "../../base/memory/memo.ts";
import { parseDuration } from "../../base/scalars/duration.ts";
import type { Duration } from "../../base/scalars/duration.ts";
import type { GrpcRouteMatch } from "../../proxy-api/grpc-route.ts";
import type { HostMatch, HttpRouteMatch } from "../../proxy-api/http-route.ts";
import type { PolicyView, RouteKind } from "../../view/objects.ts";
import { isName, isText, readListWithin, readable, unreadable } from "../reading.ts";
import type { Reading } from "../reading.ts";
import { given, isPortOrNone, isTextOrNone } from "./fields.ts";
import { grpcFilter, httpFilter } from "./filters.ts";
import type { Filter, ReadFilter } from "./filters.ts";
import { grpcMatch, httpMatch } from "./matches.ts";

export interface Route<Match> {
  readonly parents: readonly Parent[];
  /** None: all hosts. */
  readonly hosts: readonly HostMatch[];
  readonly rules: readonly Rule<Match>[];
  /** Whether all could be read that says for which requests it is, and what becomes of them on their way. */
  readonly isWhole: boolean;
}

interface Rule<Match> {
  /** One of them is enough; none: all requests. */
  readonly matches: readonly Match[];
  readonly filters: readonly Filter[];
  /** None: where requests went anyway. */
  readonly backends: readonly RouteBackend[];
  readonly timeouts: Timeouts;
  readonly isWhole: boolean;
}

/** Letter case of group and kind as they are written: `isKind` compares them. */
export interface Parent {
  readonly group: string;
  /** Empty: a Gateway. */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly port: number | undefined;
  readonly section: string | undefined;
}

interface RouteBackend {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly port: number | undefined;
  readonly weight: number;
  readonly filters: readonly Filter[];
}

interface Timeouts {
  readonly request?: Duration;
  readonly backendRequest?: Duration;
}

export const httpRoute = perObject((route: PolicyView) => readRoute(route, { match: httpMatch, filter: httpFilter }));
export const grpcRoute = perObject((route: PolicyView) => readRoute(route, { match: grpcMatch, filter: grpcFilter }));

/** What of any route can be read, whatever its requests are. */
export const routeOf = (route: PolicyView): Reading<Route<HttpRouteMatch | GrpcRouteMatch>> =>
  isOfGrpc(route.kind) ? grpcRoute(route) : httpRoute(route);

const isOfGrpc = (kind: PolicyView["kind"]): boolean => kind === ("GatewayGRPCRoute" satisfies RouteKind);

/** Elements of all lists of a route together: the Gateway API allows 128 matches. */
export const mostOfRoute = 5_000;

/** Characters of all texts of a route together: each may be one of a pattern, which are read in one go. */
export const longestTexts = 262_144;

interface Kind<Match> {
  readonly match: (value: Json, at: string) => Reading<Match | undefined>;
  readonly filter: ReadFilter;
}

function readRoute<Match>({ namespace, spec }: PolicyView, kind: Kind<Match>): Reading<Route<Match>> {
  const parents = readListWithin(spec["parentRefs"], "spec.parentRefs", (value, at) =>
    readParent(value, at, namespace),
  );
  const own = { parents: some(parents.value), hosts: [], rules: [], isWhole: false };
  const excess = excessIn(spec);
  if (excess !== undefined) return unreadable(own, "spec", `has more than ${excess}`);
  const list = spec["rules"] ?? [];
  const hosts = readListWithin(spec["hostnames"], "spec.hostnames", readHost);
  const rules = readListWithin(list, "spec.rules", (value, at) => readRule(value, at, namespace, kind));
  // Of a list that is too long none is read: a route without its rules would leave its requests to others.
  const areRead = isList(list) && rules.value.length === list.length;
  const isWhole =
    parents.issues.length + hosts.issues.length === 0 && areRead && rules.value.every((rule) => rule?.isWhole === true);
  return {
    value: { ...own, hosts: some(hosts.value), rules: some(rules.value), isWhole },
    issues: [...parents.issues, ...hosts.issues, ...rules.issues],
  };
}

/** Without those that could not be read. */
const some = <Value>(values: readonly (Value | undefined)[]): readonly Value[] =>
  values.filter((value) => value !== undefined);

/** What of it there is too much; undefined: nothing. */
function excessIn(spec: JsonObject): string | undefined {
  let [elements, characters] = [0, 0];
  const within = (value: Json | undefined, depth: number): boolean => {
    // Nothing that is read lies deeper.
    if (depth > deepest) return true;
    if (isText(value)) characters += value.length;
    if (isList(value)) elements += value.length;
    if (elements > mostOfRoute || characters > longestTexts) return false;
    if (isList(value)) return value.every((each) => within(each, depth + 1));
    return !isObject(value) || Object.values(value).every((each) => within(each, depth + 1));
  };
  if (within(spec, 0)) return undefined;
  return elements > mostOfRoute ? `${mostOfRoute} elements in its lists` : `${longestTexts} characters in its texts`;
}

/** `spec.rules[0].backendRefs[0].filters[0].requestHeaderModifier.set[0].name` */
const deepest = 10;

function readParent(value: Json, at: string, own: string): Reading<Parent | undefined> {
  const { group, kind, name, namespace, port, sectionName } = given(value);
  if (!isText(name) || !isTextOrNone(group) || !isTextOrNone(kind) || !isTextOrNone(namespace))
    return unreadable(undefined, at, "must have a name, and perhaps group, kind and namespace");
  if (!isPortOrNone(port)) return unreadable(undefined, `${at}.port`, "must be a number, 1 to 65535");
  if (!isTextOrNone(sectionName)) return unreadable(undefined, `${at}.sectionName`, "must be a text");
  const section = sectionName;
  return readable({ group: group ?? "", kind: kind ?? "", namespace: namespace ?? own, name, port, section });
}

/** `shop.example` or `*.shop.example` */
function readHost(value: Json, at: string): Reading<HostMatch | undefined> {
  if (!isText(value) || !/^(\*\.)?[-0-9A-Za-z_.]{1,253}$/.test(value))
    return unreadable(undefined, at, "must be a host's name, such as shop.example or *.shop.example");
  const isSuffix = value.startsWith("*.");
  const labels = (): readonly string[] => value.split(".").slice(1).toReversed();
  return readable(isSuffix ? { suffix: { reverse_labels: labels() } } : { exact: value });
}

function readRule<Match>(value: Json, at: string, own: string, kind: Kind<Match>): Reading<Rule<Match> | undefined> {
  if (!isObject(value)) return unreadable(undefined, at, "must be an object");
  const matches = readListWithin(value["matches"], `${at}.matches`, kind.match);
  const filters = readListWithin(value["filters"], `${at}.filters`, kind.filter);
  const backends = readListWithin(value["backendRefs"], `${at}.backendRefs`, (each, where) =>
    readBackend(each, where, own, kind.filter),
  );
  const timeouts = readTimeouts(value["timeouts"], `${at}.timeouts`);
  return {
    value: {
      matches: some(matches.value),
      filters: some(filters.value),
      backends: some(backends.value),
      timeouts: timeouts.value,
      isWhole: matches.issues.length + filters.issues.length === 0,
    },
    issues: [...matches.issues, ...filters.issues, ...backends.issues, ...timeouts.issues],
  };
}

function readBackend(value: Json, at: string, own: string, readFilter: ReadFilter): Reading<RouteBackend | undefined> {
  const { group, kind, name, namespace, port, weight, filters: list } = given(value);
  if (!isName(name) || !isTextOrNone(group) || !isTextOrNone(kind) || !(namespace === undefined || isName(namespace)))
    return unreadable(undefined, at, "must have a name, and perhaps group, kind and namespace");
  if (!isPortOrNone(port)) return unreadable(undefined, `${at}.port`, "must be a number, 1 to 65535");
  if (weight !== undefined && !isWeight(weight))
    return unreadable(undefined, `${at}.weight`, "must be a whole number from 0 to 1000000");
  const filters = readListWithin(list, `${at}.filters`, readFilter);
  return {
    value: {
      group: group ?? "",
      kind: kind ?? "Service",
      namespace: namespace ?? own,
      name,
      port,
      weight: weight ?? 1,
      filters: some(filters.value),
    },
    issues: filters.issues,
  };
}

const isWeight = (value: Json): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 1_000_000;

function readTimeouts(value: Json | undefined, at: string): Reading<Timeouts> {
  const { request, backendRequest } = given(value);
  const read = (each: Json | undefined, where: string): Reading<Duration | undefined> => {
    if (each === undefined) return readable(undefined);
    const duration = isText(each) ? parseDuration(each) : undefined;
    return duration === undefined || duration < 0n
      ? unreadable(undefined, where, "must be a duration that is not negative, such as 10s")
      : readable(duration);
  };
  const [whole, part] = [read(request, `${at}.request`), read(backendRequest, `${at}.backendRequest`)];
  return {
    value: {
      ...(whole.value === undefined ? {} : { request: whole.value }),
      ...(part.value === undefined ? {} : { backendRequest: part.value }),
    },
    issues: [...whole.issues, ...part.issues],
  };
}
