import { X509Certificate } from "node:crypto";
import { connect } from "node:net";
import { expect } from "chai";
import { ownRequest, pemText } from "../../src/certificates/mesh/own-request.ts";
import { defaultLife } from "../../src/core/identity/validity.ts";
import { certify } from "../../src/grpc/certify-client.ts";
import type { Certified } from "../../src/grpc/certify-client.ts";
import { channelOver, GrpcError } from "../../src/grpc/client.ts";
import type { Listener } from "../../src/grpc/listener.ts";
import { identityNamed, testMesh } from "../support/certificates.ts";
import type { TestMesh } from "../support/certificates.ts";
import { identityServer } from "../support/tap-world.ts";

const server = identityNamed("linkerd-identity", "linkerd");
const never = new AbortController().signal;
const now = Math.floor(Date.now() / 1000) * 1000;
const hour = 3_600_000;

describe("grpc/certify-client", () => {
  let mesh: TestMesh;
  let listener: Listener;
  before(async () => {
    mesh = await testMesh(now);
    listener = await identityServer(mesh, now);
  });
  after(() => listener.close());

  const asked = async (account: string, token: string): Promise<Certified> => {
    const socket = connect(listener.address.port, "127.0.0.1");
    const channel = await channelOver(socket, { name: server, anchors: mesh.anchor.certificate }, never);
    const identity = identityNamed(account);
    const { request } = await ownRequest(identity);
    try {
      const call = { identity, token: Buffer.from(token), certificate_signing_request: request };
      return await certify(channel, call, never);
    } finally {
      channel.close();
    }
  };

  it("a tapper is certified for an hour, by the mesh's issuer", async () => {
    const { chain, validUntil } = await asked("weft-tap", "weft-tap");
    expect(validUntil).to.equal(now + hour);
    const [leaf, issuer] = chain.map((der) => new X509Certificate(pemText(der, "CERTIFICATE")));
    expect(leaf?.subjectAltName).to.equal(`DNS:${identityNamed("weft-tap")}`);
    expect(leaf?.validToDate.getTime()).to.equal(now + hour);
    expect(issuer && leaf?.verify(issuer.publicKey)).to.equal(true);
  });

  it("another workload for a day", async () => {
    expect((await asked("web", "web")).validUntil).to.equal(now + 24 * hour + defaultLife.clockSkew);
  });

  it("a refusal has its words", async () => {
    const error = await asked("weft-tap", "web").then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(GrpcError);
    expect(String(error)).to.match(/asked for weft-tap\.shop/);
  });
});
