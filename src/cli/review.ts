/**
 * `weft review`: AdmissionReviews from standard input, answers to standard output one a line and in order, through the
 * very code of the HTTP handler. For trying settings and for tests, without a socket and without a cluster.
 */
import type { Command } from "commander";
import { emptyCluster, readCluster } from "../core/cluster/objects.ts";
import type { Cluster } from "../core/cluster/objects.ts";
import { issueText } from "../core/base/text/issue.ts";
import { readInputs } from "../files/inputs.ts";
import type { Answer, AnswerReview } from "../webhook/answer.ts";
import { webhookAnswers } from "../webhook/reviews/handlers.ts";
import { anyReview } from "../webhook/reviews/any-review.ts";
import { splitJson } from "../core/documents/json-stream.ts";
import { CommandFailure } from "./io.ts";
import type { Io } from "./io.ts";
import { loadMesh } from "./objects/mesh.ts";
import { chartsValues, repeated, textsOf, withMeshFiles, withMeshFlags } from "./options.ts";
import { installationLines } from "../serve/installation.ts";

export function register(command: Command, io: Io): void {
  withMeshFlags(
    withMeshFiles(command, { settings: chartsValues }).option(
      "--objects <file>",
      "namespaces and owners, YAML or JSON; may be given several times (default: namespaces have no annotations)",
      repeated,
    ),
  ).action(() => review(command, io));
}

async function review(command: Command, io: Io): Promise<void> {
  const loaded = await loadMesh(command, io, undefined);
  const { installation } = loaded;
  const errors = installation.errors.map((issue) => `settings: ${issueText(issue)}`);
  for (const line of [...installationLines(loaded), ...errors]) io.stderr(`weft: ${line}\n`);
  const cluster = await loadCluster(textsOf(command, "objects"), io);
  const answers = webhookAnswers({
    installation: () => installation,
    namespaceNamed: cluster.namespaceNamed,
    namespaceFacts: (name) => cluster.objectNamed("Namespace", "", name),
    ownerNamed: cluster.objectNamed,
    version: io.version,
  });
  const answer = anyReview(answers);
  const failed = await answerAll(await io.stdin({ lossy: true }), answer, io);
  if (failed > 0) throw new CommandFailure([`${failed} of the reviews could not be answered`]);
}

/** The cluster of the `--objects` files; without any, every namespace is there and says nothing. */
export async function loadCluster(files: readonly string[], io: Io): Promise<Cluster> {
  if (files.length === 0) return emptyCluster;
  const read = await readInputs(files, { stdin: io.stdin, fetch });
  if ("issues" in read) throw new CommandFailure(read.issues.map(issueText));
  const found = readCluster(read.value);
  if ("issues" in found) throw new CommandFailure(found.issues.map(issueText));
  return found.value;
}

/** Answers each review of the stream; the number of those that got an error for an answer. */
async function answerAll(stream: string, answer: AnswerReview, io: Io): Promise<number> {
  let failed = 0;
  for (const text of splitJson(stream)) {
    const { status, body } = await answerOne(text, answer);
    io.stdout(`${body}\n`);
    if (status !== 200) failed += 1;
  }
  return failed;
}

/** Nobody waits with a timeout here. */
const answerOne = (text: string, answer: AnswerReview): Promise<Answer> =>
  answer(Buffer.from(text, "utf8"), { at: Infinity, signal: () => new AbortController().signal });
