/** What weft's ServiceAccounts may do: asked of the API server, or read in its roles where the user may not ask. */
import { certificatesClusterRules, certificatesOwnRules } from "../install/certificates-rights.ts";
import { controllerClusterRules, controllerOwnRules } from "../install/controller-rights.ts";
import { configurationNames, names as installed } from "../install/names.ts";
import { clusterRules, ownRules } from "../install/webhook-rights.ts";
import type { AccessRule } from "../install/webhook-rights.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { upgradeCommand } from "../install/before.ts";
import { failure, failureIf, given, ok, unread } from "./check.ts";
import type { Category, Outcome } from "./check.ts";
import { namedInputs } from "./deployment.ts";
import type { Facts, Right, RightFact } from "./facts.ts";
import { objectsAt, textsAt } from "../base/json/read.ts";
import { valueOf } from "./fact.ts";

export const rightsChecks: Category<Facts> = {
  name: "weft-rights",
  checks: [
    {
      id: "rights",
      says: "weft's ServiceAccount may do what weft needs",
      needs: ["objects"],
      about:
        "Without a right weft works on with less: pods are named by their ReplicaSet, Events are missing, certificates are not renewed. `weft upgrade -o yaml | kubectl apply -f -` gives it back. Who may not ask for another's rights gets the roles compared instead.",
      look: (facts) =>
        rightsOutcome(facts.rights, () => {
          const unknown = facts.rights.find(({ allowed }) => allowed.kind !== "known");
          if (unknown === undefined) return ok;
          return unknown.allowed.kind === "forbidden" ? byRoles(facts) : untoldRight(unknown);
        }),
    },
  ],
};

/** A failure that names what an account needs and may not; `otherwise` says what comes of the rest. */
export function rightsOutcome(rights: readonly RightFact[], otherwise: () => Outcome): Outcome {
  const refused = rights.filter(({ allowed }) => valueOf(allowed) === false);
  if (refused.length === 0) return otherwise();
  return failure(
    refused.map(({ right }) => `it may not ${rightText(right)}`),
    upgradeCommand,
  );
}

const untoldRight = ({ allowed }: RightFact): Outcome => (allowed.kind === "known" ? ok : unread(allowed));

/** What the webhook's ServiceAccount has to be able to do: the rules that installing writes, for such certificates. */
export function neededRights(namespace: string, deployment: JsonObject | undefined): readonly Right[] {
  const { isSelfMade } = namedInputs(deployment);
  return [
    ...clusterRules.flatMap((rule) => rightsOf(rule)),
    ...ownRules(isSelfMade).flatMap((rule) => rightsOf(rule, namespace)),
  ];
}

/** What the certificate controller's ServiceAccount has to be able to do, with the configurations that there are. */
export const certificatesRights = (
  { namespace, mutating }: Where,
  counts: { readonly countsMissed: boolean },
): readonly Right[] => [
  ...certificatesClusterRules(configurationNames(mutating === configurationNames(true).mutating), counts).flatMap(
    (rule) => rightsOf(rule),
  ),
  ...certificatesOwnRules.flatMap((rule) => rightsOf(rule, namespace)),
];

interface Where {
  /** weft's own. */
  readonly namespace: string;
  /** Name of the MutatingWebhookConfiguration that there is. */
  readonly mutating: string;
}

/** What would make the webhook's token a key to the cluster: where requests go, and in whose name weft answers. */
export const surplusRights = (where: Where): readonly Right[] =>
  certificatesRights(where, { countsMissed: false }).filter(
    ({ verb, resource, name }) =>
      (verb === "patch" && resource.endsWith("webhookconfigurations")) ||
      (resource === "secrets" && (name === installed.caSecret || verb === "update")),
  );

/** What the control plane's ServiceAccount has to be able to do. */
export const controllerRights = (namespace: string): readonly Right[] => [
  ...controllerClusterRules.flatMap((rule) => rightsOf(rule)),
  ...controllerOwnRules.flatMap((rule) => rightsOf(rule, namespace)),
];

/** One for each verb, and each name where it has some. */
export const rightsOf = ({ apiGroup, resource, named = [], verbs }: AccessRule, namespace?: string): readonly Right[] =>
  (named.length === 0 ? [undefined] : named).flatMap((name) =>
    verbs.map((verb) => ({
      verb,
      group: apiGroup,
      resource,
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    })),
  );

export function rightText({ verb, group, resource, namespace, name }: Right): string {
  const what = `${verb} ${resource}${group === "" ? "" : `.${group}`}`;
  return `${what}${name === undefined ? "" : ` ${name}`}${namespace === undefined ? "" : ` in namespace ${namespace}`}`;
}

function byRoles({ objects, rights }: Facts): Outcome {
  const { clusterRole, role, clusterRoleBinding, roleBinding } = objects;
  const broad = valueOf(clusterRole);
  if (broad === undefined) return given(clusterRole, () => ok);
  const rules = objectsAt(broad, "rules");
  const ownRules = objectsAt(valueOf(role), "rules");
  const missing = rights.filter(
    ({ right }) => ![...rules, ...(right.namespace === undefined ? [] : ownRules)].some((rule) => covers(rule, right)),
  );
  if (missing.length > 0) {
    return failureIf(
      missing.map(({ right }) => `no role of weft's allows it to ${rightText(right)}`),
      upgradeCommand,
    );
  }
  const bindings = [clusterRoleBinding, ...(ownRules.length > 0 ? [roleBinding] : [])];
  // A role that nobody has allows nothing.
  return failureIf(
    bindings.flatMap((binding) => (binding.kind === "absent" ? [`${binding.what} is not there`] : [])),
    upgradeCommand,
  );
}

function covers(rule: JsonObject, { verb, group, resource, name }: Right): boolean {
  const names = textsAt(rule, "resourceNames");
  return (
    holdsOne(rule["verbs"], verb) &&
    holdsOne(rule["apiGroups"], group) &&
    holdsOne(rule["resources"], resource) &&
    (names.length === 0 || (name !== undefined && names.includes(name)))
  );
}

const holdsOne = (list: Json | undefined, word: string): boolean =>
  textsAt(list).some((item) => item === word || item === "*");
