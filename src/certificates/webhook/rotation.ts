/**
 * The certificates of the webhook, looked after: each writer looks at what the configurations trust and at both Secrets,
 * and knows the leaf that is right to serve now; the one that holds the Lease also takes the next step of `core/renewal`,
 * keeps the caBundle of every configuration as it should be, and hands that leaf to the replicas of the webhook: in a
 * Secret that has nothing else of weft's in it.
 *
 * The order of the looks matters where two write: a bundle that was in the Secret after the configuration had
 * been read is at least as new as the caBundle that it replaces, since the patch is conditional on what was read.
 */
import { noTries, tried, waitOf } from "../../core/renewal/pace.ts";
import type { Pacing } from "../../core/renewal/pace.ts";
import { wordsOf } from "../../core/base/text/words.ts";
import { BundleRotation, configurationNow } from "./bundles.ts";
import { textsAfter } from "./apply-step.ts";
import type { WritingStep } from "./apply-step.ts";
import type { RotationNeeds, StoredSecret } from "./rotation-needs.ts";
import { WriterCertificates } from "./writer.ts";
import type { Verdict } from "./writer.ts";
import type { PemPair } from "../x509/pem.ts";
import { apart, servedRotation } from "./served.ts";
import { readSecret } from "./shared-secret.ts";
import type { SecretTexts, SharedSecret } from "./shared-secret.ts";

/** Looks after them until the signal aborts. */
export async function rotateCertificates(needs: RotationNeeds, signal: AbortSignal): Promise<void> {
  const rotation = new Rotation(needs);
  while (!signal.aborted) await needs.wait(await rotation.round());
}

/** A pause that is longer than none: what was written is read again. */
const soon = 10;

/** What a step is made from. */
interface Looked {
  readonly stored: StoredSecret;
  readonly secret: SharedSecret;
  readonly served: SecretTexts;
}

class Rotation {
  private readonly needs: RotationNeeds;
  private readonly writer: WriterCertificates;
  private readonly bundles: BundleRotation;
  private readonly handOut: ReturnType<typeof servedRotation>;
  private readonly reads = { secret: reader(), served: reader() };
  private serving: PemPair | undefined;
  private expires: number | undefined;
  private trusted: boolean | undefined;
  private repairs = noTries;
  /** Why the Secret with the CA could not be written when it was last tried. */
  private refusal: string | undefined;
  private told = "";

  constructor(needs: RotationNeeds) {
    this.needs = needs;
    this.writer = new WriterCertificates(needs.settings);
    this.bundles = new BundleRotation(needs);
    this.handOut = servedRotation(needs);
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
    const [stored, storedServed] = [await needs.secret.read(), await needs.served.read()];
    // weft may not create them; what it remembers stays trusted.
    for (const [{ name }, found] of [
      [needs.secret, stored],
      [needs.served, storedServed],
    ] as const)
      if (found === undefined)
        problems.push(`${name} is not there: weft upgrade -o yaml | kubectl apply -f - puts it back`);
    const { texts } = stored ?? { texts: {} };
    const [secret, served] = [this.reads.secret(stored), this.reads.served(storedServed)];
    const [now, elapsed] = [needs.now().getTime(), needs.elapsed()];
    const trust = configurations.map(({ trust: one }) => one);
    const verdict = this.writer.look({ texts, secret, served, configurations: trust, now, elapsed });
    this.tell(verdict);
    if (!needs.writes()) return Infinity;
    const { step } = verdict;
    let due = "until" in step ? (step.until ?? Infinity) - now : Infinity;
    if ("repair" in step && stored !== undefined) {
      const again = await this.write(step, { stored, secret, served: storedServed?.texts ?? {} });
      if (again !== undefined) return again;
      if (this.refusal !== undefined) problems.push(this.refusal);
      due = waitOf(this.repairs, needs.elapsed(), this.pacing);
    }
    const isAuthorityElsewhere = secret.facts.signer !== undefined;
    due = Math.min(due, await this.handOut(verdict, { stored: storedServed, isAuthorityElsewhere }, problems));
    return Math.min(due, await this.bundles.patchAll(verdict.bundle, configurations, problems));
  }

  /** How long until all is looked at anew; `undefined`: it has to wait, or was refused. */
  private async write(
    step: WritingStep,
    { stored: { texts, version }, secret, served }: Looked,
  ): Promise<number | undefined> {
    const { needs, writer, pacing } = this;
    if (waitOf(this.repairs, needs.elapsed(), pacing) > 0) return undefined;
    const { remembered } = writer;
    const pemOf = (fingerprints: readonly string[]): string => writer.pemOf(fingerprints);
    const { settings } = needs;
    const now = needs.now().getTime();
    const next = await textsAfter(step, { texts, secret, served, remembered, pemOf, settings, now });
    try {
      if (!(await needs.secret.write(next, version))) return needs.random() * apart;
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

/** Most looks find what the look before found: certificates are read once for each version of a Secret. */
function reader(): (stored: StoredSecret | undefined) => SharedSecret {
  let last: { readonly version: string; readonly secret: SharedSecret } | undefined;
  return (stored) => {
    if (stored === undefined) return readSecret({});
    if (last?.version !== stored.version) last = { version: stored.version, secret: readSecret(stored.texts) };
    return last.secret;
  };
}

/** What is broken in more than one way is repaired in as many steps, one right after the other. */
const furtherRepairs = 2;
