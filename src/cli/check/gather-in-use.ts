/** What tells whether every replica uses what is stored, and nothing else: it is asked again and again. */
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import { nameOf } from "../../core/base/json/read.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { namedInputs } from "../../core/checks/deployment.ts";
import { known, valueOf } from "../../core/checks/fact.ts";
import type { Fact } from "../../core/checks/fact.ts";
import type { IssuerFound, PodPages } from "../../core/checks/facts.ts";
import type { InUseFacts } from "../../core/checks/in-use.ts";
import { issuerIn } from "../../core/install/control-plane.ts";
import { components, names, podSelectorText } from "../../core/install/names.ts";
import type { Component } from "../../core/install/names.ts";
import { readPages } from "./pages.ts";
import { readNamed } from "./reach.ts";
import type { Objects, Reach } from "./reach.ts";
import { checkTools } from "./tools.ts";

/** Of weft in that namespace. */
export async function gatherInUse(reach: Reach, namespace: string): Promise<InUseFacts> {
  const [deployment, ...stored] = await Promise.all([
    readNamed(reach, resources.deployments, names.injector, namespace),
    readNamed(reach, resources.deployments, names.controller, namespace),
    readNamed(reach, resources.secrets, names.issuer, namespace),
  ]);
  const [controller, secret] = stored;
  const inputs = namedInputs(valueOf(deployment));
  const [settings, trustAnchors] = await Promise.all([
    readNamed(reach, resources.configMaps, inputs.settings, namespace),
    readNamed(reach, resources.configMaps, inputs.trustAnchors, namespace),
  ]);
  const [injectors, controllers] = await Promise.all([
    replicas(reach, namespace, components.injector),
    controller.kind === "absent" ? undefined : replicas(reach, namespace, components.controller),
  ]);
  const controlPlane = controllers && { ...controllers, issuer: issuerOf(secret) };
  return { settings, trustAnchors, ...injectors, controlPlane, tools: checkTools };
}

async function replicas(
  reach: Reach,
  namespace: string,
  component: Component,
): Promise<{ readonly pods: Fact<Objects>; readonly pages: readonly PodPages[] }> {
  const path = collectionPath(resources.pods, namespace);
  const pods = await reach.list(`Pods of ${component}`, path, {
    query: { labelSelector: podSelectorText(component) },
  });
  const pages = await Promise.all((valueOf(pods) ?? []).map((pod) => readPages(reach, namespace, nameOf(pod))));
  return { pods, pages };
}

/** As far as it tells which it is; whether it can sign is not asked here. */
function issuerOf(secret: Fact<JsonObject>): Fact<IssuerFound> {
  if (secret.kind !== "known") return secret;
  const pem = checkTools.fromBase64(issuerIn(secret.value)?.certificate ?? "");
  return known({ certificate: checkTools.readCertificates(pem).certificates[0], anchors: [], issues: [] });
}
