/** Objects that `weft wrap` makes beside workloads: configuration, rights, what DNS finds pods by, certificates. */
import { asObject } from "../base/json/edit.ts";
import type { JsonObject } from "../base/json/json.ts";
import { nameOf, textAt, textMapAt } from "../base/json/read.ts";
import { keys, wrapKeys } from "../mesh/annotations.ts";
import type { Choices } from "./choices.ts";
import type { Member, NeededSecret } from "./identities.ts";
import { files, headlessName, objectName, ownLabels, rightsName, routerPort } from "./names.ts";

const metadata = (name: string, namespace: string, label: string): JsonObject => ({
  name,
  namespace,
  labels: ownLabels(label),
});

export const configMap = (identity: string, namespace: string, text: string): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: metadata(objectName(identity), namespace, identity),
  data: { [files.config]: text },
});

const rbac = "rbac.authorization.k8s.io";

/**
 * What linkerd asks of the API in a namespace, and who may: the accounts of all that call Services in it. A binding for each
 * account, so that manifests that are applied one by one take none away from each other.
 */
export const rights = (namespace: string, members: readonly Member[]): readonly JsonObject[] => [
  {
    apiVersion: `${rbac}/v1`,
    kind: "Role",
    metadata: metadata(rightsName, namespace, rightsName),
    rules: [{ apiGroups: [""], resources: ["endpoints"], verbs: ["get", "watch"] }],
  },
  ...accountsOf(members).map((account) => ({
    apiVersion: `${rbac}/v1`,
    kind: "RoleBinding",
    metadata: metadata(bindingName(account, namespace), namespace, rightsName),
    roleRef: { apiGroup: rbac, kind: "Role", name: rightsName },
    subjects: [{ kind: "ServiceAccount", ...account }],
  })),
];

interface Account {
  readonly name: string;
  readonly namespace: string;
}

function accountsOf(members: readonly Member[]): readonly Account[] {
  const places = new Set(members.map(({ account, workload }) => `${workload.namespace}/${account}`));
  return [...places].toSorted().map((place) => {
    const [namespace = "", name = ""] = place.split("/");
    return { name, namespace };
  });
}

const bindingName = (account: Account, namespace: string): string =>
  [rightsName, ...(account.namespace === namespace ? [] : [account.namespace]), account.name].join(".");

export const headlessService = (service: JsonObject, namespace: string, { ports }: Choices): JsonObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: metadata(headlessName(nameOf(service)), namespace, nameOf(service)),
  spec: {
    clusterIP: "None",
    selector: textMapAt(service, "spec", "selector"),
    ports: [{ name: routerPort, port: ports.incoming, targetPort: routerPort }],
  },
});

export interface SecretTexts {
  /** PEM: the leaf alone. */
  readonly certificate: string;
  readonly key: string;
  readonly roots: string;
}

/** `notAfter` as RFC 3339 has it. */
export const secretOf = (
  { name, namespace, identity }: NeededSecret,
  { certificate, key, roots }: SecretTexts,
  notAfter: Date,
): JsonObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: {
    ...metadata(name, namespace, identity),
    annotations: { [wrapKeys.notAfter]: notAfter.toISOString().replace(/\.\d+Z$/, "Z") },
  },
  type: "Opaque",
  stringData: { [files.certificate]: certificate, [files.key]: key, [files.roots]: roots },
});

/** An object that is there already, with what it is to say: what somebody else wrote into it stays. */
export function broughtUpToDate(object: JsonObject, wanted: JsonObject): JsonObject {
  const { metadata: wantedMetadata, ...rest } = wanted;
  const present = asObject(object["metadata"]) ?? {};
  const labels = { ...asObject(present["labels"]), ...asObject(asObject(wantedMetadata)?.["labels"]) };
  return { ...object, ...rest, metadata: { ...present, labels } };
}

/** To tell objects apart: kind, namespace and name. */
export const placeOf = (object: JsonObject, otherwise: string): string => {
  const namespace = textAt(object, "metadata", "namespace") || otherwise;
  return [textAt(object, "kind"), namespace, nameOf(object)].join("/");
};

/** Whether it is a Secret of `weft wrap certs`. */
export const isCertificateSecret = (object: JsonObject): boolean =>
  object["kind"] === "Secret" && Object.hasOwn(textMapAt(object, "metadata", "labels"), keys.wrap);
