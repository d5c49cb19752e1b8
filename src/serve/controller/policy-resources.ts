/**
 * Which resources of group policy.linkerd.io, routes of the Gateway API and splits of SMI the API server has, by
 * discovery: their CRDs may come and go.
 *
 * Rights: discovery, which every service account has (`system:discovery`).
 */
import { groupPath } from "../../core/kubernetes/kinds.ts";
import { isObject } from "../../core/base/json/json.ts";
import { groupKindOf, policyKinds } from "../../core/view/objects.ts";
import type { PolicyKind } from "../../core/view/objects.ts";
import { objectsIn, textIn } from "../../core/view/read.ts";
import type { AskApi } from "../../kube/api.ts";
import { withTimeout } from "../../async/limit.ts";
import { refusalText } from "../../kube/metadata.ts";

/** Kind → path of its collection, such as `/apis/policy.linkerd.io/v1beta3/servers`. */
export type PolicyResources = ReadonlyMap<PolicyKind, string>;

const answerWithin = 15_000;

/** Each kind in its best version; rejects when the API server cannot tell. */
export async function policyResources(ask: AskApi, signal: AbortSignal): Promise<PolicyResources> {
  const found = new Map<PolicyKind, string>();
  for (const [group, kinds] of Map.groupBy(policyKinds, (kind) => groupKindOf(kind).group))
    for (const [kind, path] of await resourcesOf(group, kinds, ask, signal)) found.set(kind, path);
  return found;
}

async function resourcesOf(
  group: string,
  kinds: readonly PolicyKind[],
  ask: AskApi,
  signal: AbortSignal,
): Promise<PolicyResources> {
  const found = new Map<PolicyKind, string>();
  const answer = await discovered(ask, groupPath(group), signal);
  const versions = objectsIn(answer ?? {}, "versions").map((version) => textIn(version, "version"));
  for (const version of versions.toSorted(byVersion)) {
    const resources = await discovered(ask, groupPath(`${group}/${version}`), signal);
    for (const resource of objectsIn(resources ?? {}, "resources")) {
      const kind = kinds.find((each) => groupKindOf(each).kind === textIn(resource, "kind"));
      const name = textIn(resource, "name");
      // A subresource, such as `servers/status`, is of the same kind.
      if (kind === undefined || name.includes("/") || found.has(kind)) continue;
      found.set(kind, `${groupPath(`${group}/${version}`)}/${name}`);
    }
  }
  return found;
}

async function discovered(ask: AskApi, path: string, signal: AbortSignal) {
  const answer = await withTimeout(signal, answerWithin, (within) => ask({ method: "GET", path, signal: within }));
  if (answer.status === 404) return undefined;
  if (answer.status === 200 && isObject(answer.body)) return answer.body;
  throw new Error(`discovering ${path}: ${refusalText(answer)}`);
}

/** The best first, as the API server ranks them: v2, v1, v1beta3, v1beta1, v1alpha1. */
function byVersion(a: string, b: string): number {
  const [ofA, ofB] = [rank(a), rank(b)];
  const differing = ofA.findIndex((number, index) => number !== ofB[index]);
  return differing < 0 ? 0 : (ofB[differing] ?? 0) - (ofA[differing] ?? 0);
}

function rank(version: string): readonly number[] {
  const [, major = "0", stage, minor = "0"] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  return [stage === undefined ? 2 : stage === "beta" ? 1 : 0, Number(major), Number(minor)];
}
