/** Connections, watches and look-ups against a real API server, with no more rights than they name. */
import { expect } from "chai";
import type { KubeApi } from "../../src/kube/api.ts";
import { realClock } from "../../src/async/clock.ts";
import { connect } from "../../src/kube/connect.ts";
import { namespaces } from "../../src/serve/webhook/namespaces.ts";
import type { Namespaces } from "../../src/serve/webhook/namespaces.ts";
import { owners } from "../../src/serve/webhook/owners.ts";
import type { Deadline } from "../../src/async/until.ts";
import { eventually, good } from "./harness/cluster.ts";
import { startBalancer } from "./harness/balancer.ts";
import type { Balancer } from "./harness/balancer.ts";
import { describeOnApi } from "./harness/on-api.ts";

/** The rights that the parts of src/kube say they need. */
const rules = [
  { apiGroups: [""], resources: ["namespaces"], verbs: ["get", "list", "watch"] },
  { apiGroups: ["apps"], resources: ["replicasets"], verbs: ["get"] },
  { apiGroups: ["batch"], resources: ["jobs"], verbs: ["get"] },
];
const rbac = "rbac.authorization.k8s.io";
const home = "kube-reader";
const asking = { "linkerd.io/inject": "enabled" };

const within = (milliseconds: number): Deadline => {
  const signal = AbortSignal.timeout(milliseconds);
  return { at: performance.now() + milliseconds, signal: () => signal };
};

describeOnApi("src/kube", (api) => {
  let balancer: Balancer;
  let kube: KubeApi;
  let kept: Namespaces;
  const ending = new AbortController();
  const failures: string[] = [];
  const serverPort = (): number => Number(new URL(api().plane.server).port);

  before(async () => {
    await api().namespace(home);
    const subjects = [{ kind: "ServiceAccount", name: "default", namespace: home }];
    const roleRef = { apiGroup: rbac, kind: "ClusterRole", name: home };
    const about = { apiVersion: `${rbac}/v1`, metadata: { name: home } };
    good(await api().create({ ...about, kind: "ClusterRole", rules }), "role");
    good(await api().create({ ...about, kind: "ClusterRoleBinding", subjects, roleRef }), "binding");
    balancer = await startBalancer();
    balancer.use([serverPort()]);
    const through = `https://127.0.0.1:${balancer.port}`;
    const kubeconfig = await api().serviceAccount(home, "default", through);
    const opened = await connect({ kubeconfig, env: {} });
    if ("issues" in opened) throw new Error(opened.issues[0]?.message);
    kube = opened.value;
    kept = namespaces({
      api: kube,
      clock: realClock,
      random: Math.random,
      signal: ending.signal,
      onFailure: ({ message }) => failures.push(message),
    });
    await eventually("namespaces are read", kept.synced);
  });
  after(async () => {
    ending.abort();
    await kept.ended;
    await balancer.close();
  });

  const heardOf = (name: string): Promise<unknown> => eventually(`${name} comes by the watch`, () => kept.known(name));

  it("knows namespaces at once, and follows them", async () => {
    expect(kept.namespaceNamed(home, within(1000))).to.deep.equal({});
    await api().namespace("kube-followed", { annotations: { ...asking, other: "x" } });
    await heardOf("kube-followed");
    expect(kept.namespaceNamed("kube-followed", within(1000))).to.deep.equal(asking);
  });

  it("asks for a namespace that the watch has not brought yet, and knows one that is not there", async () => {
    await api().namespace("kube-new", { annotations: asking });
    expect(await kept.freshNamespace("kube-new", within(5000))).to.deep.equal(asking);
    expect(await kept.namespaceNamed("kube-none", within(5000))).to.equal(undefined);
  });

  it("goes on when all connections are cut, and nothing that happened meanwhile is missed", async () => {
    const { port } = balancer;
    await balancer.close();
    await api().namespace("kube-meanwhile");
    await eventually("the watch is missed", () => failures.length > 0);
    balancer = await startBalancer("127.0.0.1", port);
    balancer.use([serverPort()]);
    await heardOf("kube-meanwhile");
    expect(failures[0]).to.match(/^cannot reach https:/);
  });

  it("finds owners", async () => {
    const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
    const owner = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      name: "web",
      uid: "2c3e8f86-0000-0000-0000-000000000001",
    };
    good(
      await api().create({
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        metadata: { namespace: home, name: "web-1", ownerReferences: [owner] },
        spec: { replicas: 0, selector: { matchLabels: { a: "b" } }, template },
      }),
      "replica set",
    );
    const results: string[] = [];
    const ownerNamed = owners({ ask: kube.ask, onLookup: (result) => results.push(result) });
    expect((await ownerNamed("ReplicaSet", home, "web-1", within(5000)))?.owners[0]).to.include({ name: "web" });
    expect(await ownerNamed("Job", home, "none", within(5000))).to.equal(undefined);
    expect(results).to.deep.equal(["fetched", "missing"]);
  });

  it("says what it may not", async () => {
    const { status, body } = await kube.ask({ method: "GET", path: "/api/v1/pods" });
    expect(status).to.equal(403);
    expect(body).to.have.property("message").that.contains("cannot list resource");
  });
});
