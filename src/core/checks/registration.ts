/** Both configurations, held against what this version of weft would write; and what else is called for pods. */
import { same } from "../documents/value.ts";
import { mutatingConfiguration, validatingConfiguration } from "../registration/webhooks.ts";
import { isList, isObject } from "../mesh/api.ts";
import type { Json, JsonObject } from "../mesh/api.ts";
import { aside, doubtIf, failure, failureIf, given, worst } from "./check.ts";
import type { Category, Outcome } from "./check.ts";
import type { Facts } from "./facts.ts";
import { annotationsOf, labelsOf, nameOf, textAt } from "../mesh/read.ts";
import { ownConfiguration, registrationOf, webhooksOf } from "./registered.ts";
import { asks } from "./namespaces.ts";

export const linkerdConfiguration = "linkerd-proxy-injector-webhook-config";

export const registrationChecks: Category<Facts> = {
  name: "weft-registration",
  checks: [
    {
      id: "configurations",
      says: "weft is registered with the API server",
      needs: ["api-answers"],
      about: "Without its MutatingWebhookConfiguration weft is never called. Apply what `weft install` prints again.",
      look: ({ mutating, validating }) =>
        worst([
          given(mutating, (all) =>
            failureIf(
              ownConfiguration(all) === undefined ? ["no MutatingWebhookConfiguration has entries of weft's"] : [],
            ),
          ),
          given(validating, (all) =>
            doubtIf(
              ownConfiguration(all) === undefined
                ? ["no ValidatingWebhookConfiguration has weft's: nobody is warned at apply time"]
                : [],
            ),
          ),
        ]),
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
          if (own === undefined) return aside;
          const advice = validating.kind === "known" ? ownConfiguration(validating.value) : undefined;
          const registration = registrationOf(own, advice, question.namespace);
          return worst([
            compared(own, mutatingConfiguration(registration)),
            ...(advice === undefined ? [] : [compared(advice, validatingConfiguration(registration))]),
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
          if (own === undefined || !all.some((each) => nameOf(each) === linkerdConfiguration)) return aside;
          const lines = [
            `${nameOf(own)} sorts after ${linkerdConfiguration}: pods that ask get Linkerd's proxy from Linkerd`,
          ];
          return doubtIf(nameOf(own) < linkerdConfiguration ? [] : lines, "weft install --adopt-linkerd");
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
          if (!all.some((each) => istio.test(nameOf(each)))) return aside;
          return given(namespaces, (found) =>
            doubtIf(
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
  const names = new Set(wanted.map((webhook) => textAt(webhook, "name")));
  return worst([
    missing.length > 0
      ? failure(
          missing.map((webhook) => `${textAt(webhook, "name")} is missing`),
          upgrade,
        )
      : aside,
    doubtIf(
      wanted.flatMap((webhook) => {
        const name = textAt(webhook, "name");
        const other = registered.get(name);
        return other === undefined ? [] : differences(other, webhook).map((line) => `${name}: ${line}`);
      }),
      upgrade,
    ),
    doubtIf([...registered.keys()].filter((name) => !names.has(name)).map((name) => `${name} is none of weft's`)),
  ]);
}

const upgrade = "weft upgrade";

/** The caBundle has checks of its own: who makes the certificates puts it in. */
const differences = (found: JsonObject, meant: JsonObject): readonly string[] =>
  difference("", withoutBundle(found), withoutBundle(meant));

function withoutBundle(webhook: JsonObject): JsonObject {
  const client = webhook["clientConfig"];
  return isObject(client) ? { ...webhook, clientConfig: { ...client, caBundle: undefined } } : webhook;
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
