/**
 * weft's control plane as installed: a client that speaks as the proxy does is certified with a real token and told of
 * the cluster; and, where LINKERD2_PROXY names the real proxy, meshed pods speak mutual TLS.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { certify, proxyClient, workloadRequest } from "../../support/proxy-client.ts";
import type { ProxyClient } from "../../support/proxy-client.ts";
import { apply, deleteNamespaces, eventually, kubectl, patience, read, weft } from "./kubectl.ts";
import type { Output } from "./kubectl.ts";
import { namespace, pod, podNamed, podsOf, set } from "./objects.ts";

const meshed = "e2e-mesh";
const identityOf = (account: string): string => `${account}.${meshed}.serviceaccount.identity.weft.cluster.local`;
const account = (name: string): JsonObject => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, namespace: meshed },
});
const web: JsonObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: meshed },
  spec: {
    selector: { app: "web" },
    ports: [
      { name: "http", port: 80, targetPort: 8080 },
      { name: "tcp", port: 8081 },
    ],
  },
};
const policy: JsonObject = {
  apiVersion: "policy.linkerd.io/v1alpha1",
  kind: "NetworkPolicy",
  metadata: { name: "allow-visitor", namespace: meshed },
  spec: {
    targetRef: { kind: "Service", name: "web" },
    ingress: [{ from: [{ selector: { matchLabels: { app: "visitor" } } }], ports: [{ port: 8081, protocol: "TCP" }] }],
  },
};
const app = (name: string, ...args: readonly string[]) => ({
  args,
  labels: { app: name },
  spec: { serviceAccountName: name },
});

describe("weft's control plane", () => {
  const forwards: (() => void)[] = [];
  const folder = mkdtempSync(join(tmpdir(), "weft-mesh-"));
  after(() => rmSync(folder, { recursive: true }));

  /** Of a service account of the namespace. */
  const kubeconfigOf = async (name: string): Promise<string> => {
    const { out } = await kubectl(["config", "view", "--raw", "--minify", "--flatten", "-o", "json"]);
    const { out: token } = await kubectl(["-n", meshed, "create", "token", name]);
    const { users, ...others } = JSON.parse(out) as { readonly users: readonly { readonly name: string }[] };
    const file = join(folder, `${name}.json`);
    const asThat = users.map((user) => ({ name: user.name, user: { token: token.trim() } }));
    writeFileSync(file, JSON.stringify({ ...others, users: asThat }));
    return file;
  };

  before(async () => {
    await apply([namespace(meshed, { "linkerd.io/inject": "enabled" })]);
    await apply(["web", "visitor", "stranger"].map(account));
    await apply([
      web,
      policy,
      set("Deployment", meshed, "web", app("web", "serve", "8080", "8081")),
      pod(meshed, "visitor", app("visitor", "serve", "9090")),
      pod(meshed, "stranger", app("stranger", "serve", "9090")),
    ]);
    await kubectl(["-n", meshed, "rollout", "status", "deployment/web", patience]);
    for (const name of ["visitor", "stranger"])
      await kubectl(["-n", meshed, "wait", "--for=condition=Ready", patience, `pod/${name}`]);
  });
  after(async () => {
    for (const end of forwards) end();
    await deleteNamespaces(meshed);
  });

  /** A port of the control plane, at this machine. */
  const forwarded = async (port: number): Promise<{ readonly host: string; readonly port: number }> => {
    const child = spawn("kubectl", ["-n", "weft", "port-forward", "deployment/weft-controller", `:${port}`]);
    forwards.push(() => child.kill());
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    return { host: "127.0.0.1", port: Number(/127\.0\.0\.1:(\d+)/.exec(line)?.[1]) };
  };

  const controlPlaneName = (of: string): string => `linkerd-${of}.weft.serviceaccount.identity.weft.cluster.local`;

  it("certifies a workload by its token, and tells it of a Service", async () => {
    const roots = await read<{ readonly data: Readonly<Record<string, string>> }>(
      "configmap",
      "-n",
      "weft",
      "linkerd-identity-trust-roots",
    );
    const anchors = roots.data["ca-bundle.crt"] ?? "";
    const { out } = await kubectl(["-n", meshed, "create", "token", "visitor", "--audience", "identity.l5d.io"]);
    const { csr, key } = await workloadRequest(identityOf("visitor"));
    const identity: ProxyClient = await proxyClient({
      address: await forwarded(8080),
      name: controlPlaneName("identity"),
      anchors,
    });
    const { chain } = await certify(identity, { identity: identityOf("visitor"), token: out.trim(), csr });
    identity.close();
    const destination = await proxyClient({
      address: await forwarded(8086),
      name: controlPlaneName("destination"),
      anchors,
      certificate: { chain, key },
    });
    const stream = destination.stream("destination", "Get", { path: `web.${meshed}.svc.cluster.local:80` });
    const told = (await stream.message(0)) as {
      readonly add?: { readonly addrs: readonly { readonly tls_identity: object }[] };
    };
    expect(told.add?.addrs).to.have.length(1);
    expect(told.add?.addrs[0]?.tls_identity).to.have.nested.property("dns_like_identity.name", identityOf("web"));
    destination.close();
  });

  it("writes what became of a NetworkPolicy into its status", async () => {
    await eventually(async () => {
      const { status } = await read<{
        readonly status?: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
      }>("networkpolicies.policy.linkerd.io", "-n", meshed, "allow-visitor");
      const conditions = Object.fromEntries((status?.conditions ?? []).map(({ type, status }) => [type, status]));
      expect(conditions).to.include({ Accepted: "True", IdentitiesExclusive: "True", InEffect: "True" });
    });
  });

  describe("weft edges by somebody else", () => {
    const edges = async (name: string): Promise<string> => {
      const words = ["edges", "-n", meshed, "--kubeconfig", await kubeconfigOf(name)];
      return weft(words).then(({ out, complaints }) => out + complaints, String);
    };
    const bind = (name: string, ...role: readonly string[]): Promise<unknown> =>
      kubectl(["-n", meshed, "create", "rolebinding", name, ...role, `--serviceaccount=${meshed}:${name}`]);

    it("with ClusterRole view is refused in one line that names the right", async () => {
      await apply([account("looker")]);
      await bind("looker", "--clusterrole=view");
      const said = (await edges("looker")).split("\n").filter((line) => line.startsWith("weft: "));
      expect(said).to.have.length(1);
      expect(said[0]).to.contain('cannot get resource "pods/portforward"');
    });

    it("with the rights that the documentation names is not refused", async () => {
      await apply([
        account("viewer"),
        {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "Role",
          metadata: { name: "viewer", namespace: meshed },
          rules: [
            { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
            { apiGroups: [""], resources: ["pods/portforward"], verbs: ["get", "create"] },
          ],
        },
      ]);
      await bind("viewer", "--role=viewer");
      expect(await edges("viewer")).not.to.contain("forbidden");
    });
  });

  const call = async (from: string, url: string): Promise<unknown> => {
    const command = ["python3", "-IS", "/app.py", "call", url];
    const { out } = await kubectl(["-n", meshed, "exec", from, "-c", "app", "--", ...command]);
    return JSON.parse(out) as unknown;
  };
  const isReal = (process.env["LINKERD2_PROXY"] ?? "") !== "";

  it("weft check says who may look and tap, and who else", async () => {
    await kubectl(["-n", meshed, "create", "rolebinding", "ann-taps", "--clusterrole=weft-tap", "--user=ann"]);
    const told = await weft(["check"]).then(({ out }) => out, String);
    expect(told).to.match(
      new RegExp(`^√ you may look at the mesh: everywhere, and tap it everywhere; .*User ann in ${meshed}`, "m"),
    );
  });

  (isReal ? describe.skip : describe)("with the stand-in, which secures nothing", () => {
    it("weft edges says so of both sides, and never √", async () => {
      const [target] = await podsOf(meshed, "app=web");
      await call("visitor", `http://${target?.status?.podIP}:8080/`);
      const { out } = await weft(["edges", "-n", meshed]);
      expect(out).to.match(/^\(not meshed\) +deploy\/web +- +e2e-mesh +No TLS From Remote$/m);
      expect(out).to.match(/^po\/visitor +deploy\/web +e2e-mesh +e2e-mesh +Not Provided By Service Discovery$/m);
      expect(out).not.to.contain("√");
    });

    it("weft stat counts its connections, and none as secured", async () => {
      const { out } = await weft(["stat", "deploy/web", "-n", meshed, "-t", "5s", "-o", "json"]);
      expect(JSON.parse(out)).to.have.nested.property("[0].meshed", "1/1");
    });

    it("weft tap says that its proxy does not say who it is", async () => {
      const refused = await weft(["tap", "deploy/web", "-n", meshed, "--for", "1s"]).catch(String);
      expect(refused).to.match(/pod web-\S+: .*(404|does not say who it is)/);
    });
  });

  (isReal ? describe : describe.skip)("with the real proxy", () => {
    const metrics = async (name: string): Promise<string> =>
      (await kubectl(["get", "--raw", `/api/v1/namespaces/${meshed}/pods/${name}:4191/proxy/metrics`])).out;
    const webPod = async (): Promise<string> => (await podsOf(meshed, "app=web"))[0]?.metadata?.name ?? "";

    /** One try: what the program was told by its socket. */
    const triedOnce = async (from: string, url: string): Promise<string> => {
      const program = `import http.client, sys, urllib.parse as u
p = u.urlsplit(sys.argv[1])
c = http.client.HTTPConnection(p.hostname, p.port, timeout=60)
try:
    c.request("GET", "/")
    print(c.getresponse().status)
except Exception as error:
    print(type(error).__name__, error)`;
      return (await kubectl(["-n", meshed, "exec", from, "-c", "app", "--", "python3", "-IS", "-c", program, url])).out;
    };

    it("every proxy is certified, and its pod ready", async () => {
      for (const name of ["visitor", "stranger", await webPod()]) {
        expect(await metrics(name)).to.match(/^control_identity_cert_refreshes_total\{result="ok"\} 1$/m);
        expect((await podNamed(meshed, name)).metadata?.labels).to.include({ "linkerd.io/control-plane-ns": "weft" });
      }
    });

    it("a Service is reached by mutual TLS, with both identities", async () => {
      await call("visitor", "http://web/");
      const [own, other] = await Promise.all([metrics("visitor"), metrics(await webPod())]);
      expect(lines(own, "tcp_open_total", `tls="true"`, `server_id="${identityOf("web")}"`)).to.have.length(1);
      expect(lines(other, "tcp_open_total", `tls="true"`, `client_id="${identityOf("visitor")}"`)).to.have.length(1);
    });

    it("weft edges shows that it was", async () => {
      const { out } = await weft(["edges", "-n", meshed, "-o", "json"]);
      const rows = JSON.parse(out) as readonly JsonObject[];
      const row = rows.find(({ src, dst }) => src === "visitor" && dst === "web");
      expect(row).to.include({
        src_kind: "pod",
        dst_kind: "deployment",
        client_id: `visitor.${meshed}`,
        server_id: `web.${meshed}`,
        no_tls_reason: "",
      });
      expect(row?.["secured"]).to.equal(row?.["total"]);
    });

    it("a NetworkPolicy lets in whom it selects, by an opaque connection, and nobody else", async () => {
      await call("visitor", "http://web:8081/");
      const page = await metrics(await webPod());
      const header = lines(page, "inbound_tcp_transport_header_connections_total", `target_port="8081"`);
      expect(header.some((line) => line.includes(identityOf("visitor")))).to.equal(true);
      const target = (await podNamed(meshed, await webPod())).status?.podIP;
      for (const url of ["http://web:8081/", `http://${target}:8081/`]) {
        const refused = await triedOnce("stranger", url);
        expect(refused, url).to.match(/refused|reset|closed|RemoteDisconnected/i);
      }
    });

    /** Has these roles in the namespace, and perhaps that of the identity service. */
    const somebody = async (name: string, clusterRole: string, isCertified: boolean): Promise<string> => {
      await apply([account(name)]);
      const subject = `--serviceaccount=${meshed}:${name}`;
      await kubectl(["-n", meshed, "create", "rolebinding", name, `--clusterrole=${clusterRole}`, subject]);
      if (isCertified) await kubectl(["-n", "weft", "create", "rolebinding", name, "--role=weft-certify", subject]);
      return kubeconfigOf(name);
    };

    /** Of what the command prints while the visitor calls. */
    const tapped = async (...flags: readonly string[]): Promise<Output> => {
      const running = weft(["tap", "deploy/web", "-n", meshed, "--for", "15s", ...flags]);
      for (let time = 0; time < 12; time += 1) {
        await call("visitor", "http://web/tapped");
        await delay(1000);
      }
      return running;
    };

    it("weft tap says what is missing: the account, then the right; and shows requests to whoever has both", async () => {
      const tapper = await somebody("tapper", "weft-tap", true);
      const viewer = await somebody("tap-viewer", "weft-viewer", false);
      const absent = await weft(["tap", "deploy/web", "-n", meshed, "--for", "1s", "--kubeconfig", tapper]).catch(
        String,
      );
      expect(absent).to.include(`kubectl -n ${meshed} create serviceaccount weft-tap`);
      await apply([account("weft-tap")]);
      const refused = await weft(["tap", "deploy/web", "-n", meshed, "--for", "1s", "--kubeconfig", viewer]).catch(
        String,
      );
      expect(refused).to.match(/cannot create resource "serviceaccounts\/token"/);
      expect(refused).to.include("--clusterrole=weft-tap --user=USER");
      const { out, complaints } = await tapped("--kubeconfig", tapper);
      expect(out, complaints).to.match(
        /^req id=\d+:\d+ proxy=in {2}src=[\d.]+:\d+ dst=[\d.]+:8080 tls=true :method=GET :authority=web :path=\/tapped$/m,
      );
      expect(out).to.match(/^end id=\S+ proxy=in {2}src=\S+ dst=\S+ tls=true duration=\d+µs response-length=\d+B$/m);
    });

    it("weft top counts them", async () => {
      const running = weft(["top", "deploy/web", "-n", meshed, "--for", "8s"]);
      for (let time = 0; time < 6; time += 1) {
        await call("visitor", "http://web/counted");
        await delay(1000);
      }
      expect((await running).out).to.match(/^\S+ +web-\S+ +GET +\/counted +√ +\d+ +\S+ +\S+ +\S+ +100\.00%$/m);
    });

    it("no request fails while every replica of the control plane is replaced", async () => {
      const program = `import http.client, time
failed, sent, end = [], 0, time.time() + 25
while time.time() < end:
    sent += 1
    try:
        c = http.client.HTTPConnection("web", 80, timeout=60)
        c.request("GET", "/")
        status = c.getresponse().status
        if status != 200: failed.append(status)
    except Exception as error:
        failed.append(str(error))
    time.sleep(0.02)
print(sent, failed)`;
      const load = kubectl(["-n", meshed, "exec", "visitor", "-c", "app", "--", "python3", "-IS", "-c", program]);
      await kubectl(["-n", "weft", "rollout", "restart", "deployment/weft-controller"]);
      await kubectl(["-n", "weft", "rollout", "status", "deployment/weft-controller", patience]);
      const { out } = await load;
      expect(out).to.match(/^[1-9]\d+ \[\]\n$/);
    });
  });
});

const lines = (page: string, name: string, ...labels: readonly string[]): readonly string[] =>
  page.split("\n").filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)));
