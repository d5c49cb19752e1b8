/** Values files of Linkerd's chart and of weft, among manifests: which they are, and what is wrong with them. */
import { isObject } from "../base/json/json.ts";
import type { JsonObject } from "../base/json/json.ts";

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

/** Whether a map that is no Kubernetes object is for `weft install --values`, or for Linkerd's chart. */
export const isValuesFile = (document: JsonObject): boolean =>
  isObject(document["weft"] ?? null) || telling.some((key) => Object.hasOwn(document, key));
