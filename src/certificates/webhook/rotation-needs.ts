/** What the keeper of certificates works with, and what it tells. */
import type { JsonObject } from "../../core/base/json/json.ts";
import type { PatchOperation } from "../../core/renewal/bundle-patch.ts";
import type { Pacing } from "../../core/renewal/pace.ts";
import type { RenewalSettings } from "../../core/renewal/settings.ts";
import type { WritingStep } from "./apply-step.ts";
import type { PemPair } from "../x509/pem.ts";
import type { SecretTexts } from "./shared-secret.ts";

export interface StoredSecret {
  readonly texts: SecretTexts;
  /** What a write of it is conditional on. */
  readonly version: string;
}

export interface KeptSecret {
  /** For messages, such as `Secret weft-ca`. */
  readonly name: string;
  /** `undefined`: it is not there. */
  readonly read: () => Promise<StoredSecret | undefined>;
  /** Keys of weft's that are not among the texts go; what others keep in it stays. False: somebody else wrote since. */
  readonly write: (texts: SecretTexts, version: string) => Promise<boolean>;
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

export interface RotationNeeds {
  readonly settings: RenewalSettings;
  readonly pacing: Pacing;
  /** With the CA: nobody else reads it. */
  readonly secret: KeptSecret;
  /** With the certificate that replicas of the webhook serve. */
  readonly served: KeptSecret;
  readonly configurations: readonly TrustingConfiguration[];
  /** Whether this one is to write. Two of them do no harm. */
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
  readonly onEvent: (event: RotationEvent) => void;
}

export type RotationEvent =
  | { readonly kind: "stepped"; readonly step: WritingStep["kind"]; readonly because: string; readonly repair: boolean }
  /** `reverted`: it had been right before, and somebody changed it; how often that happened lately. */
  | {
      readonly kind: "patched";
      readonly configuration: string;
      readonly differences: readonly string[];
      readonly reverted: number;
    }
  /** The replicas of the webhook get the leaf that serves from now on; or get it back. */
  | { readonly kind: "handed out"; readonly repair: boolean }
  | { readonly kind: "authority"; readonly expires: number }
  /** Every configuration trusts what serves, or not any more. */
  | { readonly kind: "trusted"; readonly trusted: boolean }
  /** Told once for each reason in a row; it is tried again. */
  | { readonly kind: "failed"; readonly reason: string };
