/**
 * The certificates of the replicas, looked after: each replica looks at what the configurations trust and at the Secret,
 * and serves the leaf that is right now; the one that holds the Lease also takes the next step of `core/renewal`, and
 * keeps the caBundle of every configuration as it should be.
 *
 * The order of the looks matters where two replicas write: a bundle that was in the Secret after the configuration had
 * been read is at least as new as the caBundle that it replaces, since the patch is conditional on what was read.
 */
import type { PatchOperation } from "../core/renewal/bundle-patch.ts";
import { noTries, tried, waitOf } from "../core/renewal/pace.ts";
import type { Pacing } from "../core/renewal/pace.ts";
import type { RenewalSettings } from "../core/renewal/settings.ts";
import type { JsonObject } from "../core/mesh/api.ts";
import { wordsOf } from "../core/mesh/words.ts";
import { bundleKeeper, configurationNow } from "./bundles.ts";
import { textsAfter } from "./carry-out.ts";
import type { WritingStep } from "./carry-out.ts";
import { ReplicaCertificates } from "./replica.ts";
import type { Verdict } from "./replica.ts";
import type { PemPair } from "./self-signed.ts";
import { readSecret } from "./shared-secret.ts";
import type { SecretTexts, SharedSecret } from "./shared-secret.ts";

export interface StoredSecret {
  readonly texts: SecretTexts;
  /** What a write of it is conditional on. */
  readonly version: string;
}

/** A webhook configuration whose caBundle is looked after. */
export interface TrustingConfiguration {
  /** For messages. */
  readonly name: string;
  /** `undefined`: there is none. Rejects when it cannot be read. */
  readonly read: () => Promise<JsonObject | undefined>;
  /** False: it does not apply, as somebody else wrote meanwhile. Rejects when it is refused. */
  readonly patch: (operations: readonly PatchOperation[]) => Promise<boolean>;
}

export interface KeeperNeeds {
  readonly settings: RenewalSettings;
  readonly pacing: Pacing;
  /** `undefined`: it is not there. */
  readonly readSecret: () => Promise<StoredSecret | undefined>;
  /** False: somebody else wrote since it was read. */
  readonly writeSecret: (texts: SecretTexts, version: string) => Promise<boolean>;
  readonly configurations: readonly TrustingConfiguration[];
  /** Whether this replica is the one that writes. Two of them do no harm. */
  readonly writes: () => boolean;
  readonly now: () => Date;
  /** Milliseconds, on a clock that only goes forward. */
  readonly elapsed: () => number;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** Resolves after so many milliseconds, sooner when something may have changed, and when it is to end. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** From look to look, in milliseconds. */
  readonly every: number;
  readonly onServing: (pair: PemPair) => void;
  readonly onEvent: (event: KeeperEvent) => void;
}

export type KeeperEvent =
  | { readonly kind: "stepped"; readonly step: WritingStep["kind"]; readonly because: string; readonly repair: boolean }
  /** `reverted`: it had been right before, and somebody changed it; how often that happened lately. */
  | {
      readonly kind: "patched";
      readonly configuration: string;
      readonly differences: readonly string[];
      readonly reverted: number;
    }
  | { readonly kind: "authority"; readonly expires: number }
  /** Every configuration trusts what serves, or not any more. */
  | { readonly kind: "trusted"; readonly trusted: boolean }
  /** Told once for each reason in a row; it is tried again. */
  | { readonly kind: "failed"; readonly reason: string };

/** Looks after them until the signal aborts. */
export async function keepCertificates(needs: KeeperNeeds, signal: AbortSignal): Promise<void> {
  const keeper = new Keeper(needs);
  while (!signal.aborted) await needs.wait(await keeper.round());
}

/** A pause that is longer than none: what was written is read again. */
const soon = 10;
/** After a conflict; a random part of it, so that two do not meet again and again. */
const apart = 200;

class Keeper {
  private readonly needs: KeeperNeeds;
  private readonly replica: ReplicaCertificates;
  private readonly bundles: ReturnType<typeof bundleKeeper>;
  private serving: PemPair | undefined;
  private expires: number | undefined;
  private trusted: boolean | undefined;
  private repairs = noTries;
  /** Why the Secret could not be written when it was last tried. */
  private refusal: string | undefined;
  private told = "";

  constructor(needs: KeeperNeeds) {
    this.needs = needs;
    this.replica = new ReplicaCertificates(needs.settings);
    this.bundles = bundleKeeper(needs);
  }

  /** One look, and what follows from it; how long to wait for the next. */
  async round(): Promise<number> {
    const problems: string[] = [];
    let pause = this.needs.every;
    try {
      pause = await this.look(problems);
    } catch (error) {
      problems.push(wordsOf(error));
    }
    const reason = [...new Set(problems)].join("; ");
    if (reason !== this.told && reason !== "") this.needs.onEvent({ kind: "failed", reason });
    this.told = reason;
    return Math.max(soon, Math.min(this.needs.every, pause));
  }

  private async look(problems: string[]): Promise<number> {
    const { needs } = this;
    const configurations = await Promise.all(needs.configurations.map(configurationNow));
    problems.push(...configurations.flatMap(({ problem }) => (problem === undefined ? [] : [problem])));
    const stored = await needs.readSecret();
    // Weft may not create it; it serves on, and keeps what it remembers trusted.
    if (stored === undefined) problems.push("the Secret is not there: it is part of what weft install prints");
    const { texts } = stored ?? { texts: {} };
    const secret = readSecret(texts);
    const [now, elapsed] = [needs.now().getTime(), needs.elapsed()];
    const trust = configurations.map(({ trust: one }) => one);
    const verdict = this.replica.look({ texts, secret, configurations: trust, now, elapsed });
    this.tell(verdict);
    if (!needs.writes()) return Infinity;
    const { step } = verdict;
    let due = "until" in step ? (step.until ?? Infinity) - now : Infinity;
    if ("repair" in step && stored !== undefined) {
      const again = await this.write(step, stored, secret);
      if (again !== undefined) return again;
      if (this.refusal !== undefined) problems.push(this.refusal);
      due = waitOf(this.repairs, needs.elapsed(), this.pacing);
    }
    return Math.min(due, await this.bundles(verdict.bundle, configurations, problems));
  }

  /** How long until all is looked at anew; `undefined`: it has to wait, or was refused. */
  private async write(
    step: WritingStep,
    { texts, version }: StoredSecret,
    secret: SharedSecret,
  ): Promise<number | undefined> {
    const { needs, replica, pacing } = this;
    if (waitOf(this.repairs, needs.elapsed(), pacing) > 0) return undefined;
    const { remembered } = replica;
    const pemOf = (fingerprints: readonly string[]): string => replica.pemOf(fingerprints);
    const now = needs.now().getTime();
    const next = await textsAfter(step, { texts, secret, remembered, pemOf, settings: needs.settings, now });
    try {
      if (!(await needs.writeSecret(next, version))) return needs.random() * apart;
    } catch (error) {
      this.refusal = wordsOf(error);
      this.repairs = tried(this.repairs, needs.elapsed(), pacing);
      return undefined;
    }
    this.refusal = undefined;
    if (step.repair) this.repairs = tried(this.repairs, needs.elapsed(), pacing);
    needs.onEvent({ kind: "stepped", step: step.kind, because: step.because, repair: step.repair });
    return 0;
  }

  private get pacing(): Pacing {
    const { pacing } = this.needs;
    return { ...pacing, free: pacing.free + furtherRepairs };
  }

  private tell({ serving, authorityExpires, trusted }: Verdict): void {
    const { onServing, onEvent } = this.needs;
    if (serving !== undefined && serving.certificate !== this.serving?.certificate) {
      this.serving = serving;
      onServing(serving);
    }
    if (authorityExpires !== undefined && authorityExpires !== this.expires) {
      this.expires = authorityExpires;
      onEvent({ kind: "authority", expires: authorityExpires });
    }
    if (trusted === this.trusted) return;
    this.trusted = trusted;
    onEvent({ kind: "trusted", trusted });
  }
}

/** What is broken in more than one way is repaired in as many steps, one right after the other. */
const furtherRepairs = 2;
