/**
 * The certificate of `weft webhook` in a cluster, where weft's certificate controller makes it: that of a Secret,
 * followed as it changes. The API server is asked for it, as a mounted Secret follows a minute later; and this process,
 * which takes requests of strangers, may read that one Secret and no other.
 */
import { upgradeCommand } from "../../core/install/before.ts";
import { servingPair } from "../../certificates/webhook/serving-pair.ts";
import type { ServingPair } from "../../certificates/webhook/serving-pair.ts";
import { secretKeys } from "../../certificates/webhook/shared-secret.ts";
import type { SecretTexts } from "../../certificates/webhook/shared-secret.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { wordsOf } from "../../core/base/text/words.ts";
import type { KubeApi } from "../../kube/api.ts";
import { realClock } from "../../async/clock.ts";
import type { Clock } from "../../async/clock.ts";
import { watchedWait } from "../../kube/watched-wait.ts";
import type { Log } from "../../observe/log.ts";
import type { Check } from "../../net/admin-server.ts";
import { secretPath, secretTexts } from "../stored-secret.ts";

export interface CertificateOptions {
  readonly namespace: string;
  /** Name of the Secret. */
  readonly secret: string;
}

export interface CertificateWorld {
  readonly log: Log;
  readonly now: () => Date;
  readonly clock?: Clock;
  /** The last review was answered. */
  readonly end: AbortSignal;
  /** Another pair is to serve from now on. */
  readonly onPair: (pair: ServingPair) => void;
}

export interface ServedCertificate {
  /** Undefined until there is one. */
  readonly current: () => ServingPair | undefined;
  /** Undefined: it ended before there was one. */
  readonly first: Promise<ServingPair | undefined>;
  readonly check: Check;
  readonly ended: Promise<unknown>;
}

/** From look to look, in milliseconds; a watch makes it sooner. */
const lookEvery = 10_000;

/** What cannot be used is told, and changes nothing: the last good pair serves on. */
export function servedCertificate(
  api: KubeApi,
  { namespace, secret }: CertificateOptions,
  { log, now, clock = realClock, end, onPair }: CertificateWorld,
): ServedCertificate {
  const path = secretPath(namespace, secret);
  const wake = watchedWait({ api, paths: [path], clock, random: Math.random, signal: end });
  const { promise: first, resolve } = Promise.withResolvers<ServingPair | undefined>();
  let current: ServingPair | undefined;
  let fault: string | undefined;

  const use = (pair: ServingPair): void => {
    if (pair.fingerprint === current?.fingerprint) return;
    current = pair;
    log.info("certificate in use", { certificate: pair.fingerprint, expires: pair.notAfter.toISOString() });
    onPair(pair);
    resolve(pair);
  };
  const look = async (): Promise<void> => {
    const read = await readPair(api, path, now).catch((error: unknown) => ({ fault: wordsOf(error) }));
    if ("value" in read) use(read.value);
    const next = "fault" in read ? read.fault : undefined;
    if (next !== undefined && next !== fault && !end.aborted)
      log.warn(`Secret ${secret} cannot be served from, trying again`, { reason: next });
    fault = next;
  };
  const goOn = async (): Promise<void> => {
    while (!end.aborted) {
      await look();
      await wake.wait(lookEvery);
    }
    resolve(undefined);
  };
  const says = (): string =>
    [
      current === undefined ? "there is none yet" : `of Secret ${secret}, expires ${current.notAfter.toISOString()}`,
      ...(fault === undefined ? [] : [`Secret ${secret}: ${fault}`]),
    ].join("; ");
  return {
    current: () => current,
    first,
    check: { name: "certificate", look: () => ({ fails: current === undefined, says: says() }) },
    ended: goOn(),
  };
}

type PairRead = { readonly value: ServingPair } | { readonly fault: string };

async function readPair(api: KubeApi, path: string, now: () => Date): Promise<PairRead> {
  const texts: SecretTexts | undefined = await secretTexts(api, path);
  if (texts === undefined) return { fault: `is not there: ${upgradeCommand} puts it back` };
  const { [secretKeys.leaf]: certificate = "", [secretKeys.leafKey]: key = "" } = texts;
  if (certificate === "" && key === "") return { fault: "has no certificate yet: weft certificates makes it" };
  const pair = servingPair({ certificate, key }, now());
  return "value" in pair ? pair : { fault: pair.issues.map(issueText).join("; ") };
}
