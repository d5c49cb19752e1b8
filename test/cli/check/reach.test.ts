import { expect } from "chai";
import { reachOf } from "../../../src/cli/check/reach.ts";
import type { Reach } from "../../../src/cli/check/reach.ts";
import type { ApiAnswer, ApiCall } from "../../../src/kube/api.ts";

const now = new Date("2026-03-01T12:00:00Z");
const reach = (
  ask: (call: ApiCall) => ApiAnswer | Promise<ApiAnswer>,
  limits?: Parameters<typeof reachOf>[0]["limits"],
) =>
  reachOf({
    api: { server: "https://a:1", ask: async (call) => ask(call) },
    clock: () => now,
    ...(limits === undefined ? {} : { limits }),
  });
const object = (found: Reach) => found.object("Pod web", "/api/v1/namespaces/shop/pods/web");
const page = (found: Reach) => found.page("/readyz of web", "/proxy/readyz");

const status = (message: string) => ({ kind: "Status", message });

describe("questions to an API server", () => {
  const rows: readonly [claim: string, answer: ApiAnswer, ask: (reach: Reach) => Promise<unknown>, fact: unknown][] = [
    ["an object is a value", { status: 200, body: { kind: "Pod" } }, object, { kind: "known", value: { kind: "Pod" } }],
    [
      "what is not there is absent",
      { status: 404, body: status("not found") },
      object,
      { kind: "absent", what: "Pod web", text: "not found" },
    ],
    [
      "401 and 403 are forbidden",
      { status: 403, body: status("not you") },
      object,
      { kind: "forbidden", what: "Pod web", text: "not you" },
    ],
    [
      "what is not an object is refused, in the words that there are",
      { status: 502, body: null, text: "<html>" },
      object,
      { kind: "refused", what: "Pod web", text: "HTTP 502" },
    ],
    ["a page is a text", { status: 200, body: null, text: "ok\n" }, page, { kind: "known", value: "ok\n" }],
    [
      "a page of who is not ready is a text",
      { status: 503, body: null, text: "[-]webhook draining\n" },
      page,
      { kind: "known", value: "[-]webhook draining\n" },
    ],
    [
      "a page that the API server itself refuses is none",
      { status: 503, body: status("no route to host") },
      page,
      { kind: "refused", what: "/readyz of web", text: "no route to host" },
    ],
    [
      "a dry run gives its warnings",
      { status: 201, body: { kind: "Pod" }, warnings: ["careful"] },
      (found) => found.post("a pod", "/pods", {}, { dryRun: "All" }),
      { kind: "known", value: { object: { kind: "Pod" }, warnings: ["careful"] } },
    ],
    [
      "the server's clock stands between ours",
      { status: 200, body: { gitVersion: "v1.34.1" }, date: "Sun, 01 Mar 2026 12:00:01 GMT" },
      (found) => found.server(),
      {
        kind: "known",
        value: {
          url: "https://a:1",
          version: "v1.34.1",
          clock: { server: new Date("2026-03-01T12:00:01Z"), before: now, after: now },
        },
      },
    ],
    [
      "a server without a clock has a version all the same",
      { status: 200, body: { gitVersion: "v1.34.1" } },
      (found) => found.server(),
      { kind: "known", value: { url: "https://a:1", version: "v1.34.1" } },
    ],
  ];
  for (const [claim, answer, ask, fact] of rows) {
    it(claim, async () => {
      expect(await ask(reach(() => answer))).to.deep.equal(fact);
    });
  }

  it("who does not answer is silent", async () => {
    const silent = reach(() => Promise.reject(new Error("connect ECONNREFUSED 127.0.0.1:1")));
    expect(await object(silent)).to.deep.equal({
      kind: "silent",
      what: "Pod web",
      text: "connect ECONNREFUSED 127.0.0.1:1",
    });
  });

  it("a list is read page by page, with what was asked of it", async () => {
    const calls: ApiCall[] = [];
    const found = reach((call) => {
      calls.push(call);
      const isFirst = call.query?.["continue"] === undefined;
      return {
        status: 200,
        body: { metadata: isFirst ? { continue: "more" } : {}, items: [{ kind: isFirst ? "A" : "B" }] },
      };
    });
    expect(await found.list("things", "/things", { query: { labelSelector: "a=b" } })).to.deep.equal({
      kind: "known",
      value: [{ kind: "A" }, { kind: "B" }],
    });
    expect(calls.map(({ query }) => query)).to.deep.equal([
      { labelSelector: "a=b", limit: "500" },
      { labelSelector: "a=b", limit: "500", continue: "more" },
    ]);
  });

  it("a list of which a later page is refused is refused", async () => {
    const found = reach(({ query }) =>
      query?.["continue"] === undefined
        ? { status: 200, body: { metadata: { continue: "more" }, items: [{}] } }
        : { status: 410, body: status("expired") },
    );
    expect(await found.list("things", "/things")).to.deep.equal({ kind: "refused", what: "things", text: "expired" });
  });

  it("no more are under way than may be, and all are answered", async () => {
    let inFlight = 0;
    let most = 0;
    const found = reach(
      async () => {
        most = Math.max(most, (inFlight += 1));
        await new Promise((resolve) => setImmediate(resolve));
        inFlight -= 1;
        return { status: 200, body: {} };
      },
      { atOnce: 3, answerWithin: 1000 },
    );
    const facts = await Promise.all(Array.from({ length: 20 }, () => object(found)));
    expect(facts.filter(({ kind }) => kind === "known")).to.have.length(20);
    expect(most).to.equal(3);
  });

  it("an answer is waited for no longer than may be", async () => {
    const found = reach(
      ({ signal }) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
      {
        atOnce: 1,
        answerWithin: 5,
      },
    );
    // The second has its turn only when the first has given up.
    const facts = await Promise.all([object(found), object(found)]);
    expect(facts.map(({ kind }) => kind)).to.deep.equal(["silent", "silent"]);
  });
});
