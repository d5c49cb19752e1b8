/**
 * The mesh that a cluster has: the control plane's namespace, the settings and the trust anchors that new pods get. All
 * three come from one place, as pods with those of two meshes never start.
 */
import { controlPlaneNamespaceIn, namedInputs } from "../../core/checks/deployment.ts";
import type { Fact, Unknown } from "../../core/checks/fact.ts";
import { valueOf } from "../../core/checks/fact.ts";
import {
  linkerdsNamespace,
  ownConfiguration,
  registeredNamespace,
  registrationOf,
} from "../../core/checks/registered.ts";
import type { MeshInCluster } from "../../core/cluster/mesh-texts.ts";
import type { NamedText } from "../../core/cluster/objects.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { textAt } from "../../core/base/json/read.ts";
import type { Result } from "../../core/base/text/result.ts";
import { allOf, failed } from "../../core/base/text/result.ts";
import type { MeshNow } from "../../core/dataplane/state.ts";
import { timeAt } from "../../core/dataplane/times.ts";
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
  const { controlPlaneNamespace, namespace, ...named } = place.value;
  const found = await meshObjects(reach, place.value);
  const textOf = (part: keyof MeshObjects, key: string): Result<NamedText> =>
    textIn(`configmap/${named[part]} in namespace ${namespace}`, found[part], key);
  const read = allOf([textOf("settings", names.settingsKey), textOf("trustAnchors", names.trustAnchorsKey)]);
  return "issues" in read
    ? read
    : { value: { controlPlaneNamespace, settings: read.value[0], trustAnchors: read.value[1] } };
}

/** The names of two ConfigMaps of a namespace. */
export interface MeshObjectNames {
  readonly namespace: string;
  readonly settings: string;
  readonly trustAnchors: string;
}

export interface MeshObjects {
  readonly settings: Fact<JsonObject>;
  readonly trustAnchors: Fact<JsonObject>;
}

export async function meshObjects(reach: Reach, asked: MeshObjectNames): Promise<MeshObjects> {
  const read = (name: string): Promise<Fact<JsonObject>> =>
    readNamed(reach, resources.configMaps, name, asked.namespace);
  const [settings, trustAnchors] = await Promise.all([read(asked.settings), read(asked.trustAnchors)]);
  return { settings, trustAnchors };
}

/** What weft is registered for; `weft`: its namespace. */
export function ownRegistration(mutating: Objects, weft: string): MeshNow["registration"] {
  const configuration = ownConfiguration(mutating);
  if (configuration === undefined) return undefined;
  const made = timeAt(configuration, "metadata", "creationTimestamp");
  return { reach: registrationOf(configuration, {}, weft), made };
}

interface Place extends MeshObjectNames {
  readonly controlPlaneNamespace: string;
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

function textIn(name: string, found: Fact<JsonObject>, key: string): Result<NamedText> {
  if (found.kind !== "known") return failed(name, whyUnknown(found));
  const text = textAt(found.value, "data", key);
  return text === "" ? failed(name, `has no key ${key}`) : { value: { name, text } };
}

/** After the name of what was asked for. */
export const whyUnknown = ({ kind, text }: Unknown): string =>
  kind === "absent" ? "is not there" : kind === "silent" ? `nobody answers (${text})` : `cannot be read: ${text}`;
