/**
 * Rotations in a mesh that lives: steps are tried at any time and in any order, pods restart and renew their
 * certificates when they like, replicas hear of changes late. Whatever presents a certificate must be trusted by
 * whoever may meet it, always.
 */
import { expect } from "chai";
import fc from "fast-check";
import { runs } from "../../support/properties.ts";
import { begun, nextStep, obstacles, propagation, remaining } from "../../../src/core/identity/rotation.ts";
import type { AnchorFacts, Rotation, RotationFacts, Step } from "../../../src/core/identity/rotation.ts";

const hour = 3_600_000;
const leaf = { lifetime: 24 * hour, clockSkew: 20_000 };
const always = { notBefore: 0, notAfter: Number.MAX_SAFE_INTEGER };

interface Written<Value> {
  readonly at: number;
  readonly value: Value;
}
type History<Value> = readonly [Written<Value>, ...(readonly Written<Value>[])];

interface BundleText {
  readonly anchors: readonly string[];
  readonly rotation?: Rotation | undefined;
}

interface Pod {
  anchors: readonly string[];
  /** By which anchor its certificate is, and how long. */
  by: string;
  until: number;
}

/** How much later than the others it hears of changes of the bundle, and of the issuer. */
interface Lag {
  readonly bundle: number;
  readonly issuer: number;
  /** Which bundle it has. */
  readonly says: boolean;
}

/** A replica of the control plane keeps an issuer that it may use, and takes no other. */
interface Controller extends Lag {
  signsBy: string;
}

class World {
  now = 0;
  made = 1;
  bundles: History<BundleText> = [{ at: -hour, value: { anchors: ["anchor 1"] } }];
  issuers: History<string> = [{ at: -hour, value: "anchor 1" }];
  readonly webhooks: readonly Lag[];
  readonly controllers: readonly Controller[];
  readonly pods: readonly Pod[];

  constructor(webhooks: readonly Lag[], controllers: readonly Lag[], pods: number) {
    this.webhooks = webhooks;
    this.controllers = controllers.map((lag) => ({ ...lag, signsBy: "anchor 1" }));
    this.pods = Array.from({ length: pods }, () => ({
      anchors: ["anchor 1"],
      by: "anchor 1",
      until: leaf.lifetime + leaf.clockSkew,
    }));
  }

  seenBy<Value>(history: History<Value>, lag: number): Value {
    return (history.findLast(({ at }) => at <= this.now - lag) ?? history[0]).value;
  }

  get bundle(): BundleText {
    return this.seenBy(this.bundles, 0);
  }

  pass(time: number): void {
    const end = this.now + time;
    const changed = Math.max(this.bundles.at(-1)?.at ?? 0, this.issuers.at(-1)?.at ?? 0);
    while (this.now < end) {
      // In small steps as long as somebody may not have heard of a change.
      this.now = Math.min(end, this.now + (this.now < changed + propagation ? propagation / 5 : hour));
      for (const each of this.controllers) {
        const issuer = this.seenBy(this.issuers, each.issuer);
        if (this.seenBy(this.bundles, each.bundle).anchors.includes(issuer)) each.signsBy = issuer;
      }
      // Proxies renew at 70 %, and try on until it works; every second one does not get through.
      for (const [index, pod] of this.pods.entries()) {
        if (index % 2 === 0 && this.now > pod.until - 0.3 * leaf.lifetime) this.renew(pod, index);
      }
      this.holds();
    }
  }

  renew(pod: Pod, controller: number): void {
    pod.by = at(this.controllers, controller).signsBy;
    pod.until = this.now + leaf.lifetime + leaf.clockSkew;
    this.holds();
  }

  restart(index: number, webhook: number): void {
    const pod = at(this.pods, index);
    pod.anchors = this.seenBy(this.bundles, at(this.webhooks, webhook).bundle).anchors;
    this.renew(pod, webhook + index);
  }

  facts(): RotationFacts {
    const { anchors, rotation } = this.bundle;
    const [issuer, bundle] = [this.issuers.at(-1), this.bundles.at(-1)];
    return {
      bundle: { anchors: anchors.map(anchorFacts), sha256: anchors.join(), changed: bundle?.at, rotation },
      issuer: {
        ...always,
        fingerprint: "-",
        subject: "-",
        anchors: anchors.filter((each) => each === issuer?.value),
        changed: issuer?.at,
        manager: undefined,
      },
      pods: this.pods.map((pod, index) => ({
        namespace: "shop",
        name: String(index),
        owner: "deployment/web",
        trustRoot: "",
        anchors: pod.anchors,
      })),
      // Those that say it; where one does not, the time that it takes at most is waited for.
      replicas: [...this.webhooks, ...this.controllers].map((lag, index) => ({
        name: String(index),
        issuerEnds: undefined,
        bundle: lag.says ? this.seenBy(this.bundles, lag.bundle).anchors.join() : undefined,
      })),
      leaf,
      now: this.now,
    };
  }

  /** As the command does it: facts first, the write a moment later, in which anything may happen. */
  attempt(step: Step, meanwhile: () => void): boolean {
    const facts = this.facts();
    if (obstacles(step, facts).length > 0) return false;
    meanwhile();
    if (step.kind === "issue") this.issuers = [...this.issuers, { at: this.now, value: step.under }];
    else this.bundles = [...this.bundles, { at: this.now, value: this.written(step, facts) }];
    this.holds();
    return true;
  }

  private written(step: Step, facts: RotationFacts): BundleText {
    if (step.kind === "drop") return { anchors: remaining(facts).map(({ fingerprint }) => fingerprint) };
    this.made += 1;
    const made = `anchor ${this.made}`;
    return { anchors: [...this.bundle.anchors, made], rotation: begun(facts, made) };
  }

  /** What a pod may be shown, it trusts; and the control plane lets it in. */
  holds(): void {
    const shown = [
      ...this.pods.filter(({ until }) => until > this.now).map(({ by }) => by),
      ...this.controllers.map(({ signsBy }) => signsBy),
    ];
    for (const anchor of new Set(shown)) {
      const lacks = ({ anchors }: Pick<Pod, "anchors">): boolean => !anchors.includes(anchor);
      if (this.pods.some(lacks)) throw new Error(`at ${this.now} a pod does not trust ${anchor}`);
      if (this.controllers.some(({ bundle }) => lacks(this.seenBy(this.bundles, bundle))))
        throw new Error(`at ${this.now} the control plane does not trust ${anchor}`);
    }
  }
}

const anchorFacts = (fingerprint: string): AnchorFacts => ({ fingerprint, subject: fingerprint, ...always });

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length];
  if (item === undefined) throw new Error("none");
  return item;
}

type Event =
  | { readonly kind: "pass"; readonly time: number }
  | { readonly kind: "restart"; readonly pod: number; readonly replica: number }
  | { readonly kind: "renew"; readonly pod: number; readonly replica: number }
  | { readonly kind: "restart all"; readonly replica: number }
  | {
      readonly kind: "try";
      readonly step: "add" | "issue" | "drop" | "next";
      readonly anchor: number;
      readonly meanwhile: number;
    };

const small = fc.nat({ max: 7 });
const tried = (steps: readonly ("add" | "issue" | "drop" | "next")[]) =>
  fc.record({ kind: fc.constant("try" as const), step: fc.constantFrom(...steps), anchor: small, meanwhile: small });
const weighed = <Value>(weight: number, arbitrary: fc.Arbitrary<Value>) => ({ weight, arbitrary });
const pass = (time: fc.Arbitrary<number>) => fc.record({ kind: fc.constant("pass" as const), time });
const event: fc.Arbitrary<Event> = fc.oneof(
  weighed(6, pass(fc.nat({ max: propagation / 2 }))),
  weighed(1, pass(fc.nat({ max: propagation }).map((time) => leaf.lifetime + time))),
  weighed(3, fc.record({ kind: fc.constantFrom("restart" as const, "renew" as const), pod: small, replica: small })),
  weighed(3, fc.record({ kind: fc.constant("restart all" as const), replica: small })),
  weighed(6, tried(["next"])),
  weighed(1, tried(["add", "issue", "drop"])),
);

function play(world: World, events: readonly Event[]): void {
  for (const [index, each] of events.entries()) {
    if (each.kind === "pass") world.pass(each.time);
    else if (each.kind === "restart") world.restart(each.pod, each.replica);
    else if (each.kind === "renew") world.renew(at(world.pods, each.pod), each.replica);
    else if (each.kind === "restart all") world.pods.forEach((_, pod) => world.restart(pod, each.replica));
    else {
      const step = stepOf(world, each);
      if (step !== undefined) world.attempt(step, () => world.restart(each.meanwhile, index));
    }
  }
}

function stepOf(world: World, { step, anchor }: Extract<Event, { kind: "try" }>): Step | undefined {
  if (step === "issue") return { kind: "issue", under: at(world.bundle.anchors, anchor) };
  return step === "next" ? nextStep(world.facts()) : { kind: step };
}

const lags = fc.array(
  fc.record({
    bundle: fc.nat({ max: propagation - 1 }),
    issuer: fc.nat({ max: propagation - 1 }),
    says: fc.boolean(),
  }),
  {
    minLength: 1,
    maxLength: 3,
  },
);
const world = fc.tuple(lags, lags, fc.integer({ min: 1, max: 4 })).map((parts) => () => new World(...parts));

describe("rotations in a mesh that lives", () => {
  it("leave everybody trusted, whatever is tried when", () => {
    fc.assert(
      fc.property(world, fc.array(event, { maxLength: 60, size: "max" }), (make, events) => play(make(), events)),
      runs(500),
    );
  });

  it("come to their end from wherever they are", () => {
    let finished = 0;
    fc.assert(
      fc.property(world, fc.array(event, { maxLength: 20 }), (make, events) => {
        const mesh = make();
        play(mesh, events);
        if (nextStep(mesh.facts()) === undefined) expect(mesh.attempt({ kind: "add" }, () => undefined)).to.equal(true);
        const to = mesh.bundle.rotation?.to;
        for (let step = nextStep(mesh.facts()); step !== undefined; step = nextStep(mesh.facts())) {
          mesh.pass(2 * propagation);
          mesh.pods.forEach((_, pod) => mesh.restart(pod, pod));
          if (step.kind === "drop") mesh.pass(leaf.lifetime + leaf.clockSkew);
          expect(
            mesh.attempt(step, () => undefined),
            step.kind,
          ).to.equal(true);
        }
        expect(mesh.bundle).to.deep.equal({ anchors: [to] });
        finished += 1;
      }),
      runs(50),
    );
    expect(finished).to.equal(runs(50).numRuns);
  });
});
