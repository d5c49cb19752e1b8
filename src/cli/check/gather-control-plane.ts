/** What the checks of weft's own control plane look at, and whom the pods of the mesh trust. */
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import { readAnchors, readIssuer } from "../../certificates/mesh/facts.ts";
import type { ControlPlaneFacts, Facts, IssuerFound, ListenerFact, Question } from "../../core/checks/facts.ts";
import { nameOf, textAt } from "../../core/base/json/read.ts";
import { controllerRights } from "../../core/checks/rights.ts";
import { anchorsText, valuesIn } from "../../core/checks/settings.ts";
import { issuerIn } from "../../core/install/control-plane.ts";
import { controlPlaneServices, domainsOf } from "../../core/mesh/control-plane.ts";
import { components, names, podSelectorText } from "../../core/install/names.ts";
import { isObject } from "../../core/base/json/json.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { identityOf } from "../../core/mesh/identity.ts";
import type { IdentityDomain } from "../../core/mesh/identity.ts";
import { accountPods } from "../../core/checks/accounts.ts";
import { besideLines } from "../../core/checks/beside.ts";
import { readPages } from "./pages.ts";
import { readNamed } from "./reach.ts";
import type { Objects, Reach } from "./reach.ts";
import { askRightOf } from "./rights.ts";
import { checkTools } from "./tools.ts";
import { issuerIssues } from "../issuer-files.ts";
import { meshedPods, podTrusts } from "../../certificates/mesh/pod-trusts.ts";
import { known, valueOf } from "../../core/checks/fact.ts";
import type { Fact } from "../../core/checks/fact.ts";

export async function readControlPlane(
  reach: Reach,
  { namespace, now }: Question,
  { trustAnchors, settings }: Pick<Facts, "trustAnchors" | "settings">,
): Promise<ControlPlaneFacts> {
  const name = names.controller;
  const [deployment, secret, pods, services, rights, guard] = await Promise.all([
    readNamed(reach, resources.deployments, name, namespace),
    readNamed(reach, resources.secrets, names.issuer, namespace),
    reach.list(`Pods of ${name}`, collectionPath(resources.pods, namespace), {
      query: { labelSelector: podSelectorText(components.controller) },
    }),
    Promise.all(controlPlaneServices.map((each) => readNamed(reach, resources.services, each.name, namespace))),
    Promise.all(controllerRights(namespace).map((right) => askRightOf(reach, { namespace, name }, right))),
    Promise.all(
      [names.anchorGuard, names.installationGuard].flatMap((guard) => [
        readNamed(reach, resources.admissionPolicies, guard),
        readNamed(reach, resources.admissionPolicyBindings, guard),
      ]),
    ),
  ]);
  const anchors = anchorsText(valueOf(trustAnchors));
  const domain = { controlPlaneNamespace: namespace, trustDomain: trustDomainIn(settings) };
  const found = valueOf(pods) ?? [];
  const [pages, listeners] = await Promise.all([
    Promise.all(found.map((pod) => readPages(reach, namespace, nameOf(pod)))),
    Promise.all(found.flatMap((pod) => readListeners(reach, pod, { domain, anchors }))),
  ]);
  return {
    deployment,
    services,
    pods,
    pages,
    listeners,
    issuer: secret.kind === "known" ? known(await issuerFound(secret.value, anchors, now)) : secret,
    rights,
    guard,
  };
}

function trustDomainIn(settings: Fact<JsonObject>): string {
  const values = settings.kind === "known" ? valuesIn(settings.value) : { errors: [] };
  return domainsOf("value" in values && isObject(values.value) ? values.value : {}).trustDomain;
}

function readListeners(
  reach: Reach,
  pod: JsonObject,
  { domain, anchors }: { readonly domain: IdentityDomain; readonly anchors: string },
): readonly Promise<ListenerFact>[] {
  const host = textAt(pod, "status", "podIP");
  if (host === "") return [];
  return controlPlaneServices.map(async ({ port: { number: port }, account: serviceAccount }) => {
    const at = `${nameOf(pod)}, port ${port}`;
    const name = identityOf({ namespace: domain.controlPlaneNamespace, serviceAccount }, domain);
    return { at, name, shown: await reach.shown(at, { host, port, serverName: name, anchors }) };
  });
}

async function issuerFound(secret: JsonObject, anchors: string, now: Date): Promise<IssuerFound> {
  const at = `Secret ${names.issuer}`;
  const files = issuerIn(secret);
  if (files === undefined) {
    const message = "has neither crt.pem and key.pem nor tls.crt and tls.key";
    return { certificate: undefined, anchors: [], issues: [{ at, message }] };
  }
  const [certificate, key] = [checkTools.fromBase64(files.certificate), checkTools.fromBase64(files.key)];
  const given = { certificate, key, names: { certificate: `its certificate`, key: "its key" } };
  const roots = await readAnchors(anchors, "trust anchors");
  const issuer = "value" in roots ? await readIssuer(certificate, roots.value, at) : undefined;
  return {
    certificate: checkTools.readCertificates(certificate).certificates[0],
    anchors: issuer !== undefined && "value" in issuer ? issuer.value.anchors : [],
    issues: await issuerIssues(given, { text: anchors, name: "the trust anchors" }, now),
  };
}

export const readMeshedPods = (reach: Reach, controlPlaneNamespace: string): Promise<Fact<Objects>> =>
  reach.list("Pods with a proxy", collectionPath(resources.pods), {
    query: { labelSelector: meshedPods(controlPlaneNamespace) },
  });

export const factsOfMeshed = (pods: Fact<Objects>): Pick<Facts, "meshed" | "accounts" | "beside"> =>
  pods.kind === "known"
    ? {
        meshed: known(podTrusts(pods.value)),
        accounts: known(accountPods(pods.value)),
        beside: known(besideLines(pods.value)),
      }
    : { meshed: pods, accounts: pods, beside: pods };
