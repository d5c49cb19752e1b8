/** Objects laid out in files of a kustomize folder. */
import { isObject } from "../../src/core/base/json/json.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { commonLabels, components, names } from "../../src/core/install/names.ts";
import { manifestText, nameOf } from "../../src/core/install/print.ts";

const fileByKind: Readonly<Record<string, string>> = {
  Namespace: "namespace.yaml",
  ServiceAccount: "access.yaml",
  ClusterRole: "access.yaml",
  ClusterRoleBinding: "access.yaml",
  Role: "access.yaml",
  RoleBinding: "access.yaml",
  ValidatingAdmissionPolicy: "access.yaml",
  ValidatingAdmissionPolicyBinding: "access.yaml",
  Secret: "certificates.yaml",
  Lease: "certificates.yaml",
  Certificate: "certificates.yaml",
  CustomResourceDefinition: "definitions.yaml",
  Issuer: "certificates.yaml",
  MutatingWebhookConfiguration: "registration.yaml",
  ValidatingWebhookConfiguration: "registration.yaml",
};

export const fileOf = (object: JsonObject): string => fileByKind[nameOf(object).kind] ?? `${componentOf(object)}.yaml`;

/** File name → text, without what is generated. */
export function documentsOf(objects: readonly JsonObject[]): ReadonlyMap<string, string> {
  const files = Map.groupBy(
    objects.filter((object) => !isGenerated(object) && !isUsers(object)),
    fileOf,
  );
  return new Map([...files].map(([name, found]) => [name, manifestText(found)]));
}

/** ConfigMaps are made by kustomize, of a file each: text within YAML within YAML is not for people. */
export function generated(objects: readonly JsonObject[]): {
  readonly generators: readonly JsonObject[];
  readonly texts: readonly (readonly [file: string, text: string])[];
} {
  const own = objects.filter((object) => isGenerated(object) && !isUsers(object));
  const found = own.map((object) => {
    const { name, namespace } = nameOf(object);
    const [[key, text] = ["", ""]] = Object.entries(isObject(object["data"]) ? object["data"] : {});
    return { name, namespace, key, text: typeof text === "string" ? text : "", file: textFiles[name] ?? key };
  });
  return {
    generators: found.map(({ name, namespace, key, file }) => ({
      name,
      namespace,
      files: [key === file ? file : `${key}=${file}`],
      // The pods mount it by its name; weft follows its changes by itself.
      options: { disableNameSuffixHash: true, labels: name === names.given ? keptLabels : commonLabels },
    })),
    texts: found.map(({ file, text }) => [file, text] as const),
  };
}

const textFiles: Readonly<Record<string, string>> = {
  [names.settings]: "settings.yaml",
  [names.given]: "weft.yaml",
};

/** By which `weft upgrade` knows who has the manifests. */
export const keptLabels = { ...commonLabels, "app.kubernetes.io/managed-by": "kustomize" };

/**
 * The CAs of the mesh are brought by whoever applies the folder: the anchors by an overlay, the issuer's Secret by
 * whatever keeps secrets. So the folder can be used from afar, and none of it is a file to change.
 */
export const isUsers = (object: JsonObject): boolean =>
  [names.issuer, names.trustAnchors].some((name) => name === nameOf(object).name);

const componentOf = ({ metadata }: JsonObject): string => {
  const labels = isObject(metadata) && isObject(metadata["labels"]) ? metadata["labels"] : {};
  const component = labels["app.kubernetes.io/component"];
  return Object.values(components).find((each) => each === component) ?? components.injector;
};

const isGenerated = (object: JsonObject): boolean => object["kind"] === "ConfigMap";
