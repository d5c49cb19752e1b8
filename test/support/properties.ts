/** What property tests have in common: their parameters, with one seed for all of a run, and text of any characters. */
import fc from "fast-check";
import type { Parameters } from "fast-check";
import { seed } from "./seed.ts";

/** As many runs as told; `FUZZ_SEED` repeats a run, `FUZZ_FACTOR` multiplies the runs. */
export const runs = <Values>(numRuns: number): Parameters<Values> => ({
  seed,
  numRuns: Math.round(numRuns * Number(process.env["FUZZ_FACTOR"] ?? 1)),
});

const surrogates = { from: 0xd800, to: 0xe000 };

/**
 * Any character of Unicode: the unit of a text. That of fast-check, "binary", is the same, and takes a second and a map
 * of a million entries.
 */
export const anyCharacter = fc
  .integer({ min: 0, max: 0x10ffff - (surrogates.to - surrogates.from) })
  .map((index) => String.fromCodePoint(index < surrogates.from ? index : index + surrogates.to - surrogates.from));
