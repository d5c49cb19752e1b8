/**
 * The fields that routes have, from the definitions of the Gateway API (v1 and v1alpha2, 1.4) and Linkerd's HTTPRoute: a
 * key that is none of them is a slip. An API server drops it without a word, and a match without its `method` takes more.
 */
import { isList, isObject } from "../../base/json/json.ts";
import type { Json, JsonObject } from "../../base/json/json.ts";
import { objectsAt } from "../../base/json/read.ts";
import type { Issue } from "../../base/text/issue.ts";
import { gatewayGroup, policyGroup } from "../../mesh/groups.ts";
import { unknownKeys } from "../reading.ts";
import type { UnknownKey } from "../reading.ts";

/** By key what is below it, lists looked through; `any`: whatever it is. */
type Keys = { readonly [key: string]: Keys | typeof any };
const any = "any";

const of = (...names: readonly string[]): Keys => Object.fromEntries(names.map((name) => [name, any]));

const headerChange = { set: of("name", "value"), add: of("name", "value"), remove: any } as const;
const path = of("type", "replaceFullPath", "replacePrefixMatch");
const extension = of("group", "kind", "name");
const reference = of("group", "kind", "name", "namespace", "port");
const matched = of("type", "name", "value");

const grpcFilter: Keys = {
  type: any,
  requestHeaderModifier: headerChange,
  responseHeaderModifier: headerChange,
  requestMirror: { backendRef: reference, percent: any, fraction: of("numerator", "denominator") },
  extensionRef: extension,
};
const httpFilter: Keys = {
  ...grpcFilter,
  requestRedirect: { ...of("scheme", "hostname", "port", "statusCode"), path },
  urlRewrite: { hostname: any, path },
  cors: any,
  externalAuth: any,
};

const spec = (rule: Keys, hosts: Keys = of("hostnames")): Keys => ({
  ...hosts,
  parentRefs: of("group", "kind", "namespace", "name", "sectionName", "port"),
  useDefaultGateways: any,
  rules: { name: any, ...rule },
});
const backends = (filters?: Keys): Keys => ({
  ...reference,
  weight: any,
  ...(filters === undefined ? {} : { filters }),
});

const routes = {
  HTTPRoute: spec({
    matches: { path: of("type", "value"), headers: matched, queryParams: matched, method: any },
    filters: httpFilter,
    backendRefs: backends(httpFilter),
    timeouts: of("request", "backendRequest"),
    retry: of("codes", "attempts", "backoff"),
    sessionPersistence: any,
  }),
  GRPCRoute: spec({
    matches: { method: of("type", "service", "method"), headers: matched },
    filters: grpcFilter,
    backendRefs: backends(grpcFilter),
    sessionPersistence: any,
  }),
  TCPRoute: spec({ backendRefs: backends() }, {}),
} as const satisfies Readonly<Record<string, Keys>>;

/** So many are told of a route: who has more has another kind of file. */
const mostTold = 100;

/** Keys of a route that nobody reads, each with what was probably meant; of another kind none. */
export function routeKeyIssues(kind: string, object: JsonObject): readonly UnknownKey[] {
  const known = kind === "HTTPRoute" || kind === "GRPCRoute" || kind === "TCPRoute" ? routes[kind] : undefined;
  const found: UnknownKey[] = [];
  if (known !== undefined) below(object["spec"], known, "spec", found);
  return found;
}

function below(value: Json | undefined, known: Keys, at: string, found: UnknownKey[]): void {
  if (found.length >= mostTold) return;
  if (isList(value)) {
    for (const [index, each] of value.entries()) below(each, known, `${at}[${index}]`, found);
  } else if (isObject(value)) {
    found.push(...unknownKeys(value, Object.keys(known), at));
    for (const [key, next] of Object.entries(known)) {
      if (next !== any && Object.hasOwn(value, key)) below(value[key], next, `${at}.${key}`, found);
    }
  }
}

/** Kinds of parents that an API server would look for in the Gateway API where no group is written. */
const parentGroups: Readonly<Record<string, string>> = {
  Service: "core",
  Server: policyGroup,
  EgressNetwork: policyGroup,
};

/** Parents whose group is missing: the definitions make it that of the Gateway API, which has no such kind. */
export const parentGroupIssues = (object: JsonObject): readonly Issue[] =>
  objectsAt(object, "spec", "parentRefs").flatMap(({ group, kind }, index) => {
    const meant = group === undefined && typeof kind === "string" ? parentGroups[kind] : undefined;
    if (meant === undefined) return [];
    const message = `without a group is of ${gatewayGroup}, which has no ${kind as string}; write group: ${meant}`;
    return [{ at: `spec.parentRefs[${index}]`, message }];
  });
