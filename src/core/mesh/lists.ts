/**
 * How long lists may be. Who writes one chooses its length, everybody pays for reading it: over the bound it counts as one
 * that cannot be used, whatever it says. The longest in an annotation that is known of has 8 entries.
 */
import { splitList } from "../base/scalars/ports.ts";

/** Ports, ranges and names in one list. */
export const mostPorts = 1_000;

/** Networks in one list. Rules made of four lists that are as long as they may be fit into what linkerd-init is given. */
export const mostNetworks = 128;

/** Environment variables. */
export const mostVariables = 1_000;

/**
 * Of a NetworkPolicy. Its definition has the same bounds (`core/install/network-policy-crd.ts`), but for the last; objects
 * that are older than the definition may be over them.
 */
export const policyBounds = {
  /** Rules of `ingress`, and of `egress`. */
  rules: 100,
  portsOfRule: 256,
  /** Elements of `from`, and of `to`. */
  peers: 100,
  /** Of one selector. */
  labels: 100,
  expressions: 100,
  values: 100,
  /** Labels and expressions of all selectors together, each asked of each pod of the namespace. */
  requirements: 1_000,
} as const;

/** Characters of a value that is no list. */
export const longestValue = 4_096;

/** Characters for each entry: the longest that means something is a network with 49. */
const longestEntry = 64;

/** What is too much of a list, in words such as `has more than 1000 entries`; undefined: nothing. */
export function excess(list: string, most: number): string | undefined {
  return excessLength(list, most) ?? excessCount(splitList(list).length, most);
}

/** Its two halves, for a list of another form. */
export const excessLength = (list: string, most: number): string | undefined =>
  list.length > most * longestEntry ? `has more than ${most * longestEntry} characters` : undefined;
export const excessCount = (count: number, most: number): string | undefined =>
  count > most ? `has more than ${most} entries` : undefined;

/** The same of a value that is no list. */
export const excessOfValue = (text: string): string | undefined =>
  text.length > longestValue ? `has more than ${longestValue} characters` : undefined;
