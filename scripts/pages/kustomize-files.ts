/** Objects laid out in files of a kustomize folder. */
import { isObject } from "../../src/core/base/json/json.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { commonLabels, components, names } from "../../src/core/install/names.ts";
import { manifestText, nameOf } from "../../src/core/install/print.ts";

const fileOf: Readonly<Record<string, string>> = {
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

/** File name → text, without what is generated. */
export function documentsOf(objects: readonly JsonObject[]): ReadonlyMap<string, string> {
  const files = Map.groupBy(
    objects.filter((object) => !isGenerated(object) && !isPrivate(object)),
    (object) => fileOf[nameOf(object).kind] ?? `${componentOf(object)}.yaml`,
  );
  return new Map([...files].map(([name, found]) => [name, manifestText(found)]));
}

/** ConfigMaps are made by kustomize, of a file each: text within YAML within YAML is not for people. */
export function generated(objects: readonly JsonObject[]): {
  readonly generators: readonly JsonObject[];
  readonly texts: readonly (readonly [file: string, text: string])[];
} {
  const found = objects.filter(isGenerated).map((object) => {
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
      options: { disableNameSuffixHash: true, labels: commonLabels },
    })),
    // The trust anchors are whoever's the mesh is: nobody else can give that file.
    texts: found.filter(({ name }) => name !== names.trustAnchors).map(({ file, text }) => [file, text] as const),
  };
}

const textFiles: Readonly<Record<string, string>> = {
  [names.settings]: "settings.yaml",
  [names.given]: "weft.yaml",
};

/** The issuer's key: whoever applies the folder brings the Secret, by whatever keeps secrets. */
export const isPrivate = (object: JsonObject): boolean =>
  object["kind"] === "Secret" && nameOf(object).name === names.issuer;

const componentOf = ({ metadata }: JsonObject): string => {
  const labels = isObject(metadata) && isObject(metadata["labels"]) ? metadata["labels"] : {};
  const component = labels["app.kubernetes.io/component"];
  return Object.values(components).find((each) => each === component) ?? components.injector;
};

const isGenerated = (object: JsonObject): boolean => object["kind"] === "ConfigMap";
