/** Time is simulated: whatever comes late, is lost or restarts, every leaf that serves is trusted by every API server. */
import { expect } from "chai";
import fc from "fast-check";
import type { Parameters } from "fast-check";
import { dueAt, isValidAt } from "../../src/core/renewal/facts.ts";
import type { Leaf, SecretFacts } from "../../src/core/renewal/facts.ts";
import { runs } from "../support/properties.ts";
import { Replica, World, Writer, damages, emptySecret, settings } from "./renewal/simulated.ts";

/** `one`: of all processes, the writers first. */
type Event =
  | { readonly kind: "act"; readonly one: number; readonly after: number; readonly lost: boolean }
  | { readonly kind: "cut off"; readonly one: number; readonly time: number }
  | { readonly kind: "restart"; readonly one: number }
  | { readonly kind: "clock"; readonly one: number; readonly skew: number }
  | { readonly kind: "damage"; readonly what: keyof typeof damages | "served" };

const writers = 3;
const processes = 5;
const one = fc.nat(processes - 1);
const skew = fc.integer({ min: -settings.backdate / 2, max: settings.backdate / 2 });
const act = fc.record({
  kind: fc.constant("act" as const),
  one,
  after: fc.nat(3),
  lost: fc.nat(9).map((chance) => chance === 0),
});
const cutOff = fc.record({ kind: fc.constant("cut off" as const), one, time: fc.nat(20) });
const restart = fc.record({ kind: fc.constant("restart" as const), one });
const clock = fc.record({ kind: fc.constant("clock" as const), one, skew });
const damage = fc.record({
  kind: fc.constant("damage" as const),
  what: fc.constantFrom(...(Object.keys(damages) as (keyof typeof damages)[]), "served" as const),
});
const peaceful = [
  { arbitrary: act, weight: 90 },
  { arbitrary: cutOff, weight: 1 },
  { arbitrary: restart, weight: 3 },
  { arbitrary: clock, weight: 3 },
];
const many = { minLength: 400, maxLength: 1600, size: "max" as const };

/** Lists are long and their events hang together: to shrink them would take minutes and help nobody. */
const some = <Values>(count: number): Parameters<Values> => ({ ...runs<Values>(count), endOnFailure: true });

interface Cluster {
  readonly world: World;
  readonly writers: Writer[];
  readonly replicas: Replica[];
}

const start = (world = new World()): Cluster => ({
  world,
  writers: Array.from({ length: writers }, () => new Writer(world, 0)),
  replicas: Array.from({ length: processes - writers }, () => new Replica(world)),
});

/** Nobody stays cut off for longer than this, nor loses two writes in a row. */
const longestSilence = 10;

/** Plays the events; `check` looks after each. */
const play = (cluster: Cluster, events: readonly Event[], check: () => void): void => {
  const { world } = cluster;
  const cutOffUntil = Array.from({ length: processes }, () => 0);
  const lastAct = Array.from({ length: processes }, () => world.time);
  const actAs = (index: number, lost: boolean): void => {
    lastAct[index] = world.time;
    cluster.writers[index]?.act(lost);
    cluster.replicas[index - writers]?.act();
  };
  const restart = (index: number): void => {
    if (index < writers) cluster.writers[index] = new Writer(world, cluster.writers[index]?.skew ?? 0);
    else cluster.replicas[index - writers] = new Replica(world);
  };
  for (const event of events) {
    if (event.kind === "act") {
      world.time += event.after;
      if ((cutOffUntil[event.one] ?? 0) <= world.time) actAs(event.one, event.lost);
    }
    if (event.kind === "cut off") cutOffUntil[event.one] = world.time + event.time;
    if (event.kind === "restart") restart(event.one);
    if (event.kind === "clock") cluster.writers[event.one]?.setClock(event.skew);
    if (event.kind === "damage") {
      if (event.what === "served") world.damageServed();
      else world.damage(damages[event.what]);
    }
    for (const [index, last] of lastAct.entries()) {
      for (let phase = 0; phase < 6 && last < world.time - longestSilence; phase += 1) actAs(index, false);
    }
    check();
  }
};

const calm = (rounds: number): readonly Event[] =>
  Array.from({ length: rounds * 40 }, (_, index) => ({
    kind: "act",
    one: index % processes,
    after: index % 2,
    lost: false,
  }));

/** Leaves that serve and that some API server would refuse because of their CA. */
const untrusted = ({ world, replicas }: Cluster): readonly string[] =>
  replicas.flatMap(({ current, hadNoChoice }) => {
    if (current === undefined || hadNoChoice || !valid(world, current)) return [];
    return world.trustsEverywhere(current) ? [] : [`${current.fingerprint} of ${current.signedBy}`];
  });

/** Leaves that serve and that some API server, by its clock, would find expired or not yet valid. */
const invalid = ({ world, replicas }: Cluster): readonly string[] =>
  replicas.flatMap(({ current }) => (current === undefined || valid(world, current) ? [] : [current.fingerprint]));

const valid = ({ time }: World, leaf: Leaf): boolean =>
  [-1, 1].every((sign) => isValidAt(leaf, time + (sign * settings.backdate) / 2));

const refused = (cluster: Cluster): readonly string[] => [...untrusted(cluster), ...invalid(cluster)];

/** After each of thousands of events: an assertion costs more than the event. */
function none(leaves: readonly string[], { world }: Cluster): void {
  if (leaves.length > 0) expect.fail(`at ${world.time}: ${leaves.join(", ")}`);
}

const ready = (cluster: Cluster): boolean =>
  cluster.replicas.every(({ current }) => current !== undefined) && refused(cluster).length === 0;

const bootstrapped = (): Cluster => {
  const cluster = start();
  play(cluster, calm(8), () => undefined);
  expect(ready(cluster)).to.equal(true);
  return cluster;
};

describe("certificates over simulated time", () => {
  it("never break a handshake, and are written no more often than they are due", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...peaceful), many), (events) => {
        const cluster = bootstrapped();
        const { world } = cluster;
        const began = world.time;
        play(cluster, events, () => none(untrusted(cluster), cluster));
        const life = (length: number): number =>
          dueAt({ notBefore: -settings.backdate, notAfter: length }, settings.backdate) - 2 * settings.backdate;
        const authorities = Math.floor((world.time - began) / life(settings.authorityLife)) + 1;
        const leaves = Math.floor((world.time - began) / life(settings.leafLife)) + 1;
        expect(world.secretWrites, "writes of the Secret").to.be.at.most(1 + 3 * authorities + leaves);
        expect(world.servedWrites, "writes of the other Secret").to.be.at.most(1 + 3 * authorities + 3 * leaves);
        expect(world.patches, "patches").to.be.at.most(2 * (1 + 2 * authorities));
      }),
      some(20),
    );
  });

  it("are renewed in time", () => {
    const delays = peaceful.filter(({ arbitrary }) => arbitrary !== restart);
    fc.assert(
      fc.property(fc.array(fc.oneof(...delays), many), (events) => {
        const cluster = bootstrapped();
        play(cluster, events, () => none(refused(cluster), cluster));
      }),
      some(15),
    );
  });

  it("begin with one CA and one leaf, in whatever order three replicas find the empty Secret", () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 200, maxLength: 200, size: "max" }), (events) => {
        const cluster = start();
        play(
          cluster,
          events.map((event) => ({ ...event, after: 0, lost: false })),
          () => undefined,
        );
        play(cluster, calm(6), () => undefined);
        expect(cluster.world.secretWrites).to.equal(1);
        expect(new Set(cluster.replicas.map(({ current }) => current?.fingerprint)).size).to.equal(1);
        expect(ready(cluster)).to.equal(true);
      }),
      some(15),
    );
  });

  /** As versions before left it: all in the Secret that is served from, and replicas that serve. */
  const ofVersionBefore = (secret = emptySecret): Cluster => {
    const { world, replicas } = bootstrapped();
    world.served = { version: world.served.version + 1, facts: world.secret.facts };
    world.secret = { version: world.secret.version + 1, facts: secret };
    return { ...start(world), replicas };
  };

  it("are taken over from the version before, and no handshake breaks", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...peaceful), many), (events) => {
        const cluster = ofVersionBefore();
        const { signer } = cluster.world.served.facts;
        play(cluster, calm(1), () => none(untrusted(cluster), cluster));
        expect(cluster.world.secret.facts.signer).to.deep.equal(signer);
        play(cluster, events, () => none(untrusted(cluster), cluster));
        expect(cluster.world.served.facts.signer).to.equal(undefined);
      }),
      some(10),
    );
  });

  it("are not mixed up with those of a version before that ran in between", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...peaceful), many), (events) => {
        const { world } = bootstrapped();
        const renamed = JSON.parse(
          JSON.stringify(world.secret.facts).replaceAll(/"(ca|leaf)/g, '"earlier-$1'),
        ) as SecretFacts;
        const cluster = ofVersionBefore(renamed);
        play(cluster, events, () => none(untrusted(cluster), cluster));
        play(cluster, calm(6), () => undefined);
        expect(cluster.world.served.facts.signer).to.equal(undefined);
        expect(ready(cluster)).to.equal(true);
      }),
      some(10),
    );
  });

  it("are repaired after any damage, and replicas that run never break a handshake meanwhile", () => {
    const events = fc.array(
      fc.oneof(...peaceful.filter(({ arbitrary }) => arbitrary !== restart), { arbitrary: damage, weight: 4 }),
      many,
    );
    fc.assert(
      fc.property(events, (all) => {
        const cluster = bootstrapped();
        play(cluster, all, () => none(untrusted(cluster), cluster));
      }),
      some(20),
    );
  });

  it("recover from any damage and restarts together", () => {
    const events = fc.array(fc.oneof(...peaceful, { arbitrary: damage, weight: 4 }), many);
    fc.assert(
      fc.property(events, (all) => {
        const cluster = bootstrapped();
        play(cluster, all, () => undefined);
        play(cluster, calm(10), () => undefined);
        expect(refused(cluster)).to.deep.equal([]);
        expect(cluster.world.secret.facts.trusted.length).to.be.at.most(settings.mostTrusted);
      }),
      some(15),
    );
  });
});
