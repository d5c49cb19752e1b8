/**
 * A proxy's page of metrics (Prometheus text format 0.0.4) → the samples that are needed. A page has a megabyte and more,
 * and nine tenths of it are of no use: families are skipped by name before anybody looks at their labels.
 */

export const edgeFamilies = [
  "inbound_http_authz_deny_total",
  "inbound_tcp_authz_allow_total",
  "inbound_tcp_authz_deny_total",
  "process_start_time_seconds",
  "process_uptime_seconds_total",
  "request_total",
  "tcp_open_connections",
  "tcp_open_total",
] as const;

export const rateFamilies = [
  ...edgeFamilies,
  "response_latency_ms_bucket",
  "response_total",
  "tcp_read_bytes_total",
  "tcp_write_bytes_total",
] as const;

export type Family = (typeof rateFamilies)[number];

/** What a label is not there is undefined. */
export type SampleLabels = Readonly<Record<string, string | undefined>>;

export interface Sample {
  /** The labels as they stand on the page: what the same series has on another page of the same proxy. */
  readonly series: string;
  readonly labels: SampleLabels;
  readonly value: number;
}

export type Page = ReadonlyMap<string, readonly Sample[]>;

export const samplesOf = (page: Page, family: Family): readonly Sample[] => page.get(family) ?? [];

/** Of a family without labels; undefined: it is not there. */
export const valueOf = (page: Page, family: Family): number | undefined => page.get(family)?.[0]?.value;

/** Whether a proxy wrote it: each page has this family. */
export const isOfProxy = (page: Page): boolean => valueOf(page, "process_start_time_seconds") !== undefined;

/** Lines that are not of that form are none. */
export function readPage(text: string, families: readonly Family[] = rateFamilies): Page {
  const page = new Map<string, Sample[]>(families.map((family) => [family, []]));
  const needed = neededText(text, page);
  for (let start = 0, end = 0; start < needed.length; start = end + 1) {
    end = endOfLine(needed, start);
    const line = needed.slice(start, end);
    const nameEnd = endOfName(line, 0, line.length);
    const sample = sampleIn(line, nameEnd);
    if (sample !== undefined) page.get(line.slice(0, nameEnd))?.push(sample);
  }
  return page;
}

/** The lines of these families as a text of their own: a piece of a page would keep all of it in memory. */
function neededText(text: string, families: ReadonlyMap<string, unknown>): string {
  const lines: string[] = [];
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = endOfLine(text, start);
    const nameEnd = endOfName(text, start, end);
    if (nameEnd > start && families.has(text.slice(start, nameEnd))) lines.push(text.slice(start, end));
  }
  return lines.join("\n");
}

function endOfLine(text: string, start: number): number {
  const found = text.indexOf("\n", start);
  return found === -1 ? text.length : found;
}

const [hash, space, brace] = [0x23, 0x20, 0x7b];

/** Of a comment: where it begins. */
function endOfName(text: string, start: number, end: number): number {
  if (text.charCodeAt(start) === hash) return start;
  let at = start;
  for (; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === brace || code === space) break;
  }
  return at;
}

/** `line`: alone, so that what is not in it is never looked for in the rest of the page. */
function sampleIn(line: string, nameEnd: number): Sample | undefined {
  if (line.charCodeAt(nameEnd) !== brace) return sampleOf("", {}, line.slice(nameEnd));
  const read = labelsIn(line, nameEnd + 1);
  return read && sampleOf(line.slice(nameEnd + 1, read.end), read.labels, line.slice(read.end + 1));
}

/** A time may stand behind the value. Nothing that is counted is below 0, or without an end. */
function sampleOf(series: string, labels: SampleLabels, rest: string): Sample | undefined {
  const [word = ""] = rest.trim().split(" ", 1);
  const value = word === "" ? Number.NaN : Number(word);
  return Number.isFinite(value) && value >= 0 ? { series, labels, value } : undefined;
}

/** `end`: of the closing brace. Undefined: they are no labels. */
function labelsIn(line: string, from: number): { labels: SampleLabels; end: number } | undefined {
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  let at = from;
  while (at < line.length && line[at] !== "}") {
    const equals = line.indexOf('="', at);
    const close = equals === -1 ? -1 : endOfValue(line, equals + 2);
    if (close === -1) return undefined;
    const value = line.slice(equals + 2, close);
    labels[line.slice(at, equals).trim()] = value.includes("\\") ? unescaped(value) : value;
    at = close + 1;
    if (line[at] === ",") at += 1;
  }
  return at < line.length ? { labels, end: at } : undefined;
}

function endOfValue(text: string, from: number): number {
  let close = text.indexOf('"', from);
  while (close !== -1 && isEscaped(text, close, from)) close = text.indexOf('"', close + 1);
  return close;
}

function isEscaped(text: string, at: number, from: number): boolean {
  let before = at;
  while (before > from && text[before - 1] === "\\") before -= 1;
  return (at - before) % 2 === 1;
}

const unescaped = (value: string): string =>
  value.replaceAll(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character));
