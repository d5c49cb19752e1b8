/** `--adopt-linkerd`: what a running Linkerd injects with, read from the two ConfigMaps that weft will mount too. */
import { namedPath, resources } from "../../core/kubernetes/kinds.ts";
import { valuesIn } from "../../core/cluster/values-file.ts";
import { names } from "../../core/install/names.ts";
import { isObject } from "../../core/base/json/json.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import type { Issue } from "../../core/base/text/issue.ts";
import type { AskApi } from "../../kube/api.ts";
import { CommandFailure } from "../io.ts";

export interface Adopted {
  readonly values: JsonObject;
  /** PEM. */
  readonly trustAnchors: string;
}

type Found<Value> = { readonly value: Value } | { readonly issues: readonly Issue[] };

/** Fails with everything that is missing or unusable. Whether the settings can inject is seen afterwards. */
export async function adoptLinkerd(ask: AskApi, namespace: string): Promise<Adopted> {
  const settings = await keyOf(ask, namespace, names.settings, names.settingsKey);
  const trustAnchors = await keyOf(ask, namespace, names.trustAnchors, names.trustAnchorsKey);
  const values = "value" in settings ? mapIn(settings.value, `configmap/${names.settings}`) : settings;
  if ("value" in values && "value" in trustAnchors) return { values: values.value, trustAnchors: trustAnchors.value };
  const issues = [values, trustAnchors].flatMap((found) => ("issues" in found ? found.issues : []));
  throw new CommandFailure(issues.map((issue) => `--adopt-linkerd: ${issueText(issue)}`));
}

async function keyOf(ask: AskApi, namespace: string, name: string, key: string): Promise<Found<string>> {
  const at = `configmap/${name} in namespace ${namespace}`;
  const { status, body } = await ask({ method: "GET", path: namedPath(resources.configMaps, name, namespace) });
  if (status === 404)
    return { issues: [{ at, message: "is not there: is Linkerd installed, and in this namespace?" }] };
  if (status !== 200) return { issues: [{ at, message: `the API server answers ${status}` }] };
  const data = isObject(body) && isObject(body["data"]) ? body["data"] : {};
  const text = data[key];
  if (typeof text === "string") return { value: text };
  return { issues: [{ at, message: `has no key ${key}` }] };
}

function mapIn(text: string, name: string): Found<JsonObject> {
  const values = valuesIn({ name, text });
  if ("issues" in values) return values;
  return isObject(values.value)
    ? { value: values.value }
    : { issues: [{ at: name, message: "the values must be a map" }] };
}
