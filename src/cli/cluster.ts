/** Commands that talk to a cluster: their flags, and the way to it. */
import { wordsOf } from "../core/base/text/words.ts";
import type { Command } from "commander";
import { issueText } from "../core/base/text/issue.ts";
import type { AskApi } from "../kube/api.ts";
import { CommandFailure } from "./io.ts";
import type { Io } from "./io.ts";
import type { ClusterApi } from "../kube/connect.ts";
import { textsOf } from "./options.ts";

export const withClusterFlags = (command: Command): Command =>
  command
    .option(
      "--kubeconfig <file>",
      "how to reach the cluster (default: $KUBECONFIG, ~/.kube/config, the pod's own access)",
    )
    .option("--context <name>", "context of the kubeconfig (default: its current one)");

/** Of commands that need no cluster: one of the flags says that it is to be asked. */
export const withAskedCluster = (command: Command): Command =>
  command
    .option("--kubeconfig <file>", "ask the cluster that this kubeconfig leads to")
    .option("--context <name>", "ask the cluster of this context of the kubeconfig");

/** The cluster that the flags name, or a failure that says everything that is wrong with them. Asks nothing of it yet. */
export async function openCluster(command: Command, { env }: Pick<Io, "env">): Promise<ClusterApi> {
  // Most runs of `weft inject` ask no cluster.
  const { connect } = await import("../kube/connect.ts");
  const api = await connect({
    kubeconfig: textsOf(command, "kubeconfig").at(-1),
    context: textsOf(command, "context").at(-1),
    env,
  });
  if ("value" in api) return { ...api.value, ask: told(api.value.ask) };
  throw new CommandFailure(api.issues.map(issueText));
}

/** No answer at all is no bug of ours: the user is told, without a stack. */
const told =
  (ask: AskApi): AskApi =>
  async (call) => {
    try {
      return await ask(call);
    } catch (error) {
      throw new CommandFailure([wordsOf(error)]);
    }
  };
