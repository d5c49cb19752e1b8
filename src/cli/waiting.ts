/** `--wait`: how long, and waiting until every replica uses what is stored. */
import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import { inUseChecks } from "../core/checks/in-use.ts";
import { checked } from "../core/checks/run.ts";
import { goDurationText, parseDuration, wholeMilliseconds } from "../core/base/scalars/duration.ts";
import type { Duration } from "../core/base/scalars/duration.ts";
import { quoted } from "../core/base/text/quote.ts";
import type { KubeApi } from "../kube/api.ts";
import { gatherInUse } from "./check/gather-in-use.ts";
import { reachOf } from "./check/reach.ts";
import { lastReport } from "./check/wait.ts";
import type { Patience } from "./check/wait.ts";
import { CommandFailure, usageFailure } from "./io.ts";
import type { Io } from "./io.ts";
import { textsOf } from "./options.ts";

export function waitOf(command: Command): Duration {
  const text = textsOf(command, "wait").at(-1) ?? "0s";
  const duration = parseDuration(text);
  if (duration !== undefined && duration >= 0n) return duration;
  throw usageFailure(`--wait: ${quoted(text)} is not a duration such as 30s or 2m`);
}

/** Between two looks; milliseconds. */
const between = 2000;

/** In real time; what fails is told as it changes. */
export const patienceFor = (wait: Duration, io: Pick<Io, "stderr">): Patience => ({
  wait: Number(wholeMilliseconds(wait)),
  between,
  clock: Date.now,
  pause,
  onFailing: (failing) => io.stderr(`weft: waiting up to ${goDurationText(wait)}, failing: ${failing.join("; ")}\n`),
});

/** Fails where some replica does not use it by then. */
export async function untilInUse(
  api: Pick<KubeApi, "server" | "ask">,
  namespace: string,
  patience: Patience,
): Promise<void> {
  const reach = reachOf({ api, clock: () => new Date() });
  // Hints are not told here.
  const look = async () => checked([inUseChecks], await gatherInUse(reach, namespace), () => "");
  const { success, categories } = await lastReport(look, patience);
  if (success) return;
  const lines = categories.flatMap(({ results }) => results.flatMap((result) => result.lines));
  throw new CommandFailure([
    ...lines,
    "it is stored, but not every replica used it in time: weft check --for settings --wait 2m looks again",
  ]);
}
