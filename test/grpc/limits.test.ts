import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import * as fc from "fast-check";
import { defaultLife } from "../../src/core/identity/validity.ts";
import { identityService } from "../../src/grpc/identity-service.ts";
import { limitsForAnybody, limitsForTheMesh } from "../../src/grpc/limits.ts";
import type { ListenerLimits } from "../../src/grpc/limits.ts";
import { listenGrpc } from "../../src/grpc/listener.ts";
import type { Listener } from "../../src/grpc/listener.ts";
import { domain, identityNamed, testMesh } from "../support/certificates.ts";
import { runs } from "../support/properties.ts";
import type { TestMesh } from "../support/certificates.ts";
import {
  callHeaders,
  flags,
  frame,
  headers,
  hostile,
  http2To,
  message,
  outcomeOf,
  preface,
  reset,
} from "../support/hostile-client.ts";
import type { Outcome } from "../support/hostile-client.ts";
import { serviceDefinition } from "../../src/grpc/protos.ts";
import { certify, proxyClient, workloadRequest } from "../support/proxy-client.ts";
import { until } from "../support/until.ts";

const name = identityNamed("linkerd-identity", "linkerd");
const identity = identityNamed("web", "shop");
const path = "/io.linkerd.proxy.identity.Identity/Certify";
const now = Date.now();
const nothing = message(Buffer.alloc(0));

/** What comes over the network from who has no certificate: mocha fails where it ends the process. */
describe("grpc: hostile clients", () => {
  let mesh: TestMesh;
  let listener: Listener;
  const refused: string[] = [];
  const turnedAway: string[] = [];
  before(async () => {
    mesh = await testMesh(now);
  });
  afterEach(async () => {
    await listener.close();
    refused.length = 0;
    turnedAway.length = 0;
  });
  const listen = async (limits: Partial<ListenerLimits> = {}): Promise<void> => {
    const validity = { notBefore: now - 60_000, notAfter: now + 3_600_000 };
    const status = {
      authenticated: true,
      audiences: ["identity.l5d.io"],
      user: { username: "system:serviceaccount:shop:web" },
    };
    const service = identityService({
      domain,
      life: defaultLife,
      spiffe: false,
      issuer: () => mesh.issuer,
      review: () => Promise.resolve({ status }),
      now: () => new Date(now),
      onCertified: () => undefined,
      onRefused: () => undefined,
    });
    listener = await listenGrpc({
      address: { host: "127.0.0.1", port: 0 },
      identity: { ...(await mesh.issuer.servingPair([name], validity)), anchors: mesh.issuer.anchors },
      clientCertificates: "optional",
      services: [service],
      limits,
      onRefused: (code) => refused.push(code),
      onTurnedAway: (reason, of) => turnedAway.push(of === undefined ? reason : `${reason} of ${of}`),
    });
  };
  const port = () => listener.address.port;
  const tcp = async () => {
    const socket = connect({ host: "127.0.0.1", port: port() });
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  };
  /** Whether a proxy is still certified. */
  const certifies = async (): Promise<void> => {
    const proxy = await proxyClient({ address: listener.address, name, anchors: mesh.anchor.certificate });
    const { csr } = await workloadRequest(identity);
    expect((await certify(proxy, { identity, token: "token", csr })).chain).to.match(/BEGIN CERTIFICATE/);
    proxy.close();
  };
  const ownCertificate = async (): Promise<{ readonly chain: string; readonly key: string }> => {
    const { csr, key } = await workloadRequest(identity);
    const proxy = await proxyClient({ address: listener.address, name, anchors: mesh.anchor.certificate });
    const { chain } = await certify(proxy, { identity, token: "token", csr });
    proxy.close();
    return { chain, key };
  };

  describe("connections", () => {
    it("who says a byte now and then is cut off as early", async () => {
      await listen({ handshake: 200 });
      const socket = await tcp();
      // A record of 16,000 bytes is announced.
      socket.write(Buffer.from([22, 3, 1, 0x3e, 0x80]));
      const drip = setInterval(() => socket.write(Buffer.from([1])), 20);
      await once(socket, "close");
      clearInterval(drip);
    });

    for (const [claim, text] of [
      ["HTTP/1 without TLS", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
      ["HTTP/2 without TLS", preface.toString("latin1")],
      ["nonsense", "\0".repeat(1000)],
    ] as const)
      it(`${claim} ends the connection`, async () => {
        await listen();
        const socket = await tcp();
        socket.write(text, "latin1");
        await once(socket.resume(), "close");
        expect(refused).to.have.length(1);
        await certifies();
      });

    it("so many at once, and the oldest without a request makes room", async () => {
      await listen({ open: 3, reserved: 0 });
      const [oldest] = [await tcp(), await tcp(), await tcp()];
      const gone = once(oldest, "close");
      await certifies();
      await gone;
      expect(turnedAway).to.deep.equal(["TOO_MANY_CONNECTIONS"]);
    });

    it("so many from one address", async () => {
      await listen({ openOfOne: 2 });
      const [oldest] = [await tcp(), await tcp()];
      const gone = once(oldest, "close");
      await certifies();
      await gone;
      expect(turnedAway).to.deep.equal(["TOO_MANY_CONNECTIONS_OF_ONE"]);
    });

    it("who says nothing after its handshake is cut", async () => {
      await listen({ handshake: 500, firstRequest: 60_000 });
      const client = await hostile({ port: port() });
      await client.closed;
      expect(turnedAway).to.deep.equal(["NO_REQUEST"]);
    });

    it("a connection without a request in time is cut", async () => {
      await listen({ firstRequest: 50 });
      const client = await hostile({ port: port() });
      client.send(preface, headers(1, flags.endHeaders, path));
      await client.closed;
      expect(turnedAway).to.deep.equal(["NO_REQUEST"]);
    });

    for (const [claim, begin] of [
      ["that never says it is HTTP/2", Buffer.alloc(0)],
      ["that asks for nothing", preface],
      ["whose call never ends", Buffer.concat([preface, headers(1, flags.endHeaders, path)])],
    ] as const)
      it(`a connection ${claim} does not last`, async () => {
        await listen({ age: 100, handshake: 500 });
        const client = await hostile({ port: port() });
        client.send(begin);
        await client.closed;
        await until(() => listener.connections() === 0);
      });
  });

  describe("requests", () => {
    const rows: readonly (readonly [
      claim: string,
      headers: Readonly<Record<string, string>>,
      body: Buffer,
      outcome: Partial<Outcome>,
    ])[] = [
      ["an unknown method", callHeaders("/nothing"), nothing, { http: 200, status: 12 }],
      ["a path that is not the name", callHeaders("/../%00\u00e4"), nothing, { http: 200, status: 12 }],
      ["no gRPC", { ":method": "GET", ":path": "/" }, Buffer.alloc(0), { http: 415, status: undefined }],
      ["another method of HTTP", { ...callHeaders(path), ":method": "PUT" }, nothing, { http: 200, status: 3 }],
      ["HEAD", { ...callHeaders(path), ":method": "HEAD" }, nothing, { http: 200 }],
      ["no message", callHeaders(path), Buffer.alloc(0), { http: 200, status: 12 }],
      ["two messages", callHeaders(path), Buffer.concat([nothing, nothing]), { http: 200, status: 12 }],
      ["a malformed message", callHeaders(path), message(Buffer.from([0x0a, 0xff])), { http: 200, status: 13 }],
      ["groups in groups", callHeaders(path), message(Buffer.alloc(30_000, 0x0b)), { http: 200, status: 3 }],
      ["a message that is too long", callHeaders(path), message(Buffer.alloc(40_000)), { http: 200, status: 8 }],
      [
        "a message that says it is too long",
        callHeaders(path),
        Buffer.from([0, 0xff, 0xff, 0xff, 0xff]),
        { http: 200, status: 8 },
      ],
      [
        "a packed message",
        { ...callHeaders(path), "grpc-encoding": "gzip" },
        message(gzipSync(Buffer.alloc(10_000_000)), true),
        { http: 200, status: 12, message: "packed requests are not taken" },
      ],
      [
        "a message that only says it is packed",
        callHeaders(path),
        message(gzipSync(""), true),
        { http: 200, status: 13 },
      ],
      ["a deadline that is none", { ...callHeaders(path), "grpc-timeout": "soon" }, nothing, { http: 200, status: 13 }],
      ["odd metadata", { ...callHeaders(path), "~": "x", "a-bin": "!" }, nothing, { http: 200, status: 3 }],
    ];
    for (const [claim, ofCall, body, outcome] of rows)
      it(`${claim} is answered`, async () => {
        await listen();
        const session = await http2To({ port: port() });
        expect(await outcomeOf(session, ofCall, body)).to.include(outcome);
        session.destroy();
        await certifies();
      });

    it("an answer ends the stream, also when the client goes on", async () => {
      await listen();
      const session = await http2To({ port: port() });
      const stream = session.request(callHeaders(path), { endStream: false });
      stream.write(Buffer.concat([nothing, nothing]));
      stream.resume();
      const [answer] = (await once(stream, "response")) as [Record<string, unknown>];
      expect(Number(answer["grpc-status"])).to.equal(12);
      await once(stream, "close");
      session.destroy();
    });

    // Half a pair of UTF-16 at the end would be no header (CVE or not: it ended the process).
    for (const lead of ["", "a"])
      it(`a long name that is cut in its middle is told (${lead.length})`, async () => {
        await listen();
        const proxy = await proxyClient({ address: listener.address, name, anchors: mesh.anchor.certificate });
        const { csr } = await workloadRequest("a.b");
        const asked = { identity: lead + "😀".repeat(400), token: Buffer.from("x"), certificate_signing_request: csr };
        expect((await proxy.stream("identity", "Certify", asked).ended).code).to.equal(9);
        proxy.close();
      });

    it("writes nothing past the log", async () => {
      await listen();
      const [written, before] = [[] as unknown[], console.error];
      console.error = (...words: unknown[]) => written.push(words);
      const session = await http2To({ port: port() });
      await outcomeOf(session, { ...callHeaders(path), "~": "x" }, nothing);
      console.error = before;
      session.destroy();
      expect(written).to.deep.equal([]);
    });
  });

  describe("HTTP/2", () => {
    it("streams that are opened and reset at once end the connection (CVE-2023-44487)", async () => {
      await listen();
      const client = await hostile({ port: port() });
      client.send(preface);
      for (let stream = 1; !client.isClosed(); stream += 200) {
        const ids = Array.from({ length: 100 }, (_, index) => stream + 2 * index);
        client.send(...ids.flatMap((id) => [headers(id, flags.endHeaders, path), reset(id)]));
        await after(1);
        expect(stream).to.be.lessThan(100_000);
      }
      expect(turnedAway).to.deep.equal(["TOO_MANY_RESETS"]);
      await certifies();
    });

    it("a proxy may drop thousands of streams one after the other; whose are too many is told with the reason", async () => {
      await listen({ resets: { atOnce: 3000, perSecond: 0 }, streams: 100, overhead: 2 ** 20 });
      const certificate = await ownCertificate();
      const client = await hostile({ port: port(), certificate });
      client.send(preface);
      const drop = async (from: number, count: number): Promise<void> => {
        for (let done = 0; done < count; done += 50) {
          const ids = Array.from({ length: 50 }, (_, index) => 1 + 2 * (from + done + index));
          client.send(...ids.flatMap((id) => [headers(id, flags.endHeaders, path), reset(id)]));
          await after(1);
        }
      };
      await drop(0, 2900);
      expect(client.isClosed()).to.equal(false);
      expect(turnedAway).to.deep.equal([]);
      await drop(2900, 200);
      await client.closed;
      expect(turnedAway).to.deep.equal([`TOO_MANY_RESETS of ${identity}`]);
    });

    it("more streams at once than there may be are refused, the others go on", async () => {
      await listen({ streams: 2 });
      const session = await http2To({ port: port() });
      expect(session.remoteSettings.maxConcurrentStreams).to.equal(2);
      session.destroy();
      const client = await hostile({ port: port() });
      client.send(preface, ...[1, 3, 5, 7].map((id) => headers(id, flags.endHeaders, path)));
      await certifies();
      client.close();
    });

    it("a flood of headers ends the stream or the connection", async () => {
      await listen();
      const session = await http2To({ port: port() });
      const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`x-${index}`, "y".repeat(100)]));
      const stream = session.request({ ...callHeaders(path), ...many });
      const [error] = (await once(stream, "error")) as [Error];
      expect(error.message).to.match(/ENHANCE_YOUR_CALM/);
      session.destroy();
      await certifies();
    });

    it("a header without end ends the connection (CVE-2024-27983)", async () => {
      await listen();
      const client = await hostile({ port: port() });
      client.send(preface, headers(1, 0, path));
      for (let sent = 0; !client.isClosed() && sent < 10_000; sent += 1) {
        client.send(
          frame("continuation", 0, 1, Buffer.concat([Buffer.from([0x10, 1, 0x78, 100]), Buffer.alloc(100, 0x79)])),
        );
        if (sent % 100 === 0) await after(1);
      }
      await client.closed;
      await certifies();
    });

    it("a request in frames of one byte ends the connection, and holds nothing", async () => {
      await listen();
      const client = await hostile({ port: port() });
      const start = frame("data", 0, 1, Buffer.from([0, 0, 0, 0x7f, 0]));
      const bytes = Array.from({ length: 500 }, () => frame("data", 0, 1, Buffer.of(1)));
      client.send(preface, headers(1, flags.endHeaders, path), start, ...bytes);
      await client.closed;
      expect(turnedAway).to.deep.equal(["FLOOD"]);
      await certifies();
    });

    it("a request in a few small frames is taken", async () => {
      await listen();
      const session = await http2To({ port: port() });
      const stream = session.request(callHeaders(path), { endStream: false });
      for (const byte of nothing) {
        stream.write(Buffer.of(byte));
        await after(1);
      }
      stream.end();
      const [answer] = (await once(stream, "response")) as [Record<string, unknown>];
      // Identity missing: it was read.
      expect(Number(answer["grpc-status"])).to.equal(3);
      session.destroy();
    });

    it("a request that does not come to its end is refused", async () => {
      await listen({ unfinished: 30 });
      const session = await http2To({ port: port() });
      const outcome = await outcomeOf(session, callHeaders(path), nothing.subarray(0, 3), false);
      expect(outcome).to.include({ status: 4, message: "the request was not there after 30 ms" });
      expect(turnedAway).to.deep.equal(["UNFINISHED_TOO_LONG"]);
      session.destroy();
    });

    it("all requests that are unfinished have so many bytes, and the oldest goes", async () => {
      await listen({ unfinishedBytes: 4500, streams: 8 });
      const session = await http2To({ port: port() });
      const begun = message(Buffer.alloc(1500)).subarray(0, 1400);
      const outcomes = [1, 2, 3].map(() => outcomeOf(session, callHeaders(path), begun, false));
      expect((await outcomes[0])?.status).to.equal(8);
      expect(turnedAway).to.deep.equal(["UNFINISHED_TOO_MANY"]);
      session.destroy();
      await Promise.all(outcomes);
    });

    const floods: readonly (readonly [claim: string, flood: Buffer])[] = [
      ["PING", frame("ping", 0, 0, Buffer.alloc(8))],
      ["WINDOW_UPDATE", frame("window", 0, 0, Buffer.from([0, 0, 0, 1]))],
      ["PRIORITY", frame("priority", 0, 1, Buffer.from([0, 0, 0, 0, 1]))],
      ["SETTINGS", frame("settings", 0, 0)],
    ];
    for (const [claim, flood] of floods)
      it(`a flood of ${claim} ends the connection`, async () => {
        await listen({ overhead: 10_000 });
        const client = await hostile({ port: port() });
        client.send(preface, ...Array.from({ length: 5000 }, () => flood));
        await client.closed;
        await certifies();
      });

    it("an answer that is not taken ends the connection", async () => {
      await listen({ lingering: 30 });
      const { csr } = await workloadRequest(identity);
      const asked = { identity, token: Buffer.from("token"), certificate_signing_request: csr };
      const body = serviceDefinition("identity")["Certify"]?.requestSerialize(asked) ?? Buffer.alloc(0);
      const client = await hostile({ port: port() });
      // SETTINGS_INITIAL_WINDOW_SIZE of 0: nothing may be sent.
      const closedWindow = frame("settings", 0, 0, Buffer.from([0, 4, 0, 0, 0, 0]));
      client.send(preface, closedWindow, headers(1, flags.endHeaders, path));
      client.send(frame("data", flags.endStream, 1, message(body)));
      await client.closed;
      expect(turnedAway).to.deep.equal(["TOO_SLOW"]);
      await certifies();
    });

    it("many requests at once on a connection are all answered", async () => {
      await listen({ streams: 1000 });
      const session = await http2To({ port: port() });
      const outcomes = Array.from({ length: 500 }, () => outcomeOf(session, callHeaders(path), nothing));
      for (const { status } of await Promise.all(outcomes)) expect(status).to.equal(3);
      session.destroy();
    });

    it("a pod whose connection was cut stays away for a while, and others do not", async () => {
      await listen({ overhead: 10_000, away: 60_000 });
      const certificate = await ownCertificate();
      const client = await hostile({ port: port(), certificate });
      client.send(
        preface,
        ...Array.from({ length: 2000 }, () => frame("priority", 0, 1, Buffer.from([0, 0, 0, 0, 1]))),
      );
      await client.closed;
      await (
        await hostile({ port: port(), certificate })
      ).closed;
      expect(turnedAway).to.deep.equal(["FLOOD", "TOO_SOON"].map((reason) => `${reason} of ${identity}`));
      await certifies();
    });

    it("frames in whatever order do no harm", async function () {
      this.timeout(60_000);
      await listen();
      const frames = fc.oneof(
        fc
          .tuple(
            fc.constantFrom("data", "headers", "reset", "settings", "push", "ping", "goaway", "window", "continuation"),
            fc.nat(255),
            fc.constantFrom(0, 1, 2, 3, 5, 7),
            fc.uint8Array({ maxLength: 40 }),
          )
          .map(([type, flag, stream, payload]) => frame(type, flag, stream, Buffer.from(payload))),
        fc
          .tuple(
            fc.constantFrom(1, 3, 5, 7),
            fc.constantFrom(...Object.values(flags)),
            fc.constantFrom(path, "/nothing"),
          )
          .map(([stream, flag, to]) => headers(stream, flag, to)),
        fc
          .tuple(fc.constantFrom(1, 3, 5, 7), fc.constantFrom(0, 1), fc.uint8Array({ maxLength: 20 }), fc.boolean())
          .map(([stream, flag, body, packed]) => frame("data", flag, stream, message(Buffer.from(body), packed))),
        fc.constantFrom(1, 3, 5, 7).map(reset),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(frames, { minLength: 1, maxLength: 12 }), fc.boolean(), async (sent, together) => {
          const client = await hostile({ port: port() });
          client.send(preface);
          if (together) client.send(...sent);
          else for (const one of sent) client.send(one);
          await Promise.race([client.closed, after(5)]);
          client.close();
        }),
        runs(80),
      );
      await certifies();
    });
  });
});

describe("grpc/limits", () => {
  it("limits are above what proxies need", () => {
    expect(limitsForTheMesh.streams).to.be.at.least(5000);
    expect(limitsForAnybody.age).to.be.greaterThan(15_000);
    expect(limitsForTheMesh).to.not.have.property("age");
  });
});
