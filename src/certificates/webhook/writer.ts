/**
 * What one writer knows of the certificates, from look to look: the leaves whose keys it has, the CAs, since when they
 * are trusted, and which leaf serves. It decides by `core/renewal`, and keeps the PEM that belongs to it.
 */
import type { Authority, Leaf, Memory } from "../../core/renewal/facts.ts";
import { plan } from "../../core/renewal/plan.ts";
import type { Step } from "../../core/renewal/plan.ts";
import { trustSeen, trustedFor } from "../../core/renewal/seen.ts";
import type { ConfigurationTrust, TrustSeen } from "../../core/renewal/seen.ts";
import { isToHandOut, leafToServe } from "../../core/renewal/serving.ts";
import type { RenewalSettings } from "../../core/renewal/settings.ts";
import { trustedAuthorities } from "../../core/renewal/trust.ts";
import type { PemPair } from "../x509/pem.ts";
import type { SecretTexts, SharedSecret } from "./shared-secret.ts";

export interface Seen {
  readonly texts: SecretTexts;
  readonly secret: SharedSecret;
  /** The Secret that replicas of the webhook serve from. */
  readonly served: SharedSecret;
  readonly configurations: readonly ConfigurationTrust[];
  /** By the writer's calendar, and on its clock that only goes forward; milliseconds. */
  readonly now: number;
  readonly elapsed: number;
}

export interface Verdict {
  readonly step: Step;
  /** The leaf to serve; absent: there is none yet. */
  readonly serving: PemPair | undefined;
  /** It may be handed to the webhook's replicas. */
  readonly handsOut: boolean;
  /** PEM of the CAs that every configuration is to trust. */
  readonly bundle: string;
  /** Every configuration trusts the CA of the leaf that serves. */
  readonly trusted: boolean;
  /** When the newest CA among them expires, for a metric. */
  readonly authorityExpires: number | undefined;
}

/** Leaves remembered: the one that serves, the one of the Secret, and what came in between. */
const mostLeaves = 8;

export class WriterCertificates {
  private readonly settings: RenewalSettings;
  private memory: Memory = { trusted: [] };
  private seen: TrustSeen = new Map();
  private leaves: readonly Leaf[] = [];
  private current: Leaf | undefined;
  private readonly pairs = new Map<string, PemPair>();
  private readonly pems = new Map<string, string>();
  private whole: SecretTexts = {};

  constructor(settings: RenewalSettings) {
    this.settings = settings;
  }

  /** The Secret as this writer last saw it whole, to be put back. */
  get remembered(): SecretTexts {
    return this.whole;
  }

  look({ texts, secret, served, configurations, now, elapsed }: Seen): Verdict {
    const { facts } = secret;
    if (this.leaves.length === 0) this.begin(served);
    for (const [fingerprint, pem] of secret.authorities) this.pems.set(fingerprint, pem);
    const known = [...facts.authorities, ...this.memory.trusted].map(({ fingerprint }) => fingerprint);
    this.seen = trustSeen(this.seen, known, configurations, elapsed);
    const trusted = trustedFor(this.seen, elapsed);
    this.learn(facts.leaf, secret.leaf);
    const state = { leaves: this.leaves, trustedFor: trusted, ...(this.current ? { current: this.current } : {}) };
    this.current = leafToServe(state, now, this.settings.settle);
    const { signedBy: serving } = this.current ?? {};
    const memory = { ...this.memory, ...(serving === undefined ? {} : { serving }) };
    const step = plan({ secret: facts, served: served.facts, trustedFor: trusted, memory }, now, this.settings);
    const wanted = trustedAuthorities(facts, memory, now, this.settings);
    this.memory = { ...memory, trusted: wanted, ...("repair" in step ? {} : { whole: facts }) };
    if (!("repair" in step)) this.whole = texts;
    this.forget(wanted);
    return {
      step,
      serving: this.current && this.pairs.get(this.current.fingerprint),
      handsOut: this.current !== undefined && isToHandOut(this.current, served.facts.leaf, trusted, now),
      bundle: this.pemOf(wanted.map(({ fingerprint }) => fingerprint)),
      trusted: serving !== undefined && trusted.has(serving),
      authorityExpires: wanted[0]?.notAfter,
    };
  }

  /** PEM of these CAs, in their order. */
  pemOf(fingerprints: readonly string[]): string {
    return fingerprints.map((fingerprint) => this.pems.get(fingerprint) ?? "").join("");
  }

  /** What replicas serve while nothing is known here yet is trusted on, whatever the other Secret holds. */
  private begin({ facts, leaf, authorities }: SharedSecret): void {
    for (const [fingerprint, pem] of authorities) this.pems.set(fingerprint, pem);
    this.learn(facts.leaf, leaf);
    this.current = facts.leaf;
    this.memory = { trusted: facts.authorities, ...(facts.leaf?.signedBy ? { serving: facts.leaf.signedBy } : {}) };
  }

  private learn(leaf: Leaf | undefined, pair: PemPair | undefined): void {
    if (leaf === undefined || pair === undefined) return;
    this.pairs.set(leaf.fingerprint, pair);
    this.leaves = [...this.leaves.filter(({ fingerprint }) => fingerprint !== leaf.fingerprint), leaf];
  }

  private forget(wanted: readonly Authority[]): void {
    const late = this.leaves.slice(-mostLeaves);
    const serves = this.leaves.filter((leaf) => leaf === this.current && !late.includes(leaf));
    this.leaves = [...serves, ...late];
    const leaves = new Set(this.leaves.map(({ fingerprint }) => fingerprint));
    for (const fingerprint of this.pairs.keys()) if (!leaves.has(fingerprint)) this.pairs.delete(fingerprint);
    const whole = this.memory.whole?.authorities ?? [];
    const authorities = new Set([...wanted, ...whole].map(({ fingerprint }) => fingerprint));
    for (const fingerprint of this.pems.keys()) if (!authorities.has(fingerprint)) this.pems.delete(fingerprint);
  }
}
