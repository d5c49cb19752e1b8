/** The settings and trust anchors that weft injects with. */
import { readInstallation } from "../inject/settings/installation.ts";
import { readDocument } from "../documents/document.ts";
import { issueText } from "../base/text/issue.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { skipped, warning, warningIf, failure, failureIf, given, worst } from "./check.ts";
import type { Category, Outcome } from "./check.ts";
import { expiry } from "./expiry.ts";
import { inUseCheck } from "./in-use.ts";
import type { Facts, Tools } from "./facts.ts";
import { nameOf, textAt } from "../base/json/read.ts";
import { valueOf } from "./fact.ts";
import type { Certificate, CertificatesRead } from "../identity/certificate.ts";

export const settingsChecks: Category<Facts> = {
  name: "weft-settings",
  checks: [
    {
      id: "settings",
      says: "the settings can be used",
      needs: ["objects"],
      about:
        "What is a failure here makes injection impossible: pods that ask are refused under `Fail`. Settings are complete Helm values in ConfigMap `linkerd-config`.",
      look: ({ settings, trustAnchors, tools }) =>
        given(settings, (configMap) => settingsOutcome(configMap, anchorsText(valueOf(trustAnchors)), tools)),
    },
    {
      id: "trust-anchors",
      says: "the trust anchors can be read and are valid",
      needs: ["objects"],
      about:
        "Proxies trust who is signed by one of these, and nobody else. They end 60 days from now or earlier: see Linkerd's documentation on rotating them.",
      look: ({ trustAnchors, tools, question }) =>
        given(trustAnchors, (configMap) => anchorsOutcome(anchorsIn(configMap, tools), question.now)),
    },
    {
      id: "shared-trust-anchors",
      says: "they are those of Linkerd's control plane",
      needs: ["trust-anchors"],
      about:
        "A proxy with other anchors does not trust the control plane's identity, nor other proxies. While Linkerd rotates its anchors both lists differ for a while.",
      look: ({ trustAnchors, objects: { linkerdTrustAnchors }, tools }) =>
        given(trustAnchors, (own) => {
          if (linkerdTrustAnchors.kind === "absent") {
            return warning([`${linkerdTrustAnchors.what} is not there: proxies will find no control plane`]);
          }
          return given(linkerdTrustAnchors, (linkerds) =>
            isSameObject(own, linkerds) ? skipped : sharedOutcome(anchorsIn(own, tools), anchorsIn(linkerds, tools)),
          );
        }),
    },
    inUseCheck,
  ],
};

/** Helm values in a ConfigMap `linkerd-config`, or what is wrong with them. */
export function settingsOutcome(configMap: JsonObject, trustAnchors: string, tools: Tools): Outcome {
  const values = valuesIn(configMap);
  if ("errors" in values) return failure(values.errors);
  const read = readInstallation({
    values: values.value,
    trustAnchors: { pem: trustAnchors, sha256: tools.sha256(trustAnchors) },
    sha256: tools.sha256,
  });
  if ("issues" in read) return failure(read.issues.map(issueText));
  return worst([
    failureIf(read.value.installation.errors.map(issueText)),
    warningIf(read.value.warnings.map(issueText)),
  ]);
}

export function valuesIn(configMap: JsonObject): { readonly value: Json } | { readonly errors: readonly string[] } {
  const text = textAt(configMap, "data", "values");
  if (text === "") return { errors: [`ConfigMap ${nameOf(configMap)} has no key values`] };
  const { value, issues } = readDocument(text, 1);
  if (issues.length > 0 || value === undefined)
    return { errors: issues.map((issue) => `key values: ${issueText(issue)}`) };
  return { value };
}

export const anchorsText = (configMap: JsonObject | undefined): string => textAt(configMap, "data", "ca-bundle.crt");
export const anchorsIn = (configMap: JsonObject, tools: Tools): CertificatesRead =>
  tools.readCertificates(anchorsText(configMap));

// As long as Linkerd warns of them before.
const anchorDays = 60;

export function anchorsOutcome({ certificates, issues }: CertificatesRead, now: Date): Outcome {
  if (issues.length > 0) return failure(issues.map(issueText));
  if (certificates.length === 0) return failure(["there is no PEM certificate among them"]);
  const ends = certificates.map((each) => {
    const what = `trust anchor ${each.subject}`;
    return each.isAuthority ? expiry(what, each, now, anchorDays) : failure([`${what} is not a CA`]);
  });
  // One that is of no use does no harm beside one that lasts.
  const isDead = ends.every(({ kind }) => kind === "failure");
  return isDead ? worst(ends) : worst(ends.map((each) => ("lines" in each ? warning(each.lines) : each)));
}

const isSameObject = (one: JsonObject, other: JsonObject): boolean =>
  textAt(one, "metadata", "namespace") === textAt(other, "metadata", "namespace") && nameOf(one) === nameOf(other);

function sharedOutcome(own: CertificatesRead, linkerds: CertificatesRead): Outcome {
  const lacking = lines(linkerds.certificates, own.certificates, "Linkerd's, but not weft's");
  const surplus = lines(own.certificates, linkerds.certificates, "weft's, but not Linkerd's");
  const isDisjoint = lacking.length === linkerds.certificates.length;
  return isDisjoint ? failure([...lacking, ...surplus]) : warningIf([...lacking, ...surplus]);
}

const lines = (some: readonly Certificate[], others: readonly Certificate[], whose: string): readonly string[] =>
  some
    .filter(({ fingerprint }) => !others.some((other) => other.fingerprint === fingerprint))
    .map(({ subject, fingerprint }) => `${subject} (SHA-256 ${fingerprint.slice(0, 16)}…) is one of ${whose}`);
