/**
 * A resource of policy.linkerd.io that is about to be stored → what it is refused for, and what its author should know.
 * Refused is what Linkerd's policy validator refuses, and of weft's NetworkPolicy whatever cannot be read.
 */
import type { JsonObject } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import { issueText } from "../base/text/issue.ts";
import { quoted } from "../base/text/quote.ts";
import { closest } from "../base/text/similar.ts";
import { gatewayGroup, policyGroup, splitGroup } from "../mesh/groups.ts";
import { policyView } from "../view/from-objects.ts";
import type { PolicyKind, PolicyView } from "../view/objects.ts";
import { groupKindOf, policyKinds } from "../view/objects.ts";
import { objectIn, textMapIn } from "../view/read.ts";
import { ownIssues } from "./linkerd.ts";
import { judged, linkerdKinds } from "./refused.ts";
import type { LinkerdKind } from "./refused.ts";
import { parentGroupIssues, routeKeyIssues } from "./route/known-keys.ts";
import { parentsToServers } from "./routes.ts";

export interface PolicyVerdict {
  /** None: it is taken. */
  readonly refusals: readonly Issue[];
  /** What nobody reads: keys that are not known; and of one that is taken what weft does not take up. */
  readonly warnings: readonly Issue[];
}

/** Undefined: it is of no kind that is looked at. */
export function policyVerdict(kind: string, namespace: string, object: JsonObject): PolicyVerdict | undefined {
  const metadata = { ...objectIn(object, "metadata"), namespace };
  const placed = { ...object, metadata };
  if (kind === "NetworkPolicy") return { refusals: ownIssues(viewOf(kind, placed)), warnings: [] };
  const known = linkerdKinds.find((each) => each === kind);
  if (known === undefined) return undefined;
  const annotations = textMapIn(metadata, "annotations");
  const { refusals, unknownKeys: told } = judged(known, { namespace, annotations, spec: object["spec"] });
  // Of a route the parts that hang on its filters' types are not all listed where it is judged.
  const unknownKeys = known === "HTTPRoute" ? routeKeyIssues(known, object) : told;
  const said = new Set(unknownKeys.map(issueText));
  const more = refusals.length > 0 ? [] : warningsOf(known, placed).filter((issue) => !said.has(issueText(issue)));
  return { refusals, warnings: [...unknownKeys, ...more] };
}

/** What can be told of an object that no webhook is asked about, by itself: a split, a route of the Gateway API, a mistyped kind. */
export function unaskedIssues(
  apiVersion: string,
  kind: string,
  namespace: string,
  object: JsonObject,
): readonly Issue[] {
  const found = unaskedKinds.find((each) => {
    const own = groupKindOf(each);
    return own.kind === kind && apiVersion.startsWith(`${own.group}/`);
  });
  const metadata = { ...objectIn(object, "metadata"), namespace };
  if (found === undefined) return kindIssues(apiVersion, kind);
  const own = ownIssues(viewOf(found, { ...object, metadata }));
  return [...routeKeyIssues(kind, object), ...parentGroupIssues(object), ...own];
}

/** A kind that its group does not have, if it is one letter or two from one that it has. */
function kindIssues(apiVersion: string, kind: string): readonly Issue[] {
  const group = ([policyGroup, gatewayGroup, splitGroup] as const).find((each) => apiVersion.startsWith(`${each}/`));
  const known = group === undefined ? [] : kindsOf[group];
  const meant = known.includes(kind) ? undefined : closest(kind, known);
  return meant === undefined ? [] : [{ at: "kind", message: `${quoted(kind)} is unknown; did you mean ${meant}?` }];
}

/** All that the groups have, experimental ones too: whoever writes one of them means it. */
const kindsOf: Readonly<Record<typeof policyGroup | typeof gatewayGroup | typeof splitGroup, readonly string[]>> = {
  [policyGroup]: [...linkerdKinds, "NetworkPolicy"],
  [gatewayGroup]: [
    "BackendTLSPolicy",
    "GRPCRoute",
    "Gateway",
    "GatewayClass",
    "HTTPRoute",
    "ListenerSet",
    "ReferenceGrant",
    "TCPRoute",
    "TLSRoute",
    "UDPRoute",
  ],
  [splitGroup]: ["TrafficSplit"],
};

const unaskedKinds = ["TCPRoute", "TrafficSplit", "GatewayHTTPRoute", "GatewayGRPCRoute"] as const;

const viewOf = (kind: PolicyKind, object: JsonObject): PolicyView => policyView(kind)(object);

function warningsOf(kind: LinkerdKind, object: JsonObject): readonly Issue[] {
  const rows: Readonly<Partial<Record<LinkerdKind, (spec: JsonObject) => readonly Issue[]>>> = {
    Server: ({ externalWorkloadSelector }) =>
      externalWorkloadSelector === undefined
        ? []
        : [{ at: "spec.externalWorkloadSelector", message: "weft does not take up external workloads" }],
    EgressNetwork: ({ trafficPolicy }) => [
      trafficPolicy === "Deny"
        ? { at: "spec.trafficPolicy", message: "weft does not take up EgressNetworks: nothing is denied" }
        : { at: "spec", message: "weft does not take up EgressNetworks" },
    ],
    HTTPRoute: () => routeWarnings(viewOf("HTTPRoute", object)),
  };
  const read = policyKinds.find((each) => each === kind);
  return [
    ...(rows[kind]?.(objectIn(object, "spec")) ?? []),
    ...(read === undefined ? [] : ownIssues(viewOf(read, object))),
  ];
}

const routeWarnings = (route: PolicyView): readonly Issue[] =>
  parentsToServers(route).length > 0
    ? []
    : [{ at: "spec", message: "weft does not read routes to Services: requests go where they went without it" }];
