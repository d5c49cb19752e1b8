/**
 * `weft debug` and the injected debug sidecar on pods of a cluster, and Prometheus on their proxies. With the real proxy
 * the wire is encrypted; the stand-in passes bytes on as they are.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { containerNames } from "../../../src/core/mesh/sidecar.ts";
import { missingPrograms, startPrometheus } from "../../support/prometheus.ts";
import { apply, deleteNamespaces, eventually, kubectl, patience, root, weft } from "./kubectl.ts";
import { namespace, pod, podNamed } from "./objects.ts";

const isReal = (process.env["LINKERD2_PROXY"] ?? "") !== "";

const shop = "e2e-debug";
const strict = "e2e-debug-restricted";

const server = { args: ["serve", "8080"] };
const annotated = (annotations: Readonly<Record<string, string>>) => ({ args: ["serve", "9090"], annotations });
const restricted: JsonObject = {
  securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
};

interface Row {
  readonly peer: string;
  readonly port: number;
  readonly direction: string;
  readonly secured: string;
  readonly names: readonly string[];
}

describe("looking at packets", () => {
  before(async () => {
    const enforced = { ...namespace(strict), metadata: { name: strict, labels: podSecurity("restricted") } };
    await apply([namespace(shop, { "linkerd.io/inject": "enabled" }), enforced]);
    await apply([
      pod(shop, "server", server),
      pod(shop, "client", annotated({})),
      pod(shop, "outside", annotated({ "linkerd.io/inject": "disabled" })),
      pod(shop, "plain", { ...server, annotations: { "linkerd.io/inject": "disabled" } }),
      pod(shop, "seen", { ...server, annotations: { "config.linkerd.io/enable-debug-sidecar": "true" } }),
      strictPod(),
    ]);
    const names = ["server", "client", "outside", "plain", "seen"].map((name) => `pod/${name}`);
    await kubectl(["-n", shop, "wait", "--for=condition=Ready", patience, ...names]);
    await kubectl(["-n", strict, "wait", "--for=condition=Ready", patience, "pod/server"]);
  });
  after(() => deleteNamespaces(shop, strict));

  const podSecurity = (level: string) => ({ "pod-security.kubernetes.io/enforce": level });

  function strictPod(): JsonObject {
    const { spec, ...rest } = pod(strict, "server", { ...server, spec: restricted });
    const [app] = (spec as { readonly containers: readonly JsonObject[] }).containers;
    const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
    return { ...rest, spec: { ...(spec as JsonObject), containers: [{ ...app, securityContext }] } };
  }

  const addressOf = async (name: string): Promise<string> => (await podNamed(shop, name)).status?.podIP ?? "";

  const call = async (from: string, url: string): Promise<unknown> =>
    kubectl(["-n", shop, "exec", from, "-c", "app", "--", "python3", "-IS", "/app.py", "call", url]);

  /** Calls again and again while something goes on. */
  async function during<Value>(
    calls: readonly (readonly [from: string, url: string])[],
    work: Promise<Value>,
  ): Promise<Value> {
    const over = new AbortController();
    const calling = (async () => {
      while (!over.signal.aborted) for (const [from, url] of calls) await call(from, url);
    })();
    try {
      return await work;
    } finally {
      over.abort();
      await calling;
    }
  }

  const wireOf = async (name: string): Promise<readonly Row[]> =>
    JSON.parse((await weft(["debug", name, "-n", shop, "--wire", "--for", "8s", "-o", "json"])).out) as readonly Row[];

  const containersOf = async (inNamespace: string, name: string): Promise<readonly string[]> =>
    ((await podNamed(inNamespace, name)).spec?.ephemeralContainers ?? []).map((each) => each.name ?? "");

  it("says of a meshed pod who calls it by mutual TLS, and who in plain text", async () => {
    const [to, client, outside] = await Promise.all(["server", "client", "outside"].map(addressOf));
    const url = `http://${to}:8080/`;
    const rows = await during(
      [
        ["client", url],
        ["outside", url],
      ],
      wireOf("server"),
    );
    expect(rows.find((row) => row.peer === outside && row.port === 8080)).to.deep.include({
      direction: "inbound",
      secured: "plaintext",
    });
    const row = rows.find((each) => each.peer === client && each.port === (isReal ? 4143 : 8080));
    expect(row).to.deep.include({ direction: "inbound", secured: isReal ? "mesh" : "plaintext" });
    // Whom it is to is told where the handshake was seen: proxies keep their connections.
    for (const name of row?.names ?? []) expect(name).to.match(/^default\.e2e-debug\.serviceaccount\.identity\./);
  });

  it("uses the container again", async () => {
    await weft(["debug", "server", "-n", shop, "--", "true"]);
    expect(await containersOf(shop, "server")).to.have.length(1);
  });

  it("says of a pod that is not meshed that all is plain text", async () => {
    const [to, outside] = await Promise.all(["plain", "outside"].map(addressOf));
    const rows = await during([["outside", `http://${to}:8080/`]], wireOf("plain"));
    expect(rows.find((row) => row.peer === outside && row.port === 8080)).to.deep.include({ secured: "plaintext" });
    expect(rows.filter(({ secured }) => secured === "mesh")).to.deep.equal([]);
  });

  it("captures until Ctrl-C, and leaves nothing running in the pod", async () => {
    const folder = mkdtempSync(join(tmpdir(), "weft-e2e-debug-"));
    try {
      const file = join(folder, "server.pcap");
      const child = spawn(process.execPath, ["src/main.ts", "debug", "server", "-n", shop, "--pcap", file], {
        cwd: root,
      });
      let told = "";
      child.stderr.on("data", (chunk: Buffer) => (told += chunk.toString()));
      const url = `http://${await addressOf("server")}:8080/looked-for`;
      await eventually(async () => {
        await call("outside", url);
        expect(readFileSync(file).includes("looked-for"), told).to.equal(true);
      });
      child.kill("SIGINT");
      const [code] = (await once(child, "exit")) as [number | null];
      expect(code, told).to.equal(0);
      expect(told).to.match(/weft: \d+ packets\n$/);
      expect(readFileSync(file).subarray(0, 4).toString("hex")).to.equal("d4c3b2a1");
      await eventually(async () => {
        const { out } = await weft(["debug", "server", "-n", shop, "--", "ps", "-eo", "comm"]);
        expect(out).to.include("sleep").and.not.include("tcpdump");
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is refused where Pod Security is restricted: it is explained, and nothing is left behind", async () => {
    const refusal = await weft(["debug", "server", "-n", strict, "--wire"]).then(
      () => "",
      (error: unknown) => String(error),
    );
    expect(refusal)
      .to.include('violates PodSecurity "restricted:latest"')
      .and.include("weft: nothing was added to the pod");
    expect(refusal).to.include("exit code 1");
    expect(await containersOf(strict, "server")).to.deep.equal([]);
  });

  describe("the injected sidecar", () => {
    const inSidecar = async (script: string): Promise<string> =>
      (await kubectl(["-n", shop, "exec", "seen", "-c", containerNames.debug, "--", "/bin/bash", "-c", script])).out;

    it("shows with the introduction's filter what is inside, from the pod to itself", async () => {
      const to = await addressOf("seen");
      const seen = await during(
        [["client", `http://${to}:8080/looked-for`]],
        inSidecar("tshark -a duration:8 -i any -d tcp.port==8080,ssl 2>/dev/null | grep -v 127.0.0.1"),
      );
      expect(seen.split("\n").some((line) => line.includes(`${to} → ${to}`))).to.equal(true);
      if (isReal) expect(seen).to.include("Application Data");
    });

    it("shows on the wire of a mesh TLS alone", async function () {
      if (!isReal) this.skip();
      const [to, from] = await Promise.all(["seen", "client"].map(addressOf));
      const seen = await during(
        [["client", `http://${to}:8080/looked-for`]],
        inSidecar(
          "tshark -a duration:8 -i eth0 -d tcp.port==4143,tls -Y 'tls and ip.addr==$CLIENT' 2>/dev/null".replace(
            "$CLIENT",
            from ?? "",
          ),
        ),
      );
      expect(seen).to.include("Application Data").and.not.include("looked-for");
    });

    it("is what weft debug uses", async () => {
      await weft(["debug", "seen", "-n", shop, "--", "true"]);
      expect(await containersOf(shop, "seen")).to.deep.equal([]);
    });
  });

  it("Prometheus reads the proxies as scrape-config.yaml says, and alerts of plain text", async function () {
    if (missingPrograms.length > 0) this.skip();
    const folder = mkdtempSync(join(tmpdir(), "weft-e2e-prometheus-"));
    const targets = await Promise.all(["server", "client"].map(targetOf));
    const prometheus = await startPrometheus(folder, targets);
    try {
      await eventually(async () => expect(await prometheus.ask(`up{namespace="${shop}"} == 1`)).to.have.length(2));
      if (!isReal) return;
      const url = `http://${await addressOf("server")}:8080/`;
      await eventually(async () => {
        await call("client", url);
        await call("outside", url);
        const alerts = await prometheus.ask('ALERTS{alertname="WeftUnsecuredTraffic", alertstate="firing"}');
        expect(
          alerts.map(({ metric }) => [metric["workload"], metric["target_port"], metric["no_tls_reason"]]),
        ).to.deep.equal([["pod/server", "8080", "no_tls_from_remote"]]);
        const [share] = await prometheus.ask('weft:secured:ratio_rate5m{workload="pod/server"}');
        expect(share?.value).to.be.within(0.01, 0.99);
        expect(await prometheus.ask('weft:edge_open:sum{workload="pod/client", tls="true"}')).to.not.deep.equal([]);
      });
    } finally {
      await prometheus.stop();
      rmSync(folder, { recursive: true });
    }
  });

  /** As the pod role of `kubernetes_sd_configs` describes the proxy's container. */
  async function targetOf(name: string): Promise<object> {
    const { metadata, status } = await podNamed(shop, name);
    return {
      targets: [`${status?.podIP}:4191`],
      labels: {
        __meta_kubernetes_namespace: shop,
        __meta_kubernetes_pod_name: name,
        __meta_kubernetes_pod_phase: status?.phase,
        __meta_kubernetes_pod_labelpresent_linkerd_io_control_plane_ns: String(
          metadata?.labels?.["linkerd.io/control-plane-ns"] !== undefined,
        ),
        __meta_kubernetes_pod_container_name: containerNames.proxy,
        __meta_kubernetes_pod_container_port_name: "linkerd-admin",
      },
    };
  }
});
