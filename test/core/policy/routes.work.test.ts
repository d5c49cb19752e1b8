/** How much work routes are, and what becomes of more of them than anybody has. */
import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { inboundPolicy } from "../../../src/core/policy/inbound.ts";
import { attachedRoutes, mostAttached } from "../../../src/core/policy/routes.ts";
import { mostOfRoutes } from "../../../src/core/policy/server-routes.ts";
import type { ClusterView } from "../../../src/core/view/cluster.ts";
import { podView, policyView } from "../../../src/core/view/from-objects.ts";
import { clusterIndex } from "../../../src/core/view/index.ts";
import { liveCluster } from "../../../src/core/view/live.ts";
import type { PolicyObject } from "../../../src/core/view/objects.ts";
import { mesh } from "../../support/view.ts";

const metadata = (name: string): JsonObject => ({ namespace: "shop", name });
const pod = podView({ metadata: metadata("web"), spec: { containers: [] } });
const server = (name: string, port: number): PolicyObject =>
  policyView("Server")({ metadata: metadata(name), spec: { podSelector: {}, port } });
const matches = (count: number, of: JsonObject): readonly JsonObject[] => Array.from({ length: count }, () => of);
const route = (name: string, to: string, of: readonly JsonObject[] = []): PolicyObject =>
  policyView("HTTPRoute")({
    metadata: metadata(name),
    spec: { parentRefs: [{ group: "policy.linkerd.io", kind: "Server", name: to }], rules: [{ matches: of }] },
  });

const limit = (name: string, to: string): PolicyObject =>
  policyView("HTTPLocalRateLimitPolicy")({
    metadata: metadata(name),
    spec: { targetRef: { group: "policy.linkerd.io", kind: "Server", name: to } },
  });

describe("core/policy/routes, many of them", () => {
  const cluster = (servers: number) => {
    let [looks, asks] = [0, 0];
    const due: (() => void)[] = [];
    const made: number[] = [];
    const piece = () => () => {
      asks += 1;
      return false;
    };
    const live = liveCluster((run) => due.push(run), { piece });
    const counted = (object: PolicyObject): PolicyObject => {
      const get = (target: JsonObject, key: string) => {
        looks += 1;
        return target[key];
      };
      return { ...object, spec: new Proxy(object.spec, { get }) };
    };
    live.index.apply("Pod", "shop/web", pod);
    for (let each = 0; each < servers; each += 1)
      live.index.apply("Server", `shop/s${each}`, server(`s${each}`, each + 1));
    for (let each = 0; each < 50; each += 1)
      live.index.apply("HTTPRoute", `shop/r${each}`, counted(route(`r${each}`, "s0", matches(20, {}))));
    looks = 0;
    for (let each = 1; each <= servers; each += 1) {
      const make = (view: ClusterView) => {
        made.push(each);
        return inboundPolicy(view, mesh, { namespace: "shop", pod: "web" }, each);
      };
      live.follow(`port ${each}`, make, () => undefined);
    }
    const settled = (): readonly number[] => {
      while (due.length > 0) due.shift()?.();
      return made.splice(0);
    };
    settled();
    return { live, settled, looks: () => looks, asked: () => asks };
  };

  it("are read once, for all Servers of the namespace", () => {
    expect(cluster(1).looks()).to.be.greaterThan(50);
    expect(cluster(40).looks()).to.equal(cluster(1).looks());
  });
  it("concern the ports of their own Server alone", () => {
    const { live, settled } = cluster(40);
    live.index.apply("HTTPRoute", "shop/r7", route("r7", "s2"));
    expect(settled()).to.deep.equal([1, 3]);
  });

  it("are gone through once for all Servers, when one changes; so are rate limits", () => {
    /** How often it is asked whether there was enough of a piece of work: with each object that is gone through. */
    const asked = (servers: number, kind: "HTTPRoute" | "HTTPLocalRateLimitPolicy"): number => {
      const { live, settled, asked } = cluster(servers);
      const make = kind === "HTTPRoute" ? route : limit;
      for (let each = 0; each < 50; each += 1) live.index.apply(kind, `shop/l${each}`, make(`l${each}`, "s0"));
      settled();
      const before = asked();
      live.index.apply(kind, "shop/another", make("another", "s1"));
      settled();
      return asked() - before;
    };
    for (const kind of ["HTTPRoute", "HTTPLocalRateLimitPolicy"] as const)
      expect(asked(20, kind), kind).to.be.lessThan(asked(2, kind) + 20 * 20);
  });

  it("are read in pieces", () => {
    let [reads, most] = [0, 0];
    const due: (() => void)[] = [];
    const live = liveCluster((run) => due.push(run), {
      piece: () => {
        const began = reads;
        return () => reads - began >= 10;
      },
    });
    live.index.apply("Server", "shop/s", server("s", 1));
    live.index.apply("Pod", "shop/web", pod);
    for (let each = 0; each < 200; each += 1) {
      const object = route(`r${each}`, "s");
      const get = (target: JsonObject, key: string) => {
        if (key === "rules") reads += 1;
        return target[key];
      };
      live.index.apply("HTTPRoute", `shop/r${each}`, { ...object, spec: new Proxy(object.spec, { get }) });
    }
    let told = 0;
    const make = (view: ClusterView) => inboundPolicy(view, mesh, { namespace: "shop", pod: "web" }, 1);
    const inPiece = (work: () => unknown): void => {
      const began = reads;
      work();
      most = Math.max(most, reads - began);
    };
    reads = 0;
    inPiece(() => live.follow("port", make, () => (told += 1)));
    for (let run = due.shift(); run !== undefined; run = due.shift()) inPiece(run);
    // Once to count what is in them, once to read it.
    expect([told, reads]).to.deep.equal([1, 400]);
    expect(most).to.be.lessThan(20);
  });

  const stateOf = (routes: number, of: readonly JsonObject[] = []): string => {
    const index = clusterIndex();
    const web = server("s", 1);
    index.apply("Server", "shop/s", web);
    for (let each = 0; each < routes; each += 1) index.apply("HTTPRoute", `shop/r${each}`, route(`r${each}`, "s", of));
    return attachedRoutes(index.view(), web).kind;
  };
  it("close their Server when they are too many", () => {
    const { routes } = mostAttached;
    expect([stateOf(routes), stateOf(routes + 1)]).to.deep.equal(["routes", "closed"]);
  });
  it("close their Server when they are too long, or their patterns hold too much", () => {
    const long = [{ path: { type: "Exact", value: `/${"x".repeat(mostAttached.bytes / 10)}` } }];
    expect([stateOf(9, long), stateOf(11, long)]).to.deep.equal(["routes", "closed"]);
    const held = [{ path: { type: "RegularExpression", value: String.raw`/\w{50}` } }];
    expect([stateOf(10, held), stateOf(100, held)]).to.deep.equal(["routes", "closed"]);
  });

  it("let in by them whose authorizations have room together", () => {
    const index = clusterIndex();
    const web = server("s", 1);
    index.apply("Server", "shop/s", web);
    index.apply("Pod", "shop/web", pod);
    const identities = Array.from({ length: 1_000 }, (_, each) => `${"x".repeat(200)}${each}.example`);
    const group = "policy.linkerd.io";
    index.apply(
      "MeshTLSAuthentication",
      "shop/m",
      policyView("MeshTLSAuthentication")({ metadata: metadata("m"), spec: { identities } }),
    );
    for (let each = 0; each < 20; each += 1) {
      index.apply("HTTPRoute", `shop/r${each}`, route(`r${each}`, "s"));
      index.apply(
        "AuthorizationPolicy",
        `shop/a${each}`,
        policyView("AuthorizationPolicy")({
          metadata: metadata(`a${each}`),
          spec: {
            targetRef: { group, kind: "HTTPRoute", name: `r${each}` },
            requiredAuthenticationRefs: [{ group, kind: "MeshTLSAuthentication", name: "m" }],
          },
        }),
      );
    }
    const answer = inboundPolicy(index.view(), mesh, { namespace: "shop", pod: "web" }, 1);
    const routes = answer.kind === "server" ? (answer.server.protocol?.detect?.http_routes ?? []) : [];
    const open = routes.filter(({ authorizations = [] }) => authorizations.length > 0);
    expect(routes).to.have.length(20);
    // About 220 kB each.
    expect(open).to.have.length(Math.floor(mostOfRoutes / 225_000));
  });
});
