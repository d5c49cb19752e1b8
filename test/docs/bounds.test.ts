/** The bounds that pages tell are those of the code. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { mostOfMessage } from "../../src/core/destination/updates.ts";
import { reviewBounds } from "../../src/core/admission/bounds.ts";
import { mostNetworks, mostPorts, mostVariables, longestValue } from "../../src/core/mesh/lists.ts";
import { mostAuthorizations } from "../../src/core/policy/linkerd.ts";
import { mostAsked } from "../../src/core/policy/server.ts";
import { limitsForAnybody, limitsForStreams, limitsForTheMesh, mostEncoded } from "../../src/grpc/limits.ts";
import { mostKept } from "../../src/serve/controller/cluster-feed.ts";
import { usualLimits } from "../../src/webhook/limits.ts";

const MiB = 1024 * 1024;
const number = (value: number): string => value.toLocaleString("en-US");

/** Rows of the tables of a page: what → the other cells. */
function rowsOf(page: string): ReadonlyMap<string, string> {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return new Map(
    lines.map((line) => {
      const [, what = "", ...cells] = line.split("|").map((cell) => cell.trim());
      return [what, cells.join(" | ")];
    }),
  );
}

type Row = readonly [what: string, ...says: readonly string[]];

const { connections } = usualLimits;
const webhook: readonly Row[] = [
  [
    "connections on 8443",
    number(connections.open),
    `${number(connections.openOfOne)};`,
    `${number(connections.reserved)} are kept`,
  ],
  [
    "handshakes",
    `${connections.perSecond} are begun in a second`,
    `${connections.waiting} wait`,
    `${usualLimits.handshakeTimeout / 1000} s for each`,
  ],
  [
    "bodies that are still coming",
    `${usualLimits.arriving}, of one address ${usualLimits.arrivingOfOne}`,
    `${usualLimits.arrivingBytes / MiB} MiB, of one address ${usualLimits.arrivingBytesOfOne / MiB} MiB`,
    `${usualLimits.bodyPatience / 1000} s, and ${usualLimits.bodyRate} bytes in each millisecond`,
  ],
  ["pieces of a body", `${number(usualLimits.pieces)}, and one for each ${usualLimits.pieceBytes} bytes`],
  ["a body", `${usualLimits.bodyBytes / MiB} MiB`],
  [
    "what a review holds",
    `${number(reviewBounds.values)} values, ${reviewBounds.depth} lists`,
    `a uid of ${reviewBounds.uid} characters`,
  ],
  ["complete reviews", number(usualLimits.inFlight)],
  [
    "memory of reviews, about",
    `${usualLimits.smallHeld / MiB} MiB for small ones (up to ${usualLimits.smallCost / 1024} KiB each)`,
    `${usualLimits.largeHeld / MiB} MiB for large ones`,
  ],
  ["large reviews", `${usualLimits.largePatience / 1000} s for what is looked up`],
];

const [identity, mesh] = [limitsForAnybody, limitsForTheMesh];
const controller: readonly Row[] = [
  [
    "connections at once",
    `${number(identity.open)}, of these ${identity.reserved} for`,
    `${number(mesh.open)}, of these ${mesh.reserved} for`,
  ],
  ["of one address (IPv6: one /64)", `${identity.openOfOne} | ${mesh.openOfOne}`],
  ["taken on in a second", `${identity.perSecond} of known addresses`],
  ["handshake", `${identity.handshake / 1000} s | ${mesh.handshake / 1000} s`],
  ["first bytes", `${identity.handshake / 1000} s after the handshake | ${mesh.handshake / 1000} s after`],
  ["first request", `${(identity.firstRequest ?? 0) / 1000} s after`],
  ["calls on a connection", `${identity.streams} at a time | ${number(mesh.streams)}`],
  ["requests of one identity", `${number(mesh.pace?.atOnce ?? 0)} at once, then ${mesh.pace?.perSecond ?? 0} a second`],
  [
    "a request",
    `${identity.message / 1024} KiB, in ${identity.pieces} pieces, whole within ${identity.unfinished / 1000} s`,
    `${mesh.message / 1024} KiB, in ${mesh.pieces} pieces`,
  ],
  ["bytes that wait for their turn", `${identity.unread / MiB} MiB in all | ${mesh.unread / MiB} MiB in all`],
  ["requests that are still coming", `${identity.unfinishedBytes / MiB} MiB in all`],
  [
    "bytes that are of no request",
    `${identity.overhead / 1024} KiB, and ${identity.overheadPerSecond} a second`,
    `${mesh.overhead / 1024} KiB, and ${mesh.overheadPerSecond / 1024} KiB a second`,
  ],
  ["an answer that is not taken", `${identity.lingering / 1000} s | ${mesh.lingering / 1000} s`],
  ["streams of HTTP/2", number(identity.openStreams)],
  [
    "streams that follow something",
    `${number(limitsForStreams.most)} for both ports, of one identity ${number(limitsForStreams.mostOfOne)}`,
  ],
  [
    "messages on their way",
    `${limitsForStreams.outbox.bytes / MiB} MiB for both ports, of one identity ${limitsForStreams.outbox.bytesOfOne / MiB} MiB`,
  ],
  [
    "large answers",
    `${limitsForStreams.encoding?.atOnce} messages of ${number(mostOfMessage)} endpoints at once, then ${limitsForStreams.encoding?.perSecond} a second`,
    `${mostEncoded / MiB} MiB of messages are kept`,
  ],
  ["values for readers who are behind", `${(limitsForStreams.behind ?? 0) / MiB} MiB of old ones`],
];

describe("docs: bounds", () => {
  for (const [page, expected] of [
    ["api-server-certificates.md", webhook],
    ["controller.md", controller],
  ] as const) {
    const rows = rowsOf(page);
    for (const [what, ...says] of expected)
      it(`${page}: ${what}`, () => {
        const row = rows.get(what);
        expect(row, "no such row").to.not.equal(undefined);
        for (const each of says) expect(row).to.include(each);
      });
  }

  it("controller.md: what is kept", () => {
    const text = readFileSync(new URL("../../docs/controller.md", import.meta.url), "utf8");
    expect(text).to.include(`has ${mostKept.policies / MiB} MiB for policies`);
    expect(text).to.include(`${mostKept.others / MiB} MiB for all others`);
  });

  it("policy.md: what is asked of a pod", () => {
    const text = readFileSync(new URL("../../docs/policy.md", import.meta.url), "utf8");
    expect(text).to.include(`the oldest with ${number(mostAsked)} different labels and expressions`);
    expect(text).to.include(`Of more than ${number(mostAuthorizations)} authorizations of one Server`);
  });

  it("annotations.md: lists", () => {
    const text = readFileSync(new URL("../../docs/annotations.md", import.meta.url), "utf8").replaceAll(/\s+/g, " ");
    expect(text).to.include(
      `A list of ports may have ${mostPorts} entries, one of networks ${mostNetworks}, one of variables ${mostVariables}`,
    );
    expect(text).to.include(`value may have ${longestValue} characters`);
  });
});
