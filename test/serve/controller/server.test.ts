import { expect } from "chai";
import { createServer } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { StartFailure } from "../../../src/serve/start-failure.ts";
import { newFolder } from "../../support/folder.ts";
import { shop } from "../../support/shop.ts";
import { controlled } from "../../support/controlled.ts";
import { identityNamed } from "../../support/certificates.ts";
import type { Controlled } from "../../support/controlled.ts";

describe("weft controller", () => {
  let running: Controlled | undefined;
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });

  for (const listener of ["destination", "policy"] as const)
    it(`${listener} refuses who has no certificate of the mesh`, async () => {
      running = await controlled(shop);
      const refusal = await running.connect(listener).then(
        () => "let in",
        (reason: unknown) => String(reason),
      );
      expect(refusal).to.match(/certificate required|closed the connection|ECONNRESET|EPIPE/i);
      expect(await running.admin("/metrics")).to.include(
        `weft_handshake_failures_total{listener="${listener}",code="ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE"} 1`,
      );
    });

  it("identity lets in who has none, and who has one", async () => {
    running = await controlled(shop);
    const proxies = [await running.connect("identity"), await running.connect("identity", identityNamed("web"))];
    const page = await running.admin("/metrics");
    for (const client of ["anonymous", "certified"])
      expect(page).to.include(`weft_connections_total{listener="identity",client="${client}"} 1`);
    expect(page).to.include('weft_connections{listener="identity"} 2');
    for (const proxy of proxies) proxy.close();
  });

  it("says what it serves and knows", async () => {
    running = await controlled(shop);
    while ((await running.admin("/readyz")) !== "ok\n");
    const verbose = await running.admin("/readyz?verbose");
    expect(verbose).to.match(/^\[\+\]controller serving$/m);
    expect(verbose).to.match(/^\[\+\]cluster 3 pods, 1 Services, https:\/\/fake last heard of \d+ s ago$/m);
    expect(await running.admin("/metrics")).to.include('weft_cluster_objects{kind="Pod"} 3');
    expect(running.log()).to.match(/INFO {2}serving proxies identity=127\.0\.0\.1:\d+ destination=/);
  });

  it("streams follow the settings", async () => {
    const folder = await newFolder();
    await folder.write("settings", JSON.stringify({ clusterDomain: "cluster.local", proxy: { opaquePorts: "25" } }));
    running = await controlled(shop, { settings: folder.at("settings") });
    const proxy = await running.connect("destination", identityNamed("cart"));
    const stream = proxy.stream("destination", "GetProfile", { path: "203.0.113.7:443" });
    const other = proxy.stream("destination", "GetProfile", { path: "203.0.113.7:443" });
    expect(
      [await stream.message(0), await other.message(0)].map(
        (each) => (each as { opaque_protocol: boolean }).opaque_protocol,
      ),
    ).to.deep.equal([false, false]);
    await folder.write("settings", JSON.stringify({ clusterDomain: "cluster.local", proxy: { opaquePorts: "443" } }));
    expect(await stream.message(1)).to.include({ opaque_protocol: true });
    expect(await other.message(1)).to.include({ opaque_protocol: true });
    proxy.close();
    await folder.destroy();
  });

  it("does not start with settings that cannot be used, or where it cannot listen", async () => {
    const folder = await newFolder();
    await folder.write(
      "settings",
      JSON.stringify({ clusterNetworks: "10.0.0.0", proxy: { defaultInboundPolicy: "all" } }),
    );
    const taken = createServer().listen(0, "127.0.0.1").unref();
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const failure = async (given: Parameters<typeof controlled>[1]) =>
      controlled(shop, given).then(
        () => "started",
        (error: unknown) => (error instanceof StartFailure ? error.lines.join("\n") : error),
      );
    expect(await failure({ settings: folder.at("settings") })).to.match(
      /settings: proxy.defaultInboundPolicy: "all" is not a policy.*; .*clusterNetworks: "10.0.0.0" is not a network in CIDR form/,
    );
    expect(await failure({ policyAddress: `127.0.0.1:${port}` })).to.equal(
      `cannot listen on 127.0.0.1:${port}: something else listens there`,
    );
    taken.close();
    await folder.destroy();
  });
});
