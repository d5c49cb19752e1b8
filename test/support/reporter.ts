/** Dots, then what failed, then one plain line with the counts. */
import mocha from "mocha";

export default class Reporter extends mocha.reporters.Dot {
  constructor(runner: mocha.Runner, options: mocha.MochaOptions) {
    super(runner, options);
    runner.once("end", () => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      const skipped = pending > 0 ? `, ${pending} skipped` : "";
      // Behind whatever else prints at the end.
      setImmediate(() => process.stdout.write(`\n${passes} passed, ${failures} failed${skipped}\n`));
    });
  }
}
