/** What is run in the debug container, and what of its standard error is worth reading. */
import { wireFields, wireFilter } from "./wire.ts";

/** `seconds`: 0 has no end. Writes a pcap file to its standard output, each packet as it comes. */
export const captureCommand = (seconds: number): readonly string[] => whileReadFrom(tcpdump(seconds));

/** Fields of packets, a line each. */
export const wireCommand = (seconds: number, inboundPort: number): readonly string[] =>
  whileReadFrom(`${tcpdump(seconds)} tcp`, tshark(inboundPort));

/**
 * tcpdump: with `-Z root`, since it would become a user that the image may not have, and -U, so that what was captured is
 * there whenever it ends. `timeout --foreground`: one group of processes, which the signal below reaches.
 */
const tcpdump = (seconds: number): string =>
  `timeout --foreground --preserve-status --signal=INT ${seconds} tcpdump -Z root -i eth0 -U -w -`;

/**
 * Reads a pipe, not the interface: it would keep all packets in a file of the node. TLS is looked for on every port,
 * before what the port is known for; names are not looked up.
 */
const tshark = (inboundPort: number): string =>
  [
    `tshark -r - -n -l -Q -d tcp.port==${inboundPort},tls --enable-heuristic tls_tcp -o tcp.try_heuristic_first:TRUE`,
    `-Y '${wireFilter}' -T fields`,
    ...wireFields.map((field) => `-e ${field}`),
  ].join(" ");

/**
 * A runtime leaves a program running when nobody listens to it any more. So it ends when its standard input does. The
 * session is its own, so that the signal reaches nothing else.
 */
const whileReadFrom = (first: string, ...others: readonly string[]): readonly string[] => {
  const script = [
    "trap : TERM",
    "exec 3<&0",
    // Again and again: what is started meanwhile has not heard the first.
    "(trap '' TERM; while read -r line; do :; done <&3; while kill -TERM 0; do sleep 1; done) >/dev/null 2>&1 &",
    [`${first} </dev/null 3<&-`, ...others].join(" | "),
    "status=$?",
    "kill -KILL $! 2>/dev/null",
    "exit $status",
  ];
  return ["setsid", "--wait", "sh", "-c", script.join("\n")];
};

export interface CaptureNotes {
  /** Undefined: it did not come to its end. */
  readonly captured: number | undefined;
  /** Packets that came faster than they were taken. */
  readonly dropped: number;
  /** What is left, a line each. */
  readonly trouble: readonly string[];
}

/** Of the standard error of the two programs. */
export function captureNotes(text: string): CaptureNotes {
  const lines = text.split("\n").map((line) => line.trim());
  const countOf = (pattern: RegExp): number | undefined => {
    const found = lines.map((line) => pattern.exec(line)?.[1]).find((each) => each !== undefined);
    return found === undefined ? undefined : Number(found);
  };
  return {
    captured: countOf(/^(\d+) packets? captured$/),
    dropped: countOf(/^(\d+) packets? dropped by kernel$/) ?? 0,
    trouble: lines.filter((line) => line !== "" && !idle.some((pattern) => pattern.test(line))),
  };
}

/** What they say when all is well. */
const idle: readonly RegExp[] = [
  /^tcpdump: (listening on|data link type) /,
  /^\d+ packets? (captured|received by filter|dropped by (kernel|interface))$/,
  /^Running as user "root" and group "root"\. This could be dangerous\.$/,
  /cap_set_proc\(\) fail return/,
  /^Capturing on /,
  /Capture started\.$/,
];

/** The container may not capture: it is not root, or its runtime gives no NET_RAW. */
export const isNotPermitted = (trouble: readonly string[]): boolean =>
  trouble.some((line) => /permission to (perform this capture|capture)|Operation not permitted/.test(line));
