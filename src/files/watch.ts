/**
 * Notices when files change: plain overwrites, replacement by rename, removal and return, and the swap of `..data` by
 * which Kubernetes updates a mounted ConfigMap or Secret. The system's notices make it quick, looking from time to
 * time makes it sure: notices get lost, end with the folder they are about, and do not exist on every file system. Our
 * own, as a few named files have to be read together, and packages watch trees, file by file.
 */
import { createHash } from "node:crypto";
import { watch as watchFolder } from "node:fs";
import type { FSWatcher } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { readFiles } from "./read.ts";
import type { FileFound } from "./read.ts";

export interface WatchOptions {
  /** Ends it. Nothing of it keeps the process alive. */
  readonly signal: AbortSignal;
  /** Milliseconds from look to look. */
  readonly poll?: number;
  /** Milliseconds that contents have to stay the same before they count, so that half-written files do not. */
  readonly settle?: number;
}

/**
 * Calls `onChange` with the contents of all files, once for each time that they differ from what it was told last;
 * `known` is what the caller has read already.
 */
export const watchFiles = (
  paths: readonly string[],
  known: readonly FileFound[],
  onChange: (found: readonly FileFound[]) => void,
  { signal, poll = 10_000, settle = 100 }: WatchOptions,
): void => {
  if (signal.aborted || paths.length === 0) return;
  let told = fingerprint(known);
  let candidate = told;
  let soon: NodeJS.Timeout | undefined;
  let looking = false;

  const lookSoon = (): void => {
    if (!signal.aborted) soon ??= setTimeout(look, settle).unref();
  };
  const look = (): void => {
    soon = undefined;
    // A notice that comes during a look asks for another one: what it is about may have been read already.
    if (looking) lookSoon();
    else void lookNow();
  };
  const lookNow = async (): Promise<void> => {
    looking = true;
    const [found] = await Promise.all([readFiles(paths), folders.arm()]);
    looking = false;
    if (!signal.aborted) compare(found);
  };
  const compare = (found: readonly FileFound[]): void => {
    const seen = fingerprint(found);
    const settled = seen === candidate;
    candidate = seen;
    if (!settled) return lookSoon();
    if (seen === told) return;
    told = seen;
    onChange(found);
  };
  const folders = watchFolders(new Set(paths.map((path) => dirname(path))), lookSoon);
  const timer = setInterval(lookSoon, poll).unref();
  lookSoon();
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    clearTimeout(soon);
    folders.close();
  });
};

/** Tells contents apart, without keeping them. */
export const fingerprint = (found: readonly FileFound[]): string =>
  createHash("sha256").update(JSON.stringify(found)).digest("base64");

interface Folders {
  /** Watches what is not watched: folders that came, came back, or whose watcher failed. */
  readonly arm: () => Promise<void>;
  readonly close: () => void;
}

const watchFolders = (folders: ReadonlySet<string>, notice: () => void): Folders => {
  const watchers = new Map<string, { readonly watcher: FSWatcher; readonly inode: bigint }>();
  let closed = false;
  const disarm = (folder: string): void => {
    watchers.get(folder)?.watcher.close();
    watchers.delete(folder);
  };
  const arm = async (folder: string): Promise<void> => {
    try {
      const { ino: inode } = await stat(folder, { bigint: true });
      // A folder of the same name may be another one; the old watcher then stays silent for good.
      if (closed || watchers.get(folder)?.inode === inode) return;
      disarm(folder);
      const watcher = watchFolder(folder, { persistent: false }, notice);
      watcher.on("error", () => disarm(folder));
      watchers.set(folder, { watcher, inode });
    } catch {
      // No folder, or no watcher left to have: the next look tries again.
      disarm(folder);
    }
  };
  return {
    arm: async () => void (await Promise.all([...folders].map(arm))),
    close: () => {
      closed = true;
      for (const folder of folders) disarm(folder);
    },
  };
};
