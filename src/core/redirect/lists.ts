/**
 * Lists of ports and networks, entry by entry: what each means, or that it means nothing. Linkerd's program logs a bad
 * port and dies of a bad network; here the caller learns of each and decides. Blanks around an entry
 * do not count, which Linkerd's program holds of networks only.
 */
import { parseInt64 } from "../base/scalars/numbers.ts";
import { isPort, parseSkipEntry } from "../base/scalars/ports.ts";
import type { Port, PortRange } from "../base/scalars/ports.ts";
import { quoted } from "../base/text/quote.ts";
import { trimSpace } from "../base/scalars/spaces.ts";
import { readRecord } from "./flag-values.ts";
import { parseSubnet } from "./redirect.ts";
import type { Subnet } from "./redirect.ts";

export interface List<Value> {
  readonly values: readonly Value[];
  /** A sentence for each entry that is none, and so is not among the values. */
  readonly errors: readonly string[];
  /** A sentence for each entry that Linkerd's program would read otherwise. */
  readonly remarks: readonly string[];
}

/** Ports and ranges, such as `25,8000-8010`. */
export const readSkipList = (text: string): List<PortRange> =>
  readRecordList(text, {
    parse: parseSkipEntry,
    expected: "is neither a port (0 to 65535) nor a range such as 8000-8010",
    blanks: "has blanks around it: read without them here, left out by Linkerd's program",
  });

/** Networks, such as `10.0.0.0/8,fd00::/8`. */
export const readSubnetList = (text: string): List<Subnet> =>
  readRecordList(text, { parse: parseSubnet, expected: "is not a network such as 10.0.0.0/8 or fd00::/8" });

/** Single ports, such as `80,443`, without quotes. An empty text is no list: it would mean all ports. */
export const readPortList = (text: string): List<Port> =>
  joined(
    text.split(",").map((entry) =>
      readEntry(entry, {
        parse: parseWholePort,
        expected: "is not a port (1 to 65535)",
        blanks: "has blanks around it: read without them here, refused by Linkerd's program",
      }),
    ),
  );

interface Entries<Value> {
  /** Gets an entry without blanks around it. */
  readonly parse: (entry: string) => Value | undefined;
  readonly expected: string;
  /** What is said of blanks around an entry; absent when they mean nothing to Linkerd either. */
  readonly blanks?: string;
}

function readRecordList<Value>(text: string, kind: Entries<Value>): List<Value> {
  const { fields, behind } = readRecord(text) ?? { fields: text.split(","), behind: "" };
  const more = trimSpace(behind);
  return joined([
    ...fields.map((entry) => (trimSpace(entry) === "" ? empty : readEntry(entry, kind))),
    ...(more === ""
      ? []
      : [{ ...nothing, errors: [`${quoted(more)} is on a line of its own, only the first counts`] }]),
  ]);
}

function readEntry<Value>(entry: string, { parse, expected, blanks }: Entries<Value>): List<Value> {
  const trimmed = trimSpace(entry);
  const value = parse(trimmed);
  if (value === undefined) return { ...nothing, errors: [`${quoted(entry)} ${expected}`] };
  const remarks = blanks === undefined || trimmed === entry ? [] : [`${quoted(entry)} ${blanks}`];
  return { values: [value], errors: [], remarks };
}

const nothing: List<never> = { values: [], errors: [], remarks: [] };

// Whoever writes "80," has asked for nothing that is not done, so this is no fault.
const empty: List<never> = { ...nothing, remarks: ["has an empty entry"] };

export const joined = <Value>(lists: readonly List<Value>[]): List<Value> => ({
  values: lists.flatMap(({ values }) => values),
  errors: lists.flatMap(({ errors }) => errors),
  remarks: lists.flatMap(({ remarks }) => remarks),
});

function parseWholePort(text: string): Port | undefined {
  const number = Number(parseInt64(text) ?? 0n);
  return isPort(number) ? number : undefined;
}
