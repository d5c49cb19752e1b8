import { once } from "node:events";
import { createConnection } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { expect } from "chai";
import { issueLeaf, makeAuthority } from "../../src/certificates/webhook/authority.ts";
import { listenGrpc } from "../../src/grpc/listener.ts";
import type { Listener, ListenerOptions } from "../../src/grpc/listener.ts";
import { serviceDefinition } from "../../src/grpc/protos.ts";
import { preface } from "../support/hostile-client.ts";
import { proxyClient } from "../support/proxy-client.ts";

const hour = 3_600_000;
const validity = { notBefore: new Date(Date.now() - hour), notAfter: new Date(Date.now() + hour) };
const name = "linkerd-destination.weft.serviceaccount.identity.weft.cluster.local";

const profile = {
  definition: serviceDefinition("destination"),
  implementation: {
    GetProfile: (call: { write: (message: object) => void; end: () => void }) => {
      call.write({ fully_qualified_name: "web.shop.svc.cluster.local" });
      call.end();
    },
    Get: (call: { write: (message: object) => void }) => call.write({ no_endpoints: { exists: true } }),
  },
};

describe("grpc/listener", () => {
  let listener: Listener;
  let anchors: string;
  const refused: string[] = [];
  const connected: (string | undefined)[] = [];

  const identityOf = async (): Promise<ListenerOptions["identity"]> => {
    const authority = await makeAuthority(validity);
    anchors = authority.certificate;
    return { ...(await issueLeaf(authority, [name], validity)), anchors };
  };
  const listen = async (options: Partial<ListenerOptions>): Promise<void> => {
    listener = await listenGrpc({
      address: { host: "127.0.0.1", port: 0 },
      identity: await identityOf(),
      clientCertificates: "optional",
      services: [profile],
      onRefused: (code) => refused.push(code),
      onConnected: (identity) => connected.push(identity),
      ...options,
    });
  };
  afterEach(async () => {
    await listener.close();
    refused.length = 0;
    connected.length = 0;
  });

  it("serves a client that offers no ALPN", async () => {
    await listen({});
    const proxy = await proxyClient({ address: listener.address, name, anchors });
    const stream = proxy.stream("destination", "GetProfile", { path: "10.0.0.1:80" });
    expect(await stream.message(0)).to.include({ fully_qualified_name: "web.shop.svc.cluster.local" });
    expect(await stream.ended).to.deep.equal({ code: 0, message: "OK" });
    expect(connected).to.deep.equal([undefined]);
    proxy.close();
  });

  for (const [offered, answered] of [
    [undefined, false],
    [["h2"], "h2"],
    [["http/1.1", "h2"], "h2"],
    [["grpc-exp", "h2"], "h2"],
    [["http/1.1"], "no application protocol"],
    [["h3", "spdy/3"], "no application protocol"],
  ] as const)
    it(`who offers ${JSON.stringify(offered ?? "nothing")} is answered ${JSON.stringify(answered)}`, async () => {
      await listen({});
      // Options of a handshake are the server's own, and stay when its certificate is another one.
      listener.useIdentity(await identityOf());
      const socket = tlsConnect({
        host: "127.0.0.1",
        port: listener.address.port,
        servername: name,
        ca: anchors,
        ...(offered && { ALPNProtocols: [...offered] }),
      });
      socket.write(preface);
      // SETTINGS, which an HTTP/2 server says first.
      const seen = await once(socket, "data").then(([data]) => [socket.alpnProtocol, (data as Buffer)[3]], String);
      socket.destroy();
      if (answered === "no application protocol") {
        expect(seen).to.match(/no application protocol/i);
        expect(refused).to.deep.equal(["ERR_SSL_NO_APPLICATION_PROTOCOL"]);
      } else expect(seen).to.deep.equal([answered, 4]);
    });

  it("refuses in the handshake who has no certificate, where one is required", async () => {
    await listen({ clientCertificates: "required" });
    const error = await proxyClient({ address: listener.address, name, anchors }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(String(error)).to.match(/certificate required|closed the connection|ECONNRESET|EPIPE/i);
    expect(refused).to.deep.equal(["ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE"]);
  });

  it("closing ends streams that are open", async () => {
    await listen({});
    const proxy = await proxyClient({ address: listener.address, name, anchors });
    const stream = proxy.stream("destination", "Get", { path: "web.shop.svc.cluster.local:80" });
    expect(await stream.message(0)).to.deep.include({ no_endpoints: { exists: true } });
    await listener.close();
    expect((await stream.ended).code).to.equal(14);
    await proxy.closed;
  });

  it("closing waits for streams to end, and lets clients go", async () => {
    await listen({});
    const proxy = await proxyClient({ address: listener.address, name, anchors });
    const stream = proxy.stream("destination", "Get", { path: "web.shop.svc.cluster.local:80" });
    await stream.message(0);
    const closing = listener.close(60_000);
    expect(listener.connections()).to.equal(1);
    stream.cancel();
    await closing;
    await proxy.closed;
    expect(await stream.ended).to.include({ code: 14 });
  });

  it("who never finishes the handshake is cut off in time", async () => {
    await listen({ limits: { handshake: 50 } });
    const socket = createConnection(listener.address.port, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "close");
    expect(refused).to.deep.equal(["ERR_TLS_HANDSHAKE_TIMEOUT"]);
  });

  it("and does not hold up the end", async () => {
    await listen({});
    const socket = createConnection(listener.address.port, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    await listener.close();
    await once(socket, "close");
  });

  it("a new identity is shown to who comes next", async () => {
    await listen({});
    const before = await proxyClient({ address: listener.address, name, anchors });
    const other = await makeAuthority(validity);
    listener.useIdentity({ ...(await issueLeaf(other, [name], validity)), anchors: other.certificate });
    const after = await proxyClient({ address: listener.address, name, anchors: other.certificate });
    expect(after.peer.fingerprint256).to.not.equal(before.peer.fingerprint256);
    before.close();
    after.close();
  });
});
