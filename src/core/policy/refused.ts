/**
 * What of a policy Linkerd's policy validator refuses, by kind: what its definitions and its policy controller cannot
 * read, and what would hold nothing. Nothing that it takes is refused here.
 */
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { defaultPolicies } from "../mesh/default-policy.ts";
import type { Issue } from "../base/text/issue.ts";
import { isPort } from "../base/scalars/ports.ts";
import { quoted } from "../base/text/quote.ts";
import { isKind } from "./authentications.ts";
import type { Reference } from "./authentications.ts";
import { gatewayGroup, policyGroup } from "../mesh/groups.ts";
import { identity } from "./refused-identity.ts";
import { networkShape } from "./refused-networks.ts";
import { httpRouteShape, routeAnnotationIssues } from "./refused-route.ts";
import {
  allOf,
  isUnknownKey,
  listOf,
  oneOf,
  selectorShape,
  shapeOf,
  text,
  truth,
  wholeNumber,
  wrong,
} from "./shape.ts";
import type { Check } from "./shape.ts";

/** Kinds of policy.linkerd.io that are Linkerd's. */
export const linkerdKinds = [
  "AuthorizationPolicy",
  "MeshTLSAuthentication",
  "NetworkAuthentication",
  "Server",
  "ServerAuthorization",
  "EgressNetwork",
  "HTTPRoute",
  "HTTPLocalRateLimitPolicy",
] as const;
export type LinkerdKind = (typeof linkerdKinds)[number];

export interface Candidate {
  readonly namespace: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Json | undefined;
}

export interface Judged {
  /** Every problem, each with its place. */
  readonly refusals: readonly Issue[];
  /** Keys that Linkerd takes, and that nobody reads. */
  readonly unknownKeys: readonly Issue[];
}

export function judged(kind: LinkerdKind, candidate: Candidate): Judged {
  const issues = issuesOf(kind, candidate);
  return {
    refusals: issues.filter((issue) => !isUnknownKey(issue)),
    unknownKeys: issues.filter(isUnknownKey),
  };
}

function issuesOf(kind: LinkerdKind, { namespace, annotations, spec }: Candidate): ReturnType<Check> {
  if (!isObject(spec)) return wrong("spec", "must be an object");
  const rows: Readonly<Record<LinkerdKind, () => ReturnType<Check>>> = {
    AuthorizationPolicy: () => [...authorizationPolicy(spec, "spec"), ...ownNamespaceIssues(spec, namespace)],
    MeshTLSAuthentication: () => meshTls(spec, "spec"),
    NetworkAuthentication: () => networkAuthentication(spec, "spec"),
    Server: () => server(spec, "spec"),
    ServerAuthorization: () => serverAuthorization(spec, "spec"),
    EgressNetwork: () => egressNetwork(spec, "spec"),
    HTTPRoute: () => [...httpRouteShape(spec, "spec"), ...routeAnnotationIssues(spec, annotations)],
    HTTPLocalRateLimitPolicy: () => rateLimit(spec, "spec"),
  };
  return rows[kind]();
}

/** As Linkerd has references: any text is a name. */
function referenceIn(value: Json | undefined): Pick<Reference, "group" | "kind"> | undefined {
  const { group, kind } = isObject(value) ? value : {};
  return typeof kind === "string" ? { group: typeof group === "string" ? group : "", kind } : undefined;
}

const isOne = (value: Json | undefined, group: Parameters<typeof isKind>[1], kind: string): boolean => {
  const ref = referenceIn(value);
  return ref !== undefined && isKind(ref, group, kind);
};

const kindText = (value: Json | undefined): string => {
  const ref = referenceIn(value);
  return ref === undefined ? "" : `, not ${quoted(ref.group === "" ? ref.kind : `${ref.kind}.${ref.group}`)}`;
};

const refShape = shapeOf({ kind: text, name: text }, { group: text, namespace: text });

/** A reference to one of these kinds; what is no reference at all is told by its shape. */
const refTo =
  (expected: string, isRight: (value: Json) => boolean): Check =>
  (value, at) => {
    const shape = refShape(value, at);
    if (referenceIn(value) === undefined || isRight(value)) return shape;
    return [...shape, ...wrong(`${at}.kind`, `must be ${expected}${kindText(value)}`)];
  };

const targets = refTo(
  "a Server, an HTTPRoute, a GRPCRoute or the policy's own Namespace",
  (value) =>
    isOne(value, policyGroup, "Server") ||
    isOne(value, "", "Namespace") ||
    isOne(value, policyGroup, "HTTPRoute") ||
    isOne(value, gatewayGroup, "HTTPRoute") ||
    isOne(value, gatewayGroup, "GRPCRoute"),
);

const isMeshTls = (value: Json): boolean => isOne(value, policyGroup, "MeshTLSAuthentication");
const isAccount = (value: Json): boolean => isOne(value, "", "ServiceAccount");
const isNetworks = (value: Json): boolean => isOne(value, policyGroup, "NetworkAuthentication");

const authentication = refTo(
  "a MeshTLSAuthentication, a NetworkAuthentication or a ServiceAccount",
  (value) => isMeshTls(value) || isAccount(value) || isNetworks(value),
);

/** Of each sort of client one. */
const single: Check = (value, at) => {
  const refs = isList(value) ? value : [];
  const clients = refs.filter((each) => isMeshTls(each) || isAccount(each)).length;
  const networks = refs.filter(isNetworks).length;
  return [
    ...(clients > 1 ? wrong(at, "must have at most one MeshTLSAuthentication or ServiceAccount") : []),
    ...(networks > 1 ? wrong(at, "must have at most one NetworkAuthentication") : []),
  ];
};

const authorizationPolicy = shapeOf({
  targetRef: targets,
  requiredAuthenticationRefs: allOf(listOf(authentication), single),
});

function ownNamespaceIssues({ targetRef }: JsonObject, namespace: string): readonly Issue[] {
  if (!isOne(targetRef, "", "Namespace") || !isObject(targetRef)) return [];
  const { name } = targetRef;
  return name === namespace || typeof name !== "string"
    ? []
    : wrong("spec.targetRef.name", `must be ${quoted(namespace)}, the policy's own namespace`);
}

const identityRef = allOf(
  refTo("a ServiceAccount or a Namespace", (value) => isAccount(value) || isOne(value, "", "Namespace")),
  (value, at) =>
    isOne(value, "", "Namespace") && isObject(value) && (value["namespace"] ?? null) !== null
      ? wrong(`${at}.namespace`, "is not for a Namespace, which is in none")
      : [],
);

const has = (spec: Json, key: string): boolean => isObject(spec) && (spec[key] ?? null) !== null;

/** One of two keys. */
const eitherOf =
  (one: string, other: string): Check =>
  (value, at) =>
    has(value, one) === has(value, other) ? wrong(at, `must have ${one} or ${other}, one of them`) : [];

const meshTls = allOf(
  eitherOf("identities", "identityRefs"),
  shapeOf({}, { identities: listOf(identity, { atLeast: 1 }), identityRefs: listOf(identityRef, { atLeast: 1 }) }),
);

const networkAuthentication = shapeOf({ networks: listOf(networkShape, { atLeast: 1 }) });

const egressNetwork = shapeOf(
  { trafficPolicy: oneOf("Allow", "Deny") },
  { networks: listOf(networkShape, { atLeast: 1 }) },
);

const port: Check = (value, at) =>
  typeof value === "string" || (typeof value === "number" && isPort(value))
    ? []
    : wrong(at, "must be a number, 1 to 65535, or the name of a container's port");

const protocols = ["unknown", "HTTP/1", "HTTP/2", "gRPC", "opaque", "TLS"];

const server = allOf(
  eitherOf("podSelector", "externalWorkloadSelector"),
  shapeOf(
    { port },
    {
      podSelector: selectorShape,
      externalWorkloadSelector: selectorShape,
      proxyProtocol: oneOf(...protocols),
      accessPolicy: oneOf(...defaultPolicies),
    },
  ),
);

const client = allOf(
  shapeOf(
    {},
    {
      networks: listOf(networkShape),
      unauthenticated: truth,
      meshTLS: shapeOf(
        {},
        {
          unauthenticatedTLS: truth,
          identities: listOf(text),
          serviceAccounts: listOf(shapeOf({ name: text }, { namespace: text })),
        },
      ),
    },
  ),
  (value, at) => {
    const { unauthenticated, meshTLS } = isObject(value) ? value : {};
    if (!isObject(meshTLS)) return [];
    const names = ["identities", "serviceAccounts"].some((key) => {
      const list = meshTLS[key];
      return isList(list) && list.length > 0;
    });
    return [
      ...(unauthenticated === true ? wrong(`${at}.unauthenticated`, "must not be true beside meshTLS") : []),
      ...(meshTLS["unauthenticatedTLS"] === true && names
        ? wrong(`${at}.meshTLS.unauthenticatedTLS`, "must not be true beside identities or serviceAccounts")
        : []),
    ];
  },
);

const serverAuthorization = shapeOf({
  server: allOf(eitherOf("name", "selector"), shapeOf({}, { name: text, selector: selectorShape })),
  client,
});

// A proxy's rates are of 32 bit.
const rate = wholeNumber(4_294_967_295);
const positive: Check = (value, at) => (value === 0 ? wrong(at, "must be greater than 0") : rate(value, at));
const limit = shapeOf({ requestsPerSecond: positive });

const rateLimit = allOf(
  shapeOf(
    { targetRef: refTo("a Server", (value) => isOne(value, policyGroup, "Server")) },
    {
      total: limit,
      identity: limit,
      overrides: listOf(
        shapeOf({ requestsPerSecond: positive, clientRefs: listOf(refTo("a ServiceAccount", isAccount)) }),
      ),
    },
  ),
  (value, at) => {
    const { total, identity, overrides } = isObject(value) ? value : {};
    const most = rateOf(total);
    if (most === undefined) return [];
    const within = (each: Json | undefined, place: string): readonly Issue[] =>
      (rateOf(each) ?? 0) > most
        ? wrong(`${place}.requestsPerSecond`, `must not be greater than that of total, ${most}`)
        : [];
    return [
      ...within(identity, `${at}.identity`),
      ...(isList(overrides) ? overrides : []).flatMap((each, index) => within(each, `${at}.overrides[${index}]`)),
    ];
  },
);

function rateOf(value: Json | undefined): number | undefined {
  const rate = isObject(value) ? value["requestsPerSecond"] : undefined;
  return typeof rate === "number" ? rate : undefined;
}
