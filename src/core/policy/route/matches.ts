/** Which requests a rule of a route is about: matches of an HTTPRoute, and of a GRPCRoute. */
import { isObject } from "../../base/json/json.ts";
import type { Json } from "../../base/json/json.ts";
import { patternFault } from "../../base/text/pattern.ts";
import type { GrpcRouteMatch } from "../../proxy-api/grpc-route.ts";
import type { HeaderMatch, HttpRouteMatch } from "../../proxy-api/http-route.ts";
import { registeredMethods } from "../../proxy-api/http-types.ts";
import { isText, readListWithin, readable, unreadable } from "../reading.ts";
import type { Reading } from "../reading.ts";
import { given, headerBytes, headerName } from "./fields.ts";

export function httpMatch(value: Json, at: string): Reading<HttpRouteMatch | undefined> {
  if (!isObject(value)) return unreadable(undefined, at, "must be an object");
  const { path, method, headers, queryParams } = given(value);
  const read = {
    path: path === undefined ? readable(undefined) : pathMatch(path, `${at}.path`),
    method: method === undefined ? readable(undefined) : methodMatch(method, `${at}.method`),
    headers: readListWithin(headers, `${at}.headers`, headerMatch),
    query: readListWithin(queryParams, `${at}.queryParams`, queryMatch),
  };
  return {
    value: {
      ...(read.path.value === undefined ? {} : { path: read.path.value }),
      ...(read.method.value === undefined ? {} : { method: read.method.value }),
      ...(read.headers.value.length === 0 ? {} : { headers: read.headers.value.flat() }),
      ...(read.query.value.length === 0 ? {} : { query_params: read.query.value.flat() }),
    },
    issues: Object.values(read).flatMap(({ issues }) => issues),
  };
}

function pathMatch(value: Json, at: string): Reading<HttpRouteMatch["path"]> {
  const { type = "PathPrefix", value: text = "/" } = given(value);
  if (!isText(text)) return unreadable(undefined, `${at}.value`, "must be a text");
  if (type === "RegularExpression") return pattern(text, `${at}.value`, (regex) => ({ regex }));
  if (type !== "Exact" && type !== "PathPrefix")
    return unreadable(undefined, `${at}.type`, "must be one of Exact, PathPrefix, RegularExpression");
  if (!text.startsWith("/")) return unreadable(undefined, `${at}.value`, "must begin with /");
  return readable(type === "Exact" ? { exact: text } : { prefix: text });
}

function methodMatch(value: Json, at: string): Reading<HttpRouteMatch["method"]> {
  const registered = registeredMethods.find((each) => each === value);
  return registered === undefined
    ? unreadable(undefined, at, `must be one of ${registeredMethods.join(", ")}`)
    : readable({ registered });
}

const headerMatch = (value: Json, at: string): Reading<readonly HeaderMatch[]> =>
  namedMatch<HeaderMatch>(value, at, (name, text, isPattern) => {
    const [key, bytes] = [headerName(name), headerBytes(text)];
    if (key === undefined) return unreadable([], `${at}.name`, "must be the name of a header");
    if (isPattern) return pattern(text, `${at}.value`, (regex) => [{ name: key, regex }]);
    return bytes === undefined
      ? unreadable([], `${at}.value`, "must be a header's value, without control characters")
      : readable([{ name: key, exact: bytes }]);
  });

type QueryMatch = NonNullable<HttpRouteMatch["query_params"]>[number];

const queryMatch = (value: Json, at: string): Reading<readonly QueryMatch[]> =>
  namedMatch<QueryMatch>(value, at, (name, text, isPattern) => {
    if (name === "") return unreadable([], `${at}.name`, "must not be empty");
    return isPattern ? pattern(text, `${at}.value`, (regex) => [{ name, regex }]) : readable([{ name, exact: text }]);
  });

/** What headers and parameters have in common. */
function namedMatch<Match>(
  value: Json,
  at: string,
  read: (name: string, text: string, isPattern: boolean) => Reading<readonly Match[] | undefined>,
): Reading<readonly Match[]> {
  const { name, value: text, type = "Exact" } = given(value);
  if (!isText(name) || !isText(text)) return unreadable([], at, "must have a name and a value");
  if (type !== "Exact" && type !== "RegularExpression")
    return unreadable([], `${at}.type`, "must be one of Exact, RegularExpression");
  const found = read(name, text, type === "RegularExpression");
  return { value: found.value ?? [], issues: found.issues };
}

function pattern<Value>(text: string, at: string, make: (regex: string) => Value): Reading<Value | undefined> {
  const fault = patternFault(text);
  return fault === undefined
    ? readable(make(text))
    : unreadable(undefined, at, `must be a regular expression as the proxy reads them (Rust's crate regex): ${fault}`);
}

export function grpcMatch(value: Json, at: string): Reading<GrpcRouteMatch | undefined> {
  if (!isObject(value)) return unreadable(undefined, at, "must be an object");
  const { method, headers: list } = given(value);
  const rpc = rpcMatch(method, `${at}.method`);
  const headers = readListWithin(list, `${at}.headers`, headerMatch);
  const all = headers.value.flat();
  return {
    // The proxy insists on it, also where it says nothing.
    value: { rpc: rpc.value, ...(all.length === 0 ? {} : { headers: all }) },
    issues: [...rpc.issues, ...headers.issues],
  };
}

function rpcMatch(value: Json | undefined, at: string): Reading<NonNullable<GrpcRouteMatch["rpc"]>> {
  const { type = "Exact", service, method } = given(value);
  if (type !== "Exact") return unreadable({}, `${at}.type`, "must be Exact: the proxy matches calls by no pattern");
  if (!(service === undefined || isText(service)) || !(method === undefined || isText(method)))
    return unreadable({}, at, "must have service and method as texts");
  return readable({ ...(service === undefined ? {} : { service }), ...(method === undefined ? {} : { method }) });
}
