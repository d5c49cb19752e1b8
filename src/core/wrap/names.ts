/** What linkerd 1.x and what belongs to it are called in a cluster, once. */
import type { JsonObject, Labels } from "../base/json/json.ts";
import { annotationsOf, labelsOf, textAt } from "../base/json/read.ts";
import { keys } from "../mesh/annotations.ts";

export const containers = { linkerd: "l5d", kubectl: "l5d-kubectl" } as const;
export const volumes = { config: "l5d-config", certs: "l5d-certs" } as const;
export const folders = { config: "/io.buoyant/linkerd/config", certs: "/io.buoyant/linkerd/certs" } as const;

/** Keys of the Secret and of the ConfigMap; files in those folders. */
export const files = {
  certificate: "certificate.pem",
  key: "key.pem",
  roots: "cacertificate.pem",
  config: "config.yaml",
} as const;

/** The port that callers look for, by this name: of the Service and of the container. */
export const routerPort = "router";

/** Role and RoleBinding. */
export const rightsName = "linkerd1-endpoints";

/** The identity of all workloads of a namespace in mode `site`. */
export const siteIdentity = "site";

/** Of the Secret and of the ConfigMap. */
export const objectName = (identity: string): string => `l5d-${identity}`;

/** The headless Service by which `--discovery dns` finds a Service's pods. */
export const headlessName = (service: string): string => `${service}-router`;

/** A common name that nobody has (RFC 2606, section 2): whoever is checked against it is refused. */
export const nobody = "no-service-matches.invalid";

export const ownLabels = (identity: string): Labels => ({
  "app.kubernetes.io/managed-by": "weft",
  [keys.wrap]: identity,
});

/** Objects that `weft wrap` made as a whole. */
export const isOwn = (object: JsonObject): boolean =>
  ownKinds.has(textAt(object, "kind")) &&
  Object.hasOwn(labelsOf(object), keys.wrap) &&
  labelsOf(object)["app.kubernetes.io/managed-by"] === "weft";

const ownKinds: ReadonlySet<string> = new Set(["ConfigMap", "Role", "RoleBinding", "Service", "Secret"]);

/** Whether a pod, or a template of pods, has linkerd by `weft wrap`. */
export const isWrapped = (pod: JsonObject): boolean => Object.hasOwn(labelsOf(pod), keys.wrap);

export const isLeftAlone = (pod: JsonObject): boolean => annotationsOf(pod)[keys.wrap] === "disabled";
