/** The seed of a run. Processes that test files in parallel have it from the process that started them. */
process.env["FUZZ_SEED"] ??= String(process.env["CI"] === undefined ? Date.now() % 2 ** 31 : 20_260_821);

export const seed = Number(process.env["FUZZ_SEED"]);
