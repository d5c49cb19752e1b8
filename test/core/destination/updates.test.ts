import { expect } from "chai";
import fc from "fast-check";
import type { Endpoints, EndpointSet } from "../../../src/core/destination/endpoints.ts";
import { updatesBetween } from "../../../src/core/destination/updates.ts";
import { ipText, tcpAddress } from "../../../src/core/proxy-api/address.ts";
import type { TcpAddress } from "../../../src/core/proxy-api/net.ts";
import type { Update, WeightedAddr } from "../../../src/core/proxy-api/destination.ts";
import { runs } from "../../properties.ts";
import { expectUpdate } from "./cluster.ts";

const labels = { namespace: "shop", service: "web" };

/** One endpoint for each letter: `a1` and `a2` are the same address, told otherwise. */
function setOf(names: string, exists = true): EndpointSet {
  const addresses = names.split(" ").flatMap((name): [string, WeightedAddr][] => {
    if (name === "") return [];
    const ip = `10.0.0.${name.charCodeAt(0)}`;
    return [[`${ip}:80`, { addr: tcpAddress(ip, 80) ?? {}, weight: 10_000, metric_labels: { version: name } }]];
  });
  return { kind: "endpoints", exists, labels, addresses: new Map(addresses) };
}

/** Updates in a few letters. */
const said = (updates: readonly Update[]): readonly string[] =>
  updates.map(({ add, remove, no_endpoints }) =>
    add !== undefined
      ? `add ${add.addrs?.map(({ metric_labels = {} }) => metric_labels["version"]).join(" ")}`
      : remove !== undefined
        ? `remove ${remove.addrs?.map(letterOf).join(" ")}`
        : `none, ${no_endpoints?.exists === true ? "exists" : "does not exist"}`,
  );

const letterOf = ({ ip = {} }: TcpAddress): string => String.fromCharCode(Number(ipText(ip)?.split(".")[3]));

describe("destination/updates", () => {
  const invalid: Endpoints = { kind: "invalid", message: "an ExternalName" };
  const rows: readonly [claim: string, sent: Endpoints | undefined, now: Endpoints, expected: readonly string[]][] = [
    ["first", undefined, setOf("a1 b1"), ["add a1 b1"]],
    ["first, none", undefined, setOf(""), ["none, exists"]],
    ["first, no Service", undefined, setOf("", false), ["none, does not exist"]],
    ["one more", setOf("a1"), setOf("a1 b1"), ["add b1"]],
    ["one less", setOf("a1 b1"), setOf("a1"), ["remove b"]],
    ["one told otherwise", setOf("a1 b1"), setOf("a1 b2"), ["add b2"]],
    ["all others: what is new first", setOf("a1 b1"), setOf("c1"), ["add c1", "remove a b"]],
    ["emptied", setOf("a1 b1"), setOf(""), ["none, exists"]],
    ["the Service is gone", setOf("a1"), setOf("", false), ["none, does not exist"]],
    ["filled", setOf(""), setOf("a1"), ["add a1"]],
    ["the same", setOf("a1 b1"), setOf("b1 a1"), []],
    ["still none", setOf(""), setOf(""), []],
    ["still none, the Service came: nothing just before an add", setOf("", false), setOf(""), []],
    ["other labels of the set", { ...setOf("a1"), labels: {} }, setOf("a1"), ["add a1"]],
    ["invalid now: the stream ends", setOf("a1"), invalid, []],
    ["invalid before", invalid, setOf("a1"), ["add a1"]],
  ];
  for (const [claim, sent, now, expected] of rows)
    it(claim, () => {
      expect(said(updatesBetween(sent, now))).to.deep.equal(expected);
    });

  it("many endpoints come in several messages", () => {
    const addresses = Array.from({ length: 2_001 }, (_, index): [string, WeightedAddr] => {
      const ip = `10.0.${index >> 8}.${index & 255}`;
      return [`${ip}:80`, { addr: tcpAddress(ip, 80) ?? {}, weight: 10_000 }];
    });
    const updates = updatesBetween(undefined, { ...setOf(""), addresses: new Map(addresses) });
    expect(updates.map(({ add }) => add?.addrs?.length)).to.deep.equal([1_000, 1_000, 1]);
    expect(updates.flatMap(({ add }) => add?.addrs ?? [])).to.deep.equal(addresses.map(([, address]) => address));
  });

  it("any history, values skipped: the reader has what is now, and is never empty on the way", () => {
    const some = fc
      .tuple(
        fc.subarray(["a", "b", "c", "d"]),
        fc.array(fc.constantFrom("1", "2"), { minLength: 4, maxLength: 4 }),
        fc.boolean(),
      )
      .map(([names, versions, exists]) =>
        setOf(names.map((name, index) => `${name}${versions[index]}`).join(" "), exists),
      );
    fc.assert(
      fc.property(fc.array(fc.tuple(some, fc.boolean()), { minLength: 1, maxLength: 12 }), (history) => {
        let reader = new Map<string, WeightedAddr>();
        let sent: EndpointSet | undefined;
        for (const [now, isSkipped] of history) {
          if (isSkipped) continue;
          const updates = updatesBetween(sent, now);
          for (const [index, update] of updates.entries()) {
            expectUpdate(update);
            const hadSome = reader.size > 0;
            reader = read(reader, update);
            expect(reader.size > 0 || now.addresses.size === 0, "empty on the way").to.equal(true);
            // Nothing is said twice, and nothing in vain.
            if (update.no_endpoints !== undefined) expect(hadSome || sent === undefined).to.equal(true);
            if (update.no_endpoints !== undefined) expect(index).to.equal(updates.length - 1);
          }
          if (sent === undefined) expect(updates).not.to.have.length(0);
          sent = now;
          expect(reader).to.deep.equal(now.addresses);
        }
      }),
      runs(300),
    );
  });
});

/** What the proxy does with an update (contract 3.3). */
function read(known: ReadonlyMap<string, WeightedAddr>, { add, remove, no_endpoints }: Update) {
  const key = ({ ip = {}, port }: TcpAddress): string => `${ipText(ip)}:${port}`;
  if (no_endpoints !== undefined) return new Map<string, WeightedAddr>();
  const now = new Map(known);
  for (const address of add?.addrs ?? []) now.set(key(address.addr ?? {}), address);
  for (const address of remove?.addrs ?? []) expect(now.delete(key(address)), "removed in vain").to.equal(true);
  return now;
}
