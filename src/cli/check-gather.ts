/** What the checks of an installed weft look at, read from the cluster. What depends on nothing is asked at once. */
import { known, valueOf } from "../core/checks/facts.ts";
import type { Fact, Facts, ObjectName, PodPages, ProbeAnswer, Question } from "../core/checks/facts.ts";
import { namedInputs, selectorOf } from "../core/checks/deployment.ts";
import { namespaceAsks, probePod } from "../core/checks/probe.ts";
import { nameOf, textAt } from "../core/checks/read.ts";
import { ownConfiguration, webhooksOf } from "../core/checks/registered.ts";
import { neededRights } from "../core/checks/rights.ts";
import { names } from "../core/install/names.ts";
import type { JsonObject } from "../core/mesh/api.ts";
import { askRightOf } from "./check-rights.ts";
import { checkTools } from "./check-tools.ts";
import type { Objects, Reach } from "./check-reach.ts";
import { deadReach } from "./check-reach.ts";

export interface Wanted {
  readonly question: Omit<Question, "namespace">;
  /** weft's namespace; `undefined`: where the registered Service is, else the usual one. */
  readonly namespace: string | undefined;
}

export async function gatherInstalled(open: Reach, { question, namespace }: Wanted): Promise<Facts> {
  const server = await open.server();
  const reach = server.kind === "known" ? open : deadReach(server);
  const [mutating, validating] = await Promise.all([
    reach.list("MutatingWebhookConfigurations", `${admission}/mutatingwebhookconfigurations`),
    reach.list("ValidatingWebhookConfigurations", `${admission}/validatingwebhookconfigurations`),
  ]);
  const full: Question = { ...question, namespace: namespace ?? registeredNamespace(mutating) ?? "weft" };
  const [objects, endpointSlices, namespaces] = await Promise.all([
    readObjects(reach, full),
    reach.list(`EndpointSlices of Service ${own}`, `${discovery(full.namespace)}/endpointslices`, {
      query: { labelSelector: `kubernetes.io/service-name=${own}` },
    }),
    reach.list("Namespaces", "/api/v1/namespaces", { accept: metadataOnly }),
  ]);
  const deployment = valueOf(objects.deployment);
  const [installed, rights, probes] = await Promise.all([
    readInputs(reach, full.namespace, deployment),
    Promise.all(
      neededRights(full.namespace, registeredName(mutating), deployment).map((right) =>
        askRightOf(reach, { namespace: full.namespace, name: own }, right),
      ),
    ),
    readProbes(reach, full, objects.probeNamespace),
  ]);
  const registered = { mutating, validating, namespaces, endpointSlices };
  return {
    question: full,
    server,
    objects,
    ...registered,
    ...installed,
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
}: Question): Readonly<Record<ObjectName, Place>> => ({
  namespace: { kind: "Namespace", path: "/api/v1/namespaces", name: namespace },
  serviceAccount: core("ServiceAccount", "serviceaccounts", namespace, own),
  deployment: grouped("Deployment", "apps/v1", "deployments", namespace),
  service: core("Service", "services", namespace, own),
  lease: grouped("Lease", "coordination.k8s.io/v1", "leases", namespace),
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

async function readObjects(reach: Reach, question: Question): Promise<Facts["objects"]> {
  const read = Object.entries(places(question)).map(async ([name, place]) => [name, await readPlace(reach, place)]);
  // As many entries as there are places, under the same names.
  return Object.fromEntries(await Promise.all(read)) as Facts["objects"];
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

const noSecret = { kind: "absent", what: "a Secret with the certificate", text: "the Deployment names none" } as const;

async function readPages(reach: Reach, namespace: string, pod: string): Promise<PodPages> {
  const proxy = `/api/v1/namespaces/${namespace}/pods/${pod}:9995/proxy`;
  const [readyz, metrics] = await Promise.all([
    reach.page(`/readyz of ${pod}`, `${proxy}/readyz`, { verbose: "" }),
    reach.page(`/metrics of ${pod}`, `${proxy}/metrics`),
  ]);
  return { pod, readyz, metrics };
}

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
