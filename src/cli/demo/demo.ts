/**
 * `weft demo`, which is `npm start`: the webhook on loopback, with everything it needs made on the spot, answers pods
 * that come to it as from an API server; then it goes on serving, for pods of the reader's own.
 */
import type { Command } from "commander";
import { makeAnchor } from "../../certificates/mesh/authority.ts";
import { defaultClusterDomain } from "../../core/mesh/control-plane.ts";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { podReview } from "./review-body.ts";
import { readDocument } from "../../core/documents/document.ts";
import { explain } from "../../core/inject/explain.ts";
import { readMetadata } from "../../core/inject/pod/pod-view.ts";
import { isObject } from "../../core/base/json/json.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { paint } from "../../core/base/text/paint.ts";
import { readFiles } from "../../files/read.ts";
import { scratchFolder } from "./scratch.ts";
import type { Scratch } from "./scratch.ts";
import { webhookCaller } from "./api-server.ts";
import { adviceOf } from "./advice.ts";
import { broken, clusterFile, demoFolder, demoPods } from "./pods.ts";
import type { DemoPod } from "./pods.ts";
import { adviceText, brokenText, changesHintText, introText, invitationText, podText } from "./text.ts";
import type { Changes, SentPod } from "./text.ts";
import { verdictOf } from "./verdict.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { isGiven, textsOf } from "../options.ts";
import { loadCluster } from "../review.ts";
import { webhook } from "../../serve/webhook/server.ts";
import type { WebhookStarted } from "../../serve/webhook/server.ts";
import { webhookOptions } from "../../serve/webhook/flags.ts";
import type { WebhookOptions } from "../../serve/webhook/flags.ts";
import { loadInstallation } from "../loaded-installation.ts";

export function register(command: Command, io: Io): void {
  command
    .option("--once", "end after the demo's pods; exit code 1 when an answer is not what the demo promises")
    .option("--diff", "show what changed in each pod, the telling parts of it")
    .option("--full", "show everything that changed in each pod")
    .option("--address <address>", 'where reviews are answered (default "127.0.0.1:0": any free port)')
    .option("--admin-address <address>", 'where the metrics are (default "127.0.0.1:0")')
    .action(async () => {
      const flags = {
        address: textsOf(command, "address").at(-1) ?? "127.0.0.1:0",
        adminAddress: textsOf(command, "adminAddress").at(-1) ?? "127.0.0.1:0",
      };
      const scratch = await scratchFolder("weft-demo-");
      try {
        const options = await demoOptions(flags, scratch);
        await demo(options, scratch, styleOf(command), io);
      } finally {
        await scratch.remove();
      }
    });
}

const day = 86_400_000;

async function demoOptions(
  flags: { readonly address: string; readonly adminAddress: string },
  scratch: Scratch,
): Promise<WebhookOptions> {
  const now = Date.now();
  const validity = { notBefore: new Date(now - day), notAfter: new Date(now + 365 * day) };
  // Of a mesh that nobody will ever join: its key is thrown away.
  const anchor = await makeAnchor({ trustDomain: defaultClusterDomain, validity });
  const trustAnchors = await scratch.write("trust-anchors.pem", anchor.certificate);
  const given = { ...flags, trustAnchors, objects: [clusterFile], gracePeriod: "0s" };
  const options = webhookOptions(given, {});
  if ("issues" in options) throw usageFailure(...options.issues.map(issueText));
  return options.value;
}

interface DemoStyle {
  readonly once: boolean;
  readonly changes: Changes;
}

const styleOf = (command: Command): DemoStyle => ({
  once: isGiven(command, "once"),
  changes: isGiven(command, "full") ? "full" : isGiven(command, "diff") ? "short" : "none",
});

/** Serves and shows; until the user stops it, or with `once` until everything is shown. */
async function demo(options: WebhookOptions, scratch: Scratch, style: DemoStyle, io: Io): Promise<void> {
  const shown = new AbortController();
  const signal = AbortSignal.any([io.signal, shown.signal]);
  const started = Promise.withResolvers<WebhookStarted>();
  let isLogging = false;
  // What the demo's own pods would log is shown better than a log line can.
  const log = { write: (line: string) => void (isLogging && io.stderr(line)) };
  const world = { now: () => new Date(), log, signal, started: started.resolve };
  const served = webhook(options, { version: io.version }, world);
  // A failure to start comes before `started`, and this race is how it gets out.
  await Promise.race([started.promise, served]);
  try {
    const complaints = await show(await started.promise, await askedBy(options, io), scratch, style, signal, io);
    if (complaints.length > 0) throw new CommandFailure(complaints);
    isLogging = !style.once;
    if (!style.once) await served;
  } catch (error) {
    if (!io.signal.aborted) throw error;
  } finally {
    shown.abort();
    await served;
  }
}

/** Sends the pods one after the other and prints what comes back; what was not as promised, one line each. */
async function show(
  { address, adminAddress, certificate }: WebhookStarted,
  asked: (sent: SentPod) => string,
  scratch: Scratch,
  { once, changes }: DemoStyle,
  signal: AbortSignal,
  io: Io,
): Promise<readonly string[]> {
  const colours = paint(io.colours.stdout);
  const caller = webhookCaller({ address, caBundle: certificate, path: "/inject" }, 10);
  const count = demoPods.length;
  const complaints: string[] = [];
  let review: JsonObject = {};
  io.print(introText({ address, version: io.version, cluster: clusterFile }, colours));
  try {
    for (const [index, pod] of demoPods.entries()) {
      const sent = await readPod(pod);
      review = podReview(sent.pod, { uid: randomUUID(), namespace: sent.namespace });
      const outcome = await caller.send(JSON.stringify(review), signal);
      const verdict = verdictOf(outcome, sent.pod);
      const wrong = broken(pod.promise, verdict);
      io.print(
        podText({ pod, place: [index + 1, count], sent, outcome, verdict, asked: asked(sent), changes }, colours),
      );
      io.print(brokenText(wrong, colours));
      complaints.push(...wrong.map((text) => `${pod.file}: ${text}`));
    }
  } finally {
    caller.close();
  }
  const program = io.env["npm_lifecycle_event"] === undefined ? "weft" : "npm run -s weft --";
  if (changes === "none") io.print(changesHintText(program, colours));
  const advised = await adviceOf({ address, caBundle: certificate }, signal);
  io.print(adviceText(advised, colours));
  io.print(brokenText(advised.wrong, colours));
  complaints.push(...advised.wrong);
  if (once) return complaints;
  const files = {
    caBundle: await scratch.write("ca.crt", certificate),
    review: await scratch.write("review.json", `${JSON.stringify(review, undefined, 2)}\n`),
  };
  const lastPod = join(demoFolder, demoPods.at(-1)?.file ?? "");
  io.print(invitationText({ address, adminAddress, ...files, cluster: clusterFile, program, lastPod }, colours));
  return complaints;
}

/** What decided, in the words of `weft explain`: an answer gives reasons only for pods that are skipped. */
async function askedBy(options: WebhookOptions, io: Io): Promise<(sent: SentPod) => string> {
  const cluster = await loadCluster(options.objects, io);
  const { installation } = await loadInstallation(options);
  return ({ pod, namespace }) => {
    const annotations = cluster.namespaceNamed(namespace) ?? {};
    const owner = { kind: "", name: "" };
    const request = { object: pod, namespace: { name: namespace, annotations }, owner, installation, createdBy: "" };
    return explain(request).checks.find(({ check }) => check.startsWith("injection_"))?.found ?? "";
  };
}

async function readPod({ file }: DemoPod): Promise<SentPod> {
  const path = join(demoFolder, file);
  const [found] = await readFiles([path]);
  if (found === undefined || "issue" in found)
    throw new CommandFailure([found === undefined ? path : issueText(found.issue)]);
  const { value } = readDocument(found.text);
  const metadata = isObject(value) ? readMetadata(value) : undefined;
  if (!isObject(value) || metadata === undefined || "issues" in metadata)
    throw new CommandFailure([`${path}: is not a pod`]);
  const { name, generateName, namespace } = metadata.value;
  return { path, pod: value, name: name === "" ? generateName : name, namespace };
}
