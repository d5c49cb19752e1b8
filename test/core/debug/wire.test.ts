import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { wireFields, wireOf } from "../../../src/core/debug/wire.ts";
import type { WireRow } from "../../../src/core/debug/wire.ts";
import { runs } from "../../support/properties.ts";

const pod = { addresses: ["10.99.0.3", "fd00::3"], inboundPort: 4143, ports: [8080, 9090] };
const name = "backend.shop.serviceaccount.identity.weft.cluster.local";

type Field = (typeof wireFields)[number];
type Fields = Partial<Record<Field, string | number>>;

const line = (fields: Fields): string => wireFields.map((field) => fields[field] ?? "").join("\t");

/** Packets of one connection: `<` from the peer, `>` to it. */
function conversation(
  at: { readonly peer?: number; readonly own?: number; readonly stream?: number; readonly address?: string },
  ...packets: readonly (readonly [direction: "<" | ">", fields: Fields])[]
): readonly string[] {
  const { peer = 40_000, own = 4143, stream = 0, address = "10.99.0.2" } = at;
  return packets.map(([direction, fields]) => {
    const [from, to] = direction === "<" ? [address, "10.99.0.3"] : ["10.99.0.3", address];
    const ports = direction === "<" ? [peer, own] : [own, peer];
    const ends: Fields = { "ip.src": from, "ip.dst": to, "tcp.srcport": ports[0] ?? 0, "tcp.dstport": ports[1] ?? 0 };
    return line({ "tcp.stream": stream, ...ends, "tcp.flags.syn": 0, "tcp.flags.ack": 1, "tcp.len": 0, ...fields });
  });
}

const call: Fields = { "tcp.flags.syn": 1, "tcp.flags.ack": 0 };
const answer: Fields = { "tcp.flags.syn": 1 };
const clear = (bytes: number): Fields => ({ "tcp.len": bytes });
const tls = (bytes: number, ...records: readonly number[]): Fields => ({
  "tcp.len": bytes,
  "tls.record.opaque_type": records.map(() => 23).join(","),
  "tls.record.length": records.join(","),
});
const hello = (sni = name): Fields => ({
  "tcp.len": 305,
  "tls.record.content_type": 22,
  "tls.record.length": 300,
  "tls.handshake.extensions_server_name": sni,
});

function rowsOf(lines: readonly string[], most?: number): readonly WireRow[] {
  const wire = wireOf(pod, most);
  for (const each of lines) wire.add(each);
  return wire.rows();
}

const handshake = [
  ["<", call],
  [">", answer],
  ["<", hello()],
  [">", tls(905, 900)],
  ["<", tls(65, 60)],
] as const;

describe("the wire of a pod", () => {
  const rows: readonly (readonly [claim: string, lines: readonly string[], expected: Partial<WireRow>])[] = [
    [
      "a whole connection to the proxy is secured, and says whom it is to",
      conversation({}, ...handshake, ["<", tls(105, 100)]),
      { peer: "10.99.0.2", port: 4143, direction: "inbound", tlsBytes: 1380, secured: "mesh", names: [name] },
    ],
    [
      "one that is older than the capture, at the proxy's port",
      conversation({}, ["<", tls(105, 100)], [">", tls(55, 50)]),
      { port: 4143, direction: "inbound", bytes: 160, tlsBytes: 160, secured: "mesh", names: [] },
    ],
    [
      "one that this pod dials",
      conversation({ own: 41_000, peer: 4143 }, [">", hello()], ["<", tls(905, 900)]),
      { port: 4143, direction: "outbound", secured: "mesh", names: [name] },
    ],
    [
      "TLS at another port is not of a proxy",
      conversation({ own: 8080 }, ["<", call], ["<", hello("example.org")], [">", tls(905, 900)], ["<", tls(9, 4)]),
      { port: 8080, secured: "tls", names: ["example.org"] },
    ],
    [
      "nor is it where nobody saw whom it is to",
      conversation({ own: 8080 }, ["<", tls(105, 100)], [">", tls(55, 50)]),
      { port: 8080, secured: "tls", names: [] },
    ],
    [
      "a mesh's name at the application's port is the mesh's",
      conversation({ own: 8080 }, ["<", hello()], [">", tls(905, 900)]),
      { port: 8080, secured: "mesh" },
    ],
    [
      "another name at the proxy's port is not",
      conversation({}, ["<", hello("example.org")], [">", tls(905, 900)]),
      { port: 4143, secured: "tls" },
    ],
    [
      "text in the clear",
      conversation({ own: 8080 }, ["<", call], [">", answer], ["<", clear(70)], [">", clear(200)]),
      { port: 8080, direction: "inbound", bytes: 270, tlsBytes: 0, secured: "plaintext" },
    ],
    [
      "text in the clear at the proxy's port",
      conversation({}, ["<", clear(70)]),
      { port: 4143, bytes: 70, tlsBytes: 0, secured: "plaintext" },
    ],
    [
      "a greeting in the clear before TLS",
      conversation({}, ["<", call], ["<", clear(8)], [">", clear(1)], ...handshake.slice(2)),
      { bytes: 1284, tlsBytes: 1275, secured: "partly" },
    ],
    [
      "records in pieces: they are told at their end",
      conversation({}, ...handshake, [">", clear(8000)], [">", clear(8000)], [">", tls(406, 16_401)], ["<", tls(9, 4)]),
      { bytes: 1275 + 16_406 + 9, tlsBytes: 1275 + 16_406 + 9, secured: "mesh" },
    ],
    [
      "several records end in a packet, and another begins in it",
      conversation({}, ...handshake, [">", tls(1000, 400, 400)], [">", tls(410, 595)], ["<", tls(9, 4)]),
      { bytes: 2694, tlsBytes: 2694, secured: "mesh" },
    ],
    [
      "the capture begins and ends within records",
      conversation({}, ["<", clear(9000)], ["<", tls(105, 100)], ["<", clear(9000)], [">", clear(5)]),
      { bytes: 18_110, tlsBytes: 18_110, secured: "mesh" },
    ],
    [
      "more in the clear behind a record than a record holds",
      conversation({}, ...handshake, ["<", clear(60_000)]),
      { bytes: 61_275, tlsBytes: 1275 + 18_437, secured: "partly" },
    ],
    [
      "where packets were missed, pieces go with their connection",
      conversation({}, ...handshake, ["<", { ...clear(60_000), "tcp.analysis.lost_segment": "1" }]),
      { bytes: 61_275, tlsBytes: 61_275, secured: "mesh" },
    ],
    [
      "a handshake that nothing came of",
      conversation({}, ["<", call], ["<", hello()], [">", { ...clear(7), ...alertRecord() }]),
      { secured: "handshake" },
    ],
    [
      "types that are none of TLS",
      conversation({}, ["<", { ...clear(105), "tls.record.content_type": "99", "tls.record.length": "100" }]),
      { tlsBytes: 0, secured: "plaintext" },
    ],
    [
      "nobody saw who dialled: who listens is asked",
      conversation({ own: 9090, peer: 80 }, ["<", clear(5)]),
      { port: 9090, direction: "inbound" },
    ],
    [
      "nobody says who listens: it is the smaller port",
      conversation({ own: 50_000, peer: 5432 }, ["<", clear(5)]),
      { port: 5432, direction: "outbound" },
    ],
    [
      "an answer says who dialled, too",
      conversation({ own: 3000, peer: 2000 }, ["<", answer], ["<", clear(5)]),
      { port: 2000, direction: "outbound" },
    ],
    [
      "later tshark writes True and False",
      conversation(
        { own: 3000, peer: 2000 },
        ["<", { "tcp.flags.syn": "True", "tcp.flags.ack": "False" }],
        ["<", clear(5)],
      ),
      { port: 3000, direction: "inbound" },
    ],
    [
      "IPv6",
      [
        line({
          "tcp.stream": 7,
          "ipv6.src": "fd00::9",
          "ipv6.dst": "fd00::3",
          "tcp.srcport": 40_000,
          "tcp.dstport": 8080,
          "tcp.len": 3,
        }),
      ],
      { peer: "fd00::9", port: 8080, secured: "plaintext" },
    ],
  ];
  for (const [claim, lines, expected] of rows) {
    it(claim, () => {
      const [row, ...others] = rowsOf(lines);
      expect(others).to.deep.equal([]);
      expect(row).to.deep.include(expected);
    });
  }

  function alertRecord(): Fields {
    return { "tls.record.content_type": 21, "tls.record.length": 2 };
  }

  it("sums connections by peer, port and who dialled, most bytes first", () => {
    const lines = [
      ...conversation({ own: 8080, stream: 1, address: "10.99.0.4" }, ["<", clear(10)]),
      ...conversation({ stream: 2 }, ["<", tls(105, 100)], [">", tls(55, 50)]),
      ...conversation({ stream: 3, peer: 40_001 }, ["<", hello()], [">", tls(105, 100)]),
      ...conversation({ stream: 4, own: 41_000, peer: 4143 }, ["<", tls(15, 10)]),
    ];
    expect(rowsOf(lines).map((row) => [row.peer, row.port, row.direction, row.connections, row.bytes])).to.deep.equal([
      ["10.99.0.2", 4143, "inbound", 2, 570],
      ["10.99.0.2", 4143, "outbound", 1, 15],
      ["10.99.0.4", 8080, "inbound", 1, 10],
    ]);
  });

  it("is as it was recorded from a proxy", () => {
    const recorded = readFileSync(new URL("../../fixtures/tshark/verdicts.tsv", import.meta.url), "utf8");
    const rows = rowsOf(recorded.trimEnd().split("\n").map(asFields));
    expect(rows.map((row) => [row.peer, row.port, row.secured, row.tlsBytes === row.bytes])).to.deep.equal([
      ["10.99.0.2", 4143, "mesh", true],
      ["10.99.0.4", 8080, "plaintext", false],
    ]);
  });

  /** The recording has neither streams nor lengths: a port of the peer stands for a stream, 100 bytes for a record. */
  function asFields(text: string): string {
    const [src = "", dst = "", from = "", to = "", , plain = "", opaque = ""] = text.split("\t");
    const types = [plain, opaque].filter((each) => each !== "").join(",");
    const count = types === "" ? 0 : types.split(",").length;
    return line({
      "tcp.stream": [from, to].find((port) => !["4143", "8080"].includes(port)) ?? "",
      "ip.src": src,
      "ip.dst": dst,
      "tcp.srcport": from,
      "tcp.dstport": to,
      "tcp.len": Math.max(1, count) * 105,
      "tls.record.content_type": plain,
      "tls.record.opaque_type": opaque,
      "tls.record.length": Array.from({ length: count }, () => 100).join(","),
    });
  }

  it("leaves out what is not the pod's, and lines that are none of tshark's", () => {
    const foreign = { "tcp.srcport": 1, "tcp.dstport": 2, "tcp.len": 5, "tcp.stream": 0 };
    const lines = [
      line({ ...foreign, "ip.src": "10.99.0.8", "ip.dst": "10.99.0.9" }),
      line({ ...foreign, "ip.src": "10.99.0.3", "ip.dst": "fd00::3" }),
      "",
      "tshark: an error",
      line({ "tcp.stream": 0, "ip.src": "10.99.0.2", "ip.dst": "10.99.0.3", "tcp.srcport": "x", "tcp.dstport": 1 }),
    ];
    expect(rowsOf(lines)).to.deep.equal([]);
  });

  it("keeps so many connections, and counts the bytes of others", () => {
    const wire = wireOf(pod, 1);
    for (const stream of [1, 2, 1, 3]) for (const each of conversation({ stream }, ["<", clear(10)])) wire.add(each);
    expect(wire.rows().map(({ bytes }) => bytes)).to.deep.equal([20]);
    expect(wire.leftOut()).to.equal(20);
  });

  it("never calls secured what has a byte in the clear before TLS", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 16_000 }), { minLength: 1 });
    const holds = fc.property(fc.integer({ min: 1, max: 5000 }), lengths, (bytes, records) => {
      const lines = conversation({}, ["<", call], ["<", clear(bytes)], ...handshake.slice(2), [
        "<",
        tls(
          records.reduce((sum, each) => sum + each + 5, 0),
          ...records,
        ),
      ]);
      const [row] = rowsOf(lines);
      expect(row?.secured).to.equal("partly");
      expect((row?.bytes ?? 0) - (row?.tlsBytes ?? 0)).to.equal(bytes);
    });
    fc.assert(holds, runs(100));
  });
});
