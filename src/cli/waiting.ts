/** `--wait`: how long, and waiting until every replica uses what is stored. */
import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import { inUseChecks } from "../core/checks/in-use.ts";
import { checked } from "../core/checks/run.ts";
import type { Report } from "../core/checks/run.ts";
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
  const report = await lastReport(() => inUseReport(api, namespace), patience);
  if (report.success) return;
  throw new CommandFailure([
    ...linesOf(report),
    "it is stored, but not every replica used it in time: weft check --for settings --wait 2m looks again",
  ]);
}

/** Why not every replica uses what is stored, a line for each; none: all of them do. */
export async function notInUse(api: Pick<KubeApi, "server" | "ask">, namespace: string): Promise<readonly string[]> {
  const report = await inUseReport(api, namespace);
  return report.success ? [] : linesOf(report);
}

// Hints are not told here.
const inUseReport = async (api: Pick<KubeApi, "server" | "ask">, namespace: string): Promise<Report> =>
  checked([inUseChecks], await gatherInUse(reachOf({ api, clock: () => new Date() }), namespace), () => "");

const linesOf = ({ categories }: Report): readonly string[] =>
  categories.flatMap(({ results }) => results.flatMap((result) => result.lines));
