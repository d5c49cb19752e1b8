/** Linkerd's HTTPRoute (policy.linkerd.io) as its policy validator takes it. */
import { routeKeys } from "../mesh/annotations.ts";
import { policyGroup } from "../mesh/groups.ts";
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { parseDuration } from "../base/scalars/duration.ts";
import type { Issue } from "../base/text/issue.ts";
import { allOf, listOf, oneOf, shapeOf, text, wrong } from "./shape.ts";
import type { Check } from "./shape.ts";

const absolutePath: Check = (value, at) =>
  typeof value === "string" && value.startsWith("/") ? [] : wrong(at, "must begin with /");

/** RFC 9110, tokens. */
const headerName: Check = (value, at) =>
  typeof value === "string" && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value)
    ? []
    : wrong(at, "must be the name of a header");

const headerValue: Check = (value, at) =>
  // eslint-disable-next-line no-control-regex -- what a header's value may not hold
  typeof value === "string" && !/[\0-\u0008\u000a-\u001f\u007f]/.test(value)
    ? []
    : wrong(at, "must be a header's value, without control characters");

const integer: Check = (value, at) =>
  typeof value === "number" && Number.isInteger(value) ? [] : wrong(at, "must be a whole number");

const parent = allOf(
  shapeOf({ name: text }, { group: text, kind: text, namespace: text, port: integer, sectionName: text }),
  (value, at) =>
    isParent(value, "EgressNetwork", [policyGroup]) && (value["port"] ?? null) === null
      ? wrong(`${at}.port`, "is missing: an EgressNetwork is a parent with a port")
      : [],
);

const isParent = (value: Json, kind: string, groups: readonly string[]): value is JsonObject =>
  isObject(value) &&
  typeof value["kind"] === "string" &&
  value["kind"].toLowerCase() === kind.toLowerCase() &&
  groups.includes(typeof value["group"] === "string" ? value["group"].toLowerCase() : "");

const matchTypes = oneOf("Exact", "RegularExpression");
const named: Check = shapeOf({ name: text, value: text }, { type: matchTypes });

const isPattern = (value: Json): boolean => isObject(value) && value["type"] === "RegularExpression";

const pathMatch = allOf(
  shapeOf({}, { type: oneOf("Exact", "PathPrefix", "RegularExpression"), value: text }),
  (value, at) =>
    isObject(value) && typeof value["value"] === "string" && !isPattern(value)
      ? absolutePath(value["value"], `${at}.value`)
      : [],
);

const header = allOf(shapeOf({ name: headerName, value: text }, { type: matchTypes }), (value, at) =>
  isObject(value) && typeof value["value"] === "string" && !isPattern(value)
    ? headerValue(value["value"], `${at}.value`)
    : [],
);

const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
const match = shapeOf(
  {},
  { path: pathMatch, headers: listOf(header), queryParams: listOf(named), method: oneOf(...methods) },
);

const setHeader = shapeOf({ name: headerName, value: headerValue });
const headerModifier = shapeOf({}, { set: listOf(setHeader), add: listOf(setHeader), remove: listOf(headerName) });

const redirectPath = allOf(
  shapeOf(
    { type: oneOf("ReplaceFullPath", "ReplacePrefixMatch") },
    { replaceFullPath: text, replacePrefixMatch: text },
  ),
  (value, at) => {
    if (!isObject(value)) return [];
    const key = ["replaceFullPath", "replacePrefixMatch"].find((each) => typeof value[each] === "string");
    return key === undefined
      ? wrong(at, "must have replaceFullPath or replacePrefixMatch")
      : absolutePath(value[key] ?? null, `${at}.${key}`);
  },
);

const redirect = shapeOf(
  {},
  { scheme: oneOf("http", "https"), hostname: text, path: redirectPath, port: integer, statusCode: integer },
);

const filters: Readonly<Record<string, Check>> = {
  RequestHeaderModifier: shapeOf({ requestHeaderModifier: headerModifier }),
  ResponseHeaderModifier: shapeOf({ responseHeaderModifier: headerModifier }),
  RequestRedirect: shapeOf({ requestRedirect: redirect }),
};

const filter: Check = (value, at) => {
  const type = isObject(value) && typeof value["type"] === "string" ? value["type"] : "";
  const check = Object.hasOwn(filters, type) ? filters[type] : undefined;
  return check === undefined
    ? wrong(`${at}.type`, `must be one of ${Object.keys(filters).join(", ")}`)
    : check(value, at);
};

const durationOf = (value: Json | undefined): bigint | undefined =>
  typeof value === "string" ? (value === "" ? 0n : parseDuration(value)) : undefined;

const duration: Check = (value, at) => {
  const read = durationOf(value);
  if (read === undefined) return wrong(at, "must be a duration, such as 10s");
  return read < 0n ? wrong(at, "must not be negative") : [];
};

const timeouts = allOf(shapeOf({}, { request: duration, backendRequest: duration }), (value, at) => {
  const { request, backendRequest } = isObject(value) ? value : {};
  const [whole, part] = [durationOf(request), durationOf(backendRequest)];
  return whole !== undefined && part !== undefined && part > whole
    ? wrong(`${at}.backendRequest`, "must not be longer than request")
    : [];
});

const backend = shapeOf({ name: text }, { group: text, kind: text, namespace: text, port: integer, weight: integer });

const rule = shapeOf({}, { matches: listOf(match), filters: listOf(filter), backendRefs: listOf(backend), timeouts });

export const httpRouteShape: Check = shapeOf(
  {},
  { parentRefs: listOf(parent), hostnames: listOf(text), rules: listOf(rule) },
);

/** Annotations count on a route to a Service or an EgressNetwork alone. */
export function routeAnnotationIssues(
  spec: JsonObject,
  annotations: Readonly<Record<string, string>>,
): readonly Issue[] {
  const parents = isList(spec["parentRefs"]) ? spec["parentRefs"] : [];
  const isOutbound = parents.some(
    (each) => isParent(each, "Service", ["", "core"]) || isParent(each, "EgressNetwork", [policyGroup]),
  );
  if (!isOutbound) return [];
  return Object.entries(annotationRows).flatMap(([key, { isRight, expects }]) => {
    const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
    return value === undefined || isRight(value) ? [] : wrong(`metadata.annotations["${key}"]`, `must be ${expects}`);
  });
}

/** Whole numbers with a unit; 0 needs none. */
const isTimeout = (value: string): boolean =>
  /^\+?[0-9]{1,18}(ms|s|m|h|d)$/.test(value.trim()) || /^\+?0+$/.test(value.trim());
const isStatus = (code: string): boolean => /^\+?0*[1-5][0-9][0-9]$/.test(code);

function isCondition(condition: string): boolean {
  if (["5xx", "gateway-error"].includes(condition.toLowerCase()) || isStatus(condition)) return true;
  const [from = "", ...to] = condition.split("-");
  return isStatus(from) && isStatus(to.join("-")) && Number(from) <= Number(to.join("-"));
}

interface AnnotationRow {
  readonly isRight: (value: string) => boolean;
  readonly expects: string;
}
const timeout: AnnotationRow = { isRight: isTimeout, expects: "a whole number with a unit, such as 500ms or 10s" };
const annotationRows: Readonly<Record<string, AnnotationRow>> = {
  [routeKeys.retryLimit]: {
    isRight: (value) => /^\+?[0-9]+$/.test(value) && Number(value) <= 65_535,
    expects: "a whole number from 0 to 65535",
  },
  [routeKeys.retryTimeout]: timeout,
  [routeKeys.retryHttp]: {
    isRight: (value) => value.split(",").every(isCondition),
    expects: "statuses, such as 5xx, gateway-error, 503 or 500-504, with commas",
  },
  [routeKeys.timeoutResponse]: timeout,
  [routeKeys.timeoutRequest]: timeout,
  [routeKeys.timeoutIdle]: timeout,
};
