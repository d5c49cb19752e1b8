/**
 * weft under attack: each attack against a process of weft's own under the memory limit that `weft install` writes, while
 * good callers go on. A line for each attack, a table at the end; exit code 1 when one was not withstood.
 *
 *     npm run attack [-- NAME… --json FILE --markdown FILE --retries N --within SECONDS]
 *
 * Everything stays on loopback, ends by itself, and takes its groups and folders with it. A limit is a cgroup's; where
 * none can be made, as for who is not root, V8's heap limit alone holds, and a line says so.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeBetweenMarks } from "../faults/markdown.ts";
import { argumentsOf } from "../support/arguments.ts";
import { testMesh } from "../support/certificates.ts";
import { attacks } from "./attacks.ts";
import { memoryCgroups } from "./cgroup.ts";
import { closing, lines, markdown, plainTable, reportOf } from "./report.ts";
import { runAttack } from "./run.ts";
import type { Outcome, Surroundings } from "./run.ts";
import type { Attack } from "./shape.ts";

const usage = `Usage: npm run attack -- [options] [NAME...]

Attacks weft's own processes, on loopback. Without names all attacks are made.

  --json FILE      write a report for programs
  --markdown FILE  write a table between the marks of this page
  --retries N      a busy machine is late by itself: try again what fails, so many times (default 0)
  --within SECONDS 99 of 100 good callers must be answered within it (default 1)

Names: ${attacks.map(({ name }) => name).join(", ")}
`;

const { values, positionals } = argumentsOf(usage, {
  options: {
    json: { type: "string" },
    markdown: { type: "string" },
    retries: { type: "string", default: "0" },
    within: { type: "string", default: "1" },
  },
  allowPositionals: true,
});

async function main(): Promise<number> {
  const chosen = chosenAttacks();
  const retries = wholeNumber("--retries", values.retries);
  const within = wholeNumber("--within", values.within);
  const cgroups = memoryCgroups();
  const limits =
    "missing" in cgroups
      ? `memory is limited by V8's heap alone (${cgroups.missing})`
      : `memory is limited by cgroups of version ${cgroups.version}`;
  process.stdout.write(`${limits}\n`);
  const place = mkdtempSync(join(tmpdir(), "weft-attack-"));
  process.once("exit", () => {
    if (!("missing" in cgroups)) cgroups.end();
    rmSync(place, { recursive: true, force: true });
  });
  endAfter(chosen.length * (1 + retries) * 120);
  const { anchor, issuerPem: issuer } = await testMesh();
  const outcomes: Outcome[] = [];
  for (const attack of chosen) outcomes.push(await tried(attack, { cgroups, place, anchor, issuer, within }, retries));
  const report = reportOf(limits, outcomes);
  process.stdout.write(`\n${plainTable(outcomes)}\n`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (values.markdown !== undefined) writeBetweenMarks(values.markdown, "make attack", markdown(report));
  process.stdout.write(`\n${closing(outcomes)}\n`);
  return outcomes.every(({ wrong }) => wrong.length === 0) ? 0 : 1;
}

async function tried(attack: Attack, surroundings: Surroundings, retries: number): Promise<Outcome> {
  const outcome = await runAttack(attack, surroundings).catch((error: unknown): Outcome => {
    const { name, claim, victim } = attack;
    return { name, claim, victim, says: "could not be made", wrong: [(error as Error).message] };
  });
  process.stdout.write(`${lines(outcome)}\n`);
  return outcome.wrong.length === 0 || retries === 0 ? outcome : tried(attack, surroundings, retries - 1);
}

function chosenAttacks(): readonly Attack[] {
  const unknown = positionals.filter((name) => !attacks.some((attack) => attack.name === name));
  if (unknown.length > 0)
    throw new Error(`${unknown.join(", ")} is none of ${attacks.map(({ name }) => name).join(", ")}`);
  return positionals.length === 0 ? attacks : attacks.filter(({ name }) => positionals.includes(name));
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${flag}: ${JSON.stringify(text)} is not a whole number`);
  return Number(text);
}

/** Nothing here takes as long; a run that hangs is ended, and its processes with it (`kept.ts`). */
function endAfter(seconds: number): void {
  setTimeout(() => {
    process.stderr.write(`ended after ${seconds} s\n`);
    process.exit(1);
  }, seconds * 1000).unref();
}

// Whatever was started ends with this program (`kept.ts`); groups do not.
for (const [signal, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
] as const)
  process.once(signal, () => process.exit(128 + number));

process.exit(
  await main().catch((error: unknown) => {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }),
);
