/** Owners and Events, with weft's own rights: who made a pod is found out and told; a dry run leaves no trace. */
import { expect } from "chai";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { eventually, good } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { asking, isMeshed, pod, workload } from "./harness/pods.ts";
import { installWeft } from "./harness/weft.ts";
import type { Weft } from "./harness/weft.ts";

const namespace = "events-shop";

interface Event {
  readonly reason: string;
  readonly message: string;
  readonly type: string;
  readonly involvedObject: { readonly kind: string; readonly name: string; readonly uid: string };
}

describeOnApi("owners and Events", (api) => {
  let weft: Weft;
  let deployment: JsonObject = {};
  let replicaSet: JsonObject = {};
  let job: JsonObject = {};

  before(async () => {
    weft = await installWeft(api(), { namespace: "events-weft", certificates: "files" });
    await api().namespace(namespace);
    const made = async (object: JsonObject): Promise<JsonObject> => good(await api().create(object), "workload");
    deployment = await made(workload("Deployment", namespace));
    replicaSet = await made(workload("ReplicaSet", namespace, { name: "web-1", owner: deployment }));
    job = await made({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "nightly", namespace },
      spec: { template: { spec: { containers: [{ name: "job", image: "job:1" }], restartPolicy: "Never" } } },
    });
  });
  after(() => weft?.end());

  const events = async (): Promise<readonly Event[]> => {
    const list = await api().get(`/api/v1/namespaces/${namespace}/events`);
    return (list?.["items"] ?? []) as unknown as readonly Event[];
  };
  const isOn = (object: JsonObject) => {
    const { uid } = (object as { metadata: { uid: string } }).metadata;
    return (event: Event): boolean => event.involvedObject.uid === uid;
  };

  it("a dry run leaves no Event, no pod, and is told as one in the log", async () => {
    const answer = await api().create(pod(namespace, { annotations: asking, owner: replicaSet }), { dryRun: true });
    expect(isMeshed(good(answer, "pod"))).to.equal(true);
    const reviewed = await eventually(
      "weft has logged it",
      () => weft.replicas().flatMap(({ log }) => log().filter(({ namespace: where }) => where === namespace)),
      ({ length }) => length > 0,
    );
    expect(reviewed.every(({ dryRun }) => dryRun === true)).to.equal(true);
    const pods = await api().get(`/api/v1/namespaces/${namespace}/pods`);
    expect(pods?.["items"]).to.deep.equal([]);
    // An Event would be sent after the answer: the next test waits for one, and finds no other.
  });

  it("an injection is an Event on the Deployment, one however many pods", async () => {
    for (let time = 0; time < 3; time += 1) {
      good(await api().create(pod(namespace, { annotations: asking, owner: replicaSet })), "pod");
    }
    const found = await eventually("the Event", events, ({ length }) => length > 0);
    expect(found.filter(isOn(deployment)).map(({ type, reason, message }) => [type, reason, message])).to.deep.equal([
      ["Normal", "Injected", "Linkerd sidecar proxy injected"],
    ]);
    expect(found.filter(isOn(replicaSet))).to.deep.equal([]);
    expect(found).to.have.lengthOf(1);
  });

  it("a pod of a Deployment is labelled with it, a Job's with the Job", async () => {
    const labelsOf = async (owner: JsonObject): Promise<JsonObject> => {
      const created = good(await api().create(pod(namespace, { annotations: asking, owner }), { dryRun: true }), "pod");
      return (created as { metadata: { labels: JsonObject } }).metadata.labels;
    };
    expect(await labelsOf(replicaSet)).to.include({ "linkerd.io/proxy-deployment": "web" });
    expect(await labelsOf(job)).to.include({ "linkerd.io/proxy-job": "nightly" });
  });

  it("a skipped pod that asked is an Event with its reason", async () => {
    good(
      await api().create(pod(namespace, { annotations: asking, owner: job, spec: { hostNetwork: true } })),
      "pod in the host's network",
    );
    const found = await eventually(
      "the Event",
      async () => (await events()).filter(isOn(job)),
      ({ length }) => length > 0,
    );
    expect(found.map(({ reason }) => reason)).to.deep.equal(["InjectionSkipped"]);
    expect(found[0]?.message).to.include("hostNetwork is enabled");
  });

  it("nobody asked, nothing is told", async () => {
    const other = good(await api().create(workload("StatefulSet", namespace, { name: "quiet" })), "workload");
    const last = good(await api().create(workload("StatefulSet", namespace, { name: "loud" })), "workload");
    good(await api().create(pod(namespace, { owner: other })), "pod");
    // Events are sent one after the other: when the later one is there, an earlier one would be.
    good(await api().create(pod(namespace, { owner: last, annotations: asking })), "pod");
    const found = await eventually(
      "the Event",
      async () => (await events()).filter(isOn(last)),
      ({ length }) => length > 0,
    );
    expect(found.map(({ message }) => message)).to.deep.equal(["Linkerd sidecar proxy injected"]);
    expect((await events()).filter(isOn(other))).to.deep.equal([]);
  });

  it("an injection is an Event on the DaemonSet, and on the namespace for an owner that weft may not read", async () => {
    const daemonSet = good(await api().create(workload("DaemonSet", namespace, { name: "agent" })), "workload");
    good(await api().create(pod(namespace, { owner: daemonSet, annotations: asking })), "pod");
    const controller = good(
      await api().create({
        apiVersion: "v1",
        kind: "ReplicationController",
        metadata: { name: "old", namespace },
        spec: {
          replicas: 0,
          template: { metadata: { labels: { app: "old" } }, spec: { containers: [{ name: "app", image: "app:1" }] } },
        },
      }),
      "workload",
    );
    good(await api().create(pod(namespace, { owner: controller, annotations: asking })), "pod");
    await eventually(
      "the Event",
      async () => (await events()).filter(isOn(daemonSet)),
      ({ length }) => length === 1,
    );
    const told = await eventually(
      "the Event",
      async () => (await events()).filter(({ message }) => message.includes("replicationcontroller/old")),
      ({ length }) => length > 0,
    );
    expect(told.map(({ involvedObject: { kind, name } }) => [kind, name])).to.deep.equal([["Namespace", namespace]]);
    expect((await events()).filter(isOn(controller))).to.deep.equal([]);
  });
});
