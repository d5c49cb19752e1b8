import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { namespaces } from "../../../src/serve/webhook/namespaces.ts";
import type { Namespaces } from "../../../src/serve/webhook/namespaces.ts";
import type { Deadline } from "../../../src/async/until.ts";
import type { NamespaceLookup } from "../../../src/webhook/reviews/request-namespace.ts";
import { fakeApi, status } from "../../support/api-server.ts";
import type { FakeApi } from "../../support/api-server.ts";
import { manualClock, settled } from "../../support/manual-clock.ts";
import type { ManualClock } from "../../support/manual-clock.ts";

const namespace = (name: string, annotations: JsonObject = {}, labels: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, annotations, labels },
});
const asking = { "linkerd.io/inject": "enabled" };

describe("namespaces", () => {
  let fake: FakeApi;
  let clock: ManualClock;
  let ending: AbortController;
  let kept: Namespaces;
  let asked: number;
  let refused: number;
  beforeEach(async () => {
    fake = fakeApi(namespace("shop", asking));
    clock = manualClock();
    ending = new AbortController();
    asked = 0;
    refused = 0;
    kept = namespaces({
      api: fake,
      clock,
      random: () => 0.5,
      signal: ending.signal,
      onAsked: () => (asked += 1),
      onRefused: () => (refused += 1),
    });
    await settled();
  });
  afterEach(async () => {
    ending.abort();
    await kept.ended;
  });
  const soon = (): Deadline => endedBy(new AbortController());
  const endedBy = ({ signal }: AbortController): Deadline => ({ at: Infinity, signal: () => signal });
  /** The watch hears of nothing more; the server knows on. */
  const behind = (): void => fake.freeze();

  it("are what a review asks for", () => {
    const fits: NamespaceLookup = kept.namespaceNamed;
    expect(fits).to.be.a("function");
  });

  it("are known at once, without a request", () => {
    expect(kept.namespaceNamed("shop", soon())).to.deep.equal(asking);
    expect([asked, kept.size(), kept.synced(), kept.staleness()]).to.deep.equal([0, 1, true, 0]);
  });

  it("keep the annotations and labels that matter", async () => {
    const annotations = { ...asking, "linkerd.io/typo": "a", "kubectl.kubernetes.io/last-applied-configuration": "{}" };
    const labels = {
      team: "a",
      "pod-security.kubernetes.io/enforce": "baseline",
      "weft.linkerd.io/inject": "enabled",
    };
    fake.put(namespace("shop", annotations, labels));
    await settled();
    expect(kept.known("shop")).to.deep.equal({
      uid: "uid-2",
      annotations: { ...asking, "linkerd.io/typo": "a" },
      labels: { "pod-security.kubernetes.io/enforce": "baseline", "weft.linkerd.io/inject": "enabled" },
    });
  });

  it("that are not known are asked for once, by all who wait", async () => {
    behind();
    fake.put(namespace("new", asking));
    const answers = await Promise.all(Array.from({ length: 100 }, async () => kept.namespaceNamed("new", soon())));
    expect(answers.every((answer) => answer?.["linkerd.io/inject"] === "enabled")).to.equal(true);
    expect(asked).to.equal(1);
    expect(kept.namespaceNamed("new", soon()), "remembered").to.deep.equal(asking);
  });

  it("that are not there count as such for a second", async () => {
    behind();
    expect(await kept.namespaceNamed("new", soon())).to.equal(undefined);
    fake.put(namespace("new", asking));
    expect(kept.namespaceNamed("new", soon())).to.equal(undefined);
    await clock.advance(1001);
    expect(await kept.namespaceNamed("new", soon())).to.deep.equal(asking);
    expect(asked).to.equal(2);
  });

  it("that came by the watch meanwhile are not absent any more", async () => {
    expect(await kept.namespaceNamed("new", soon())).to.equal(undefined);
    fake.put(namespace("new", asking));
    await settled();
    expect(kept.namespaceNamed("new", soon())).to.deep.equal(asking);
  });

  it("are read afresh when that is asked for", async () => {
    behind();
    fake.put(namespace("shop", {}));
    expect(kept.namespaceNamed("shop", soon())).to.deep.equal(asking);
    expect(await kept.freshNamespace("shop", soon())).to.deep.equal({});
  });

  const failing = async (lookUp: unknown): Promise<string> => {
    try {
      await lookUp;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return "no failure";
  };

  it("that cannot be found out are a rejection, not an absence", async () => {
    fake.answerWith(() => status(403, "Forbidden", "may not get namespaces"));
    expect(await failing(kept.namespaceNamed("new", soon()))).to.equal("HTTP 403: may not get namespaces");
    fake.answerWith(() => undefined);
    expect(await kept.namespaceNamed("new", soon()), "asked again").to.equal(undefined);
  });

  it("are waited for until the deadline; the request goes on for others", async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    fake.answerWith(() => promise);
    behind();
    fake.put(namespace("new", asking));
    const ended = new AbortController();
    const late = failing(kept.namespaceNamed("new", endedBy(ended)));
    const patient = kept.namespaceNamed("new", soon());
    ended.abort();
    expect(await late).to.equal("no answer in time");
    resolve(undefined);
    expect(await patient).to.deep.equal(asking);
    expect(asked).to.equal(1);
    await settled();
  });

  it("are answered for while the watch is broken, and how old that is can be seen", async () => {
    fake.answerWith(() => {
      throw new Error("connection refused");
    });
    fake.endWatches(new Error("cut"));
    await clock.advance(120_000);
    expect(kept.namespaceNamed("shop", soon())).to.deep.equal(asking);
    expect([kept.staleness(), kept.synced()]).to.deep.equal([120, true]);
  });

  it("with a name that no namespace has are not asked for", async () => {
    for (const name of ["", ".", "..", "a.b", "../secrets", "VICTIM", "__proto__", "a?b", "\ud800", "a".repeat(64)]) {
      expect(await kept.namespaceNamed(name, soon())).to.equal(undefined);
      expect(await kept.freshNamespace(name, soon())).to.equal(undefined);
    }
    expect([asked, fake.calls.filter(({ query }) => query === undefined)]).to.deep.equal([0, []]);
  });

  it("that nobody knows are asked for at a rate; a new one comes by the watch all the same", async () => {
    const answers: string[] = [];
    for (let index = 0; index < 1000; index += 1) answers.push(await failing(kept.namespaceNamed(`n${index}`, soon())));
    expect([asked, refused]).to.deep.equal([200, 800]);
    expect(answers.at(-1)).to.equal("too many namespaces are looked up now");
    fake.put(namespace("new", asking));
    await settled();
    expect(kept.namespaceNamed("new", soon())).to.deep.equal(asking);
    expect(kept.namespaceNamed("shop", soon())).to.deep.equal(asking);
    await clock.advance(1000);
    for (let index = 0; index < 1000; index += 1) await failing(kept.namespaceNamed(`m${index}`, soon()));
    expect(asked).to.equal(250);
  });
});
