/** Steps of `core/renewal` carried out: the Secret's texts as they are after a step. */
import type { Step } from "../../core/renewal/plan.ts";
import type { RenewalSettings } from "../../core/renewal/settings.ts";
import { issueLeaf, makeAuthority } from "./authority.ts";
import type { Validity } from "./authority.ts";
import type { PemPair } from "../x509/pem.ts";
import { ownTexts, secretKeys } from "./shared-secret.ts";
import type { SecretTexts, SharedSecret } from "./shared-secret.ts";

export type WritingStep = Extract<Step, { readonly repair: boolean }>;

export interface StepNeeds {
  readonly texts: SecretTexts;
  readonly secret: SharedSecret;
  /** The Secret as it was last seen whole. */
  readonly remembered: SecretTexts;
  /** The Secret that is served from. */
  readonly served: SecretTexts;
  /** PEM of CAs by their fingerprints. */
  readonly pemOf: (fingerprints: readonly string[]) => string;
  readonly settings: RenewalSettings;
  readonly now: number;
}

/** What others keep in the Secret stays. */
export async function textsAfter(step: WritingStep, needs: StepNeeds): Promise<SecretTexts> {
  const { texts, secret, remembered, served, pemOf, settings, now } = needs;
  if (step.kind === "restore") return { ...texts, ...remembered };
  if (step.kind === "take over") return { ...texts, ...ownTexts(served) };
  const trusted = pemOf(step.trusted);
  if (step.kind === "set bundle") return { ...texts, [secretKeys.bundle]: trusted };
  if (step.kind === "issue leaf") {
    if (secret.signer === undefined || secret.facts.signer === undefined) throw new Error("no CA to sign with");
    const leaf = await newLeaf(secret.signer, secret.facts.signer.notAfter, settings, now);
    return { ...texts, [secretKeys.bundle]: trusted, ...leaf };
  }
  const authority = await makeAuthority(validity(settings.authorityLife, needs));
  return {
    ...texts,
    [secretKeys.bundle]: `${authority.certificate}${trusted}`,
    [secretKeys.signer]: authority.certificate,
    [secretKeys.signerKey]: authority.key,
    ...(step.withLeaf ? await newLeaf(authority, now + settings.authorityLife, settings, now) : {}),
  };
}

async function newLeaf(signer: PemPair, signerEnds: number, settings: RenewalSettings, now: number) {
  const whole = validity(settings.leafLife, { settings, now });
  // A chain is valid as long as its shortest certificate.
  const notAfter = new Date(Math.min(whole.notAfter.getTime(), signerEnds));
  const leaf = await issueLeaf(signer, settings.names, { ...whole, notAfter });
  return { [secretKeys.leaf]: leaf.certificate, [secretKeys.leafKey]: leaf.key };
}

const validity = (life: number, { settings, now }: Pick<StepNeeds, "settings" | "now">): Validity => ({
  notBefore: new Date(now - settings.backdate),
  notAfter: new Date(now + life),
});
