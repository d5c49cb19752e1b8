/**
 * The registration: MutatingWebhookConfiguration and ValidatingWebhookConfiguration, as the API server takes them.
 * Every default of the API server's is written out, so that what is there can be compared with what is meant.
 */
import type { Annotations, JsonObject, Labels } from "../base/json/json.ts";
import { noMirror, podCondition } from "./conditions.ts";
import type { MatchCondition } from "./conditions.ts";
import { entries } from "./entries.ts";
import type { Purpose } from "./entries.ts";
import { namespaceRequirements, objectRequirements, objectRows, podRows } from "./rows.ts";
import type { EntryName, ObjectRow, PodEntry, PodRow, Reach, Rule } from "./rows.ts";

export const failurePolicies = ["Ignore", "Fail"] as const;
export type FailurePolicy = (typeof failurePolicies)[number];

/** Where the API server finds weft. */
type Server =
  | { readonly service: { readonly name: string; readonly port: number } }
  /** Outside of the cluster: `https://127.0.0.1:8443`, to which the entry's path is added. */
  | { readonly url: string };

export interface Registration extends Reach {
  readonly mutating: string;
  readonly validating: string;
  readonly server: Server;
  /** Base64 of PEM, as clientConfig has it. Absent: whoever makes the certificates puts it in. */
  readonly caBundle?: string | undefined;
  /** Of the entries for pods that asked, and of that for policies; all others are always Ignore. */
  readonly failurePolicy: FailurePolicy;
  /** Of the entry for policies, where it is another one. */
  readonly policyFailurePolicy?: FailurePolicy | undefined;
  /** Whole seconds, 1 to 30. */
  readonly timeoutSeconds: Timeouts;
  readonly labels?: Labels | undefined;
  readonly annotations?: Annotations | undefined;
}

export type Timeouts = Readonly<Record<Purpose, number>>;

/**
 * Under Ignore a black hole costs the whole timeout for every object, also for those that never asked; under Fail a
 * short one refuses pods. 10 s is Linkerd's own.
 */
export const defaultTimeouts: Timeouts = { inject: 10, rest: 2, mirror: 1, advise: 2, policy: 5 };

const mutatingEntries = [
  "injectNamespace",
  "injectPod",
  "rest",
  "restNamespace",
] as const satisfies readonly PodEntry[];

export function mutatingConfiguration(registration: Registration): JsonObject {
  const pods = mutatingEntries.map((name) => podWebhook(name, podRows[name], registration));
  const mirror = objectWebhook("mirror", objectRows.mirror, registration);
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: metadata(registration.mutating, registration),
    // Another webhook may annotate the namespace after us; the condition is looked at again before a second call.
    webhooks: [...pods, { ...mirror, reinvocationPolicy: "IfNeeded" }],
  };
}

export function validatingConfiguration(registration: Registration): JsonObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: metadata(registration.validating, registration),
    webhooks: [objectWebhook("advise", objectRows.advise, registration)],
  };
}

/** A configuration of its own, as its failure policy is: who takes it away leaves advice and injection alone. */
export const policyConfiguration = (name: string, registration: Registration): JsonObject => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  metadata: metadata(name, registration),
  webhooks: [objectWebhook("policy", objectRows.policy, registration)],
});

const metadata = (name: string, { labels, annotations }: Registration): JsonObject => ({
  name,
  ...(labels === undefined ? {} : { labels }),
  ...(annotations === undefined ? {} : { annotations }),
});

function podWebhook(name: PodEntry, { resources, condition }: PodRow, registration: Registration): JsonObject {
  const rule: Rule = { apiGroups: [""], resources, scope: "Namespaced" };
  const seesServices = resources.includes("services");
  const conditions = [podCondition(condition, seesServices), noMirror(seesServices)];
  return {
    ...webhook(name, ["CREATE"], [rule], conditions, registration),
    objectSelector: { matchExpressions: objectRequirements },
    // Other webhooks may add containers and ports after us; and injecting twice changes nothing.
    reinvocationPolicy: "IfNeeded",
    // Events and metrics are left out on a dry run.
    sideEffects: "NoneOnDryRun",
  };
}

const objectWebhook = (name: keyof typeof objectRows, { rules, condition }: ObjectRow, registration: Registration) => ({
  ...webhook(name, ["CREATE", "UPDATE"], rules, [condition], registration),
  sideEffects: "None",
});

function webhook(
  entry: EntryName,
  operations: readonly string[],
  rules: readonly Rule[],
  matchConditions: readonly MatchCondition[],
  registration: Registration,
) {
  const { name, path, purpose } = entries[entry];
  return {
    name,
    admissionReviewVersions: ["v1"],
    clientConfig: clientConfig(path, registration),
    failurePolicy: failurePolicyFor(purpose, registration),
    timeoutSeconds: registration.timeoutSeconds[purpose],
    rules: rules.map((rule) => ({ operations, apiVersions: ["v1"], ...rule })),
    matchPolicy: "Equivalent",
    namespaceSelector: { matchExpressions: namespaceRequirements(entry, registration) },
    objectSelector: {},
    matchConditions,
  } satisfies JsonObject;
}

function failurePolicyFor(purpose: Purpose, { failurePolicy, policyFailurePolicy }: Registration): FailurePolicy {
  if (purpose === "policy") return policyFailurePolicy ?? failurePolicy;
  return purpose === "inject" ? failurePolicy : "Ignore";
}

function clientConfig(path: string, { server, namespace, caBundle }: Registration): JsonObject {
  const where =
    "url" in server
      ? { url: `${server.url.replace(/\/+$/, "")}${path}` }
      : { service: { name: server.service.name, namespace, path, port: server.service.port } };
  return caBundle === undefined ? where : { ...where, caBundle };
}
