/** What the API server trusts, held against what weft serves with. The API server itself takes any caBundle. */
import { issueText } from "../base/text/issue.ts";
import type { JsonObject } from "../base/json/json.ts";
import { termOf, defaultTerm } from "../kubernetes/lease-terms.ts";
import { skipped, warning, warningIf, failure, failureIf, given, ok, worst } from "./check.ts";
import type { Category, Outcome } from "./check.ts";
import { namedInputs } from "./deployment.ts";
import { day, expiry, expiryText } from "./expiry.ts";
import type { Facts } from "./facts.ts";
import { metricOf } from "./metrics.ts";
import { numberAt, textAt } from "../base/json/read.ts";
import { ownConfigurations, webhooksOf } from "./registered.ts";
import { valueOf } from "./fact.ts";
import type { Certificate, CertificatesRead } from "../identity/certificate.ts";

export const certificateChecks: Category<Facts> = {
  name: "weft-certificates",
  checks: [
    {
      id: "ca-bundles",
      says: "every entry has a CA that the API server trusts",
      needs: ["configurations"],
      about:
        "Absent: the certificate controller has not written it yet (it does so as soon as it holds the Lease), or a GitOps tool takes it away; its log tells. With cert-manager its ca-injector writes it.",
      look: (facts) =>
        worst([unreadConfigurations(facts), ...bundlesOf(facts).map((bundle) => failureIf(bundleFaults(bundle)))]),
    },
    {
      id: "served-certificate",
      says: "weft serves a certificate for its Service, signed by these CAs",
      needs: ["objects", "ca-bundles"],
      about:
        "Otherwise each call fails with `x509: …`: pods that ask are refused under `Fail`, run without the proxy under `Ignore`. The certificate controller mends the caBundle within a minute; see its log.",
      look: (facts) => given(facts.certificates, (secret) => servedFaults(secret, facts)),
    },
    {
      id: "certificate-expiry",
      says: "the certificate is valid and is renewed in time",
      needs: ["objects"],
      about:
        "weft renews its own at two thirds of its life, cert-manager likewise. With a quarter left somebody should have. Given files are yours to renew.",
      look: (facts) => {
        if (facts.certificates.kind !== "known") return byMetrics(facts);
        const { certificates } = read(facts, facts.certificates.value, "tls.crt");
        const [leaf] = certificates;
        return leaf === undefined ? skipped : expiry("the certificate", leaf, facts.question.now);
      },
    },
    {
      id: "ca-expiry",
      says: "the CAs that the API server trusts are valid",
      needs: ["ca-bundles"],
      about: "weft trusts a new CA before one serves that it signed, and drops the old one after its last certificate.",
      look: (facts) => {
        const { now } = facts.question;
        const all = bundlesOf(facts).flatMap(({ bundle }) => bundle.certificates);
        const distinct = [...new Map(all.map((each) => [each.fingerprint, each])).values()];
        const living = distinct.filter(({ notAfter }) => notAfter > now);
        if (distinct.length === 0) return skipped;
        if (living.length === 0) return failureIf(distinct.map((each) => `${named(each)} ${expiryText(each, now)}`));
        // An older one beside it ends by itself.
        const last = living.toSorted((a, b) => b.notAfter.getTime() - a.notAfter.getTime())[0];
        return last === undefined ? skipped : expiry(named(last), last, now);
      },
    },
    {
      id: "lease",
      says: "somebody looks after the certificates",
      needs: ["objects"],
      about:
        "One replica of the certificate controller holds the Lease, writes certificates and repairs the caBundle. Nobody: see its logs, and its rights.",
      look: ({ objects: { lease, deployment }, question }) => {
        if (!namedInputs(valueOf(deployment)).isSelfMade) return skipped;
        return given(lease, (object) => leaseFaults(object, question.now));
      },
    },
  ],
};

const unreadConfigurations = ({ mutating, validating }: Facts): Outcome =>
  worst([mutating, validating].map((fact) => given(fact, () => skipped)));

/** What is trusted by an entry of either configuration. */
interface Bundle {
  readonly entry: string;
  readonly bundle: CertificatesRead;
  readonly isAbsent: boolean;
}

function bundlesOf({ mutating, validating, tools }: Facts): readonly Bundle[] {
  const own = [mutating, validating].flatMap((fact) => ownConfigurations(valueOf(fact) ?? []));
  return own.flatMap((configuration) =>
    webhooksOf(configuration).map((webhook) => {
      const text = textAt(webhook, "clientConfig", "caBundle");
      const bundle = tools.readCertificates(tools.fromBase64(text));
      return { entry: textAt(webhook, "name"), bundle, isAbsent: text === "" };
    }),
  );
}

function bundleFaults({ entry, bundle, isAbsent }: Bundle): readonly string[] {
  if (isAbsent) return [`${entry} has no caBundle`];
  if (bundle.issues.length > 0) return bundle.issues.map((issue) => `${entry}: its caBundle: ${issueText(issue)}`);
  return bundle.certificates.length === 0 ? [`${entry}: its caBundle has no PEM certificate`] : [];
}

function servedFaults(secret: JsonObject, facts: Facts): Outcome {
  const { certificates, issues } = read(facts, secret, "tls.crt");
  const [leaf] = certificates;
  if (leaf === undefined) {
    return failure(issues.length === 0 ? ["its Secret has no tls.crt yet"] : issues.map(issueText));
  }
  return worst([
    unreadConfigurations(facts),
    failureIf(nameFaults(leaf, facts)),
    failureIf(
      bundlesOf(facts).flatMap(({ entry, bundle }) => {
        const refusal = facts.tools.refusal(certificates, bundle.certificates);
        return refusal === undefined ? [] : [`${entry} does not trust it: ${refusal}`];
      }),
    ),
  ]);
}

/** The API server asks for the Service's name, or for the host of the URL. */
function nameFaults(leaf: Certificate, { question, objects }: Facts): readonly string[] {
  const service = textAt(valueOf(objects.service), "metadata", "name");
  if (service === "") return [];
  const name = `${service}.${question.namespace}.svc`;
  return leaf.names.includes(name) ? [] : [`it is for ${leaf.names.join(", ") || "no name"}, not for ${name}`];
}

const read = ({ tools }: Facts, secret: JsonObject, key: string): CertificatesRead =>
  tools.readCertificates(tools.fromBase64(textAt(secret, "data", key)));

const named = ({ subject, fingerprint }: Certificate): string => `CA ${subject || fingerprint.slice(0, 16)}`;

/** The pods tell when theirs expires, where the Secret may not be read. */
function byMetrics({ certificates, pages, question }: Facts): Outcome {
  const ends = pages.flatMap(({ pod, metrics }) => {
    const seconds = metricOf(valueOf(metrics) ?? "", "weft_certificate_expiry_timestamp_seconds")?.value;
    return seconds === undefined ? [] : [{ pod, left: seconds * 1000 - question.now.getTime() }];
  });
  if (ends.length === 0) return given(certificates, () => ok);
  const expired = ends.filter(({ left }) => left <= 0);
  if (expired.length > 0) return failure(expired.map(({ pod }) => `that of ${pod} has expired`));
  return warningIf(
    ends
      .filter(({ left }) => left < 7 * day)
      .map(({ pod, left }) => `that of ${pod} ends in ${Math.floor(left / day)} days`),
  );
}

// Three times as long as a holder may be silent before another takes over, so that a change of holders is no finding.
const silentPeriods = 3;

function leaseFaults(lease: JsonObject, now: Date): Outcome {
  const holder = textAt(lease, "spec", "holderIdentity");
  const renewed = Date.parse(textAt(lease, "spec", "renewTime"));
  const longest = silentPeriods * termOf(numberAt(lease, "spec", "leaseDurationSeconds"), defaultTerm);
  if (holder === "" || Number.isNaN(renewed)) return warning(["nobody holds its Lease"]);
  const silent = Math.round((now.getTime() - renewed) / 1000);
  if (silent > longest) return warning([`${holder} holds its Lease, but was last heard of ${silent} s ago`]);
  return warningIf(-silent > longest ? [`${holder} holds its Lease, renewed ${-silent} s in the future`] : []);
}
