/** Both configurations, held against what this version of weft would write; and what else is called for pods. */
import { same } from "../documents/value.ts";
import { mutatingConfiguration, policyConfiguration, validatingConfiguration } from "../registration/webhooks.ts";
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { skipped, warningIf, failure, failureIf, given, worst } from "./check.ts";
import type { Category, Outcome } from "./check.ts";
import type { Facts } from "./facts.ts";
import { names } from "../install/names.ts";
import { annotationsOf, labelsOf, nameOf, objectsAt, textAt, textsAt } from "../base/json/read.ts";
import {
  linkerdConfiguration,
  ownConfiguration,
  ownConfigurations,
  registrationOf,
  strangersIn,
  webhooksOf,
} from "./registered.ts";
import { asks } from "./namespaces.ts";
import { valueOf } from "./fact.ts";

export const registrationChecks: Category<Facts> = {
  name: "weft-registration",
  checks: [
    {
      id: "configurations",
      says: "weft is registered with the API server",
      needs: ["api-answers"],
      about: "Without its MutatingWebhookConfiguration weft is never called. Apply what `weft install` prints again.",
      look: ({ mutating, validating, controlPlane }) =>
        worst([
          given(mutating, (all) =>
            failureIf(
              ownConfiguration(all) === undefined ? ["no MutatingWebhookConfiguration has entries of weft's"] : [],
            ),
          ),
          given(validating, (all) =>
            warningIf([
              ...(ownConfiguration(all, "advise") === undefined
                ? ["no ValidatingWebhookConfiguration has weft's: nobody is warned at apply time"]
                : []),
              ...(controlPlane !== undefined && ownConfiguration(all, "policy") === undefined
                ? ["no ValidatingWebhookConfiguration has weft's entry for policies: those that hold nothing are taken"]
                : []),
            ]),
          ),
        ]),
    },
    {
      id: "strangers",
      says: "nobody else stands in its configurations",
      needs: ["api-answers"],
      about:
        "A webhook that weft does not write, in a configuration of weft's: somebody who got at weft's rights, or at an administrator's, has objects of the cluster sent to himself. Find out who it was before you take it away: the configuration's `managedFields`, and the API server's audit log.",
      look: ({ mutating, validating }) =>
        worst(
          [mutating, validating].map((fact) =>
            given(fact, (all) => {
              const own = ownConfigurations(all);
              return own.length === 0 ? skipped : failureIf(own.flatMap(strangerLines));
            }),
          ),
        ),
    },
    {
      id: "calls",
      says: "its entries call weft's Service",
      needs: ["configurations"],
      about:
        "Each line: an entry, and where API servers send its objects instead. While weft is being developed that may be a URL of yours; in any other cluster see above.",
      look: ({ mutating, validating, question }) =>
        worst(
          [mutating, validating].map((fact) =>
            given(fact, (all) =>
              failureIf(ownConfigurations(all).flatMap((own) => otherCalls(own, question.namespace))),
            ),
          ),
        ),
    },
    {
      id: "entries",
      says: "its entries are those that this version of weft writes",
      needs: ["configurations"],
      about:
        "Each line: an entry, what is registered, and what this command would write. Selectors and conditions decide which pods wait for weft; an entry by hand may keep pods waiting that never asked. `weft upgrade` shows everything that would change.",
      look: ({ mutating, validating, question }) =>
        given(mutating, (all) => {
          const own = ownConfiguration(all);
          if (own === undefined) return skipped;
          const [advice, policies] = (["advise", "policy"] as const).map((purpose) =>
            ownConfiguration(valueOf(validating) ?? [], purpose),
          );
          const registration = registrationOf(own, { advice, policies }, question.namespace);
          return worst([
            compared(own, mutatingConfiguration(registration)),
            ...(advice === undefined ? [] : [compared(advice, validatingConfiguration(registration))]),
            ...(policies === undefined
              ? []
              : [compared(policies, policyConfiguration(nameOf(policies), registration))]),
          ]);
        }),
    },
    {
      id: "order",
      says: "weft is called before Linkerd's own injector",
      needs: ["configurations"],
      about:
        "Configurations are called in the order of their names. Who comes second finds the sidecar and stays out. `weft install --adopt-linkerd` registers under a name that sorts before Linkerd's.",
      look: ({ mutating }) =>
        given(mutating, (all) => {
          const own = ownConfiguration(all);
          if (own === undefined || !all.some((each) => nameOf(each) === linkerdConfiguration)) return skipped;
          const lines = [
            `${nameOf(own)} sorts after ${linkerdConfiguration}: pods that ask get Linkerd's proxy from Linkerd`,
          ];
          return warningIf(nameOf(own) < linkerdConfiguration ? [] : lines, "weft install --adopt-linkerd");
        }),
    },
    {
      id: "other-injectors",
      says: "no namespace asks two meshes for a sidecar",
      needs: ["configurations"],
      about:
        "A pod with two sidecars has its traffic redirected twice. weft leaves pods alone that have Istio's already; Istio does not.",
      look: ({ mutating, namespaces }) =>
        given(mutating, (all) => {
          if (!all.some((each) => istio.test(nameOf(each)))) return skipped;
          return given(namespaces, (found) =>
            warningIf(
              found
                .filter((each) => asks(annotationsOf(each)) && asksIstio(labelsOf(each)))
                .map((each) => `namespace ${nameOf(each)} asks for Linkerd's proxy and for Istio's`),
            ),
          );
        }),
    },
  ],
};

export const istio = /^istio-(sidecar-injector|revision-tag)/;

const asksIstio = (labels: Readonly<Record<string, string>>): boolean =>
  labels["istio-injection"] === "enabled" || labels["istio.io/rev"] !== undefined;

/** An entry that is missing is a failure, one that differs a doubt. */
function compared(found: JsonObject, meant: JsonObject): Outcome {
  const registered = new Map(webhooksOf(found).map((webhook) => [textAt(webhook, "name"), webhook]));
  const wanted = webhooksOf(meant);
  const missing = wanted.filter((webhook) => !registered.has(textAt(webhook, "name")));
  return worst([
    missing.length > 0
      ? failure(
          missing.map((webhook) => `${textAt(webhook, "name")} is missing`),
          upgrade,
        )
      : skipped,
    warningIf(
      wanted.flatMap((webhook) => {
        const name = textAt(webhook, "name");
        const other = registered.get(name);
        return other === undefined ? [] : differences(other, webhook).map((line) => `${name}: ${line}`);
      }),
      upgrade,
    ),
  ]);
}

const upgrade = "weft upgrade";

const strangerLines = (configuration: JsonObject): readonly string[] =>
  strangersIn(configuration).map(
    (webhook) =>
      `${textAt(webhook, "name")} in ${textAt(configuration, "kind") || "configuration"} ${nameOf(configuration)} is none of weft's: it calls ${calledText(webhook)} for ${askedText(webhook)}`,
  );

/** Entries of weft's that call somebody else. */
const otherCalls = (configuration: JsonObject, namespace: string): readonly string[] => {
  const strangers = new Set(strangersIn(configuration));
  return webhooksOf(configuration)
    .filter((webhook) => !strangers.has(webhook) && !callsWeft(webhook, namespace))
    .map((webhook) => `${textAt(webhook, "name")} calls ${calledText(webhook)}`);
};

const callsWeft = (webhook: JsonObject, namespace: string): boolean =>
  textAt(webhook, "clientConfig", "url") === "" &&
  textAt(webhook, "clientConfig", "service", "name") === names.injector &&
  textAt(webhook, "clientConfig", "service", "namespace") === namespace;

function calledText(webhook: JsonObject): string {
  const url = textAt(webhook, "clientConfig", "url");
  if (url !== "") return url;
  const [name, namespace] = ["name", "namespace"].map((key) => textAt(webhook, "clientConfig", "service", key));
  return `Service ${name} in namespace ${namespace}`;
}

const askedText = (webhook: JsonObject): string =>
  objectsAt(webhook, "rules")
    .map((rule) => `${textsAt(rule, "operations").join("/")} of ${textsAt(rule, "resources").join(", ")}`)
    .join("; ") || "nothing";

/** Where it calls, and the caBundle, which who makes the certificates puts in, have checks of their own. */
function differences(found: JsonObject, meant: JsonObject): readonly string[] {
  const isElsewhere = !callsWeft(found, textAt(meant, "clientConfig", "service", "namespace"));
  const bare = (webhook: JsonObject): JsonObject => {
    const client = webhook["clientConfig"];
    const kept = isObject(client) && !isElsewhere ? { ...client, caBundle: undefined } : undefined;
    return { ...webhook, clientConfig: kept };
  };
  return difference("", bare(found), bare(meant));
}

/** Lists are compared item by item, whatever their order. */
function difference(place: string, found: Json | undefined, meant: Json | undefined): readonly string[] {
  if (isObject(found) && isObject(meant)) {
    const keys = [...new Set([...Object.keys(meant), ...Object.keys(found)])];
    return keys.flatMap((key) => difference(place === "" ? key : `${place}.${key}`, found[key], meant[key]));
  }
  if (isList(found) && isList(meant) && !same(found, meant)) {
    const lacks = without(meant, found).map((item) => `${place} lacks ${shown(item)}`);
    return [...lacks, ...without(found, meant).map((item) => `${place} has ${shown(item)}, which weft does not write`)];
  }
  return same(found, meant) ? [] : [`${place} is ${shown(found)}, weft writes ${shown(meant)}`];
}

const without = (items: readonly Json[], others: readonly Json[]): readonly Json[] =>
  items.filter((item) => !others.some((other) => same(item, other)));

const shown = (value: Json | undefined): string => {
  if (value === undefined) return "absent";
  const json = JSON.stringify(value);
  return json.length > 200 ? `${json.slice(0, 199)}…` : json;
};
