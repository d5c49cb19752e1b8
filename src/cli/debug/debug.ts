/** `weft debug`: a shell, a capture, or what was on the wire, from a debug container in a running pod. */
import { randomBytes } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import type { Command } from "commander";
import { isDnsSubdomain } from "../../core/base/scalars/dns-label.ts";
import { parseDuration, wholeSeconds } from "../../core/base/scalars/duration.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { quoted } from "../../core/base/text/quote.ts";
import type { DebugImage } from "../../core/debug/container.ts";
import { debugImage } from "../../core/inject/parts/debug-container.ts";
import { namedResource } from "../../core/kubernetes/resource-words.ts";
import { resources } from "../../core/kubernetes/kinds.ts";
import { reachOf, registrations } from "../check/reach.ts";
import type { Reach } from "../check/reach.ts";
import { progressOn } from "../check/progress.ts";
import { openCluster, withClusterFlags } from "../cluster.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { installedMesh } from "../objects/installed.ts";
import { loadMesh } from "../objects/mesh.ts";
import {
  formatFlag,
  givenControlPlaneNamespace,
  isGiven,
  namespaceIn,
  outputOf,
  textsOf,
  withControlPlaneFlag,
} from "../options.ts";
import { capture } from "./capture.ts";
import { readyContainer } from "./container.ts";
import type { Debugged, DebugWorld } from "./container.ts";
import { shell } from "./shell.ts";
import { wire } from "./wire.ts";

const wireFormats = ["table", "json"] as const;

export function register(command: Command, io: Io): void {
  withControlPlaneFlag(withClusterFlags(command))
    .argument("<pod>", "name of the pod")
    .argument("[command...]", "what to run in place of a shell, after --")
    .option("-n, --namespace <name>", 'namespace of the pod (default: of the context, else "default")')
    .option("--wire", "say with whom the pod speaks, and how much of that is encrypted")
    .option("--pcap <file>", "write the packets of eth0 into a file; - for standard output")
    .option("--for <duration>", "of --wire (default 10s) and --pcap (default: until Ctrl-C): how long, up to 1h")
    .addOption(formatFlag(wireFormats, "of --wire: "))
    .option("--image <image>", "debug image (default: as the settings of the cluster's mesh say)")
    .option("--net-raw", "ask for the capability NET_RAW by name, where the runtime does not give it by itself")
    .action(async (pod: string, words: readonly string[]) => {
      const asked = askedIn(command, pod, words);
      const api = await openCluster(command, io);
      const progress = progressOn(io);
      const reach = reachOf({ api, clock: () => new Date(), onAsk: progress.onAsk });
      const world: DebugWorld = {
        ask: api.ask,
        exec: api.exec,
        reach,
        io,
        progress,
        now: () => performance.now(),
        wait,
        suffix,
        image: () => imageOf(reach, command, io),
      };
      await debug(world, { ...asked, namespace: asked.namespace ?? api.namespace ?? "default" });
    });
}

/** Ends early, and without an error, when the signal aborts. */
const wait = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  after(milliseconds, undefined, { signal }).catch(() => undefined);

export type Doing =
  | { readonly kind: "shell"; readonly command: readonly string[] }
  | { readonly kind: "capture"; readonly file: string; readonly seconds: number }
  | { readonly kind: "wire"; readonly seconds: number; readonly format: "table" | "json" };

export interface DebugAsked {
  readonly pod: string;
  readonly namespace: string;
  readonly doing: Doing;
  readonly image: string | undefined;
  readonly netRaw: boolean;
}

export async function debug(world: DebugWorld, asked: DebugAsked): Promise<void> {
  const { doing } = asked;
  const ready = (): Promise<Debugged> => readyContainer(world, asked);
  if (doing.kind === "shell") return shell(world, ready, doing.command);
  if (doing.kind === "capture") return capture(world, ready, doing);
  return wire(world, ready, doing);
}

const mostSeconds = 3600;

function askedIn(
  command: Command,
  word: string,
  words: readonly string[],
): Omit<DebugAsked, "namespace"> & { readonly namespace: string | undefined } {
  return {
    pod: podName(word),
    namespace: namespaceIn(command, "--namespace", "namespace"),
    doing: doingIn(command, words),
    image: textsOf(command, "image").at(-1),
    netRaw: isGiven(command, "netRaw"),
  };
}

/** `web-0`, or `pod/web-0` as `kubectl get -o name` has it. */
function podName(word: string): string {
  const named = namedResource(word);
  const name = named?.kind === resources.pods && named.name !== undefined ? named.name : word;
  if (isDnsSubdomain(name)) return name;
  throw usageFailure(`${quoted(word)} is not the name of a pod`);
}

function doingIn(command: Command, words: readonly string[]): Doing {
  const file = textsOf(command, "pcap").at(-1);
  const isWire = isGiven(command, "wire");
  const given = [
    ...(isWire ? ["--wire"] : []),
    ...(file === undefined ? [] : ["--pcap"]),
    ...(words.length === 0 ? [] : ["a command"]),
  ];
  if (given.length > 1) throw usageFailure(`${given.join(" and ")}: only one of them at a time`);
  const [format, time] = [textsOf(command, "output").at(-1), textsOf(command, "for").at(-1)];
  if (format !== undefined && !isWire) throw usageFailure("--output is for --wire");
  if (time !== undefined && !isWire && file === undefined) throw usageFailure("--for is for --wire and --pcap");
  if (isWire) return { kind: "wire", seconds: secondsIn(time ?? "10s"), format: outputOf(command, wireFormats) };
  if (file !== undefined) return { kind: "capture", file, seconds: time === undefined ? 0 : secondsIn(time) };
  return { kind: "shell", command: words };
}

function secondsIn(text: string): number {
  const duration = parseDuration(text);
  const seconds = duration === undefined ? 0 : Number(wholeSeconds(duration));
  if (seconds >= 1 && seconds <= mostSeconds) return seconds;
  throw usageFailure(`--for: ${quoted(text)} is not a duration from 1s to 1h, such as 30s or 5m`);
}

/** Such as Kubernetes' own names end: no vowels, so no words. */
const letters = "bcdfghjklmnpqrstvwxz2456789";
const suffix = (): string => [...randomBytes(5)].map((byte) => letters[byte % letters.length] ?? "").join("");

/** Of the installed settings. */
async function imageOf(reach: Reach, command: Command, io: Io): Promise<DebugImage> {
  const installed = await installedMesh(reach, await registrations(reach), givenControlPlaneNamespace(command, io));
  if ("issues" in installed) {
    throw new CommandFailure([
      ...installed.issues.map(issueText),
      "the settings of the mesh say which debug image it uses; without them, name one: --image NAME:TAG",
    ]);
  }
  const { installation } = await loadMesh(command, io, installed.value);
  const { image, imagePullPolicy } = debugImage(installation.settings);
  return { image, pullPolicy: imagePullPolicy };
}
