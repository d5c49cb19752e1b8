/** `weft edges`: who connects to whom, and whether mutual TLS secures it; with the columns of `linkerd viz edges`. */
import type { Command } from "commander";
import { edgesOf } from "../../core/traffic/edges.ts";
import { edgesBetween, edgesHints, edgesJson, edgesTable, tableEdges } from "../../core/traffic/edges-text.ts";
import { folded } from "../../core/print/wrap.ts";
import { edgeFamilies } from "../../core/traffic/page.ts";
import { usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { outputOf } from "../options.ts";
import { durationOf, formats, trafficOf, withTrafficFlags, workloadNamed } from "./flags.ts";

export function register(command: Command, io: Io): void {
  withTrafficFlags(command.argument("[type]", "edges between workloads of this kind, such as deployment"))
    .allowExcessArguments(true)
    .option(
      "--window <duration>",
      "connections that came in so long, or are open still (default: all since the proxies began)",
    )
    .action(() => edges(command, io));
}

async function edges(command: Command, io: Io): Promise<void> {
  const format = outputOf(command, formats);
  const type = typeOf(command.args);
  const window = durationOf(command, "--window", "window", 0, 600_000, "0s");
  const traffic = await trafficOf(command, io, { families: edgeFamilies, window });
  const found = edgesOf(traffic, type === "pod" ? "pod" : "workload");
  const ofType = type === undefined ? found.edges : edgesBetween(found.edges, type);
  if (format === "json") io.print(`${JSON.stringify(edgesJson(ofType), undefined, 2)}\n`);
  else {
    const shown = format === "wide" ? ofType : tableEdges(ofType);
    if (shown.length === 0) io.stderr("No edges found.\n");
    io.print(edgesTable(ofType, format === "wide", io.colours.stdout));
    for (const line of edgesHints(shown, found)) io.stderr(folded(`weft: ${line}\n`, io.columns));
  }
}

/** In small letters; undefined: all. */
function typeOf(words: readonly string[]): string | undefined {
  const [word, ...names] = words;
  if (word === undefined) return undefined;
  const { kind, name } = workloadNamed(word);
  if (name === undefined && names.length === 0) return kind.kind.toLowerCase();
  throw usageFailure(`a name after the kind: edges are of all ${kind.plural}; choose pods by -l`);
}
