/** Parameters of property tests: one seed for all, the same in CI, and told when a run is over. */
import type { Parameters } from "fast-check";

const given = process.env["FUZZ_SEED"];
const seed = given !== undefined ? Number(given) : process.env["CI"] === undefined ? Date.now() % 2 ** 31 : 20_260_821;

/** As many runs as told; `FUZZ_SEED` repeats a run, `FUZZ_FACTOR` multiplies the runs. */
export const runs = <Values>(numRuns: number): Parameters<Values> => ({
  seed,
  numRuns: Math.round(numRuns * Number(process.env["FUZZ_FACTOR"] ?? 1)),
});

process.once("exit", () => {
  console.log(`  property tests ran with FUZZ_SEED=${seed}`);
});
