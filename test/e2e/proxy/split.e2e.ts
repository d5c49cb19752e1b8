/**
 * Splits with the real proxy: connections and requests to a Service go to others by weight, as a TrafficSplit or a TCPRoute
 * says, live. Two backends, and the apex' own pod, are told apart by what they say.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import type { ManySeen } from "./agent.ts";
import { capture } from "./capture.ts";
import { sumOf } from "./metrics.ts";
import { namespaceObject, serviceObject, sliceObject } from "./objects.ts";
import type { ServiceAsked } from "./objects.ts";
import { startPod } from "./pod.ts";
import type { LabPod } from "./pod.ts";
import { startWorld, until } from "./world.ts";
import type { World } from "./world.ts";

const ips = { client: "10.99.0.2", a: "10.99.0.3", b: "10.99.0.4", own: "10.99.0.5", lab: "10.99.0.6" };
type PodName = keyof typeof ips;
const identity = (name: PodName): string => `${name}.shop.serviceaccount.identity.weft.cluster.local`;

const ports = [
  { name: "lines", port: 9090, targetPort: 9090 },
  { name: "named", port: 7071, targetPort: 7071 },
  { name: "http", port: 80, targetPort: 8080 },
  { name: "http2", port: 81, targetPort: 8081 },
];
const serviceOf = (name: string, clusterIp: string, pod: PodName, only?: string): ServiceAsked => ({
  name,
  namespace: "shop",
  clusterIp,
  ports: only === undefined ? ports : ports.filter((port) => port.name === only),
  selector: { app: pod },
});
const apex = serviceOf("lines", "10.98.0.40", "own");
const leaves = {
  a: serviceOf("leaf-a", "10.98.0.41", "a"),
  b: serviceOf("leaf-b", "10.98.0.42", "b"),
  /** It has one port alone. */
  narrow: serviceOf("narrow", "10.98.0.43", "a", "http"),
};
/** Its ports are looked into. */
const open = serviceOf("open", "10.98.0.44", "own");
const routed = serviceOf("routed", "10.98.0.45", "own");

const split = (name: string, weights: Readonly<Record<string, number | string>>): JsonObject => ({
  apiVersion: "split.smi-spec.io/v1alpha2",
  kind: "TrafficSplit",
  metadata: { name, namespace: "shop" },
  spec: { service: name, backends: Object.entries(weights).map(([service, weight]) => ({ service, weight })) },
});
const route = (backends: Readonly<Record<string, number>>, namespace = "shop"): JsonObject => ({
  apiVersion: "gateway.networking.k8s.io/v1alpha2",
  kind: "TCPRoute",
  metadata: { name: "routed", namespace, generation: 1 },
  spec: {
    parentRefs: [{ kind: "Service", name: "routed", namespace: "shop", port: 9090 }],
    rules: [
      {
        backendRefs: Object.entries(backends).map(([name, weight]) => ({
          name,
          namespace: "shop",
          port: 9090,
          weight,
        })),
      },
    ],
  },
});
const routePath = "/apis/gateway.networking.k8s.io/v1alpha2/namespaces/shop/tcproutes/routed";

const count = ({ by }: ManySeen, who: string): number => by.filter((each) => each === who).length;
/** What did not get through. */
const failures = ({ by }: ManySeen): readonly string[] => by.filter((each) => !["a", "b", "own"].includes(each));

describe("splits, with the real proxy", () => {
  let world: World;
  const pods = new Map<PodName, LabPod>();
  const pod = (name: PodName): LabPod => pods.get(name) ?? expect.fail(`no pod ${name}`);

  const put = (object: unknown): void => void world.http.api.put(object as JsonObject);
  const remove = (plural: string, name: string, group = "split.smi-spec.io/v1alpha2"): void =>
    world.http.api.remove(`/apis/${group}/namespaces/shop/${plural}/${name}`);
  const start = async (name: PodName, { namespace = "shop", isMeshed = true } = {}): Promise<void> => {
    const token = `token of ${name}`;
    world.http.tokens.set(token, `system:serviceaccount:${namespace}:${name}`);
    const mesh = { installation: world.installation, settings: world.settings, token };
    const started = await startPod({
      name,
      namespace,
      serviceAccount: name,
      ip: ips[name],
      labels: { app: name },
      says: name,
      mesh: isMeshed ? mesh : undefined,
    });
    pods.set(name, started);
    put(started.object);
  };
  const greets = (times: number, atOnce = 1, of = apex, from: PodName = "client"): Promise<ManySeen> =>
    pod(from).many({ by: "greets", host: of.clusterIp, port: 9090, count: times, atOnce });
  /** Until so many connections in a row are as asked. */
  const becomes = (
    what: string,
    holds: (seen: ManySeen) => boolean,
    of = apex,
    from: PodName = "client",
  ): Promise<void> => until(what, async () => holds(await greets(12, 1, of, from)));
  const only =
    (...who: readonly PodName[]) =>
    (seen: ManySeen): boolean =>
      who.every((each) => count(seen, each) > 0) && seen.by.every((each) => who.some((one) => one === each));

  before(async function () {
    this.timeout(60_000);
    world = await startWorld();
    world.http.custom.set("split.smi-spec.io/v1alpha2", ["TrafficSplit"]);
    world.http.custom.set("gateway.networking.k8s.io/v1alpha2", ["TCPRoute"]);
    put(namespaceObject("lab"));
    put({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "weft-controller", namespace: "weft" },
      spec: {},
    });
    await world.controller.start();
    await Promise.all([
      start("client"),
      start("a"),
      start("b"),
      start("own", { isMeshed: false }),
      start("lab", { namespace: "lab" }),
    ]);
    const opaque = { annotations: { "config.linkerd.io/opaque-ports": "9090" } };
    for (const [service, name] of [
      [{ ...apex, ...opaque }, "own"],
      [leaves.a, "a"],
      [leaves.b, "b"],
      [leaves.narrow, "a"],
      [open, "own"],
      [routed, "own"],
    ] as const) {
      put(serviceObject(service));
      put(sliceObject(service, [{ name, ip: ips[name] }]));
    }
    for (const name of ["client", "a", "b", "lab"] as const)
      await until(`${name} is ready`, async () => {
        const seen = await pod("own").http(`http://${ips[name]}:4191/ready`);
        return seen.status === 200;
      });
  });

  afterEach(function () {
    if (this.currentTest?.state !== "failed") return;
    const logs = [["control plane", world.controller.log()], ...[...pods].map(([name, each]) => [name, each.log()])];
    for (const [name, log = ""] of logs)
      process.stdout.write(`--- ${name}\n${log.split("\n").slice(-25).join("\n")}\n`);
  });

  after(async () => {
    await Promise.all([...pods.values()].map((each) => each.end()));
    await world?.end();
  });

  it("80 to 20, by connection, on an opaque port", async () => {
    await becomes("its own", only("own"));
    put(split("lines", { "leaf-a": 80, "leaf-b": 20 }));
    await becomes("split", ({ by }) => by.every((each) => each !== "own"));
    const seen = await greets(500, 8);
    expect(failures(seen)).to.deep.equal([]);
    // Five standard deviations.
    expect(count(seen, "b")).to.be.within(55, 145);
    const labels = { route_kind: "TrafficSplit", route_name: "lines", parent_name: "lines" };
    expect(sumOf(await pod("client").metrics(), "outbound_tcp_route_open_total", labels)).to.be.at.least(500);
  });

  it("turned round under way: no connection fails, and one that is open stays", async () => {
    put(split("lines", { "leaf-a": 100, "leaf-b": 0 }));
    await becomes("a alone", only("a"));
    expect(await pod("client").hold(apex.clusterIp, 9090)).to.equal("welcome to the a\n");
    const asked = greets(1000, 2);
    await sleep(200);
    put(split("lines", { "leaf-a": 0, "leaf-b": 100 }));
    const seen = await asked;
    expect(failures(seen)).to.deep.equal([]);
    expect(seen.by[0]).to.equal("a");
    expect(new Set(seen.by.slice(-50))).to.deep.equal(new Set(["b"]));
    expect(await pod("client").held("still there")).to.equal("still there\n");
  });

  it("a backend that loses its endpoints is left out, and used again when it has one", async () => {
    put(split("lines", { "leaf-a": 50, "leaf-b": 50 }));
    await becomes("both", only("a", "b"));
    const asked = greets(400, 2);
    await sleep(100);
    put(sliceObject(leaves.b, []));
    const seen = await asked;
    expect(failures(seen).length).to.be.at.most(2);
    await becomes("a alone", only("a"));
    const after = await greets(100);
    expect([count(after, "a"), Math.max(...after.took) < 1000]).to.deep.equal([100, true]);
    put(sliceObject(leaves.b, [{ name: "b", ip: ips.b }]));
    await becomes("both again", only("a", "b"));
  });

  it("weights of 0: never to that one; all of them: the Service's own endpoints; then split again", async () => {
    put(split("lines", { "leaf-a": 0, "leaf-b": 100 }));
    await becomes("b alone", only("b"));
    expect(new Set((await greets(200)).by)).to.deep.equal(new Set(["b"]));
    put(split("lines", { "leaf-a": 0, "leaf-b": 0 }));
    await becomes("its own", only("own"));
    put(split("lines", { "leaf-a": 50, "leaf-b": 50 }));
    await becomes("both", only("a", "b"));
    const seen = await greets(200);
    expect(failures(seen)).to.deep.equal([]);
    expect(count(seen, "a")).to.be.within(60, 140);
  });

  it("the Service itself as a backend; one without the port; no split any more", async () => {
    put(split("lines", { lines: 1, "leaf-a": 1 }));
    await becomes("itself and a", only("own", "a"));
    put(split("lines", { narrow: 1, "leaf-b": 1 }));
    await becomes("b alone", only("b"));
    remove("trafficsplits", "lines");
    await becomes("its own", only("own"));
  });

  it("a port that is not opaque: HTTP by request, TCP by connection", async () => {
    put(split("open", { "leaf-a": 80, "leaf-b": 20 }));
    for (const [by, port] of [
      ["http", 80],
      ["http2", 81],
      ["named", 7071],
    ] as const) {
      const many = (times: number) => pod("client").many({ by, host: open.clusterIp, port, count: times });
      await until(`${by} is split`, async () => only("a", "b")(await many(20)));
      const seen = await many(300);
      expect(failures(seen), by).to.deep.equal([]);
      // Five standard deviations.
      expect(count(seen, "b"), by).to.be.within(25, 95);
    }
  });

  it("to both backends by mutual TLS, and nothing in the clear on the cable", async () => {
    put(split("lines", { "leaf-a": 50, "leaf-b": 50 }));
    await becomes("both", only("a", "b"));
    for (const name of ["a", "b"] as const) {
      const to = { peer: "dst", tls: "true", server_id: identity(name) };
      expect(sumOf(await pod("client").metrics(), "tcp_open_total", to), name).to.be.greaterThan(0);
      const from = { peer: "src", tls: "true", client_id: identity("client") };
      expect(sumOf(await pod(name).metrics(), "tcp_open_total", from), name).to.be.greaterThan(0);
      const cable = await capture(pod(name).space.link, `host ${ips.client}`, async () => {
        await greets(50);
      });
      expect(cable.tlsRecords(), name).to.be.greaterThan(10);
      expect(cable.has("welcome to the"), name).to.equal(false);
    }
  });

  it("a TCPRoute: weights; the share of a missing Service is closed at once, and the status says so", async () => {
    put(route({ "leaf-a": 1, "leaf-b": 3 }));
    await becomes("both", only("a", "b"), routed);
    const seen = await greets(400, 4, routed);
    expect(failures(seen)).to.deep.equal([]);
    expect(count(seen, "b")).to.be.within(255, 345);
    put(route({ "leaf-a": 1, gone: 1 }));
    await becomes("half", ({ by }) => by.includes("closed") && by.includes("a") && !by.includes("b"), routed);
    const half = await greets(100, 1, routed);
    expect([count(half, "a") + failures(half).length, count(half, "a") > 20]).to.deep.equal([100, true]);
    const closed = half.took.filter((_, index) => half.by[index] !== "a");
    // Nobody waits 3 s; a busy machine may hold one up for a moment.
    expect(closed.toSorted((a, b) => a - b)[Math.floor(closed.length * 0.9)]).to.be.lessThan(100);
    await until("the status says so", () =>
      JSON.stringify(world.http.api.stored(routePath)?.["status"] ?? {}).includes('"reason":"BackendNotFound"'),
    );
    expect(world.http.api.stored(routePath)?.["status"]).to.have.nested.property("parents[0].parentRef.name", "routed");
    const invalid = { route_kind: "TCPRoute", error: "invalid_backend" };
    expect(sumOf(await pod("client").metrics(), "outbound_tcp_route_close_total", invalid)).to.be.greaterThan(0);
    remove("tcproutes", "routed", "gateway.networking.k8s.io/v1alpha2");
  });

  it("a TCPRoute of another namespace is for the clients there alone", async () => {
    // Without a route its server, which speaks first, is not waited for here.
    put(serviceObject({ ...routed, annotations: { "config.linkerd.io/opaque-ports": "9090" } }));
    put(route({ "leaf-b": 1 }, "lab"));
    await becomes("b for the lab", only("b"), routed, "lab");
    await becomes("its own for the others", only("own"), routed);
    world.http.api.remove("/apis/gateway.networking.k8s.io/v1alpha2/namespaces/lab/tcproutes/routed");
    await becomes("its own for the lab", only("own"), routed, "lab");
  });

  it("no proxy has panicked, or taken a policy for broken", () => {
    for (const [name, { log }] of pods) expect(log(), name).to.not.match(/panicked|Client policy misconfigured/);
  });
});
