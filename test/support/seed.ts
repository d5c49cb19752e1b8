/** The seed of a run: `FUZZ_SEED`, or one of its own. Processes that run files in parallel have it from their parent. */
const handedOn = "FUZZ_SEED_OF_RUN";
const chosen = process.env["CI"] === undefined ? Date.now() % 2 ** 31 : 20_260_821;
process.env[handedOn] ??= process.env["FUZZ_SEED"] ?? String(chosen);

export const seed = Number(process.env[handedOn]);
