/**
 * A cluster in miniature for `simulation.property.test.ts`: the Secret with the CA and the one that is served from, two
 * configurations, API servers that see configurations late, writers that do one small thing at a time, and replicas of
 * the webhook that serve what they find. Every writer believes that it is the only one.
 */
import { trustSeen, trustedFor } from "../../../src/core/renewal/seen.ts";
import type { TrustSeen } from "../../../src/core/renewal/seen.ts";
import { isValidAt } from "../../../src/core/renewal/facts.ts";
import type { Authority, Leaf, Memory, SecretFacts } from "../../../src/core/renewal/facts.ts";
import { plan } from "../../../src/core/renewal/plan.ts";
import type { Step } from "../../../src/core/renewal/plan.ts";
import { isToHandOut, leafToServe } from "../../../src/core/renewal/serving.ts";
import type { RenewalSettings } from "../../../src/core/renewal/settings.ts";
import { trustedAuthorities } from "../../../src/core/renewal/trust.ts";

export const settings: RenewalSettings = {
  names: ["weft"],
  authorityLife: 1260,
  leafLife: 420,
  backdate: 6,
  settle: 40,
  mostTrusted: 100,
};
/** How late an API server may see a configuration. */
export const propagation = 8;

export const emptySecret: SecretFacts = { empty: true, authorities: [], trusted: [], bundleBroken: true, errors: [] };

interface Configuration {
  readonly version: number;
  readonly trusted: readonly string[];
}

export class World {
  time = 1000;
  secret = { version: 1, facts: emptySecret };
  /** Where replicas of the webhook find their leaf, with its CA in the chain. */
  served = { version: 1, facts: emptySecret };
  readonly authorities = new Map<string, Authority>();
  secretWrites = 0;
  servedWrites = 0;
  patches = 0;
  made = 0;
  readonly configurations: Configuration[] = [
    { version: 1, trusted: [] },
    { version: 1, trusted: [] },
  ];
  /** What each configuration was, with the time when it ceased to be that. */
  readonly past: { readonly until: number; readonly trusted: readonly string[] }[] = [];

  /** Whatever bundle an API server may use now, it has the CA of this leaf. */
  trustsEverywhere({ signedBy = "" }: Leaf): boolean {
    const late = this.past.filter(({ until }) => until >= this.time - propagation);
    return [...this.configurations, ...late].every(({ trusted }) => trusted.includes(signedBy));
  }

  putSecret(version: number, facts: SecretFacts): boolean {
    if (version !== this.secret.version) return false;
    this.secret = { version: version + 1, facts };
    this.secretWrites += 1;
    return true;
  }

  /** The leaf, and nothing else: what versions before kept there is gone. */
  handOut(version: number, leaf: Leaf): void {
    if (version !== this.served.version) return;
    const authority = this.authorities.get(leaf.signedBy ?? "");
    const facts = { ...emptySecret, empty: false, authorities: authority === undefined ? [] : [authority], leaf };
    this.served = { version: version + 1, facts };
    this.servedWrites += 1;
  }

  damageServed(): void {
    this.served = { version: this.served.version + 1, facts: emptySecret };
  }

  damage(damage: (facts: SecretFacts) => SecretFacts): void {
    this.secret = { version: this.secret.version + 1, facts: damage(this.secret.facts) };
  }

  patch(index: number, version: number, trusted: readonly string[]): boolean {
    const old = this.configurations[index];
    if (old?.version !== version) return false;
    this.past.push({ until: this.time, trusted: old.trusted });
    this.configurations[index] = { version: version + 1, trusted };
    this.patches += 1;
    return true;
  }

  validity(life: number, now: number, end = Infinity) {
    this.made += 1;
    return { notBefore: now - settings.backdate, notAfter: Math.min(now + life, end) };
  }
}

type Phase =
  | { readonly kind: "look" }
  | { readonly kind: "read"; readonly configurations: readonly Configuration[] }
  | { readonly kind: "write"; readonly version: number; readonly step: Step; readonly facts: SecretFacts }
  | (Patch & { readonly kind: "hand out"; readonly version: number; readonly leaf: Leaf })
  | (Patch & { readonly kind: "patch" });

interface Patch {
  readonly configurations: readonly Configuration[];
  readonly trusted: readonly string[];
}

/** A replica of the webhook. A restart makes another one. */
export class Replica {
  current: Leaf | undefined;
  /** It took its leaf because the one before was refused anyway: expired, or its CA was not trusted any more. */
  hadNoChoice = false;
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  act(): void {
    const { world, current } = this;
    const { leaf } = world.served.facts;
    if (leaf === undefined || leaf === current) return;
    this.hadNoChoice = current !== undefined && !(isValidAt(current, world.time) && world.trustsEverywhere(current));
    this.current = leaf;
  }
}

/** A certificate controller, with what it knows. A restart makes another one. */
export class Writer {
  private offset: number;
  private current: Leaf | undefined;
  private memory: Memory = { trusted: [] };
  private leaves: readonly Leaf[] = [];
  private seen: TrustSeen = new Map();
  private phase: Phase = { kind: "look" };
  private lostLast = false;
  private readonly world: World;

  constructor(world: World, skew: number) {
    this.world = world;
    this.offset = skew;
  }

  get skew(): number {
    return this.offset;
  }

  setClock(skew: number): void {
    this.offset = skew;
  }

  private get now(): number {
    return this.world.time + this.offset;
  }

  /** The next small thing. `lost`: what it sends does not arrive. */
  act(lost: boolean): void {
    const { world, phase } = this;
    if (phase.kind === "look") this.phase = { kind: "read", configurations: [...world.configurations] };
    if (phase.kind === "read") this.read(phase.configurations);
    if (phase.kind === "write") {
      if (!this.loses(lost)) world.putSecret(phase.version, this.after(phase.step, phase.facts));
      this.phase = { kind: "look" };
    }
    if (phase.kind === "hand out") {
      if (!this.loses(lost)) world.handOut(phase.version, phase.leaf);
      this.phase = { ...phase, kind: "patch" };
    } else if (phase.kind === "patch") {
      const index = phase.configurations.findIndex(({ trusted }) => trusted.join() !== phase.trusted.join());
      const version = phase.configurations[index]?.version ?? 0;
      if (index >= 0 && !this.loses(lost)) world.patch(index, version, phase.trusted);
      this.phase = { kind: "look" };
    }
  }

  private loses(lost: boolean): boolean {
    this.lostLast = lost && !this.lostLast;
    return this.lostLast;
  }

  private read(configurations: readonly Configuration[]): void {
    const { world, now } = this;
    const { version, facts } = world.secret;
    const served = world.served;
    if (this.leaves.length === 0) this.begin(served.facts);
    const trust = configurations.map(({ trusted }) => ({ kind: "read", trusted: new Set(trusted) }) as const);
    const known = [...facts.authorities, ...this.memory.trusted].map(({ fingerprint }) => fingerprint);
    this.seen = trustSeen(this.seen, known, trust, world.time);
    const trusted = trustedFor(this.seen, world.time);
    if (facts.leaf !== undefined) {
      this.leaves = [...this.leaves.filter(({ fingerprint }) => fingerprint !== facts.leaf?.fingerprint), facts.leaf];
    }
    const state = { leaves: this.leaves, trustedFor: trusted, ...(this.current ? { current: this.current } : {}) };
    this.current = leafToServe(state, now, settings.settle);
    const { signedBy: serving } = this.current ?? {};
    const memory = { ...this.memory, ...(serving === undefined ? {} : { serving }) };
    const step = plan({ secret: facts, served: served.facts, trustedFor: trusted, memory }, now, settings);
    const wanted = trustedAuthorities(facts, memory, now, settings);
    this.memory = { ...memory, trusted: wanted, ...("repair" in step ? {} : { whole: facts }) };
    const patch = { configurations, trusted: wanted.map(({ fingerprint }) => fingerprint) };
    const { current } = this;
    if ("repair" in step) this.phase = { kind: "write", version, step, facts };
    else if (current !== undefined && this.handsOut(current, served.facts, trusted))
      this.phase = { kind: "hand out", version: served.version, leaf: current, ...patch };
    else this.phase = { kind: "patch", ...patch };
  }

  private begin({ authorities, leaf }: SecretFacts): void {
    this.leaves = leaf === undefined ? [] : [leaf];
    this.current = leaf;
    this.memory = { trusted: authorities, ...(leaf?.signedBy === undefined ? {} : { serving: leaf.signedBy }) };
  }

  private handsOut(leaf: Leaf, served: SecretFacts, trusted: ReadonlyMap<string, number>): boolean {
    const isThere = served.leaf?.fingerprint === leaf.fingerprint && served.signer === undefined;
    return !isThere && isToHandOut(leaf, served.leaf, trusted, this.now);
  }

  private after(step: Step, facts: SecretFacts): SecretFacts {
    const { world, now, memory } = this;
    if (step.kind === "restore" && memory.whole !== undefined) return memory.whole;
    if (step.kind === "take over") return world.served.facts;
    if (step.kind === "rest" || step.kind === "await trust" || step.kind === "restore") return facts;
    const authority: Authority | undefined =
      step.kind === "make authority"
        ? { fingerprint: `ca${world.made}`, ...world.validity(settings.authorityLife, now) }
        : facts.signer;
    if (authority !== undefined) world.authorities.set(authority.fingerprint, authority);
    const issues = step.kind === "issue leaf" || (step.kind === "make authority" && step.withLeaf);
    const leaf = issues && authority !== undefined ? this.leafOf(authority) : facts.leaf;
    const trusted =
      step.kind === "make authority" && authority ? [authority.fingerprint, ...step.trusted] : step.trusted;
    const known = [authority, ...facts.authorities, ...memory.trusted].filter((one) => one !== undefined);
    return {
      empty: false,
      authorities: known.filter(
        ({ fingerprint }, index) =>
          trusted.includes(fingerprint) && known.findIndex((one) => one.fingerprint === fingerprint) === index,
      ),
      trusted,
      bundleBroken: false,
      ...(authority === undefined ? {} : { signer: authority }),
      ...(leaf === undefined ? {} : { leaf }),
      errors: [],
    };
  }

  private leafOf({ fingerprint, notAfter }: Authority): Leaf {
    const { world, now } = this;
    const validity = world.validity(settings.leafLife, now, notAfter);
    return { fingerprint: `leaf${world.made}`, names: settings.names, signedBy: fingerprint, ...validity };
  }
}

/** What somebody's hand does to the Secret. */
export const damages = {
  empty: () => emptySecret,
  "no key of the CA": (facts: SecretFacts) => without(facts, "signer"),
  "no key of the leaf": (facts: SecretFacts) => without(facts, "leaf"),
  "no bundle": (facts: SecretFacts) => ({
    ...facts,
    trusted: [],
    bundleBroken: true,
    authorities: facts.authorities.filter(({ fingerprint }) =>
      [facts.signer?.fingerprint, facts.leaf?.signedBy].includes(fingerprint),
    ),
  }),
  "neither key": (facts: SecretFacts) => without(without(facts, "signer"), "leaf"),
} as const satisfies Record<string, (facts: SecretFacts) => SecretFacts>;

const without = (facts: SecretFacts, key: "signer" | "leaf"): SecretFacts =>
  Object.fromEntries(Object.entries(facts).filter(([name]) => name !== key)) as unknown as SecretFacts;
