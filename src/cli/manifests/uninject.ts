/** `weft uninject`: the proxy out of manifests. */
import type { Command } from "commander";
import { uninjectReport } from "../../core/manifests/report.ts";
import { uninjectObject } from "../../core/manifests/uninject.ts";
import { inputsArgument, writeChanged } from "./inputs.ts";
import type { Io } from "../io.ts";
import { outputFormat, withMeshFlags, withOutput } from "../options.ts";

export function register(command: Command, io: Io): void {
  withMeshFlags(withOutput(command))
    .argument("[inputs...]", inputsArgument)
    .action(async (inputs: readonly string[]) => {
      const [format, how] = [outputFormat(command), { change: uninjectObject, quotes: false }];
      // A report for each input, as Linkerd has it.
      for (const objects of await writeChanged(inputs, format, io, how)) {
        io.stderr(uninjectReport(objects.map(({ report }) => report)));
      }
    });
}
