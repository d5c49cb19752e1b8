/** PEM text (RFC 7468). */

/** The certificates in a text, each with its lines of dashes. */
export const pemBlocks = (text: string): readonly string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
