/**
 * The caBundle of every webhook configuration. Who puts back another one is corrected at once, and told; who does it
 * again and again, as a tool does that knows only its own manifests, is corrected ever more slowly.
 */
import { wordsOf } from "../../core/base/text/words.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { bundlePatch, entriesOf } from "../../core/renewal/bundle-patch.ts";
import { noTries, tried, waitOf } from "../../core/renewal/pace.ts";
import type { Pace } from "../../core/renewal/pace.ts";
import type { ConfigurationTrust } from "../../core/renewal/seen.ts";
import type { RotationNeeds, TrustingConfiguration } from "./rotation-needs.ts";
import { trustedInPem } from "./shared-secret.ts";
import { perText } from "../../core/base/memory/memo.ts";

/** A configuration as it was read. */
export interface ConfigurationNow {
  readonly configuration: TrustingConfiguration;
  readonly object: JsonObject | undefined;
  readonly trust: ConfigurationTrust;
  /** Why there is no object. */
  readonly problem?: string;
}

export async function configurationNow(configuration: TrustingConfiguration): Promise<ConfigurationNow> {
  try {
    const object = await configuration.read();
    if (object !== undefined) return { configuration, object, trust: { kind: "read", trusted: trustedBy(object) } };
    return { configuration, object, trust: { kind: "missing" }, problem: `${configuration.name} is not there` };
  } catch (error) {
    const problem = wordsOf(error);
    return { configuration, object: undefined, trust: { kind: "unknown" }, problem };
  }
}

/** The CAs that every entry trusts. */
function trustedBy(object: JsonObject): ReadonlySet<string> {
  const [first = new Set<string>(), ...others] = entriesOf(object).map(({ caBundle = "" }) => trustedIn(caBundle));
  return new Set([...first].filter((fingerprint) => others.every((one) => one.has(fingerprint))));
}

/** All entries have the same, from look to look: reading its certificates is most of what a look costs. */
const trustedIn = perText((caBundle) => trustedInPem(Buffer.from(caBundle, "base64").toString("utf8")), { most: 16 });

type BundlePatch = NonNullable<ReturnType<typeof bundlePatch>>;

/** What is known of one caBundle from look to look. */
interface Kept {
  /** The bundle that is wanted; with another one all else is forgotten. */
  readonly wanted: string;
  /** It was in place once: who has another now has changed it. */
  readonly wasRight: boolean;
  /** Of corrections, and of patches that had no effect. */
  readonly pace: Pace;
  /** Why it could not be patched when that was last tried. */
  readonly refusal?: string;
}

type BundleNeeds = Pick<RotationNeeds, "pacing" | "elapsed" | "onEvent">;

export class BundleRotation {
  readonly #needs: BundleNeeds;
  /** By the configuration's name. */
  readonly #kept = new Map<string, Kept>();

  constructor(needs: BundleNeeds) {
    this.#needs = needs;
  }

  /** Patches what differs, when it is time; how long until then. Problems are added to the list. */
  async patchAll(bundle: string, configurations: readonly ConfigurationNow[], problems: string[]): Promise<number> {
    // With an empty one the API server would trust whom its machine trusts.
    if (bundle === "") return Infinity;
    const wanted = Buffer.from(bundle, "utf8").toString("base64");
    let pause = Infinity;
    for (const one of configurations) {
      pause = Math.min(pause, await this.#keepOne(wanted, one));
      const refusal = this.#kept.get(one.configuration.name)?.refusal;
      if (refusal !== undefined) problems.push(refusal);
    }
    return pause;
  }

  async #keepOne(wanted: string, { configuration, object }: ConfigurationNow): Promise<number> {
    if (object === undefined) return Infinity;
    const { name } = configuration;
    const known = this.#kept.get(name);
    const before = known?.wanted === wanted ? known : { wanted, wasRight: false, pace: noTries };
    const patch = bundlePatch(object, wanted);
    if (patch === undefined) {
      this.#kept.set(name, { wanted, wasRight: true, pace: before.pace });
      return Infinity;
    }
    const wait = this.#waitOf(before.pace);
    return wait > 0 ? wait : this.#tryPatch(configuration, patch, before);
  }

  async #tryPatch(configuration: TrustingConfiguration, patch: BundlePatch, before: Kept): Promise<number> {
    const { elapsed, onEvent, pacing } = this.#needs;
    const { name } = configuration;
    const { wanted, wasRight } = before;
    const pace = tried(before.pace, elapsed(), pacing);
    try {
      if (!(await configuration.patch(patch.operations))) {
        this.#kept.set(name, { wanted, wasRight, pace });
        return this.#waitOf(pace);
      }
    } catch (error) {
      this.#kept.set(name, { wanted, wasRight, pace, refusal: wordsOf(error) });
      return this.#waitOf(pace);
    }
    // To write what is new is no correction: the first one after it need not wait.
    this.#kept.set(name, { wanted, wasRight: true, pace: wasRight ? pace : before.pace });
    const reverted = wasRight ? pace.tries : 0;
    onEvent({ kind: "patched", configuration: name, differences: patch.differences, reverted });
    return 0;
  }

  #waitOf(pace: Pace): number {
    return waitOf(pace, this.#needs.elapsed(), this.#needs.pacing);
  }
}
