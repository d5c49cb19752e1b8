import { expect } from "chai";
import { tcpAddress } from "../../src/core/proxy-api/address.ts";
import type { Server } from "../../src/core/proxy-api/inbound.ts";
import type { OutboundPolicy } from "../../src/core/proxy-api/outbound.ts";
import { controlled } from "../support/controlled.ts";
import { identityNamed } from "../support/certificates.ts";
import type { Controlled } from "../support/controlled.ts";
import { namespaceNamed, podNamed, serviceNamed, shop } from "../support/shop.ts";
import type { ProxyClient } from "../support/proxy-client.ts";
import { GrpcError } from "../support/proxy-client.ts";

const web = JSON.stringify({ ns: "shop", pod: "web-1" });
const policyName = (message: unknown): string => (message as Server).labels?.["name"] ?? "";
const protocolOf = (message: unknown): string => {
  const [kind = ""] = Object.keys((message as OutboundPolicy).protocol ?? {});
  return kind;
};

describe("grpc/policy-service", () => {
  let running: Controlled;
  let proxy: ProxyClient;
  beforeEach(async () => {
    running = await controlled(shop);
    proxy = await running.connect("policy", identityNamed("web"));
  });
  afterEach(async () => {
    proxy.close();
    await running.stop();
  });
  const watchPort = (workload: string, port = 8080) => proxy.stream("inbound", "WatchPort", { workload, port });
  const watch = (ip: string, port = 80, source = web) =>
    proxy.stream("outbound", "Watch", { source_workload: source, addr: tcpAddress(ip, port) });

  it("WatchPort tells a port's policy, and follows what it rests on", async () => {
    const stream = watchPort(web);
    expect(policyName(await stream.message(0))).to.equal("all-unauthenticated");
    running.api.put({
      ...namespaceNamed("shop"),
      metadata: { name: "shop", annotations: { "config.linkerd.io/default-inbound-policy": "deny" } },
    });
    expect(policyName(await stream.message(1))).to.equal("deny");
    running.api.put(
      podNamed("web-1", "10.1.0.1", { annotations: { "config.linkerd.io/default-inbound-policy": "audit" } }),
    );
    expect(policyName(await stream.message(2))).to.equal("audit");
  });

  it("a pod that has gone, or is not known, is NOT_FOUND: the proxy asks again", async () => {
    const stream = watchPort(web);
    await stream.message(0);
    running.api.remove("/api/v1/namespaces/shop/pods/web-1");
    expect(await stream.ended).to.include({ code: 5 });
    expect(await watchPort("shop:new").ended).to.include({ code: 5 });
  });

  const malformed: readonly [what: string, workload: string, port: number][] = [
    ["no workload", "", 80],
    ["half a workload", '{"ns":"shop"}', 80],
    ["no port", web, 0],
    ["a port that is none", web, 70_000],
  ];
  for (const [what, workload, port] of malformed)
    it(`${what} is INVALID_ARGUMENT: the proxy does not ask again`, async () => {
      expect(await watchPort(workload, port).ended).to.include({ code: 3 });
    });

  it("a Service's address that is asked for a moment before the Service is known is answered with the Service", async () => {
    const stream = watch("10.2.0.77");
    const unary = proxy.unary("outbound", "Get", { source_workload: web, addr: tcpAddress("10.2.0.77", 80) });
    const once = await unary.catch((error: unknown) => error);
    expect(once).to.be.instanceOf(GrpcError);
    running.api.put(serviceNamed("late", "10.2.0.77"));
    expect(protocolOf(await stream.message(0))).to.equal("detect");
    expect((await running.admin("/metrics")).match(/^weft_unknown_addresses_total.*/gm)).to.deep.equal([
      'weft_unknown_addresses_total{outcome="came"} 1',
    ]);
  });

  it("an address that stays nobody's is NOT_FOUND a moment later, and then at once", async () => {
    for (const address of ["10.2.0.78", "10.2.0.78"]) expect(await watch(address).ended).to.include({ code: 5 });
    expect((await running.admin("/metrics")).match(/^weft_unknown_addresses_total.*/gm)).to.deep.equal([
      'weft_unknown_addresses_total{outcome="stayed"} 1',
    ]);
  });

  it("Watch tells how a Service is reached, and follows it", async () => {
    const stream = watch("10.2.0.1");
    expect(protocolOf(await stream.message(0))).to.equal("detect");
    running.api.put(serviceNamed("web", "10.2.0.1", { "config.linkerd.io/opaque-ports": "80" }));
    expect(protocolOf(await stream.message(1))).to.equal("opaque");
    running.api.remove("/api/v1/namespaces/shop/services/web");
    expect(await stream.ended, "the address is nobody's now").to.include({ code: 5 });
  });

  const targets: readonly [what: string, ip: string, expected: string | number][] = [
    ["a pod", "10.1.0.2", 5],
    ["an address of the cluster that nobody has", "10.9.9.9", 5],
    ["an address outside", "203.0.113.1", "detect"],
  ];
  for (const [what, ip, expected] of targets)
    it(`Watch of ${what}`, async () => {
      const stream = watch(ip);
      const got = typeof expected === "number" ? (await stream.ended).code : protocolOf(await stream.message(0));
      expect(got).to.equal(expected);
    });

  it("who speaks for another's pod is refused", async () => {
    const other = JSON.stringify({ ns: "shop", pod: "cart-1" });
    const ends = [await watchPort(other).ended, await watch("10.2.0.1", 80, other).ended];
    expect(ends.map(({ code }) => code)).to.deep.equal([7, 7]);
  });

  it("who asks once is answered once", async () => {
    expect(policyName(await proxy.unary("inbound", "GetPort", { workload: web, port: 80 }))).to.equal(
      "all-unauthenticated",
    );
    const spec = { source_workload: web, addr: tcpAddress("10.2.0.1", 80) };
    expect(protocolOf(await proxy.unary("outbound", "Get", spec))).to.equal("detect");
    const codes = await Promise.all(
      [
        proxy.unary("inbound", "GetPort", { workload: "shop:new", port: 80 }),
        proxy.unary("inbound", "GetPort", { workload: "", port: 80 }),
        proxy.unary("outbound", "Get", { ...spec, source_workload: JSON.stringify({ ns: "shop", pod: "cart-1" }) }),
        proxy.unary("outbound", "Get", { source_workload: web }),
      ].map((call) => call.catch((error: unknown) => (error instanceof GrpcError ? error.status.code : error))),
    );
    expect(codes).to.deep.equal([5, 3, 7, 3]);
  });
});
