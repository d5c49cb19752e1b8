/**
 * Splits on a real API server: their definitions may be absent, come later and go, weights are read in the form of each
 * version, and a TCPRoute's status is written once.
 */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { controllerClusterRules, controllerOwnRules } from "../../src/core/install/controller-rights.ts";
import { trafficSplitDefinition } from "../../src/core/install/traffic-split-crd.ts";
import { tcpAddress } from "../../src/core/proxy-api/address.ts";
import type { OutboundPolicy } from "../../src/core/proxy-api/outbound.ts";
import { planeProcess } from "../support/controller-process.ts";
import type { Certificate } from "../support/certificates.ts";
import type { Plane } from "../support/controller-process.ts";
import { eventually, good } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { rightsOf, rightsPaths } from "./harness/rights.ts";

const plane = "splits";
const shop = "splits-shop";
const account = "weft-controller";
const identity = `default.${shop}.serviceaccount.identity.linkerd.cluster.local`;
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const splits = `${definitions}/trafficsplits.split.smi-spec.io`;
const routes = `${definitions}/tcproutes.gateway.networking.k8s.io`;

const service = (name: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: shop },
  spec: { selector: { app: name }, ports: [{ name: "lines", port: 9090 }] },
});
const split = (version: string, weights: Readonly<Record<string, number | string>>): JsonObject => ({
  apiVersion: `split.smi-spec.io/${version}`,
  kind: "TrafficSplit",
  metadata: { name: "lines", namespace: shop },
  spec: { service: "lines", backends: Object.entries(weights).map(([name, weight]) => ({ service: name, weight })) },
});
/** As the Gateway API has it, as far as it matters here: a status of its own, with parents of several controllers. */
const tcpRouteDefinition: JsonObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: "tcproutes.gateway.networking.k8s.io",
    annotations: { "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/gateway-api/pull/3328" },
  },
  spec: {
    group: "gateway.networking.k8s.io",
    scope: "Namespaced",
    names: { kind: "TCPRoute", listKind: "TCPRouteList", plural: "tcproutes", singular: "tcproute" },
    versions: [
      {
        name: "v1alpha2",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};
const theirs = { parentRef: { name: "edge" }, controllerName: "somebody.example/gateways", conditions: [] };

/** Names and weights of where an opaque connection goes. */
function ways(message: unknown): readonly string[] {
  const { detect, opaque } = (message as OutboundPolicy).protocol ?? {};
  const { first_available: first, random_available: random } =
    (opaque ?? detect?.opaque)?.routes?.[0]?.rules?.[0]?.backends ?? {};
  return [
    ...(first?.backends ?? []).map(({ backend }) => `${backend?.metadata?.resource?.name}`),
    ...(random?.backends ?? []).map(
      ({ weight, backend }) => `${backend?.backend?.metadata?.resource?.name ?? "nothing"} ${weight}`,
    ),
  ];
}

describeOnApi("splits, on an API server", (api) => {
  let running: Plane;
  let certificate: Certificate;
  let clusterIp: string;

  const token = async (): Promise<string> => {
    const path = `/api/v1/namespaces/${shop}/serviceaccounts/default/token`;
    const spec = { audiences: ["identity.l5d.io"], expirationSeconds: 3600 };
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
    const made = good(await api().ask({ method: "POST", path, body }), "token") as { status?: { token?: string } };
    return made.status?.token ?? "";
  };
  /** What is told until it is as expected: a definition is looked for every half a minute or so. */
  async function told(expected: readonly string[]): Promise<void> {
    const policy = await running.connect("policy", certificate);
    const source_workload = JSON.stringify({ ns: shop, pod: "web-1" });
    const outbound = policy.stream("outbound", "Watch", { source_workload, addr: tcpAddress(clusterIp, 9090) });
    for (let index = 0; ; index += 1) {
      const now = ways(await outbound.message(index));
      if (JSON.stringify(now) === JSON.stringify(expected)) break;
    }
    policy.close();
  }
  const served = (path: string): Promise<unknown> =>
    eventually(`${path} is served`, async () => (await api().get(path)) ?? false);

  before(async () => {
    await api().namespace(plane);
    await api().namespace(shop);
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: account, namespace: plane },
    };
    const own = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace: plane } };
    const rights = rightsOf(account, plane, { inCluster: controllerClusterRules, own: controllerOwnRules });
    for (const object of [own, lease, ...rights]) await api().apply(object);
    for (const name of ["lines", "a", "b"]) await api().apply(service(name));
    const stored = (await api().get(`/api/v1/namespaces/${shop}/services/lines`)) as { spec?: { clusterIP?: string } };
    clusterIp = stored.spec?.clusterIP ?? "";
    running = await planeProcess({
      kubeconfig: readFileSync(await api().serviceAccount(plane, account), "utf8"),
      flags: [`--namespace=${plane}`],
    });
    certificate = await running.certified(identity, await token());
  });
  after(async () => {
    await running.stop();
    await api().remove(...rightsPaths(plane), splits, routes);
  });

  it("without a definition all is as it was, and one that is installed later is taken up", async function () {
    this.timeout(120_000);
    await eventually("it is ready", async () => (await running.admin("/readyz")) === "ok\n");
    await told(["lines"]);
    for (const definition of [trafficSplitDefinition(), tcpRouteDefinition]) await api().apply(definition);
    await served("/apis/split.smi-spec.io/v1alpha4");
    await served("/apis/gateway.networking.k8s.io/v1alpha2");
    await api().apply(split("v1alpha2", { a: 90, b: 10 }));
    await told(["a 90000", "b 10000"]);
    expect(running.log()).not.to.match(/could not be read|forbidden/);
  });

  it("quantities of v1alpha1, fractions of later versions", async () => {
    const path = `/apis/split.smi-spec.io/v1alpha1/namespaces/${shop}/trafficsplits/lines`;
    await api().remove(path);
    good(await api().create(split("v1alpha1", { a: "1", b: "500m" })), "v1alpha1");
    await told(["a 1000", "b 500"]);
    await api().remove(path);
    await api().apply(split("v1alpha4", { a: 0.25, b: 0.75 }));
    await told(["a 250", "b 750"]);
    const refused = await api().create(split("v1alpha2", { a: -1 }));
    expect(refused.status).to.equal(422);
  });

  it("an Event says what is wrong with a split", async () => {
    await api().apply(split("v1alpha2", { gone: 1, a: 1 }));
    await told(["a"]);
    await eventually("it is told", async () => {
      const { items = [] } = (await api().get(`/api/v1/namespaces/${shop}/events`)) as {
        items?: readonly JsonObject[];
      };
      return items.some(({ reason, message }) => reason === "BackendLeftOut" && String(message).includes("gone"));
    });
    await api().remove(`/apis/split.smi-spec.io/v1alpha4/namespaces/${shop}/trafficsplits/lines`);
    await told(["lines"]);
  });

  it("the status of a TCPRoute is written once and left alone, and others' entries stay", async () => {
    const path = `/apis/gateway.networking.k8s.io/v1alpha2/namespaces/${shop}/tcproutes/lines`;
    const made = {
      apiVersion: "gateway.networking.k8s.io/v1alpha2",
      kind: "TCPRoute",
      metadata: { name: "lines", namespace: shop },
      spec: {
        parentRefs: [{ kind: "Service", name: "lines" }],
        rules: [
          {
            backendRefs: [
              { name: "a", port: 9090 },
              { name: "gone", port: 9090, weight: 3 },
            ],
          },
        ],
      },
    };
    await api().apply(made);
    await told(["a 1", "gone 3"]);
    interface Stored {
      readonly metadata: { readonly resourceVersion: string };
      readonly status?: { readonly parents?: readonly JsonObject[] };
    }
    const stored = async (): Promise<Stored> => (await api().get(path)) as unknown as Stored;
    const reasons = async (): Promise<readonly unknown[]> =>
      ((await stored()).status?.parents ?? []).map(({ controllerName, conditions }) => [
        controllerName,
        ...(conditions as JsonObject[]).map(({ reason }) => reason),
      ]);
    const ours = ["linkerd.io/policy-controller", "Accepted", "BackendNotFound"];
    await eventually("the status is written", async () => JSON.stringify(await reasons()) === JSON.stringify([ours]));
    const { status } = await stored();
    const parents = [theirs, ...(status?.parents ?? [])];
    const body = { status: { parents } };
    good(
      await api().ask({ method: "PATCH", path: `${path}/status`, contentType: "application/merge-patch+json", body }),
      "another controller's entry",
    );
    const before = (await stored()).metadata.resourceVersion;
    await api().apply(service("gone"));
    await eventually(
      "the status follows",
      async () => JSON.stringify((await reasons())[1]) === JSON.stringify([...ours.slice(0, 2), "ResolvedRefs"]),
    );
    const after = await stored();
    expect([after.status?.parents?.[0], after.metadata.resourceVersion === before]).to.deep.equal([theirs, false]);
    await api().apply(service("another"));
    await told(["a 1", "gone 3"]);
    expect((await stored()).metadata.resourceVersion, "left alone").to.equal(after.metadata.resourceVersion);
  });

  it("with a definition goes what it defined", async function () {
    this.timeout(180_000);
    await api().apply(split("v1alpha2", { b: 1 }));
    await told(["b"]);
    await api().remove(splits);
    await told(["a 1", "gone 3"]);
    await api().remove(routes);
    await told(["lines"]);
  });
});
