/** From when to when certificates are valid, and when they are renewed. In milliseconds. */

import { tapAccount } from "../mesh/tap.ts";

/** Since 1970. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface LeafLife {
  readonly lifetime: number;
  /** By so much other clocks may be behind or ahead. */
  readonly clockSkew: number;
}

/** As Linkerd's chart has it. */
export const defaultLife: LeafLife = { lifetime: 24 * 3_600_000, clockSkew: 20_000 };

/** Of a leaf signed now; it ends with what is above it at the latest. Whole seconds, as certificates have them. */
export const leafValidity = (now: number, { lifetime, clockSkew }: LeafLife, issuer: Validity): Validity => ({
  notBefore: wholeSeconds(now - clockSkew),
  notAfter: wholeSeconds(Math.min(now + lifetime + clockSkew, issuer.notAfter)),
});

/** Whoever has such a name may do more than speak for a workload: its certificate ends so long after it was made. */
const longestByAccount: ReadonlyMap<string, number> = new Map([[tapAccount, 3_600_000]]);

/** Of the leaves of a service account. */
export function lifeOf(serviceAccount: string, life: LeafLife): LeafLife {
  const longest = longestByAccount.get(serviceAccount) ?? Infinity;
  return { ...life, lifetime: Math.min(life.lifetime, Math.max(0, longest - life.clockSkew)) };
}

/** What several certificates have in common; nothing is valid that rests on one that is not. */
export const common = (all: readonly Validity[]): Validity => ({
  notBefore: Math.max(...all.map(({ notBefore }) => notBefore)),
  notAfter: Math.min(...all.map(({ notAfter }) => notAfter)),
});

/** How long a certificate that is new now is used: 70 % of what is left, as proxies do. At least a second. */
export const renewalAfter = (notAfter: number, now: number): number => Math.max(1000, 0.7 * (notAfter - now));

const wholeSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000) * 1000;
