/** TrafficSplit (split.smi-spec.io): a Service whose connections and requests go to others, by weight. */
import { isList, isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import { perObject } from "../base/memory/memo.ts";
import type { Issue } from "../base/text/issue.ts";
import { splitBounds } from "../mesh/split-bounds.ts";
import { dnsLabel } from "../base/scalars/dns-label.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { PolicyView } from "../view/objects.ts";
import { isText, readEach, readListWithin, unknownKeys } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { thousandths } from "./weights.ts";

export interface TrafficSplitRules {
  /** The Service that is split, of the split's namespace; undefined: the split is not used. */
  readonly apex: string | undefined;
  readonly backends: readonly SplitBackend[];
}

interface SplitBackend {
  /** Of a Service of the split's namespace. */
  readonly name: string;
  /** Thousandths. */
  readonly weight: number;
}

export const trafficSplitRules = perObject(({ namespace, spec }: PolicyView): Reading<TrafficSplitRules> => {
  const apex = serviceIn(spec["service"], namespace);
  const list = spec["backends"];
  const listIssues: readonly Issue[] = isList(list) ? [] : [{ at: "spec.backends", message: "must be a list" }];
  const backends = readListWithin(
    list,
    "spec.backends",
    (each, at) => readBackend(each, at, namespace),
    splitBounds.backends,
  );
  const isTooLong = isList(list) && list.length > splitBounds.backends;
  const matches = matchIssues(spec["matches"]);
  const isUsed = listIssues.length === 0 && !isTooLong && matches.length === 0;
  return {
    value: { apex: isUsed ? apex : undefined, backends: backends.value.flat() },
    issues: [
      ...(apex === undefined ? [{ at: "spec.service", message: serviceWords }] : []),
      ...listIssues,
      ...matches,
      ...backends.issues,
      ...unknownKeys(spec, ["service", "backends", "matches"], "spec"),
    ],
  };
});

const serviceWords = "must be the name of a Service of the split's namespace";

/** What it says of requests cannot be kept for connections, and half of a split would be wrong. */
const matchIssues = (matches: Json | undefined): readonly Issue[] =>
  matches === undefined || matches === null || (isList(matches) && matches.length === 0)
    ? []
    : [{ at: "spec.matches", message: "is not taken up: a split with matches is not used" }];

function readBackend(value: Json, at: string, namespace: string): Reading<readonly SplitBackend[]> {
  if (!isObject(value)) return { value: [], issues: [{ at, message: "must have a service and a weight" }] };
  const name = serviceIn(value["service"], namespace);
  const weight = thousandths(value["weight"]);
  const issues = [
    ...(name === undefined ? [{ at: `${at}.service`, message: serviceWords }] : []),
    ...(weight === undefined ? [{ at: `${at}.weight`, message: "must be a number, or an amount such as 500m" }] : []),
    ...unknownKeys(value, ["service", "weight"], at),
  ];
  return { value: name === undefined ? [] : [{ name, weight: weight ?? 0 }], issues };
}

/** `lines`, or with the namespace: `lines.shop`, `lines.shop.svc.cluster.local`. */
function serviceIn(value: Json | undefined, own: string): string | undefined {
  if (!isText(value)) return undefined;
  const [name = "", namespace = own, svc = "svc"] = value.split(".", 3);
  return dnsLabel.test(name) && namespace === own && svc === "svc" ? name : undefined;
}

/** The one that decides about a Service: the oldest, then the first by name. */
export const trafficSplitOf = (view: ClusterView, namespace: string, service: string): PolicyView | undefined =>
  view.shared(`TrafficSplit of ${namespace}/${service}`, (view) => decidingIn(view, namespace)().get(service));

/** By apex. A function, so that it is compared by which object it is; made once for all Services of a namespace. */
const decidingIn = (view: ClusterView, namespace: string) =>
  view.shared(`TrafficSplits in ${namespace}`, (view) => {
    const splits = view.policies("TrafficSplit", namespace);
    readEach(view, splits, trafficSplitRules);
    return deciding(splits);
  });

const deciding = perObject((splits: readonly PolicyView[]) => {
  const byApex = new Map<string, PolicyView>();
  for (const split of splits) {
    const { apex } = trafficSplitRules(split).value;
    const before = apex === undefined ? undefined : byApex.get(apex);
    // They come in the order of their names.
    if (apex !== undefined && (before === undefined || split.created < before.created)) byApex.set(apex, split);
  }
  return (): ReadonlyMap<string, PolicyView> => byApex;
});
