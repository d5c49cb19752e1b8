/**
 * A certificate that `weft webhook` makes for itself and keeps in memory, for when there is neither a folder nor a
 * Secret: at a desk, or behind a kubeconfig. Renewed at two thirds of its life. There is nothing above it that could be
 * trusted before it serves, so whoever trusts the old one has to be told of the new one.
 */
import { selfSigned } from "../../certificates/x509/self-signed.ts";
import { servingPair } from "../../certificates/webhook/serving-pair.ts";
import type { ServingPair } from "../../certificates/webhook/serving-pair.ts";
import { dueAt } from "../../core/renewal/facts.ts";
import type { Parsed } from "../../files/reloaded.ts";
import type { Clock } from "../../async/clock.ts";
import type { Log } from "../../observe/log.ts";
import type { Watched } from "../watched-files.ts";
import type { WebhookOptions } from "./flags.ts";

export interface OwnCertificateWorld {
  readonly log: Log;
  readonly now: () => Date;
  readonly clock: Pick<Clock, "wait">;
  readonly signal: AbortSignal;
  /** Comes for the first one and for each that follows. */
  readonly onPair: (pair: ServingPair) => void;
  /** Milliseconds; a year when absent, as long as Linkerd's own. */
  readonly life?: number;
}

const hour = 3_600_000;
/** An API server whose clock is a little behind must not find it "not yet valid". */
const backdate = hour;

export async function ownCertificate(
  options: Pick<WebhookOptions, "address" | "service" | "namespace">,
  { log, now, clock, signal, onPair, life = 365 * 24 * hour }: OwnCertificateWorld,
): Promise<Parsed<Watched<ServingPair>>> {
  const names = ownNames(options);
  const made = async (): Promise<Parsed<{ readonly pair: ServingPair; readonly due: number }>> => {
    const at = now().getTime();
    const [notBefore, notAfter] = [at - backdate, at + life];
    const pem = await selfSigned({ names, notBefore: new Date(notBefore), notAfter: new Date(notAfter) });
    const pair = servingPair(pem, now());
    if ("issues" in pair) return pair;
    return { value: { pair: pair.value, due: dueAt({ notBefore, notAfter }, backdate) } };
  };
  const first = await made();
  if ("issues" in first) return first;
  let { pair, due } = first.value;
  onPair(pair);

  const renew = async (): Promise<void> => {
    while (!signal.aborted) {
      // Not all of it at once: a timer holds 24 days at most, and does not see that the calendar was set.
      await clock.wait(Math.min(hour, Math.max(0, due - now().getTime())), signal);
      if (signal.aborted || now().getTime() < due) continue;
      const next = await made();
      if ("issues" in next) {
        // What was made a moment ago cannot have expired, unless the clock is being set.
        due = now().getTime() + 60_000;
        continue;
      }
      ({ pair, due } = next.value);
      onPair(pair);
      log.warn("the certificate of weft's own making was renewed: whoever trusted the old one has to trust this one", {
        certificate: pair.fingerprint,
        expires: pair.notAfter.toISOString(),
      });
    }
  };
  void renew();
  const says = (): string => `of weft's own making, expires ${pair.notAfter.toISOString()}`;
  return {
    value: { current: () => pair, check: { name: "certificate", look: () => ({ fails: false, says: says() }) } },
  };
}

const ownNames = ({
  address,
  service,
  namespace,
}: Pick<WebhookOptions, "address" | "service" | "namespace">): readonly string[] => [
  ...new Set([
    `${service}.${namespace}.svc`,
    "localhost",
    "127.0.0.1",
    "::1",
    ...(address.host === undefined ? [] : [address.host]),
  ]),
];
