/** Arguments of the programs for who works on weft: `--help`, and what is no argument, end in the program's usage. */
import { parseArgs } from "node:util";
import type { ParseArgsConfig } from "node:util";

export function argumentsOf<Config extends ParseArgsConfig>(usage: string, config: Config) {
  const asked = process.argv.slice(2).find((each) => each === "--help" || each === "-h");
  if (asked !== undefined) {
    process.stdout.write(usage);
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
