/** `weft explain`: why pods get the proxy or not, and where each of their settings comes from. */
import type { Command } from "commander";
import { explanationText } from "../../core/print/explanation.ts";
import { quoted } from "../../core/base/text/quote.ts";
import { usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { isGiven, textsOf } from "../options.ts";
import { podQuestions, podsArgument, withPodFlags, withAdvice } from "./pods.ts";
import { explainAdmission } from "../../core/admission/manifest.ts";

export function register(command: Command, io: Io): void {
  withPodFlags(command.argument("[inputs...]", podsArgument))
    .option("--all", "list the settings that no annotation changed, too")
    .option("-o, --output <format>", 'text, or json: one line an object, see docs/explain.md (default "text")')
    .action((inputs: readonly string[]) => explainAll(inputs, command, io));
}

async function explainAll(inputs: readonly string[], command: Command, io: Io): Promise<void> {
  const format = textsOf(command, "output").at(-1) ?? "text";
  if (format !== "text" && format !== "json") {
    throw usageFailure(`--output: unsupported format ${quoted(format)}, expected text or json`);
  }
  const style = { colours: io.colours.stdout, all: isGiven(command, "all") };
  const questions = await podQuestions(inputs, command, io);
  const texts = questions.map((question) => {
    const { manifest } = question;
    const explained = explainAdmission(question.request);
    // Of what cannot be injected its issues say all.
    const warnings = explained.issues.length > 0 ? explained.warnings : withAdvice(explained.warnings, question);
    const explanation = { ...explained, warnings };
    return format === "json"
      ? `${JSON.stringify({ manifest, ...explanation })}\n`
      : explanationText(explanation, { ...style, manifest });
  });
  io.print(texts.join(format === "json" ? "" : "\n"));
}
