import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { status } from "@grpc/grpc-js";
import type { TapMessage } from "../../src/core/proxy-api/tap.ts";
import { channelOver, GrpcError } from "../../src/grpc/client.ts";
import { mostInMessage } from "../../src/grpc/unread.ts";
import type { Channel, ChannelOptions } from "../../src/grpc/client.ts";
import { observe } from "../../src/grpc/tap-client.ts";
import { identityNamed, testMesh } from "../support/certificates.ts";
import type { TestMesh } from "../support/certificates.ts";
import { fakeProxy } from "../support/fake-proxy.ts";
import type { FakeProxy, ObserveCall } from "../support/fake-proxy.ts";

const name = identityNamed("web");
const tapper = identityNamed("weft-tap");
const never = new AbortController().signal;
const request = { limit: 5, match: { all: { matches: [] } } };

const failure = async (asked: Promise<unknown>): Promise<Error> => {
  try {
    await asked;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("no failure");
};

describe("grpc/client", () => {
  let mesh: TestMesh;
  let proxy: FakeProxy;
  const channels: Channel[] = [];
  before(async () => {
    mesh = await testMesh();
  });
  afterEach(async () => {
    for (const channel of channels.splice(0)) channel.close();
    await proxy.close();
  });

  const start = async (on?: (call: ObserveCall) => void): Promise<void> => {
    proxy = await fakeProxy({ mesh, name, lets: tapper }, on);
  };
  const open = async (options: Partial<ChannelOptions> = {}, signal = never): Promise<Channel> => {
    const asked = { name, anchors: mesh.anchor.certificate, certificate: await mesh.leaf(tapper), ...options };
    const channel = await channelOver(proxy.dial(), asked, signal);
    channels.push(channel);
    return channel;
  };

  it("messages come one by one, then the status", async () => {
    await start((call) => {
      for (const path of ["/a", "/b"]) call.tell({ http: { request_init: { path } } });
      call.end();
    });
    const told: TapMessage[] = [];
    const ended = await observe(await open(), request, (message) => told.push(message), never);
    expect(ended).to.deep.equal({ code: 0, message: "OK" });
    expect(told.map(({ http }) => http?.request_init?.path)).to.deep.equal(["/a", "/b"]);
    expect(proxy.calls[0]?.request).to.deep.include({ limit: 5 });
  });

  const refusals: readonly [claim: string, options: () => Promise<Partial<ChannelOptions>>][] = [
    ["without a certificate", async () => ({ certificate: undefined })],
    ["with somebody else's", async () => ({ certificate: await mesh.leaf(identityNamed("web")) })],
  ];
  for (const [claim, options] of refusals)
    it(`${claim} a call is refused, and the channel lives`, async () => {
      await start();
      const channel = await open(await options());
      for (let time = 0; time < 2; time += 1)
        expect(await observe(channel, request, () => undefined, never)).to.deep.equal({
          code: status.UNAUTHENTICATED,
          message: "Unauthorized client",
        });
    });

  it("a refusal of a call with one answer is thrown", async () => {
    await start();
    const channel = await open({ certificate: undefined });
    const error = await failure(channel.unary({ service: "tap", method: "Observe", request }, never));
    expect(error).to.be.instanceOf(GrpcError);
    expect(error.message).to.equal("Unauthorized client (gRPC status 16)");
  });

  it("a server that nobody vouches for is not spoken to", async () => {
    await start();
    const other = await testMesh();
    expect((await failure(open({ anchors: other.anchor.certificate }))).message).to.match(/certificate/);
  });

  it("nor is one with another name", async () => {
    await start();
    expect((await failure(open({ name: identityNamed("other") }))).message).to.equal(
      `DNS:${name} answers in the place of ${identityNamed("other")}`,
    );
  });

  it("a server that answers in plaintext fails, and so does one that says nothing at all", async () => {
    await start();
    for (const greet of [true, false]) {
      const server = createServer((socket) => {
        socket.on("error", () => undefined);
        if (greet) socket.write("hello, this is no TLS\n");
        else socket.end();
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const stream = connect((server.address() as AddressInfo).port, "127.0.0.1");
      const error = await failure(channelOver(stream, { name, anchors: mesh.anchor.certificate }, never));
      expect(error.message).to.match(greet ? /wrong version number/ : /closed|disconnected/);
      server.close();
    }
  });

  it("a call that is given up tells nothing more, and the server hears of it", async () => {
    await start((call) => call.tell({ http: { request_init: { path: "/a" } } }));
    const ending = new AbortController();
    const told: TapMessage[] = [];
    const ended = observe(
      await open(),
      request,
      (message) => {
        told.push(message);
        ending.abort();
      },
      ending.signal,
    );
    expect(await ended).to.deep.include({ code: status.CANCELLED });
    await proxy.calls[0]?.over;
    expect(told).to.have.length(1);
  });

  it("a channel ends with its signal, and its calls with it", async () => {
    await start();
    const ending = new AbortController();
    const channel = await open({}, ending.signal);
    const ended = observe(channel, request, () => undefined, never);
    ending.abort();
    expect(await ended).to.deep.equal({ code: status.UNAVAILABLE, message: "the connection was closed" });
    expect(await observe(channel, request, () => undefined, never)).to.deep.include({ code: status.UNAVAILABLE });
  });

  it("a message that is too long ends its call", async () => {
    await start((call) => call.tell({ http: { request_init: { path: "/".repeat(mostInMessage + 1) } } }));
    const ended = await observe(await open(), request, () => undefined, never);
    expect(ended.code).to.equal(status.INTERNAL);
    expect(ended.message).to.match(/^Error: a message of \d+ bytes, 1048576 are taken$/);
  });
});
