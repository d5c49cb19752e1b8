/** weft's configurations among all that are registered, and what they say. */
import { entries } from "../registration/entries.ts";
import type { Purpose } from "../registration/entries.ts";
import { defaultTimeouts } from "../registration/webhooks.ts";
import type { FailurePolicy, Registration } from "../registration/webhooks.ts";
import { nameLabel } from "../registration/rows.ts";
import type { JsonObject } from "../base/json/json.ts";
import { configurationNames, commonLabels, names as installed, ports } from "../install/names.ts";
import { labelsOf, nameOf, numberAt, objectsAt, textAt, textsAt } from "../base/json/read.ts";

export const webhooksOf = (configuration: JsonObject): readonly JsonObject[] => objectsAt(configuration, "webhooks");

/** The first that has one of our entries, for this purpose, whatever it is called. */
export const ownConfiguration = (configurations: readonly JsonObject[], purpose?: Purpose): JsonObject | undefined =>
  configurations.find((configuration) =>
    purpose === undefined ? webhooksOf(configuration).some(isOwn) : entriesOf(configuration, purpose).length > 0,
  );

/** weft's namespace: where the Service is that its entries call. */
export function registeredNamespace(configurations: readonly JsonObject[]): string | undefined {
  const configuration = ownConfiguration(configurations);
  return configuration === undefined ? undefined : calledNamespace(configuration);
}

/** Likewise of Linkerd's own injector. */
export function linkerdsNamespace(configurations: readonly JsonObject[]): string | undefined {
  const configuration = configurations.find((each) => nameOf(each) === linkerdConfiguration);
  return configuration === undefined ? undefined : calledNamespace(configuration);
}

export const linkerdConfiguration = "linkerd-proxy-injector-webhook-config";

const calledNamespace = (configuration: JsonObject): string | undefined =>
  webhooksOf(configuration)
    .map((webhook) => textAt(webhook, "clientConfig", "service", "namespace"))
    .find((name) => name !== "");

/** All that are weft's: by an entry of ours, by their name, or by their labels. */
export const ownConfigurations = (configurations: readonly JsonObject[]): readonly JsonObject[] =>
  configurations.filter(
    (configuration) =>
      webhooksOf(configuration).some(isOwn) ||
      installedNames.has(nameOf(configuration)) ||
      Object.entries(commonLabels).every(([key, value]) => labelsOf(configuration)[key] === value),
  );

const installedNames: ReadonlySet<string> = new Set(
  [true, false].flatMap((adopts) => Object.values(configurationNames(adopts))),
);

/** What stands in a configuration and is not weft's. */
export const strangersIn = (configuration: JsonObject): readonly JsonObject[] =>
  webhooksOf(configuration).filter((webhook) => !isOwn(webhook));

const names: ReadonlyMap<string, Purpose> = new Map(Object.values(entries).map(({ name, purpose }) => [name, purpose]));

const isOwn = (webhook: JsonObject): boolean => names.has(textAt(webhook, "name"));

export const failurePolicyOf = (configuration: JsonObject, purpose: Purpose = "inject"): FailurePolicy =>
  entriesOf(configuration, purpose).some((entry) => entry["failurePolicy"] === "Fail") ? "Fail" : "Ignore";

const entriesOf = (configuration: JsonObject | undefined, purpose: Purpose): readonly JsonObject[] =>
  (configuration === undefined ? [] : webhooksOf(configuration)).filter(
    (webhook) => names.get(textAt(webhook, "name")) === purpose,
  );

/** The choices that these were made with, as far as they can be seen in them; where weft is called is no choice. */
export function registrationOf(
  mutating: JsonObject,
  { advice, policies }: { readonly advice?: JsonObject | undefined; readonly policies?: JsonObject | undefined },
  namespace: string,
): Registration {
  const first = webhooksOf(mutating).find(isOwn);
  const timeout = (purpose: Purpose, configuration: JsonObject | undefined = mutating): number => {
    const found = entriesOf(configuration, purpose).map((entry) => numberAt(entry, "timeoutSeconds"));
    // Where they disagree, somebody has changed one.
    const [first] = found;
    return first !== undefined && found.every((each) => each === first) ? first : defaultTimeouts[purpose];
  };
  return {
    mutating: nameOf(mutating),
    validating: advice === undefined ? "" : nameOf(advice),
    server: { service: { name: installed.injector, port: ports.service } },
    namespace,
    chosen: chosenBy(first),
    failurePolicy: failurePolicyOf(mutating),
    policyFailurePolicy: policies === undefined ? undefined : failurePolicyOf(policies, "policy"),
    timeoutSeconds: {
      inject: timeout("inject"),
      rest: timeout("rest"),
      mirror: timeout("mirror"),
      advise: timeout("advise", advice),
      policy: timeout("policy", policies),
    },
  };
}

function chosenBy(webhook: JsonObject | undefined): readonly string[] | undefined {
  const chosen = objectsAt(webhook, "namespaceSelector", "matchExpressions").find(
    (requirement) => requirement["key"] === nameLabel && requirement["operator"] === "In",
  );
  return chosen === undefined ? undefined : textsAt(chosen, "values");
}
