/** What weft needs each of its rights for, as something that can be seen to hold, or not to. */
import { setTimeout as sleep } from "node:timers/promises";
import { configurationNames, names } from "../../../src/core/install/names.ts";
import type { JsonObject } from "../../../src/core/mesh/api.ts";
import { startApiProxy } from "../harness/api-proxy.ts";
import type { ApiProxy } from "../harness/api-proxy.ts";
import { eventually, good } from "../harness/cluster.ts";
import type { Cluster } from "../harness/cluster.ts";
import { asking, containersOf, isMeshed, pod, workload } from "../harness/pods.ts";
import { installWeft } from "../harness/weft.ts";
import type { Weft } from "../harness/weft.ts";

export interface Scene {
  readonly cluster: Cluster;
  readonly weft: Weft;
  /** Between weft and the API server. */
  readonly proxy: ApiProxy;
  /** Has pods; its annotations change. */
  readonly shop: string;
  readonly end: () => Promise<void>;
}

export interface Check {
  /** What holds with the right. */
  readonly claim: string;
  readonly holds: (scene: Scene) => Promise<boolean>;
}

/** How long something may take that takes milliseconds when all is well. */
const patience = 2500;

/** A replica that starts looks around several times; then it waits for its watches, and looks again after 10 s. */
const quiet = 2000;
/** The Lease is renewed every few seconds. */
const renewal = 6000;

export async function startScene(cluster: Cluster, namespace: string): Promise<Scene> {
  const proxy = await startApiProxy(cluster.plane);
  const weft = await installWeft(cluster, {
    namespace,
    server: proxy.server,
    flags: ["--grace-period=0s"],
    values: { weft: { timeoutSeconds: { inject: 3 } } },
    mayBeUnready: true,
    patience: 8000,
  });
  const shop = "access-shop";
  await cluster.namespace(shop, { annotations: asking });
  const end = async (): Promise<void> => {
    await weft.end();
    await proxy.close();
  };
  return { cluster, weft, proxy, shop, end };
}

/** One replica that remembers nothing, in place of what runs; false when it does not get ready. */
export async function freshReplica({ cluster, weft }: Scene): Promise<boolean> {
  for (const replica of weft.replicas()) await weft.stop(replica, 0);
  // One that could not give it up, or was killed, would keep it for a while.
  const path = leaseOf(weft);
  const contentType = "application/merge-patch+json";
  good(await cluster.ask({ method: "PATCH", path, body: { spec: null }, contentType }), path);
  const started = await weft.start().catch(() => undefined);
  return started !== undefined && within(started.ready);
}

/** One replica that is ready; the one that runs, if it is. */
export async function readyReplica(scene: Scene): Promise<void> {
  const [running] = scene.weft.replicas();
  if ((await running?.ready()) !== true && !(await freshReplica(scene))) throw new Error("no replica gets ready");
}

const leaseOf = ({ namespace }: Weft): string =>
  `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${names.injector}`;

const within = (look: () => Promise<boolean>, milliseconds = patience): Promise<boolean> =>
  eventually("it holds", look, Boolean, { within: milliseconds }).catch(() => false);

const starts: Check = { claim: "a replica gets ready", holds: freshReplica };

const { mutating, validating } = configurationNames(false);
const configurations = "/apis/admissionregistration.k8s.io/v1";
const paths = {
  mutating: `${configurations}/mutatingwebhookconfigurations/${mutating}`,
  validating: `${configurations}/validatingwebhookconfigurations/${validating}`,
};

/** By the right that each needs. */
export const checks: Readonly<Record<string, Check>> = {
  "list namespaces": starts,
  "watch namespaces": { claim: "what changes in a namespace is heard of", holds: hearsOfNamespace },
  "get namespaces": { claim: "a namespace not heard of yet is asked for", holds: asksForNamespace },
  "get replicasets": { claim: "a pod is labelled with its Deployment", holds: findsDeployment },
  "get jobs": { claim: "a pod is labelled with its CronJob", holds: findsCronJob },
  "create events": { claim: "an injection is an Event on the owner", holds: (scene) => countsEvents(scene, 1) },
  "patch events": { claim: "a second injection is counted on it", holds: (scene) => countsEvents(scene, 2) },
  "get mutatingwebhookconfigurations": repairs("mutating"),
  "watch mutatingwebhookconfigurations": repairs("mutating", quiet),
  "patch mutatingwebhookconfigurations": repairs("mutating"),
  "get validatingwebhookconfigurations": repairs("validating"),
  "watch validatingwebhookconfigurations": repairs("validating", quiet),
  "patch validatingwebhookconfigurations": repairs("validating"),
  "get secrets": starts,
  "watch secrets": { claim: "a Secret emptied by hand is filled at once", holds: (scene) => fillsSecret(scene, quiet) },
  "update secrets": { claim: "a Secret emptied by hand is filled", holds: fillsSecret },
  "get leases": { claim: "a new replica takes the Lease", holds: takesLease },
  "update leases": { claim: "the Lease is renewed", holds: renewsLease },
};

let serial = 0;
const next = (): number => (serial += 1);

async function hearsOfNamespace({ cluster, proxy, shop }: Scene): Promise<boolean> {
  // What is allowed once goes on until it ends: a watch that is open needs no right.
  proxy.cut();
  const level = `warn,test${next()}=debug`;
  const path = `/api/v1/namespaces/${shop}`;
  const body = { metadata: { annotations: { "config.linkerd.io/proxy-log-level": level } } };
  good(await cluster.ask({ method: "PATCH", path, body, contentType: "application/merge-patch+json" }), path);
  return within(async () => {
    const proxied = containersOf(await created(cluster, pod(shop))).find(({ name }) => name === "linkerd-proxy");
    return JSON.stringify(proxied?.["env"] ?? []).includes(level);
  });
}

async function asksForNamespace({ cluster, proxy }: Scene): Promise<boolean> {
  proxy.hold(true);
  try {
    const name = `access-new-${next()}`;
    await cluster.namespace(name, { annotations: asking });
    const answer = await cluster.create(pod(name), { dryRun: true });
    return answer.status === 201 && isMeshed(answer.body as JsonObject);
  } finally {
    proxy.hold(false);
  }
}

async function findsDeployment(scene: Scene): Promise<boolean> {
  const owner = await replicaSet(scene);
  return labelOf(await created(scene.cluster, pod(scene.shop, { owner })), "linkerd.io/proxy-deployment") === "web";
}

async function findsCronJob({ cluster, shop }: Scene): Promise<boolean> {
  const owned = { apiVersion: "batch/v1", kind: "CronJob", name: "nightly", uid: "5d6f0d7e-0000", controller: true };
  const spec = { containers: [{ name: "job", image: "job:1" }], restartPolicy: "Never" };
  const metadata = { name: `nightly-${next()}`, namespace: shop, ownerReferences: [owned] };
  const job = { apiVersion: "batch/v1", kind: "Job", metadata, spec: { suspend: true, template: { spec } } };
  const owner = good(await cluster.create(job), "job");
  return labelOf(await created(cluster, pod(shop, { owner })), "linkerd.io/proxy-cronjob") === "nightly";
}

/** So many pods of one owner, and one Event that counts them. */
async function countsEvents(scene: Scene, count: number): Promise<boolean> {
  const { cluster, shop } = scene;
  const owner = good(await cluster.create(workload("StatefulSet", shop, { name: `web-${next()}` })), "owner");
  const { uid } = (owner as { metadata: { uid: string } }).metadata;
  const counted = async (): Promise<number> => {
    const list = await cluster.get(`/api/v1/namespaces/${shop}/events`);
    const events = (list?.["items"] ?? []) as unknown as readonly Event[];
    return events.find(({ involvedObject }) => involvedObject.uid === uid)?.count ?? 0;
  };
  for (let time = 1; time <= count; time += 1) {
    good(await cluster.create(pod(shop, { owner })), "pod");
    if (!(await within(async () => (await counted()) >= time))) return false;
  }
  return true;
}

interface Event {
  readonly count: number;
  readonly involvedObject: { readonly uid: string };
}

function repairs(which: keyof typeof paths, pause = 0): Check {
  const path = paths[which];
  const bundle = async (cluster: Cluster): Promise<string> => {
    const { webhooks } = (await cluster.get(path)) as unknown as Configuration;
    return webhooks[0].clientConfig.caBundle ?? "";
  };
  const holds = async (scene: Scene): Promise<boolean> => {
    const { cluster } = scene;
    // A replica that has repaired before takes its time.
    await freshReplica(scene);
    await sleep(pause);
    const before = await bundle(cluster);
    const set = async (value: string): Promise<void> => {
      const body = [{ op: "replace", path: "/webhooks/0/clientConfig/caBundle", value }];
      good(await cluster.ask({ method: "PATCH", path, body, contentType: "application/json-patch+json" }), path);
    };
    await set("bm90aGluZw==");
    const isRight = await within(async () => (await bundle(cluster)) === before);
    if (!isRight) await set(before);
    return isRight;
  };
  return { claim: `a caBundle changed by hand in the ${which} configuration is put right at once`, holds };
}

interface Configuration {
  readonly webhooks: readonly [{ readonly clientConfig: { readonly caBundle?: string } }];
}

async function fillsSecret(scene: Scene, pause = 0): Promise<boolean> {
  const { cluster, weft } = scene;
  await freshReplica(scene);
  await sleep(pause);
  const path = `/api/v1/namespaces/${weft.namespace}/secrets/${names.ownSecret}`;
  const body = { data: null };
  good(await cluster.ask({ method: "PATCH", path, body, contentType: "application/merge-patch+json" }), path);
  return within(async () => (await cluster.get(path))?.["data"] !== undefined);
}

async function takesLease(scene: Scene): Promise<boolean> {
  await freshReplica(scene);
  return renewsLease(scene);
}

async function renewsLease({ cluster, weft }: Scene): Promise<boolean> {
  const path = leaseOf(weft);
  const renewed = async (): Promise<string> => {
    const { spec } = (await cluster.get(path)) as { spec?: { renewTime?: string; holderIdentity?: string } };
    return spec?.holderIdentity === "" ? "" : (spec?.renewTime ?? "");
  };
  const before = await renewed();
  return within(async () => (await renewed()) > before, renewal);
}

async function replicaSet({ cluster, shop }: Scene): Promise<JsonObject> {
  const deployment = await cluster.apply(workload("Deployment", shop));
  return good(
    await cluster.create(workload("ReplicaSet", shop, { name: `web-${next()}`, owner: deployment })),
    "replica set",
  );
}

const created = async (cluster: Cluster, object: JsonObject): Promise<JsonObject> =>
  good(await cluster.create(object, { dryRun: true }), "pod");

const labelOf = (object: JsonObject, key: string): string | undefined =>
  (object as { metadata: { labels: Readonly<Record<string, string>> } }).metadata.labels[key];
