import { readFileSync } from "node:fs";
import { expect } from "chai";
import { ipText } from "../../src/core/proxy-api/address.ts";
import type { Update } from "../../src/core/proxy-api/destination.ts";
import { podNamed, serviceNamed, shop, sliceOf } from "../support/shop.ts";
import { controllerProcess } from "../support/controller-process.ts";
import type { Certificate } from "../support/certificates.ts";
import type { ControllerProcess } from "../support/controller-process.ts";
import { GrpcError } from "../support/proxy-client.ts";

const identity = "web.shop.serviceaccount.identity.linkerd.cluster.local";
const workload = JSON.stringify({ ns: "shop", pod: "web-1" });
const path = "web.shop.svc.cluster.local:80";

const ips = (message: unknown): readonly string[] =>
  ((message as Update).add?.addrs ?? []).map(({ addr }) => ipText(addr?.ip ?? {}) ?? "");

describe("the control plane as a process", function () {
  this.timeout(60_000);
  let plane: ControllerProcess;
  let web: Certificate;
  before(async () => {
    plane = await controllerProcess(shop);
    plane.http.tokens.set("token of web", "system:serviceaccount:shop:web");
    web = await plane.certified(identity, "token of web");
  });
  after(async () => {
    expect(await plane.stop()).to.equal(0);
    expect(plane.log()).to.match(/"stopped"/);
  });
  const get = async (to = path) => {
    const proxy = await plane.connect("destination", web);
    const stream = proxy.stream("destination", "Get", { path: to, context_token: workload });
    return { proxy, stream };
  };

  it("certifies who has a token, and nobody else", async () => {
    const refused = await plane.certified(identity, "made up").then(
      () => "certified",
      (error: unknown) => (error instanceof GrpcError ? error.status.code : error),
    );
    expect(refused).to.equal(9);
    expect(plane.http.reviews()).to.equal(2);
  });

  for (const listener of ["destination", "policy"] as const)
    it(`${listener} lets in nobody without a certificate`, async () => {
      const refusal = await plane.connect(listener).then(
        () => "let in",
        (reason: unknown) => String(reason),
      );
      expect(refusal).to.match(/certificate required|closed the connection|ECONNRESET|EPIPE/i);
    });

  it("tells who is certified everything it asks for, and what changes", async () => {
    const { proxy, stream } = await get();
    expect(ips(await stream.message(0))).to.deep.equal(["10.1.0.1", "10.1.0.2"]);
    const profile = proxy.stream("destination", "GetProfile", { path: "10.2.0.1:80", context_token: workload });
    expect(await profile.message(0)).to.include({ fully_qualified_name: "web.shop.svc.cluster.local" });
    const policy = await plane.connect("policy", web);
    const inbound = policy.stream("inbound", "WatchPort", { workload, port: 8080 });
    expect(await inbound.message(0)).to.have.nested.property("labels.name", "all-unauthenticated");
    plane.http.api.put(podNamed("web-3", "10.1.0.3"));
    plane.http.api.put(sliceOf("web", { "web-1": "10.1.0.1", "web-2": "10.1.0.2", "web-3": "10.1.0.3" }));
    expect(ips(await stream.message(1))).to.deep.equal(["10.1.0.3"]);
    plane.http.api.put(serviceNamed("web", "10.2.0.1", { "config.linkerd.io/opaque-ports": "80" }));
    expect(await profile.message(1)).to.include({ opaque_protocol: true });
    proxy.close();
    policy.close();
  });

  it("serves what it knew while the API server is away, and goes on when it is back", async () => {
    const { proxy, stream } = await get();
    await stream.message(0);
    await plane.http.stop();
    const late = await get();
    expect(ips(await late.stream.message(0))).to.include("10.1.0.1");
    expect(await plane.admin("/readyz")).to.equal("ok\n");
    await plane.http.start();
    plane.http.api.put(podNamed("web-4", "10.1.0.4"));
    plane.http.api.put(sliceOf("web", { "web-1": "10.1.0.1", "web-4": "10.1.0.4" }));
    for (let next = 1; !ips(await stream.message(next)).includes("10.1.0.4"); next += 1);
    proxy.close();
    late.proxy.close();
  });

  it("2,000 streams are told of a change, for little memory each", async () => {
    const before = residentMegabytes(plane.pid);
    const proxies = await Promise.all(Array.from({ length: 20 }, () => plane.connect("destination", web)));
    const to = "many.shop.svc.cluster.local:80";
    const streams = proxies.flatMap((proxy) =>
      Array.from({ length: 100 }, () => proxy.stream("destination", "Get", { path: to, context_token: workload })),
    );
    await Promise.all(streams.map((stream) => stream.message(0)));
    plane.http.api.put(sliceOf("many", { "web-1": "10.1.0.1" }));
    plane.http.api.put(serviceNamed("many", "10.2.0.8"));
    const seen = await Promise.all(streams.map(async (stream) => ips(await stream.message(1)).join()));
    expect(new Set(seen)).to.deep.equal(new Set(["10.1.0.1"]));
    // 20 kB each, and what a collector leaves for later.
    expect(residentMegabytes(plane.pid) - before).to.be.lessThan(2000 * 0.06);
    for (const proxy of proxies) proxy.close();
  });

  it("a reader that does not read costs no memory, and gets the latest", async () => {
    const many = (round: number) =>
      Object.fromEntries(
        Array.from({ length: 500 }, (_, index) => [`p${index}`, `10.${round}.${index >> 8}.${index & 255}`]),
      );
    for (const [name, ip] of Object.entries(many(3))) plane.http.api.put(podNamed(name, ip));
    plane.http.api.put(serviceNamed("big", "10.2.0.9"));
    plane.http.api.put(sliceOf("big", {}));
    const to = "big.shop.svc.cluster.local:80";
    const [slow, quick] = [await get(to), await get(to)];
    await Promise.all([slow.stream.message(0), quick.stream.message(0)]);
    const sleepers = Array.from({ length: 100 }, () => slow.proxy.stream("destination", "Get", { path: to }));
    await Promise.all(sleepers.map((stream) => stream.message(0)));
    for (const stream of [slow.stream, ...sleepers]) stream.pause();
    const rounds = 120;
    let memory = 0;
    for (let round = 0; round < rounds; round += 1) {
      const before = quick.stream.messages.length;
      plane.http.api.put(sliceOf("big", round % 2 === 0 ? many(3) : {}));
      await quick.stream.message(before);
      if (round === rounds / 4) memory = residentMegabytes(plane.pid);
    }
    plane.http.api.put(sliceOf("big", { p1: "10.3.0.1" }));
    await quick.stream.message(quick.stream.messages.length);
    // 45 times 100 messages of 40 kB are 180 MB. A collector takes its time, and 16 MiB are kept for others.
    expect(residentMegabytes(plane.pid) - memory).to.be.lessThan(120);
    slow.stream.resume();
    while (!isLast(slow.stream.messages.at(-1))) await slow.stream.message(slow.stream.messages.length);
    expect(slow.stream.messages.length).to.be.lessThan(rounds);
    expect(await plane.admin("/metrics")).to.match(
      /weft_stream_values_replaced_total\{method="Destination\/Get"\} [1-9]/,
    );
    slow.proxy.close();
    quick.proxy.close();
  });
});

const isLast = (message: unknown): boolean => {
  const { add, remove } = message as Update;
  return (add?.addrs?.length === 1 && ips(message)[0] === "10.3.0.1") || (remove?.addrs?.length ?? 0) === 499;
};

/** Of the whole process (proc(5), statm: pages of 4 KiB). */
const residentMegabytes = (pid: number): number =>
  (Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096) / 1_048_576;
