/** What a proxy would be shown, seen on real listeners. */
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { createServer } from "node:tls";
import { expect } from "chai";
import { shownBy } from "../../src/net/tls-probe.ts";
import { testMesh } from "../support/certificates.ts";

const name = "linkerd-destination.weft.serviceaccount.identity.weft.cluster.local";

describe("what a listener shows", () => {
  const open: Server[] = [];
  const listening = async (server: Server): Promise<number> => {
    open.push(server);
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };
  after(() => open.forEach((server) => server.close()));

  let anchors = "";
  let leaf = { chain: "", key: "" };
  before(async () => {
    const mesh = await testMesh();
    anchors = mesh.anchor.certificate;
    leaf = await mesh.leaf(name);
  });

  const listener = (port: number, anchors: string) => ({ host: "127.0.0.1", port, serverName: name, anchors });

  it("are the names and the chain, also where clients have to be certified", async () => {
    const tls = { cert: leaf.chain, key: leaf.key, ca: anchors, minVersion: "TLSv1.3" as const };
    const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true });
    server.on("tlsClientError", () => undefined);
    const port = await listening(server);
    expect(await shownBy(listener(port, anchors), 5000)).to.deep.equal({
      names: [name],
      refusal: undefined,
    });
    const stranger = await testMesh();
    expect((await shownBy(listener(port, stranger.anchor.certificate), 5000)).refusal).to.match(/\S/);
  });

  it("is nothing where nobody answers, or not by TLS", async () => {
    const silent = await listening(createTcpServer(() => undefined));
    const told = (port: number) => shownBy(listener(port, anchors), 50).then(() => "", String);
    expect(await told(silent)).to.equal("Error: no answer within 50 ms");
    const plain = await listening(createTcpServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
    expect(await told(plain)).to.match(/^Error: /);
  });
});
