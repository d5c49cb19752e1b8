import { expect } from "chai";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import type { ApiAnswer, KubeApi, WatchEvent } from "../../src/kube/api.ts";
import { TooMuch } from "../../src/kube/bounded-text.ts";
import { backOff } from "../../src/async/back-off.ts";
import { textOf } from "../../src/kube/metadata.ts";
import { placesIn } from "../../src/kube/places.ts";
import { reflect } from "../../src/kube/reflector.ts";
import { room } from "../../src/kube/room.ts";
import { HeldValues } from "../../src/kube/store.ts";
import type { Reflected, ReflectorOptions } from "../../src/kube/reflector.ts";
import { fakeApi, status } from "../support/api-server.ts";
import type { FakeApi } from "../support/api-server.ts";
import { piecesOfWork } from "../../src/async/pieces-of-work.ts";
import { manualClock, settled } from "../support/manual-clock.ts";
import type { ManualClock } from "../support/manual-clock.ts";

const path = "/api/v1/namespaces";
const namespace = (name: string, uid = name): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, uid },
});

describe("a collection kept", () => {
  let fake: FakeApi;
  let clock: ManualClock;
  let ending: AbortController;
  let failures: string[];
  let lists: number;
  let kept: Reflected<string>;
  const start = async (...objects: readonly JsonObject[]): Promise<void> => {
    fake = fakeApi(...objects);
    begin();
    await settled();
  };
  const begin = (more: Partial<ReflectorOptions<string>> = {}): void => {
    clock = manualClock();
    ending = new AbortController();
    failures = [];
    lists = 0;
    kept = reflect({
      api: fake,
      path,
      keep: (metadata) => textOf(metadata, "uid"),
      clock,
      random: () => 0.5,
      signal: ending.signal,
      onFailure: ({ message }) => failures.push(message),
      onListed: () => (lists += 1),
      ...more,
    });
  };
  afterEach(async () => {
    ending.abort();
    await kept.ended;
    expect(fake.watches(), "watches left open").to.equal(0);
    expect(clock.waits(), "waits left").to.deep.equal([]);
  });

  it("is there after one list, read in pages, metadata alone", async () => {
    await start(...Array.from({ length: 1201 }, (_, index) => namespace(`n${index}`)));
    expect(kept.synced()).to.equal(true);
    expect(kept.size()).to.equal(1201);
    const pages = fake.calls.filter(({ query }) => query?.["limit"] === "500");
    expect(pages.length).to.equal(3);
    expect(pages.every(({ accept }) => accept?.includes("as=PartialObjectMetadataList"))).to.equal(true);
    expect(lists).to.equal(1);
  });

  it("follows what is made, changed and deleted", async () => {
    await start(namespace("a"));
    fake.put(namespace("b"));
    await settled();
    expect(kept.get("b")).to.equal("b");
    fake.remove(`${path}/a`);
    fake.remove(`${path}/b`);
    fake.put(namespace("b", "again"));
    await settled();
    expect([kept.get("a"), kept.get("b"), kept.size()]).to.deep.equal([undefined, "again", 1]);
  });

  it("goes on from where it was when the server ends a watch", async () => {
    await start(namespace("a"));
    await clock.advance(240_000 - 100_000);
    fake.put(namespace("b"));
    await settled();
    fake.endWatches();
    fake.put(namespace("c"));
    await settled();
    expect([kept.get("b"), kept.get("c")]).to.deep.equal(["b", "c"]);
    expect([lists, failures]).to.deep.equal([1, []]);
  });

  it("goes on after a pause when a watch breaks, without a list", async () => {
    await start();
    fake.endWatches(new Error("cut"));
    await settled();
    fake.put(namespace("a"));
    await settled();
    expect([kept.get("a"), failures]).to.deep.equal([undefined, ["cut"]]);
    await clock.advance(500);
    expect([kept.get("a"), lists]).to.deep.equal(["a", 1]);
  });

  it("lists again at once when the server has forgotten its version, and drops what has gone meanwhile", async () => {
    await start(namespace("a"));
    fake.put(namespace("b"));
    await settled();
    fake.answerWith(({ query }) => (query?.["watch"] === "true" ? status(500, "InternalError", "no") : undefined));
    fake.endWatches(new Error("cut"));
    await settled();
    fake.remove(`${path}/a`);
    fake.compact();
    fake.answerWith(() => undefined);
    await clock.advance(500);
    expect([kept.get("a"), kept.get("b"), lists]).to.deep.equal([undefined, "b", 2]);
  });

  it("does not list in a loop when the server forgets at once what it has listed", async () => {
    await start(namespace("a"));
    fake.answerWith(({ query }) => (query?.["watch"] === "true" ? status(410, "Expired", "too old") : undefined));
    fake.endWatches(new Error("cut"));
    await clock.advance(60_000);
    // Pauses of 0.4, 0.75, 1.5, 3, 6, 12, 22.5 s …
    expect(lists).to.be.within(4, 10);
    fake.answerWith(() => undefined);
    await clock.advance(60_000);
    fake.put(namespace("b"));
    await settled();
    expect(kept.get("b")).to.equal("b");
  });

  describe("asks seldom in the long run, and says why,", () => {
    const watched = (answer: Partial<KubeApi>) => (): Partial<ReflectorOptions<string>> => ({
      api: { ask: fake.ask, watch: fake.watch, ...answer },
    });
    let serial: number;
    const bookmark = (): WatchEvent => ({
      type: "BOOKMARK",
      object: { metadata: { resourceVersion: String((serial += 1)) } },
    });
    const gone: WatchEvent = { type: "ERROR", object: { code: 410, message: "too old" } };
    const page = (items: readonly JsonObject[]): ApiAnswer => ({
      status: 200,
      body: { metadata: { resourceVersion: "5", continue: String((serial += 1)) }, items: [...items] },
    });
    const answering = (answer: () => ApiAnswer) => watched({ ask: async () => answer(), watch: async () => undefined });
    const rows: readonly [claim: string, api: () => Partial<ReflectorOptions<string>>, words: string][] = [
      [
        "a server that ends each watch after a bookmark",
        watched({ watch: async (_, onEvent) => onEvent(bookmark()) }),
        `watching ${path}: the server ended it too soon`,
      ],
      [
        "one that ends each watch without a word",
        watched({ watch: async () => undefined }),
        `watching ${path}: the server ended it too soon`,
      ],
      [
        "one that forgets after each event",
        watched({
          watch: async (_, onEvent) => {
            onEvent(bookmark());
            onEvent(gone);
          },
        }),
        `watching ${path}: HTTP 410: too old`,
      ],
      [
        "one that sends an event and then no JSON",
        watched({
          watch: async (_, onEvent) => {
            onEvent(bookmark());
            throw new Error("Unexpected token");
          },
        }),
        "Unexpected token",
      ],
      [
        "one whose list goes on with the same object",
        answering(() => page([namespace("a")])),
        `listing ${path}: a page brought nothing new, and there would be more`,
      ],
      [
        "one whose list goes on with nothing",
        answering(() => page([])),
        `listing ${path}: a page brought nothing new, and there would be more`,
      ],
      [
        "one whose list goes on with ever more objects",
        answering(() => page([namespace(`n${serial}`)])),
        `listing ${path}: more than 1000000 objects asked for`,
      ],
      [
        "one that has forgotten what it lists",
        answering(() => status(410, "Expired", "too old")),
        `listing ${path}: HTTP 410: too old`,
      ],
      ["one that sends elsewhere", answering(() => ({ status: 302, body: null })), `listing ${path}: HTTP 302`],
      [
        "one that is busy and asks to be asked at once",
        answering(() => ({ status: 429, body: null, retryAfter: 0 })),
        `listing ${path}: HTTP 429`,
      ],
    ];
    for (const [claim, more, words] of rows) {
      it(claim, async () => {
        serial = 1000;
        fake = fakeApi(namespace("a"));
        begin(more());
        await clock.advance(10 * 60_000);
        // Pauses of 0.4, 0.75, 1.5, 3, 6, 12, 22.5 s …
        expect(failures.length).to.be.within(10, 40);
        expect(new Set(failures)).to.deep.equal(new Set([words]));
      });
    }

    it("one that is busy for some time, as long as it asks for", async () => {
      const asked: number[] = [];
      fake = fakeApi();
      fake.answerWith(() => {
        asked.push(clock.now());
        return { status: 429, body: null, retryAfter: 20 };
      });
      begin();
      await clock.advance(70_000);
      expect(asked).to.deep.equal([0, 20_000, 40_000, 60_000]);
    });

    it("one that is busy for ever, a minute", async () => {
      fake = fakeApi();
      fake.answerWith(() => ({ status: 503, body: null, retryAfter: 999_999_999 }));
      begin();
      await clock.advance(150_000);
      expect(fake.calls.length).to.equal(3);
    });
  });

  it("holds as many bytes as there is room for, and keeps what it has", async () => {
    const large = (name: string, length: number): JsonObject => namespace(name, "u".repeat(length));
    fake = fakeApi(large("a", 4000));
    const watch: KubeApi["watch"] = async (_, onEvent) => {
      for (const name of ["b", "c"]) onEvent({ type: "ADDED", object: large(name, 4000) });
    };
    begin({ places: placesIn(room(10_000)), api: { ask: fake.ask, watch } });
    await settled();
    const words = "more is to be kept than there is room for";
    expect([kept.size(), kept.get("b")?.length, failures]).to.deep.equal([2, 4000, [words]]);
  });

  it("is read in smaller pages where one is too large", async () => {
    fake = fakeApi(...Array.from({ length: 90 }, (_, index) => namespace(`n${index}`)));
    fake.answerWith(({ query }) => {
      if (Number(query?.["limit"] ?? 0) > 40) throw new TooMuch("more than 32 MiB in one piece");
      return undefined;
    });
    begin();
    await settled();
    expect([kept.size(), failures]).to.deep.equal([90, []]);
    const limits = fake.calls.flatMap(({ query }) => query?.["limit"] ?? []);
    expect(limits).to.deep.equal(["500", "125", "32", "32", "32"]);
  });

  it("is read in larger pages again behind a few large objects", async () => {
    fake = fakeApi(...Array.from({ length: 1_500 }, (_, index) => namespace(`n${String(index).padStart(4, "0")}`)));
    fake.answerWith(({ query }) => {
      const isFirst = query?.["continue"] === undefined && query?.["watch"] === undefined;
      if (isFirst && Number(query?.["limit"]) > 2) throw new TooMuch("more than 4 MiB in one piece");
      return undefined;
    });
    begin();
    await settled();
    const limits = new Set(fake.calls.flatMap(({ query }) => query?.["limit"] ?? []));
    expect([kept.size(), failures]).to.deep.equal([1_500, []]);
    expect([...limits]).to.deep.equal(["500", "125", "32", "8", "2", "4", "16", "64", "128"]);
  });

  it("is taken up in pieces, however many objects a list has", async () => {
    fake = fakeApi(...Array.from({ length: 1_000 }, (_, index) => namespace(`n${index}`)));
    let steps = 0;
    const isLong = () => {
      const began = steps;
      return () => steps - began >= 50;
    };
    let most = 0;
    let before = 0;
    const pieces = piecesOfWork(isLong, (run) =>
      setImmediate(() => {
        most = Math.max(most, steps - before);
        before = steps;
        run();
      }),
    );
    const held = new HeldValues<string>(() => (steps += 1));
    const keep = (metadata: JsonObject): string => {
      steps += 1;
      return textOf(metadata, "uid");
    };
    begin({ holder: held, keep, pieces });
    while (!kept.synced()) await settled();
    expect([kept.size(), steps, most]).to.deep.equal([1_000, 2_000, 50]);
  });

  it("opens a silent watch anew; bookmarks are no silence", async () => {
    await start();
    for (let minute = 0; minute < 5; minute += 1) {
      await clock.advance(60_000);
      fake.bookmark();
    }
    expect([failures, kept.silence()]).to.deep.equal([[], 0]);
    fake.freeze();
    fake.put(namespace("a"));
    await clock.advance(149_000);
    expect([kept.get("a"), kept.silence()]).to.deep.equal([undefined, 149_000]);
    await clock.advance(2000);
    expect(failures).to.deep.equal(["a watch was silent for 150 s"]);
    expect([kept.get("a"), lists]).to.deep.equal(["a", 1]);
  });

  it("a watch that never told anything is no failure: a list tells whether the server is there", async () => {
    await start();
    await clock.advance(151_000);
    expect([lists, failures]).to.deep.equal([2, []]);
    expect(kept.silence()).to.be.lessThan(2000);
    fake.freeze();
    fake.put(namespace("a"));
    await clock.advance(151_000);
    expect([kept.get("a"), lists, failures]).to.deep.equal(["a", 3, []]);
    fake.freeze();
    fake.answerWith(() => {
      throw new Error("no route to host");
    });
    await clock.advance(151_000);
    expect([lists, failures[0]]).to.deep.equal([3, "no route to host"]);
  });

  it("lists anew from time to time", async () => {
    await start();
    for (let minute = 0; minute < 40; minute += 1) {
      await clock.advance(60_000);
      fake.bookmark();
      if (minute % 4 === 3) fake.endWatches();
      await settled();
    }
    expect([lists, failures]).to.deep.equal([2, []]);
  });

  it("keeps what it has, and tries again ever less often, while the server is away", async () => {
    await start(namespace("a"));
    fake.answerWith(() => {
      throw new Error("cannot reach https://fake: connection refused");
    });
    fake.endWatches(new Error("cut"));
    await clock.advance(120_000);
    expect(kept.get("a")).to.equal("a");
    expect(failures.length).to.be.within(8, 12);
    fake.answerWith(() => undefined);
    fake.put(namespace("b"));
    await clock.advance(30_000);
    expect(kept.get("b")).to.equal("b");
  });

  it("asks for whole objects where they are wanted", async () => {
    fake = fakeApi({ ...namespace("a"), spec: { finalizers: ["one"] } });
    begin({ whole: true, keep: (object) => JSON.stringify(object["spec"]) });
    await settled();
    expect([kept.get("a"), fake.calls.map(({ accept }) => accept)]).to.deep.equal([
      '{"finalizers":["one"]}',
      [undefined, undefined],
    ]);
  });

  it("tells what has changed, by a watch or by a list, and nothing else", async () => {
    fake = fakeApi(namespace("a"), namespace("b"));
    const changes: string[] = [];
    begin({ holder: new HeldValues((key, value) => changes.push(`${key}=${value ?? "gone"}`)) });
    await settled();
    fake.put({ ...namespace("b"), metadata: { name: "b", uid: "b", labels: { not: "kept" } } });
    fake.put(namespace("c"));
    fake.remove(`${path}/a`);
    await settled();
    expect(changes).to.deep.equal(["a=a", "b=b", "c=c", "a=gone"]);
    changes.length = 0;
    fake.answerWith(({ query }) => (query?.["watch"] === "true" ? status(500, "InternalError", "no") : undefined));
    fake.endWatches(new Error("cut"));
    await settled();
    fake.remove(`${path}/b`);
    fake.put(namespace("d"));
    fake.compact();
    fake.answerWith(() => undefined);
    await clock.advance(500);
    expect([changes, lists]).to.deep.equal([["d=d", "b=gone"], 2]);
  });

  it("holds its values where it is told to, and has each compared there once", async () => {
    const held = new HeldValues<string>();
    const compared: string[] = [];
    const change: typeof held.change = (key, value) => {
      compared.push(`${key}=${value ?? "gone"}`);
      return held.change(key, value);
    };
    const noted = (name: string, note: string) => ({ ...namespace(name), metadata: { name, note } });
    fake = fakeApi(noted("a", "1"));
    begin({ holder: { get: held.get, change }, keep: (metadata) => textOf(metadata, "note") });
    await settled();
    fake.put(noted("a", "2"));
    fake.put(noted("b", "1"));
    fake.remove(`${path}/b`);
    await settled();
    expect(compared).to.deep.equal(["a=1", "a=2", "b=1", "b=gone"]);
    expect([held.get("a"), kept.get("a"), kept.size()]).to.deep.equal(["2", "2", 1]);
  });

  it("is not there before the first list came through", async () => {
    fake = fakeApi(namespace("a"));
    fake.answerWith(({ query }) => (query?.["watch"] === "true" ? undefined : status(403, "Forbidden", "no list")));
    begin();
    await settled();
    expect([kept.synced(), kept.silence()]).to.deep.equal([false, Infinity]);
    expect(failures).to.deep.equal([`listing ${path}: HTTP 403: no list`]);
    fake.answerWith(() => undefined);
    await clock.advance(500);
    expect(kept.synced()).to.equal(true);
  });
});

describe("the pause after failures", () => {
  const rows: readonly [failures: number, random: number, expected: number][] = [
    [1, 0, 250],
    [1, 1, 500],
    [3, 1, 2000],
    [7, 1, 30_000],
    [10_000, 0, 15_000],
  ];
  for (const [failures, random, expected] of rows) {
    it(`is ${expected} ms after ${failures}, by the chance ${random}`, () => {
      expect(backOff(failures, () => random, { first: 500, most: 30_000 })).to.equal(expected);
    });
  }
});
