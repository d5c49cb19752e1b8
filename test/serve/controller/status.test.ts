import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { fakeApi, status } from "../../support/api-server.ts";
import type { FakeApi } from "../../support/api-server.ts";
import { liveCluster } from "../../../src/core/view/live.ts";
import { createLog } from "../../../src/observe/log.ts";
import { keepStatuses } from "../../../src/serve/controller/status.ts";
import { mesh } from "../../support/view.ts";
import { shop } from "../../support/shop.ts";
import { controlledOn } from "../../support/controlled.ts";
import type { Controlled } from "../../support/controlled.ts";
import { settled } from "../../support/manual-clock.ts";
import { until } from "../../support/until.ts";

const lease: JsonObject = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name: "weft-controller", namespace: "weft" },
  spec: {},
};
const policy = (name: string, service: string): JsonObject => ({
  apiVersion: "policy.linkerd.io/v1alpha1",
  kind: "NetworkPolicy",
  metadata: { name, namespace: "shop", generation: 1 },
  spec: { targetRef: { kind: "Service", name: service }, ingress: [{ ports: [{ port: 8080 }] }] },
});
const path = (name: string): string => `/apis/policy.linkerd.io/v1alpha1/namespaces/shop/networkpolicies/${name}`;

describe("the status of NetworkPolicies", () => {
  let running: Controlled;
  let api: FakeApi;
  /** What comes before discovery of the group. */
  let refuse: (path: string) => boolean;
  let refusal: ReturnType<typeof status>;
  const start = async (...objects: readonly JsonObject[]): Promise<void> => {
    api = fakeApi(...shop, ...objects);
    refuse = () => false;
    refusal = status(500, "InternalError", "not now");
    api.answerWith((call) => {
      if (call.method === "PATCH" && refuse(call.path)) return refusal;
      if (call.path === "/apis/policy.linkerd.io")
        return { status: 200, body: { versions: [{ version: "v1alpha1" }] } };
      if (call.path !== "/apis/policy.linkerd.io/v1alpha1") return undefined;
      return { status: 200, body: { resources: [{ kind: "NetworkPolicy", name: "networkpolicies" }] } };
    });
    running = await controlledOn(api);
  };
  const acceptedOf = (name: string): string | undefined => {
    const { conditions = [] } = (api.stored(path(name))?.["status"] ?? {}) as { conditions?: JsonObject[] };
    const accepted = conditions.find(({ type }) => type === "Accepted");
    return accepted === undefined ? undefined : `${String(accepted["status"])} ${String(accepted["reason"])}`;
  };
  const becomes = async (name: string, expected: string): Promise<void> => {
    await until(() => acceptedOf(name) === expected);
  };
  const writes = (): number =>
    api.calls.filter(({ method, path: at }) => method === "PATCH" && at.endsWith("/status")).length;
  afterEach(async () => running.stop());

  it("is written, follows the cluster, and is not written again", async () => {
    await start(lease, policy("one", "web"), policy("two", "later"));
    await becomes("one", "True Accepted");
    await becomes("two", "False ServiceNotFound");
    expect(writes()).to.equal(2);
    api.put({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "later", namespace: "shop" },
      spec: { clusterIP: "10.2.0.5", selector: { app: "later" }, ports: [] },
    });
    await becomes("two", "True Accepted");
    api.put(policy("three", "web"));
    await becomes("three", "True Accepted");
    expect(writes()).to.equal(4);
    expect(await running.admin("/metrics")).to.match(/^weft_controller_leader 1$/m);
  });

  it("is written of what was last seen: what somebody else has written since stays", async () => {
    await start(lease);
    let writing = true;
    refuse = (at) => {
      if (!at.includes("/one/") || !writing) return false;
      writing = false;
      const theirs = { type: "Somebody/Elses", status: "True" };
      api.put({ ...policy("one", "web"), status: { conditions: [theirs] } });
      return false;
    };
    api.put(policy("one", "web"));
    await becomes("one", "True Accepted");
    const { conditions = [] } = (api.stored(path("one"))?.["status"] ?? {}) as { conditions?: JsonObject[] };
    expect(conditions.map(({ type }) => type)).to.include("Somebody/Elses");
    expect(running.log()).to.not.match(/could not be written/);
  });

  it("that is lifted with its Service is told aloud, once", async () => {
    const web = { name: "web-1", namespace: "shop", labels: { app: "mine", "linkerd.io/control-plane-ns": "linkerd" } };
    const containers = [{ name: "linkerd-proxy" }];
    await start(
      lease,
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "mine", namespace: "shop" },
        spec: { selector: { app: "mine" }, ports: [{ port: 8080 }] },
      },
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: web,
        spec: { containers },
        status: { phase: "Running", podIP: "10.1.1.9" },
      },
      policy("one", "mine"),
    );
    await becomes("one", "True Accepted");
    api.remove("/api/v1/namespaces/shop/services/mine");
    await becomes("one", "False ServiceNotFound");
    const events = () => api.calls.filter(({ method, path: at }) => method === "POST" && at.endsWith("/events"));
    await until(() => events().length > 0);
    const [{ body } = { body: undefined }] = events();
    expect(body).to.deep.include({ type: "Warning", reason: "NotInEffect" });
    expect(running.log()).to.match(
      /WARN .*holds for no pod any more policy=shop\/one reason="there is no Service mine in this namespace: no Service says which pods are meant: their ports have the default policy"/,
    );
    api.put(policy("two", "mine"));
    await becomes("two", "False ServiceNotFound");
    expect(running.log().match(/holds for no pod any more/g)).to.have.length(1);
  });

  it("is tried again when it could not be written", async () => {
    await start(lease);
    refuse = (at) => at.includes("/one/");
    api.put(policy("one", "web"));
    api.put(policy("two", "web"));
    await becomes("two", "True Accepted");
    refuse = () => false;
    await becomes("one", "True Accepted");
    expect(running.log()).to.match(
      /WARN .*could not be written, trying again kind=NetworkPolicy policy=shop\/one reason=.*not now/,
    );
  });

  it("that is refused for what the policy holds is not tried again, and nobody waits for it", async () => {
    await start(lease);
    refuse = (at) => at.includes("/one/");
    refusal = status(422, "Invalid", "spec.ingress: Too many");
    api.put(policy("one", "web"));
    api.put(policy("two", "web"));
    await becomes("two", "True Accepted");
    const calls = api.calls.filter(({ method, path: at }) => method === "PATCH" && at.includes("/one/"));
    expect(calls.length).to.equal(1);
    expect(running.log()).to.match(
      /WARN .*is refused, and is not written till it changes kind=NetworkPolicy policy=shop\/one/,
    );
  });

  it("is left to whoever holds the Lease, which is given back at the end", async () => {
    const renewTime = new Date().toISOString().replace("Z", "000Z");
    const spec = { holderIdentity: "other", leaseDurationSeconds: 3600, renewTime, acquireTime: renewTime };
    await start({ ...lease, spec }, policy("one", "web"));
    while ((await running.admin("/readyz")) !== "ok\n");
    await until(() => api.calls.some(({ path: at }) => at.endsWith("/leases/weft-controller")));
    await settled();
    expect([writes(), acceptedOf("one")]).to.deep.equal([0, undefined]);
  });
});

describe("what is told of splits and routes", () => {
  let running: Controlled;
  let api: FakeApi;
  const groups: Readonly<Record<string, string>> = {
    "split.smi-spec.io/v1alpha2": "TrafficSplit",
    "gateway.networking.k8s.io/v1alpha2": "TCPRoute",
  };
  const start = async (...objects: readonly JsonObject[]): Promise<void> => {
    api = fakeApi(...shop, lease, ...objects);
    api.answerWith(({ path: at }) => {
      for (const [version, kind] of Object.entries(groups)) {
        const [group, name] = version.split("/");
        if (at === `/apis/${group}`) return { status: 200, body: { versions: [{ version: name ?? "" }] } };
        if (at === `/apis/${version}`)
          return { status: 200, body: { resources: [{ kind, name: `${kind.toLowerCase()}s` }] } };
      }
      return undefined;
    });
    running = await controlledOn(api);
  };
  afterEach(async () => running.stop());
  const split = (weight: number): JsonObject => ({
    apiVersion: "split.smi-spec.io/v1alpha2",
    kind: "TrafficSplit",
    metadata: { name: "web", namespace: "shop", labels: { weight: String(weight) } },
    spec: { service: "web", backends: [{ service: "gone", weight }] },
  });
  const events = (): readonly unknown[] =>
    api.calls
      .filter(({ method, path: at }) => method === "POST" && at.endsWith("/events"))
      .map(({ body }) => {
        const { type, reason, message, involvedObject } = body as JsonObject;
        const { apiVersion, kind, name } = involvedObject as JsonObject;
        return [type, reason, message, apiVersion, kind, name];
      });

  it("Events of a TrafficSplit, each text once", async () => {
    await start(split(1));
    const about = ["split.smi-spec.io/v1alpha2", "TrafficSplit", "web"];
    const itself = "connections go to the Service's own endpoints";
    const expected = [
      ["Warning", "BackendLeftOut", "spec.backends: there is no Service gone: it gets nothing", ...about],
      ["Warning", "NotSplit", `spec.backends: no backend is left: ${itself}`, ...about],
    ];
    await until(() => events().length >= 2);
    expect(events()).to.deep.equal(expected);
    api.put(split(2));
    api.put(split(0));
    await until(() => events().length >= 3);
    expect(events().slice(2)).to.deep.equal([
      ["Warning", "NotSplit", `spec.backends: no weight is above 0: ${itself}`, ...about],
    ]);
  });

  it("the status of a TCPRoute, by parent, beside what another controller says", async () => {
    const theirs = { parentRef: { name: "gateway" }, controllerName: "somebody.example/gateways", conditions: [] };
    const path = "/apis/gateway.networking.k8s.io/v1alpha2/namespaces/shop/tcproutes/web";
    await start({
      apiVersion: "gateway.networking.k8s.io/v1alpha2",
      kind: "TCPRoute",
      metadata: { name: "web", namespace: "shop", generation: 1 },
      spec: {
        parentRefs: [{ name: "gateway" }, { kind: "Service", name: "web" }],
        rules: [{ backendRefs: [{ name: "gone", port: 80 }] }],
      },
      status: { parents: [theirs] },
    });
    const parents = (): readonly JsonObject[] =>
      ((api.stored(path)?.["status"] ?? {}) as { parents?: JsonObject[] }).parents ?? [];
    await until(() => parents().length > 1);
    const reasons = ((parents()[1]?.["conditions"] ?? []) as JsonObject[]).map(({ reason }) => reason);
    expect([parents()[0], parents()[1]?.["controllerName"], reasons]).to.deep.equal([
      theirs,
      "linkerd.io/policy-controller",
      ["Accepted", "BackendNotFound"],
    ]);
    await settled();
    const writes = api.calls.filter(({ method, path: at }) => method === "PATCH" && at.endsWith("/status"));
    expect(writes.length).to.equal(1);
  });
});

describe("the one who writes the status of NetworkPolicies", () => {
  it("ends with its signal, also while it waits for a piece of work", async () => {
    const [fake, ending] = [fakeApi(lease), new AbortController()];
    let asked = 0;
    const rest = (): Promise<void> => {
      asked += 1;
      ending.abort();
      return settled();
    };
    const needs = {
      api: fake,
      live: liveCluster((run) => void setImmediate(run)),
      mesh: () => mesh,
      log: createLog({ level: "info", format: "plain", sink: { write: () => undefined }, now: () => new Date(0) }),
      metrics: { status: () => undefined, leads: () => undefined },
      now: () => new Date(),
      resources: () => new Map(),
      pieces: { rest },
    };
    await keepStatuses({ namespace: "weft", instance: "one" }, needs, ending.signal);
    expect(asked).to.equal(1);
  });
});
