/** Certificates and time. */
import { warning, failure, ok } from "./check.ts";
import type { Outcome } from "./check.ts";
import type { Certificate } from "../identity/certificate.ts";

export const day = 86_400_000;

/**
 * Valid now, and not near its end: a quarter of its life, as whoever renews does so at two thirds. `most`: no more than
 * that many days are called near.
 */
export function expiry(what: string, certificate: Certificate, now: Date, most = 30): Outcome {
  const { notBefore, notAfter } = certificate;
  const left = notAfter.getTime() - now.getTime();
  const life = notAfter.getTime() - notBefore.getTime();
  const words = [`${what} ${expiryText(certificate, now)}`];
  if (left <= 0 || now < notBefore) return failure(words);
  return left < Math.min(life / 4, most * day) ? warning(words) : ok;
}

export function expiryText({ notBefore, notAfter }: Certificate, now: Date): string {
  if (now < notBefore) return `is valid from ${notBefore.toISOString()} on`;
  const left = notAfter.getTime() - now.getTime();
  if (left <= 0) return `expired at ${notAfter.toISOString()}`;
  const time = left < 2 * day ? `${Math.floor(left / 3_600_000)} hours` : `${Math.floor(left / day)} days`;
  return `ends in ${time}, at ${notAfter.toISOString()}`;
}
