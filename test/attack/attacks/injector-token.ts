import { installation, at } from "../installed.ts";
import { isObject } from "../../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { names } from "../../../src/core/install/names.ts";
import type { StaticAttack } from "../shape.ts";

/** Modes of certificates that weft makes or takes. */
const choices: readonly JsonObject[] = [{}, { certificates: { mode: "cert-manager" } }];

export const injectorToken: StaticAttack = {
  name: "injector-token",
  claim: "Who takes input from strangers may neither change registrations nor read the key of the webhook's CA.",
  victim: "manifests",
  look: async () => {
    const wrong = choices.flatMap((weft) => rightsOfExposed(installation({ ...weft, controlPlane: "own" })));
    return { says: `the roles of ${choices.length} installations`, wrong: [...new Set(wrong)] };
  },
};

/** Rights of the accounts whose pods a Service leads to. */
function rightsOfExposed(objects: readonly JsonObject[]): readonly string[] {
  const of = (kind: string): readonly JsonObject[] => objects.filter((object) => object["kind"] === kind);
  const selectors = of("Service").flatMap((service) => at(service, "spec", "selector") ?? []);
  const exposed = of("Deployment").filter((deployment) => {
    const labels = at(deployment, "spec", "template", "metadata", "labels");
    return selectors.some((selector) => selects(selector, labels));
  });
  if (exposed.length < 2) return ["no Service leads to the webhook and to the control plane"];
  const accounts = exposed.map((deployment) => at(deployment, "spec", "template", "spec", "serviceAccountName"));
  return accounts.flatMap((account) =>
    [...of("RoleBinding"), ...of("ClusterRoleBinding")]
      .filter((binding) => listAt(binding, "subjects").some((subject) => at(subject, "name") === account))
      .flatMap((binding) => {
        const role = objects.find(
          (object) =>
            object["kind"] === at(binding, "roleRef", "kind") &&
            at(object, "metadata", "name") === at(binding, "roleRef", "name"),
        );
        return listAt(role, "rules").flatMap((rule) => tooMuch(String(account), rule));
      }),
  );
}

const selects = (selector: Json, labels: Json | undefined): boolean =>
  isObject(selector) && Object.entries(selector).every(([key, value]) => isObject(labels) && labels[key] === value);

function tooMuch(account: string, rule: Json): readonly string[] {
  const groups = listAt(rule, "apiGroups");
  const resources = listAt(rule, "resources");
  const verbs = listAt(rule, "verbs");
  const named = listAt(rule, "resourceNames");
  const writes = verbs.some((verb) => !["get", "list", "watch"].includes(String(verb)));
  // The control plane signs with the issuer, which it mounts, so that its account may follow it adds nothing.
  const own: readonly string[] =
    account === names.controller ? [names.servedSecret, names.issuer] : [names.servedSecret];
  const isOfOthers = named.length === 0 || named.some((name) => !own.includes(String(name)));
  const secrets = resources.includes("secrets") && (writes || isOfOthers);
  const words = `${account} may ${verbs.join(", ")} ${resources.join(", ")} ${named.join(", ")}`.trim();
  if (groups.includes("admissionregistration.k8s.io") && writes) return [words];
  return secrets || groups.includes("*") || resources.includes("*") ? [words] : [];
}

const listAt = (value: Json | undefined, key: string): readonly Json[] => {
  const found = at(value, key);
  return Array.isArray(found) ? found : [];
};
