/** `weft explain`: why pods get the proxy or not, where their settings come from, and what those are that run already. */
import type { Command } from "commander";
import { answerTo } from "../../core/explain/answer.ts";
import type { Answer } from "../../core/explain/answer.ts";
import { gapsIn } from "../../core/explain/around.ts";
import type { PodState } from "../../core/dataplane/state.ts";
import type { Fact } from "../../core/checks/fact.ts";
import { known, valueOf } from "../../core/checks/fact.ts";
import { answerText, answersText } from "../../core/print/answer.ts";
import type { Told } from "../../core/print/answer.ts";
import { folded } from "../../core/print/wrap.ts";
import type { Io } from "../io.ts";
import { isGiven, outputOf, WordFlag } from "../options.ts";
import { readCertified } from "../status/certificates.ts";
import { podQuestions, podsArgument, withPodFlags, withAdvice } from "./pods.ts";
import type { PodQuestion, PodQuestions } from "./pods.ts";

const formats = ["text", "json"] as const;

export function register(command: Command, io: Io): void {
  withPodFlags(command.argument("[objects or files...]", podsArgument))
    .option("--all", "list the settings that no annotation changed, too")
    .addOption(
      new WordFlag(
        "-o, --output <format>",
        'text, or json: one line an object, see docs/explain.md (default "text")',
        formats,
      ),
    )
    .action((inputs: readonly string[]) => explainAll(inputs, command, io));
}

async function explainAll(inputs: readonly string[], command: Command, io: Io): Promise<void> {
  const format = outputOf(command, formats);
  const style = { colours: io.colours.stdout, all: isGiven(command, "all") };
  const asked = await podQuestions(inputs, command, io);
  const told = await Promise.all(asked.questions.map((question) => toldOf(question, asked)));
  if (format === "json") return io.print(told.map((each) => `${JSON.stringify(jsonOf(each))}\n`).join(""));
  if (told.length === 0) return io.stderr("weft: there are none\n");
  const texts = asked.isList
    ? answersText(told)
    : told.map((each) => answerText(each, { ...style, manifest: each.manifest })).join("\n");
  io.print(folded(texts, io.columns));
}

type ToldOf = Told & Pick<PodQuestion, "manifest">;

async function toldOf(question: PodQuestion, asked: PodQuestions): Promise<ToldOf> {
  const { manifest, around } = question;
  const answer = advised(answerTo(question), question);
  const pods = asked.podsOf(question);
  const told = { manifest, answer, around, now: Date.now(), ...(pods === undefined ? {} : { pods }) };
  const { cluster, isList } = asked;
  if (cluster === undefined || isList || answer.kind !== "stored" || answer.state.kind !== "meshed") return told;
  return { ...told, certified: (await readCertified(cluster.reach, [answer.state]))(answer.state) };
}

/** Of what cannot be injected its issues say all; nobody writes the manifest of a pod that is there. */
function advised(answer: Answer, question: PodQuestion): Answer {
  const { explanation } = answer;
  if (answer.kind === "stored" || explanation.issues.length > 0) return answer;
  return { ...answer, explanation: { ...explanation, warnings: withAdvice(explanation.warnings, question) } };
}

/** What is not known is not there. */
function jsonOf({ manifest, answer, around, certified, pods }: ToldOf): object {
  const { explanation } = answer;
  const state = (each: PodState): object => comparedAlone(each, around);
  return {
    manifest,
    ...explanation,
    ...(answer.kind === "depends"
      ? { outcome: answer.kind, ifAsked: explanation.outcome, otherwise: outcomeOf(answer.otherwise) }
      : {}),
    unknown: gapsIn(around),
    ...valued("inNamespace", around.namespace),
    ...valued("registration", around.registration),
    ...(around.settings === undefined ? {} : { settings: around.settings }),
    ...(answer.kind === "stored" ? { state: state(answer.state) } : {}),
    ...(certified?.kind === "until" ? { certifiedUntil: new Date(certified.time).toISOString() } : {}),
    ...(pods === undefined ? {} : valued("pods", pods.kind === "known" ? known(pods.value.map(state)) : pods)),
  };
}

const outcomeOf = ({ outcome, reasons }: Answer["explanation"]): object => ({ outcome, reasons });

const valued = (name: string, fact: Fact<unknown> | { readonly kind: "unasked" }): object => {
  const value = fact.kind === "unasked" ? undefined : valueOf(fact);
  return value === undefined ? {} : { [name]: value };
};

/** Without what it was held against nothing for. */
function comparedAlone(state: PodState, { settings, trustAnchors }: Told["around"]): object {
  if (state.kind !== "meshed") return state;
  const { now, trust, ...rest } = state;
  return {
    ...rest,
    ...(trustAnchors === undefined ? {} : { trust }),
    ...(settings === undefined ? {} : { now }),
  };
}
