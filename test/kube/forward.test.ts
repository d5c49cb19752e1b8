import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect as connectHttp2, createSecureServer } from "node:http2";
import { createServer, connect as connectTcp } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import type { TLSSocket } from "node:tls";
import { expect } from "chai";
import type { Access } from "../../src/kube/access.ts";
import { ForwardRefused, forwarder } from "../../src/kube/forward.ts";
import type { ReachPod } from "../../src/kube/forward.ts";
import { authority, serverPair } from "../support/certificates.ts";
import { forwards } from "../support/kubelet.ts";
import type { Dial, Forwards, Refuse } from "../support/kubelet.ts";
import { listening } from "../support/listening.ts";
import type { Listening } from "../support/listening.ts";
import { until } from "../support/until.ts";

const pod = { namespace: "shop", name: "web-0" };
const never = new AbortController().signal;

const failure = async (asked: Promise<unknown>): Promise<Error> => {
  try {
    await asked;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("no failure");
};

/** How the stream ended; read to its end. */
const endOf = (stream: Duplex): Promise<string> =>
  text(stream).then(
    (all) => `end after ${JSON.stringify(all)}`,
    (error: unknown) => String(error),
  );

describe("forward", () => {
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  /** A port of a pod: what happens to a connection. */
  const behind = async (take: (socket: Socket) => void): Promise<Dial> => {
    const server = createServer({ allowHalfOpen: true }, (socket) => take(socket.on("error", () => undefined)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    stops.push(() => server.close());
    return () => connectTcp({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
  };

  interface Cluster {
    readonly reach: ReachPod;
    readonly there: Forwards;
    readonly listening: Listening;
    readonly renewals: () => number;
    readonly upgrades: readonly IncomingMessage[];
  }
  const cluster = async (
    dial: Dial,
    refuse: Refuse = () => undefined,
    access: Partial<Access> = {},
  ): Promise<Cluster> => {
    const server = await listening((_, response) => void response.end());
    stops.push(server.close);
    const upgrades: IncomingMessage[] = [];
    const there = forwards(server.server, dial, (request) => {
      upgrades.push(request);
      return refuse(request);
    });
    let renewals = 0;
    const reach = forwarder({
      server: server.url,
      credentials: () => {
        const headers = { authorization: `Bearer ${renewals}` };
        return Promise.resolve({ headers, tls: { ca: server.ca } });
      },
      renew: () => (renewals += 1),
      ...access,
    });
    return { reach, there, listening: server, renewals: () => renewals, upgrades };
  };

  it("asks for the port with the credentials of every request, and bytes go both ways", async () => {
    const { reach, upgrades } = await cluster(await behind((socket) => socket.pipe(socket)));
    const stream = await reach(pod, 4191, never);
    stream.write("a");
    expect(String((await once(stream, "data"))[0])).to.equal("a");
    stream.write(Buffer.from([0, 1, 255]));
    expect((await once(stream, "data"))[0]).to.deep.equal(Buffer.from([0, 1, 255]));
    stream.destroy();
    const [{ url, headers } = {} as IncomingMessage] = upgrades;
    expect(url).to.equal("/api/v1/namespaces/shop/pods/web-0/portforward?ports=4191");
    expect(headers).to.include({ authorization: "Bearer 0", "sec-websocket-protocol": "v4.channel.k8s.io" });
    expect(headers).not.to.have.property("sec-websocket-extensions");
  });

  it("asks for nothing that is no name of a pod", async () => {
    const { reach, upgrades } = await cluster(() => "");
    const bad = await failure(reach({ namespace: "shop", name: "../secrets" }, 4191, never));
    expect(bad.message).to.contain("is not the name of an object");
    expect(upgrades).to.have.length(0);
  });

  describe("a refusal", () => {
    const status = (code: number, message: string): ReturnType<Refuse> => ({
      status: code,
      body: JSON.stringify({ kind: "Status", message, code }),
    });

    it("of the kubelet, on channel 1, ends the stream with its words", async () => {
      const words = "failed to connect to localhost:4191: dial tcp4 127.0.0.1:4191: connect: connection refused\n";
      const { reach, there } = await cluster(() => words);
      const stream = await reach(pod, 4191, never);
      expect(await endOf(stream)).to.equal(`Error: ${words.trim()}`);
      expect(stream.errored).to.be.instanceOf(ForwardRefused).and.to.include({ status: undefined });
      await until(() => there.open() === 0);
    });

    it("of the kubelet that nobody waits for ends no process, and is kept", async () => {
      const { reach } = await cluster(() => "connection refused");
      const stream = await reach(pod, 4191, never);
      await until(() => stream.closed);
      expect(stream.errored?.message).to.equal("connection refused");
    });

    const rows: [claim: string, answer: ReturnType<Refuse>, message: string][] = [
      ["of the API server is told in its words", status(403, 'pods "web-0" is forbidden'), 'pods "web-0" is forbidden'],
      ["that is no Status is told as it is", { status: 502, body: "Bad gateway" }, "502 No: Bad gateway"],
    ];
    for (const [claim, answer, message] of rows)
      it(claim, async () => {
        const { reach, upgrades } = await cluster(
          () => "",
          () => answer,
        );
        const refused = await failure(reach(pod, 4191, never));
        expect(refused).to.be.instanceOf(ForwardRefused).and.to.include({ message, status: answer?.status });
        expect(upgrades).to.have.length(1);
      });

    it("with 401 is asked once more with renewed credentials", async () => {
      const { reach, upgrades } = await cluster(await behind((socket) => socket.end("hello")), ({ headers }) =>
        headers.authorization === "Bearer 0" ? status(401, "Unauthorized") : undefined,
      );
      expect(await endOf(await reach(pod, 4191, never))).to.equal('end after "hello"');
      expect(upgrades.map(({ headers }) => headers.authorization)).to.deep.equal(["Bearer 0", "Bearer 1"]);
    });

    it("with 401 twice is told", async () => {
      const { reach, renewals } = await cluster(
        () => "",
        () => status(401, "Unauthorized"),
      );
      expect(await failure(reach(pod, 4191, never))).to.include({ message: "Unauthorized", status: 401 });
      expect(renewals()).to.equal(1);
    });
  });

  describe("the credentials' TLS", () => {
    it("trusts the CA of the kubeconfig and no other", async () => {
      const other = await serverPair();
      const { reach, listening: server } = await cluster(() => "", undefined, {
        credentials: () => Promise.resolve({ headers: {}, tls: { ca: other.certificate } }),
      });
      const failed = await failure(reach(pod, 4191, never));
      expect(failed.message).to.equal(
        `cannot reach ${server.url}: its certificate is signed by an authority that is not trusted here`,
      );
    });

    it("shows the client's certificate", async () => {
      const client = await (await authority("users")).sign({ name: "me" });
      let shown = "";
      const server = await listening(() => undefined);
      stops.push(server.close);
      forwards(server.server, await behind((socket) => socket.end()), ({ socket }) => {
        shown = String((socket as TLSSocket).getPeerCertificate().subject.CN);
        return undefined;
      });
      const tls = { ca: server.ca, cert: client.certificate, key: client.key };
      const credentials = (): ReturnType<Access["credentials"]> => Promise.resolve({ headers: {}, tls });
      const reach = forwarder({ server: server.url, credentials, renew: () => undefined });
      await endOf(await reach(pod, 4191, never));
      expect(shown).to.equal("me");
    });
  });

  describe("ends", () => {
    it("at the end of what the pod sent, also when that was there at once", async () => {
      const { reach } = await cluster(await behind((socket) => socket.end("all of it")));
      const stream = await reach(pod, 4191, never);
      expect(await endOf(stream)).to.equal('end after "all of it"');
    });

    it("with an error when the connection was cut: there may have been more", async () => {
      const { reach, there } = await cluster(await behind((socket) => socket.write("some of")));
      const stream = await reach(pod, 4191, never);
      await once(stream, "readable");
      there.cut();
      expect(await endOf(stream)).to.equal("Error: the connection was closed");
    });

    it("not when only its writing has ended: the answer is still read", async () => {
      const { reach } = await cluster(
        await behind((socket) => socket.once("data", (asked) => setImmediate(() => socket.end(`${String(asked)}!`)))),
      );
      const stream = await reach(pod, 4191, never);
      stream.end("question");
      await once(stream, "finish");
      expect(await endOf(stream)).to.equal('end after "question!"');
    });

    it("when the caller ends it, with the caller's reason, and nothing stays open", async () => {
      const { reach, there } = await cluster(await behind(() => undefined));
      const ending = new AbortController();
      const stream = await reach(pod, 4191, ending.signal);
      expect(there.open()).to.equal(1);
      ending.abort(new Error("enough"));
      expect(await endOf(stream)).to.equal("Error: enough");
      await until(() => there.open() === 0);
    });

    it("when the caller ends it before it is open", async () => {
      const ending = new AbortController();
      const { reach, there } = await cluster(
        () => "",
        () => {
          ending.abort(new Error("enough"));
          return undefined;
        },
      );
      expect((await failure(reach(pod, 4191, ending.signal))).message).to.equal("enough");
      expect((await failure(reach(pod, 4191, ending.signal))).message).to.equal("enough");
      await until(() => there.open() === 0);
    });
  });

  describe("backpressure", () => {
    it("a reader that does not read holds a megabyte at most; then gets all of it", async () => {
      const page = Buffer.alloc(16 * 2 ** 20, "weft ");
      let sender: Socket | undefined;
      const { reach } = await cluster(
        await behind((socket) => {
          sender = socket;
          socket.end(page);
        }),
      );
      const stream = await reach(pod, 4191, never);
      await once(stream, "readable");
      // Until nothing moves any more: what lies in the buffers of sockets is no memory of this stream.
      for (let still = 0, last = -1; still < 50; await new Promise(setImmediate)) {
        const sent = sender?.bytesWritten ?? 0;
        still = sent === last ? still + 1 : 0;
        last = sent;
      }
      expect(stream.readableLength).to.be.at.most(2 ** 20);
      expect(sender?.writableLength).to.be.at.least(4 * 2 ** 20);
      let length = 0;
      for await (const chunk of stream as AsyncIterable<Buffer>) length += chunk.length;
      expect(length).to.equal(page.length);
    });

    it("a pod that does not take holds the writer up", async () => {
      const chunk = Buffer.alloc(2 ** 20);
      let there: Socket | undefined;
      const { reach } = await cluster(await behind((socket) => (there = socket.pause())));
      const stream = await reach(pod, 4191, never);
      let taken = 0;
      const next = (): void => {
        stream.write(chunk, (error) => {
          if (error) return;
          taken += 1;
          next();
        });
      };
      next();
      for (let still = 0, last = -1; still < 50; await new Promise(setImmediate)) {
        still = taken === last ? still + 1 : 0;
        last = taken;
      }
      const before = taken;
      expect(stream.writableLength).to.equal(chunk.length);
      there?.resume();
      await until(() => taken >= before + 20);
      stream.destroy();
    });
  });

  it("opens more at once than there are connections for requests", async () => {
    const { reach, there } = await cluster(await behind((socket) => socket.pipe(socket)));
    const streams = await Promise.all(Array.from({ length: 40 }, () => reach(pod, 4191, never)));
    expect(there.open()).to.equal(40);
    for (const stream of streams) stream.destroy();
    await until(() => there.open() === 0);
  });

  it("carries TLS with HTTP/2 inside", async () => {
    const pair = await serverPair(["web.shop"]);
    const inside = createSecureServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
      response.end(`${request.method} ${request.url} ${request.authority}`);
    });
    inside.listen(0, "127.0.0.1");
    await once(inside, "listening");
    stops.push(() => inside.close());
    const { reach, there } = await cluster(() => connectTcp((inside.address() as AddressInfo).port, "127.0.0.1"));
    const stream = await reach(pod, 4190, never);
    const tls = connectTls({ socket: stream, servername: "web.shop", ca: pair.certificate, ALPNProtocols: ["h2"] });
    const session = connectHttp2("https://web.shop", { createConnection: () => tls });
    expect(await text(session.request({ ":path": "/tap" }))).to.equal("GET /tap web.shop:443");
    session.destroy();
    tls.destroy();
    stream.destroy();
    await until(() => there.open() === 0);
  });
});
