/**
 * What weft writes, on a real API server, as a service account that may do what `weft install` grants and no more:
 * Leases, Events, and objects under optimistic locking.
 */
import { expect } from "chai";
import { configurationNames, names } from "../../src/core/install/names.ts";
import { certificatesClusterRules, certificatesOwnRules } from "../../src/core/install/certificates-rights.ts";
import type { AccessRule } from "../../src/core/install/webhook-rights.ts";
import { isObject } from "../../src/core/base/json/json.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import type { KubeApi } from "../../src/kube/api.ts";
import { realClock } from "../../src/async/clock.ts";
import { connect } from "../../src/kube/connect.ts";
import type { EventToSend } from "../../src/kube/event-sink.ts";
import { eventRecorder } from "../../src/kube/event-recorder.ts";
import { holdLease } from "../../src/kube/lease.ts";
import type { LeaseEvent } from "../../src/kube/lease.ts";
import { Refused, putObject, readObject } from "../../src/kube/objects.ts";
import { eventually, good } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";

const home = "kube-writer";
const rbac = "rbac.authorization.k8s.io";
const secret = `/api/v1/namespaces/${home}/secrets/${names.caSecret}`;
const lease = `/apis/coordination.k8s.io/v1/namespaces/${home}/leases/${names.certificates}`;

const ruleOf = ({ apiGroup, resource, named, verbs }: AccessRule): JsonObject => ({
  apiGroups: [apiGroup],
  resources: [resource],
  verbs: [...verbs],
  ...(named && { resourceNames: [...named] }),
});

describeOnApi("what weft writes", (api) => {
  let kube: KubeApi;

  before(async () => {
    await api().namespace(home);
    const subjects = [{ kind: "ServiceAccount", name: "default", namespace: home }];
    const grant = async (kind: "Role" | "ClusterRole", rules: readonly AccessRule[]): Promise<void> => {
      const about = { apiVersion: `${rbac}/v1`, metadata: { name: home, ...(kind === "Role" && { namespace: home }) } };
      good(await api().create({ ...about, kind, rules: rules.map(ruleOf) }), kind);
      const roleRef = { apiGroup: rbac, kind, name: home };
      good(await api().create({ ...about, kind: `${kind}Binding`, subjects, roleRef }), `${kind}Binding`);
    };
    await grant("ClusterRole", certificatesClusterRules(configurationNames(false), { countsMissed: false }));
    await grant("Role", certificatesOwnRules);
    const metadata = { namespace: home, name: names.certificates };
    good(await api().create({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata }), "lease");
    const empty = { apiVersion: "v1", kind: "Secret", metadata: { namespace: home, name: names.caSecret } };
    good(await api().create(empty), "secret");
    const opened = await connect({ kubeconfig: await api().serviceAccount(home, "default"), env: {} });
    if ("issues" in opened) throw new Error(opened.issues[0]?.message);
    kube = opened.value;
  });

  it("a Lease is held by one replica at a time, lost by nobody's label, and passed on at the end", async () => {
    const held: string[] = [];
    const events: LeaseEvent[] = [];
    const replica = (identity: string) => {
      const ending = new AbortController();
      const ended = holdLease(
        {
          ask: kube.ask,
          namespace: home,
          name: names.certificates,
          identity,
          clock: realClock,
          now: () => new Date(),
          random: Math.random,
          signal: ending.signal,
          times: { duration: 3000, renewWithin: 2000, retry: 100 },
          onEvent: (event) => events.push(event),
        },
        async (signal) => {
          held.push(`${identity} begins`);
          await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
          held.push(`${identity} ends`);
        },
      );
      return { stop: () => (ending.abort(), ended) };
    };
    const first = replica("a");
    await eventually("a holds it", () => held.length === 1);
    const second = replica("b");
    for (let count = 0; count < 20; count += 1) {
      const body = { metadata: { labels: { count: String(count) } } };
      good(
        await api().ask({ method: "PATCH", path: lease, body, contentType: "application/merge-patch+json" }),
        "label",
      );
    }
    expect(held).to.deep.equal(["a begins"]);
    await first.stop();
    await eventually("b holds it", () => held.length === 3, Boolean, { within: 1500 });
    await second.stop();
    expect(held).to.deep.equal(["a begins", "a ends", "b begins", "b ends"]);
    expect(events.map(({ kind }) => kind)).to.deep.equal(["acquired", "released", "acquired", "released"]);
    const stored = await api().get(lease);
    expect(stored?.["spec"]).to.deep.include({ holderIdentity: "", leaseTransitions: 2 });
    expect(stored?.["metadata"]).to.deep.include({ labels: { count: "19" } });
  });

  it("Events are counted on one, on owners in namespaces and without", async () => {
    const results: string[] = [];
    const { record, flush } = eventRecorder({
      ask: kube.ask,
      instance: "weft-1",
      now: () => new Date(),
      onResult: (result, reason = "") => results.push(`${result}${reason}`),
    });
    const onOwner = (name: string): EventToSend => ({
      type: "Normal",
      reason: "Injected",
      message: "Linkerd sidecar proxy injected",
      component: "weft-injector",
      involvedObject: {
        apiVersion: "apps/v1",
        kind: "Deployment",
        namespace: home,
        name,
        uid: `uid-of-${name.slice(0, 50)}`,
      },
    });
    // Names may be longer than an Event's, and be cut after a dot or a dash.
    const long = `${"a".repeat(199)}.${"b".repeat(53)}`;
    const configuration: EventToSend = {
      type: "Warning",
      reason: "Reverted",
      message: "the caBundle was put right",
      component: "weft-injector",
      involvedObject: {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "MutatingWebhookConfiguration",
        namespace: "",
        name: "weft-injector",
        uid: "uid-of-configuration",
      },
    };
    record(onOwner("web"));
    await flush(5000);
    for (const event of [onOwner("web"), onOwner(long), configuration]) record(event);
    await flush(5000);
    expect(results).to.deep.equal(["sent", "aggregated", "sent", "sent"]);
    const { stdout } = await api().kubectl(["get", "events", "-n", home, "-o", "json"]);
    const items = (JSON.parse(stdout) as { readonly items: readonly JsonObject[] }).items;
    const about = (name: string): JsonObject | undefined =>
      items.find(({ involvedObject: object }) => isObject(object ?? null) && (object as JsonObject)["name"] === name);
    expect(about("web")).to.deep.include({
      count: 2,
      source: { component: "weft-injector" },
      reportingComponent: "weft-injector",
      reportingInstance: "weft-1",
    });
    expect(about(long)).to.deep.include({ count: 1 });
  });

  it("the Secret keeps what another replica wrote since it was read", async () => {
    const old = (await readObject(kube.ask, secret)) ?? {};
    const withKey = (key: string): JsonObject => ({ ...old, data: { [key]: "MQ==" } });
    await putObject(kube.ask, secret, withKey("a"));
    const late = await putObject(kube.ask, secret, withKey("b")).catch((error: unknown) => error);
    expect(late).to.be.instanceOf(Refused).and.to.include({ status: 409 });
    expect((await api().get(secret))?.["data"]).to.deep.equal({ a: "MQ==" });
  });
});
