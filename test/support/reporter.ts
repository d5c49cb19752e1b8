/** Dots, then what failed and the seed to see it fail again, then one plain line with the counts. */
import mocha from "mocha";
import { seed } from "./seed.ts";

export default class Reporter extends mocha.reporters.Dot {
  constructor(runner: mocha.Runner, options: mocha.MochaOptions) {
    super(runner, options);
    runner.once("end", () => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      const skipped = pending > 0 ? `, ${pending} skipped` : "";
      const again = failures > 0 ? `property tests ran with FUZZ_SEED=${seed}\n` : "";
      // Behind whatever else prints at the end.
      setImmediate(() => process.stdout.write(`\n${again}${passes} passed, ${failures} failed${skipped}\n`));
    });
  }
}
