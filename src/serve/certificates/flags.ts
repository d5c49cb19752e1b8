/** The flags of `weft certificates`: one row each. A flag wins over its environment variable, that over the usual value. */
import { names } from "../../core/install/names.ts";
import { millisecondsUpTo, readFlags, rfc1123Subdomain } from "../flags.ts";
import type { Environment, Flag, Given, OptionsOf, Row } from "../flags.ts";
import { servingRows } from "../common-flags.ts";
import type { Result } from "../../core/base/text/result.ts";

const tenYears = 87_600 * 3_600_000;

function lifeOf(text: string): number | undefined {
  const life = millisecondsUpTo(tenYears, text);
  return life === undefined || life < 10_000 ? undefined : life;
}

const countedEvery = (text: string): number | undefined => {
  const every = millisecondsUpTo(24 * 3_600_000, text);
  return every === undefined || every < 1000 ? undefined : every;
};

const rows = {
  adminAddress: servingRows.adminAddress,
  kubeconfig: {
    ...servingRows.kubeconfig,
    help: "how to reach the cluster; in a pod, without it, the pod's own access",
  },
  context: servingRows.context,
  namespace: {
    ...servingRows.namespace,
    help: "where weft itself runs: part of the names in the certificates, and where both Secrets and the Lease are",
  },
  service: servingRows.service,
  caSecret: {
    name: "--ca-secret",
    value: "NAME",
    environment: "WEFT_CA_SECRET",
    defaultValue: names.caSecret,
    help: "Secret with the CA, its key and the newest certificate; nobody else is to read it",
    expects: "a name of a Secret (RFC 1123 subdomain)",
    parse: rfc1123Subdomain,
  },
  certificatesSecret: {
    ...servingRows.certificatesSecret,
    defaultValue: names.servedSecret,
    help: "Secret that gets the certificate for the webhook's replicas to serve, and its key",
  },
  caLife: {
    name: "--ca-life",
    value: "DURATION",
    environment: "WEFT_CA_LIFE",
    defaultValue: "8760h",
    help: "how long a CA of weft's making lives; renewed at two thirds",
    expects: "a duration from 10s to 87600h, such as 8760h",
    parse: lifeOf,
  },
  certificateLife: {
    name: "--certificate-life",
    value: "DURATION",
    environment: "WEFT_CERTIFICATE_LIFE",
    defaultValue: "2160h",
    help: "how long a certificate of that CA lives, a third of the CA's life at most; renewed at two thirds",
    expects: "a duration from 10s to 87600h, such as 2160h",
    parse: lifeOf,
  },
  missedPodsEvery: {
    name: "--missed-pods-every",
    value: "DURATION",
    environment: "WEFT_MISSED_PODS_EVERY",
    defaultValue: "",
    help: "how often to count pods that asked for a proxy and have none, for the metric; without it they are not counted",
    expects: "a duration from 1s to 24h, such as 2m",
    parse: countedEvery,
  },
  logLevel: servingRows.logLevel,
  logFormat: servingRows.logFormat,
} as const satisfies Record<string, Row<unknown>>;

/** Flags that may be given several times. */
const lists = {
  mutatingConfiguration: {
    name: "--mutating-configuration",
    value: "NAME",
    environment: "WEFT_MUTATING_CONFIGURATION",
    defaultValue: "",
    help: "MutatingWebhookConfiguration whose caBundle weft keeps right; may be given several times",
    repeatable: true,
  },
  validatingConfiguration: {
    name: "--validating-configuration",
    value: "NAME",
    environment: "WEFT_VALIDATING_CONFIGURATION",
    defaultValue: "",
    help: "ValidatingWebhookConfiguration whose caBundle weft keeps right; may be given several times",
    repeatable: true,
  },
} as const satisfies Record<string, Flag>;

/** In the order of `--help`. */
export const certificatesFlags: readonly Flag[] = [...Object.values(rows), ...Object.values(lists)];

/** What the command works with; a file is undefined when none was given. Times in milliseconds. */
export type CertificatesOptions = OptionsOf<typeof rows, typeof lists>;

/** Reads what was given, or says everything that is wrong with it, each with its flag or variable. */
export const certificatesOptions = (given: Given, environment: Environment): Result<CertificatesOptions> =>
  readFlags(rows, lists, given, environment);
