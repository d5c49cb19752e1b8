/** Who says which ports of a pod or a Service are opaque, in which order: the proxy forwards their bytes unread. */
import type { Annotations } from "../base/json/json.ts";
import { parseBool } from "../base/scalars/booleans.ts";
import { keys } from "./annotations.ts";

export type OpaqueSource<List> =
  /** `pod`: its own annotation, or the Service's. */
  | { readonly from: "pod" | "namespace"; readonly list: List }
  /** `linkerd.io/enable-opaque-ports`, weft's addition: every TCP port. */
  | { readonly from: "switch"; readonly at: "pod" | "namespace" }
  /** Nobody: the default list of the settings holds. */
  | { readonly from: "default" };

/**
 * What is the object's own goes before what is the namespace's, and a list before the switch. `listIn` reads the list of
 * annotations; undefined: there is none that can be used (`parsePortList`), and no port is opened or closed by that.
 */
export function opaqueSource<List>(
  own: Annotations,
  namespace: Annotations,
  listIn: (annotations: Annotations) => List | undefined,
): OpaqueSource<List> {
  const ownList = listIn(own);
  if (ownList !== undefined) return { from: "pod", list: ownList };
  const ownSwitch = switchOf(own);
  if (ownSwitch === true) return { from: "switch", at: "pod" };
  const inherited = listIn(namespace);
  if (inherited !== undefined) return { from: "namespace", list: inherited };
  return ownSwitch !== false && switchOf(namespace) === true
    ? { from: "switch", at: "namespace" }
    : { from: "default" };
}

const switchOf = (annotations: Annotations): boolean | undefined =>
  parseBool(annotations[keys.enableOpaquePorts] ?? "");
