import { expect } from "chai";
import { isObject } from "../../src/core/base/json/json.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import type { ApiAnswer, AskApi } from "../../src/kube/api.ts";
import type { EventToSend } from "../../src/kube/event-sink.ts";
import { isDnsSubdomain } from "../../src/core/base/scalars/dns-label.ts";
import { eventRecorder } from "../../src/kube/event-recorder.ts";
import type { Evidence } from "../../src/kube/event-recorder.ts";
import { fakeApi } from "../support/api-server.ts";
import { manualClock, settled } from "../support/manual-clock.ts";

const about = (
  name: string,
  message = "Linkerd sidecar proxy injected",
  object: Partial<EventToSend["involvedObject"]> = {},
): EventToSend => ({
  type: "Normal",
  reason: "Injected",
  message,
  component: "weft-injector",
  involvedObject: { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name, uid: `uid-${name}`, ...object },
});

const minute = 60_000;

const recorder = (ask: AskApi) => {
  let time = Date.parse("2026-01-01T00:00:00.500Z");
  const results: string[] = [];
  const { record, flush } = eventRecorder({
    ask,
    instance: "weft-1",
    now: () => new Date(time),
    onResult: (result, reason) => results.push(reason === undefined ? result : `${result}: ${reason}`),
  });
  return {
    results,
    record,
    wait: (milliseconds: number) => void (time += milliseconds),
    flush,
    told: async (...events: readonly EventToSend[]) => {
      for (const event of events) record(event);
      await flush(1000);
    },
  };
};

const eventsIn = async ({ ask }: ReturnType<typeof fakeApi>): Promise<readonly JsonObject[]> => {
  const { body } = await ask({ method: "GET", path: "/api/v1/namespaces/shop/events" });
  return isObject(body) && Array.isArray(body["items"]) ? (body["items"] as JsonObject[]) : [];
};

describe("events", () => {
  it("are about the owner, and come from weft", async () => {
    const api = fakeApi();
    await recorder(api.ask).told(about("web"));
    const [event] = await eventsIn(api);
    expect(event).to.deep.include({
      apiVersion: "v1",
      kind: "Event",
      type: "Normal",
      reason: "Injected",
      message: "Linkerd sidecar proxy injected",
      involvedObject: {
        apiVersion: "apps/v1",
        kind: "Deployment",
        namespace: "shop",
        name: "web",
        uid: "uid-web",
      },
      source: { component: "weft-injector" },
      reportingComponent: "weft-injector",
      reportingInstance: "weft-1",
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:00Z",
      count: 1,
    });
    expect(isObject(event?.["metadata"]) && event["metadata"]["name"]).to.match(/^web\.[0-9a-f]+$/);
  });

  it("of what is in no namespace are in the default one, and may come from another part of weft", async () => {
    const api = fakeApi();
    await recorder(api.ask).told({
      type: "Warning",
      reason: "Reverted",
      message: "put right",
      component: "weft-injector",
      involvedObject: {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "MutatingWebhookConfiguration",
        namespace: "",
        name: "weft-injector",
        uid: "uid-1",
      },
    });
    expect(api.calls.map(({ path }) => path)).to.deep.equal(["/api/v1/namespaces/default/events"]);
    expect(api.calls[0]?.body).to.deep.include({
      type: "Warning",
      source: { component: "weft-injector" },
      reportingComponent: "weft-injector",
    });
  });

  it("that say the same within ten minutes are one, with a count", async () => {
    const api = fakeApi();
    const { told, wait, results } = recorder(api.ask);
    await told(about("web"));
    wait(9 * minute);
    await told(about("web"), about("web"));
    const [event, ...others] = await eventsIn(api);
    expect(others).to.deep.equal([]);
    expect(event).to.deep.include({ count: 3, lastTimestamp: "2026-01-01T00:09:00Z" });
    expect(results).to.deep.equal(["sent", "aggregated", "aggregated"]);
    wait(minute);
    await told(about("web"));
    expect((await eventsIn(api)).length).to.equal(2);
  });

  it("of a burst that says the same are one request, and then another for the count", async () => {
    const api = fakeApi();
    await recorder(api.ask).told(...Array.from({ length: 100 }, () => about("web")));
    expect(api.calls.map(({ method }) => method)).to.deep.equal(["POST", "PATCH"]);
    expect((await eventsIn(api))[0]).to.deep.include({ count: 100 });
  });

  it("of one owner are 25 at once, then one in five minutes; other owners have their own", async () => {
    const api = fakeApi();
    const { told, wait, results } = recorder(api.ask);
    await told(...Array.from({ length: 30 }, (_, index) => about("web", `message ${index}`)));
    expect((await eventsIn(api)).length).to.equal(25);
    expect(results.filter((result) => result === "dropped").length).to.equal(5);
    await told(about("api"));
    expect((await eventsIn(api)).length).to.equal(26);
    wait(5 * minute);
    await told(about("web", "one more"), about("web", "and one too many"));
    expect((await eventsIn(api)).length).to.equal(27);
  });

  it("that the API server has forgotten are made anew", async () => {
    const api = fakeApi();
    const { told } = recorder(api.ask);
    await told(about("web"));
    for (const { metadata } of await eventsIn(api)) {
      api.remove(`/api/v1/namespaces/shop/events/${isObject(metadata) ? String(metadata["name"]) : ""}`);
    }
    await told(about("web"));
    expect((await eventsIn(api)).map(({ count }) => count)).to.deep.equal([2]);
  });

  it("that are refused are lost, with the reason, and those after them are told", async () => {
    const api = fakeApi();
    let first = true;
    const refused: ApiAnswer = { status: 403, body: { kind: "Status", message: "events is forbidden" } };
    const { told, results } = recorder((call) => {
      const answer = first ? Promise.resolve(refused) : api.ask(call);
      first = false;
      return answer;
    });
    await told(about("web"), about("api"));
    expect(results).to.deep.equal(["failed: HTTP 403: events is forbidden", "sent"]);
  });

  it("wait for a slow API server in a queue that has an end", async () => {
    const never = new Promise<ApiAnswer>(() => undefined);
    const { record, flush, results } = recorder(() => never);
    const since = performance.now();
    for (let index = 0; index < 1100; index += 1) record(about(`web-${index}`));
    expect(results.length).to.equal(99);
    expect(new Set(results)).to.deep.equal(new Set(["dropped"]));
    await flush(100);
    expect(performance.now() - since).to.be.at.least(90);
  });

  it("hold nobody up at the end: a request without answer is given up, what waits behind it is dropped", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const { record, flush } = eventRecorder({
      ask: ({ signal }) =>
        new Promise((_, reject) => {
          signals.push(signal);
          signal?.addEventListener("abort", () => reject(signal.reason as Error));
        }),
      instance: "weft-1",
      now: () => new Date(),
      onResult: (result, reason) => results.push(reason === undefined ? result : `${result}: ${reason}`),
    });
    const results: string[] = [];
    for (const name of ["web", "api", "db"]) record(about(name));
    await flush(50);
    await settled();
    expect(signals.map((signal) => signal?.aborted)).to.deep.equal([true]);
    expect(results).to.deep.equal(["dropped", "dropped", "failed: given up"]);
  });

  it("that keep coming stay one among thousands that come once", async () => {
    const made: string[] = [];
    const clock = manualClock();
    const { record } = eventRecorder({
      ask: ({ method, body }) => {
        const event = isObject(body ?? null) ? (body as JsonObject) : {};
        const { name } = (event["involvedObject"] ?? {}) as { readonly name?: string };
        if (method === "POST" && name !== undefined) made.push(name);
        return Promise.resolve({ status: 201, body: event });
      },
      instance: "weft-1",
      now: () => new Date(clock.now() / 100),
      clock,
    });
    for (let round = 0; round < 6; round += 1) {
      for (const name of ["web", ...Array.from({ length: 900 }, (_, index) => `once-${round}-${index}`)]) {
        record(about(name));
      }
      await clock.advance(46_000);
    }
    expect(made.length).to.equal(6 * 900 + 1);
    expect(made.filter((name) => name === "web")).to.deep.equal(["web"]);
  });

  describe("of which there are very many", () => {
    /** What was sent to each namespace within so many seconds. */
    const flooded = (evidence: Evidence) => {
      const clock = manualClock();
      const sent = new Map<string, number>();
      const results: string[] = [];
      const { record } = eventRecorder({
        ask: ({ path }) => {
          const namespace = path.split("/")[4] ?? "";
          sent.set(namespace, (sent.get(namespace) ?? 0) + 1);
          return Promise.resolve({ status: 201, body: {} });
        },
        instance: "weft-1",
        now: () => new Date(clock.now()),
        clock,
        onResult: (result) => results.push(result),
      });
      let serial = 0;
      const tell = (namespace: string, events: number): void => {
        for (let index = 0; index < events; index += 1)
          record(about(`web-${(serial += 1)}`, undefined, { namespace }), evidence);
      };
      return { clock, sent, results, tell };
    };

    it("are told at a rate, what there is no room for is dropped and counted", async () => {
      const { clock, sent, results, tell } = flooded("read");
      tell("shop", 5000);
      await clock.advance(10_000);
      expect(sent.get("shop")).to.be.within(290, 301);
      expect(results.filter((result) => result === "dropped").length).to.equal(3999);
    });

    it("leave others their turn", async () => {
      const { clock, sent, tell } = flooded("read");
      tell("evil", 5000);
      tell("shop", 10);
      tell("bank", 10);
      await clock.advance(0);
      expect([sent.get("shop"), sent.get("bank"), sent.get("evil")]).to.deep.equal([10, 10, 80]);
    });

    it("about objects that nobody has read are few, for each namespace and in all", async () => {
      const { clock, sent, tell } = flooded("claimed");
      for (let second = 0; second < 10; second += 1) {
        for (let index = 0; index < 20; index += 1) tell(`n${index}`, 100);
        await clock.advance(1000);
      }
      expect(sent.get("n0")).to.be.within(25, 30);
      const all = [...sent.values()].reduce((sum, count) => sum + count, 0);
      expect(all).to.be.within(140, 150);
    });

    it("about objects that nobody has read, in one namespace, are one in two seconds", async () => {
      const { clock, sent, tell } = flooded("claimed");
      for (let second = 0; second < 20; second += 1) {
        tell("shop", 100);
        await clock.advance(1000);
      }
      expect(sent.get("shop")).to.be.within(34, 35);
    });
  });

  it("of one uid in two namespaces are two", async () => {
    const api = fakeApi();
    await recorder(api.ask).told(about("web"), about("web", undefined, { namespace: "bank" }));
    expect(api.calls.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
      "POST /api/v1/namespaces/shop/events",
      "POST /api/v1/namespaces/bank/events",
    ]);
  });

  describe("that are not made:", () => {
    const rows: readonly [claim: string, object: Partial<EventToSend["involvedObject"]>][] = [
      ["a namespace that leads elsewhere", { namespace: "../../../apis/rbac.authorization.k8s.io/v1/clusterroles#" }],
      ["a namespace that goes up", { namespace: ".." }],
      ["a name with a query", { name: "x?dryRun=All" }],
      ["a name with a fragment", { name: "other#" }],
      ["a name that goes up", { name: ".." }],
      ["a name that is encoded", { name: "%2e%2e" }],
      ["a name that is too long", { name: "x".repeat(254) }],
      ["no name", { name: "" }],
      ["a kind that is none", { kind: "a b" }],
      ["a kind that is too long", { kind: "K".repeat(64) }],
      ["a version that is none", { apiVersion: "apps/v1/x" }],
      ["a uid that is a text", { uid: "x".repeat(65) }],
    ];
    for (const [claim, object] of rows) {
      it(claim, async () => {
        const api = fakeApi();
        const { told, results } = recorder(api.ask);
        await told(about("web", undefined, object));
        expect([api.calls, results]).to.deep.equal([[], ["dropped"]]);
      });
    }
  });

  it("have names that an API server takes, however the owner's is cut, and texts that end", async () => {
    const api = fakeApi();
    const long = ["-", ".", "b"].map((cut) => `${"a".repeat(199)}${cut}${"b".repeat(40)}`);
    await recorder(api.ask).told(...long.map((name) => about(name, "m".repeat(5000), { uid: "uid-1" })));
    const made = await eventsIn(api);
    expect(made.length).to.equal(3);
    for (const { metadata, message } of made) {
      expect(isObject(metadata) && isDnsSubdomain(String(metadata["name"]))).to.equal(true);
      expect(message).to.have.length(1024);
    }
  });
});
