/**
 * The certificates of the replicas, looked after: each replica looks at the Secret and at what the configurations trust,
 * and serves the leaf that is right now; the one that holds the Lease also takes the next step of `core/renewal`, and
 * keeps the caBundle of every configuration as it should be.
 */
import { bundlePatch } from "../core/renewal/bundle-patch.ts";
import type { PatchOperation } from "../core/renewal/bundle-patch.ts";
import { entriesOf } from "../core/renewal/bundle-patch.ts";
import { noTries, tried, waitOf } from "../core/renewal/pace.ts";
import type { Pace, Pacing } from "../core/renewal/pace.ts";
import type { ConfigurationTrust } from "../core/renewal/seen.ts";
import type { RenewalSettings } from "../core/renewal/settings.ts";
import type { JsonObject } from "../core/mesh/api.ts";
import { textsAfter } from "./carry-out.ts";
import type { WritingStep } from "./carry-out.ts";
import { ReplicaCertificates } from "./replica.ts";
import type { Verdict } from "./replica.ts";
import type { PemPair } from "./self-signed.ts";
import { readSecret, trustedIn } from "./shared-secret.ts";
import type { SecretTexts } from "./shared-secret.ts";

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
  /** False: somebody else wrote meanwhile. Rejects when it is refused. */
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
  /** Told once for each reason in a row; it is tried again. */
  | { readonly kind: "failed"; readonly reason: string };

/** Looks after them until the signal aborts. */
export async function keepCertificates(needs: KeeperNeeds, signal: AbortSignal): Promise<void> {
  const keeper = new Keeper(needs);
  while (!signal.aborted) await needs.wait(await keeper.round());
}

/** A pause that is longer than none: what was written is read again. */
const soon = 10;

class Keeper {
  private readonly needs: KeeperNeeds;
  private readonly replica: ReplicaCertificates;
  private readonly bundles: Bundles;
  private serving: PemPair | undefined;
  private expires: number | undefined;
  private told = "";

  constructor(needs: KeeperNeeds) {
    this.needs = needs;
    this.replica = new ReplicaCertificates(needs.settings);
    this.bundles = new Bundles(needs);
  }

  /** One look, and what follows from it; how long to wait for the next. */
  async round(): Promise<number> {
    try {
      const pause = await this.look();
      this.told = "";
      return pause;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.told) this.needs.onEvent({ kind: "failed", reason });
      this.told = reason;
      return this.needs.every;
    }
  }

  private async look(): Promise<number> {
    const { needs } = this;
    const stored = await needs.readSecret();
    if (stored === undefined) throw new Error("the Secret is not there: it is part of what weft install prints");
    const configurations = await Promise.all(needs.configurations.map(configurationNow));
    const secret = readSecret(stored.texts);
    const [now, elapsed] = [needs.now().getTime(), needs.elapsed()];
    const trust = configurations.map(({ trust: one }) => one);
    const verdict = this.replica.look({ texts: stored.texts, secret, configurations: trust, now, elapsed });
    this.serve(verdict);
    if (!needs.writes()) return needs.every;
    const { step } = verdict;
    if ("repair" in step) {
      const { remembered } = this.replica;
      const pemOf = (fingerprints: readonly string[]): string => this.replica.pemOf(fingerprints);
      const { settings } = needs;
      const texts = await textsAfter(step, { texts: stored.texts, secret, remembered, pemOf, settings, now });
      if (await needs.writeSecret(texts, stored.version)) {
        needs.onEvent({ kind: "stepped", step: step.kind, because: step.because, repair: step.repair });
      }
      return soon;
    }
    const pause = await this.bundles.set(verdict.bundle, configurations);
    const until = "until" in step && step.until !== undefined ? step.until - needs.now().getTime() : Infinity;
    return Math.max(soon, Math.min(needs.every, until, pause));
  }

  private serve({ serving, authorityExpires }: Verdict): void {
    if (serving !== undefined && serving.certificate !== this.serving?.certificate) {
      this.serving = serving;
      this.needs.onServing(serving);
    }
    if (authorityExpires === undefined || authorityExpires === this.expires) return;
    this.expires = authorityExpires;
    this.needs.onEvent({ kind: "authority", expires: authorityExpires });
  }
}

interface ConfigurationNow {
  readonly configuration: TrustingConfiguration;
  readonly object: JsonObject | undefined;
  readonly trust: ConfigurationTrust;
  /** Why it could not be read. */
  readonly error?: Error;
}

async function configurationNow(configuration: TrustingConfiguration): Promise<ConfigurationNow> {
  try {
    const object = await configuration.read();
    if (object === undefined) return { configuration, object, trust: { kind: "missing" } };
    return { configuration, object, trust: { kind: "read", trusted: trustedBy(object) } };
  } catch (error) {
    const wrapped = error instanceof Error ? error : new Error(String(error));
    return { configuration, object: undefined, trust: { kind: "unknown" }, error: wrapped };
  }
}

/** The CAs that every entry trusts. */
function trustedBy(object: JsonObject): ReadonlySet<string> {
  const sets = entriesOf(object).map(({ caBundle = "" }) =>
    trustedIn(Buffer.from(caBundle, "base64").toString("utf8")),
  );
  const [first = new Set<string>(), ...others] = sets;
  return new Set([...first].filter((fingerprint) => others.every((one) => one.has(fingerprint))));
}

/** The caBundle of each configuration, and how often it had to be put right. */
class Bundles {
  private readonly needs: KeeperNeeds;
  /** The bundle that a configuration was last seen with, when it was as it should be. */
  private readonly right = new Map<string, string>();
  private readonly paces = new Map<string, Pace>();

  constructor(needs: KeeperNeeds) {
    this.needs = needs;
  }

  /** Patches what differs, now or when it is time; how long until then. Rejects after all were tried. */
  async set(bundle: string, configurations: readonly ConfigurationNow[]): Promise<number> {
    const wanted = Buffer.from(bundle, "utf8").toString("base64");
    let pause = Infinity;
    const failures: Error[] = [];
    for (const one of configurations) {
      if (one.error !== undefined) failures.push(one.error);
      try {
        pause = Math.min(pause, await this.setOne(wanted, one));
      } catch (error) {
        failures.push(error instanceof Error ? error : new Error(String(error)));
      }
    }
    if (failures.length > 0) throw new Error(failures.map(({ message }) => message).join("; "));
    return pause;
  }

  private async setOne(wanted: string, { configuration, object }: ConfigurationNow): Promise<number> {
    if (object === undefined) return Infinity;
    const { name } = configuration;
    const patch = bundlePatch(object, wanted);
    if (patch === undefined) {
      this.right.set(name, wanted);
      return Infinity;
    }
    const wasReverted = this.right.get(name) === wanted;
    const pace = wasReverted ? (this.paces.get(name) ?? noTries) : noTries;
    const wait = waitOf(pace, this.needs.elapsed(), this.needs.pacing);
    if (wait > 0) return wait;
    if (!(await configuration.patch(patch.operations))) return soon;
    const next = tried(pace, this.needs.elapsed(), this.needs.pacing);
    if (wasReverted) this.paces.set(name, next);
    const reverted = wasReverted ? next.tries : 0;
    this.needs.onEvent({ kind: "patched", configuration: name, differences: patch.differences, reverted });
    return soon;
  }
}
