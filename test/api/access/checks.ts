/** What weft needs each of its rights for, as something that can be seen to hold, or not to. */
import { setTimeout as sleep } from "node:timers/promises";
import { configurationNames, names } from "../../../src/core/install/names.ts";
import { sha256 } from "../../../src/files/sha256.ts";
import { isObject } from "../../../src/core/base/json/json.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { auditOf } from "./rights.ts";
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

/** Who starts looks around several times, as its watches begin; then it waits for them, and looks again after 10 s. */
const quiet = 1500;
/** The Lease is renewed every few seconds. */
const renewal = 6000;

/** Has a pod that is older than weft. */
const missed = "access-missed";

export async function startScene(cluster: Cluster, namespace: string): Promise<Scene> {
  const proxy = await startApiProxy(cluster.plane);
  await cluster.namespace(missed, { annotations: asking });
  good(await cluster.create(pod(missed, { name: "before-weft" })), "pod");
  const weft = await installWeft(cluster, {
    namespace,
    server: proxy.server,
    flags: ["--grace-period=0s"],
    values: { weft: { timeoutSeconds: { inject: 3 } } },
    mayBeUnready: true,
    patience: 15_000,
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
export async function freshReplica({ weft }: Scene): Promise<boolean> {
  for (const replica of weft.replicas()) await weft.stop(replica, 0);
  const started = await weft.start().catch(() => undefined);
  return started !== undefined && within(started.ready);
}

/** One certificate controller that remembers nothing, in place of what runs; false when it does not get ready. */
export async function freshController({ cluster, weft }: Scene): Promise<boolean> {
  for (const controller of weft.controllers()) await weft.stopController(controller);
  // One that could not give it up, or was killed, would keep it for a while.
  const path = leaseOf(weft);
  const contentType = "application/merge-patch+json";
  good(await cluster.ask({ method: "PATCH", path, body: { spec: null }, contentType }), path);
  const { ready, page } = await weft.startController();
  const leads = async (): Promise<boolean> => /^weft_leader 1$/m.test((await page("/metrics")).text);
  // Whoever takes the Lease looks around.
  await within(leads);
  return within(ready);
}

/** One of each that is ready; those that run, if they are. */
export async function readyScene(scene: Scene): Promise<void> {
  const [controller] = scene.weft.controllers();
  if ((await controller?.ready()) !== true && !(await freshController(scene)))
    throw new Error("no controller gets ready");
  const [running] = scene.weft.replicas();
  if ((await running?.ready()) !== true && !(await freshReplica(scene))) throw new Error("no replica gets ready");
}

const leaseOf = ({ namespace }: Weft): string =>
  `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${names.certificates}`;

/** Nothing was looked at for a while. */
async function calm({ cluster, weft: { namespace } }: Scene): Promise<void> {
  const looks = (): number =>
    [names.injector, names.certificates]
      .flatMap((account) => auditOf(cluster, namespace, account))
      .filter(({ verb, objectRef: { resource } }) => verb === "get" && resource === "secrets").length;
  for (let before = -1; before !== looks();) {
    before = looks();
    await sleep(quiet);
  }
}

const within = (look: () => Promise<boolean>, milliseconds = patience): Promise<boolean> =>
  eventually("it holds", look, Boolean, { within: milliseconds }).catch(() => false);

const starts: Check = { claim: "a replica gets ready", holds: freshReplica };
const begins: Check = { claim: "a certificate controller gets ready", holds: freshController };

const { mutating, validating } = configurationNames(false);
const configurations = "/apis/admissionregistration.k8s.io/v1";
const paths = {
  mutating: `${configurations}/mutatingwebhookconfigurations/${mutating}`,
  validating: `${configurations}/validatingwebhookconfigurations/${validating}`,
};

/** A controller that begins counts at once. */
const countsMissed: Check = {
  claim: "pods that asked and run without a proxy are counted",
  holds: async (scene) => {
    await freshController(scene);
    const [controller] = scene.weft.controllers();
    const told = async (): Promise<boolean> =>
      /^weft_missed_pods 1$/m.test((await controller?.page("/metrics"))?.text ?? "");
    return within(told, 5000);
  },
};

export type Account = typeof names.injector | typeof names.certificates;

/** By the account, and the right that each needs. */
export const checks: Readonly<Record<Account, Readonly<Record<string, Check>>>> = {
  [names.injector]: {
    "list namespaces": starts,
    "watch namespaces": { claim: "what changes in a namespace is heard of", holds: hearsOfNamespace },
    "get namespaces": { claim: "a namespace not heard of yet is asked for", holds: asksForNamespace },
    "get replicasets": { claim: "a pod is labelled with its Deployment", holds: findsDeployment },
    "get jobs": { claim: "a pod is labelled with its CronJob", holds: findsCronJob },
    "get statefulsets": { claim: "an injection is an Event on a StatefulSet", holds: tellsOn("StatefulSet") },
    "get daemonsets": { claim: "an injection is an Event on a DaemonSet", holds: tellsOn("DaemonSet") },
    "create events": { claim: "an injection is an Event on the owner", holds: (scene) => countsEvents(scene, 1) },
    "patch events": { claim: "a second injection is counted on it", holds: (scene) => countsEvents(scene, 2) },
    ...Object.fromEntries(
      (["list", "watch"] as const).flatMap((verb) => [
        [`${verb} configmaps ${names.settings}`, usesChange(names.settings)],
        [`${verb} configmaps ${names.trustAnchors}`, usesChange(names.trustAnchors)],
      ]),
    ),
    "get secrets": starts,
    "watch secrets": { claim: "a certificate that is handed out anew is served at once", holds: servesNew },
  },
  [names.certificates]: {
    "create events": { claim: "a caBundle put right is an Event", holds: (scene) => tellsRepairs(scene, 1) },
    "patch events": { claim: "a second one is counted on it", holds: (scene) => tellsRepairs(scene, 2) },
    "get mutatingwebhookconfigurations": repairs("mutating"),
    "watch mutatingwebhookconfigurations": repairs("mutating", calm),
    "patch mutatingwebhookconfigurations": repairs("mutating"),
    "get validatingwebhookconfigurations": repairs("validating"),
    "watch validatingwebhookconfigurations": repairs("validating", calm),
    "patch validatingwebhookconfigurations": repairs("validating"),
    ...Object.fromEntries(
      [names.caSecret, names.servedSecret].flatMap((secret) => [
        [`get secrets ${secret}`, begins],
        [`watch secrets ${secret}`, fills(secret, "at once", calm)],
        [`update secrets ${secret}`, fills(secret, "")],
      ]),
    ),
    "list pods": countsMissed,
    "list namespaces": countsMissed,
    "get leases": { claim: "a new controller takes the Lease", holds: takesLease },
    "update leases": { claim: "the Lease is renewed", holds: renewsLease },
  },
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

/** Of a ConfigMap that is mounted, too, by a kubelet that is late: nobody changes the mount. */
function usesChange(name: typeof names.settings | typeof names.trustAnchors): Check {
  const holds = async (scene: Scene): Promise<boolean> => {
    const { cluster, weft, shop } = scene;
    await freshReplica(scene);
    const path = `/api/v1/namespaces/${weft.namespace}/configmaps/${name}`;
    const timeout = `${1000 + next()}ms`;
    const { data } = (await cluster.get(path)) as unknown as { data: Readonly<Record<string, string>> };
    const changed = Object.entries(data).map(([key, text]) => [
      key,
      name === names.settings
        ? text.replace(/outboundConnectTimeout: \S+/, `outboundConnectTimeout: ${timeout}`)
        : `${text}\n`,
    ]);
    const body = { data: Object.fromEntries(changed) as JsonObject };
    good(await cluster.ask({ method: "PATCH", path, body, contentType: "application/merge-patch+json" }), path);
    const wanted = name === names.settings ? timeout : sha256(String(body.data[names.trustAnchorsKey]));
    return within(async () => JSON.stringify(await created(cluster, pod(shop))).includes(wanted));
  };
  return { claim: `a change of ConfigMap ${name} is used at once`, holds };
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

/** A pod of one that nobody has heard of, and an Event on it. */
function tellsOn(kind: "StatefulSet" | "DaemonSet") {
  return async ({ cluster, shop }: Scene): Promise<boolean> => {
    const owner = good(await cluster.create(workload(kind, shop, { name: `set-${next()}` })), "owner");
    const { uid } = (owner as { metadata: { uid: string } }).metadata;
    good(await cluster.create(pod(shop, { owner })), "pod");
    return within(async () => {
      const list = await cluster.get(`/api/v1/namespaces/${shop}/events`);
      return JSON.stringify(list?.["items"] ?? []).includes(uid);
    });
  };
}

/** So many pods of one owner, and one Event that counts them. */
async function countsEvents(scene: Scene, count: number): Promise<boolean> {
  const { cluster, shop } = scene;
  const owner = good(await cluster.create(workload("ReplicaSet", shop, { name: `web-${next()}` })), "owner");
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

function repairs(which: keyof typeof paths, pause?: typeof calm) {
  const path = paths[which];
  const bundle = async (cluster: Cluster): Promise<string> => {
    const { webhooks } = (await cluster.get(path)) as unknown as Configuration;
    return webhooks[0].clientConfig.caBundle ?? "";
  };
  const holds = async (scene: Scene, isFresh = true): Promise<boolean> => {
    const { cluster } = scene;
    // A controller that has repaired before takes its time.
    if (isFresh) await freshController(scene);
    await pause?.(scene);
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

function fills(name: string, when: string, pause?: typeof calm): Check {
  const holds = async (scene: Scene): Promise<boolean> => {
    const { cluster, weft } = scene;
    await freshController(scene);
    await pause?.(scene);
    const path = `/api/v1/namespaces/${weft.namespace}/secrets/${name}`;
    const before = (await cluster.get(path))?.["data"];
    const set = async (data: JsonObject | null): Promise<void> => {
      const contentType = "application/merge-patch+json";
      good(await cluster.ask({ method: "PATCH", path, body: { data }, contentType }), path);
    };
    await set(null);
    const isFilled = await within(async () => (await cluster.get(path))?.["data"] !== undefined);
    // A controller that begins with an empty one would make another CA.
    if (!isFilled && isObject(before)) await set(before);
    return isFilled;
  };
  return { claim: `Secret ${name} emptied by hand is filled ${when}`.trim(), holds };
}

async function servesNew(scene: Scene): Promise<boolean> {
  const { cluster, weft } = scene;
  await freshReplica(scene);
  await calm(scene);
  const path = `/api/v1/namespaces/${weft.namespace}/secrets/${names.caSecret}`;
  const body = [{ op: "remove", path: "/data/tls.crt" }];
  good(await cluster.ask({ method: "PATCH", path, body, contentType: "application/json-patch+json" }), path);
  const [replica] = weft.replicas();
  const used = (): number => replica?.log().filter(({ msg }) => msg === "certificate in use").length ?? 0;
  return within(async () => used() === 2, 5000);
}

/** So many caBundles put right, and one Event that counts them. */
async function tellsRepairs(scene: Scene, count: number): Promise<boolean> {
  const { cluster } = scene;
  await freshController(scene);
  // What was never right before is no revert.
  await calm(scene);
  const { uid } = ((await cluster.get(paths.mutating)) as unknown as { metadata: { uid: string } }).metadata;
  const counted = async (): Promise<number> => {
    const list = await cluster.get("/api/v1/namespaces/default/events");
    const events = (list?.["items"] ?? []) as unknown as readonly Event[];
    return events
      .filter(({ involvedObject }) => involvedObject.uid === uid)
      .reduce((sum, event) => sum + event.count, 0);
  };
  const before = await counted();
  for (let time = 1; time <= count; time += 1) {
    if (!(await repairs("mutating").holds(scene, false))) return false;
    if (!(await within(async () => (await counted()) >= before + time))) return false;
  }
  return true;
}

async function takesLease(scene: Scene): Promise<boolean> {
  await freshController(scene);
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
