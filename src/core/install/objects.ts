/**
 * Choices → the objects of an installation, in the order in which they are created: what others refer to comes first,
 * the registration last, when there is somebody to answer.
 */
import { keys, labels } from "../mesh/annotations.ts";
import type { JsonObject } from "../base/json/json.ts";
import { mutatingConfiguration, policyConfiguration, validatingConfiguration } from "../registration/webhooks.ts";
import type { Registration } from "../registration/webhooks.ts";
import { accessObjects } from "./rbac.ts";
import { controlPlaneObjects } from "./control-plane.ts";
import { certificateObjects, certManagerAnnotations } from "./certificate-objects.ts";
import { certificateControllerObjects } from "./certificates.ts";
import { deploymentOf } from "./deployment.ts";
import { injector } from "./injector.ts";
import { configurationNames, commonLabels, names, ports } from "./names.ts";
import { disruptionBudget, networkPolicy, service } from "./network-objects.ts";
import type { Ingress } from "./network-objects.ts";
import type { ObjectName } from "../kubernetes/kinds.ts";
import { nameOf, referenceTo } from "./print.ts";
import { settingsObjects } from "./settings-objects.ts";
import type { InstallOptions } from "./chosen.ts";

export function installObjects(options: InstallOptions): readonly JsonObject[] {
  const registration = registrationOf(options);
  const program = injector(options);
  const guarded = { ...program, ingress: [webhookIngress(options)] };
  const controlPlane = controlPlaneObjects(options);
  const { policies } = configurationNames(options.mesh.kind === "adopted");
  return [
    ...(options.mesh.kind === "adopted" ? [] : [namespaceObject(options)]),
    ...accessObjects(options),
    ...certificateObjects(options),
    ...controlPlane.definitions,
    ...settingsObjects(options),
    ...controlPlane.secrets,
    ...controlPlane.workloads,
    ...certificateControllerObjects(options),
    service(options),
    deploymentOf(options, program),
    ...disruptionBudget(options, guarded),
    ...networkPolicy(options, guarded),
    mutatingConfiguration(registration),
    validatingConfiguration(registration),
    // Linkerd's control plane has a validator of its own.
    ...(options.controlPlane.kind === "own" && policies !== undefined
      ? [policyConfiguration(policies, registration)]
      : []),
  ];
}

/** The same for `kubectl delete`: the registration first, so that nobody waits for a weft that is gone. */
export const uninstallObjects = (options: InstallOptions): readonly JsonObject[] =>
  deletable(installObjects(options).toReversed());

/**
 * The trust anchors go with their namespace: alone they are kept from being deleted, and API servers hear a second or two
 * late that the policy is gone which does that.
 */
export function deletable(objects: readonly JsonObject[]): readonly JsonObject[] {
  const namespaces = new Set(
    objects.flatMap((object) => (object["kind"] === "Namespace" ? [nameOf(object).name] : [])),
  );
  const goesAlong = ({ kind, name, namespace }: ObjectName): boolean =>
    kind === "ConfigMap" && name === names.trustAnchors && namespaces.has(namespace);
  return objects.filter((object) => !goesAlong(nameOf(object))).map(referenceTo);
}

/** API servers: from wherever it is said that they come. */
const webhookIngress = ({ weft }: InstallOptions): Ingress => {
  const from = weft["networkPolicy.webhookClients"];
  return { ports: [ports.webhook], ...(from.length === 0 ? {} : { from }) };
};

/** As of Linkerd's control plane, and nothing but *restricted* pods. */
const namespaceObject = ({ namespace }: InstallOptions): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name: namespace,
    labels: {
      ...commonLabels,
      [labels.admissionWebhooks]: "disabled",
      "pod-security.kubernetes.io/enforce": "restricted",
    },
    annotations: { [keys.inject]: "disabled" },
  },
});

function registrationOf(options: InstallOptions): Registration {
  const { namespace, weft, certificates, failurePolicy, timeoutSeconds, mesh } = options;
  return {
    ...configurationNames(mesh.kind === "adopted"),
    policyFailurePolicy: weft["policies.failurePolicy"],
    namespace,
    ...(weft.namespaces.length === 0 ? {} : { chosen: weft.namespaces }),
    server: { service: { name: names.injector, port: ports.service } },
    caBundle: certificates.kind === "files" ? certificates.caBundle : undefined,
    failurePolicy,
    timeoutSeconds,
    labels: commonLabels,
    annotations: certificates.kind === "cert-manager" ? certManagerAnnotations(namespace) : undefined,
  };
}
