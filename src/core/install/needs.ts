/** What the choices of an installation need of a cluster: nodes for replicas that may not share one, cert-manager, the image. */
import type { JsonObject } from "../base/json/json.ts";
import { at, nameOf, objectsAt, textAt, textsAt } from "../base/json/read.ts";
import type { InstallOptions } from "./chosen.ts";
import { imageText, isUnnamed, unnamedText } from "./image.ts";

export interface Needs {
  /** Nodes, as no two replicas may share one; 1: they may. */
  readonly nodes: number;
  readonly certManager: boolean;
  /** That every node has to have, as nobody says where it is; undefined: it is pulled. */
  readonly image: string | undefined;
  readonly version: string;
}

export function needsOf({ weft, certificates, controlPlane, version }: InstallOptions): Needs {
  const replicas = [weft.replicas, weft["controller.replicas"] ?? 1, weft["certificates.replicas"]];
  const isIssuing = controlPlane.kind === "own" && controlPlane.issuer.kind === "cert-manager";
  return {
    nodes: weft.antiAffinity === "required" ? Math.max(...replicas) : 1,
    certManager: certificates.kind === "cert-manager" || isIssuing,
    image: isUnnamed(weft) ? imageText(weft, version) : undefined,
    version,
  };
}

/** Too few of them for the replicas. */
export function nodeLines({ nodes: needed }: Needs, nodes: readonly JsonObject[]): readonly string[] {
  const found = nodes.filter(takesPods).length;
  if (needed <= 1 || found >= needed) return [];
  return [
    `no two replicas may share a node: ${needed} nodes are needed that take pods, and there ${found === 1 ? "is 1" : `are ${found}`}; the other replicas wait. Without --ha, or with --set weft.antiAffinity=preferred, they share nodes`,
  ];
}

/** Linux, and neither cordoned nor tainted for all but a few. */
const takesPods = (node: JsonObject): boolean =>
  at(node, "spec", "unschedulable") !== true &&
  (at(node, "metadata", "labels", "kubernetes.io/os") ?? "linux") === "linux" &&
  objectsAt(node, "spec", "taints").every((taint) => textAt(taint, "effect") === "PreferNoSchedule");

/** Nodes tell up to fifty of their images (kubelet's `nodeStatusMaxImages`): the largest, of which weft's is one. */
export function imageLines({ image, version }: Needs, nodes: readonly JsonObject[]): readonly string[] {
  if (image === undefined) return [];
  const names = new Set([image, `docker.io/library/${image}`]);
  const without = nodes.filter(takesPods).filter((node) => !imagesOf(node).some((name) => names.has(name)));
  const [first] = without;
  if (first === undefined) return [];
  const more = without.length > 1 ? ` and ${without.length - 1} more` : "";
  return [`not on node ${nameOf(first)}${more}: ${unnamedText(version)}`];
}

const imagesOf = (node: JsonObject): readonly string[] =>
  objectsAt(node, "status", "images").flatMap((image) => textsAt(image, "names"));

export const certManagerText =
  "cert-manager is not there (no API group cert-manager.io/v1): install it first, or let weft make its certificates";
