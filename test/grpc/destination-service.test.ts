import { expect } from "chai";
import { ipText } from "../../src/core/proxy-api/address.ts";
import type { DestinationProfile, Update } from "../../src/core/proxy-api/destination.ts";
import { controlled, controlledOn } from "../support/controlled.ts";
import { identityNamed } from "../support/certificates.ts";
import type { Controlled } from "../support/controlled.ts";
import { fakeApi, status } from "../support/api-server.ts";
import { podNamed, serviceNamed, shop, sliceOf } from "../support/shop.ts";
import type { ProxyClient } from "../support/proxy-client.ts";

const context = JSON.stringify({ ns: "shop", nodeName: "node", pod: "cart-1" });
const path = "web.shop.svc.cluster.local:80";

/** An update in a few words, such as `+10.1.0.1:8080 mTLS`. */
const words = (message: unknown): string => {
  const { add, remove, no_endpoints: none } = message as Update;
  if (none) return `none, ${none.exists === true ? "exists" : "absent"}`;
  const addressOf = (addr: { ip?: object; port?: number } = {}) => `${ipText(addr.ip ?? {})}:${addr.port}`;
  const added = (add?.addrs ?? []).map(
    ({ addr, tls_identity: identity }) => `+${addressOf(addr as object)}${identity ? " mTLS" : ""}`,
  );
  const removed = (remove?.addrs ?? []).map((addr) => `-${addressOf(addr as object)}`);
  return [...added, ...removed].join(" ");
};

describe("grpc/destination-service", () => {
  let running: Controlled;
  let proxy: ProxyClient;
  const start = async (): Promise<void> => {
    running = await controlled(shop);
    proxy = await running.connect("destination", identityNamed("cart"));
  };
  const get = (to = path, token = context) => proxy.stream("destination", "Get", { path: to, context_token: token });
  const profile = (to: string) => proxy.stream("destination", "GetProfile", { path: to, context_token: context });
  afterEach(async () => {
    proxy.close();
    await running.stop();
  });

  it("Get tells the endpoints, and then what changes", async () => {
    await start();
    const stream = get();
    expect(words(await stream.message(0))).to.equal("+10.1.0.1:8080 mTLS +10.1.0.2:8080");
    running.api.put(podNamed("web-3", "10.1.0.3"));
    running.api.put(sliceOf("web", { "web-1": "10.1.0.1", "web-3": "10.1.0.3" }));
    expect([words(await stream.message(1)), words(await stream.message(2))]).to.deep.equal([
      "+10.1.0.3:8080 mTLS",
      "-10.1.0.2:8080",
    ]);
  });

  it("Get of a Service that is not there stays, and tells when it comes", async () => {
    await start();
    const stream = get("later.shop.svc.cluster.local:80");
    expect(words(await stream.message(0))).to.equal("none, absent");
    running.api.put(sliceOf("later", { "web-1": "10.1.0.1" }));
    running.api.put(serviceNamed("later", "10.2.0.7"));
    expect(words(await stream.message(1))).to.equal("+10.1.0.1:8080 mTLS");
  });

  it("GetProfile of a Service that is not there stays, and tells when it comes", async () => {
    await start();
    const stream = proxy.stream("destination", "GetProfile", {
      path: "later.shop.svc.cluster.local:80",
      context_token: context,
    });
    const fully_qualified_name = "later.shop.svc.cluster.local";
    const { parent_ref: nobody, ...first } = (await stream.message(0)) as DestinationProfile;
    expect([first.fully_qualified_name, nobody?.resource?.name]).to.deep.equal([fully_qualified_name, undefined]);
    running.api.put(serviceNamed("later", "10.2.0.7"));
    const { parent_ref } = (await stream.message(1)) as DestinationProfile;
    expect(parent_ref?.resource?.name).to.equal("later");
  });

  const malformed: readonly [method: "Get" | "GetProfile", path: string][] = [
    ["Get", "10.2.0.1:80"],
    ["Get", "web.shop:80"],
    ["Get", ""],
    ["GetProfile", "web:80"],
    ["GetProfile", "nobody.shop.svc.example.org:80"],
  ];
  for (const [method, asked] of malformed)
    it(`${method} of ${JSON.stringify(asked)} is INVALID_ARGUMENT: the proxy goes on without`, async () => {
      await start();
      const { code } = await proxy.stream("destination", method, { path: asked, context_token: context }).ended;
      expect(code).to.equal(3);
    });

  it("GetProfile answers every address, and follows it", async () => {
    await start();
    const stranger = (await profile("203.0.113.7:443").message(0)) as DestinationProfile;
    expect([stranger.endpoint?.addr?.port, stranger.endpoint?.tls_identity]).to.deep.equal([443, undefined]);
    const stream = profile("10.2.0.1:80");
    expect(await stream.message(0)).to.include({
      fully_qualified_name: "web.shop.svc.cluster.local",
      opaque_protocol: false,
    });
    running.api.put(serviceNamed("web", "10.2.0.1", { "config.linkerd.io/opaque-ports": "80" }));
    expect(await stream.message(1)).to.include({ opaque_protocol: true });
  });

  it("who speaks for another's pod is refused, and that is told", async () => {
    await start();
    const { code, message } = await get(path, JSON.stringify({ ns: "shop", pod: "web-1" })).ended;
    expect([code, message]).to.deep.equal([7, `${identityNamed("cart")} is not pod shop/web-1`]);
    await get(path, JSON.stringify({ ns: "shop", pod: "web-1" })).ended;
    expect(running.log().match(/not the pod that/g), "told once in a while").to.have.length(1);
    expect(running.log()).to.match(/WARN .*not the pod that it speaks for.* pod=web-1 .*expected=web\.shop\./);
    expect(await running.admin("/metrics")).to.include(
      'weft_callers_total{method="Destination/Get",verdict="refused"} 2',
    );
  });

  it("who speaks for a pod that is not known is answered, and counted", async () => {
    await start();
    const unknown = get(path, JSON.stringify({ ns: "shop", pod: "new" }));
    const elsewhere = get(path, "ns:bank");
    await Promise.all([unknown.message(0), elsewhere.message(0)]);
    const page = await running.admin("/metrics");
    expect(page).to.include('weft_callers_total{method="Destination/Get",verdict="unknown"} 1');
    expect(page).to.include('weft_callers_total{method="Destination/Get",verdict="other"} 1');
  });

  it("says nothing before the cluster was read whole", async () => {
    const api = fakeApi(...shop);
    let isAway = true;
    api.answerWith((call) => (isAway && call.path === "/api/v1/nodes" ? status(403, "Forbidden", "no") : undefined));
    running = await controlledOn(api);
    proxy = await running.connect("destination", identityNamed("cart"));
    const stream = get();
    while (!(await running.admin("/metrics")).includes("weft_streams 1\n"));
    expect(await running.admin("/readyz")).to.include("[-]cluster not read yet from https://fake: Node");
    expect(stream.messages).to.deep.equal([]);
    isAway = false;
    expect(words(await stream.message(0))).to.equal("+10.1.0.1:8080 mTLS +10.1.0.2:8080");
  });

  it("what was known is told to streams, old and new, while the API server is away", async () => {
    await start();
    const stream = get();
    await stream.message(0);
    running.api.answerWith(() => {
      throw new Error("connection refused");
    });
    running.api.endWatches(new Error("cut"));
    expect(words(await get().message(0))).to.equal("+10.1.0.1:8080 mTLS +10.1.0.2:8080");
    running.api.answerWith(() => undefined);
    running.api.put(sliceOf("web", { "web-1": "10.1.0.1" }));
    expect(words(await stream.message(1))).to.equal("-10.1.0.2:8080");
  });

  it("stopping ends streams, so that proxies go elsewhere", async () => {
    await start();
    const stream = get();
    await stream.message(0);
    await running.stop();
    expect(await stream.ended).to.deep.equal({ code: 14, message: "stopping" });
    await proxy.closed;
  });
});
