/** `--adopt-linkerd`: what a running Linkerd injects with, read from the two ConfigMaps that weft will mount too. */
import { namedPath, resources } from "../../core/kubernetes/kinds.ts";
import { valuesIn } from "../../core/cluster/values-file.ts";
import { names } from "../../core/install/names.ts";
import { isObject } from "../../core/base/json/json.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import type { Result } from "../../core/base/text/result.ts";
import { allOf, failed } from "../../core/base/text/result.ts";
import type { AskApi } from "../../kube/api.ts";
import { CommandFailure } from "../io.ts";

export interface Adopted {
  readonly values: JsonObject;
  /** PEM. */
  readonly trustAnchors: string;
}

/** Fails with everything that is missing or unusable. Whether the settings can inject is seen afterwards. */
export async function adoptLinkerd(ask: AskApi, namespace: string): Promise<Adopted> {
  const settings = await keyOf(ask, namespace, names.settings, names.settingsKey);
  const trustAnchors = await keyOf(ask, namespace, names.trustAnchors, names.trustAnchorsKey);
  const values = "value" in settings ? mapIn(settings.value, `configmap/${names.settings}`) : settings;
  const both = allOf([values, trustAnchors]);
  if ("value" in both) return { values: both.value[0], trustAnchors: both.value[1] };
  throw new CommandFailure(both.issues.map((issue) => `--adopt-linkerd: ${issueText(issue)}`));
}

async function keyOf(ask: AskApi, namespace: string, name: string, key: string): Promise<Result<string>> {
  const at = `configmap/${name} in namespace ${namespace}`;
  const { status, body } = await ask({ method: "GET", path: namedPath(resources.configMaps, name, namespace) });
  if (status === 404) return failed(at, "is not there: is Linkerd installed, and in this namespace?");
  if (status !== 200) return failed(at, `the API server answers ${status}`);
  const data = isObject(body) && isObject(body["data"]) ? body["data"] : {};
  const text = data[key];
  return typeof text === "string" ? { value: text } : failed(at, `has no key ${key}`);
}

function mapIn(text: string, name: string): Result<JsonObject> {
  const values = valuesIn({ name, text });
  if ("issues" in values) return values;
  return isObject(values.value) ? { value: values.value } : failed(name, "the values must be a map");
}
