/**
 * A value that is read from files and follows them, and what they are mounted from where that tells of changes sooner; when what is new is broken, the last good value stays. What is broken
 * for now only, such as a certificate of tomorrow, is looked at again when its time has come.
 */
import { failed } from "../core/base/text/result.ts";
import type { Broken, Result } from "../core/base/text/result.ts";
import { readFiles } from "./read.ts";
import type { FileFound } from "./read.ts";
import { fingerprint, watchFiles } from "./watch.ts";
import type { WatchOptions } from "./watch.ts";

export type Parsed<Value> = Result<Value, Broken>;

/** Which files, and what their texts mean. */
export interface FileSource<Value> {
  readonly paths: readonly string[];
  /** Texts in the order of the paths. */
  readonly parse: (texts: readonly string[]) => Parsed<Value>;
  /** Absent: the files are all there is. */
  readonly origin?: Origin | undefined;
}

/** What files are mounted from. It tells of changes sooner than they do. */
export interface Origin {
  /** What the file will say, or why it cannot; undefined: not known, so that the file itself counts. */
  readonly found: (path: string) => FileFound | undefined;
  /** Resolves when it was asked, whatever the answer. */
  readonly asked: Promise<void>;
  /** Calls with each change. */
  readonly onChange: (tell: () => void) => void;
}

export interface ReloadState {
  /** When the value in use was read. */
  readonly loadedAt: Date;
  /** What was read since then, and is not used. */
  readonly broken?: Broken & { readonly since: Date };
}

export interface Reloaded<Value> {
  readonly current: () => Value;
  readonly state: () => ReloadState;
}

export interface ReloadOptions<Value> extends WatchOptions {
  readonly now: () => Date;
  /** Resolves after so many milliseconds, or when the signal aborts; absent: what is broken for now waits for a change. */
  readonly wait?: ((milliseconds: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** Comes for each change of the files after the first reading, good or broken, and when the time of the last one has come. */
  readonly onReload: (outcome: Parsed<Value>, state: ReloadState) => void;
}

/**
 * Reads once, with the issues of that if there are any; then keeps watching until the signal aborts. Where the origin has
 * something broken at the beginning, good files are the last good value, and the state says so.
 */
export const reloaded = async <Value>(
  source: FileSource<Value>,
  options: ReloadOptions<Value>,
): Promise<Parsed<Reloaded<Value>>> => {
  const { origin } = source;
  const [files] = await Promise.all([readFiles(source.paths), origin?.asked]);
  const first = newest(source, files);
  const outcome = parsed(source, first);
  const usable = "issues" in outcome && origin !== undefined ? parsed(source, files) : outcome;
  if ("issues" in usable) return "issues" in outcome ? outcome : usable;
  let { value } = usable;
  let state: ReloadState = { loadedAt: options.now() };
  let seen = fingerprint(first);
  let changed = new AbortController();
  const onFound = (found: readonly FileFound[]): void => {
    const next = newest(source, found);
    const last = seen;
    seen = fingerprint(next);
    // A file that catches up with its origin says what is in use already.
    if (seen !== last) onChange(next);
  };
  const onChange = (found: readonly FileFound[]): void => {
    changed.abort();
    changed = new AbortController();
    const next = parsed(source, found);
    if ("value" in next) {
      value = next.value;
      state = { loadedAt: options.now() };
    } else {
      keep(next, found);
    }
    options.onReload(next, state);
  };
  const keep = (broken: Broken, found: readonly FileFound[]): void => {
    const since = state.broken?.since ?? options.now();
    state = { loadedAt: state.loadedAt, broken: { ...broken, since } };
    void onceGood(broken, () => onChange(found), { ...options, signal: changed.signal });
  };
  if ("issues" in outcome) keep(outcome, first);
  options.signal.addEventListener("abort", () => changed.abort());
  watchFiles(source.paths, files, onFound, options);
  origin?.onChange(() => void readFiles(source.paths).then((found) => options.signal.aborted || onFound(found)));
  return { value: { current: () => value, state: () => state } };
};

/** What the origin has, where it has it, else what the file has. */
const newest = ({ paths, origin }: FileSource<unknown>, files: readonly FileFound[]): readonly FileFound[] =>
  paths.flatMap((path, index) => origin?.found(path) ?? files[index] ?? []);

/** A timer holds 24 days at most; and clocks are set. */
const longestWait = 3_600_000;

async function onceGood(
  { goodFrom }: Broken,
  then: () => void,
  { now, wait, signal }: Pick<ReloadOptions<unknown>, "now" | "wait" | "signal">,
): Promise<void> {
  if (goodFrom === undefined || wait === undefined) return;
  const left = (): number => goodFrom - now().getTime();
  while (left() > 0 && !signal.aborted) await wait(Math.min(left(), longestWait), signal);
  if (!signal.aborted) then();
}

const parsed = <Value>({ paths, parse }: FileSource<Value>, found: readonly FileFound[]): Parsed<Value> => {
  const issues = found.flatMap((file) => ("issue" in file ? [file.issue] : []));
  if (issues.length > 0) return { issues };
  try {
    return parse(found.flatMap((file) => ("text" in file ? [file.text] : [])));
  } catch (error) {
    // A fault of ours, but no reason to stop working with what was good.
    return failed(paths.join(", "), `internal error: ${String(error)}`);
  }
};
