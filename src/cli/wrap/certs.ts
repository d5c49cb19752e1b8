/** `weft wrap certs`: Secrets with certificates, those that are missing, wrong or due. */
import type { Command } from "commander";
import { keyIssues, readRoot, readRoots, signed } from "../../certificates/wrap/root.ts";
import type { NamedText, Root } from "../../certificates/wrap/root.ts";
import { secretFacts } from "../../certificates/wrap/secret-facts.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { allOf, issuesOf } from "../../core/base/text/result.ts";
import { manifestText } from "../../core/install/print.ts";
import { keys } from "../../core/mesh/annotations.ts";
import { columnsText } from "../../core/print/columns.ts";
import { membershipOf, neededSecrets, servicesIn } from "../../core/wrap/identities.ts";
import type { NeededSecret } from "../../core/wrap/identities.ts";
import { secretOf } from "../../core/wrap/objects.ts";
import { dayOf, secretPlace, secretTexts, secretWords, stateOf } from "../../core/wrap/secrets.ts";
import type { State, Terms } from "../../core/wrap/secrets.ts";
import { modeForOthers, readFiles } from "../../files/read.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { namedInputs } from "../manifests/inputs.ts";
import { isGiven, textsOf } from "../options.ts";
import { durationOf, namingOf } from "./flags.ts";
import { objectsIn } from "./looked-at.ts";

export const certs = (names: readonly string[], command: Command, io: Io): Promise<void> =>
  certsAt(new Date(), names, command, io);

export async function certsAt(now: Date, names: readonly string[], command: Command, io: Io): Promise<void> {
  const naming = namingOf(command);
  const life = durationOf(command, "--life", "life") ?? 0;
  const renewBefore = durationOf(command, "--renew-before", "renewBefore");
  if (renewBefore !== undefined && renewBefore >= life)
    throw usageFailure("--renew-before is no less than --life: every certificate would always be due");
  const { root, trusted } = await rootsOf(command, now);
  const inputs = await namedInputs(names, io);
  const objects = objectsIn(inputs);
  const needed = neededIn(objects, naming);
  const end = new Date(Math.min(now.getTime() + life, root.certificate.validToDate.getTime()));
  const terms: Terms = {
    now: now.getTime(),
    renewBefore,
    newEnd: end.getTime(),
    roots: trusted.map(({ pem }) => pem).join(""),
  };
  const present = secretTexts([...objects, ...(await secretsInCluster(needed, command, io))], naming.namespace);
  const facts = (texts: Parameters<typeof secretFacts>[0]) => secretFacts(texts, root.certificate);
  const stated = needed.map((secret) => ({
    secret,
    state: isGiven(command, "all")
      ? ({ kind: "make", why: "--all" } as const)
      : stateOf(secret, present.get(secretPlace(secret.name, secret.namespace)), facts, terms),
  }));
  if (isGiven(command, "check")) printTable(stated, io);
  else await printSecrets(stated, { command, io, root, now, end, roots: terms.roots });
}

interface Stated {
  readonly secret: NeededSecret;
  readonly state: State;
}

/** The root that signs, and all that are trusted, it first. */
async function rootsOf(
  command: Command,
  now: Date,
): Promise<{ readonly root: Root; readonly trusted: readonly Root[] }> {
  const [first, ...others] = await textsIn([...textsOf(command, "caCert").slice(-1), ...textsOf(command, "alsoTrust")]);
  if (first === undefined) throw new Error("--ca-cert is required");
  const root = readRoot(first, now);
  const further = allOf(others.map(readRoots));
  if ("issues" in root || "issues" in further)
    throw new CommandFailure([...issuesOf(root), ...issuesOf(further)].map(issueText));
  const all = new Map(
    [root.value, ...further.value.flat()].map((each) => [each.certificate.fingerprint256, each] as const),
  );
  return { root: root.value, trusted: [...all.values()] };
}

async function textsIn(paths: readonly string[]): Promise<readonly NamedText[]> {
  const found = await readFiles(paths);
  const issues = found.flatMap((file) => ("issue" in file ? [file.issue] : []));
  if (issues.length > 0) throw new CommandFailure(issues.map(issueText));
  return found.map((file, index) => ({ name: paths[index] ?? "", text: "text" in file ? file.text : "" }));
}

function neededIn(objects: readonly JsonObject[], naming: ReturnType<typeof namingOf>): readonly NeededSecret[] {
  const services = servicesIn(objects, naming.namespace);
  const found = objects.map((object) => membershipOf(object, services, naming));
  const members = found.flatMap((each) => (each.kind === "member" ? [each] : []));
  const needed = neededSecrets(members, naming);
  const issues = [...found, needed].flatMap(issuesOf);
  if ("issues" in needed || issues.length > 0) throw new CommandFailure(issues.map(issueText));
  return needed.value;
}

/** None, if no cluster is named; only those of the namespaces that are needed. */
async function secretsInCluster(
  needed: readonly NeededSecret[],
  command: Command,
  io: Io,
): Promise<readonly JsonObject[]> {
  if (["kubeconfig", "context"].every((flag) => textsOf(command, flag).length === 0)) return [];
  const { listedObjects } = await import("./cluster.ts");
  const namespaces = [...new Set(needed.map(({ namespace }) => namespace))];
  const all = await Promise.all(
    namespaces.map((namespace) => listedObjects(command, io, { kind: "Secret", namespace, labelSelector: keys.wrap })),
  );
  return all.flat();
}

function printTable(stated: readonly Stated[], io: Io): void {
  const rows = stated.map(({ secret, state }) => {
    const [ends, words] =
      state.kind === "make"
        ? ["", state.why]
        : [dayOf(state.notAfter), state.kind === "good" ? "good" : "other roots to be trusted"];
    return [secret.namespace, secret.name, ends, words];
  });
  io.print(columnsText([["NAMESPACE", "NAME", "ENDS", "STATE"], ...rows], io.columns ?? 80));
  if (stated.some(({ state }) => state.kind !== "good")) throw new CommandFailure([]);
}

interface Making {
  readonly command: Command;
  readonly io: Io;
  readonly root: Root;
  readonly now: Date;
  readonly end: Date;
  readonly roots: string;
}

async function printSecrets(stated: readonly Stated[], { command, io, root, now, end, roots }: Making): Promise<void> {
  const key = stated.some(({ state }) => state.kind === "make") ? await keyOf(command, root, io) : "";
  const secrets: JsonObject[] = [];
  const lines: string[] = [];
  for (const { secret, state } of stated) {
    if (state.kind === "good") continue;
    const isNew = state.kind === "make";
    const texts = isNew ? await signed(secret, root, key, { now, end }) : state.texts;
    const notAfter = isNew ? end : new Date(state.notAfter);
    secrets.push(secretOf(secret, { ...texts, roots }, notAfter));
    const why = isNew
      ? `made, until ${dayOf(end.getTime())}: ${state.why}`
      : "the same certificate, with other roots to be trusted";
    lines.push(`${secretWords(secret)}: ${why}`);
  }
  io.stdout(manifestText(secrets));
  const { validToDate } = root.certificate;
  if (end >= validToDate) lines.push(`the root ends ${dayOf(validToDate.getTime())}: nothing is signed beyond that`);
  if (secrets.length === 0) lines.push(stated.length === 0 ? "no workload was found" : "nothing is due");
  io.stderr(lines.map((line) => `weft: ${line}\n`).join(""));
}

async function keyOf(command: Command, root: Root, io: Io): Promise<string> {
  const [file] = await textsIn(textsOf(command, "caKey").slice(-1));
  if (file === undefined) throw new CommandFailure(["--ca-key is needed: there are certificates to be made"]);
  const issues = keyIssues(root, file);
  if (issues.length > 0) throw new CommandFailure(issues.map(issueText));
  const mode = modeForOthers(file.name);
  if (mode !== undefined)
    io.stderr(`weft: ${file.name} may be read by others than its owner (mode ${mode}): chmod 600\n`);
  return file.text;
}
