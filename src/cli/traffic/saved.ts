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
import { wordsOf } from "../../core/base/text/words.ts";
import { isOfProxy, readPage } from "../../core/traffic/page.ts";
import type { Family, Page } from "../../core/traffic/page.ts";
import { trafficPod } from "../../core/traffic/pods.ts";
import type { TrafficPod } from "../../core/traffic/pods.ts";
import { CommandFailure } from "../io.ts";
import type { PodsWanted } from "../status/gather.ts";
import type { Gathered, PodFailure } from "./gather.ts";

export interface SavedPages {
  /** One, or the earlier and the later. */
  readonly folders: readonly string[];
  readonly objects: string;
}

export async function savedTraffic(
  { folders, objects }: SavedPages,
  families: readonly Family[],
  { namespace, selector }: PodsWanted,
): Promise<Gathered> {
  const pods = (await podsIn(objects))
    .filter((object) => isSelected(object, selector))
    .map(trafficPod)
    .filter((pod) => namespace === undefined || pod.namespace === namespace);
  const wanted = pods.filter(({ running, meshed }) => running && meshed);
  const [first = "", second] = folders;
  const [earlier, later] = [
    await pagesIn(first, families),
    second === undefined ? undefined : await pagesIn(second, families),
  ];
  const known = new Set(pods.map(fileOf));
  const strangers = [...earlier.keys()].filter(
    (file) => !known.has(file) && namespace === undefined && selector === "",
  );
  if (strangers.length > 0)
    throw new CommandFailure(
      strangers.map((file) => `${join(first, file)}: no pod of that name in ${objects}: expected NAMESPACE.POD.txt`),
    );
  const failed: PodFailure[] = [];
  const readings = wanted.flatMap((pod) => {
    const file = fileOf(pod);
    const page = (later ?? earlier).get(file);
    const before = later === undefined ? undefined : earlier.get(file);
    if (page !== undefined && (later === undefined || before !== undefined)) return [{ pod, page, before }];
    failed.push({
      pod,
      why: `there is no ${page === undefined && later !== undefined ? second : first}/NAMESPACE.POD.txt`,
    });
    return [];
  });
  return { pods, readings, failed };
}

const fileOf = ({ namespace, name }: Pick<TrafficPod, "namespace" | "name">): string => `${namespace}.${name}.txt`;

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

async function pagesIn(folder: string, families: readonly Family[]): Promise<ReadonlyMap<string, Page>> {
  const pages = new Map<string, Page>();
  for (const name of (await namesIn(folder)).filter((each) => each.endsWith(".txt"))) {
    const page = readPage(await textOf(join(folder, name)), families);
    if (!isOfProxy(page))
      throw new CommandFailure([
        `${join(folder, name)}: no page of a proxy's metrics: process_start_time_seconds is missing`,
      ]);
    pages.set(name, page);
  }
  return pages;
}

const namesIn = (folder: string): Promise<readonly string[]> =>
  readdir(folder).catch((error: unknown) => failedAt(folder, error));
const textOf = (file: string): Promise<string> =>
  readFile(file, "utf8").catch((error: unknown) => failedAt(file, error));

function failedAt(path: string, error: unknown): never {
  throw new CommandFailure([`${path}: ${wordsOf(error)}`]);
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
