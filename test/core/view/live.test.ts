import { expect } from "chai";
import fc from "fast-check";
import type { ClusterView } from "../../../src/core/view/cluster.ts";
import { clusterIndex } from "../../../src/core/view/index.ts";
import type { Kind, Kinds } from "../../../src/core/view/index.ts";
import {
  namespaceView,
  nodeView,
  podView,
  policyView,
  serviceView,
  sliceView,
} from "../../../src/core/view/from-objects.ts";
import { liveCluster } from "../../../src/core/view/live.ts";
import type { Live } from "../../../src/core/view/live.ts";
import { runs } from "../../support/properties.ts";

describe("view/live", () => {
  it("tells at once, then when the value is another one, and no more after the end", () => {
    const { live, settle } = byHand();
    const told: string[] = [];
    const end = live.follow("zone of n1", zoneOf("n1"), (zone) => told.push(zone));
    setZone(live, "n1", "a");
    settle();
    setZone(live, "n1", "a");
    setZone(live, "n2", "b");
    settle();
    setZone(live, "n1", "b");
    setZone(live, "n1", "c");
    settle();
    end();
    setZone(live, "n1", "d");
    settle();
    expect(told).to.deep.equal(["none", "a", "c"]);
    expect(live.targets()).to.equal(0);
  });

  it("a value that cannot be made stays as it was, others go on, and it is made when that can be", () => {
    const queue: (() => void)[] = [];
    const errors: string[] = [];
    const live = liveCluster((run) => queue.push(run), {
      onFault: (key, error) => errors.push(`${key}: ${String(error)}`),
    });
    const settle = (): void => queue.splice(0).forEach((run) => run());
    const told: string[] = [];
    const picky = (view: ClusterView): string => {
      const zone = zoneOf("n1")(view);
      if (zone === "bad") throw new Error("no such zone");
      return zone;
    };
    setZone(live, "n1", "a");
    live.follow("picky", picky, (zone) => told.push(`picky ${zone}`));
    live.follow("easy", zoneOf("n1"), (zone) => told.push(`easy ${zone}`));
    live.follow("upset", zoneOf("n1"), (zone) => {
      if (zone === "b") throw new Error("not for me");
    });
    for (const zone of ["bad", "b"]) {
      setZone(live, "n1", zone);
      settle();
    }
    expect(told).to.deep.equal(["picky a", "easy a", "easy bad", "picky b", "easy b"]);
    expect(errors).to.deep.equal(["picky: Error: no such zone", "upset: Error: not for me"]);
  });

  it("who comes to what cannot be made is told so, and leaves nothing behind", () => {
    const { live } = byHand();
    const broken = (view: ClusterView): string => {
      view.node("n1");
      throw new Error("broken");
    };
    expect(() => live.follow("broken", broken, () => undefined)).to.throw("broken");
    expect(() =>
      live.follow("fine", zoneOf("n1"), () => {
        throw new Error("not for me");
      }),
    ).to.throw("not for me");
    expect(live.targets()).to.equal(0);
  });

  it("what may come later comes, however busy others are", () => {
    const due: (() => void)[] = [];
    // Each piece makes one value.
    const live = liveCluster((run) => due.push(run), { piece: () => () => true });
    let zone = 0;
    live.follow("busy", zoneOf("n1"), () => setZone(live, "n1", `zone ${(zone += 1)}`));
    let told = "";
    live.follow("calm", zoneOf("n2"), (now) => (told = now), { later: true });
    for (let piece = 0; piece < 40; piece += 1) due.shift()?.();
    expect([told, zone > 20]).to.deep.equal(["none", true]);
  });

  it("makes a value once per change, however many follow it", () => {
    const { live, settle } = byHand();
    let made = 0;
    const make = (view: ClusterView): string => {
      made += 1;
      return zoneOf("n1")(view);
    };
    const told: string[] = [];
    for (const name of ["first", "second"]) live.follow("zone", make, (zone) => told.push(`${name} ${zone}`));
    expect(made).to.equal(1);
    setZone(live, "n1", "a");
    settle();
    expect(made).to.equal(2);
    expect(told).to.deep.equal(["first none", "second none", "first a", "second a"]);
  });

  it("who comes between a change and its settling sees the change, and so do the others, once", () => {
    const { live, settle } = byHand();
    const told: string[] = [];
    live.follow("zone", zoneOf("n1"), (zone) => told.push(`first ${zone}`));
    setZone(live, "n1", "a");
    live.follow("zone", zoneOf("n1"), (zone) => told.push(`second ${zone}`));
    settle();
    expect(told).to.deep.equal(["first none", "first a", "second a"]);
  });

  it("the same function follows twice: it is told twice, and each end is its own", () => {
    const { live, settle } = byHand();
    const told: string[] = [];
    const onValue = (zone: string): unknown => told.push(zone);
    const end = live.follow("zone", zoneOf("n1"), onValue);
    live.follow("zone", zoneOf("n1"), onValue);
    end();
    end();
    setZone(live, "n1", "a");
    settle();
    expect(told).to.deep.equal(["none", "none", "a"]);
  });

  it("who begins to follow while a value is told is told it once", () => {
    const { live, settle } = byHand();
    const told: string[] = [];
    let begun = false;
    live.follow("zone", zoneOf("n1"), (zone) => {
      told.push(`first ${zone}`);
      if (zone === "none" || begun) return;
      begun = true;
      live.follow("zone", zoneOf("n1"), (other) => told.push(`second ${other}`));
    });
    setZone(live, "n1", "a");
    settle();
    expect(told).to.deep.equal(["first none", "first a", "second a"]);
  });

  it("who is ended by another follower hears no more", () => {
    const { live, settle } = byHand();
    const told: string[] = [];
    const ends: (() => void)[] = [];
    live.follow("zone", zoneOf("n1"), (zone) => {
      told.push(`first ${zone}`);
      for (const end of ends) end();
    });
    ends.push(live.follow("zone", zoneOf("n1"), (zone) => told.push(`second ${zone}`)));
    setZone(live, "n1", "a");
    settle();
    expect(told).to.deep.equal(["first none", "second none", "first a"]);
  });

  it("what a follower changes is told too, newest last", () => {
    const { live, settle } = byHand();
    const told: string[] = [];
    live.follow("zone", zoneOf("n1"), (zone) => {
      told.push(`first ${zone}`);
      if (zone !== "a") return;
      setZone(live, "n1", "b");
      live.follow("zone", zoneOf("n1"), (other) => told.push(`third ${other}`));
    });
    live.follow("zone", zoneOf("n1"), (zone) => told.push(`second ${zone}`));
    setZone(live, "n1", "a");
    settle();
    settle();
    expect(told).to.deep.equal(["first none", "second none", "first a", "first b", "second b", "third b"]);
  });

  it("maps are values too", () => {
    const { live, settle } = byHand();
    const told: (readonly [string, string])[][] = [];
    live.follow(
      "zones",
      (view) => new Map([["n1", zoneOf("n1")(view)]]),
      (zones) => told.push([...zones]),
    );
    setZone(live, "n1", "a");
    settle();
    expect(told).to.deep.equal([[["n1", "none"]], [["n1", "a"]]]);
  });

  it("is what a cluster read from scratch gives, whatever happened, and each follower hears each value once", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const { live, settle } = byHand();
        const cluster = new Map<string, Change>();
        const followers = new Map<
          number,
          { readonly told: unknown[]; readonly end: () => void; readonly make: Make }
        >();
        for (const [index, each] of steps.entries()) {
          if ("change" in each) {
            cluster.set(`${each.change[0]} ${each.change[1]}`, each.change);
            live.index.apply(...each.change);
          } else if ("follow" in each) {
            const told: unknown[] = [];
            const make = makes[each.follow] ?? makes.all;
            followers.set(index, { told, make, end: live.follow(each.follow, make, (value) => told.push(value)) });
            expect(told.at(-1)).to.deep.equal(fresh(cluster, make));
          } else if ("end" in each) {
            const [key, follower] = [...followers][each.end] ?? [];
            follower?.end();
            if (key !== undefined) followers.delete(key);
          } else settle();
        }
        settle();
        for (const { told, make } of followers.values()) {
          expect(told.at(-1)).to.deep.equal(fresh(cluster, make));
          for (const [index, value] of told.entries()) expect(value).not.to.deep.equal(told[index - 1] ?? "nothing");
        }
        for (const { end } of followers.values()) end();
        expect(live.targets()).to.equal(0);
      }),
      runs(150),
    );
  });
});

/** A live cluster whose changes are answered when the test says so. */
function byHand() {
  const due: (() => void)[] = [];
  const live = liveCluster((run) => due.push(run));
  return { live, settle: (): void => due.splice(0).forEach((run) => run()) };
}

const zoneOf =
  (node: string) =>
  (view: ClusterView): string =>
    view.node(node)?.zone ?? "none";

const setZone = (live: Live, name: string, zone: string): void => live.index.apply("Node", name, { name, zone });

type Make = (view: ClusterView) => unknown;
type Change = readonly [kind: Kind, key: string, value: Kinds[Kind] | undefined];

const ips = ["10.0.0.1", "10.0.0.2"];
const names = ["a", "b"];

/** Each reads some of the cluster; some read different things as they find others. */
const makes: Readonly<Record<string, Make>> & { readonly all: Make } = {
  pod: (view) => view.pod("a", "a"),
  podsAt: (view) => ips.map((ip) => view.podsAt(ip).map(({ name, labels }) => [name, labels])),
  hosts: (view) => ips.map((ip) => view.podsOnHost(ip).map(({ namespace, name }) => [namespace, name])),
  zones: (view) => view.podsIn("a").map(({ nodeName }) => view.node(nodeName)?.zone),
  service: (view) => {
    const service = view.serviceAt("10.0.0.1");
    return service === undefined ? "none" : view.slicesOf(service.namespace, service.name);
  },
  policies: (view) => view.policies("Server", "a").map(({ spec }) => spec),
  all: (view) =>
    names.map((name) => [
      view.podsIn(name),
      view.servicesIn(name),
      view.namespace(name),
      view.policies("Server", name),
    ]),
};

const where = fc.record({ namespace: fc.constantFrom(...names), name: fc.constantFrom(...names) });
const ip = fc.constantFrom(...ips);
const text = fc.constantFrom("", "x", "y");

const inNamespace = (kind: Kind, view: fc.Arbitrary<Kinds[Kind] & { namespace: string; name: string }>) =>
  view.map((value): Change => [kind, `${value.namespace}/${value.name}`, value]);

const pods = fc
  .record({
    metadata: where,
    ip,
    hostIP: ip,
    hostNetwork: fc.boolean(),
    label: text,
    nodeName: text,
    hostPort: fc.boolean(),
    phase: text,
  })
  .map(({ metadata, ip: podIP, hostIP, hostNetwork, label, nodeName, hostPort, phase }) =>
    podView({
      metadata: { ...metadata, labels: { app: label } },
      spec: {
        hostNetwork,
        nodeName,
        containers: [{ ports: [{ containerPort: 80, ...(hostPort ? { hostPort: 80 } : {}) }] }],
      },
      status: { podIP, hostIP, phase: phase === "x" ? "Failed" : "Running" },
    }),
  );
const services = fc
  .record({ metadata: where, clusterIP: ip })
  .map(({ metadata, clusterIP }) => serviceView({ metadata, spec: { clusterIP } }));
const slices = fc
  .record({ metadata: where, service: fc.constantFrom(...names), zone: text })
  .map(({ metadata, service, zone }) =>
    sliceView({ metadata: { ...metadata, labels: { "kubernetes.io/service-name": service } }, endpoints: [{ zone }] }),
  );
const servers = fc
  .record({ metadata: where, port: text })
  .map(({ metadata, port }) => policyView("Server")({ metadata, spec: { port } }));
const nodes = fc
  .record({ name: fc.constantFrom("x", "y"), zone: text })
  .map(({ name, zone }) => nodeView({ metadata: { name, labels: { "topology.kubernetes.io/zone": zone } } }))
  .map((value): Change => ["Node", value.name, value]);
const namespaces = fc
  .record({ name: fc.constantFrom(...names), label: text })
  .map(({ name, label }) => namespaceView({ metadata: { name, labels: { label } } }))
  .map((value): Change => ["Namespace", value.name, value]);

const changes = fc
  .tuple(
    fc.oneof(
      inNamespace("Pod", pods),
      inNamespace("Service", services),
      inNamespace("EndpointSlice", slices),
      inNamespace("Server", servers),
      nodes,
      namespaces,
    ),
    fc.integer({ min: 0, max: 3 }),
  )
  .map(([[kind, key, value], gone]): Change => [kind, key, gone === 0 ? undefined : value]);

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ change: changes }) },
  { weight: 2, arbitrary: fc.record({ follow: fc.constantFrom(...Object.keys(makes)) }) },
  { weight: 1, arbitrary: fc.record({ end: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.constant({ settle: true }) },
);

/** The value on an index that was given only what is there now. */
function fresh(cluster: ReadonlyMap<string, Change>, make: Make): unknown {
  const index = clusterIndex();
  for (const change of [...cluster.values()].toReversed()) index.apply(...change);
  return make(index.view());
}
