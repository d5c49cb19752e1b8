/** `weft tap`: requests as they pass the proxies of pods, a line each time one begins, is answered and ends. */
import type { Command } from "commander";
import { Exchanges } from "../../core/traffic/tap/exchanges.ts";
import type { TapEvent } from "../../core/traffic/tap/event.ts";
import { tapJsonText } from "../../core/traffic/tap/json.ts";
import { withKnown } from "../../core/traffic/tap/known.ts";
import { tapLine } from "../../core/traffic/tap/line.ts";
import type { Labels } from "../../core/base/json/json.ts";
import { withClusterFlags } from "../cluster.ts";
import { usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { formatFlag, isGiven, outputOf } from "../options.ts";
import { durationOf, tapAsked, withTapFlags } from "./asked.ts";
import { endingAfter, openTap, told } from "./open.ts";
import { boundedOutput } from "./output.ts";
import { startTapping } from "./tapping.ts";
import type { TapAsked } from "./tapping.ts";
import type { TapWorld } from "./world.ts";

const formats = ["lines", "wide", "json"] as const;
type Format = (typeof formats)[number];

export interface TapHow {
  readonly format: Format;
  /** Headers with credentials, and queries, are told, too. */
  readonly sensitive: boolean;
  /** Milliseconds; undefined: without end. */
  readonly lasting: number | undefined;
}

export function register(command: Command, io: Io): void {
  withTapFlags(withClusterFlags(command))
    .addOption(formatFlag(formats))
    .option("--sensitive-headers", "with -o json: credentials in headers, and queries, too")
    .action(async (resource: string, name: string | undefined) => {
      const how = howOf(command);
      const words = name === undefined ? [resource] : [resource, name];
      // What is wrong with the flags is told first, whatever the namespace will be.
      tapAsked(command, words, "default");
      const { world, namespace } = await openTap(command, io);
      const asked = tapAsked(command, words, namespace);
      await tap(world, io, asked, how);
    });
}

function howOf(command: Command): TapHow {
  const format = outputOf(command, formats);
  const sensitive = isGiven(command, "sensitiveHeaders");
  if (sensitive && format !== "json") throw usageFailure("--sensitive-headers: is for -o json, which has headers");
  return { format, sensitive, lasting: durationOf(command) };
}

export type TapIo = Pick<Io, "stdout" | "print" | "stderr" | "taken" | "signal">;

export async function tap(world: TapWorld, io: TapIo, asked: TapAsked, how: TapHow): Promise<void> {
  const ending = endingAfter(how.lasting, world.clock, io.signal);
  const say = (line: string): void => io.stderr(`weft: ${line}\n`);
  const output = boundedOutput({
    write: io.print,
    taken: () => io.taken?.(),
    clock: world.clock,
    onLost: (events) => say(`${events} events were lost: they come faster than they are read`),
    onStill: (milliseconds) =>
      say(`standard output stood still for ${Math.round(milliseconds / 1000)} s: requests of that time were lost`),
  });
  let labelsOf: (ip: string) => Labels | undefined = () => undefined;
  const text = textOf(how, (ip) => labelsOf(ip));
  const sink = {
    onEvent: (event: TapEvent) => output.push(text(event, world.clock.now())),
    onLost: (requests: number) => say(`${requests} requests were lost: a proxy told them faster than they were read`),
    say,
  };
  try {
    const tapping = await told(startTapping(world, asked, sink, ending.signal));
    ({ labelsOf } = tapping);
    await told(tapping.over);
  } finally {
    ending.abort();
  }
}

function textOf(
  { format, sensitive }: TapHow,
  labelsOf: (ip: string) => Labels | undefined,
): (event: TapEvent, now: number) => string {
  if (format === "json") return (event) => tapJsonText(event, sensitive);
  const exchanges = new Exchanges();
  const isWide = format === "wide";
  return (event, now) => {
    const exchange = exchanges.with(event, now);
    return `${tapLine(isWide ? withKnown(event, labelsOf) : event, exchange, isWide)}\n`;
  };
}
