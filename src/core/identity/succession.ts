/** Whether a bundle of trust anchors may follow another while the mesh runs: pods trust those that they were made with. */
import type { Fingerprint } from "./rotation.ts";

/** What speaks against it; undefined: nothing, as one of before is left, or none is known. */
export function brokenSuccession(before: readonly Fingerprint[], after: readonly Fingerprint[]): string | undefined {
  if (before.length === 0 || before.some((anchor) => after.includes(anchor))) return undefined;
  return "has none of the trust anchors of before, and running pods trust no other: taken up at the next start";
}
