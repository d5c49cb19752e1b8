/** What the checks of an installed weft look at, read from the cluster. What depends on nothing is asked at once. */
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import type { Kind } from "../../core/kubernetes/kinds.ts";
import { linkerdNamespace } from "../../core/mesh/control-plane.ts";
import type { Facts, ObjectName, Question } from "../../core/checks/facts.ts";
import { controlPlaneNamespaceIn, namedInputs, selectorOf } from "../../core/checks/deployment.ts";
import type { ProxyFacts } from "../../core/checks/data-plane.ts";
import { addressed } from "../../core/checks/networks.ts";
import { unheededAnnotations } from "../../core/checks/not-taken-up.ts";
import { nameOf, textAt } from "../../core/base/json/read.ts";
import { ownConfiguration, registeredNamespace } from "../../core/checks/registered.ts";
import { neededRights } from "../../core/checks/rights.ts";
import { configurationNames, names } from "../../core/install/names.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { askRightOf } from "./rights.ts";
import { readControlPlane, readMeshedPods, factsOfMeshed } from "./gather-control-plane.ts";
import { readCertificateController } from "./gather-certificates.ts";
import { readPeople } from "./gather-people.ts";
import { readPolicies } from "./gather-policies.ts";
import { gatherDataPlane } from "../status/gather.ts";
import { meshObjects } from "../objects/installed.ts";
import { readProbes } from "./gather-probes.ts";
import { readPages } from "./pages.ts";
import { checkTools } from "./tools.ts";
import type { Coming } from "./coming.ts";
import type { Objects, Reach } from "./reach.ts";
import { deadReach, metadataOnly, readNamed, registrations } from "./reach.ts";
import { known, valueOf } from "../../core/checks/fact.ts";
import type { Fact } from "../../core/checks/fact.ts";

export interface Wanted {
  readonly question: Omit<Question, "namespace" | "controlPlaneNamespace">;
  /** `undefined`: where the installed weft says. */
  readonly controlPlaneNamespace: string | undefined;
  /** weft's namespace; `undefined`: where the registered Service is, else the usual one. */
  readonly namespace: string | undefined;
}

export function gatherInstalled(open: Reach, wanted: Wanted): Coming<Facts> {
  const server = open.server();
  const start = server.then((answered) => begun(answered.kind === "known" ? open : deadReach(answered), wanted));
  const from = <Value>(read: (start: Start) => Promise<Value>): Promise<Value> => start.then(read);
  const listed = (what: string, kind: Kind): Promise<Fact<Objects>> =>
    from(({ reach }) => reach.list(what, collectionPath(kind)));
  const objects = from(({ reach, question, found }) => readObjects(reach, question, found));
  const deployment = objects.then((read) => valueOf(read.deployment));
  const namespaces = from(({ reach }) =>
    reach.list("Namespaces", collectionPath(resources.namespaces), { accept: metadataOnly }),
  );
  const services = listed("Services", resources.services);
  const inputs = from(async ({ reach, question }) => readInputs(reach, question.namespace, await deployment));
  const meshed = from(({ reach, question }) => readMeshedPods(reach, question.controlPlaneNamespace));
  const ofMeshed = meshed.then(factsOfMeshed);
  return {
    question: start.then(({ question }) => question),
    server,
    objects,
    mutating: start.then(({ mutating }) => mutating),
    validating: start.then(({ validating }) => validating),
    namespaces,
    endpointSlices: from(({ reach, question }) => readEndpointSlices(reach, question.namespace)),
    settings: inputs.then(({ settings }) => settings),
    trustAnchors: inputs.then(({ trustAnchors }) => trustAnchors),
    certificates: inputs.then(({ certificates }) => certificates),
    pods: inputs.then(({ pods }) => pods),
    pages: inputs.then(({ pages }) => pages),
    certificateController: from(async ({ reach, question, mutating }) =>
      namedInputs(await deployment).isSelfMade
        ? readCertificateController(reach, question.namespace, registeredName(mutating))
        : undefined,
    ),
    controlPlane: from(async ({ reach, question, isOwn }) =>
      isOwn ? readControlPlane(reach, question, await inputs) : undefined,
    ),
    policies: from(async ({ reach, question: { controlPlaneNamespace }, isOwn }) => {
      if (!isOwn) return undefined;
      const [{ settings }, pods, known] = await Promise.all([inputs, meshed, namespaces]);
      return readPolicies(reach, { controlPlaneNamespace, settings, pods, namespaces: known });
    }),
    meshed: ofMeshed.then((facts) => facts.meshed),
    accounts: ofMeshed.then(({ accounts }) => accounts),
    beside: ofMeshed.then(({ beside }) => beside),
    notTakenUp: Promise.all([meshed, namespaces, services]).then((read) => notTakenUpOf(...read)),
    addresses: from(async ({ reach }) => readAddresses(reach, await services)),
    rights: from(async ({ reach, question: { namespace } }) =>
      Promise.all(
        neededRights(namespace, await deployment).map((right) => askRightOf(reach, { namespace, name: own }, right)),
      ),
    ),
    people: from(async ({ reach, question: { controlPlaneNamespace }, isOwn }) => {
      const pods = valueOf(await meshed) ?? [];
      return readPeople(reach, {
        controlPlaneNamespace,
        isOwn,
        meshed: pods.map((pod) => textAt(pod, "metadata", "namespace")),
      });
    }),
    probes: from(async ({ reach, question }) =>
      readProbes(reach, question.probeNamespace, (await objects).probeNamespace),
    ),
    tools: Promise.resolve(checkTools),
  };
}

interface Start {
  readonly reach: Reach;
  readonly mutating: Fact<Objects>;
  readonly validating: Fact<Objects>;
  readonly found: Fact<JsonObject>;
  readonly question: Question;
  /** The control plane is weft's own. */
  readonly isOwn: boolean;
}

/** What everything else is asked by: where weft is, and whose control plane there is. */
async function begun(reach: Reach, wanted: Wanted): Promise<Start> {
  const [mutating, validating] = await Promise.all([
    registrations(reach),
    reach.list("ValidatingWebhookConfigurations", collectionPath(resources.validatingWebhooks)),
  ]);
  const namespace = wanted.namespace ?? namespaceIn(mutating);
  const found = await readNamed(reach, resources.deployments, own, namespace);
  const controlPlaneNamespace =
    wanted.controlPlaneNamespace ?? controlPlaneNamespaceIn(valueOf(found)) ?? linkerdNamespace;
  const isOwn = namespace === controlPlaneNamespace && registeredName(mutating) !== configurationNames(true).mutating;
  return {
    reach,
    mutating,
    validating,
    found,
    question: { ...wanted.question, namespace, controlPlaneNamespace },
    isOwn,
  };
}

const own = names.injector;

/** weft's namespace: where the registered Service is, else the usual one. */
export const registeredIn = async (reach: Reach): Promise<string> => namespaceIn(await registrations(reach));

const namespaceIn = (mutating: Fact<Objects>): string => registeredNamespace(valueOf(mutating) ?? []) ?? "weft";

const registeredName = (mutating: Fact<Objects>): string => {
  const configuration = ownConfiguration(valueOf(mutating) ?? []);
  return configuration === undefined ? "" : nameOf(configuration);
};

/** For `--proxy`. */
export const withDataPlane = (reach: Reach, facts: Coming<Facts>): Coming<ProxyFacts> => ({
  ...facts,
  dataPlane: readDataPlane(reach, facts),
});

async function readDataPlane(reach: Reach, facts: Coming<Facts>): Promise<ProxyFacts["dataPlane"]> {
  const server = await facts.server;
  if (server.kind !== "known") return server;
  const { namespace } = await facts.question;
  const found = await gatherDataPlane(reach, { namespace: undefined, selector: "" }, namespace);
  return found.kind === "known" ? known(found.value.states) : found;
}

const readEndpointSlices = (reach: Reach, namespace: string): Promise<Fact<Objects>> =>
  reach.list(`EndpointSlices of Service ${own}`, collectionPath(resources.endpointSlices, namespace), {
    query: { labelSelector: `kubernetes.io/service-name=${own}` },
  });

type Place = readonly [kind: Kind, name: string, namespace?: string];

const places = ({
  namespace,
  controlPlaneNamespace,
  probeNamespace,
}: Question): Readonly<Record<Exclude<ObjectName, "deployment">, Place>> => ({
  namespace: [resources.namespaces, namespace],
  serviceAccount: [resources.serviceAccounts, own, namespace],
  service: [resources.services, own, namespace],
  lease: [resources.leases, names.certificates, namespace],
  disruptionBudget: [resources.podDisruptionBudgets, own, namespace],
  clusterRole: [resources.clusterRoles, own],
  clusterRoleBinding: [resources.clusterRoleBindings, own],
  role: [resources.roles, own, namespace],
  roleBinding: [resources.roleBindings, own, namespace],
  linkerdSettings: [resources.configMaps, names.settings, controlPlaneNamespace],
  linkerdTrustAnchors: [resources.configMaps, names.trustAnchors, controlPlaneNamespace],
  probeNamespace: [resources.namespaces, probeNamespace],
});

async function readObjects(reach: Reach, question: Question, deployment: Fact<JsonObject>): Promise<Facts["objects"]> {
  const read = Object.entries(places(question)).map(async ([name, place]) => [name, await readNamed(reach, ...place)]);
  // As many entries as there are places, and the Deployment, under the same names.
  return { ...Object.fromEntries(await Promise.all(read)), deployment } as Facts["objects"];
}

type Installed = Pick<Facts, "settings" | "trustAnchors" | "certificates" | "pods" | "pages">;

/** What the Deployment names, and its pods. */
async function readInputs(reach: Reach, namespace: string, deployment: JsonObject | undefined): Promise<Installed> {
  const inputs = namedInputs(deployment);
  const [mesh, certificates, pods] = await Promise.all([
    meshObjects(reach, { ...inputs, namespace }),
    inputs.certificates === undefined ? noSecret : readNamed(reach, resources.secrets, inputs.certificates, namespace),
    reach.list(`Pods of ${own}`, collectionPath(resources.pods, namespace), {
      query: { labelSelector: selectorOf(deployment) || `app.kubernetes.io/name=${own}` },
    }),
  ]);
  const pages = await Promise.all((valueOf(pods) ?? []).map((pod) => readPages(reach, namespace, nameOf(pod))));
  return { ...mesh, certificates, pods, pages };
}

async function readAddresses(reach: Reach, services: Fact<Objects>): Promise<Facts["addresses"]> {
  const [nodes, pods] = await Promise.all([
    reach.list("Nodes", collectionPath(resources.nodes)),
    reach.list("Pods", collectionPath(resources.pods)),
  ]);
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
