/**
 * Certificates that look after themselves: what the writer does next with the Secret that only writers read.
 *
 * It holds a bundle of CAs to trust, one CA that signs, and the newest leaf. The webhook's replicas serve the leaf that
 * is in another Secret, which has no CA's key; `serving.ts` says when that becomes the newest one. A change never breaks
 * a handshake, since it comes in this order:
 *
 *     make CA N  ──►  N is in each caBundle  ──►  leaf of N  ──►  a leaf's life later: CA X leaves the bundle
 *     (X signs        and has been there for      (every replica
 *     nothing more)   `settle`                    takes it)
 *
 * - Making N overwrites the key of X. So X cannot sign after that moment, and the moment can be read off N: no record
 *   of leaves is needed, and a replica that was cut off for weeks still serves a leaf that is trusted.
 * - The leaf of X serves on while N is awaited. It was renewed just before, if it was due (row `leaf is due`).
 * - Every step is one write of the whole Secret, on condition that nobody else wrote since it was read; who loses reads
 *   again and decides anew. So two writers do no harm. The state is in the certificates alone; a writer that dies
 *   between two steps is followed by one that sees the same.
 * - Trust is added early and taken away late. A broken Secret is repaired around what is good in it; one that somebody
 *   emptied gets back what it held, from the memory of a writer, so that a tool which keeps emptying it makes no new CAs.
 * - Versions before kept all of it in the Secret that the webhook reads. It is taken over as it is; what serves stays.
 */
import type { Issue } from "../base/text/issue.ts";
import { issueText } from "../base/text/issue.ts";
import { dueAt, isValidAt } from "./facts.ts";
import type { Authority, Leaf, Memory, SecretFacts } from "./facts.ts";
import type { RenewalSettings } from "./settings.ts";
import { endOfTrust, trustedAuthorities, usableSigner } from "./trust.ts";

export interface RenewalState {
  readonly secret: SecretFacts;
  /** The Secret that the webhook serves from. */
  readonly served?: SecretFacts;
  readonly memory: Memory;
  /** For each CA that every configuration trusts: for how long this writer has seen that, in milliseconds. */
  readonly trustedFor: ReadonlyMap<string, number>;
}

/** `trusted` is the bundle after the step, without a CA that the step makes; `repair`: something was wrong. */
export type Step =
  | { readonly kind: "restore"; readonly because: string; readonly repair: true }
  /** All that the Secret that is served from has of weft's. */
  | { readonly kind: "take over"; readonly because: string; readonly repair: false }
  | {
      readonly kind: "make authority";
      readonly because: string;
      readonly repair: boolean;
      readonly trusted: readonly string[];
      /** There is no leaf that could serve on: one is issued along. */
      readonly withLeaf: boolean;
    }
  | {
      readonly kind: "issue leaf";
      readonly because: string;
      readonly repair: boolean;
      readonly trusted: readonly string[];
    }
  | {
      readonly kind: "set bundle";
      readonly because: string;
      readonly repair: boolean;
      readonly trusted: readonly string[];
    }
  /** A CA has to be trusted by every configuration for long enough. */
  | { readonly kind: "await trust"; readonly authority: string; readonly until?: number }
  | { readonly kind: "rest"; readonly until: number };

/** The next step: the first row that applies. */
export const plan = (state: RenewalState, now: number, settings: RenewalSettings): Step => {
  const { secret, memory } = state;
  const authorities = trustedAuthorities(secret, memory, now, settings);
  const situation: Situation = {
    ...state,
    now,
    settings,
    signer: usableSigner(secret, now),
    authorities,
    trusted: authorities.map(({ fingerprint }) => fingerprint),
    leafFault: leafFault(secret, authorities, now, settings),
  };
  for (const row of rows) {
    const step = row(situation);
    if (step !== undefined) return step;
  }
  return { kind: "rest", until: nextChange(situation) };
};

interface Situation extends RenewalState {
  readonly now: number;
  readonly settings: RenewalSettings;
  readonly signer: Authority | undefined;
  readonly authorities: readonly Authority[];
  readonly trusted: readonly string[];
  /** Why the leaf cannot serve. */
  readonly leafFault: string | undefined;
}

type Row = (situation: Situation) => Step | undefined;

const wasEmptied: Row = ({ secret, memory: { whole }, now, settings }) => {
  if (!secret.empty || whole === undefined || usableSigner(whole, now) === undefined) return undefined;
  const isUsable = leafFault(whole, whole.authorities, now, settings) === undefined;
  return isUsable ? { kind: "restore", because: "the Secret was emptied", repair: true } : undefined;
};

const wasElsewhere: Row = ({ secret, served }) =>
  secret.empty && served?.signer !== undefined
    ? { kind: "take over", because: "the CA is in the Secret that is served from", repair: false }
    : undefined;

const noSigner: Row = ({ secret, signer, trusted, leafFault }) =>
  signer === undefined
    ? { kind: "make authority", because: signerFault(secret), repair: true, trusted, withLeaf: leafFault !== undefined }
    : undefined;

const noLeaf: Row = ({ leafFault, trusted }) =>
  leafFault === undefined ? undefined : { kind: "issue leaf", because: leafFault, repair: true, trusted };

const bundleDiffers: Row = ({ secret, trusted }) => {
  if (!secret.bundleBroken && secret.trusted.join() === trusted.join()) return undefined;
  const kept = new Set(secret.trusted);
  if (secret.bundleBroken) return setBundle(faultsAt(secret, ["ca.crt"]) ?? "ca.crt: is absent", true, trusted);
  if (trusted.some((fingerprint) => !kept.has(fingerprint))) return setBundle("ca.crt: lacks a CA", true, trusted);
  return setBundle("ca.crt: has a CA that signs nothing any more", false, trusted);
};

const setBundle = (because: string, repair: boolean, trusted: readonly string[]): Step => ({
  kind: "set bundle",
  because,
  repair,
  trusted,
});

const leafIsDue: Row = ({ secret: { leaf }, signer, trusted, now, settings }) => {
  if (leaf === undefined || signer === undefined || leaf.signedBy !== signer.fingerprint) return undefined;
  // What would be cut short by the end of its CA waits for the next CA: that one is due as well.
  const whole = signer.notAfter - now >= settings.leafLife;
  const due = whole && now >= dueAt(leaf, settings.backdate);
  return due ? { kind: "issue leaf", because: "the leaf is due", repair: false, trusted } : undefined;
};

const signerIsDue: Row = ({ signer, trusted, now, settings }) =>
  signer !== undefined && now >= dueAt(signer, settings.backdate)
    ? { kind: "make authority", because: "the CA is due", repair: false, trusted, withLeaf: false }
    : undefined;

const leafOfOlderAuthority: Row = ({ secret: { leaf }, signer, trusted, trustedFor, now, settings }) => {
  if (leaf === undefined || signer === undefined || leaf.signedBy === signer.fingerprint) return undefined;
  const seen = trustedFor.get(signer.fingerprint);
  if (seen === undefined) return { kind: "await trust", authority: signer.fingerprint };
  if (seen < settings.settle) {
    return { kind: "await trust", authority: signer.fingerprint, until: now + settings.settle - seen };
  }
  return { kind: "issue leaf", because: "the new CA is trusted everywhere", repair: false, trusted };
};

const rows: readonly Row[] = [
  wasEmptied,
  wasElsewhere,
  noSigner,
  noLeaf,
  bundleDiffers,
  leafIsDue,
  signerIsDue,
  leafOfOlderAuthority,
];

const nextChange = ({ secret, memory, signer, authorities, now, settings }: Situation): number => {
  const ends = authorities.map((authority) => endOfTrust(authority, authorities, secret, memory, settings));
  const dues = [secret.leaf, signer].map((one) => (one === undefined ? undefined : dueAt(one, settings.backdate)));
  return Math.min(...[...ends, ...dues].filter((at) => at !== undefined && at > now).map(Number));
};

const leafFault = (
  { leaf, errors }: SecretFacts,
  authorities: readonly Authority[],
  now: number,
  { names }: RenewalSettings,
): string | undefined => {
  if (leaf === undefined) return faultsAt({ errors }, ["tls.crt", "tls.key"]) ?? "tls.crt: is absent";
  const found = leafChecks.find(([, holds]) => !holds(leaf, { authorities, now, names }));
  return found === undefined ? undefined : `tls.crt: ${found[0]}`;
};

type LeafCheck = (
  leaf: Leaf,
  by: { readonly authorities: readonly Authority[]; readonly now: number; readonly names: readonly string[] },
) => boolean;

const leafChecks: readonly [fault: string, holds: LeafCheck][] = [
  ["has expired", ({ notAfter }, { now }) => now < notAfter],
  ["is not valid yet", (leaf, { now }) => isValidAt(leaf, now)],
  [
    "is signed by no CA that is trusted",
    ({ signedBy }, { authorities }) => authorities.some(({ fingerprint }) => fingerprint === signedBy),
  ],
  ["is for other names", (leaf, { names }) => names.every((name) => leaf.names.includes(name))],
];

const signerFault = (secret: SecretFacts): string => {
  if (secret.empty) return "the Secret is empty";
  if (secret.signer === undefined) return faultsAt(secret, ["signer.crt", "ca.key"]) ?? "signer.crt: is absent";
  return "signer.crt: has expired or is not valid yet";
};

const faultsAt = ({ errors }: { readonly errors: readonly Issue[] }, keys: readonly string[]): string | undefined => {
  const found = errors.filter(({ at }) => keys.some((key) => at === key || at.startsWith(`${key},`)));
  return found.length === 0 ? undefined : found.map(issueText).join("; ");
};
