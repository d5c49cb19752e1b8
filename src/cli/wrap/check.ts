/** `weft wrap check`: what is wrong with configurations, Secrets and workloads of linkerd 1.x, of files or of a cluster. */
import type { Command } from "commander";
import { keysIn, publicKeysIn, secretFacts } from "../../certificates/wrap/secret-facts.ts";
import { changedAt } from "../../core/base/json/edit.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { textAt } from "../../core/base/json/read.ts";
import { checked, isOfLinkerd1 } from "../../core/wrap/check.ts";
import type { Placed } from "../../core/wrap/placed.ts";
import { isCertificateSecret } from "../../core/wrap/objects.ts";
import { findingText, rules } from "../../core/wrap/rules.ts";
import { oneLine } from "../../core/base/text/quote.ts";
import { folded } from "../../core/print/wrap.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { readAll } from "../manifests/inputs.ts";
import { namespaceIn, textsOf } from "../options.ts";
import { durationOf } from "./flags.ts";
import { objectsIn, tellMistyped } from "./looked-at.ts";

export const check = (names: readonly string[], command: Command, io: Io): Promise<void> =>
  checkAt(new Date(), names, command, io);

export async function checkAt(now: Date, names: readonly string[], command: Command, io: Io): Promise<void> {
  const renewBefore = durationOf(command, "--renew-before", "renewBefore");
  const asksCluster = ["kubeconfig", "context"].some((flag) => textsOf(command, flag).length > 0);
  if (names.length === 0 && !asksCluster)
    throw usageFailure(
      "name the files or folders to look at, - for standard input, or a cluster by --kubeconfig or --context",
    );
  const namespace = namespaceIn(command, "--namespace", "namespace");
  const inputs = await readAll(names, io, { isWanted: (path) => /\.(?:ya?ml|json)$/i.test(path) });
  const placed: readonly Placed[] = [
    ...inputs.flatMap((input) =>
      objectsIn([input]).map((object) => ({ from: input.name, object: placedIn(object, namespace) })),
    ),
    ...(asksCluster ? await inCluster(namespace, command, io) : []),
  ];
  if (placed.length === 0) throw new CommandFailure([nothingIn(asksCluster ? namespace : undefined)]);
  const findings = checked(placed, {
    facts: (texts) => secretFacts(texts, undefined),
    keysIn,
    publicKeysIn,
    now: now.getTime(),
    renewBefore,
    knowsSecrets: asksCluster || placed.some(({ object }) => isCertificateSecret(object)),
  });
  io.print(folded(findings.map((finding) => `${oneLine(findingText(finding))}\n`).join(""), io.columns));
  const count = (level: string): number => findings.filter(({ rule }) => rules[rule].level === level).length;
  tellMistyped(
    placed.map(({ object }) => object),
    io,
  );
  const counts = [
    counted(placed.length, "object"),
    counted(count("error"), "error"),
    counted(count("warning"), "warning"),
  ];
  io.stderr(`weft: ${counts.join(", ")}\n`);
  if (!placed.some(({ object }) => isOfLinkerd1(object)))
    io.stderr("weft: nothing of linkerd 1.x is among them: weft wrap inject puts it in\n");
  if (count("error") > 0) throw new CommandFailure([]);
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

/** Every namespace has a ConfigMap of Kubernetes' own. */
const nothingIn = (namespace: string | undefined): string =>
  namespace === undefined
    ? "no objects were found: nothing was looked at"
    : `nothing was found in namespace ${namespace}: is that its name?`;

const kinds = ["ConfigMap", "Secret", "Service", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"];

/** An object that does not say its namespace is in this one. */
const placedIn = (object: JsonObject, namespace: string | undefined): JsonObject =>
  namespace === undefined || textAt(object, "kind") === "" || textAt(object, "metadata", "namespace") !== ""
    ? object
    : changedAt(object, ["metadata", "namespace"], () => namespace);

async function inCluster(namespace: string | undefined, command: Command, io: Io): Promise<readonly Placed[]> {
  const { listedObjects } = await import("./cluster.ts");
  const all = await Promise.all(kinds.map((kind) => listedObjects(command, io, { kind, namespace })));
  return all.flat().map((object) => ({ from: "cluster", object }));
}
