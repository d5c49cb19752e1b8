/** What the checks of policies look at: the policies of the cluster, and the pods that they are about. */
import { collectionPath, groupPath, resources } from "../../core/kubernetes/kinds.ts";
import type { PoliciesFound } from "../../core/checks/facts.ts";
import { names } from "../../core/install/names.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { kindsNotTakenUp } from "../../core/mesh/not-taken-up.ts";
import { nameOf, namespacedName, objectsAt, textAt } from "../../core/base/json/read.ts";
import { policyFindings } from "../../core/policy/findings.ts";
import { clusterIndex } from "../../core/view/index.ts";
import { namespaceView, podView, policyView, serviceView } from "../../core/view/from-objects.ts";
import type { MeshView } from "../../core/view/mesh.ts";
import { policyResources } from "../../serve/controller/policy-resources.ts";
import type { PolicyResources } from "../../serve/controller/policy-resources.ts";
import type { Objects, Reach } from "./reach.ts";
import { meshView } from "../../serve/controller/mesh-settings.ts";
import { known } from "../../core/checks/fact.ts";
import type { Fact, Unknown } from "../../core/checks/fact.ts";
import { installationOf } from "../../serve/installation.ts";

export interface AroundPolicies {
  readonly controlPlaneNamespace: string;
  readonly settings: Fact<JsonObject>;
  /** Pods with a proxy. */
  readonly pods: Fact<Objects>;
  readonly namespaces: Fact<Objects>;
}

/** The first thing that could not be had is what is told: of half of the policies nothing can be said. */
export async function readPolicies(reach: Reach, around: AroundPolicies): Promise<Fact<PoliciesFound>> {
  const { pods, namespaces, settings } = around;
  if (settings.kind !== "known") return settings;
  if (pods.kind !== "known") return pods;
  if (namespaces.kind !== "known") return namespaces;
  const mesh = meshIn(settings.value, around.controlPlaneNamespace);
  if ("kind" in mesh) return mesh;
  const readable = await resourcesOf(reach);
  if ("kind" in readable) return readable;
  const index = clusterIndex();
  for (const [kind, path] of readable) {
    const found = await reach.list(`${kind}s`, path);
    if (found.kind !== "known") return found;
    for (const object of found.value) index.apply(kind, namespacedName(object), policyView(kind)(object));
  }
  if (aboutServices.some((kind) => index.size(kind) > 0)) {
    const services = await reach.list("Services", collectionPath(resources.services));
    if (services.kind !== "known") return services;
    for (const object of services.value) index.apply("Service", namespacedName(object), serviceView(object));
  }
  for (const object of namespaces.value) index.apply("Namespace", nameOf(object), namespaceView(object));
  const all = pods.value.map((object) => ({ pod: podView(object), object }));
  for (const { pod, object } of all) index.apply("Pod", namespacedName(object), pod);
  const findings = policyFindings(index.view(), mesh, { pods: all, namespaces: namespaces.value.map(nameOf) });
  const notTakenUp = await readNotTakenUp(reach);
  return notTakenUp.kind === "known" ? known({ ...findings, notTakenUp: notTakenUp.value }) : notTakenUp;
}

/** Kinds of which nothing can be said without the cluster's Services. */
const aboutServices = ["NetworkPolicy", "TCPRoute", "TrafficSplit"] as const;

function meshIn(settings: JsonObject, controlPlaneNamespace: string): MeshView | Unknown {
  const text = textAt(settings, "data", names.settingsKey);
  const what = "the settings";
  const loaded = installationOf({
    settings: { name: what, text },
    trustAnchors: undefined,
    controlPlaneNamespace,
  });
  const mesh = "issues" in loaded ? loaded : meshView(loaded.value, undefined);
  return "issues" in mesh ? { kind: "refused", what, text: mesh.issues.map(issueText).join("; ") } : mesh.value;
}

async function resourcesOf(reach: Reach): Promise<PolicyResources | Unknown> {
  let unread: Unknown | undefined;
  const ask: Parameters<typeof policyResources>[0] = async ({ path }) => {
    const found = await reach.object(path, path);
    if (found.kind === "known") return { status: 200, body: found.value };
    if (found.kind === "absent") return { status: 404, body: {} };
    unread = found;
    return { status: 500, body: {} };
  };
  try {
    return await policyResources(ask, AbortSignal.timeout(60_000));
  } catch (error) {
    if (unread === undefined) throw error;
    return unread;
  }
}

async function readNotTakenUp(reach: Reach): Promise<Fact<readonly string[]>> {
  const lines: string[] = [];
  for (const { group, resource, kind, lost, concerns = () => true } of kindsNotTakenUp) {
    const path = await pathOf(reach, group, resource);
    const found = path === undefined ? known([]) : await reach.list(`${kind}s`, path);
    if (found.kind !== "known" && found.kind !== "absent") return found;
    for (const object of found.kind === "known" ? found.value.filter(concerns) : [])
      lines.push(`${kind} ${namespacedName(object)}: ${deniesNothing(object) ? "denies nothing" : lost}`);
  }
  return known(lines);
}

const deniesNothing = (object: JsonObject): boolean => textAt(object, "spec", "trafficPolicy") === "Deny";

/** Undefined: there is no such resource, or nobody may know. */
async function pathOf(reach: Reach, group: string, resource: string): Promise<string | undefined> {
  const found = await reach.object(`API group ${group}`, groupPath(group));
  const versions =
    found.kind === "known" ? objectsAt(found.value, "versions").map((each) => textAt(each, "version")) : [];
  for (const version of versions) {
    const listed = await reach.object(`API group ${group}/${version}`, groupPath(`${group}/${version}`));
    const isThere =
      listed.kind === "known" && objectsAt(listed.value, "resources").some((each) => each["name"] === resource);
    if (isThere) return `${groupPath(`${group}/${version}`)}/${resource}`;
  }
  return undefined;
}
