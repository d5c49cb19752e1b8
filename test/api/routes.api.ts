/**
 * Routes of Servers and rate limits on a real API server: what their status says, with the rights that weft is installed
 * with; definitions that are not there, and come later.
 */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { controllerClusterRules, controllerOwnRules } from "../../src/core/install/controller-rights.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { objectsAt, textAt } from "../../src/core/base/json/read.ts";
import { gatewayGroup, policyGroup as group } from "../../src/core/mesh/groups.ts";
import { planeProcess } from "../support/controller-process.ts";
import type { Plane } from "../support/controller-process.ts";
import { eventually, good } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { rightsOf, rightsPaths } from "./harness/rights.ts";

const [plane, shop, account] = ["routes-plane", "routes-shop", "weft-controller"];
const anything: JsonObject = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
/** Linkerd's definition insists on a target, and has no place for a generation. */
const ofLimits: JsonObject = {
  type: "object",
  required: ["targetRef"],
  properties: {
    targetRef: anything,
    conditions: {
      type: "array",
      items: {
        type: "object",
        properties: Object.fromEntries(
          ["type", "status", "reason", "message", "lastTransitionTime"].map((key) => [key, { type: "string" }]),
        ),
      },
    },
  },
};

const definition = (of: string, kind: string, plural: string, status: JsonObject = anything): JsonObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: {
    name: `${plural}.${of}`,
    // Names of the Gateway API's group are for those that it has approved.
    annotations: { "api-approved.kubernetes.io": "unapproved, of a test" },
  },
  spec: {
    group: of,
    scope: "Namespaced",
    names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
    versions: [
      {
        name: "v1beta1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: "object", properties: { spec: anything, status } } },
      },
    ],
  },
});
const calls = definition(gatewayGroup, "GRPCRoute", "grpcroutes");
const definitions = [
  definition(group, "Server", "servers"),
  definition(group, "HTTPRoute", "httproutes"),
  definition(gatewayGroup, "HTTPRoute", "httproutes"),
  definition(group, "HTTPLocalRateLimitPolicy", "httplocalratelimitpolicies", ofLimits),
];
const pathOf = (of: string, plural: string, name: string): string =>
  `/apis/${of}/v1beta1/namespaces/${shop}/${plural}/${name}`;

const object = (of: string, kind: string, name: string, spec: JsonObject): JsonObject => ({
  apiVersion: `${of}/v1beta1`,
  kind,
  metadata: { name, namespace: shop },
  spec,
});
const toServer = (name: string): JsonObject => ({ group, kind: "Server", name });

describeOnApi("routes of Servers, on an API server", (api) => {
  let running: Plane;
  const served = async (of: string, plural: string): Promise<void> => {
    await eventually(`${plural}.${of} are served`, async () =>
      objectsAt((await api().get(`/apis/${of}/v1beta1`)) ?? {}, "resources").some(({ name }) => name === plural),
    );
  };

  before(async () => {
    for (const name of [plane, shop]) await api().namespace(name);
    const metadata = { name: account, namespace: plane };
    const own = { apiVersion: "v1", kind: "ServiceAccount", metadata };
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata };
    const rights = rightsOf(account, plane, { inCluster: controllerClusterRules, own: controllerOwnRules });
    for (const each of [own, lease, ...rights, ...definitions]) await api().apply(each);
    await served(group, "servers");
    await served(group, "httplocalratelimitpolicies");
    await served(gatewayGroup, "httproutes");
    running = await planeProcess({
      kubeconfig: readFileSync(await api().serviceAccount(plane, account), "utf8"),
      flags: [`--namespace=${plane}`],
    });
  });
  after(async () => {
    await running.stop();
    const paths = [...definitions, calls].map(
      (each) => `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${textAt(each, "metadata", "name")}`,
    );
    await api().remove(...paths, ...rightsPaths(plane));
    for (const path of paths)
      await eventually("the definition is gone", async () => (await api().get(path)) === undefined);
  });

  /** `Server web True Accepted` of each parent. */
  const parentsAt = async (path: string): Promise<readonly string[]> =>
    objectsAt((await api().get(path)) ?? {}, "status", "parents").map((parent) => {
      const [accepted] = objectsAt(parent, "conditions");
      const of = ["kind", "name"].map((key) => textAt(parent, "parentRef", key));
      return [...of, accepted?.["status"], accepted?.["reason"]].join(" ");
    });
  const said = (path: string, expected: readonly string[], within?: number) =>
    eventually(
      `the status of ${path}`,
      () => parentsAt(path),
      (parents) => parents.join() === expected.join(),
      within === undefined ? {} : { within },
    );
  const versionOf = async (path: string): Promise<string> =>
    textAt((await api().get(path)) ?? {}, "metadata", "resourceVersion") ?? "";

  it("a route says of each Server whether it goes by it, as Servers come and go", async () => {
    const path = pathOf(group, "httproutes", "read");
    await api().apply(object(group, "HTTPRoute", "read", { parentRefs: [toServer("web"), toServer("later")] }));
    await said(path, ["Server web False NoMatchingParent", "Server later False NoMatchingParent"]);
    await api().apply(object(group, "Server", "web", { podSelector: {}, port: 80, proxyProtocol: "HTTP/1" }));
    await said(path, ["Server web True Accepted", "Server later False NoMatchingParent"]);
    await api().remove(pathOf(group, "servers", "web"));
    await said(path, ["Server web False NoMatchingParent", "Server later False NoMatchingParent"]);
    await api().apply(object(group, "Server", "web", { podSelector: {}, port: 80, proxyProtocol: "HTTP/1" }));
    await said(path, ["Server web True Accepted", "Server later False NoMatchingParent"]);
    await api().apply(object(group, "HTTPRoute", "read", { parentRefs: [] }));
    await said(path, []);
  });

  it("what other controllers say of one of the Gateway API stays", async () => {
    const path = pathOf(gatewayGroup, "httproutes", "shared");
    const spec = { parentRefs: [{ group: gatewayGroup, kind: "Gateway", name: "edge" }, toServer("web")] };
    good(await api().create(object(gatewayGroup, "HTTPRoute", "shared", spec)), "route");
    await said(path, ["Server web True Accepted"]);
    const status = {
      parents: [
        ...objectsAt((await api().get(path)) ?? {}, "status", "parents"),
        { parentRef: { kind: "Gateway", name: "edge" }, controllerName: "example.com/edge", conditions: [] },
      ],
    };
    const contentType = "application/merge-patch+json";
    good(await api().ask({ method: "PATCH", path: `${path}/status`, body: { status }, contentType }), "status");
    await api().apply(object(group, "Server", "web", { podSelector: {}, port: 80, proxyProtocol: "gRPC" }));
    await said(path, ["Server web False UnsupportedProtocol", "Gateway edge  "]);
    await api().apply(object(group, "Server", "web", { podSelector: {}, port: 80, proxyProtocol: "HTTP/1" }));
    await said(path, ["Server web True Accepted", "Gateway edge  "]);
  });

  it("a rate limit says whether it holds, once", async () => {
    const limit = (name: string): JsonObject =>
      object(group, "HTTPLocalRateLimitPolicy", name, { targetRef: toServer("web"), total: { requestsPerSecond: 9 } });
    const of = async (name: string): Promise<string> => {
      const found = (await api().get(pathOf(group, "httplocalratelimitpolicies", name))) ?? {};
      const [accepted] = objectsAt(found, "status", "conditions");
      return [textAt(found, "status", "targetRef", "name"), accepted?.["status"], accepted?.["reason"]].join(" ");
    };
    await api().apply(limit("a"));
    await eventually(
      "the first holds",
      () => of("a"),
      (text) => text === "web True Accepted",
    );
    await api().apply(limit("b"));
    await eventually(
      "the second does not",
      () => of("b"),
      (text) => text === "web False RateLimitReasonAlreadyExists",
    );
    const path = pathOf(group, "httplocalratelimitpolicies", "a");
    const version = await versionOf(path);
    await api().remove(pathOf(group, "httplocalratelimitpolicies", "b"));
    await api().apply(object(group, "HTTPRoute", "marker", { parentRefs: [toServer("web")] }));
    await said(pathOf(group, "httproutes", "marker"), ["Server web True Accepted"]);
    expect(await versionOf(path), "written once").to.equal(version);
  });

  it("calls are read when their definition is there", async function () {
    // Definitions are looked for every half a minute.
    this.timeout(120_000);
    await api().apply(calls);
    await served(gatewayGroup, "grpcroutes");
    await api().apply(object(group, "Server", "calls", { podSelector: {}, port: 81, proxyProtocol: "gRPC" }));
    await api().apply(object(gatewayGroup, "GRPCRoute", "cart", { parentRefs: [toServer("calls")] }));
    await said(pathOf(gatewayGroup, "grpcroutes", "cart"), ["Server calls True Accepted"], 60_000);
    expect(running.log()).not.to.match(/could not be written|is refused|forbidden/);
  });
});
