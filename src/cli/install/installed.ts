/** What weft is installed with in a cluster: where `weft upgrade` starts from. */
import { collectionPath, namedPath, resources } from "../../core/kubernetes/kinds.ts";
import type { Kind } from "../../core/kubernetes/kinds.ts";
import { valuesIn } from "../../core/cluster/values-file.ts";
import { issuerIn } from "../../core/install/control-plane.ts";
import { notInstalled } from "../../core/install/before.ts";
import { followingVersion, withImageParts } from "../../core/install/image.ts";
import { keeperOf } from "../../core/install/keeper.ts";
import type { Keeper } from "../../core/install/keeper.ts";
import { annotationsOf, labelsOf } from "../../core/base/json/read.ts";
import { ownKeys } from "../../core/mesh/annotations.ts";
import { nameOf } from "../../core/install/print.ts";
import { labelSelector, names } from "../../core/install/names.ts";
import { itemsOf } from "../../core/base/json/edit.ts";
import { isObject } from "../../core/base/json/json.ts";
import type { Json, JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import type { AskApi } from "../../kube/api.ts";
import { CommandFailure } from "../io.ts";
import { found, whyRefused } from "../live-objects.ts";
import type { Certificates, IssuerFiles } from "../../core/install/chosen.ts";

export interface Installed {
  readonly namespace: string;
  /** The values and flags of then; an image's tag that is the version of then is left out. */
  readonly given: JsonObject;
  /** Of the weft that is installed; undefined: its Deployment does not say. */
  readonly version: string | undefined;
  /** Which mesh it is; blank where a tool has the manifests and they do not say, undefined where nobody does. */
  readonly mesh: string | undefined;
  /** A tool that has the manifests; undefined: none is known. */
  readonly keeper: Keeper | undefined;
  /** PEM; undefined when Linkerd is adopted. */
  readonly trustAnchors: string | undefined;
  /** Of weft's own control plane. */
  readonly issuer: IssuerFiles | undefined;
  /** With given files. */
  readonly files: Omit<Extract<Certificates, { kind: "files" }>, "kind"> | undefined;
}

/** The one installation, or the one in `namespace`. */
export async function installedIn(ask: AskApi, namespace: string | undefined): Promise<Installed> {
  const answer = await ask({ method: "GET", path: collectionPath(resources.configMaps), query: { labelSelector } });
  if (answer.status >= 300) throw new CommandFailure([`ConfigMaps cannot be listed: ${whyRefused(answer)}`]);
  const found = (isObject(answer.body) ? itemsOf(answer.body["items"]) : []).filter((item) => {
    const { name, namespace: where } = nameOf(item);
    return name === names.given && (namespace === undefined || where === namespace);
  });
  const [first, ...others] = found;
  if (first === undefined) throw new CommandFailure(notInstalled(namespace, `: there is no configmap/${names.given}`));
  if (others.length > 0)
    throw new CommandFailure([
      `weft is installed in ${found.map((item) => nameOf(item).namespace).join(" and in ")}: say which with --namespace`,
    ]);
  return readInstalled(first, ask);
}

async function readInstalled(configMap: JsonObject, ask: AskApi): Promise<Installed> {
  const { namespace } = nameOf(configMap);
  const read = valuesIn({ name: `configmap/${names.given}`, text: textIn(configMap, names.givenKey) ?? "" });
  if ("issues" in read) throw new CommandFailure(read.issues.map(issueText));
  const inNamespace = async (kind: Kind, name: string): Promise<Json> => {
    const { status, body } = await ask({ method: "GET", path: namedPath(kind, name, namespace) });
    return status < 300 ? body : null;
  };
  const given = withImageParts(isObject(read.value) ? read.value : {});
  const version = versionOf(await inNamespace(resources.deployments, names.injector));
  return {
    namespace,
    given: followingVersion(given, version),
    version,
    mesh: annotationsOf(configMap)[ownKeys.mesh] ?? (keeperOf(configMap) === undefined ? undefined : ""),
    keeper: keeperOf(configMap),
    trustAnchors: textIn(await inNamespace(resources.configMaps, names.trustAnchors), names.trustAnchorsKey),
    issuer: await issuerOf(namespace, ask),
    files: await filesIn(await inNamespace(resources.secrets, names.givenSecret), ask),
  };
}

/** Each Deployment is labelled with the version that wrote it. */
const versionOf = (deployment: Json): string | undefined =>
  isObject(deployment) ? labelsOf(deployment)["app.kubernetes.io/version"] : undefined;

/** Where weft's own control plane is; then what cannot be read must not be taken for absent, or another would be made. */
async function issuerOf(namespace: string, ask: AskApi): Promise<IssuerFiles | undefined> {
  const deployment = await found(ask, namedPath(resources.deployments, names.controller, namespace));
  if (deployment === undefined) return undefined;
  const secret = await found(ask, namedPath(resources.secrets, names.issuer, namespace));
  return secret === undefined ? undefined : issuerIn(secret);
}

async function filesIn(secret: Json, ask: AskApi): Promise<Installed["files"]> {
  const [certificate, key] = ["tls.crt", "tls.key"].map((name) => textIn(secret, name));
  if (certificate === undefined || key === undefined) return undefined;
  const path = collectionPath(resources.validatingWebhooks);
  const { body } = await ask({ method: "GET", path, query: { labelSelector } });
  const entries = (isObject(body) ? itemsOf(body["items"]) : []).flatMap((item) => itemsOf(item["webhooks"]));
  const caBundle = entries.flatMap(({ clientConfig }) => (isObject(clientConfig) ? [clientConfig["caBundle"]] : []))[0];
  return { certificate, key, caBundle: typeof caBundle === "string" ? caBundle : "" };
}

function textIn(object: Json, key: string): string | undefined {
  const data = isObject(object) ? object["data"] : undefined;
  const text = isObject(data) ? data[key] : undefined;
  return typeof text === "string" ? text : undefined;
}
