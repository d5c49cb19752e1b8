import { expect } from "chai";
import { shop } from "../kube/objects-of-a-shop.ts";
import { controllerProcess } from "../grpc/process.ts";
import { run } from "../../src/cli/program.ts";
import { recordingIo } from "./recording-io.ts";

describe("weft serve", () => {
  it("--all is the webhook and the control plane in one process", async function () {
    this.timeout(60_000);
    const plane = await controllerProcess(shop, ["--address=127.0.0.1:0"], ["serve", "--all"]);
    plane.http.tokens.set("token", "system:serviceaccount:shop:web");
    const web = await plane.certified("web.shop.serviceaccount.identity.linkerd.cluster.local", "token");
    const proxy = await plane.connect("destination", web);
    const stream = proxy.stream("destination", "GetProfile", { path: "10.2.0.1:80" });
    expect(await stream.message(0)).to.include({ fully_qualified_name: "web.shop.svc.cluster.local" });
    proxy.close();
    while ((await plane.admin("/readyz")) !== "ok\n");
    const ready = await plane.admin("/readyz?verbose");
    for (const check of ["webhook serving", "controller serving", "cluster 3 pods", "namespaces 1 known"])
      expect(ready).to.include(`[+]${check}`);
    const page = await plane.admin("/metrics");
    const names = [...page.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(names).to.include.members(["weft_streams", "weft_admission_requests_total", "process_cpu_seconds_total"]);
    expect(names.length, "each once").to.equal(new Set(names).size);
    expect(plane.reviews()).to.match(/^127\.0\.0\.1:\d+$/);
    expect(await plane.stop()).to.equal(0);
  });

  it("what is wrong with the flags of either is told, each once", async () => {
    const io = recordingIo();
    const words = ["serve", "--all", "--address", "x", "--policy-address", "y", "--log-level", "loud"];
    expect(await run(words, io)).to.equal(2);
    const lines = io.written.stderr.trim().split("\n");
    expect(lines.map((line) => line.split(":")[1]?.trim())).to.have.members([
      "--address",
      "--policy-address",
      "--log-level",
    ]);
  });
});
