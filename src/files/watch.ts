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
export function watchFiles(
  paths: readonly string[],
  known: readonly FileFound[],
  onChange: (found: readonly FileFound[]) => void,
  options: WatchOptions,
): void {
  if (!options.signal.aborted && paths.length > 0) new FilesWatch(paths, known, onChange, options).begin();
}

/** Tells contents apart, without keeping them. */
export const fingerprint = (found: readonly FileFound[]): string =>
  createHash("sha256").update(JSON.stringify(found)).digest("base64");

class FilesWatch {
  readonly #paths: readonly string[];
  readonly #onChange: (found: readonly FileFound[]) => void;
  readonly #options: Required<WatchOptions>;
  readonly #folders: FoldersWatch;
  /** Fingerprints of what was told last, and of what was seen last. */
  #told: string;
  #seen: string;
  #soon: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(
    paths: readonly string[],
    known: readonly FileFound[],
    onChange: (found: readonly FileFound[]) => void,
    { signal, poll = 10_000, settle = 100 }: WatchOptions,
  ) {
    this.#paths = paths;
    this.#onChange = onChange;
    this.#options = { signal, poll, settle };
    this.#told = fingerprint(known);
    this.#seen = this.#told;
    this.#folders = new FoldersWatch(new Set(paths.map((path) => dirname(path))), () => this.#lookSoon());
  }

  begin(): void {
    const { signal, poll } = this.#options;
    const timer = setInterval(() => this.#lookSoon(), poll).unref();
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      clearTimeout(this.#soon);
      this.#folders.close();
    });
    this.#lookSoon();
  }

  #lookSoon(): void {
    const { signal, settle } = this.#options;
    if (!signal.aborted) this.#soon ??= setTimeout(() => void this.#look(), settle).unref();
  }

  async #look(): Promise<void> {
    this.#soon = undefined;
    // A notice that comes during a look asks for another one: what it is about may have been read already.
    if (this.#isLooking) return this.#lookSoon();
    this.#isLooking = true;
    const [found] = await Promise.all([readFiles(this.#paths), this.#folders.arm()]);
    this.#isLooking = false;
    if (!this.#options.signal.aborted) this.#compare(found);
  }

  #compare(found: readonly FileFound[]): void {
    const seen = fingerprint(found);
    const isSettled = seen === this.#seen;
    this.#seen = seen;
    if (!isSettled) return this.#lookSoon();
    if (seen === this.#told) return;
    this.#told = seen;
    this.#onChange(found);
  }
}

class FoldersWatch {
  readonly #folders: ReadonlySet<string>;
  readonly #notice: () => void;
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly inode: bigint }>();
  #isClosed = false;

  constructor(folders: ReadonlySet<string>, notice: () => void) {
    this.#folders = folders;
    this.#notice = notice;
  }

  /** Watches what is not watched: folders that came, came back, or whose watcher failed. */
  async arm(): Promise<void> {
    await Promise.all([...this.#folders].map((folder) => this.#armOne(folder)));
  }

  close(): void {
    this.#isClosed = true;
    for (const folder of this.#folders) this.#disarm(folder);
  }

  async #armOne(folder: string): Promise<void> {
    try {
      const { ino: inode } = await stat(folder, { bigint: true });
      // A folder of the same name may be another one; the old watcher then stays silent for good.
      if (this.#isClosed || this.#watchers.get(folder)?.inode === inode) return;
      this.#disarm(folder);
      const watcher = watchFolder(folder, { persistent: false }, this.#notice);
      watcher.on("error", () => this.#disarm(folder));
      this.#watchers.set(folder, { watcher, inode });
    } catch {
      // No folder, or no watcher left to have: the next look tries again.
      this.#disarm(folder);
    }
  }

  #disarm(folder: string): void {
    this.#watchers.get(folder)?.watcher.close();
    this.#watchers.delete(folder);
  }
}
