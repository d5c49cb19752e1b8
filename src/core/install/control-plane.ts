/**
 * weft's own control plane: the Deployment, the Services that injected proxies dial, the issuer, and the
 * definitions of weft's NetworkPolicy and, where it is asked for, of TrafficSplit. Nothing of it where Linkerd's control plane is used.
 */
import { isObject } from "../base/json/json.ts";
import type { JsonObject } from "../base/json/json.ts";
import { controller } from "./controller.ts";
import { deploymentOf } from "./deployment.ts";
import { meta } from "./meta.ts";
import { controlPlaneServices } from "../mesh/control-plane.ts";
import { issuerLayouts, issuerSchemes } from "../mesh/issuer-secret.ts";
import { components, labelsOf, names } from "./names.ts";
import { controlPlaneServiceObjects, disruptionBudget, networkPolicy } from "./network-objects.ts";
import { networkPolicyDefinition } from "./network-policy-crd.ts";
import { trafficSplitDefinition } from "./traffic-split-crd.ts";
import { markOf } from "./installation-guard.ts";
import type { InstallOptions, ControlPlane, Issuer, IssuerFiles } from "./chosen.ts";

export interface ControlPlaneObjects {
  readonly definitions: readonly JsonObject[];
  /** The issuer, and whoever makes it; the Lease. */
  readonly secrets: readonly JsonObject[];
  readonly workloads: readonly JsonObject[];
}

export function controlPlaneObjects(options: InstallOptions): ControlPlaneObjects {
  const { controlPlane, namespace } = options;
  if (controlPlane.kind === "linkerd") return { definitions: [], secrets: [], workloads: [] };
  const program = controller(options, controlPlane.leaf);
  const guarded = { ...program, ingress: [{ ports: controlPlaneServices.map(({ port }) => port.number) }] };
  return {
    definitions: [networkPolicyDefinition(), ...(options.weft.trafficSplit ? [trafficSplitDefinition()] : [])],
    secrets: [
      issuerObject(options, controlPlane),
      // There from the start and empty: then weft needs no right to create Leases.
      {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: meta(names.controller, namespace, components.controller),
      },
    ],
    workloads: [
      ...controlPlaneServiceObjects(options),
      deploymentOf(options, program),
      ...disruptionBudget(options, guarded),
      ...networkPolicy(options, guarded),
    ],
  };
}

function issuerObject(options: InstallOptions, { issuer, trustDomain }: OwnControlPlane): JsonObject {
  const metadata = meta(names.issuer, options.namespace, components.controller);
  if (issuer.kind === "secret") return issuerSecret({ ...metadata, ...markOf(options.mesh) }, issuer);
  return {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata,
    spec: {
      secretName: names.issuer,
      secretTemplate: { labels: labelsOf(components.controller) },
      isCA: true,
      commonName: `identity.linkerd.${trustDomain}`,
      dnsNames: [`identity.linkerd.${trustDomain}`],
      usages: ["cert sign", "crl sign"],
      duration: "2160h",
      renewBefore: "720h",
      privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
      issuerRef: { kind: "Issuer", group: "cert-manager.io", ...issuer.issuerRef },
    },
  };
}

type OwnControlPlane = Extract<ControlPlane, { kind: "own" }>;

/** What the Secret has, in whichever layout; undefined when that is not both. */
export function issuerIn(secret: JsonObject): Required<IssuerFiles> | undefined {
  const data = isObject(secret["data"]) ? secret["data"] : {};
  for (const scheme of Object.values(issuerSchemes)) {
    const [certificate, key] = [data[issuerLayouts[scheme].certificate], data[issuerLayouts[scheme].key]];
    if (typeof certificate === "string" && typeof key === "string") return { certificate, key, scheme };
  }
  return undefined;
}

function issuerSecret(metadata: JsonObject, issuer: Extract<Issuer, { kind: "secret" }>): JsonObject {
  const keys = issuerLayouts[issuer.scheme];
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata,
    type: keys.type,
    data: { [keys.certificate]: issuer.certificate, [keys.key]: issuer.key },
  };
}
