/** How much work policies are: counted, as looks at pods and as values that are made. */
import { expect } from "chai";
import type { JsonObject, Labels } from "../../src/core/base/json/json.ts";
import { podsSummary } from "../../src/core/policy/behind.ts";
import { inboundPolicy } from "../../src/core/policy/inbound.ts";
import { networkRules } from "../../src/core/policy/network-rules.ts";
import { networkPolicyStatus } from "../../src/core/policy/network-status.ts";
import { portListIn } from "../../src/core/policy/port-list.ts";
import { followOutbound } from "../../src/core/policy/follow.ts";
import { statusKeys, policyStatus } from "../../src/core/policy/status-update.ts";
import type { ClusterView } from "../../src/core/view/cluster.ts";
import { clusterIndex } from "../../src/core/view/index.ts";
import { podView, policyView, serviceView } from "../../src/core/view/from-objects.ts";
import { liveCluster } from "../../src/core/view/live.ts";
import type { PodView } from "../../src/core/view/objects.ts";
import { mesh } from "../support/view.ts";

const meshed = { "linkerd.io/control-plane-ns": "weft" };
const pod = (index: number, labels: JsonObject = {}): PodView =>
  podView({
    metadata: { namespace: "shop", name: `x${index}`, labels: { app: "x", n: `n${index}`, ...meshed, ...labels } },
    spec: {
      serviceAccountName: "x",
      containers: [{ name: "linkerd-proxy" }, { ports: [{ containerPort: 8080, name: "http" }] }],
    },
  });
const service = serviceView({
  metadata: { namespace: "shop", name: "x" },
  spec: { selector: { app: "x" }, ports: [{ port: 80, targetPort: "http" }] },
});
const policy = (name: string, ports: number, status: JsonObject = {}) =>
  policyView("NetworkPolicy")({
    metadata: { namespace: "shop", name },
    spec: {
      targetRef: { kind: "Service", name: "x" },
      ingress: Array.from({ length: Math.ceil(ports / 100) }, (_, rule) => ({
        from: [{ selector: { matchLabels: { app: "x" } } }],
        ports: Array.from({ length: Math.min(ports, 100) }, (_, index) => ({ port: 8080 + 100 * rule + index })),
      })),
    },
    status,
  });

describe("the status of a NetworkPolicy", () => {
  /** Looks at fields of pods. */
  const looks = (pods: number, ports: number): number => {
    let count = 0;
    const index = clusterIndex();
    for (let each = 0; each < pods; each += 1) {
      const counted = new Proxy(pod(each), {
        get: (target, key) => {
          count += 1;
          return Reflect.get(target, key) as unknown;
        },
      });
      index.apply("Pod", `shop/x${each}`, counted);
    }
    index.apply("Service", "shop/x", service);
    index.apply("NetworkPolicy", "shop/p", policy("p", ports));
    const view = index.view();
    const kept = view.policy("NetworkPolicy", "shop", "p");
    count = 0;
    if (kept === undefined) throw new Error("it is there");
    networkPolicyStatus(view, mesh, kept);
    return count;
  };

  it("looks at each pod as often, however many ports are listed", () => {
    expect(looks(20, 2_000)).to.be.lessThan(looks(20, 200) + 20 * 200);
    expect(looks(20, 2_000)).to.be.lessThan(20 * 2_000);
  });
  it("looks twice as often at twice as many pods", () => {
    expect(looks(40, 200)).to.equal(2 * looks(20, 200));
  });
});

describe("Servers that select no pod, or all of them", () => {
  const server = (index: number, podSelector: JsonObject, port: number | string) =>
    policyView("Server")({ metadata: { namespace: "shop", name: `s${index}` }, spec: { podSelector, port } });
  /** Looks at labels of pods, at first and after a label of one pod has changed. */
  const looks = (
    servers: number,
    podSelector: (index: number) => JsonObject,
    port: (index: number) => number | string,
  ) => {
    let count = 0;
    const counted = (each: number, labels?: JsonObject): PodView => {
      const made = pod(each, labels);
      const getOwnPropertyDescriptor = (target: Labels, key: PropertyKey) => {
        count += 1;
        return Reflect.getOwnPropertyDescriptor(target, key);
      };
      return { ...made, labels: new Proxy(made.labels, { getOwnPropertyDescriptor }) };
    };
    const due: (() => void)[] = [];
    const live = liveCluster((run) => due.push(run));
    for (let each = 0; each < 20; each += 1) live.index.apply("Pod", `shop/x${each}`, counted(each));
    live.index.apply("Service", "shop/x", service);
    live.index.apply("NetworkPolicy", "shop/p", policy("p", 1));
    for (let each = 0; each < servers; each += 1)
      live.index.apply("Server", `shop/s${each}`, server(each, podSelector(each), port(each)));
    count = 0;
    live.follow(
      "status",
      (view) => policyStatus(view, mesh, "NetworkPolicy shop/p"),
      () => undefined,
    );
    const first = count;
    const changed = counted(0, { k: "v" });
    count = 0;
    live.index.apply("Pod", "shop/x0", changed);
    while (due.length > 0) due.shift()?.();
    return { first, again: count };
  };
  const rows: readonly [
    claim: string,
    podSelector: (index: number) => JsonObject,
    port: (index: number) => number | string,
  ][] = [
    ["each by a label that no pod has", (index) => ({ matchLabels: { app: "x", n: `m${index}` } }), () => "http"],
    ["all by the same label", () => ({ matchLabels: { app: "x" } }), () => "http"],
    ["all by the same label, on ports of their own", () => ({ matchLabels: { app: "x" } }), (index) => index + 1],
    ["all by none", () => ({}), () => 8080],
    [
      "each by another expression, over the bound",
      (index) => ({ matchExpressions: [{ key: "n", operator: "NotIn", values: [`m${index}`] }] }),
      () => "http",
    ],
  ];
  for (const [claim, podSelector, port] of rows)
    it(`are asked of each pod as often, however many there are: ${claim}`, () => {
      expect(looks(4_000, podSelector, port)).to.deep.equal(looks(2_000, podSelector, port));
    });
});

describe("pieces of work", () => {
  /** Looks at pods' labels in each piece, the largest; a piece is over after 5,000. */
  const largest = (servers: number, pods: number, excepted: (index: number) => string): number => {
    let looks = 0;
    const counted = (each: number): PodView => {
      const made = pod(each);
      const getOwnPropertyDescriptor = (target: Labels, key: PropertyKey) => {
        looks += 1;
        return Reflect.getOwnPropertyDescriptor(target, key);
      };
      return { ...made, labels: new Proxy(made.labels, { getOwnPropertyDescriptor }) };
    };
    const server = (index: number, but: string) =>
      policyView("Server")({
        metadata: { namespace: "shop", name: `s${index}` },
        spec: { podSelector: { matchExpressions: [{ key: "n", operator: "NotIn", values: [but] }] }, port: index + 1 },
      });
    const due: (() => void)[] = [];
    const piece = () => {
      const began = looks;
      return () => looks - began >= 5_000;
    };
    const live = liveCluster((run) => due.push(run), { piece });
    for (let each = 0; each < pods; each += 1) live.index.apply("Pod", `shop/x${each}`, counted(each));
    live.index.apply("Service", "shop/x", service);
    live.index.apply("NetworkPolicy", "shop/p", policy("p", 1));
    for (let each = 0; each < servers; each += 1)
      live.index.apply("Server", `shop/s${each}`, server(each, excepted(each)));
    let most = 0;
    const inPiece = (work: () => void): void => {
      const began = looks;
      work();
      most = Math.max(most, looks - began);
    };
    let told = 0;
    inPiece(() =>
      live.follow(
        "status",
        (view) => policyStatus(view, mesh, "NetworkPolicy shop/p"),
        () => (told += 1),
      ),
    );
    const settle = (): void => {
      for (let run = due.shift(); run !== undefined; run = due.shift()) inPiece(run);
    };
    settle();
    live.index.apply("Server", "shop/s0", server(0, "another"));
    settle();
    expect([told, looks > 2 * pods * 1_000]).to.deep.equal([1, true]);
    return most;
  };
  const rows: readonly [claim: string, excepted: (index: number) => string][] = [
    ["all pods", (index) => `m${index}`],
    ["all pods but one", (index) => `n${index}`],
  ];
  for (const [claim, excepted] of rows)
    it(`with thousands of Servers that select ${claim} by NotIn are over soon after they should be`, () => {
      // What is asked of one pod for one label.
      const ofOnePod = 1_100;
      expect(largest(2_000, 40, excepted)).to.be.lessThan(5_000 + ofOnePod);
    });

  it("with one pod of thousands that changes is not about the others", () => {
    let looks = 0;
    const counted = (each: number, labels?: JsonObject): PodView =>
      new Proxy(pod(each, labels), {
        get: (target, key) => {
          looks += 1;
          return Reflect.get(target, key) as unknown;
        },
      });
    const due: (() => void)[] = [];
    const live = liveCluster((run) => due.push(run));
    for (let each = 0; each < 2_000; each += 1) live.index.apply("Pod", `shop/x${each}`, counted(each));
    live.index.apply("Service", "shop/x", service);
    const add = (view: ClusterView): unknown => podsSummary(view, mesh, service);
    looks = 0;
    live.follow("summary", add, () => undefined);
    const first = looks;
    live.index.apply("Pod", "shop/x0", counted(0, { k: "v" }));
    looks = 0;
    while (due.length > 0) due.shift()?.();
    expect(looks).to.be.greaterThan(0);
    expect(looks).to.be.lessThan(first / 20);
  });
});

describe("a NetworkPolicy that is over a bound", () => {
  /** Fields that are read, of a list of so many rules. */
  const reads = (rules: number, rule: JsonObject): Readonly<Record<string, number>> => {
    const count: Record<string, number> = {};
    const counted = new Proxy(rule, {
      get: (target, key: string) => {
        count[key] = (count[key] ?? 0) + 1;
        return target[key];
      },
    });
    const spec = { targetRef: { kind: "Service", name: "x" }, ingress: Array.from({ length: rules }, () => counted) };
    const { ingress, issues } = networkRules({
      ...policyView("NetworkPolicy")({ metadata: { namespace: "shop", name: "p" } }),
      spec,
    });
    expect([ingress.length, ingress[0]?.from, issues.length]).to.deep.equal([1, { selectors: [], text: "[]" }, 1]);
    return count;
  };
  it("has nothing read but its ports, which stay closed", () => {
    const selector = { matchLabels: { app: "x" } };
    const rule = { from: Array.from({ length: 100 }, () => ({ selector })), ports: [{ port: 80 }] };
    expect(reads(101, rule)["from"]).to.equal(undefined);
    // Once to count, and not to read.
    expect(reads(100, rule)["from"]).to.equal(100);
  });
  it("and what is not known in it is put into words when it is told", () => {
    const unknown = Object.fromEntries(["prots", "a", "b", "c", "d", "e", "f", "g", "h", "i"].map((key) => [key, 1]));
    const rules = Array.from({ length: 100 }, () => ({ ...unknown, ports: [{ port: 80 }] }));
    const { issues } = networkRules({
      ...policyView("NetworkPolicy")({ metadata: { namespace: "shop", name: "p" } }),
      spec: { targetRef: { kind: "Service", name: "x" }, ingress: rules },
    });
    const [first] = issues;
    expect(issues).to.have.length(1_000);
    expect(Object.getOwnPropertyDescriptor(first, "message")?.get).to.be.a("function");
    expect(first).to.include({
      at: 'spec.ingress[0]["prots"]',
      message: "is unknown (did you mean ports?): expected from, ports",
    });
  });
});

describe("authorizations of many Servers", () => {
  const authorization = (name: string, onLook: () => void) => {
    const spec = {
      targetRef: { kind: "Namespace", name: "shop" },
      requiredAuthenticationRefs: [{ kind: "ServiceAccount", name: "web" }],
    };
    const made = policyView("AuthorizationPolicy")({ metadata: { namespace: "shop", name }, spec });
    const get = (target: JsonObject, key: string) => {
      onLook();
      return target[key];
    };
    return { ...made, spec: new Proxy(spec, { get }) };
  };
  /** Looks at the specs of 50 policies. */
  const looks = (servers: number): number => {
    let count = 0;
    const live = liveCluster(() => undefined);
    live.index.apply("Pod", "shop/x0", pod(0));
    for (let each = 0; each < servers; each += 1) {
      const spec = { podSelector: {}, port: each + 1 };
      live.index.apply(
        "Server",
        `shop/s${each}`,
        policyView("Server")({ metadata: { namespace: "shop", name: `s${each}` }, spec }),
      );
    }
    for (let each = 0; each < 50; each += 1)
      live.index.apply(
        "AuthorizationPolicy",
        `shop/a${each}`,
        authorization(`a${each}`, () => (count += 1)),
      );
    count = 0;
    for (let each = 0; each < servers; each += 1) {
      live.follow(
        `port ${each + 1}`,
        (view) => inboundPolicy(view, mesh, { namespace: "shop", pod: "x0" }, each + 1),
        () => undefined,
      );
    }
    return count;
  };
  it("are read once, for all of them", () => {
    expect(looks(1)).to.be.greaterThan(50);
    expect(looks(40)).to.equal(looks(1));
  });
});

describe("a thousand policies of one Service", () => {
  const cluster = () => {
    const due: (() => void)[] = [];
    const live = liveCluster((run) => due.push(run));
    const made: string[] = [];
    const count =
      <Value>(name: string, make: (view: ClusterView) => Value) =>
      (view: ClusterView): Value => {
        made.push(name);
        return make(view);
      };
    for (let each = 0; each < 30; each += 1) live.index.apply("Pod", `shop/x${each}`, pod(each));
    live.index.apply("Service", "shop/x", service);
    for (let each = 0; each < 1_000; each += 1)
      live.index.apply("NetworkPolicy", `shop/p${each}`, policy(`p${each}`, 1));
    for (const key of statusKeys(live.index.view()))
      live.follow(
        `status of ${key}`,
        count("status", (view) => policyStatus(view, mesh, key)),
        () => undefined,
      );
    for (let each = 0; each < 30; each += 1) {
      const workload = { namespace: "shop", pod: `x${each}` };
      live.follow(
        `x${each}`,
        count("stream", (view) => inboundPolicy(view, mesh, workload, 8080)),
        () => undefined,
      );
    }
    const settled = (): readonly string[] => {
      while (due.length > 0) due.shift()?.();
      return made.splice(0);
    };
    settled();
    return { live, settled };
  };

  it("are not looked at again for a label of a pod that says nothing to them", () => {
    const { live, settled } = cluster();
    live.index.apply("Pod", "shop/x0", pod(0, { k: "v" }));
    expect(settled()).to.deep.equal(["stream"]);
  });
  it("are not looked at again for one of many pods that goes, nor are the streams of the others", () => {
    const { live, settled } = cluster();
    live.index.apply("Pod", "shop/x0", undefined);
    expect(settled()).to.deep.equal(["stream"]);
  });
  it("are not looked at again for the status of one", () => {
    const { live, settled } = cluster();
    live.index.apply("NetworkPolicy", "shop/p7", policy("p7", 1, { conditions: [] }));
    expect(settled()).to.deep.equal(["status"]);
  });
});

describe("a list of ports", () => {
  it("is read once for its object", () => {
    const annotations = { "config.linkerd.io/opaque-ports": "80,http" };
    const list = portListIn(annotations, "config.linkerd.io/opaque-ports");
    expect(portListIn(annotations, "config.linkerd.io/opaque-ports")).to.equal(list);
    const overlong = { "config.linkerd.io/opaque-ports": ",".repeat(1_001) };
    expect(portListIn(overlong, "config.linkerd.io/opaque-ports")).to.equal("overlong");
  });
});

describe("splits and routes", () => {
  const many = 300;
  const service = (name: string, at: number) =>
    serviceView({
      metadata: { namespace: "shop", name },
      spec: { clusterIP: `10.2.${at >> 8}.${at & 255}`, ports: [{ port: 9090 }] },
    });
  /** Followed by as many streams; how often specs were read, and streams told. */
  const cluster = (kind: "TrafficSplit" | "TCPRoute") => {
    const due: (() => void)[] = [];
    const live = liveCluster((run) => due.push(run));
    const seen = { reads: 0, told: 0 };
    const policy = (index: number, to: string) => {
      const spec: JsonObject =
        kind === "TrafficSplit"
          ? { service: `s${index}`, backends: [{ service: to, weight: 1 }] }
          : {
              parentRefs: [{ kind: "Service", name: `s${index}` }],
              rules: [{ backendRefs: [{ name: to, port: 9090 }] }],
            };
      const counted = new Proxy(spec, {
        get: (target, key) => {
          if (key === "service" || key === "rules") seen.reads += 1;
          return Reflect.get(target, key) as unknown;
        },
      });
      return { ...policyView(kind)({ metadata: { namespace: "shop", name: `p${index}` } }), spec: counted };
    };
    for (let each = 0; each < many; each += 1) {
      live.index.apply("Service", `shop/s${each}`, service(`s${each}`, each));
      live.index.apply(kind, `shop/p${each}`, policy(each, "s0"));
    }
    for (let each = 0; each < many; each += 1) {
      const ip = `10.2.${each >> 8}.${each & 255}`;
      followOutbound(live, mesh, { namespace: "shop", pod: "x" }, { ip, port: 9090 }, () => (seen.told += 1));
    }
    const settle = () => {
      while (due.length > 0) due.shift()?.();
      const now = { ...seen };
      [seen.reads, seen.told] = [0, 0];
      return now;
    };
    return { live, settle, policy };
  };
  for (const kind of ["TrafficSplit", "TCPRoute"] as const)
    it(`of ${kind} each is read once, however many streams there are, and one that changes is told to its own alone`, () => {
      const { live, settle, policy } = cluster(kind);
      const begun = settle();
      expect(begun.told).to.equal(many);
      expect(begun.reads).to.be.at.most(many * 2);
      live.index.apply(kind, "shop/p7", policy(7, "s1"));
      const changed = settle();
      expect(changed.told).to.equal(1);
      // It is also compared with what it was.
      expect(changed.reads).to.be.at.most(6);
    });
});
