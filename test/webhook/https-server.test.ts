import { expect } from "chai";
import { once } from "node:events";
import { connect } from "node:tls";
import { setTimeout as after } from "node:timers/promises";
import { entries } from "../../src/core/registration/entries.ts";
import { reviewPaths } from "../../src/webhook/paths.ts";
import { answerOn, connected, echo, everywhere, exchange, post, serving } from "../support/serving.ts";
import type { Serving } from "../support/serving.ts";
import { serverPair } from "../support/certificates.ts";
import { until } from "../support/until.ts";

/** The bytes of an answer with a `Status`. `connection` is what comes after the length. */
const status = (line: string, message: string, reason: string, extra = "", close = true): string => {
  const code = line.slice(0, 3);
  const body = `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"${message}","reason":"${reason}","code":${code}}`;
  const connection = close ? "Connection: close\r\n" : "Connection: keep-alive\r\nKeep-Alive: timeout=120\r\n";
  return `HTTP/1.1 ${line}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${extra}${connection}\r\n${body}`;
};
const kept = (line: string, message: string, reason: string, extra = ""): string =>
  status(line, message, reason, extra, false);

const json = "Content-Type: application/json\r\n";
const large = 3.5 * 1024 * 1024 + 1;

const badRequests: readonly [claim: string, request: string, answer: string, half?: boolean][] = [
  [
    "an unknown path",
    post("{}", "/mutate"),
    kept("404 Not Found", "no such path, reviews go to those that weft registers, / or /inject", "NotFound"),
  ],
  [
    "a known path with a slash more",
    post("{}", "/inject/"),
    kept("404 Not Found", "no such path, reviews go to those that weft registers, / or /inject", "NotFound"),
  ],
  [
    "a path in capitals",
    post("{}", "/INJECT"),
    kept("404 Not Found", "no such path, reviews go to those that weft registers, / or /inject", "NotFound"),
  ],
  [
    "a path that cannot be decoded",
    post("{}", "/%zz"),
    kept("404 Not Found", "no such path, reviews go to those that weft registers, / or /inject", "NotFound"),
  ],
  [
    "OPTIONS for the whole server",
    "OPTIONS * HTTP/1.1\r\nHost: weft\r\n\r\n",
    kept("404 Not Found", "no such path, reviews go to those that weft registers, / or /inject", "NotFound"),
  ],
  [
    "GET",
    "GET / HTTP/1.1\r\nHost: weft\r\n\r\n",
    kept("405 Method Not Allowed", "reviews are sent with POST", "MethodNotAllowed", "Allow: POST\r\n"),
  ],
  [
    "OPTIONS",
    "OPTIONS /inject HTTP/1.1\r\nHost: weft\r\n\r\n",
    kept("405 Method Not Allowed", "reviews are sent with POST", "MethodNotAllowed", "Allow: POST\r\n"),
  ],
  [
    "PUT with a body",
    `PUT / HTTP/1.1\r\nHost: weft\r\n${json}Content-Length: 2\r\n\r\n{}`,
    kept("405 Method Not Allowed", "reviews are sent with POST", "MethodNotAllowed", "Allow: POST\r\n"),
  ],
  [
    "CONNECT",
    "CONNECT weft:443 HTTP/1.1\r\nHost: weft\r\n\r\n",
    status("405 Method Not Allowed", "reviews are sent with POST", "MethodNotAllowed", "Allow: POST\r\n"),
  ],
  [
    "another content type",
    post("{}", "/", "Content-Type: application/yaml\r\n"),
    kept("415 Unsupported Media Type", "the content type of a review is application/json", "UnsupportedMediaType"),
  ],
  [
    "a content type that only begins well",
    post("{}", "/", "Content-Type: application/json-patch+json\r\n"),
    kept("415 Unsupported Media Type", "the content type of a review is application/json", "UnsupportedMediaType"),
  ],
  [
    "no content type",
    post("{}", "/", ""),
    kept("415 Unsupported Media Type", "the content type of a review is application/json", "UnsupportedMediaType"),
  ],
  [
    "a compressed body",
    post("{}", "/", `${json}Content-Encoding: gzip\r\n`),
    kept("415 Unsupported Media Type", "a review is sent without content encoding", "UnsupportedMediaType"),
  ],
  ["an empty body", post(""), kept("400 Bad Request", "the request has no body, a review was expected", "BadRequest")],
  [
    "no body at all",
    `POST / HTTP/1.1\r\nHost: weft\r\n${json}\r\n`,
    kept("400 Bad Request", "the request has no body, a review was expected", "BadRequest"),
  ],
  [
    "a length above the limit",
    `POST / HTTP/1.1\r\nHost: weft\r\n${json}Content-Length: ${large}\r\n\r\n{`,
    status("413 Payload Too Large", "the review is larger than 3670016 bytes", "RequestEntityTooLarge"),
  ],
  [
    "more bytes than the limit",
    `POST / HTTP/1.1\r\nHost: weft\r\n${json}Transfer-Encoding: chunked\r\n\r\n${large.toString(16)}\r\n${" ".repeat(large)}\r\n0\r\n\r\n`,
    status("413 Payload Too Large", "the review is larger than 3670016 bytes", "RequestEntityTooLarge"),
  ],
  [
    "a body that is cut off",
    `POST / HTTP/1.1\r\nHost: weft\r\n${json}Content-Length: 10\r\n\r\n{"a`,
    status("400 Bad Request", "the request ended before it was complete", "BadRequest"),
    true,
  ],
  [
    "headers that are cut off",
    "POST / HTTP/1.1\r\nHost: we",
    status("400 Bad Request", "the request ended before it was complete", "BadRequest"),
    true,
  ],
  [
    "no Host",
    `POST / HTTP/1.1\r\n${json}Content-Length: 2\r\n\r\n{}`,
    status("400 Bad Request", "the request has no Host header (RFC 9112, section 3.2)", "BadRequest"),
  ],
  [
    "an expectation that cannot be met",
    `POST / HTTP/1.1\r\nHost: weft\r\n${json}Expect: miracles\r\nContent-Length: 2\r\n\r\n{}`,
    status("417 Expectation Failed", "only the expectation 100-continue can be met", "BadRequest"),
  ],
  [
    "headers that are too large",
    `POST / HTTP/1.1\r\nHost: weft\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
    status("431 Request Header Fields Too Large", "the request's headers are larger than 16384 bytes", "BadRequest"),
  ],
  [
    "a method that is none",
    "BREW / HTTP/1.1\r\n\r\n",
    status("400 Bad Request", "the request is not valid HTTP/1.1 (HPE_INVALID_METHOD)", "BadRequest"),
  ],
  [
    "HTTP/2 without asking",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    status("400 Bad Request", "the request is not valid HTTP/1.1 (HPE_PAUSED_H2_UPGRADE)", "BadRequest"),
  ],
  [
    "a length and chunks at once",
    `POST / HTTP/1.1\r\nHost: weft\r\n${json}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    status("400 Bad Request", "the request is not valid HTTP/1.1 (HPE_INVALID_TRANSFER_ENCODING)", "BadRequest"),
  ],
  [
    "a chunk length that is none",
    `POST / HTTP/1.1\r\nHost: weft\r\n${json}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    status("400 Bad Request", "the request is not valid HTTP/1.1 (HPE_INVALID_CHUNK_SIZE)", "BadRequest"),
  ],
];

const goodRequests: readonly [claim: string, request: string, bytes: number][] = [
  ["a review", post("{}"), 2],
  ["a review for /inject", post("{}", "/inject?timeout=10s"), 2],
  ["a content type with parameters", post("{}", "/", "Content-Type: Application/JSON ; charset=utf-8\r\n"), 2],
  ["the encoding called identity", post("{}", "/", `${json}Content-Encoding: identity\r\n`), 2],
  ["a body of exactly the limit", post(" ".repeat(large - 1)), large - 1],
  [
    "a body in chunks",
    `POST / HTTP/1.1\r\nHost: weft\r\n${json}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n`,
    2,
  ],
  ["HTTP/1.1 with an Upgrade that nobody needs", post("{}", "/", `${json}Connection: upgrade\r\nUpgrade: h2c\r\n`), 2],
];

const bodyOf = (answer: string): string => answer.slice(answer.indexOf("\r\n\r\n") + 4);
const lineOf = (answer: string): string => answer.split("\r\n", 1)[0] ?? "";

describe("the HTTPS listener", () => {
  let open: Serving | undefined;
  const start = async (...given: Parameters<typeof serving>): Promise<Serving> => (open = await serving(...given));
  afterEach(async () => {
    await open?.stop();
    open = undefined;
  });

  describe("refuses what is not a review, byte by byte", () => {
    for (const [claim, request, answer, half = false] of badRequests) {
      it(claim, async () => {
        const on = await start();
        expect(await exchange(on, request, { half })).to.equal(answer);
        expect(on.events).to.deep.equal([`refused ${answer.slice(9, 12)}`]);
      });
    }
  });

  describe("takes", () => {
    for (const [claim, request, bytes] of goodRequests) {
      it(claim, async () => {
        const on = await start();
        const body = `{"bytes":${bytes}}`;
        expect(await exchange(on, request)).to.equal(
          `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=120\r\n\r\n${body}`,
        );
        expect(on.events).to.deep.equal(["answered 200 u-1"]);
      });
    }
  });

  it("refuses TLS 1.2 and speaks no HTTP/2", async () => {
    const on = await start();
    const old = connect({ port: on.server.address.port, ca: on.pair.certificate, maxVersion: "TLSv1.2" });
    const [error] = (await once(old, "error")) as [NodeJS.ErrnoException];
    expect(error.code).to.equal("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
    const socket = await connected(on, { ALPNProtocols: ["h2", "http/1.1"] });
    expect([socket.getProtocol(), socket.alpnProtocol]).to.deep.equal(["TLSv1.3", "http/1.1"]);
    socket.destroy();
  });

  describe("answers a fault of ours with 500 and the uid, and keeps the cause to itself", () => {
    const secret = (): never => {
      throw new Error("secret");
    };
    const message = "internal error, see the log of weft, request uid u-7";
    const rows: readonly [claim: string, answer: () => Promise<never>][] = [
      ["a rejection", async () => secret()],
      ["a throw", () => secret()],
    ];
    for (const [claim, answer] of rows) {
      it(claim, async () => {
        const on = await start(answer);
        const text = await exchange(on, post('{"request":{"uid":"u-7"}}'));
        expect(text).to.equal(kept("500 Internal Server Error", message, "InternalError"));
        expect(on.events).to.deep.equal(["faulted Error: secret u-7"]);
      });
    }
    it("a uid that could break a line is left out", async () => {
      const on = await start(async () => secret());
      const text = await exchange(on, post(String.raw`{"request":{"uid":"a\nb"}}`));
      expect(text).to.equal(kept("500 Internal Server Error", "internal error, see the log of weft", "InternalError"));
    });
  });

  it("takes another pair while a connection lives on", async () => {
    const on = await start();
    const old = await connected(on);
    const next = await serverPair(["next.example", "127.0.0.1"]);
    on.server.usePair(next);
    const young = await connected({ ...on, pair: next }, { servername: "next.example" });
    for (const socket of [old, young, old]) {
      socket.write(post("{}"));
      expect(bodyOf(await answerOn(socket))).to.equal('{"bytes":2}');
    }
    expect([old, young].map((socket) => socket.getPeerCertificate().subject.CN)).to.deep.equal([
      "localhost",
      "next.example",
    ]);
    const tooOld = connect({ port: on.server.address.port, ca: next.certificate, maxVersion: "TLSv1.2" });
    const [error] = (await once(tooOld, "error")) as [NodeJS.ErrnoException];
    expect(error.code).to.equal("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
    for (const socket of [old, young]) socket.destroy();
  });

  describe("loses patience", () => {
    const slow = status("408 Request Timeout", "the request took too long to arrive", "Timeout");
    it("with slow headers", async () => {
      const on = await start(undefined, { headersTimeout: 30, connectionTick: 10 });
      expect(await exchange(on, "POST / HTTP/1.1\r\nHo")).to.equal(slow);
    });
    it("with a body that takes longer than the deadline", async () => {
      const on = await start();
      const request = `POST /?timeout=100ms HTTP/1.1\r\nHost: weft\r\n${json}Content-Length: 9\r\n\r\n{`;
      expect(await exchange(on, request)).to.equal(slow);
      expect(on.events).to.deep.equal(["refused 408"]);
    });
    it("with a body that takes longer than any request may", async () => {
      const on = await start(undefined, { headersTimeout: 30, requestTimeout: 40, connectionTick: 10 });
      const request = `POST / HTTP/1.1\r\nHost: weft\r\n${json}Content-Length: 9\r\n\r\n{`;
      expect(await exchange(on, request)).to.equal(slow);
    });
    it("but not with a connection that has not been used yet", async () => {
      const on = await start(undefined, { headersTimeout: 30, connectionTick: 10 });
      const socket = await connected(on);
      await after(100);
      socket.write(post("{}"));
      expect(bodyOf(await answerOn(socket))).to.equal('{"bytes":2}');
      socket.write("POST / HT");
      expect(await answerOn(socket)).to.equal(slow);
    });
    it("nor with one that is idle between two reviews", async () => {
      const on = await start(undefined, { headersTimeout: 30, connectionTick: 10 });
      const socket = await connected(on);
      for (const pause of [0, 100]) {
        await after(pause);
        socket.write(post("{}"));
        expect(bodyOf(await answerOn(socket))).to.equal('{"bytes":2}');
      }
      socket.destroy();
    });
  });

  it("tells the engine of the deadline, and answers 500 when it does not mind", async () => {
    let told = false;
    const on = await start(async (_body, deadline) => {
      deadline.signal().addEventListener("abort", () => (told = true));
      return new Promise(() => undefined);
    });
    const text = await exchange(on, post('{"request":{"uid":"u-7"}}', "/inject?timeout=200ms"));
    expect(told).to.equal(true);
    expect(bodyOf(text)).to.match(/"message":"no answer within 1\d\d ms, see the log of weft, request uid u-7"/);
    expect([lineOf(text), ...on.events]).to.deep.equal(["HTTP/1.1 500 Internal Server Error", "late u-7"]);
  });

  it("tells the engine when the client has gone", async () => {
    const gone = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const on = await start(async (_body, deadline) => {
      deadline.signal().addEventListener("abort", () => gone.resolve());
      asked.resolve();
      return new Promise(() => undefined);
    });
    const socket = await connected(on);
    socket.write(post("{}"));
    await asked.promise;
    expect(on.server.inFlight()).to.equal(1);
    socket.destroy();
    await gone.promise;
    expect(on.server.inFlight()).to.equal(0);
  });

  describe("under overload answers 503 early", () => {
    const crowded = "too many reviews are under way";
    const rows: readonly [claim: string, target: string, answer: string][] = [
      [
        "without Retry-After where failurePolicy is Ignore",
        "/",
        kept("503 Service Unavailable", crowded, "ServiceUnavailable"),
      ],
      [
        "with Retry-After where it is Fail",
        "/inject?timeout=10s",
        kept("503 Service Unavailable", crowded, "ServiceUnavailable", "Retry-After: 1\r\n"),
      ],
    ];
    for (const [claim, target, answer] of rows) {
      it(claim, async () => {
        const first = Promise.withResolvers<void>();
        const on = await start(async () => (await first.promise, { status: 200, body: "{}" }), { inFlight: 1 });
        const waiting = exchange(on, post("{}"));
        await until(() => on.server.inFlight() !== 0);
        expect(await exchange(on, post("{}", target))).to.equal(answer);
        first.resolve();
        expect(lineOf(await waiting)).to.equal("HTTP/1.1 200 OK");
        expect(lineOf(await exchange(on, post("{}", target)))).to.equal("HTTP/1.1 200 OK");
      });
    }
    it("when bodies would fill the memory", async () => {
      const on = await start(undefined, { smallHeld: 85 });
      expect(await exchange(on, post(" ".repeat(11)))).to.equal(
        kept("503 Service Unavailable", crowded, "ServiceUnavailable"),
      );
      expect(lineOf(await exchange(on, post(" ".repeat(10))))).to.equal("HTTP/1.1 200 OK");
    });
    it("when the event loop has eaten the deadline", async () => {
      const on = await start();
      const socket = await connected(on);
      const [head, body] = [post("{}", "/?timeout=100ms").slice(0, -2), "{}"];
      socket.write(head);
      await until(() => on.server.inFlight() !== 0);
      socket.write(body);
      const busyUntil = performance.now() + 120;
      while (performance.now() < busyUntil);
      const text = await answerOn(socket);
      expect(text).to.be.oneOf([
        kept("503 Service Unavailable", "too busy to answer before the deadline", "ServiceUnavailable"),
        status("408 Request Timeout", "the request took too long to arrive", "Timeout"),
      ]);
      socket.destroy();
    });
  });

  describe("while it is not ready answers 503", () => {
    const starting = "weft is starting and has not read the namespaces yet";
    const unavailable = "503 Service Unavailable";
    const paths = reviewPaths(everywhere(echo));
    for (const { path } of paths) {
      const retried = /^\/(inject|policy)/.test(path);
      it(`${path}: ${retried ? "with" : "without"} Retry-After, and the next attempt goes elsewhere`, async () => {
        const on = await start();
        on.setReady(false);
        expect(await exchange(on, post("{}", `${path}?timeout=10s`))).to.equal(
          status(unavailable, starting, "ServiceUnavailable", retried ? "Retry-After: 1\r\n" : ""),
        );
        on.setReady(true);
        expect(lineOf(await exchange(on, post("{}", path)))).to.equal("HTTP/1.1 200 OK");
        expect(on.events).to.deep.equal(["refused 503", "answered 200 u-1"]);
      });
    }
    it("serves the paths of every entry, each once", () => {
      const registered = Object.values(entries).map(({ path }) => path);
      expect(paths.map(({ path }) => path)).to.have.members([...registered, "/inject", "/"]);
    });
  });

  describe("closes a connection on which a request comes before the last one has its answer", () => {
    const rows: readonly [claim: string, bytes: string][] = [
      ["reviews", post("{}")],
      ["requests that are refused at once", "GET / HTTP/1.1\r\nHost: weft\r\n\r\n"],
    ];
    for (const [claim, bytes] of rows) {
      it(claim, async () => {
        const on = await start(() => new Promise(() => undefined));
        const socket = await connected(on);
        socket.write(bytes.repeat(1000));
        socket.resume().on("error", () => undefined);
        await new Promise((resolve) => socket.once("close", resolve));
        expect(on.events.length).to.be.at.most(1);
        expect(on.server.inFlight()).to.equal(0);
      });
    }
  });

  it("waits for the first request of a new connection, which is told to come again, and not for ever", async () => {
    const on = await start(echo, { drain: 5000, firstRequest: 200 });
    const [asking, silent] = [await connected(on), await connected(on)];
    const silentClosed = once(silent.resume(), "close");
    on.abort();
    await until(() => on.server.phase() === "draining");
    asking.write(post("{}", "/inject"));
    expect(await answerOn(asking)).to.match(/^HTTP\/1.1 503 [^]*Retry-After: 1\r\n/);
    await silentClosed;
    await on.server.stopped;
  });

  it("stops without anybody noticing: grace, last call, drain", async () => {
    const slow = Promise.withResolvers<void>();
    const on = await start(async (body) => (body.length > 2 && (await slow.promise), { status: 200, body: "{}" }), {
      grace: 40,
      drainStart: 40,
      drain: 5000,
      firstRequest: 60,
    });
    const [busy, waiting, idle] = [await connected(on), await connected(on), await connected(on)];
    const idleClosed = once(idle.resume(), "close");
    const ask = async (body: string, socket = busy): Promise<string | undefined> => {
      socket.write(post(body));
      return /Connection: (.*)\r/.exec(await answerOn(socket))?.[1];
    };
    expect([on.server.phase(), await ask("{}")]).to.deep.equal(["serving", "keep-alive"]);
    on.abort();
    await after(1);
    expect([on.server.phase(), await ask("{}"), await ask("{}", await connected(on))]).to.deep.equal([
      "grace",
      "keep-alive",
      "keep-alive",
    ]);
    const late = ask("{  }", waiting);
    await until(() => on.server.phase() !== "grace");
    expect([on.server.phase(), await ask("{}")]).to.deep.equal(["last call", "close"]);
    await until(() => on.server.phase() !== "last call");
    await idleClosed;
    const refused = connect({ port: on.server.address.port });
    const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
    expect([on.server.phase(), error.code]).to.deep.equal(["draining", "ECONNREFUSED"]);
    slow.resolve();
    expect(await late).to.equal("close");
    await on.server.stopped;
    expect(on.server.phase()).to.equal("stopped");
  });

  it("gives up on what does not end", async () => {
    const on = await start(() => new Promise(() => undefined), { drain: 30 });
    const socket = await connected(on);
    socket.write(post("{}"));
    await until(() => on.server.inFlight() !== 0);
    await on.stop();
    expect(on.server.phase()).to.equal("stopped");
    socket.destroy();
  });
});
