/** Who sends too much, too slowly or too many, and what becomes of the others. */
import { expect } from "chai";
import { once } from "node:events";
import type { TLSSocket } from "node:tls";
import { setImmediate as turn } from "node:timers/promises";
import { entries } from "../../src/core/registration/entries.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import { objectOr, pod } from "../support/injection.ts";
import { answersWith, reviewOf } from "../support/reviews.ts";
import { answerOn, connected, echo, exchange, post, serving } from "../support/serving.ts";
import type { Serving } from "../support/serving.ts";

const head = "POST / HTTP/1.1\r\nHost: weft\r\nContent-Type: application/json\r\n";
const lineOf = (answer: string): string => answer.split("\r\n", 1)[0] ?? "";
const bodyOf = (answer: string): JsonObject =>
  objectOr(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as Json);

describe("the webhook among crowds", () => {
  let open: Serving | undefined;
  const start = async (...given: Parameters<typeof serving>): Promise<Serving> => (open = await serving(...given));
  const sockets: TLSSocket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await open?.stop();
    open = undefined;
  });
  const sending = async (on: Serving, bytes: string): Promise<TLSSocket> => {
    const socket = await connected(on);
    sockets.push(socket.on("error", () => undefined));
    socket.write(bytes);
    return socket;
  };
  const inFlight = async (on: Serving, count: number): Promise<void> => {
    while (on.server.inFlight() !== count) await turn();
  };

  const turns = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left -= 1) await turn();
  };

  it("bodies that never come turn away nobody whose review is complete", async () => {
    const on = await start(echo, { arriving: 3, arrivingOfOne: 3, inFlight: 1 });
    for (let count = 1; count <= 3; count += 1) {
      await sending(on, `${head}Content-Length: 9\r\n\r\n{`);
      await inFlight(on, count);
    }
    expect(lineOf(await exchange(on, post("{}")))).to.equal("HTTP/1.1 200 OK");
    expect(on.events).to.deep.equal(["refused 408", "answered 200 u-1"]);
  });

  it("the slowest of them is cut off, with an answer", async () => {
    const on = await start(echo, { arriving: 1 });
    const first = await sending(on, `${head}Content-Length: 9\r\n\r\n{`);
    await inFlight(on, 1);
    const answer = answerOn(first);
    await sending(on, `${head}Content-Length: 9\r\n\r\n{`);
    expect(await answer).to.match(/^HTTP\/1.1 408 [^]*Connection: close/);
  });

  it("a body has to come in time, whatever the deadline of its review", async () => {
    const on = await start(echo, { bodyPatience: 20 });
    expect(lineOf(await exchange(on, `${head}Content-Length: 9\r\n\r\n{`))).to.equal("HTTP/1.1 408 Request Timeout");
  });

  it("a body in pieces of a byte is cut off", async () => {
    const on = await start(echo, { pieces: 100, pieceBytes: 256 });
    const pieces = (count: number): string => `${head}Transfer-Encoding: chunked\r\n\r\n${"1\r\n \r\n".repeat(count)}`;
    expect(lineOf(await exchange(on, `${pieces(100)}0\r\n\r\n`))).to.equal("HTTP/1.1 200 OK");
    expect(await exchange(on, pieces(1000))).to.match(/^HTTP\/1.1 400 [^]*comes in too many pieces/);
  });

  const large: readonly [claim: string, body: string, message: string][] = [
    ["values", `[${"1,".repeat(100_000)}1]`, "the review has more than 100000 values"],
    ["depth", `${"[".repeat(101)}${"]".repeat(101)}`, "the review has more than 100 lists and objects in another"],
    [
      "depth in a long one",
      " ".repeat(70_000) + "[".repeat(101),
      "the review has more than 100 lists and objects in another",
    ],
  ];
  for (const [claim, body, message] of large) {
    it(`a review of too many bounds its ${claim} before it is parsed`, async () => {
      const on = await start();
      const answer = await exchange(on, post(body));
      expect([lineOf(answer), bodyOf(answer)["message"]]).to.deep.equal(["HTTP/1.1 413 Payload Too Large", message]);
    });
  }

  it("what a broken connection asked gives its place away at once", async () => {
    const on = await start(() => new Promise<never>(() => undefined), { inFlight: 2 });
    const of = (namespace: string): string => post(JSON.stringify({ request: { namespace } }));
    await sending(on, of("a"));
    await inFlight(on, 1);
    const broken = await sending(on, of("a"));
    await inFlight(on, 2);
    await turns(20);
    broken.write("no request\r\n\r\n");
    while (on.events.length === 0) await turn();
    // The last of those who hold most has been answered already: once the process looked for another for ever.
    await sending(on, of("b"));
    await inFlight(on, 3);
    await turns(20);
    expect(on.events).to.deep.equal(["refused 400"]);
  });

  it("small reviews are answered before large ones that wait for their turn", async () => {
    const order: string[] = [];
    const on = await start(async (body) => {
      order.push(body.length > 100_000 ? "large" : "small");
      return { status: 200, body: "{}" };
    });
    const [one, other, small] = [await connected(on), await connected(on), await connected(on)];
    sockets.push(one, other, small);
    const answers = [one, other, small].map(answerOn);
    for (const socket of [one, other]) socket.write(post(`"${" ".repeat(200_000)}"`));
    await inFlight(on, 2);
    small.write(post("{}"));
    for (const answer of await Promise.all(answers)) expect(lineOf(answer)).to.equal("HTTP/1.1 200 OK");
    expect(order.filter((each) => each === "large")).to.have.length(2);
    expect(order).to.include("small");
  });

  it("too many complete reviews cost whoever has most the last one", async () => {
    const first = Promise.withResolvers<void>();
    const on = await start(async () => (await first.promise, { status: 200, body: "{}" }), { inFlight: 2 });
    const review = (namespace: string): string => post(`{"request":{"uid":"1","namespace":"${namespace}"}}`, "/inject");
    const [one, two] = [await sending(on, review("evil")), await connected(on)];
    sockets.push(two);
    await inFlight(on, 1);
    const answers = [one, two].map(answerOn);
    two.write(review("evil"));
    await inFlight(on, 2);
    const good = exchange(on, review("shop"));
    expect(await answers[1]).to.match(/^HTTP\/1.1 503 [^]*Retry-After: 1\r\n/);
    first.resolve();
    expect([lineOf(await good), lineOf((await answers[0]) ?? "")]).to.deep.equal([
      "HTTP/1.1 200 OK",
      "HTTP/1.1 200 OK",
    ]);
  });

  it("a connection without a request gives way to another one", async () => {
    const connections = { open: 2, openOfOne: 2, reserved: 0, perSecond: 1000, waiting: 10 };
    const on = await start(echo, { connections });
    const silent = await sending(on, "");
    const closed = once(silent.resume(), "close");
    const busy = await sending(on, `${head}Content-Length: 2\r\n\r\n{`);
    await inFlight(on, 1);
    expect(lineOf(await exchange(on, post("{}")))).to.equal("HTTP/1.1 200 OK");
    await closed;
    const answer = answerOn(busy);
    busy.write("}");
    expect(lineOf(await answer)).to.equal("HTTP/1.1 200 OK");
    expect(on.server.connections.turnedAway.says()).to.match(/since the start 1 for \w+$/);
  });

  describe("what no API server stores is let through as it came, with a warning", () => {
    const annotations = { "linkerd.io/inject": "enabled", x: "y".repeat(262_144) };
    for (const { path } of Object.values(entries)) {
      it(path, async () => {
        const on = await start(answersWith());
        const answer = bodyOf(await exchange(on, post(reviewOf(pod({ annotations })), path)));
        expect(answer["response"]).to.deep.equal({
          uid: objectOr(answer["response"])["uid"],
          allowed: true,
          warnings: ["pod/web: weft leaves it alone: it has 262169 bytes of annotations, an API server stores 262144"],
        });
      });
    }
    it("also where only weft's own annotations are too much", async () => {
      const on = await start(answersWith());
      const own = { "linkerd.io/inject": "enabled", x: "y".repeat(262_144 - 25) };
      const answer = bodyOf(await exchange(on, post(reviewOf(pod({ annotations: own })), "/inject")));
      expect(objectOr(answer["response"])["patch"]).to.equal(undefined);
      expect(JSON.stringify(answer)).to.include("it would have 262");
    });
  });
});
