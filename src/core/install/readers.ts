/** What values of an installation can be: each as what was expected, and how JSON is read into it. */
import { dnsLabel } from "../base/scalars/dns-label.ts";
import { isList, isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import { parseDuration, wholeMilliseconds } from "../base/scalars/duration.ts";
import { parseQuantity } from "../base/scalars/quantity.ts";
import { parseCidr } from "../base/scalars/subnets.ts";

export interface Reader<Value> {
  /** What a value has to be, after "expected". */
  readonly expects: string;
  readonly read: (value: Json) => Value | undefined;
}

export const oneOf = <Text extends string>(texts: readonly Text[]) => ({
  expects: texts.join(" or "),
  read: (value: Json): Text | undefined => texts.find((text) => text === value),
});
export const wholeFrom = (least: number, most: number) => ({
  expects: `a whole number from ${least} to ${most}`,
  read: (value: Json): number | undefined =>
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most ? value : undefined,
});
export const matching = (expects: string, pattern: RegExp) => ({
  expects,
  read: (value: Json): string | undefined => (typeof value === "string" && pattern.test(value) ? value : undefined),
});
export const listOf = <Item>(expects: string, read: (value: Json) => Item | undefined) => ({
  expects,
  read(value: Json): readonly Item[] | undefined {
    const items = isList(value) ? value.map(read) : [undefined];
    return items.every((item) => item !== undefined) ? items : undefined;
  },
});
export const textMap = {
  expects: "a map of text",
  read: (value: Json): Readonly<Record<string, string>> | undefined =>
    isObject(value) && Object.values(value).every((item) => typeof item === "string")
      ? (value as Readonly<Record<string, string>>)
      : undefined,
};
export const truth = {
  expects: "true or false",
  read: (value: Json): boolean | undefined => (typeof value === "boolean" ? value : undefined),
};
export const label = matching("a name (RFC 1123 label)", dnsLabel);
export const subdomain = matching(
  "a name (RFC 1123 subdomain)",
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
);

/** In its canonical form. */
export const cidr: Reader<string> = {
  expects: "a network such as 10.0.0.0/24 or fd00::/64",
  read: (value) => (typeof value === "string" ? parseCidr(value)?.text : undefined),
};

/** They go into a ConfigMap, where a key has no place. */
export const certificates = matching(
  "certificates in PEM form, and no key",
  /^(?![^]*PRIVATE KEY)[^]*-----BEGIN CERTIFICATE-----[^]*-----END CERTIFICATE-----/,
);

export const graceful: Reader<string> = {
  expects: "a duration from 0s to 5m, such as 5s",
  read: (value) => {
    const seconds = typeof value === "string" ? wholeSeconds(value) : Number.NaN;
    return typeof value === "string" && seconds >= 0 && seconds <= 300 ? value : undefined;
  },
};

/** Of a duration such as `5s`, rounded up. */
export function wholeSeconds(text: string): number {
  const duration = parseDuration(text);
  return duration === undefined ? Number.NaN : Math.ceil(Number(wholeMilliseconds(duration)) / 1000);
}

export const resources: Reader<Resources> = {
  expects: "a map with requests and limits, each a map of amounts such as 100m or 256Mi",
  read: resourcesOf,
};

/** A reference of cert-manager. */
export const issuer: Reader<Readonly<Record<string, string>>> = {
  expects: "a map with the texts name, kind and group, of which name is needed",
  read: (value) => {
    const found = textMap.read(value);
    const isKnown = Object.keys(found ?? {}).every((key) => ["name", "kind", "group"].includes(key));
    return isKnown && found?.["name"] !== undefined ? found : undefined;
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
