/**
 * Namespaces change, and the replicas hear nothing of it. The API server chooses the entry by a cache of its own, which is
 * late, too, by milliseconds. No webhook can see that, so pods follow as soon as a policy with the same selector applies.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { mirrorLabel } from "../../src/core/registration/entries.ts";
import { asking as askingValues } from "../../src/core/registration/mirror.ts";
import { eventually, good } from "../api/harness/cluster.ts";
import type { Cluster } from "../api/harness/cluster.ts";
import { asking, pod } from "../api/harness/pods.ts";
import type { Scene } from "./fault.ts";
import type { Did } from "./figures.ts";

const perSecond = 2;

/** What is done to a namespace while nothing is heard: pods follow at once. */
const changes = ["asks", "asks no more", "is new and asks"] as const;
type Change = (typeof changes)[number];

export async function namespacesHeldStale({ cluster, proxy, prefix, seconds, until, mixIn }: Scene): Promise<Did> {
  const total = Math.floor(seconds * 0.8 * perSecond);
  const planned = Array.from({ length: total }, (_, index) => ({
    name: `${prefix}-stale-${index}`,
    change: changes[index % changes.length] as Change,
  }));
  for (const { name, change } of planned) {
    if (change === "asks") await cluster.namespace(name);
    if (change === "asks no more") await cluster.namespace(name, { annotations: asking });
  }
  await cluster.apply(policy);
  await cluster.apply(binding);
  await selected(cluster, planned.find(({ change }) => change === "asks no more")?.name ?? "", true);
  // The replicas have heard of those, too.
  await sleep(500);
  proxy.hold(true);
  const held = proxy.watches();
  let latest = 0;
  for (const { name, change } of planned) {
    await changed(cluster, name, change);
    const since = performance.now();
    await selected(cluster, name, change !== "asks no more");
    latest = Math.max(latest, performance.now() - since);
    mixIn({ name: change, asked: change !== "asks no more", pod: pod(name) });
    await sleep(1000 / perSecond);
  }
  mixIn(undefined);
  proxy.hold(false);
  await until(1);
  return {
    says:
      `${total} namespaces changed (${changes.join("; ")}) while ${held} watches were silent; ` +
      `the API server's own selectors followed within ${latest.toFixed(0)} ms, and the pods then`,
    happened: held >= 2 && total > 0,
    unavoidable: 0,
  };
}

const group = "admissionregistration.k8s.io/v1";
const probe = "faults-selected";

/** Refuses ConfigMaps of one name in namespaces with the mirrored label. */
const policy: JsonObject = {
  apiVersion: group,
  kind: "ValidatingAdmissionPolicy",
  metadata: { name: probe },
  spec: {
    failurePolicy: "Fail",
    matchConstraints: {
      resourceRules: [
        {
          apiGroups: [""],
          apiVersions: ["v1"],
          operations: ["CREATE"],
          resources: ["configmaps"],
          resourceNames: [probe],
        },
      ],
    },
    validations: [{ expression: "false", message: "selected" }],
  },
};

const binding: JsonObject = {
  apiVersion: group,
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: { name: probe },
  spec: {
    policyName: probe,
    validationActions: ["Deny"],
    matchResources: {
      namespaceSelector: { matchExpressions: [{ key: mirrorLabel, operator: "In", values: askingValues }] },
    },
  },
};

/** Resolves when the API server's selectors see the namespace as it is. */
async function selected(cluster: Cluster, namespace: string, expected: boolean): Promise<void> {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: probe, namespace } };
  const refused = async (): Promise<boolean> => (await cluster.create(object, { dryRun: true })).status !== 201;
  await eventually(`${namespace} is seen as it is`, refused, (found) => found === expected, { every: 1 });
}

async function changed(cluster: Cluster, name: string, change: Change): Promise<void> {
  if (change === "is new and asks") return void (await cluster.namespace(name, { annotations: asking }));
  const annotations = change === "asks" ? asking : { "linkerd.io/inject": null };
  await annotated(cluster, name, annotations);
}

async function annotated(cluster: Cluster, name: string, annotations: JsonObject): Promise<void> {
  const call = { path: `/api/v1/namespaces/${name}`, contentType: "application/merge-patch+json" };
  good(await cluster.ask({ method: "PATCH", ...call, body: { metadata: { annotations } } }), `annotate ${name}`);
}
