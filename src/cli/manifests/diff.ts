/** `weft diff`: what the webhook would change in pods, as a unified difference. */
import type { Command } from "commander";
import { answerTo } from "../../core/explain/answer.ts";
import type { Answer } from "../../core/explain/answer.ts";
import { asideText } from "../../core/print/answer.ts";
import { stateText } from "../../core/print/stored-pod.ts";
import { inject } from "../../core/inject/inject.ts";
import type { Injection, Warning } from "../../core/inject/outcome/injection.ts";
import { reasonsText } from "../../core/inject/outcome/reasons.ts";
import { warningLine } from "../../core/inject/messages/warnings.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { oneLine } from "../../core/base/text/quote.ts";
import { differenceText, yamlDifference } from "../../core/print/difference.ts";
import { paint } from "../../core/base/text/paint.ts";
import { CommandFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { isGiven } from "../options.ts";
import { podQuestions, podsArgument, withPodFlags, withAdvice } from "./pods.ts";
import { letThrough } from "../../core/admission/manifest.ts";
import type { PodQuestion } from "./pods.ts";

export function register(command: Command, io: Io): void {
  withPodFlags(command.argument("[objects or files...]", podsArgument))
    .option("--exit-code", "exit with 1 when anything would change, or it cannot be known")
    .action((inputs: readonly string[]) => diff(inputs, command, io));
}

/** The difference goes to standard output, everything else to standard error: the output is a patch of YAML. */
async function diff(inputs: readonly string[], command: Command, io: Io): Promise<void> {
  let changes = 0;
  const problems: string[] = [];
  let unknown = 0;
  for (const question of (await podQuestions(inputs, command, io)).questions) {
    const name = nameOf(question);
    const answer = answerTo(question);
    const aside = asideText({ answer, around: question.around }) ?? storedText(answer);
    if (aside !== undefined) {
      io.stderr(`weft: ${name}: ${aside}\n`);
      unknown += answer.kind === "depends" ? 1 : 0;
      continue;
    }
    const { injection, why } = answered(question);
    if ("issues" in injection)
      problems.push(...injection.issues.map((issue) => `${name}: ${oneLine(issueText(issue))}`));
    for (const line of notices(question, injection, why)) io.stderr(`weft: ${line}\n`);
    if (!("object" in injection) || why !== undefined) continue;
    const hunks = yamlDifference(question.request.object, injection.object);
    changes += hunks.length;
    const names = { before: `${name} ${versionOf(question)}`, after: `${name} with weft` };
    io.print(differenceText(hunks, names, paint(io.colours.stdout)));
  }
  if (problems.length > 0) throw new CommandFailure(problems);
  // Who asks by the exit code is not to take what is not known for no change.
  if (changes + unknown > 0 && isGiven(command, "exitCode")) throw new CommandFailure([]);
}

/** Nothing injects a pod that is there. */
const storedText = (answer: Answer): string | undefined =>
  answer.kind === "stored" && answer.state.kind === "meshed"
    ? `${stateText(answer.state)}; weft explain tells what it would get now`
    : undefined;

/** `why`: the webhook lets the object through as it came. */
function answered({ request }: PodQuestion): { readonly injection: Injection; readonly why: Warning | undefined } {
  const injection = inject(request);
  return { injection, why: letThrough(request, injection)?.warning };
}

const nameOf = ({ manifest }: PodQuestion): string => oneLine(`${manifest.kind}/${manifest.name}`);

const versionOf = ({ manifest, request }: PodQuestion): string =>
  request.object["kind"] === "Pod" && manifest.kind !== "pod" ? "(pod of its template)" : "(as it is)";

function notices(question: PodQuestion, injection: Injection, why: Warning | undefined): readonly string[] {
  const { kind, name } = question.manifest;
  if (why !== undefined) return [warningLine({ kind, name }, why)];
  if (!("warnings" in injection)) return [];
  const warnings = withAdvice(injection.warnings, question).map((warning) => warningLine({ kind, name }, warning));
  const isTold = injection.warnings.some(({ rank }) => rank === 0);
  if (isTold || injection.subject.kind === "service" || !("reasons" in injection)) return warnings;
  return [`${nameOf(question)} gets no proxy: ${reasonsText(injection.reasons)}`, ...warnings];
}
