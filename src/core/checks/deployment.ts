/** What weft's Deployment is started with: flags, and what is mounted where. */
import { names, selectorText } from "../install/names.ts";
import type { JsonObject } from "../base/json/json.ts";
import { objectsAt, textAt, textMapAt, textsAt } from "../base/json/read.ts";

export interface NamedInputs {
  /** ConfigMaps. */
  readonly settings: string;
  readonly trustAnchors: string;
  /** A Secret; `undefined`: weft has its certificate from nowhere that could be looked at. */
  readonly certificates: string | undefined;
  /** weft makes its certificates, and keeps them in that Secret. */
  readonly isSelfMade: boolean;
}

/** Where pods that weft injects look for the control plane. */
export const controlPlaneNamespaceIn = (deployment: JsonObject | undefined): string | undefined =>
  deployment === undefined ? undefined : valueOfFlag(deployment, "--control-plane-namespace");

/** Those of a usual installation, for what the Deployment does not tell. */
const defaultValue: NamedInputs = {
  settings: names.settings,
  trustAnchors: names.trustAnchors,
  certificates: names.servedSecret,
  isSelfMade: true,
};

export function namedInputs(deployment: JsonObject | undefined): NamedInputs {
  if (deployment === undefined) return defaultValue;
  const settings = valueOfFlag(deployment, "--settings");
  const trustAnchors = valueOfFlag(deployment, "--trust-anchors");
  const tlsDir = valueOfFlag(deployment, "--tls-dir");
  const ownSecret = valueOfFlag(deployment, "--certificates-secret");
  const mountedSecret = tlsDir === undefined ? undefined : mountedAt(deployment, `${tlsDir}/`, "secret", "secretName");
  return {
    settings: mountedAt(deployment, settings, "configMap", "name") ?? defaultValue.settings,
    trustAnchors: mountedAt(deployment, trustAnchors, "configMap", "name") ?? defaultValue.trustAnchors,
    certificates: ownSecret ?? mountedSecret,
    isSelfMade: ownSecret !== undefined,
  };
}

/** For a label selector in a query. */
export const selectorOf = (deployment: JsonObject | undefined): string =>
  selectorText(textMapAt(deployment, "spec", "selector", "matchLabels"));

const containersOf = (deployment: JsonObject): readonly JsonObject[] =>
  objectsAt(deployment, "spec", "template", "spec", "containers");

/** `--flag value` or `--flag=value`. */
export function valueOfFlag(deployment: JsonObject, flag: string): string | undefined {
  const words = containersOf(deployment).flatMap((each) => [...textsAt(each, "command"), ...textsAt(each, "args")]);
  const joined = words.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1);
  const at = words.indexOf(flag);
  return joined ?? (at < 0 ? undefined : words[at + 1]);
}

function mountedAt(
  deployment: JsonObject,
  file: string | undefined,
  source: "configMap" | "secret",
  key: string,
): string | undefined {
  const mounts = containersOf(deployment).flatMap((container) => objectsAt(container, "volumeMounts"));
  const mount = mounts.find((each) => file?.startsWith(`${textAt(each, "mountPath").replace(/\/$/, "")}/`));
  const volumes = objectsAt(deployment, "spec", "template", "spec", "volumes");
  const volume = volumes.find((each) => mount !== undefined && each["name"] === mount["name"]);
  return textAt(volume, source, key) || undefined;
}
