import { spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:https";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { shop } from "../support/shop.ts";
import { newFolder } from "../support/folder.ts";
import { testMesh } from "../support/certificates.ts";
import { httpApi } from "../support/api-http.ts";
import { controllerProcess } from "../support/controller-process.ts";
import { run } from "../../src/cli/program.ts";
import { recordingIo } from "../support/recording-io.ts";
import { until } from "../support/until.ts";

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

  it("--all answers reviews while the issuer is broken, says why, and serves proxies once it is mended", async function () {
    this.timeout(60_000);
    const folder = await newFolder();
    const { anchor, issuerPem: issuer } = await testMesh();
    const http = await httpApi(shop);
    await folder.write("kubeconfig", http.kubeconfig);
    await folder.write("anchors.pem", anchor.certificate);
    await folder.write("tls.crt", "broken");
    await folder.write("tls.key", issuer.key);
    const files = { kubeconfig: "kubeconfig", "trust-anchors": "anchors.pem" };
    const addresses = ["address", "admin-address", "identity-address", "destination-address", "policy-address"];
    const args = [
      ...Object.entries(files).map(([flag, name]) => `--${flag}=${folder.at(name)}`),
      ...addresses.map((flag) => `--${flag}=127.0.0.1:0`),
      `--issuer-dir=${folder.path}`,
      "--grace-period=0s",
      "--log-format=json",
    ];
    const child = spawn(process.execPath, [main, "serve", "--all", ...args], { stdio: ["ignore", "inherit", "pipe"] });
    const ended = once(child, "exit");
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
    const said = async (words: string): Promise<Readonly<Record<string, string>>> => {
      const line = () =>
        log
          .split("\n")
          .slice(0, -1)
          .find((each) => each.includes(words));
      await until(() => line() !== undefined || child.exitCode !== null);
      const found = line();
      if (found === undefined) throw new Error(`it ended:\n${log}`);
      return JSON.parse(found) as Readonly<Record<string, string>>;
    };
    try {
      const serving = await said("serving reviews");
      expect((await said("the control plane cannot start"))["reason"]).to.include("tls.crt");
      const admin = async (path: string) => fetch(`http://${serving["admin"]}${path}`);
      const ready = await admin("/readyz?verbose");
      expect(ready.status).to.not.equal(200);
      const page = await ready.text();
      expect(page).to.include("[-]controller cannot start: ").and.include("[+]webhook serving");
      expect((await admin("/livez")).status).to.equal(200);
      const port = Number(serving["address"]?.split(":").at(-1));
      expect(await httpsStatus(port), "the webhook answers").to.equal(404);
      await folder.write("tls.crt", issuer.certificate);
      await said("serving proxies");
      await until(async () => (await admin("/readyz")).status === 200);
    } finally {
      child.kill("SIGTERM");
      await ended;
      await http.stop();
      await folder.destroy();
    }
    expect(child.exitCode).to.equal(0);
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

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** Of a path that there is not. */
const httpsStatus = (port: number): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get({ port, path: "/nowhere", rejectUnauthorized: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on("error", reject);
  });
