/** Kinds of values that an installation has. */
import { dnsLabel, dnsSubdomain, isDnsSubdomain, longestName } from "../base/scalars/dns-label.ts";
import { isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import { matching, textMap } from "../base/json/strict.ts";
import type { Kind } from "../base/json/strict.ts";
import { parseDuration, wholeMilliseconds } from "../base/scalars/duration.ts";
import { parseQuantity } from "../base/scalars/quantity.ts";
import { parseCidr } from "../base/scalars/subnets.ts";

export const label = matching("a name (RFC 1123 label)", dnsLabel);
export const subdomain: Kind<string> = {
  expects: "a name (RFC 1123 subdomain)",
  read: (value) => (typeof value === "string" && isDnsSubdomain(value) ? value : undefined),
  schema: { type: "string", maxLength: longestName, pattern: dnsSubdomain.source },
};

/** In its canonical form. */
export const cidr: Kind<string> = {
  expects: "a network such as 10.0.0.0/24 or fd00::/64",
  read: (value) => (typeof value === "string" ? parseCidr(value)?.text : undefined),
  schema: { type: "string", pattern: "^[0-9a-fA-F.:]+/[0-9]{1,3}$" },
};

/** They go into a ConfigMap, where a key has no place. */
export const certificates: Kind<string> = {
  ...matching(
    "certificates in PEM form, and no key",
    /^(?![^]*PRIVATE KEY)[^]*-----BEGIN CERTIFICATE-----[^]*-----END CERTIFICATE-----/,
  ),
  schema: { type: "string", pattern: "-----BEGIN CERTIFICATE-----", not: { pattern: "PRIVATE KEY" } },
};

export const graceful: Kind<string> = {
  expects: "a duration from 0s to 5m, such as 5s",
  read: (value) => {
    const seconds = typeof value === "string" ? wholeSeconds(value) : Number.NaN;
    return typeof value === "string" && seconds >= 0 && seconds <= 300 ? value : undefined;
  },
  schema: { type: "string", pattern: "^[+]?(0|([0-9]*[.]?[0-9]+(ns|us|µs|μs|ms|s|m|h))+)$" },
};

/** Of a duration such as `5s`, rounded up. */
export function wholeSeconds(text: string): number {
  const duration = parseDuration(text);
  return duration === undefined ? Number.NaN : Math.ceil(Number(wholeMilliseconds(duration)) / 1000);
}

const amounts = { type: "object", additionalProperties: { type: ["string", "number"], pattern: "^[^-]" } };

export const resources: Kind<Resources> = {
  expects: "a map with requests and limits, each a map of amounts such as 100m or 256Mi",
  read: resourcesOf,
  schema: { type: "object", additionalProperties: false, properties: { requests: amounts, limits: amounts } },
};

/** A reference of cert-manager. */
export const issuer: Kind<Readonly<Record<string, string>>> = {
  expects: "a map with the texts name, kind and group, of which name is needed",
  read: (value) => {
    const found = textMap.read(value);
    const isKnown = Object.keys(found ?? {}).every((key) => ["name", "kind", "group"].includes(key));
    return isKnown && found?.["name"] !== undefined ? found : undefined;
  },
  schema: {
    type: "object",
    additionalProperties: false,
    required: ["name"],
    properties: { name: { type: "string" }, kind: { type: "string" }, group: { type: "string" } },
  },
};

export interface Resources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

function resourcesOf(value: Json): Resources | undefined {
  if (!isObject(value) || !Object.keys(value).every((key) => key === "requests" || key === "limits")) return undefined;
  const read = Object.entries(value).map(([key, amounts]) => [key, amountsOf(amounts)] as const);
  return read.every(([, amounts]) => amounts !== undefined) ? Object.fromEntries(read) : undefined;
}

/** `cpu: 1` is a number in YAML, and an amount to Kubernetes. */
function amountsOf(value: Json | undefined): Readonly<Record<string, string>> | undefined {
  if (!isObject(value)) return undefined;
  const amounts = Object.entries(value).map(
    ([key, amount]) => [key, typeof amount === "number" ? String(amount) : amount] as const,
  );
  const isAmount = (entry: readonly [string, Json | undefined]): entry is [string, string] =>
    typeof entry[1] === "string" && !entry[1].startsWith("-") && parseQuantity(entry[1]) !== undefined;
  return amounts.every(isAmount) ? Object.fromEntries(amounts) : undefined;
}
