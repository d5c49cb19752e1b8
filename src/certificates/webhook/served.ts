/**
 * The Secret that replicas of the webhook serve from: a certificate and its key, and nothing else of weft's. Who changes
 * it is corrected at once, then ever more slowly, as with the caBundles.
 */
import { wordsOf } from "../../core/base/text/words.ts";
import { noTries, tried, waitOf } from "../../core/renewal/pace.ts";
import type { Pace } from "../../core/renewal/pace.ts";
import type { RotationNeeds, StoredSecret } from "./rotation-needs.ts";
import type { Verdict } from "./writer.ts";
import type { PemPair } from "../x509/pem.ts";
import { isOwnKey, secretKeys } from "./shared-secret.ts";
import type { SecretTexts } from "./shared-secret.ts";

interface Kept {
  /** PEM of what is wanted; with another one all else is forgotten. */
  readonly wanted: string;
  /** It was in place once: what is there instead is somebody's change. */
  readonly wasRight: boolean;
  readonly pace: Pace;
  /** Why it could not be written when that was last tried. */
  readonly refusal?: string;
}

export interface ServedNow {
  readonly stored: StoredSecret | undefined;
  readonly isAuthorityElsewhere: boolean;
}

/** Hands out the pair that is to serve, when it is time; how long until then. Problems are added to the list. */
export function servedRotation({
  served,
  pacing,
  elapsed,
  random,
  onEvent,
}: Pick<RotationNeeds, "served" | "pacing" | "elapsed" | "random" | "onEvent">): (
  verdict: Pick<Verdict, "serving" | "handsOut">,
  now: ServedNow,
  problems: string[],
) => Promise<number> {
  let kept: Kept = { wanted: "", wasRight: false, pace: noTries };

  /** False: somebody else wrote meanwhile. */
  async function write(texts: SecretTexts, version: string): Promise<boolean> {
    const { wanted, wasRight } = kept;
    const pace = tried(kept.pace, elapsed(), pacing);
    try {
      if (!(await served.write(texts, version))) return false;
    } catch (error) {
      kept = { wanted, wasRight, pace, refusal: wordsOf(error) };
      return true;
    }
    // To hand out what is new is no correction: the first one after it need not wait.
    kept = { wanted, wasRight: true, pace: wasRight ? pace : kept.pace };
    onEvent({ kind: "handed out", repair: wasRight });
    return true;
  }

  return async ({ serving, handsOut }, { stored, isAuthorityElsewhere }, problems) => {
    if (serving === undefined || stored === undefined || !handsOut) return Infinity;
    const { certificate: wanted } = serving;
    if (kept.wanted !== wanted) kept = { wanted, wasRight: false, pace: noTries };
    const texts = servedTexts(stored.texts, serving, isAuthorityElsewhere);
    if (texts === undefined) {
      kept = { wanted, wasRight: true, pace: kept.pace };
      return Infinity;
    }
    const isDue = waitOf(kept.pace, elapsed(), pacing) === 0;
    if (isDue && !(await write(texts, stored.version))) return random() * apart;
    if (kept.refusal !== undefined) problems.push(kept.refusal);
    return waitOf(kept.pace, elapsed(), pacing);
  };
}

/** After a conflict; a random part of it, so that two do not meet again and again. */
export const apart = 200;

/**
 * The Secret's texts with this pair in it; undefined: it has it already. What versions before kept there, the CA with its
 * key, goes once the CA is elsewhere.
 */
function servedTexts(
  texts: SecretTexts,
  { certificate, key }: PemPair,
  isAuthorityElsewhere: boolean,
): SecretTexts | undefined {
  const pair: SecretTexts = { [secretKeys.leaf]: certificate, [secretKeys.leafKey]: key };
  const stays = (name: string): boolean => !isAuthorityElsewhere || !isOwnKey(name) || Object.hasOwn(pair, name);
  const next = { ...Object.fromEntries(Object.entries(texts).filter(([name]) => stays(name))), ...pair };
  const isSame = Object.keys(texts).length === Object.keys(next).length;
  return isSame && Object.entries(next).every(([name, text]) => texts[name] === text) ? undefined : next;
}
