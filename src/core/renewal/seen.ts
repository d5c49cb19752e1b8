/** How long every configuration has trusted a CA, as far as one writer has seen. */

/** What one configuration trusts: the CAs that each of its entries trusts. */
export type ConfigurationTrust =
  | { readonly kind: "read"; readonly trusted: ReadonlySet<string> }
  /** There is no such configuration: no API server calls by it. */
  | { readonly kind: "missing" }
  /** It may not be read, so nothing is known. */
  | { readonly kind: "unknown" };

/** For each CA: since when it has been seen in every configuration without a break, on a clock that only goes forward. */
export type TrustSeen = ReadonlyMap<string, number>;

/** What is known after another look at all configurations. */
export const trustSeen = (
  before: TrustSeen,
  authorities: readonly string[],
  configurations: readonly ConfigurationTrust[],
  elapsed: number,
): TrustSeen => {
  const everywhere = authorities.filter((authority) => configurations.every((one) => trusts(one, authority)));
  return new Map(everywhere.map((authority) => [authority, before.get(authority) ?? elapsed]));
};

export const trustedFor = (seen: TrustSeen, elapsed: number): ReadonlyMap<string, number> =>
  new Map([...seen].map(([authority, since]) => [authority, elapsed - since]));

const trusts = (configuration: ConfigurationTrust, authority: string): boolean =>
  configuration.kind === "missing" || (configuration.kind === "read" && configuration.trusted.has(authority));
