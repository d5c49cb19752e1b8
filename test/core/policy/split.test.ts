import { expect } from "chai";
import fc from "fast-check";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { splitOf } from "../../../src/core/policy/split.ts";
import type { Split } from "../../../src/core/policy/split.ts";
import { mesh, viewOf } from "../../support/view.ts";

const service = (
  name: string,
  ports: readonly number[] = [9090],
  more: JsonObject = {},
  namespace = "shop",
): JsonObject => ({
  kind: "Service",
  metadata: { name, namespace },
  spec: { clusterIP: "10.2.0.1", ports: ports.map((port) => ({ port, name: `p${port}` })), ...more },
});
const slice = (of: string, ready = true): JsonObject => ({
  kind: "EndpointSlice",
  metadata: { name: `${of}-1`, labels: { "kubernetes.io/service-name": of } },
  addressType: "IPv4",
  ports: [{ name: "p9090", port: 9090 }],
  endpoints: [{ addresses: ["10.1.0.1"], conditions: { ready } }],
});
const weigh = (weights: Readonly<Record<string, unknown>>): JsonObject[] =>
  Object.entries(weights).map(([name, weight]) => ({ service: name, weight }) as JsonObject);
const split = (spec: unknown, name = "lines", created = "2026-01-01T00:00:00Z"): JsonObject => ({
  kind: "TrafficSplit",
  metadata: { name, creationTimestamp: created },
  spec: spec as JsonObject,
});
const splitBy = (weights: Readonly<Record<string, unknown>>, ...names: readonly string[]): JsonObject =>
  split({ service: "lines", backends: weigh(weights) }, ...names);
const parent = { kind: "Service", name: "lines" };
const route = (
  backendRefs: unknown,
  more: {
    readonly name?: string;
    readonly namespace?: string;
    readonly created?: string;
    readonly parent?: JsonObject;
    readonly rules?: unknown;
  } = {},
): JsonObject => ({
  kind: "TCPRoute",
  metadata: {
    name: more.name ?? "lines",
    namespace: more.namespace ?? "shop",
    creationTimestamp: more.created ?? "2026-01-01T00:00:00Z",
  },
  spec: { parentRefs: [more.parent ?? parent], rules: more.rules ?? [{ backendRefs }] } as unknown as JsonObject,
});
const to = (name: string, weight?: number, more: JsonObject = {}): JsonObject => ({
  name,
  port: 9090,
  ...(weight === undefined ? {} : { weight }),
  ...more,
});

const words = (found: Split | undefined): string =>
  found === undefined
    ? "none"
    : `${found.by.kind} ${found.by.name}: ${found.shares
        .map(({ weight, to: target }) =>
          target.kind === "service" ? `${target.name}:${target.port}=${weight}` : `(${target.message})=${weight}`,
        )
        .join(" ")}`;

const services = [service("lines"), service("a"), service("b"), service("other", [80])];

/** Of Service `lines`, port 9090, in a cluster with these and the Services `a`, `b` and, without that port, `other`. */
const rows: readonly [claim: string, objects: readonly JsonObject[], expected: string][] = [
  [
    "weights as numbers are told in thousandths",
    [splitBy({ a: 90, b: 10 })],
    "TrafficSplit lines: a:9090=90000 b:9090=10000",
  ],
  ["as quantities", [splitBy({ a: "1", b: "500m" })], "TrafficSplit lines: a:9090=1000 b:9090=500"],
  [
    "as fractions; what is above 0 stays so",
    [splitBy({ a: 0.5, b: 0.000_001 })],
    "TrafficSplit lines: a:9090=500 b:9090=1",
  ],
  [
    "over 2^31 they are divided",
    [splitBy({ a: 3_000_000_000, b: 1_000_000_000 })],
    "TrafficSplit lines: a:9090=1610612734 b:9090=536870911",
  ],
  ["what is no weight counts as 0", [splitBy({ a: 1, b: "much" })], "TrafficSplit lines: a:9090=1000"],
  ["and what is negative", [splitBy({ a: 1, b: -1 })], "TrafficSplit lines: a:9090=1000"],
  ["a backend of weight 0 is left out", [splitBy({ a: 0, b: 5 })], "TrafficSplit lines: b:9090=5000"],
  ["one alone of weight 0: the Service's own endpoints", [splitBy({ a: 0 })], "none"],
  ["all of weight 0: likewise", [splitBy({ a: 0, b: "0" })], "none"],
  ["one that is not there is left out", [splitBy({ a: 1, gone: 9 })], "TrafficSplit lines: a:9090=1000"],
  ["and one without the port", [splitBy({ a: 1, other: 9 })], "TrafficSplit lines: a:9090=1000"],
  ["none is left", [splitBy({ gone: 1, other: 9 })], "none"],
  [
    "an ExternalName has no endpoints",
    [service("out", [9090], { type: "ExternalName" }), splitBy({ a: 1, out: 9 })],
    "TrafficSplit lines: a:9090=1000",
  ],
  [
    "the apex may be one of its backends",
    [splitBy({ lines: 1, b: 1 })],
    "TrafficSplit lines: lines:9090=1000 b:9090=1000",
  ],
  [
    "the same Service twice, in the order of the split",
    [
      split({
        service: "lines",
        backends: [
          { service: "b", weight: 1 },
          { service: "a", weight: 2 },
          { service: "b", weight: 1 },
        ],
      }),
    ],
    "TrafficSplit lines: b:9090=1000 a:9090=2000 b:9090=1000",
  ],
  [
    "the apex by its long name",
    [split({ service: "lines.shop.svc.cluster.local", backends: weigh({ a: 1 }) })],
    "TrafficSplit lines: a:9090=1000",
  ],
  [
    "of another namespace it is not the split's to say",
    [split({ service: "lines.lab", backends: weigh({ a: 1 }) })],
    "none",
  ],
  [
    "matches: the split is not used",
    [split({ service: "lines", backends: weigh({ a: 1 }), matches: [{ kind: "HTTPRouteGroup" }] })],
    "none",
  ],
  [
    "no matches are none",
    [split({ service: "lines", backends: weigh({ a: 1 }), matches: [] })],
    "TrafficSplit lines: a:9090=1000",
  ],
  [
    "more backends than are read: not used",
    [split({ service: "lines", backends: Array.from({ length: 101 }, () => ({ service: "a", weight: 1 })) })],
    "none",
  ],
  ["backends that are no list", [split({ service: "lines", backends: { service: "a" } })], "none"],
  ["a backend that is no name", [splitBy({ a: 1, "x:80/": 1 })], "TrafficSplit lines: a:9090=1000"],
  [
    "of several the oldest decides",
    [splitBy({ a: 1 }, "a-young", "2026-02-01T00:00:00Z"), splitBy({ b: 1 }, "old")],
    "TrafficSplit old: b:9090=1000",
  ],
  ["then the first by name", [splitBy({ b: 1 }, "two"), splitBy({ a: 1 }, "one")], "TrafficSplit one: a:9090=1000"],
  [
    "one that is not used keeps no other from it",
    [split({ service: "lines", matches: [{}] }, "old", "2020-01-01T00:00:00Z"), splitBy({ a: 1 })],
    "TrafficSplit lines: a:9090=1000",
  ],
  [
    "a backend without endpoints is left out beside one that has some",
    [splitBy({ a: 1, b: 1 }), slice("a")],
    "TrafficSplit lines: a:9090=1000",
  ],
  [
    "also one whose endpoints are not ready",
    [splitBy({ a: 1, b: 1 }), slice("a"), slice("b", false)],
    "TrafficSplit lines: a:9090=1000",
  ],
  ["not beside one of weight 0", [splitBy({ a: 0, b: 1 }), slice("a")], "TrafficSplit lines: b:9090=1000"],
  ["both have some", [splitBy({ a: 1, b: 1 }), slice("a"), slice("b")], "TrafficSplit lines: a:9090=1000 b:9090=1000"],
  ["a TCPRoute's weights", [route([to("a", 3), to("b")])], "TCPRoute lines: a:9090=3 b:9090=1"],
  ["of weight 0", [route([to("a", 0), to("b", 2)])], "TCPRoute lines: b:9090=2"],
  ["all of weight 0: closed", [route([to("a", 0), to("b", 0)])], "TCPRoute lines: "],
  ["to another port", [route([to("a", 1, { port: 70 })])], "TCPRoute lines: a:70=1"],
  ["no backends: the parent itself", [route(undefined)], "TCPRoute lines: lines:9090=1"],
  [
    "a missing Service keeps its share",
    [route([to("a"), to("gone")]), slice("a")],
    "TCPRoute lines: a:9090=1 (Service not found gone)=1",
  ],
  [
    "a missing port and an unknown kind likewise",
    [route([{ name: "a" }, to("b", 2, { kind: "Pod" })])],
    'TCPRoute lines: (must have the port of Service a)=1 (must be a Service, not "core Pod")=2',
  ],
  [
    "only those that are missing are left",
    [route([to("a"), to("gone")])],
    "TCPRoute lines: a:9090=1 (Service not found gone)=1",
  ],
  [
    "a backend of another namespace",
    [service("far", [9090], {}, "lab"), route([to("far", 1, { namespace: "lab" })])],
    "TCPRoute lines: far:9090=1",
  ],
  ["two rules: not used", [route(undefined, { rules: [{}, {}] })], "none"],
  ["no rules: not used", [route(undefined, { rules: [] })], "none"],
  ["a parent of group core", [route([to("a")], { parent: { ...parent, group: "core" } })], "TCPRoute lines: a:9090=1"],
  ["another group or kind is not weft's", [route([to("a")], { parent: { ...parent, kind: "Gateway" } })], "none"],
  [
    "its port alone",
    [
      route([to("a")], { parent: { ...parent, port: 9090 } }),
      route([to("b")], { name: "z", parent: { ...parent, port: 80 } }),
    ],
    "TCPRoute lines: a:9090=1",
  ],
  ["another port", [route([to("a")], { parent: { ...parent, port: 80 } })], "none"],
  [
    "of several the oldest, whatever it says of ports",
    [
      route([to("a")], { name: "a", created: "2026-02-01T00:00:00Z", parent: { ...parent, port: 9090 } }),
      route([to("b")]),
    ],
    "TCPRoute lines: b:9090=1",
  ],
  [
    "a route of the client's namespace",
    [route([to("a", 1, { namespace: "shop" })], { namespace: "lab", parent: { ...parent, namespace: "shop" } })],
    "TCPRoute lines: a:9090=1",
  ],
  [
    "not one of somebody else's",
    [route([to("a", 1, { namespace: "shop" })], { namespace: "else", parent: { ...parent, namespace: "shop" } })],
    "none",
  ],
  ["a TrafficSplit goes before a TCPRoute", [route([to("b")]), splitBy({ a: 1 })], "TrafficSplit lines: a:9090=1000"],
  ["one of which nothing is left does not", [route([to("b")]), splitBy({ a: 0 })], "TCPRoute lines: b:9090=1"],
];

describe("core/policy/split", () => {
  for (const [claim, objects, expected] of rows)
    it(claim, () => {
      for (const all of [[...services, ...objects], [...objects, ...services].toReversed()]) {
        const view = viewOf(...all);
        const apex = view.service("shop", "lines");
        if (apex === undefined) throw new Error("it is there");
        expect(words(splitOf(view, mesh, apex, 9090, "lab"))).to.equal(expected);
      }
    });

  it("weights are in the ratio of the resource, within rounding, and fit", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(100), fc.double({ min: 1e-3, max: 1e12, noNaN: true })), {
          minLength: 1,
          maxLength: 100,
        }),
        (weights) => {
          const backends = weights.map((weight) => ({ service: "a", weight }));
          const view = viewOf(...services, split({ service: "lines", backends }));
          const apex = view.service("shop", "lines");
          const shares = apex && splitOf(view, mesh, apex, 9090, undefined)?.shares;
          const told = (shares ?? []).map(({ weight }) => weight);
          const asked = weights.filter((weight) => weight > 0);
          expect(told.length).to.equal(asked.length);
          const [sumTold, sumAsked] = [told, asked].map((all) => all.reduce((sum, each) => sum + each, 0));
          expect(sumTold).to.be.at.most(2 ** 31);
          for (const [index, weight] of told.entries()) {
            expect(weight).to.satisfy((each: number) => Number.isInteger(each) && each >= 1);
            const exact = ((asked[index] ?? 0) / (sumAsked ?? 1)) * (sumTold ?? 1);
            expect(Math.abs(weight - exact)).to.be.at.most(asked.length + 1 + exact / 100);
          }
        },
      ),
    );
  });
});
