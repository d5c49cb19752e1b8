/** Where a rotation of anchors or issuer stands, read from the cluster. */
import { collectionPath, namedPath, resources } from "../../core/kubernetes/kinds.ts";
import type { Kind } from "../../core/kubernetes/kinds.ts";
import { readAnchors, readIssuer } from "../../certificates/mesh/facts.ts";
import type { Anchor } from "../../certificates/mesh/facts.ts";
import { valueOfFlag } from "../../core/checks/deployment.ts";
import { metricOf } from "../../core/checks/metrics.ts";
import { hasEnded } from "../../core/checks/pods.ts";
import { readDocument } from "../../core/documents/document.ts";
import type { PodTrust, ReplicaView, RotationFacts } from "../../core/identity/rotation.ts";
import { dataChanged, managerOf, rotationIn } from "../../core/identity/rotation-objects.ts";
import { defaultLife } from "../../core/identity/validity.ts";
import type { LeafLife } from "../../core/identity/validity.ts";
import { issuerIn } from "../../core/install/control-plane.ts";
import { domainsOf } from "../../core/mesh/control-plane.ts";
import { adminPath, components, names, podSelectorText } from "../../core/install/names.ts";
import { nameOf } from "../../core/install/print.ts";
import { isObject } from "../../core/base/json/json.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { parseDuration, wholeMilliseconds } from "../../core/base/scalars/duration.ts";
import { issueText } from "../../core/base/text/issue.ts";
import type { AskApi } from "../../kube/api.ts";
import { CommandFailure } from "../io.ts";
import { listed } from "../listed.ts";
import { found } from "../live-objects.ts";
import { meshedPods, podTrusts } from "../../certificates/mesh/pod-trusts.ts";
import { sha256 } from "../../files/sha256.ts";

export interface Gathered {
  readonly facts: RotationFacts;
  readonly anchors: readonly Anchor[];
  readonly bundleText: string;
  readonly trustDomain: string;
  readonly configMap: JsonObject;
  /** Undefined: there is none. */
  readonly secret: JsonObject | undefined;
}

export async function gatherRotation(ask: AskApi, namespace: string, now: Date): Promise<Gathered> {
  const one = (kind: Kind, name: string): Promise<JsonObject | undefined> =>
    found(ask, namedPath(kind, name, namespace));
  const [deployment, configMap, secret, settings] = await Promise.all([
    one(resources.deployments, names.controller),
    one(resources.configMaps, names.trustAnchors),
    one(resources.secrets, names.issuer),
    one(resources.configMaps, names.settings),
  ]);
  if (deployment === undefined)
    throw new CommandFailure([
      `there is no deployment/${names.controller} in namespace ${namespace}: of a mesh with Linkerd's control plane Linkerd changes anchors and issuer`,
    ]);
  if (configMap === undefined)
    throw new CommandFailure([`there is no configmap/${names.trustAnchors} in namespace ${namespace}`]);
  const bundleText = textOf(configMap, names.trustAnchorsKey);
  const anchors = await readAnchors(bundleText, `configmap/${names.trustAnchors}`);
  if ("issues" in anchors) throw new CommandFailure(anchors.issues.map(issueText));
  const values = readDocument(textOf(settings ?? {}, names.settingsKey)).value;
  const [pods, replicas] = await Promise.all([podsOf(ask, namespace), replicasOf(ask, namespace)]);
  return {
    facts: {
      bundle: {
        anchors: anchors.value,
        sha256: sha256(bundleText),
        changed: dataChanged(configMap),
        rotation: rotationIn(configMap),
      },
      issuer: await issuerOf(secret, anchors.value),
      pods,
      replicas,
      leaf: leafLifeOf(deployment),
      now: now.getTime(),
    },
    anchors: anchors.value,
    bundleText,
    trustDomain: domainsOf(isObject(values) ? values : {}).trustDomain,
    configMap,
    secret,
  };
}

async function issuerOf(secret: JsonObject | undefined, anchors: readonly Anchor[]): Promise<RotationFacts["issuer"]> {
  const files = secret === undefined ? undefined : issuerIn(secret);
  if (secret === undefined || files === undefined) return undefined;
  const text = Buffer.from(files.certificate, "base64").toString("utf8");
  const read = await readIssuer(text, anchors, `secret/${names.issuer}`);
  return "issues" in read ? undefined : { ...read.value, changed: dataChanged(secret), manager: managerOf(secret) };
}

/** What the control plane is started with; without it, or when that is no duration, as usual. */
function leafLifeOf(deployment: JsonObject): LeafLife {
  const milliseconds = (flag: string, defaultValue: number): number => {
    const duration = parseDuration(valueOfFlag(deployment, flag) ?? "");
    return duration === undefined ? defaultValue : Number(wholeMilliseconds(duration));
  };
  return {
    lifetime: milliseconds("--identity-lifetime", defaultLife.lifetime),
    clockSkew: milliseconds("--identity-clock-skew", defaultLife.clockSkew),
  };
}

/** Of this mesh: those that injection has labelled with its control plane. */
const podsOf = async (ask: AskApi, namespace: string): Promise<readonly PodTrust[]> =>
  podTrusts(await listed(ask, collectionPath(resources.pods), { labelSelector: meshedPods(namespace) }));

async function replicasOf(ask: AskApi, namespace: string): Promise<readonly ReplicaView[]> {
  const path = collectionPath(resources.pods, namespace);
  const found = await Promise.all(
    [components.injector, components.controller].map((component) =>
      listed(ask, path, { labelSelector: podSelectorText(component) }),
    ),
  );
  return Promise.all(
    found
      .flat()
      .filter((pod) => !hasEnded(pod))
      .map(async (pod) => {
        const { name } = nameOf({ ...pod, apiVersion: "v1", kind: "Pod" });
        const path = `${adminPath(namespace, name)}/metrics`;
        const { text } = await ask({ method: "GET", path, accept: "text/plain" });
        const seconds = metricOf(text ?? "", "weft_issuer_expiry_timestamp_seconds")?.value;
        return {
          name,
          issuerEnds: seconds === undefined ? undefined : seconds * 1000,
          bundle: metricOf(text ?? "", "weft_trust_anchors_info")?.labels["sha256"],
        };
      }),
  );
}

function textOf({ data }: JsonObject, key: string): string {
  const text = isObject(data) ? data[key] : undefined;
  return typeof text === "string" ? text : "";
}
