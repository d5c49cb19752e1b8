import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import { pemBlocks } from "../../src/certificates/x509/pem.ts";
import type { Json } from "../../src/core/base/json/json.ts";
import { refusal } from "../../src/core/identity/refusals.ts";
import { defaultLife } from "../../src/core/identity/validity.ts";
import { identityService } from "../../src/grpc/identity-service.ts";
import type { Certified, IdentityServiceNeeds, Refused, Reviewed } from "../../src/grpc/identity-service.ts";
import { listenGrpc } from "../../src/grpc/listener.ts";
import type { Listener } from "../../src/grpc/listener.ts";
import { domain, identityNamed, testMesh } from "../support/certificates.ts";
import type { TestMesh } from "../support/certificates.ts";
import { oddRequest } from "../support/odd-request.ts";
import type { OddRequest } from "../support/odd-request.ts";
import { GrpcError, certify, proxyClient, workloadRequest } from "../support/proxy-client.ts";
import type { ProxyClient } from "../support/proxy-client.ts";

const name = identityNamed("linkerd-identity", "linkerd");
const identity = identityNamed("web", "shop");
const now = Date.now();

const reviewOf = (username: string): Json => ({
  authenticated: true,
  audiences: ["identity.l5d.io"],
  user: { username, uid: "u-1" },
});

/** As the API server would: a token is a user name here, or the name of a fault. */
const review = async (token: string): Promise<Reviewed> => ({ status: await statusOf(token) });

const statusOf = async (token: string): Promise<Json> => {
  if (token === "unreachable") throw new Error("connect ECONNREFUSED");
  if (token === "error") return { error: "invalid bearer token" };
  if (token === "unknown") return { authenticated: false };
  return reviewOf(token);
};

describe("grpc/identity-service", () => {
  let mesh: TestMesh;
  let listener: Listener;
  const certified: Certified[] = [];
  const refused: Refused[] = [];
  before(async () => {
    mesh = await testMesh(now);
  });
  afterEach(async () => {
    await listener.close();
    certified.length = 0;
    refused.length = 0;
  });

  const listen = async (needs: Partial<IdentityServiceNeeds> = {}): Promise<void> => {
    const validity = { notBefore: now - 60_000, notAfter: now + 3_600_000 };
    const service = identityService({
      domain,
      life: defaultLife,
      spiffe: false,
      issuer: () => mesh.issuer,
      review,
      now: () => new Date(now),
      onCertified: (one) => certified.push(one),
      onRefused: (one) => refused.push(one),
      ...needs,
    });
    listener = await listenGrpc({
      address: { host: "127.0.0.1", port: 0 },
      identity: { ...(await mesh.issuer.servingPair([name], validity)), anchors: mesh.issuer.anchors },
      clientCertificates: "optional",
      services: [service],
      limits: { streams: 8 },
    });
  };
  const connect = (certificate?: { readonly chain: string; readonly key: string }): Promise<ProxyClient> =>
    proxyClient({ address: listener.address, name, anchors: mesh.anchor.certificate, certificate });
  const token = "system:serviceaccount:shop:web";

  it("a proxy without ALPN and certificate is certified, and comes back with its certificate", async () => {
    await listen();
    const { csr, key } = await workloadRequest(identity);
    const first = await connect();
    const { chain, validUntil } = await certify(first, { identity, token, csr });
    first.close();
    const [leaf = "", issuer = "", ...more] = pemBlocks(chain);
    const read = new X509Certificate(leaf);
    const above = new X509Certificate(issuer);
    expect(more, "the anchor is left out").to.deep.equal([]);
    expect(read.subjectAltName).to.equal(`DNS:${identity}`);
    expect(
      read.verify(above.publicKey) && above.verify(new X509Certificate(mesh.anchor.certificate).publicKey),
    ).to.equal(true);
    expect(read.validToDate).to.deep.equal(validUntil);
    expect(Math.floor((now + 24 * 3_600_000 + 20_000) / 1000) * 1000).to.equal(validUntil.getTime());
    const [one] = certified;
    expect(one).to.deep.include({
      identity,
      owner: { namespace: "shop", serviceAccount: "web", uid: "u-1" },
      notAfter: validUntil,
      fingerprint: read.fingerprint256.replaceAll(":", "").toLowerCase(),
    });
    const again = await connect({ chain, key });
    const renewed = await certify(again, { identity, token, csr });
    again.close();
    expect(renewed.chain).to.not.equal(chain);
    expect(refused).to.deep.equal([]);
  });

  it("a token that changes between calls is the one that counts", async () => {
    const tokens: string[] = [];
    await listen({
      review: (given) => {
        tokens.push(given);
        return Promise.resolve({ status: reviewOf("system:serviceaccount:shop:web") });
      },
    });
    const { csr } = await workloadRequest(identity);
    for (const text of ["one", "another"]) {
      const client = await connect();
      await certify(client, { identity, token: text, csr });
      client.close();
    }
    expect(tokens).to.deep.equal(["one", "another"]);
  });

  it("a SPIFFE name comes after the DNS name", async () => {
    await listen({ spiffe: true });
    const { csr } = await workloadRequest(identity);
    const client = await connect();
    const { chain } = await certify(client, { identity, token, csr });
    client.close();
    expect(new X509Certificate(chain).subjectAltName).to.equal(
      `DNS:${identity}, URI:spiffe://cluster.local/ns/shop/sa/web`,
    );
  });

  const dns = (value: string) => ({ type: "dns" as const, value });
  const own = { commonNames: [identity], names: [dns(identity)] };
  type Row = readonly [
    claim: string,
    expected: readonly [code: number, reason: string],
    how: {
      readonly request?: OddRequest;
      readonly csr?: Buffer;
      readonly token?: string;
      readonly identity?: string;
      readonly needs?: Partial<IdentityServiceNeeds>;
    },
  ];
  const rows: readonly Row[] = [
    ["no issuer", [14, "issuer_missing"], { needs: { issuer: () => undefined } }],
    ["no identity", [3, "identity_missing"], { identity: "" }],
    ["no token", [3, "token_missing"], { token: "" }],
    ["no request", [3, "request_missing"], { csr: Buffer.alloc(0) }],
    ["a request that is none", [3, "request_malformed"], { csr: Buffer.from("3003020101", "hex") }],
    ["a request longer than any", [3, "request_malformed"], { csr: Buffer.alloc(2049, 48) }],
    ["an issuer that has expired", [2, "issuer_invalid"], { needs: { now: () => new Date(now + 101 * 3_600_000) } }],
    ["two names", [9, "dns_names"], { request: { names: [dns(identity), dns("b.example")] } }],
    ["no name", [9, "dns_names"], { request: {} }],
    ["another name", [9, "name_mismatch"], { request: { names: [dns("b.example")] } }],
    ["another common name", [9, "common_name"], { request: { ...own, commonNames: ["b.example"] } }],
    ["an address too", [9, "other_names"], { request: { names: [dns(identity), { type: "ip", value: "10.0.0.1" }] } }],
    [
      "a SPIFFE name of its own choice",
      [9, "other_names"],
      { request: { names: [dns(identity), { type: "url", value: "spiffe://cluster.local/ns/shop/sa/other" }] } },
    ],
    ["no API server", [13, "review_failed"], { token: "unreachable" }],
    ["a token with an error", [3, "token_error"], { token: "error" }],
    ["a token of nobody", [9, "token_refused"], { token: "unknown" }],
    ["a token of a person", [3, "user_name"], { token: "jane" }],
    ["somebody else's token", [9, "identity_mismatch"], { token: "system:serviceaccount:shop:other" }],
    ["the same account of another namespace", [9, "identity_mismatch"], { token: "system:serviceaccount:evil:web" }],
    ["an RSA key", [13, "key_type"], { request: { ...own, key: "RSA" } }],
    [
      "a signer that fails",
      [13, "signing_failed"],
      {
        needs: {
          issuer: () => ({
            ...mesh.issuer,
            readRequest: (der) => {
              const read = mesh.issuer.readRequest(der);
              return "facts" in read ? { ...read, sign: () => Promise.reject(new Error("no")) } : read;
            },
          }),
        },
      },
    ],
  ];
  for (const [claim, expected, how] of rows)
    it(`is refused: ${claim}`, async () => {
      await listen(how.needs);
      const csr = how.csr ?? (await oddRequest(how.request ?? own));
      const client = await connect();
      const asked = { identity: how.identity ?? identity, token: how.token ?? token, csr };
      const error = await certify(client, asked).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      client.close();
      expect(error).to.be.instanceOf(GrpcError);
      const [one] = refused;
      expect([error instanceof GrpcError ? error.status.code : 0, one?.refusal.reason]).to.deep.equal(expected);
      expect(error instanceof GrpcError && error.status.message).to.equal(one?.refusal.message);
      expect(certified).to.deep.equal([]);
    });

  describe("what is refused for nothing", () => {
    let parsed = 0;
    const cheap: readonly [reason: string, asked: { identity?: string; token?: string; csr?: Buffer }][] = [
      ["identity_missing", { identity: "" }],
      ["name_mismatch", { identity: "a".repeat(254) }],
      ["token_missing", { token: "" }],
      ["request_missing", { csr: Buffer.alloc(0) }],
      ["request_malformed", { csr: Buffer.alloc(2049, 48) }],
      ["token_expired", { token: "old" }],
    ];
    for (const [reason, asked] of cheap)
      it(`has its request not read: ${reason}`, async () => {
        parsed = 0;
        await listen({
          issuer: () => ({
            ...mesh.issuer,
            readRequest: (der) => {
              parsed += 1;
              return mesh.issuer.readRequest(der);
            },
          }),
          refusedUnseen: (given) => (given === "old" ? refusal("token_expired") : undefined),
        });
        const { csr } = await workloadRequest(identity);
        const client = await connect();
        const all = { identity, token, csr };
        await certify(client, { ...all, ...asked }).catch(() => undefined);
        expect([refused[0]?.refusal.reason, parsed]).to.deep.equal([reason, 0]);
        await certify(client, all);
        client.close();
        expect(parsed).to.equal(1);
      });
  });

  it("a request whose signature is another's is refused, and counts against its address", async () => {
    const bad: string[] = [];
    await listen({ onBadRequest: ({ key }) => bad.push(key) });
    const { csr } = await workloadRequest(identity);
    // The last byte is the signature's.
    csr.writeUInt8(csr.readUInt8(csr.length - 1) ^ 1, csr.length - 1);
    const client = await connect();
    const error = await certify(client, { identity, token, csr }).catch((reason: unknown) => reason);
    client.close();
    expect(error).to.be.instanceOf(GrpcError);
    expect([refused[0]?.refusal.reason, bad]).to.deep.equal(["request_signature", ["127.0.0.1"]]);
  });

  for (const key of ["P-384", "P-521"] as const)
    it(`a key of ${key} is certified`, async () => {
      await listen();
      const csr = await oddRequest({ ...own, key });
      const client = await connect();
      const { chain } = await certify(client, { identity, token, csr });
      client.close();
      expect(new X509Certificate(chain).checkIssued(new X509Certificate(mesh.issuerPem.certificate))).to.equal(true);
    });

  it("so many are under way, so many wait, and more are turned away", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reviews = 0;
    let reached = (): void => undefined;
    const inFlight = new Promise<void>((resolve) => {
      reached = resolve;
    });
    await listen({
      limits: { most: 2, mostOfStrangers: 2, mostWaiting: 3 },
      review: async () => {
        reviews += 1;
        if (reviews === 2) reached();
        await held;
        return { status: reviewOf(token) };
      },
    });
    const { csr } = await workloadRequest(identity);
    const client = await connect();
    const first = [1, 2].map(() => certify(client, { identity, token, csr }));
    await inFlight;
    const outcome = (): Promise<unknown> =>
      certify(client, { identity, token, csr }).then(
        () => "issued",
        (error: unknown) => (error instanceof GrpcError ? error.status.code : error),
      );
    const waiting = [3, 4, 5].map(outcome);
    expect(await outcome()).to.equal(8);
    expect(reviews).to.equal(2);
    release();
    await Promise.all(first);
    expect(await Promise.all(waiting)).to.deep.equal(["issued", "issued", "issued"]);
    client.close();
    expect(refused.map(({ refusal }) => refusal.reason)).to.deep.equal(["overloaded"]);
  });
});
