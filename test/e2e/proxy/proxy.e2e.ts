/**
 * The real proxy with weft's control plane, rules and injection: two meshed pods, `frontend` and `backend`, and one that
 * is not. See scripts/e2e-proxy.
 */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { greeting } from "./agent.ts";
import { askedByForward } from "./asked-by-forward.ts";
import { capture } from "./capture.ts";
import { wireCommand } from "../../../src/core/debug/commands.ts";
import { wireOf } from "../../../src/core/debug/wire.ts";
import { expiryMetrics } from "../../../src/cli/status/certificates.ts";
import { sumOf } from "./metrics.ts";
import {
  egressPolicy,
  networkPolicy,
  serviceObject,
  sliceObject,
  backendService as web,
  linesService as lines,
  strangerService as stranger,
} from "./objects.ts";
import type { ServiceAsked } from "./objects.ts";
import { setLink } from "./lab.ts";
import { startPod } from "./pod.ts";
import type { LabPod, PodAsked } from "./pod.ts";
import { startWorld, until } from "./world.ts";
import type { World } from "./world.ts";

const ips = { frontend: "10.99.0.2", backend: "10.99.0.3", outside: "10.99.0.4", ingress: "10.99.0.5" };
/** Where `outside` is, too, in no network of the cluster's. */
const elsewhere = "203.0.113.4";
const identity = (name: string): string => `${name}.shop.serviceaccount.identity.weft.cluster.local`;

const empty: ServiceAsked = { ...stranger, name: "empty", clusterIp: "10.98.0.13", selector: { app: "nothing" } };
/** Port 80 leads to the backend's HTTP. */
const leadingTo = (name: string, clusterIp: string): ServiceAsked => ({
  ...web,
  name,
  clusterIp,
  ports: [{ name: "http", port: 80, targetPort: 8080 }],
});
const webUrl = `http://${web.clusterIp}/`;

describe("the real proxy", () => {
  let world: World;
  let frontend: LabPod;
  let backend: LabPod;
  let outside: LabPod;

  const put = (object: unknown): void => void world.http.api.put(object as JsonObject);

  const podNamed = async (
    name: "frontend" | "backend" | "ingress",
    annotations: Readonly<Record<string, string>> = {},
  ): Promise<LabPod> => {
    const token = `token of ${name}`;
    world.http.tokens.set(token, `system:serviceaccount:shop:${name}`);
    const asked: PodAsked = {
      name,
      namespace: "shop",
      serviceAccount: name,
      ip: ips[name],
      labels: { app: name },
      // Both of the program's ports are told apart by their own nature, or by a NetworkPolicy.
      annotations: { "config.linkerd.io/opaque-ports": name === "backend" ? "9090" : "", ...annotations },
      mesh: { installation: world.installation, settings: world.settings, token },
    };
    const pod = await startPod(asked);
    put(pod.object);
    return pod;
  };

  /** An annotation of the backend's Pod as somebody might set it, and the time until its proxy follows. */
  const annotate = (annotations: Readonly<Record<string, string>>): void => {
    const { metadata } = backend.object;
    put({ ...backend.object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } });
  };

  before(async function () {
    this.timeout(60_000);
    world = await startWorld();
    world.http.custom.set("policy.linkerd.io/v1alpha1", ["NetworkPolicy"]);
    await world.controller.start();
    [frontend, backend, outside] = await Promise.all([
      podNamed("frontend"),
      podNamed("backend"),
      startPod({
        name: "outside",
        namespace: "shop",
        serviceAccount: "outside",
        ip: ips.outside,
        labels: { app: "outside" },
        mesh: undefined,
      }),
    ]);
    put(serviceObject(web));
    put(sliceObject(web, [{ name: "backend", ip: ips.backend }]));
    put(serviceObject({ ...lines, annotations: { "config.linkerd.io/opaque-ports": "9090" } }));
    put(sliceObject(lines, [{ name: "backend", ip: ips.backend }]));
    put(outside.object);
    put(serviceObject(stranger));
    put(sliceObject(stranger, [{ name: "outside", ip: ips.outside }]));
    put(serviceObject(empty));
  });

  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    for (const [name, log] of [
      ["control plane", world.controller.log()],
      ["frontend", frontend?.log()],
      ["backend", backend?.log()],
    ] as const)
      process.stdout.write(`--- ${name}\n${(log ?? "").split("\n").slice(-25).join("\n")}\n`);
  });

  after(async () => {
    await Promise.all([frontend?.end(), backend?.end(), outside?.end()]);
    await world?.end();
  });

  it("both are certified, and ready", async () => {
    for (const pod of [frontend, backend]) {
      await until("ready", async () => (await outside.http(`http://${pod.space.ip}:4191/ready`)).status === 200);
      const page = await pod.metrics();
      expect(sumOf(page, "control_identity_cert_refreshes_total", { result: "ok" })).to.equal(1);
      // What `weft status --certificates` reads.
      const expiry = expiryMetrics.map((name) => sumOf(page, name)).find((seconds) => seconds > 0);
      expect(expiry).to.be.greaterThan(Date.now() / 1000);
      expect(pod.log()).to.match(/Certified identity/);
    }
  });

  it("HTTP to a Service goes by mutual TLS; the application sees who calls", async () => {
    const seen = await frontend.http(webUrl);
    expect(seen.status, JSON.stringify(seen)).to.equal(200);
    expect(JSON.parse(seen.body)).to.have.nested.property("headers.l5d-client-id", identity("frontend"));
    const labels = { peer: "dst", tls: "true", server_id: identity("backend") };
    expect(sumOf(await frontend.metrics(), "tcp_open_total", labels)).to.be.greaterThan(0);
    const from = { peer: "src", tls: "true", client_id: identity("frontend") };
    expect(sumOf(await backend.metrics(), "tcp_open_total", from)).to.be.greaterThan(0);
  });

  it("opaque TCP, in which the server speaks first, goes by mutual TLS", async () => {
    const seen = await frontend.tcp(lines.clusterIp, 9090, "hello");
    expect(seen).to.deep.equal({ heard: `${greeting}hello\n` });
    const from = { target_port: "9090", client_id: identity("frontend") };
    expect(sumOf(await backend.metrics(), "inbound_tcp_transport_header_connections_total", from)).to.be.greaterThan(0);
  });

  it("a pod's own address is reached by mutual TLS, too", async () => {
    const seen = await frontend.http(`http://${ips.backend}:8080/`);
    expect(seen.status, JSON.stringify(seen)).to.equal(200);
    expect(JSON.parse(seen.body)).to.have.nested.property("headers.l5d-client-id", identity("frontend"));
  });

  it("HTTP/2, and TCP in which the client speaks first, go by mutual TLS without being told what they are", async () => {
    const seen = await frontend.http2(`http://${web.clusterIp}:81`);
    expect(seen.status, JSON.stringify(seen)).to.equal(200);
    expect(JSON.parse(seen.body)).to.include({ version: "2.0" });
    expect(JSON.parse(seen.body)).to.have.nested.property("headers.l5d-client-id", identity("frontend"));
    expect(await frontend.echo(web.clusterIp, 70, "hello")).to.deep.equal({ heard: "hello\n" });
    const from = { peer: "src", tls: "true", target_port: "7070", client_id: identity("frontend") };
    expect(sumOf(await backend.metrics(), "tcp_open_total", from)).to.equal(1);
  });

  it("a pod that is not meshed is reached in plain text, and it is said why", async () => {
    const seen = await frontend.http(`http://${stranger.clusterIp}/`);
    expect(seen.status, JSON.stringify(seen)).to.equal(200);
    expect(JSON.parse(seen.body)).to.not.have.nested.property("headers.l5d-client-id");
    const labels = { peer: "dst", dst_service: "stranger", no_tls_reason: "not_provided_by_service_discovery" };
    expect(sumOf(await frontend.metrics(), "tcp_open_total", labels)).to.equal(1);
  });

  it("a Service without endpoints answers 504 after three seconds, and is reached as soon as it has one", async () => {
    expect((await frontend.http(`http://${empty.clusterIp}/`)).status).to.equal(504);
    put(sliceObject(empty, [{ name: "backend", ip: ips.backend }]));
    await until("reached", async () => (await frontend.http(`http://${empty.clusterIp}/`)).status === 200);
  });

  it("egress ports of a NetworkPolicy are opaque when they leave the pods of its Service", async () => {
    const opaque = async (): Promise<number> =>
      sumOf(await frontend.metrics(), "outbound_tcp_protocol_connections_total", {
        protocol: "opaq",
        parent_name: "backend",
        parent_port: "70",
      });
    expect(await opaque()).to.equal(0);
    put(serviceObject({ ...web, name: "frontend", clusterIp: "10.98.0.14", selector: { app: "frontend" } }));
    put(egressPolicy("leaves-opaque", "frontend", 70));
    await until("opaque", async () => {
      expect((await frontend.echo(web.clusterIp, 70, "hello")).heard).to.equal("hello\n");
      return (await opaque()) > 0;
    });
  });

  it("a port that a Service does not have is closed", async () => {
    const seen = await frontend.echo(web.clusterIp, 4321, "hello");
    expect(seen.heard).to.equal("");
  });

  it("the cable carries TLS, and no word of it", async () => {
    const meshed = await capture(frontend.space.link, `host ${ips.backend}`, async () => {
      await frontend.http(`${webUrl}?marker=plaintext-marker`);
      await frontend.tcp(lines.clusterIp, 9090, "plaintext-marker");
    });
    expect(meshed.tlsRecords()).to.be.greaterThan(4);
    expect(meshed.has("plaintext-marker")).to.equal(false);
    expect(meshed.has(greeting.trim())).to.equal(false);
    const plain = await capture(outside.space.link, `host ${ips.backend}`, async () => {
      await outside.http(`http://${ips.backend}:8080/?marker=plaintext-marker`);
    });
    expect(plain.has("plaintext-marker"), "the capture would have seen it").to.equal(true);
  });

  it("weft debug --wire tells mutual TLS from plain text", async () => {
    const seen = wireOf({ addresses: [ips.backend], inboundPort: 4143, ports: [8080, 9090] });
    const reading = backend.space.start(wireCommand(60, 4143));
    const read = eachLine(reading, seen.add);
    const rowsTo = (peer: string): readonly string[] =>
      seen
        .rows()
        .filter((row) => row.peer === peer && row.direction === "inbound")
        .map(({ port, secured }) => `${port} ${secured}`);
    await until("seen", async () => {
      await frontend.http(webUrl);
      await frontend.tcp(lines.clusterIp, 9090, "hello");
      await outside.http(`http://${ips.backend}:8080/`);
      return rowsTo(ips.frontend).length > 0 && rowsTo(ips.outside).length > 0;
    });
    expect(rowsTo(ips.frontend)).to.deep.equal(["4143 mesh"]);
    expect(rowsTo(ips.outside)).to.deep.equal(["8080 plaintext"]);
    // As when the connection to the debug container ends.
    reading.stdin?.end();
    await read;
  });

  it("plaintext from outside is accepted under all-unauthenticated", async () => {
    expect((await outside.http(`http://${ips.backend}:8080/`)).status).to.equal(200);
    const labels = { peer: "src", no_tls_reason: "no_tls_from_remote", target_port: "8080" };
    expect(sumOf(await backend.metrics(), "tcp_open_total", labels)).to.be.greaterThan(0);
  });

  it("and refused under all-authenticated, where probes pass and the mesh does", async () => {
    annotate({ "config.linkerd.io/default-inbound-policy": "all-authenticated" });
    await until("refused", async () => (await outside.http(`http://${ips.backend}:8080/`)).status === 403);
    expect((await frontend.http(webUrl)).status).to.equal(200);
    expect((await outside.http(`http://${ips.backend}:4191/ready`)).status).to.equal(200);
    expect((await outside.http(`http://${ips.backend}:4191/metrics`)).status).to.equal(403);
    const plain = await outside.tcp(ips.backend, 9090, "hello");
    expect(plain.heard, JSON.stringify(plain)).to.equal("");
    annotate({ "config.linkerd.io/default-inbound-policy": "all-unauthenticated" });
    await until("accepted", async () => (await outside.http(`http://${ips.backend}:8080/`)).status === 200);
  });

  it("weft edges and stat say the same under each policy: who is secured, who is not, and how much", async () => {
    const asked = askedByForward(world.http, (name) =>
      [frontend, backend].find((pod) => pod.object.metadata.name === name),
    );
    const refusedUnder: readonly (readonly [policy: string, who: LabPod, url: string, status: number])[] = [
      ["all-authenticated", outside, `http://${ips.backend}:8080/`, 403],
      ["deny", frontend, webUrl, 403],
      ["all-unauthenticated", outside, `http://${ips.backend}:8080/`, 200],
    ];
    try {
      for (const [policy, who, url, status] of refusedUnder) {
        annotate({ "config.linkerd.io/default-inbound-policy": policy });
        await until(policy, async () => (await who.http(url)).status === status);
        const edges = await asked.weft(["edges", "-n", "shop", "-o", "json"]);
        const found = edges
          .filter(({ refused }) => refused === undefined)
          .map(({ src, dst, secured, total, no_tls_reason: reason }) => [src, dst, secured === total, reason]);
        expect(found, policy).to.deep.include.members([
          ["frontend", "backend", true, ""],
          ["frontend", "outside", false, "not_provided_by_service_discovery"],
        ]);
        expect(
          found.map(([src, dst, isSecured]) => [src, dst, isSecured]),
          policy,
        ).to.deep.include(["(not meshed)", "backend", false]);
        if (policy === "deny") continue;
        await frontend.load(webUrl);
        const [row] = await asked.weft(["stat", "pod/backend", "-n", "shop", "-t", "5s", "-o", "json"]);
        await frontend.stop();
        expect(row, policy).to.include({ name: "backend", meshed: "1/1", success: 1, secured: 1 });
        expect(row?.["rps"], policy).to.be.greaterThan(1);
      }
      expect(asked.open()).to.equal(0);
    } finally {
      asked.end();
    }
  });

  it("a NetworkPolicy makes its port opaque, lets in whom it selects, and nobody else", async () => {
    put(serviceObject(lines));
    put(networkPolicy("allow-lines", "lines", { from: { app: "frontend" }, port: 9090 }));
    await until("plaintext refused", async () => (await outside.tcp(ips.backend, 9090, "hello")).heard === "");
    expect(await frontend.tcp(lines.clusterIp, 9090, "hello")).to.deep.equal({ heard: `${greeting}hello\n` });
    put(networkPolicy("allow-lines", "lines", { from: { app: "somebody-else" }, port: 9090 }));
    await until("denied", async () => (await frontend.tcp(lines.clusterIp, 9090, "hello")).heard === "");
    put(networkPolicy("allow-lines", "lines", { from: { app: "frontend" }, port: 9090 }));
    await until("allowed", async () => (await frontend.tcp(lines.clusterIp, 9090, "hello")).heard !== "");
    const allowed = { srv_kind: "networkpolicy", srv_name: "allow-lines" };
    expect(sumOf(await backend.metrics(), "inbound_tcp_authz_allow_total", allowed)).to.be.greaterThan(0);
  });

  /** Connections of the frontend to a target that were forwarded as bytes. */
  const opaqueTo = async (labels: Readonly<Record<string, string>>): Promise<number> =>
    sumOf(await frontend.metrics(), "outbound_tcp_protocol_connections_total", { protocol: "opaq", ...labels });

  it("a database outside of the cluster's networks may speak first on its usual port", async () => {
    await outside.space.run(["ip", "addr", "add", `${elsewhere}/24`, "dev", "eth0"]);
    await frontend.space.run(["ip", "route", "add", "203.0.113.0/24", "dev", "eth0"]);
    expect(await frontend.tcp(elsewhere, 3306, "hello")).to.deep.equal({ heard: `${greeting}hello\n` });
    expect(await opaqueTo({ parent_name: "egress-fallback" })).to.equal(1);
  });

  it("what appProtocol of a Service's port does not say to be HTTP is not looked into", async () => {
    for (const [index, appProtocol] of ["linkerd.io/opaque", "mysql"].entries()) {
      const name = `spoken-${index}`;
      const ports = [{ name: "greets", port: 9090, targetPort: 9090, appProtocol }];
      const spoken: ServiceAsked = { ...stranger, name, clusterIp: `10.98.0.${20 + index}`, ports };
      put(serviceObject(spoken));
      put(sliceObject(spoken, [{ name: "outside", ip: ips.outside }]));
      expect(await frontend.tcp(spoken.clusterIp, 9090, "hello")).to.deep.equal({ heard: `${greeting}hello\n` });
      expect(await opaqueTo({ parent_name: name }), appProtocol).to.equal(1);
    }
  });

  it("an address is that of the living pod, while another is being deleted that had it", async () => {
    const { metadata, spec } = backend.object;
    const old = { name: "a-backend", uid: "uid-a-backend", deletionTimestamp: "2026-01-01T00:00:00Z" };
    put({ ...backend.object, metadata: { ...metadata, ...old }, spec: { ...spec, serviceAccountName: "another" } });
    // Nobody has asked for this port of the pod by now.
    const seen = await frontend.http2(`http://${ips.backend}:8081`);
    expect(seen.status, JSON.stringify(seen)).to.equal(200);
    expect(JSON.parse(seen.body)).to.have.nested.property("headers.l5d-client-id", identity("frontend"));
    world.http.api.remove("/api/v1/namespaces/shop/pods/a-backend");
  });

  it("a pod with IPv6 first is reached by IPv4, as its proxy listens there alone", async () => {
    await backend.space.run(["ip", "-6", "addr", "add", "fd00::3/64", "dev", "eth0", "nodad"]);
    await frontend.space.run(["ip", "-6", "addr", "add", "fd00::2/64", "dev", "eth0", "nodad"]);
    const { status } = backend.object;
    put({
      ...backend.object,
      status: { ...status, podIP: "fd00::3", podIPs: [{ ip: "fd00::3" }, { ip: ips.backend }] },
    });
    const dual = leadingTo("dual", "10.98.0.30");
    put(serviceObject(dual));
    put(sliceObject(dual, [{ name: "backend", ip: ips.backend }]));
    const six = sliceObject(dual, [{ name: "backend", ip: "fd00::3" }]);
    put({ ...six, metadata: { ...(six["metadata"] as JsonObject), name: "dual-6" } });
    const seen = await frontend.http(`http://${dual.clusterIp}/`);
    expect(seen.status, JSON.stringify(seen)).to.equal(200);
    expect(JSON.parse(seen.body)).to.have.nested.property("headers.l5d-client-id", identity("frontend"));
    put(backend.object);
  });

  it("a cluster IP that is asked for a moment before its Service is known is that Service's", async () => {
    const late = leadingTo("late", "10.98.0.31");
    const asked = frontend.http(`http://${late.clusterIp}/`);
    await sleep(100);
    put(serviceObject(late));
    put(sliceObject(late, [{ name: "backend", ip: ips.backend }]));
    const seen = await asked;
    expect(seen.status, JSON.stringify(seen)).to.equal(200);
    expect(JSON.parse(seen.body)).to.have.nested.property("headers.l5d-client-id", identity("frontend"));
  });

  it("an ingress that asks for a Service all the while reaches it as soon as it comes, and again when it comes back", async () => {
    const ingress = await podNamed("ingress", { "linkerd.io/inject": "ingress" });
    try {
      await until("ready", async () => (await outside.http(`http://${ips.ingress}:4191/ready`)).status === 200);
      const headers = { "l5d-dst-override": "tardy.shop.svc.cluster.local:80" };
      const status = async (): Promise<number> =>
        (await ingress.http(`http://${ips.outside}:8080/`, { headers })).status;
      expect([await status(), await status(), await status()]).to.deep.equal([504, 503, 503]);
      const tardy = leadingTo("tardy", "10.98.0.32");
      for (const time of ["comes", "comes back"]) {
        put(serviceObject(tardy));
        put(sliceObject(tardy, [{ name: "backend", ip: ips.backend }]));
        await until(time, async () => (await status()) === 200);
        world.http.api.remove("/api/v1/namespaces/shop/services/tardy");
        await until(`goes after it ${time}`, async () => (await status()) === 504);
      }
    } finally {
      await ingress.end();
    }
  });

  it("a peer whose node vanished is noticed by pings, not after the 30 s of the kernel's", async () => {
    const lonely = leadingTo("lonely", "10.98.0.33");
    put(serviceObject(lonely));
    put(sliceObject(lonely, [{ name: "backend", ip: ips.backend }]));
    const url = `http://${lonely.clusterIp}/`;
    expect((await frontend.http(url)).status).to.equal(200);
    await setLink(backend.space.link, "down");
    const seen = await frontend.http(url, { patience: 25 });
    expect(seen.status, JSON.stringify(seen)).to.be.within(500, 504);
    await setLink(backend.space.link, "up");
    await until("reached", async () => (await frontend.http(url)).status === 200);
  });

  it("the control plane is killed and comes back; not one request to a known target fails", async () => {
    expect((await frontend.http(webUrl)).status).to.equal(200);
    await frontend.load(webUrl);
    await sleep(1000);
    await world.controller.stop("SIGKILL");
    await sleep(5000);
    await world.controller.start();
    await sleep(5000);
    const { sent, failed } = await frontend.stop();
    expect(failed).to.deep.equal([]);
    expect(sent).to.be.greaterThan(100);
    // A target that nobody knew is found by the new one.
    expect(await frontend.tcp(ips.backend, 9090, "again")).to.deep.include({ heard: `${greeting}again\n` });
  });

  it("certificates of 60 s, with SPIFFE names, are renewed under load; not one request fails", async () => {
    await world.controller.stop("SIGTERM");
    await world.controller.start([
      "--identity-lifetime",
      "60s",
      "--identity-clock-skew",
      "0s",
      "--identity-spiffe",
      "true",
    ]);
    await Promise.all([frontend.end(), backend.end()]);
    [frontend, backend] = await Promise.all([podNamed("frontend"), podNamed("backend")]);
    for (const pod of [frontend, backend])
      await until("ready", async () => (await outside.http(`http://${pod.space.ip}:4191/ready`)).status === 200);
    await until("reached", async () => (await frontend.http(webUrl)).status === 200);
    await frontend.load(webUrl);
    await sleep(100_000);
    const { sent, failed } = await frontend.stop();
    expect(failed).to.deep.equal([]);
    expect(sent).to.be.greaterThan(300);
    for (const pod of [frontend, backend])
      expect(sumOf(await pod.metrics(), "control_identity_cert_refreshes_total", { result: "ok" })).to.equal(3);
  });
});

/** To the end of a program's output. */
async function eachLine({ stdout }: ChildProcess, onLine: (line: string) => void): Promise<void> {
  if (stdout === null) throw new Error("the program has no output");
  for await (const line of createInterface({ input: stdout })) onLine(line);
}
