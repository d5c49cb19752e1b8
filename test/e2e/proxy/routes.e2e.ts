/**
 * Routes of a Server and a rate limit, with the real proxy: who comes in by which route, what is in none, what kubelet asks.
 * See scripts/e2e-proxy.
 */
import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { gatewayGroup, policyGroup as group } from "../../../src/core/mesh/groups.ts";
import { sumOf } from "./metrics.ts";
import { backendService as web, serviceObject, sliceObject } from "./objects.ts";
import { startPod } from "./pod.ts";
import type { LabPod } from "./pod.ts";
import { startWorld, until } from "./world.ts";
import type { World } from "./world.ts";

const ips = { frontend: "10.99.0.2", backend: "10.99.0.3", outside: "10.99.0.4" };
const url = (path: string, port = 80): string => `http://${web.clusterIp}:${port}${path}`;

const policy = (kind: string, name: string, spec: JsonObject, created = 1): JsonObject => ({
  apiVersion: `${group}/v1beta3`,
  kind,
  metadata: { name, namespace: "shop", creationTimestamp: `2026-01-0${created}T00:00:00Z` },
  spec,
});
const server = (proxyProtocol: string, more: JsonObject = {}): JsonObject =>
  policy("Server", "web", { podSelector: { matchLabels: { app: "backend" } }, port: "http", proxyProtocol, ...more });
const toServer = [{ group, kind: "Server", name: "web" }];
const route = (name: string, path: JsonObject, more: JsonObject = {}): JsonObject =>
  policy("HTTPRoute", name, { parentRefs: toServer, rules: [{ matches: [{ path }], ...more }] });
const lettingIn = (name: string, account: string): JsonObject =>
  policy("AuthorizationPolicy", name, {
    targetRef: { group, kind: "HTTPRoute", name },
    requiredAuthenticationRefs: [{ kind: "ServiceAccount", name: account }],
  });

describe("routes of a Server, with the real proxy", () => {
  let world: World;
  let frontend: LabPod;
  let backend: LabPod;
  let outside: LabPod;
  const put = (object: unknown): void => void world.http.api.put(object as JsonObject);

  before(async function () {
    this.timeout(60_000);
    world = await startWorld();
    const kinds = ["Server", "AuthorizationPolicy", "HTTPRoute", "HTTPLocalRateLimitPolicy"];
    world.http.custom.set(`${group}/v1beta3`, kinds);
    world.http.custom.set(`${gatewayGroup}/v1`, ["GRPCRoute"]);
    await world.controller.start();
    const meshed = async (name: "frontend" | "backend"): Promise<LabPod> => {
      const token = `token of ${name}`;
      world.http.tokens.set(token, `system:serviceaccount:shop:${name}`);
      const mesh = { installation: world.installation, settings: world.settings, token };
      return startPod({ name, namespace: "shop", serviceAccount: name, ip: ips[name], labels: { app: name }, mesh });
    };
    [frontend, backend, outside] = await Promise.all([
      meshed("frontend"),
      meshed("backend"),
      startPod({
        name: "outside",
        namespace: "shop",
        serviceAccount: "outside",
        ip: ips.outside,
        labels: {},
        mesh: undefined,
      }),
    ]);
    const { spec } = backend.object;
    const probing = spec.containers.map((each) =>
      each.name === "app" ? { ...each, readinessProbe: { httpGet: { path: "/up", port: 8080 } } } : each,
    );
    put(frontend.object);
    put({ ...backend.object, spec: { ...spec, containers: probing } });
    put(outside.object);
    put(serviceObject(web));
    put(sliceObject(web, [{ name: "backend", ip: ips.backend }]));
    put(server("HTTP/1"));
    put(route("read", { type: "Exact", value: "/items" }));
    put(route("write", { value: "/admin" }));
    put(route("patterned", { type: "RegularExpression", value: "/v[0-9]+/.*" }));
    put(lettingIn("read", "frontend"));
    put(lettingIn("write", "admin"));
    put(lettingIn("patterned", "frontend"));
    await until("the routes hold", async () => (await frontend.http(url("/elsewhere"))).status === 404);
  });

  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    for (const [name, log] of [
      ["control plane", world.controller.log()],
      ["backend", backend?.log()],
    ] as const)
      process.stdout.write(`--- ${name}\n${(log ?? "").split("\n").slice(-25).join("\n")}\n`);
  });

  after(async () => {
    // Whatever it was sent, the proxy took it.
    const log = backend?.log() ?? "";
    await Promise.all([frontend?.end(), backend?.end(), outside?.end()]);
    await world?.end();
    expect(log).to.not.match(/panicked|misconfigured/);
  });

  const statuses = async (from: LabPod, ...paths: readonly string[]): Promise<readonly number[]> => {
    const seen: number[] = [];
    for (const path of paths) seen.push((await from.http(url(path))).status);
    return seen;
  };

  it("one that is authorized answers, another does not, and what is in none is not found", async () => {
    expect(await statuses(frontend, "/items", "/admin", "/admin/x", "/v1/x", "/vx/x", "/", "/items/x")).to.deep.equal([
      200, 403, 403, 200, 404, 404, 404,
    ]);
    const page = await backend.metrics();
    const labels = { route_group: group, route_kind: "HTTPRoute", srv_name: "web" };
    expect(sumOf(page, "inbound_http_authz_allow_total", { ...labels, route_name: "read" })).to.equal(1);
    expect(sumOf(page, "inbound_http_authz_deny_total", { ...labels, route_name: "write" })).to.equal(2);
  });

  it("what kubelet asks gets in, without an identity, and nothing else does", async () => {
    const asked = async (path: string) => (await outside.http(`http://${ips.backend}:8080${path}`)).status;
    expect([await asked("/up"), await asked("/items"), await asked("/other")]).to.deep.equal([200, 403, 404]);
  });

  it("a change of a route is followed at once", async () => {
    put(route("read", { type: "Exact", value: "/things" }));
    await until("followed", async () => (await frontend.http(url("/things"))).status === 200);
    expect(await statuses(frontend, "/items")).to.deep.equal([404]);
  });

  it("headers are added and taken away, and requests sent elsewhere", async () => {
    const filters = [
      {
        type: "RequestHeaderModifier",
        requestHeaderModifier: { set: [{ name: "X-Set", value: "by route" }], remove: ["X-Gone"] },
      },
    ];
    put(route("read", { type: "Exact", value: "/items" }, { filters }));
    await until("followed", async () => (await frontend.http(url("/items"))).status === 200);
    const seen = JSON.parse(
      (await frontend.http(url("/items"), { headers: { "x-gone": "1", "x-kept": "1" } })).body,
    ) as {
      readonly headers: Readonly<Record<string, string>>;
    };
    expect(seen.headers).to.include({ "x-set": "by route", "x-kept": "1" });
    expect(seen.headers).to.not.have.property("x-gone");
    const redirect = { type: "RequestRedirect", requestRedirect: { hostname: "other.example", statusCode: 302 } };
    put(route("read", { type: "Exact", value: "/items" }, { filters: [redirect] }));
    await until("redirected", async () => (await frontend.http(url("/items"))).status === 302);
    expect((await frontend.http(url("/items"))).headers["location"]).to.equal("http://other.example/items");
  });

  it("one that cannot be read closes the Server, but for kubelet, until it can be", async () => {
    put(route("read", { type: "RegularExpression", value: "(?=a)" }));
    await until("closed", async () => (await frontend.http(url("/v1/x"))).status === 403);
    expect((await outside.http(`http://${ips.backend}:8080/up`)).status).to.equal(200);
    put(route("read", { type: "Exact", value: "/items" }));
    await until("open", async () => (await frontend.http(url("/v1/x"))).status === 200);
  });

  it("calls are told apart by service and method, and by who makes them", async () => {
    put(
      policy("Server", "calls", {
        podSelector: { matchLabels: { app: "backend" } },
        port: "http2",
        proxyProtocol: "gRPC",
      }),
    );
    const parentRefs = [{ group, kind: "Server", name: "calls" }];
    const calls = (name: string, method: JsonObject): JsonObject => ({
      ...policy("GRPCRoute", name, { parentRefs, rules: [{ matches: [{ method }] }] }),
      apiVersion: `${gatewayGroup}/v1`,
    });
    put(calls("cart", { service: "shop.Cart" }));
    put(calls("add", { service: "shop.Cart", method: "Add" }));
    put(
      policy("AuthorizationPolicy", "cart", {
        targetRef: { group: gatewayGroup, kind: "GRPCRoute", name: "cart" },
        requiredAuthenticationRefs: [{ kind: "ServiceAccount", name: "frontend" }],
      }),
    );
    const called = async (path: string) => (await frontend.http2(url(path, 81), "POST")).status;
    await until("the routes hold", async () => (await called("/shop.Other/Get")) === 404);
    expect([await called("/shop.Cart/Get"), await called("/shop.Cart/Add")]).to.deep.equal([200, 403]);
    expect((await frontend.http2(url("/shop.Cart/Get", 81))).status).to.equal(404);
  });

  it("a rate limit answers 429, one of a client's own goes before it, and without it all pass", async () => {
    const limit = (spec: JsonObject): JsonObject =>
      policy("HTTPLocalRateLimitPolicy", "limit", { targetRef: toServer[0] ?? {}, ...spec });
    const burst = async (): Promise<readonly number[]> => {
      const seen = await Promise.all(Array.from({ length: 30 }, () => frontend.http(url("/items"))));
      return [...new Set(seen.map(({ status }) => status))].toSorted((a, b) => a - b);
    };
    expect(await burst()).to.deep.equal([200]);
    put(limit({ total: { requestsPerSecond: 2 } }));
    await until("limited", async () => (await burst()).includes(429));
    expect(
      sumOf(await backend.metrics(), "inbound_http_local_ratelimit_total", {
        ratelimit_name: "limit",
        ratelimit_scope: "total",
      }),
    ).to.be.greaterThan(0);
    const overrides = [{ requestsPerSecond: 1_000, clientRefs: [{ kind: "ServiceAccount", name: "frontend" }] }];
    put(limit({ identity: { requestsPerSecond: 1 }, overrides }));
    await until("overridden", async () => !(await burst()).includes(429));
    put(limit({ total: { requestsPerSecond: 4_294_967_295 }, identity: { requestsPerSecond: 1 } }));
    await until("by identity", async () => (await burst()).includes(429));
    world.http.api.remove(`/apis/${group}/v1beta3/namespaces/shop/httplocalratelimitpolicies/limit`);
    await until("no limit", async () => !(await burst()).includes(429));
  });
});
