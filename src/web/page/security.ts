/** How secure an edge is, in a word, a mark and a sentence: colour is never all that says so. */
import type { MapEdge, MapState } from "../../core/traffic/map.ts";

export type Security =
  /** Mutual TLS, on every connection. */
  | "secured"
  /** On some of them. */
  | "partial"
  | "unsecured"
  /** From a pod to itself: it does not leave the pod. */
  | "inside";

type Connections = Pick<MapEdge, "secured" | "total" | "reason" | "reasons">;

/** All reasons, in words; empty: none is known. */
const reasonText = ({ reasons }: Pick<MapEdge, "reasons">): string => reasons.map(({ text }) => text).join("; ");

/** Secured is only what has been counted as secured: that no reason is given proves nothing. */
export function securityOf({ secured, total, reason }: Pick<MapEdge, "secured" | "total" | "reason">): Security {
  if (total > 0 && secured === total) return "secured";
  if (reason === "loopback") return "inside";
  return secured > 0 ? "partial" : "unsecured";
}

/** Such as `√`, `3/5`, `Not Provided By Service Discovery`. */
export function securityText(edge: Connections): string {
  switch (securityOf(edge)) {
    case "secured":
      return "√";
    case "inside":
      return "inside the pod";
    case "partial":
      return [`${edge.secured}/${edge.total}`, ...edge.reasons.map(({ text }) => text)].join(", ");
    case "unsecured":
      return reasonText(edge) || "not secured";
  }
}

/** Where there is little room; the reason is told elsewhere. */
export function securityShort(edge: Connections): string {
  const security = securityOf(edge);
  if (security === "partial") return `${edge.secured}/${edge.total} secured`;
  return security === "unsecured" ? "not secured" : securityText(edge);
}

/** For who hears it. */
export function securitySaid(edge: Connections): string {
  switch (securityOf(edge)) {
    case "secured":
      return "secured by mutual TLS";
    case "inside":
      return "inside the pod";
    case "partial":
      return `${edge.secured} of ${edge.total} connections secured: ${reasonText(edge) || "no reason known"}`;
    case "unsecured":
      return `not secured: ${reasonText(edge) || "no reason known"}`;
  }
}

export interface Tally {
  readonly secured: number;
  readonly total: number;
}

/** Of connections that leave a pod. */
export function tallyOf(edges: readonly Pick<MapEdge, "secured" | "total" | "reason">[]): Tally {
  const leaving = edges.filter((edge) => securityOf(edge) !== "inside");
  const sum = (pick: (edge: Tally) => number): number => leaving.reduce((all, edge) => all + pick(edge), 0);
  return { secured: sum(({ secured }) => secured), total: sum(({ total }) => total) };
}

/** What it means, a sentence each. */
export function meaningOf(edge: Connections): readonly string[] {
  switch (securityOf(edge)) {
    case "secured":
      return ["Every connection is encrypted, and both ends have proved who they are."];
    case "inside":
      return ["The pod calls itself; nothing leaves it."];
    case "partial":
    case "unsecured": {
      const known = edge.reasons.flatMap(({ hint }) => (hint === "" ? [] : [sentenceOf(hint)]));
      return known.length === 0 ? ["weft knows of no mutual TLS here."] : known;
    }
  }
}

const sentenceOf = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** What the page says first. */
export function sentence({ pods, edges }: Pick<MapState, "pods" | "edges">): string {
  const { secured, total } = tallyOf(edges);
  if (pods.running === 0) return "No pods are running here";
  if (pods.meshed === 0) return "Nothing here is meshed";
  if (pods.read === 0) return "No proxy could be read";
  if (total === 0) return "No connections yet";
  if (total === 1)
    return secured === 1 ? "The one connection is secured by mutual TLS" : "The one connection is not secured";
  if (secured === total) return `All ${total} connections are secured by mutual TLS`;
  if (secured === 0) return `None of ${total} connections is secured`;
  return `${secured} of ${total} connections are secured by mutual TLS`;
}
