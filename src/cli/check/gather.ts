/** What the checks of an installed weft look at, read from the cluster. What depends on nothing is asked at once. */
import { linkerdNamespace } from "../../core/mesh/control-plane.ts";
import type { Facts, ObjectName, ProbeAnswer, Question } from "../../core/checks/facts.ts";
import { controlPlaneNamespaceIn, namedInputs, selectorOf } from "../../core/checks/deployment.ts";
import { addressed } from "../../core/checks/networks.ts";
import { unheededAnnotations } from "../../core/checks/not-taken-up.ts";
import { namespaceAsks, probePod } from "../../core/checks/probe.ts";
import { nameOf, textAt } from "../../core/base/json/read.ts";
import { ownConfiguration, webhooksOf } from "../../core/checks/registered.ts";
import { neededRights } from "../../core/checks/rights.ts";
import { configurationNames, names } from "../../core/install/names.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { askRightOf } from "./rights.ts";
import { readControlPlane, readMeshedPods, factsOfMeshed } from "./gather-control-plane.ts";
import { readCertificateController } from "./gather-certificates.ts";
import { readPolicies } from "./gather-policies.ts";
import { readPages } from "./pages.ts";
import { checkTools } from "./tools.ts";
import type { Objects, Reach } from "./reach.ts";
import { deadReach } from "./reach.ts";
import { known, valueOf } from "../../core/checks/fact.ts";
import type { Fact } from "../../core/checks/fact.ts";

export interface Wanted {
  readonly question: Omit<Question, "namespace" | "controlPlaneNamespace">;
  /** `undefined`: where the installed weft says. */
  readonly controlPlaneNamespace: string | undefined;
  /** weft's namespace; `undefined`: where the registered Service is, else the usual one. */
  readonly namespace: string | undefined;
}

export async function gatherInstalled(open: Reach, wanted: Wanted): Promise<Facts> {
  const server = await open.server();
  const reach = server.kind === "known" ? open : deadReach(server);
  const [mutating, validating] = await Promise.all([
    reach.list("MutatingWebhookConfigurations", `${admission}/mutatingwebhookconfigurations`),
    reach.list("ValidatingWebhookConfigurations", `${admission}/validatingwebhookconfigurations`),
  ]);
  const namespace = wanted.namespace ?? registeredNamespace(mutating) ?? "weft";
  const found = await readPlace(reach, grouped("Deployment", "apps/v1", "deployments", namespace));
  const full: Question = {
    ...wanted.question,
    namespace,
    controlPlaneNamespace: wanted.controlPlaneNamespace ?? controlPlaneNamespaceIn(valueOf(found)) ?? linkerdNamespace,
  };
  const [objects, endpointSlices, namespaces, services] = await Promise.all([
    readObjects(reach, full, found),
    reach.list(`EndpointSlices of Service ${own}`, `${discovery(full.namespace)}/endpointslices`, {
      query: { labelSelector: `kubernetes.io/service-name=${own}` },
    }),
    reach.list("Namespaces", "/api/v1/namespaces", { accept: metadataOnly }),
    reach.list("Services", "/api/v1/services"),
  ]);
  const deployment = valueOf(objects.deployment);
  const [installed, meshed, addresses, rights, probes] = await Promise.all([
    readInputs(reach, full.namespace, deployment),
    readMeshedPods(reach, full.controlPlaneNamespace),
    readAddresses(reach, services),
    Promise.all(
      neededRights(full.namespace, deployment).map((right) =>
        askRightOf(reach, { namespace: full.namespace, name: own }, right),
      ),
    ),
    readProbes(reach, full, objects.probeNamespace),
  ]);
  const isOwn =
    namespace === full.controlPlaneNamespace && registeredName(mutating) !== configurationNames(true).mutating;
  const certificateController = namedInputs(deployment).isSelfMade
    ? await readCertificateController(reach, full.namespace, registeredName(mutating))
    : undefined;
  const controlPlane = isOwn ? await readControlPlane(reach, full, installed) : undefined;
  const { controlPlaneNamespace } = full;
  const around = { controlPlaneNamespace, settings: installed.settings, pods: meshed, namespaces };
  const policies = isOwn ? await readPolicies(reach, around) : undefined;
  const registered = { mutating, validating, namespaces, endpointSlices };
  return {
    question: full,
    server,
    objects,
    ...registered,
    ...installed,
    certificateController,
    controlPlane,
    policies,
    ...factsOfMeshed(meshed),
    notTakenUp: notTakenUpOf(meshed, namespaces, services),
    addresses,
    rights,
    probes,
    tools: checkTools,
  };
}

const own = names.injector;
const admission = "/apis/admissionregistration.k8s.io/v1";
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const discovery = (namespace: string): string => `/apis/discovery.k8s.io/v1/namespaces/${namespace}`;

// 10,000 namespaces are megabytes otherwise.
const metadataOnly = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

const registeredName = (mutating: Fact<Objects>): string => {
  const configuration = ownConfiguration(valueOf(mutating) ?? []);
  return configuration === undefined ? "" : nameOf(configuration);
};

function registeredNamespace(mutating: Fact<Objects>): string | undefined {
  const configuration = ownConfiguration(valueOf(mutating) ?? []);
  const services = (configuration === undefined ? [] : webhooksOf(configuration)).map((webhook) =>
    textAt(webhook, "clientConfig", "service", "namespace"),
  );
  return services.find((name) => name !== "");
}

interface Place {
  readonly kind: string;
  /** Without the name. */
  readonly path: string;
  readonly name: string;
  readonly namespace?: string;
}

const core = (kind: string, plural: string, namespace: string, name: string): Place => ({
  kind,
  path: `/api/v1/namespaces/${namespace}/${plural}`,
  name,
  namespace,
});

const grouped = (kind: string, group: string, plural: string, namespace: string): Place => ({
  kind,
  path: `/apis/${group}/namespaces/${namespace}/${plural}`,
  name: own,
  namespace,
});

const rbacGroup = "rbac.authorization.k8s.io/v1";

const places = ({
  namespace,
  controlPlaneNamespace,
  probeNamespace,
}: Question): Readonly<Record<Exclude<ObjectName, "deployment">, Place>> => ({
  namespace: { kind: "Namespace", path: "/api/v1/namespaces", name: namespace },
  serviceAccount: core("ServiceAccount", "serviceaccounts", namespace, own),
  service: core("Service", "services", namespace, own),
  lease: { ...grouped("Lease", "coordination.k8s.io/v1", "leases", namespace), name: names.certificates },
  disruptionBudget: grouped("PodDisruptionBudget", "policy/v1", "poddisruptionbudgets", namespace),
  clusterRole: { kind: "ClusterRole", path: `${rbac}/clusterroles`, name: own },
  clusterRoleBinding: { kind: "ClusterRoleBinding", path: `${rbac}/clusterrolebindings`, name: own },
  role: grouped("Role", rbacGroup, "roles", namespace),
  roleBinding: grouped("RoleBinding", rbacGroup, "rolebindings", namespace),
  linkerdSettings: core("ConfigMap", "configmaps", controlPlaneNamespace, "linkerd-config"),
  linkerdTrustAnchors: core("ConfigMap", "configmaps", controlPlaneNamespace, "linkerd-identity-trust-roots"),
  probeNamespace: { kind: "Namespace", path: "/api/v1/namespaces", name: probeNamespace },
});

const readPlace = (reach: Reach, { kind, path, name, namespace }: Place): Promise<Fact<JsonObject>> =>
  reach.object(`${kind} ${name}${namespace === undefined ? "" : ` in namespace ${namespace}`}`, `${path}/${name}`);

async function readObjects(reach: Reach, question: Question, deployment: Fact<JsonObject>): Promise<Facts["objects"]> {
  const read = Object.entries(places(question)).map(async ([name, place]) => [name, await readPlace(reach, place)]);
  // As many entries as there are places, and the Deployment, under the same names.
  return { ...Object.fromEntries(await Promise.all(read)), deployment } as Facts["objects"];
}

type Installed = Pick<Facts, "settings" | "trustAnchors" | "certificates" | "pods" | "pages">;

/** What the Deployment names, and its pods. */
async function readInputs(reach: Reach, namespace: string, deployment: JsonObject | undefined): Promise<Installed> {
  const inputs = namedInputs(deployment);
  const [settings, trustAnchors, certificates, pods] = await Promise.all([
    readPlace(reach, core("ConfigMap", "configmaps", namespace, inputs.settings)),
    readPlace(reach, core("ConfigMap", "configmaps", namespace, inputs.trustAnchors)),
    inputs.certificates === undefined
      ? noSecret
      : readPlace(reach, core("Secret", "secrets", namespace, inputs.certificates)),
    reach.list(`Pods of ${own}`, `/api/v1/namespaces/${namespace}/pods`, {
      query: { labelSelector: selectorOf(deployment) || `app.kubernetes.io/name=${own}` },
    }),
  ]);
  const pages = await Promise.all((valueOf(pods) ?? []).map((pod) => readPages(reach, namespace, nameOf(pod))));
  return { settings, trustAnchors, certificates, pods, pages };
}

async function readAddresses(reach: Reach, services: Fact<Objects>): Promise<Facts["addresses"]> {
  const [nodes, pods] = await Promise.all([reach.list("Nodes", "/api/v1/nodes"), reach.list("Pods", "/api/v1/pods")]);
  const of = (which: keyof Facts["addresses"], found: Fact<Objects>): Facts["addresses"][typeof which] =>
    found.kind === "known" ? known(found.value.map(addressed[which])) : found;
  return { nodes: of("nodes", nodes), pods: of("pods", pods), services: of("services", services) };
}

/** The first thing that could not be had is what is told. */
function notTakenUpOf(pod: Fact<Objects>, namespace: Fact<Objects>, service: Fact<Objects>): Facts["notTakenUp"] {
  if (pod.kind !== "known") return pod;
  if (namespace.kind !== "known") return namespace;
  if (service.kind !== "known") return service;
  return known(unheededAnnotations({ pod: pod.value, namespace: namespace.value, Service: service.value }));
}

const noSecret = { kind: "absent", what: "a Secret with the certificate", text: "the Deployment names none" } as const;

async function readProbes(reach: Reach, question: Question, namespace: Fact<JsonObject>): Promise<Facts["probes"]> {
  const asksItself = namespace.kind === "known" && namespaceAsks(namespace.value);
  const probe = async (name: "asks" | "quiet"): Promise<Fact<ProbeAnswer>> => {
    // Nothing is kept: neither the pod, nor an Event about it.
    const query = { dryRun: "All", fieldManager: "weft-check" };
    const path = `/api/v1/namespaces/${question.probeNamespace}/pods`;
    const what = `a pod in namespace ${question.probeNamespace}`;
    const answer = await reach.post(what, path, probePod(name, asksItself), query);
    return answer.kind === "known" ? known({ pod: answer.value.object, warnings: answer.value.warnings }) : answer;
  };
  const [asks, quiet] = await Promise.all([probe("asks"), probe("quiet")]);
  return { asks, quiet };
}
