/**
 * Pages that somebody saved, in place of a cluster's: a folder of files `NAMESPACE.POD.txt`, and the pods as kubectl
 * prints them. A second folder has the pages of some time later.
 */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { objectsIn } from "../../core/cluster/objects.ts";
import { readDocument } from "../../core/documents/document.ts";
import { splitDocuments } from "../../core/documents/stream.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { labelsOf } from "../../core/base/json/read.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { quoted } from "../../core/base/text/quote.ts";
import type { Reading } from "../../core/traffic/increase.ts";
import { isOfProxy, readPage } from "../../core/traffic/page.ts";
import type { Family, Page } from "../../core/traffic/page.ts";
import { trafficPod } from "../../core/traffic/pods.ts";
import type { TrafficPod } from "../../core/traffic/pods.ts";
import { wordsFor } from "../../files/read.ts";
import { isMissing } from "../../kube/file-fault.ts";
import { CommandFailure } from "../io.ts";
import type { PodsWanted } from "../status/gather.ts";
import type { Gathered, PodFailure } from "./gather.ts";

export interface SavedPages {
  /** One, or the earlier and the later. */
  readonly folders: readonly string[];
  readonly objects: string;
}

/** `say`: told of files that belong to no pod. */
export async function savedTraffic(
  { folders, objects }: SavedPages,
  families: readonly Family[],
  { namespace, selector }: PodsWanted,
  say: (line: string) => void,
): Promise<Gathered> {
  const all = await podsIn(objects);
  const pods = all
    .filter((object) => isSelected(object, selector))
    .map(trafficPod)
    .filter((pod) => namespace === undefined || pod.namespace === namespace);
  const known = new Set(all.map(trafficPod).map(fileOf));
  const strangers: string[] = [];
  for (const folder of folders) {
    const pages = (await namesIn(folder)).filter((name) => name.endsWith(".txt"));
    strangers.push(...pages.filter((name) => !known.has(name)).map((name) => join(folder, name)));
  }
  const isOfAll = namespace === undefined && selector === "";
  if (strangers.length > 0 && isOfAll) say(strangersText(strangers, objects));
  const [failed, readings]: [PodFailure[], Reading[]] = [[], []];
  for (const pod of pods.filter(({ running, meshed }) => running && meshed)) {
    const found = await readingOf(pod, folders, families);
    if ("why" in found) failed.push({ pod, why: found.why });
    else readings.push({ pod, ...found });
  }
  return { pods, readings, failed };
}

function strangersText(files: readonly string[], objects: string): string {
  const more = files.length > mostNamed ? ` and ${files.length - mostNamed} more` : "";
  return `left out: ${files.slice(0, mostNamed).join(", ")}${more}: no pod of that name in ${objects}, expected NAMESPACE.POD.txt`;
}

const mostNamed = 5;

interface Unread {
  readonly why: string;
}

async function readingOf(
  pod: TrafficPod,
  folders: readonly string[],
  families: readonly Family[],
): Promise<Omit<Reading, "pod"> | Unread> {
  const pages: Page[] = [];
  for (const folder of folders) {
    const page = await pageIn(folder, pod, families);
    if ("why" in page) return page;
    pages.push(page);
  }
  const [first, second] = pages;
  if (first === undefined) return { why: "no folder has its page" };
  return second === undefined ? { page: first } : { page: second, before: first };
}

async function pageIn(folder: string, pod: TrafficPod, families: readonly Family[]): Promise<Page | Unread> {
  const path = join(folder, fileOf(pod));
  try {
    const page = readPage(await readFile(path, "utf8"), families);
    if (isOfProxy(page)) return page;
    return { why: `${path}: no page of a proxy's metrics: process_start_time_seconds is missing` };
  } catch (error) {
    if (isMissing(error)) return { why: `there is no ${folder}/NAMESPACE.POD.txt` };
    return { why: `${path}: ${wordsFor(error)}` };
  }
}

/** Objects may come from a stranger: what they are called leads out of no folder. */
const fileOf = ({ namespace, name }: Pick<TrafficPod, "namespace" | "name">): string =>
  `${namespace}.${name}.txt`.replaceAll(/[/\\]/g, "_");

async function podsIn(file: string): Promise<readonly JsonObject[]> {
  const text = await textOf(file);
  const objects: JsonObject[] = [];
  for (const document of splitDocuments(text)) {
    const { issues, value } = readDocument(document.text, document.line);
    if (issues.length > 0) throw new CommandFailure(issues.map((issue) => `${file}: ${issueText(issue)}`));
    objects.push(...objectsIn(value));
  }
  // Items of a list need not say their kind.
  return objects.filter(({ kind = "Pod" }) => kind === "Pod");
}

const namesIn = (folder: string): Promise<readonly string[]> =>
  readdir(folder).catch((error: unknown) => failedAt(folder, error));
const textOf = (file: string): Promise<string> =>
  readFile(file, "utf8").catch((error: unknown) => failedAt(file, error));

function failedAt(path: string, error: unknown): never {
  throw new CommandFailure([`${path}: ${wordsFor(error)}`]);
}

/** `app=web,tier==front`, `app!=web`, `app`: as far as a file can be asked. */
function isSelected(object: JsonObject, selector: string): boolean {
  const labels = labelsOf(object);
  return selector
    .split(",")
    .filter((term) => term.trim() !== "")
    .every((term) => {
      const [, key = "", not, value] = /^\s*([A-Za-z0-9._/-]+)\s*(?:(!)?==?\s*([A-Za-z0-9._-]*)\s*)?$/.exec(term) ?? [];
      if (key === "")
        throw new CommandFailure([`--selector: ${quoted(term)}: of saved pods expected key=value, key!=value or key`]);
      if (value === undefined) return labels[key] !== undefined;
      return (labels[key] === value) === (not === undefined);
    });
}
