/**
 * weft's control plane on a real API server: as a process of its own, with the rights that `weft install` gives it and
 * no others, and proxies with tokens of that API server.
 */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { controllerClusterRules, controllerOwnRules } from "../../src/core/install/controller-rights.ts";
import { networkPolicyDefinition } from "../../src/core/install/network-policy-crd.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { ipText, tcpAddress } from "../../src/core/proxy-api/address.ts";
import type { Update } from "../../src/core/proxy-api/destination.ts";
import { planeProcess } from "../support/controller-process.ts";
import type { Certificate } from "../support/certificates.ts";
import type { Plane } from "../support/controller-process.ts";
import { eventually, good } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { pod } from "./harness/pods.ts";
import { rightsOf, rightsPaths } from "./harness/rights.ts";

const plane = "plane";
const shop = "plane-shop";
const account = "weft-controller";
const identity = `default.${shop}.serviceaccount.identity.linkerd.cluster.local`;
const workload = JSON.stringify({ ns: shop, pod: "web-1" });

const service = (annotations: Readonly<Record<string, string>> = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: shop, annotations },
  spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
});

const slice = (pods: Readonly<Record<string, string>>): JsonObject => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "web-1", namespace: shop, labels: { "kubernetes.io/service-name": "web" } },
  addressType: "IPv4",
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  endpoints: Object.entries(pods).map(([name, ip]) => ({
    addresses: [ip],
    conditions: { ready: true },
    targetRef: { kind: "Pod", namespace: shop, name },
  })),
});

const ips = (message: unknown): readonly string[] =>
  ((message as Update).add?.addrs ?? []).map(({ addr }) => ipText(addr?.ip ?? {}) ?? "");

describeOnApi("the control plane, on an API server", (api) => {
  let running: Plane;
  let certificate: Certificate;

  const newPod = async (name: string, ip: string): Promise<void> => {
    const labels = { app: "web", "linkerd.io/control-plane-ns": "linkerd" };
    const spec = { containers: [{ name: "web", image: "web:1", ports: [{ name: "http", containerPort: 8080 }] }] };
    const made = good(await api().create(pod(shop, { name, labels, spec })), "pod");
    const status = { phase: "Running", hostIP: "192.168.0.1", podIP: ip, podIPs: [{ ip }] };
    const path = `/api/v1/namespaces/${shop}/pods/${name}/status`;
    good(await api().ask({ method: "PUT", path, body: { ...made, status } }), "status");
  };
  const token = async (audience: string): Promise<string> => {
    const path = `/api/v1/namespaces/${shop}/serviceaccounts/default/token`;
    const spec = { audiences: [audience], expirationSeconds: 3600 };
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
    const made = good(await api().ask({ method: "POST", path, body }), "token") as { status?: { token?: string } };
    return made.status?.token ?? "";
  };

  before(async () => {
    await api().namespace(plane);
    await api().namespace(shop);
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: account, namespace: plane },
    };
    const own = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace: plane } };
    const roles = rightsOf(account, plane, { inCluster: controllerClusterRules, own: controllerOwnRules });
    for (const object of [own, lease, ...roles, networkPolicyDefinition()]) await api().apply(object);
    await newPod("web-1", "10.1.0.1");
    await api().apply(service());
    await api().apply(slice({ "web-1": "10.1.0.1" }));
    running = await planeProcess({
      kubeconfig: readFileSync(await api().serviceAccount(plane, account), "utf8"),
      flags: [`--namespace=${plane}`],
    });
    certificate = await running.certified(identity, await token("identity.l5d.io"));
  });
  after(async () => {
    await running.stop();
    await api().remove(
      ...rightsPaths(plane),
      `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/networkpolicies.policy.linkerd.io`,
    );
  });

  it("the rights that it is installed with are enough", async () => {
    await eventually("it is ready", async () => (await running.admin("/readyz")) === "ok\n");
    expect(running.log()).not.to.match(/could not be read|cannot be had|forbidden/);
  });

  it("tells endpoints, profile and policies, as they change", async () => {
    const destination = await running.connect("destination", certificate);
    const policy = await running.connect("policy", certificate);
    const path = `web.${shop}.svc.cluster.local:80`;
    const endpoints = destination.stream("destination", "Get", { path, context_token: workload });
    expect(ips(await endpoints.message(0))).to.deep.equal(["10.1.0.1"]);
    const stored = (await api().get(`/api/v1/namespaces/${shop}/services/web`)) as { spec?: { clusterIP?: string } };
    const clusterIp = stored.spec?.clusterIP ?? "";
    const profile = destination.stream("destination", "GetProfile", {
      path: `${clusterIp}:80`,
      context_token: workload,
    });
    expect(await profile.message(0)).to.include({ fully_qualified_name: `web.${shop}.svc.cluster.local` });
    const addr = tcpAddress(clusterIp, 80);
    const outbound = policy.stream("outbound", "Watch", { source_workload: workload, addr });
    expect(await outbound.message(0)).to.have.nested.property("protocol.detect");
    const inbound = policy.stream("inbound", "WatchPort", { workload, port: 8080 });
    expect(await inbound.message(0)).to.have.nested.property("labels.name", "all-unauthenticated");

    await newPod("web-2", "10.1.0.2");
    await api().apply(slice({ "web-1": "10.1.0.1", "web-2": "10.1.0.2" }));
    expect(ips(await endpoints.message(1))).to.deep.equal(["10.1.0.2"]);
    await api().apply(service({ "config.linkerd.io/opaque-ports": "80" }));
    expect(await profile.message(1)).to.include({ opaque_protocol: true });
    expect(await outbound.message(1)).to.have.nested.property("protocol.opaque");
    const metadata = { name: shop, annotations: { "config.linkerd.io/default-inbound-policy": "deny" } };
    await api().apply({ apiVersion: "v1", kind: "Namespace", metadata });
    expect(await inbound.message(1)).to.have.nested.property("labels.name", "deny");
    destination.close();
    policy.close();
  });

  it("a NetworkPolicy holds, and its status says so", async () => {
    const policy = await running.connect("policy", certificate);
    const inbound = policy.stream("inbound", "WatchPort", { workload, port: 8080 });
    await inbound.message(0);
    const made = {
      apiVersion: "policy.linkerd.io/v1alpha1",
      kind: "NetworkPolicy",
      metadata: { name: "only-web", namespace: shop },
      spec: {
        targetRef: { kind: "Service", name: "web" },
        ingress: [{ from: [{ selector: { matchLabels: { app: "web" } } }], ports: [{ port: 8080, protocol: "TCP" }] }],
      },
    };
    await api().apply(made);
    expect(await inbound.message(1)).to.have.nested.property("labels.kind", "networkpolicy");
    const path = `/apis/policy.linkerd.io/v1alpha1/namespaces/${shop}/networkpolicies/only-web`;
    const accepted = async () => {
      const { status } = (await api().get(path)) as { status?: { conditions?: readonly JsonObject[] } };
      return status?.conditions?.find(({ type }) => type === "Accepted")?.["status"] ?? "not yet";
    };
    await eventually("the status is written", accepted, (status) => status === "True");
    const { metadata } = (await api().get(path)) as { metadata: { resourceVersion: string } };
    await api().apply(service({ "config.linkerd.io/opaque-ports": "80,81" }));
    await eventually("nothing else is due", async () =>
      (await running.admin("/metrics")).includes('result="written"} 1\n'),
    );
    const again = (await api().get(path)) as { metadata: { resourceVersion: string } };
    expect(again.metadata.resourceVersion, "written once").to.equal(metadata.resourceVersion);
    policy.close();
  });

  it("a token for somebody else is worth nothing", async () => {
    const refused = await running.certified(identity, await token("vault")).then(
      () => "certified",
      (error: Error) => error.message,
    );
    expect(refused).to.match(/^gRPC status 3/);
  });
});
