import { expect } from "chai";
import { isObject } from "../../src/core/base/json/json.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import type { AskApi } from "../../src/kube/api.ts";
import { realClock } from "../../src/async/clock.ts";
import { holdLease } from "../../src/kube/lease.ts";
import type { LeaseEvent, LeaseOptions } from "../../src/kube/lease.ts";
import { fakeApi } from "../support/api-server.ts";
import { manualClock } from "../support/manual-clock.ts";
import type { ManualClock } from "../support/manual-clock.ts";
import { until as comes } from "../support/until.ts";

const path = "/apis/coordination.k8s.io/v1/namespaces/weft/leases/weft-injector";
const lease: JsonObject = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { namespace: "weft", name: "weft-injector", labels: { kept: "yes" } },
};
const times = { duration: 1000, renewWithin: 600, retry: 50 };

interface Replica {
  readonly events: LeaseEvent[];
  readonly holds: () => boolean;
  readonly stop: () => Promise<void>;
  readonly ended: Promise<void>;
}

describe("a lease", () => {
  const replicas: Replica[] = [];
  let clock: ManualClock;
  beforeEach(() => (clock = manualClock()));
  const replica = (
    ask: AskApi,
    identity: string,
    onHold: (holds: boolean) => void = () => undefined,
    changed: Partial<LeaseOptions> = {},
  ): Replica => {
    const ending = new AbortController();
    const events: LeaseEvent[] = [];
    let holds = false;
    const set = (now: boolean): void => onHold((holds = now));
    const options = {
      ask,
      namespace: "weft",
      name: "weft-injector",
      identity,
      clock,
      now: () => new Date("2026-01-01T00:00:00.000Z"),
      random: () => 0.5,
      signal: ending.signal,
      times,
      onEvent: (event: LeaseEvent) => void events.push(event),
      ...changed,
    };
    const ended = holdLease(options, async (signal) => {
      set(true);
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      set(false);
    });
    const started = { events, holds: () => holds, ended, stop: () => (ending.abort(), ended) };
    replicas.push(started);
    return started;
  };
  afterEach(async () => void (await Promise.all(replicas.splice(0).map(({ stop }) => stop()))));

  const until = async (holds: () => boolean): Promise<void> => {
    for (let tries = 0; tries < 400 && !holds(); tries += 1) await clock.advance(10);
    expect(holds(), String(holds)).to.equal(true);
  };
  const specNow = (api: ReturnType<typeof fakeApi>): JsonObject => {
    const spec = api.stored(path)?.["spec"];
    return isObject(spec) ? spec : {};
  };

  it("that was installed empty is taken by one of three replicas at once, and nothing else of it changes", async () => {
    const api = fakeApi(lease);
    let most = 0;
    let holders = 0;
    const count = (holds: boolean): void => void (most = Math.max(most, (holders += holds ? 1 : -1)));
    const three = ["a", "b", "c"].map((identity) => replica(api.ask, identity, count));
    await until(() => three.some(({ holds }) => holds()));
    await clock.advance(200);
    expect([most, three.filter(({ holds }) => holds()).length]).to.deep.equal([1, 1]);
    expect(specNow(api)).to.deep.include({ leaseDurationSeconds: 1, renewTime: "2026-01-01T00:00:00.000000Z" });
    expect(api.stored(path)?.["metadata"]).to.deep.include({ labels: { kept: "yes" } });
  });

  it("is given back by a replica that stops, so that the next need not wait", async () => {
    const api = fakeApi(lease);
    const first = replica(api.ask, "a");
    await until(first.holds);
    const second = replica(api.ask, "b");
    await clock.advance(100);
    expect(second.holds()).to.equal(false);
    await first.stop();
    expect(first.events.map(({ kind }) => kind)).to.deep.equal(["acquired", "released"]);
    expect(specNow(api)["holderIdentity"]).to.be.oneOf(["", "b"]);
    const since = clock.now();
    await until(second.holds);
    expect(clock.now() - since).to.be.lessThan(times.duration / 2);
    expect(specNow(api)).to.deep.include({ holderIdentity: "b", leaseTransitions: 2 });
  });

  it("is lost by a replica that is cut off, before another takes it", async () => {
    const api = fakeApi(lease);
    let cut = false;
    const order: string[] = [];
    const note = (name: string) => (holds: boolean) => order.push(`${name} ${holds ? "begins" : "ends"}`);
    const first = replica((call) => (cut ? Promise.reject(new Error("cut off")) : api.ask(call)), "a", note("a"));
    await until(first.holds);
    const second = replica(api.ask, "b", note("b"));
    cut = true;
    await until(second.holds);
    expect(order).to.deep.equal(["a begins", "a ends", "b begins"]);
    expect(first.events).to.deep.equal([{ kind: "acquired" }, { kind: "failed", reason: "cut off" }, { kind: "lost" }]);
  });

  it("is lost, too, when requests hang", async () => {
    const api = fakeApi(lease);
    let hangs = false;
    const hung: AskApi = ({ signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("no answer"))));
    // A request is given up by a timer of its own.
    const first = replica((call) => (hangs ? hung(call) : api.ask(call)), "a", undefined, { clock: realClock });
    await comes(first.holds);
    hangs = true;
    await comes(() => !first.holds());
    expect(first.events.at(-1)).to.deep.equal({ kind: "lost" });
    hangs = false;
  });

  it("of a holder that was killed is free after the duration that it named", async () => {
    const spec = { holderIdentity: "gone", leaseDurationSeconds: 1, renewTime: "2030-01-01T00:00:00.000000Z" };
    const api = fakeApi({ ...lease, spec });
    const since = clock.now();
    const one = replica(api.ask, "a");
    await until(one.holds);
    expect(clock.now() - since).to.be.within(950, 2000);
  });

  const holding = { holderIdentity: "gone", leaseDurationSeconds: 15, leaseTransitions: 3 };
  const foreign: readonly [claim: string, spec: JsonObject, seconds: number, transitions: number][] = [
    ["names its duration", { ...holding, leaseDurationSeconds: 30 }, 30, 4],
    ["names 68 years", { ...holding, leaseDurationSeconds: 2147483647 }, 60, 4],
    ["names more than there is", { ...holding, leaseDurationSeconds: 1e308 }, 60, 4],
    ["names nothing", { holderIdentity: "gone" }, 15, 1],
    ["names no time", { ...holding, leaseDurationSeconds: 0 }, 15, 4],
    ["names a time before", { ...holding, leaseDurationSeconds: -2147483648 }, 15, 4],
    ["names words", { ...holding, leaseDurationSeconds: "for ever" }, 15, 4],
    ["has renewed it in the future", { ...holding, renewTime: "9999-12-31T23:59:59.000000Z" }, 15, 4],
    ["has renewed it at no time", { ...holding, renewTime: { at: ["noon"] } }, 15, 4],
    ["counts as far as an API server does", { ...holding, leaseTransitions: 2147483647 }, 15, 1],
    ["counts in words", { ...holding, leaseTransitions: "many" }, 15, 1],
    ["is not the name", { ...holding, holderIdentity: ["gone"] }, 0, 4],
  ];
  for (const [claim, spec, seconds, transitions] of foreign) {
    it(`of a holder that is silent and ${claim} is free after ${seconds} s`, async () => {
      const api = fakeApi({ ...lease, spec });
      const retry = 1000;
      const defaultValue = { duration: 15_000, renewWithin: 10_000, retry };
      const one = replica(api.ask, "a", undefined, { clock, times: defaultValue, random: () => 0 });
      if (seconds > 0) await clock.advance(seconds * 1000 - retry / 2);
      expect(one.holds()).to.equal(false);
      await clock.advance(retry);
      expect(one.holds()).to.equal(true);
      expect(specNow(api)).to.deep.include({ holderIdentity: "a", leaseTransitions: transitions });
    });
  }

  it("that is not there is told once, and taken when it comes", async () => {
    const api = fakeApi();
    const one = replica(api.ask, "a");
    await until(() => one.events.length > 0);
    await clock.advance(200);
    expect(one.events.map(({ kind }) => kind)).to.deep.equal(["failed"]);
    expect(one.events[0])
      .to.have.property("reason")
      .that.matches(/^GET .*leases\/weft-injector was answered HTTP 404/);
    api.put(lease);
    await until(one.holds);
  });

  it("that is not there is asked for ever more seldom", async () => {
    const api = fakeApi();
    replica(api.ask, "a", undefined, { times: { duration: 15_000, renewWithin: 10_000, retry: 2000 } });
    await clock.advance(120_000);
    expect(api.calls.length).to.be.within(8, 14);
  });

  it("stays with its holder when somebody puts a label on it at the wrong moment", async () => {
    const api = fakeApi(lease);
    const one = replica(api.ask, "a", undefined, { now: () => new Date() });
    await until(one.holds);
    let labelled = 0;
    api.answerWith(({ method }) => {
      if (method !== "PUT" || labelled >= 2) return undefined;
      labelled += 1;
      return void api.put({
        ...api.stored(path),
        metadata: { ...(lease["metadata"] as JsonObject), labels: { labelled } },
      });
    });
    await until(() => labelled === 2);
    const before = JSON.stringify(api.stored(path));
    await until(() => JSON.stringify(api.stored(path)) !== before);
    expect(one.events).to.deep.equal([{ kind: "acquired" }]);
    expect(api.stored(path)?.["metadata"]).to.deep.include({ labels: { labelled: 2 } });
  });

  it("is held from before it was written, however late the answer comes", async () => {
    const api = fakeApi(lease);
    let isLate = false;
    const late: AskApi = async (call) => {
      const answer = await api.ask(call);
      if (isLate && call.method === "PUT") await clock.wait(500, new AbortController().signal);
      return answer;
    };
    let answers = late;
    const one = replica((call) => answers(call), "a", undefined, { clock, random: () => 0 });
    await clock.advance(0);
    expect(one.holds()).to.equal(true);
    isLate = true;
    await clock.advance(50);
    answers = () => Promise.reject(new Error("cut off"));
    await clock.advance(500);
    expect(one.holds()).to.equal(true);
    await clock.advance(99);
    expect(one.holds()).to.equal(true);
    await clock.advance(1);
    expect(one.holds()).to.equal(false);
    answers = api.ask;
  });

  const endings: readonly [claim: string, hangsAt: "GET" | "PUT", written: boolean][] = [
    ["while it asks", "GET", false],
    ["while it renews", "PUT", false],
    ["when it has renewed and does not know it", "PUT", true],
  ];
  for (const [claim, hangsAt, written] of endings) {
    for (const holding of [true, false]) {
      it(`is free at once after a replica that stops ${claim}, ${holding ? "holding" : "not yet holding"} it`, async () => {
        const api = fakeApi(lease);
        let hangs = !holding;
        let hanging = false;
        const ask: AskApi = async (call) => {
          if (!hangs || call.method !== hangsAt) return api.ask(call);
          if (written) await api.ask(call);
          hanging = true;
          await new Promise((_, reject) => call.signal?.addEventListener("abort", () => reject(new Error("ended"))));
          throw new Error("not reached");
        };
        const patient = { times: { duration: 60_000, renewWithin: 50_000, retry: 50 } };
        const one = replica(ask, "a", undefined, patient);
        if (holding) await until(one.holds);
        hangs = true;
        await until(() => hanging);
        hangs = false;
        await one.stop();
        expect(specNow(api)["holderIdentity"] ?? "").to.equal("");
        expect(one.events.filter(({ kind }) => kind === "failed")).to.deep.equal([]);
      });
    }
  }

  it("ends with the work that fails, and is given back", async () => {
    const api = fakeApi(lease);
    const options = {
      ask: api.ask,
      namespace: "weft",
      name: "weft-injector",
      identity: "a",
      clock,
      now: () => new Date(),
      random: () => 0,
      signal: new AbortController().signal,
      times,
    };
    const failed: unknown = await holdLease(options, () => Promise.reject(new Error("broken"))).catch(
      (error: unknown) => error,
    );
    expect(failed).to.be.instanceOf(Error).with.property("message", "broken");
    expect(specNow(api)["holderIdentity"]).to.equal("");
    const asked = api.calls.length;
    await clock.advance(3 * times.retry);
    expect(api.calls.length).to.equal(asked);
  });
});
