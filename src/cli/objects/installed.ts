/**
 * The mesh that a cluster has: the control plane's namespace, the settings and the trust anchors that new pods get. All
 * three come from one place, as pods with those of two meshes never start.
 */
import { controlPlaneNamespaceIn, namedInputs } from "../../core/checks/deployment.ts";
import type { Fact, Unknown } from "../../core/checks/fact.ts";
import { valueOf } from "../../core/checks/fact.ts";
import { linkerdsNamespace, registeredNamespace } from "../../core/checks/registered.ts";
import type { MeshInCluster } from "../../core/cluster/mesh-texts.ts";
import type { NamedText } from "../../core/cluster/objects.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { textAt } from "../../core/base/json/read.ts";
import type { Result } from "../../core/base/text/result.ts";
import { allOf, failed } from "../../core/base/text/result.ts";
import { names } from "../../core/install/names.ts";
import { resources } from "../../core/kubernetes/kinds.ts";
import { linkerdNamespace } from "../../core/mesh/control-plane.ts";
import { readNamed } from "../check/reach.ts";
import type { Objects, Reach } from "../check/reach.ts";

/**
 * `mutating`: the registrations of the cluster. `wanted`: the control plane's namespace, where a flag says it; with two
 * meshes in a cluster it chooses.
 */
export async function installedMesh(
  reach: Reach,
  mutating: Fact<Objects>,
  wanted: string | undefined,
): Promise<Result<MeshInCluster>> {
  const place = await placeOf(reach, mutating, wanted);
  if ("issues" in place) return place;
  const { controlPlaneNamespace, namespace, settings, trustAnchors } = place.value;
  const texts = await Promise.all([
    textIn(reach, namespace, settings, names.settingsKey),
    textIn(reach, namespace, trustAnchors, names.trustAnchorsKey),
  ]);
  const read = allOf(texts);
  return "issues" in read
    ? read
    : { value: { controlPlaneNamespace, settings: read.value[0], trustAnchors: read.value[1] } };
}

interface Place {
  readonly controlPlaneNamespace: string;
  /** Of both ConfigMaps. */
  readonly namespace: string;
  readonly settings: string;
  readonly trustAnchors: string;
}

/** Read from top to bottom: weft that is registered, Linkerd that is, the namespace of the flag. */
async function placeOf(reach: Reach, mutating: Fact<Objects>, wanted: string | undefined): Promise<Result<Place>> {
  if (mutating.kind !== "known" && wanted === undefined) return failed(mutating.what, whyUnknown(mutating));
  const registered = valueOf(mutating) ?? [];
  const weft = await placeOfWeft(reach, registeredNamespace(registered));
  const linkerd = linkerdsNamespace(registered);
  const places = [...weft, ...(linkerd === undefined ? [] : [linkerdsPlace(linkerd)])];
  const found = places.find((place) => wanted === undefined || place.controlPlaneNamespace === wanted);
  if (found !== undefined) return { value: found };
  if (wanted !== undefined) return { value: linkerdsPlace(wanted) };
  return failed("", "neither weft nor Linkerd is registered in this cluster: whose settings are meant, -L says");
}

const linkerdsPlace = (namespace: string): Place => ({
  controlPlaneNamespace: namespace,
  namespace,
  settings: names.settings,
  trustAnchors: names.trustAnchors,
});

async function placeOfWeft(reach: Reach, namespace: string | undefined): Promise<readonly Place[]> {
  if (namespace === undefined) return [];
  const deployment = valueOf(await readNamed(reach, resources.deployments, names.injector, namespace));
  const { settings, trustAnchors } = namedInputs(deployment);
  const controlPlaneNamespace = controlPlaneNamespaceIn(deployment) ?? linkerdNamespace;
  return deployment === undefined ? [] : [{ controlPlaneNamespace, namespace, settings, trustAnchors }];
}

async function textIn(reach: Reach, namespace: string, configMap: string, key: string): Promise<Result<NamedText>> {
  const name = `configmap/${configMap} in namespace ${namespace}`;
  const found: Fact<JsonObject> = await readNamed(reach, resources.configMaps, configMap, namespace);
  if (found.kind !== "known") return failed(name, whyUnknown(found));
  const text = textAt(found.value, "data", key);
  return text === "" ? failed(name, `has no key ${key}`) : { value: { name, text } };
}

/** After the name of what was asked for. */
export const whyUnknown = ({ kind, text }: Unknown): string =>
  kind === "absent" ? "is not there" : kind === "silent" ? `nobody answers (${text})` : `cannot be read: ${text}`;
