import { expect } from "chai";
import fc from "fast-check";
import type { WatchApi, WatchEvent } from "../../src/kube/api.ts";
import type { PiecesOfWork } from "../../src/async/pieces-of-work.ts";
import { linesOf, defaultText } from "../../src/kube/bounded-text.ts";
import { requests } from "../../src/kube/requests.ts";
import { watcher } from "../../src/kube/watches.ts";
import { listening } from "../support/listening.ts";
import type { Handler, Listening } from "../support/listening.ts";
import { anyCharacter } from "../support/properties.ts";

async function* chunksOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const places = [0, ...[...cuts].map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  for (const [index, end] of places.entries()) if (index > 0) yield bytes.subarray(places[index - 1], end);
}

describe("lines of a watch", () => {
  it("are the same however the bytes are cut", async () => {
    const line = fc.string({ unit: anyCharacter, minLength: 1 }).map((text) => JSON.stringify({ text }));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat(500)), async (lines, cuts) => {
        const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(""));
        const read: string[] = [];
        for await (const each of linesOf(chunksOf(bytes, cuts), defaultText())) read.push(each);
        expect(read).to.deep.equal(lines.map((each) => Buffer.from(each).toString()));
      }),
    );
  });

  it("may be long", async () => {
    const bytes = Buffer.from(`${"x".repeat(4_000_000)}\n`);
    const cuts = Array.from({ length: 400 }, (_, index) => index * 10_000);
    const read: string[] = [];
    for await (const each of linesOf(chunksOf(bytes, cuts), defaultText())) read.push(each);
    expect(read.map(({ length }) => length)).to.deep.equal([4_000_000]);
  });
});

describe("a watch", () => {
  let server: Listening;
  afterEach(() => server.close());
  const watchOf = async (
    handle: Handler,
    silence?: { readonly atFirst: number; readonly later: number },
    pieces?: Pick<PiecesOfWork, "rest">,
  ): Promise<WatchApi> => {
    server = await listening(handle);
    const credentials = { headers: {}, tls: { ca: server.ca } };
    const access = { server: server.url, credentials: () => Promise.resolve(credentials), renew: () => undefined };
    return watcher(access, requests(access), defaultText(), silence, pieces);
  };
  const event = { type: "ADDED", object: { metadata: { name: "a" } } };

  it("tells its events as they come, until the server ends it", async () => {
    const watch = await watchOf((request, response) => {
      response.write(`${JSON.stringify({ ...event, object: { url: request.url ?? "" } })}\n`);
      setTimeout(() => response.end(`${JSON.stringify(event)}\n`), 5);
    });
    const seen: WatchEvent[] = [];
    await watch(
      { path: "/api/v1/namespaces", query: { resourceVersion: "7" } },
      (each) => seen.push(each),
      new AbortController().signal,
    );
    expect(seen).to.deep.equal([
      { type: "ADDED", object: { url: "/api/v1/namespaces?resourceVersion=7&watch=true" } },
      event,
    ]);
  });

  it("tells thousands of events that come at once in pieces", async () => {
    let told = 0;
    const rests: number[] = [];
    const rest = (): Promise<void> | undefined => {
      if (told === 0 || told % 100 > 0 || rests.at(-1) === told) return undefined;
      rests.push(told);
      return new Promise((resolve) => void setImmediate(resolve));
    };
    const lines = `${JSON.stringify(event)}\n`.repeat(1_000);
    const watch = await watchOf((_, response) => void response.end(lines), undefined, { rest });
    await watch({ path: "/" }, () => (told += 1), new AbortController().signal);
    expect([told, rests]).to.deep.equal([1_000, [100, 200, 300, 400, 500, 600, 700, 800, 900]]);
  });

  it("tells a refusal as an event", async () => {
    const watch = await watchOf((_, response) => {
      response.writeHead(410).end(JSON.stringify({ kind: "Status", reason: "Expired" }));
    });
    const seen: WatchEvent[] = [];
    await watch({ path: "/" }, (each) => seen.push(each), new AbortController().signal);
    expect(seen).to.deep.equal([{ type: "ERROR", object: { kind: "Status", reason: "Expired", code: 410 } }]);
  });

  const hanging: Handler = (_, response) => void response.write(`${JSON.stringify(event)}\n`);
  const broken = async (watch: WatchApi, signal: AbortSignal, then?: () => void): Promise<string> => {
    try {
      await watch({ path: "/" }, () => then?.(), signal);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return "not broken";
  };

  it("breaks when it is silent for too long", async () => {
    const watch = await watchOf(hanging, { atFirst: 60_000, later: 30 });
    expect(await broken(watch, new AbortController().signal)).to.equal(`cannot reach ${server.url}: no answer in time`);
  });

  it("breaks with the connection, and when it is ended", async () => {
    const watch = await watchOf(hanging);
    const controller = new AbortController();
    expect(await broken(watch, controller.signal, server.cut)).to.match(
      /^cannot reach .*: (the connection was closed|aborted)$/,
    );
    expect(await broken(watch, controller.signal, () => controller.abort(new Error("enough")))).to.equal("enough");
  });

  it("breaks sooner when its answer does not even begin, and only then", async () => {
    let begins = false;
    const watch = await watchOf(
      (_, response) => {
        if (begins) response.flushHeaders();
        setTimeout(() => void response.end(), 300);
      },
      { atFirst: 100, later: 60_000 },
    );
    const seen = async (): Promise<string> =>
      watch({ path: "/" }, () => undefined, new AbortController().signal).then(
        () => "ended",
        (error: unknown) => String(error),
      );
    expect(await seen()).to.equal(`Error: cannot reach ${server.url}: no answer in time`);
    begins = true;
    expect(await seen()).to.equal("ended");
  });
});
