/** Which CAs are trusted: the bundle of the Secret and the caBundle of every configuration. */
import { madeAt, newestFirst } from "./facts.ts";
import type { Authority, Memory, SecretFacts } from "./facts.ts";
import type { RenewalSettings } from "./settings.ts";

/**
 * The CAs to trust, the signing one first, then newest first. Where the bundle is broken, what was trusted before stays
 * trusted; where it is not, its words count, but for the CA of the leaf that is served.
 */
export const trustedAuthorities = (
  secret: SecretFacts,
  memory: Memory,
  now: number,
  settings: RenewalSettings,
): readonly Authority[] => {
  const signer = usableSigner(secret, now)?.fingerprint;
  const known = knownAuthorities(secret, memory);
  const alive = newestFirst(known).filter(({ notAfter }) => notAfter + settings.backdate > now);
  const kept = alive.filter((authority) => {
    const end = endOfTrust(authority, alive, secret, memory, settings);
    return end === undefined || now < end;
  });
  const sorted = [
    ...kept.filter((one) => one.fingerprint === signer),
    ...kept.filter((one) => one.fingerprint !== signer),
  ];
  return withoutSurplus(sorted, secret, memory, settings.mostTrusted);
};

/** The CA that signs, if it may. */
export const usableSigner = ({ signer }: SecretFacts, now: number): Authority | undefined =>
  signer !== undefined && signer.notBefore <= now && now < signer.notAfter ? signer : undefined;

/**
 * When an older CA is dropped. From the moment a newer CA is made the older one signs nothing, since its key is
 * overwritten by the same write. So its last leaf has expired one leaf's life after that; the backdate is added for
 * clocks that differ. `undefined`: not while it signs, nor before the leaf in the Secret is a settled one of another CA.
 */
export const endOfTrust = (
  authority: Authority,
  among: readonly Authority[],
  { signer, leaf }: SecretFacts,
  { serving }: Memory,
  { leafLife, backdate, settle }: RenewalSettings,
): number | undefined => {
  const { fingerprint, notBefore } = authority;
  const inUse = [signer?.fingerprint, leaf?.signedBy, serving].includes(fingerprint);
  if (inUse || leaf?.signedBy === undefined) return undefined;
  const successors = among.filter((other) => other.notBefore >= notBefore && other.fingerprint !== fingerprint);
  if (successors.length === 0) return undefined;
  const replaced = Math.min(...successors.map((other) => madeAt(other, backdate)));
  return Math.max(replaced + leafLife + backdate, madeAt(leaf, backdate) + settle);
};

const knownAuthorities = (secret: SecretFacts, memory: Memory): readonly Authority[] => {
  const needed = new Set([...secret.trusted, secret.signer?.fingerprint, secret.leaf?.signedBy]);
  const own = secret.authorities.filter(({ fingerprint }) => needed.has(fingerprint));
  const old = memory.trusted.filter(({ fingerprint }) => secret.bundleBroken || fingerprint === memory.serving);
  return [...new Map([...own, ...old].map((authority) => [authority.fingerprint, authority])).values()];
};

// Somebody who breaks the Secret again and again must not make it grow without end.
const withoutSurplus = (
  sorted: readonly Authority[],
  { signer, leaf }: SecretFacts,
  { serving }: Memory,
  most: number,
): readonly Authority[] => {
  const isNeeded = ({ fingerprint }: Authority): boolean =>
    [signer?.fingerprint, leaf?.signedBy, serving].includes(fingerprint);
  const others = sorted.filter((authority) => !isNeeded(authority));
  const spare = Math.max(0, most - (sorted.length - others.length));
  const kept = new Set(others.slice(0, spare));
  return sorted.filter((authority) => isNeeded(authority) || kept.has(authority));
};
