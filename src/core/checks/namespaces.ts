/** Namespaces that ask for the proxy, and whether they get it. */
import { cut } from "./lines.ts";
import { mirroredLabel } from "../registration/mirror.ts";
import { mirrorLabel } from "../registration/entries.ts";
import type { Registration } from "../registration/webhooks.ts";
import { fulfils, namespaceRequirements } from "../registration/rows.ts";
import { keys } from "../mesh/annotations.ts";
import type { JsonObject } from "../base/json/json.ts";
import { quoted } from "../base/text/quote.ts";
import { skipped, warningIf, given, ok } from "./check.ts";
import type { Category, Outcome } from "./check.ts";
import type { Facts } from "./facts.ts";
import { at, annotationsOf, labelsOf, nameOf } from "../base/json/read.ts";
import { ownConfiguration, registrationOf } from "./registered.ts";
import { valuesIn } from "./settings.ts";
import { valueOf } from "./fact.ts";

export const namespaceChecks: Category<Facts> = {
  name: "weft-namespaces",
  checks: [
    {
      id: "mirror-labels",
      says: `labels ${mirrorLabel} say what the annotations say`,
      needs: ["api-answers"],
      about:
        "Selectors see labels alone, so the annotation `linkerd.io/inject` of a namespace is repeated as a label: by weft when the namespace is written, by `weft backfill` for those that were there before. Where the label is missing, pods are injected all the same, but under `Ignore` and with a short timeout.",
      look: (facts) =>
        given(facts.namespaces, (all) =>
          warningIf(cut(all.filter(reach(facts)).flatMap(mirrorFaults)), backfillCommand(facts)),
        ),
    },
    {
      id: "inject-values",
      says: "annotations linkerd.io/inject of namespaces have usable values",
      needs: ["api-answers"],
      about:
        "Any other value than `enabled`, `ingress` and `disabled` keeps the namespace's pods out of the mesh, even those that ask by themselves.",
      look: ({ namespaces }) => given(namespaces, (all) => warningIf(cut(all.flatMap(valueFaults)))),
    },
    {
      id: "excluded-namespaces",
      says: "no namespace asks in vain",
      needs: ["configurations"],
      about:
        "weft never sees `kube-system`, `cert-manager`, its own namespace, and those with the label `config.linkerd.io/admission-webhooks: disabled`; nor, when it was installed for chosen namespaces, the others.",
      look: (facts) =>
        given(facts.namespaces, (all) => {
          const isReached = reach(facts);
          const asking = all.filter((each) => asks(annotationsOf(each)));
          return warningIf(
            cut(
              asking
                .filter((each) => !isReached(each))
                .map((each) => `namespace ${nameOf(each)} asks for the proxy, but is excluded`),
            ),
          );
        }),
    },
    {
      id: "pod-security",
      says: "namespaces that ask admit what the proxy needs",
      needs: ["settings"],
      about:
        "linkerd-init needs NET_ADMIN, which Pod Security *baseline* and *restricted* forbid: pods are refused after they were injected. Use Linkerd's CNI plugin (`cniEnabled`), or let the namespace enforce `privileged`.",
      look: ({ namespaces, settings }) => {
        const values = valuesIn(valueOf(settings) ?? {});
        if ("value" in values && at(values.value, "cniEnabled") === true) return skipped;
        return given(namespaces, (all) => podSecurityOutcome(all));
      },
    },
  ],
};

export const asks = (annotations: Readonly<Record<string, string>>): boolean =>
  mirroredLabel(annotations) !== undefined;

function mirrorFaults(namespace: JsonObject): readonly string[] {
  const wanted = mirroredLabel(annotationsOf(namespace));
  const found = labelsOf(namespace)[mirrorLabel];
  if (wanted === found) return [];
  const has = found === undefined ? "has no such label" : `has the label ${quoted(found)}`;
  return [
    `namespace ${nameOf(namespace)} ${has}, its annotation asks for ${wanted === undefined ? "none" : quoted(wanted)}`,
  ];
}

const usable: ReadonlySet<string> = new Set(["", "enabled", "ingress", "disabled"]);

function valueFaults(namespace: JsonObject): readonly string[] {
  const value = annotationsOf(namespace)[keys.inject] ?? "";
  return usable.has(value) ? [] : [`namespace ${nameOf(namespace)} has ${quoted(value)}`];
}

/** Whether weft's registration reaches a namespace; its mirrored label aside, which only decides between entries. */
function reach(facts: Facts): (namespace: JsonObject) => boolean {
  const registration = registered(facts);
  if (registration === undefined) return () => true;
  const requirements = namespaceRequirements("mirror", registration);
  return (namespace) => requirements.every((requirement) => fulfils(labelsOf(namespace), requirement));
}

function registered({ mutating, question }: Facts): Registration | undefined {
  const own = ownConfiguration(valueOf(mutating) ?? []);
  return own === undefined ? undefined : registrationOf(own, {}, question.namespace);
}

/** With the flags without which it would look elsewhere. */
function backfillCommand(facts: Facts): string {
  const { namespace } = facts.question;
  const chosen = registered(facts)?.chosen;
  return [
    "weft backfill",
    ...(namespace === "weft" ? [] : [`--namespace ${namespace}`]),
    ...(chosen === undefined ? [] : [`--namespaces ${chosen.join()}`]),
  ].join(" ");
}

function podSecurityOutcome(namespaces: readonly JsonObject[]): Outcome {
  const asking = namespaces.filter((each) => asks(annotationsOf(each)));
  if (asking.length === 0) return ok;
  const strict = asking.flatMap((each) => {
    const level = labelsOf(each)["pod-security.kubernetes.io/enforce"] ?? "";
    return level === "baseline" || level === "restricted" ? [`namespace ${nameOf(each)} enforces ${level}`] : [];
  });
  return warningIf(cut(strict));
}
