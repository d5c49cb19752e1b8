/** Values files of Linkerd's chart and of weft, among manifests: which they are, by what is in them. */
import { isObject } from "../base/json/json.ts";
import type { JsonObject } from "../base/json/json.ts";
import { closest } from "../base/text/similar.ts";
import { chartValues } from "../install/chart-values.ts";
import type { ValueTree } from "../install/chart-values.ts";
import { isOfType } from "../install/values-issues.ts";

/** Keys that no other chart has, or hardly one; `proxy` and `image` are anybody's. */
const telling = [
  "clusterNetworks",
  "identityTrustAnchorsPEM",
  "identityTrustDomain",
  "linkerdVersion",
  "policyController",
  "proxyInit",
  "proxyInjector",
] as const;

/** Keys that many charts have, for the same. */
const anybodys: ReadonlySet<string> = new Set([
  "global",
  "image",
  "imagePullPolicy",
  "imagePullSecrets",
  "nodeAffinity",
  "nodeSelector",
  "podAnnotations",
  "podLabels",
  "priorityClassName",
  "revisionHistoryLimit",
  "runtimeClassName",
  "tolerations",
]);

/**
 * Whether a map that is no Kubernetes object is for `weft install --values`, or for Linkerd's chart: one of its keys tells
 * it, or half of its values are such as the chart has, as they are written or nearly so.
 */
export function isValuesFile(document: JsonObject): boolean {
  if (isObject(document["weft"] ?? null) || telling.some((key) => Object.hasOwn(document, key))) return true;
  const own = Object.fromEntries(Object.entries(document).filter(([key]) => !anybodys.has(key)));
  const { known, all } = counted(own, chartValues, { known: 0, all: 0 });
  return known > 0 && known * 2 >= all;
}

interface Counts {
  known: number;
  all: number;
}

/** More values need not be looked at: who has so many, and not one telling key, has another file. */
const mostCounted = 200;

function counted(value: JsonObject, tree: ValueTree, counts: Counts): Counts {
  for (const [key, member = null] of Object.entries(value)) {
    if (counts.all >= mostCounted) break;
    const isExact = Object.hasOwn(tree, key);
    const kind = tree[isExact ? key : (closest(key, Object.keys(tree)) ?? "")];
    if (typeof kind === "object" && isObject(member)) {
      counted(member, kind, counts);
      continue;
    }
    counts.all += 1;
    if (isExact || (typeof kind === "string" && isOfType(kind, member))) counts.known += 1;
  }
  return counts;
}
