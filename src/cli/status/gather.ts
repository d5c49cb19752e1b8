/** The pods of a cluster, each for what it is in the mesh: read page by page, and of each only its state is kept. */
import { fingerprintsIn } from "../../certificates/mesh/facts.ts";
import { perText } from "../../core/base/memory/memo.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { annotationsOf, labelsOf, nameOf, textAt } from "../../core/base/json/read.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { controlPlaneNamespaceIn, namedInputs } from "../../core/checks/deployment.ts";
import { known } from "../../core/checks/fact.ts";
import type { Fact, Unknown } from "../../core/checks/fact.ts";
import { registeredNamespace } from "../../core/checks/registered.ts";
import { anchorsText, valuesIn } from "../../core/checks/settings.ts";
import { podState } from "../../core/dataplane/state.ts";
import type { MeshNow, NamespaceNow, PodState } from "../../core/dataplane/state.ts";
import { askedSince } from "../../core/dataplane/times.ts";
import { readInstallation } from "../../core/inject/settings/installation.ts";
import type { Installation } from "../../core/inject/settings/installation.ts";
import { names } from "../../core/install/names.ts";
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import { linkerdNamespace } from "../../core/mesh/control-plane.ts";
import { sha256 } from "../../files/sha256.ts";
import { metadataOnly, readNamed, registrations } from "../check/reach.ts";
import type { Reach } from "../check/reach.ts";
import { meshObjects, ownRegistration } from "../objects/installed.ts";

/** Which pods. */
export interface PodsWanted {
  /** Undefined: all. */
  readonly namespace: string | undefined;
  /** A label selector; blank: all. */
  readonly selector: string;
}

export interface DataPlane {
  readonly mesh: MeshNow;
  readonly states: readonly PodState[];
}

/** Unknown: the first thing without which nothing can be said. `weft`: its namespace, where nothing is registered. */
export async function gatherDataPlane(reach: Reach, wanted: PodsWanted, weft?: string): Promise<Fact<DataPlane>> {
  const mesh = await gatherMesh(reach, weft);
  if (mesh.kind !== "known") return mesh;
  const states = await gatherPods(reach, mesh.value, wanted);
  return states.kind === "known" ? known({ mesh: mesh.value, states: states.value }) : states;
}

/** What pods are compared with: the settings and trust anchors that the installed weft names, and its registration. */
export async function gatherMesh(reach: Reach, weft = "weft"): Promise<Fact<MeshNow>> {
  const mutating = await registrations(reach);
  if (mutating.kind !== "known") return mutating;
  const namespace = registeredNamespace(mutating.value) ?? weft;
  const deployment = await readNamed(reach, resources.deployments, names.injector, namespace);
  if (deployment.kind !== "known") return deployment;
  const { settings, trustAnchors } = await meshObjects(reach, { ...namedInputs(deployment.value), namespace });
  if (settings.kind !== "known") return settings;
  if (trustAnchors.kind !== "known") return trustAnchors;
  const installation = installationIn(settings.value, trustAnchors.value, controlPlaneNamespaceIn(deployment.value));
  if (installation.kind !== "known") return installation;
  return known({
    installation: installation.value,
    registration: ownRegistration(mutating.value, namespace),
    // Thousands of pods carry the same few bundles, however long these are.
    fingerprints: perText(fingerprintsIn, { longest: Infinity }),
  });
}

function installationIn(
  settings: JsonObject,
  anchors: JsonObject,
  controlPlaneNamespace = linkerdNamespace,
): Fact<Installation> {
  const refused = (text: string): Unknown => ({ kind: "refused", what: `ConfigMap ${nameOf(settings)}`, text });
  const values = valuesIn(settings);
  if ("errors" in values) return refused(values.errors.join("; "));
  const pem = anchorsText(anchors);
  const trustAnchors = { pem, sha256: sha256(pem) };
  const read = readInstallation({ values: values.value, trustAnchors, controlPlaneNamespace, sha256 });
  return "issues" in read ? refused(read.issues.map(issueText).join("; ")) : known(read.value.installation);
}

async function gatherPods(reach: Reach, mesh: MeshNow, wanted: PodsWanted): Promise<Fact<readonly PodState[]>> {
  const { namespace, selector } = wanted;
  const namespaces = await gatherNamespaces(reach, namespace);
  if (namespaces.kind !== "known") return namespaces;
  const found = new Map(namespaces.value.map((each) => [each.name, each]));
  const keep = (pod: JsonObject): PodState => {
    const name = textAt(pod, "metadata", "namespace");
    return podState(pod, found.get(name) ?? { ...unread, name }, mesh);
  };
  const query = selector === "" ? {} : { labelSelector: selector };
  return reach.reduced("Pods", collectionPath(resources.pods, namespace), keep, { query });
}

/** Made after the others were listed. */
const unread = { annotations: {}, labels: {}, asked: undefined };

async function gatherNamespaces(reach: Reach, only: string | undefined): Promise<Fact<readonly NamespaceNow[]>> {
  if (only === undefined)
    return reach.reduced("Namespaces", collectionPath(resources.namespaces), namespaceNow, { accept: metadataOnly });
  const one = await readNamed(reach, resources.namespaces, only);
  return one.kind === "known" ? known([namespaceNow(one.value)]) : one;
}

const namespaceNow = (namespace: JsonObject): NamespaceNow => ({
  name: nameOf(namespace),
  annotations: annotationsOf(namespace),
  labels: labelsOf(namespace),
  asked: askedSince(namespace),
});
