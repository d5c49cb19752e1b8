/** Where a rotation stands, as the cluster has it: the bundle's ConfigMap, the issuer's Secret, and pods with proxies. */
import { isObject } from "../base/json/json.ts";
import type { JsonObject } from "../base/json/json.ts";
import { keys, ownKeys } from "../mesh/annotations.ts";
import { anchorsVariable, sidecarOf } from "../mesh/sidecar.ts";
import { controllerOf, kindWord, nameOf, objectsAt, textAt } from "../base/json/read.ts";
import type { Fingerprint, PodTrust, Rotation } from "./rotation.ts";

export const rotationNote = ownKeys.anchorRotation;

/** Undefined: none is under way, or the note is none of ours. */
export function rotationIn(configMap: JsonObject): Rotation | undefined {
  const text = textAt(configMap, "metadata", "annotations", rotationNote);
  const [, from = "", to = ""] = /^([0-9a-f,]*) -> ([0-9a-f]{64})$/.exec(text) ?? [];
  return to === "" ? undefined : { from: from.split(",").filter((each) => each !== ""), to };
}

export const rotationText = ({ from, to }: Rotation): string => `${from.join(",")} -> ${to}`;

/** cert-manager says on a Secret which Certificate it is made from. */
export function managerOf(secret: JsonObject): string | undefined {
  const certificate = textAt(secret, "metadata", "annotations", "cert-manager.io/certificate-name");
  return certificate === "" ? undefined : `cert-manager (Certificate ${certificate})`;
}

/**
 * When its data was written last, as the API server notes it for whoever owns the data: at the latest, as the note is
 * renewed with whatever else they write. Undefined: it says nothing.
 */
export function dataChanged(object: JsonObject): number | undefined {
  const fields = objectsAt(object, "metadata", "managedFields");
  const times = fields.flatMap((each) => {
    const owned = each["fieldsV1"];
    const time = typeof each["time"] === "string" ? Date.parse(each["time"]) : Number.NaN;
    return isObject(owned) && owned["f:data"] !== undefined && !Number.isNaN(time) ? [time] : [];
  });
  return times.length === 0 ? undefined : Math.max(...times);
}

/** Undefined: it has no proxy, or has ended. `fingerprints`: of the certificates in a PEM text. */
export function podTrust(pod: JsonObject, fingerprints: (pem: string) => readonly Fingerprint[]): PodTrust | undefined {
  const phase = textAt(pod, "status", "phase");
  const proxy = sidecarOf(pod);
  if (proxy === undefined || phase === "Succeeded" || phase === "Failed") return undefined;
  const variable = objectsAt(proxy, "env").find(({ name }) => name === anchorsVariable);
  const value = variable?.["value"];
  return {
    namespace: textAt(pod, "metadata", "namespace"),
    name: nameOf(pod),
    owner: ownerOf(pod),
    trustRoot: textAt(pod, "metadata", "annotations", keys.trustRootHash),
    anchors: typeof value === "string" ? fingerprints(value) : undefined,
  };
}

/** Whom `kubectl rollout restart` can be told, where that is known from the pod alone. */
export function ownerOf(pod: JsonObject): string {
  const controller = controllerOf(pod);
  const isNamed = controller !== undefined && controller.kind !== "";
  return isNamed ? `${kindWord(controller)}/${controller.name}` : `pod/${nameOf(pod)}`;
}
