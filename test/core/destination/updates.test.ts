import { expect } from "chai";
import fc from "fast-check";
import type { Chosen } from "../../../src/core/destination/chosen.ts";
import type { Candidate } from "../../../src/core/policy/serving.ts";
import { endpointsOf } from "../../../src/core/destination/endpoints.ts";
import type { Endpoints, EndpointSet } from "../../../src/core/destination/endpoints.ts";
import { parseTarget } from "../../../src/core/destination/target.ts";
import { updatesBetween } from "../../../src/core/destination/updates.ts";
import type { UpdateToMake } from "../../../src/core/destination/updates.ts";
import type { Spoken } from "../../../src/core/destination/weighted.ts";
import { ipText } from "../../../src/core/proxy-api/address.ts";
import type { TcpAddress } from "../../../src/core/proxy-api/net.ts";
import { sliceView } from "../../../src/core/view/from-objects.ts";
import { serviceDefinition } from "../../../src/grpc/protos.ts";
import type { Update, WeightedAddr } from "../../../src/core/proxy-api/destination.ts";
import { runs } from "../../support/properties.ts";
import { viewOf } from "../../support/view.ts";
import { addressesOf, endpoint, expectUpdate, mesh, node, pod, service, slice } from "./cluster.ts";

const definition = serviceDefinition("destination");
const h2: Spoken = { protocol_hint: { h2: {} } };
const plain: Spoken = {};

const labels = { namespace: "shop", service: "web" };

interface Told {
  readonly exists?: boolean;
  readonly ports?: readonly number[];
  readonly zone?: string;
  /** How models are spoken to, on the first port. */
  readonly spoken?: readonly Spoken[];
}

const ipOf = (letter: string): string => `10.0.0.${letter.charCodeAt(0)}`;

/** One endpoint for each letter: `a1` and `a2` are the same address in another zone, `a1!` is of the second model. */
function setOf(names: string, { exists = true, ports = [80], zone = "", spoken = [] }: Told = {}): EndpointSet {
  const all = names.split(" ").filter((name) => name !== "");
  const endpoints = all.map((name): Candidate => {
    const [letter = "", version = ""] = name;
    const ip = ipOf(letter);
    const {
      endpoints: [endpoint],
    } = sliceView({ endpoints: [{ addresses: [ip], zone: `${letter}${version}` }] });
    if (endpoint === undefined) throw new Error("it was given");
    return { endpoint, ip, pod: undefined };
  });
  const models = all.map((name) => (spoken.length === 0 ? -1 : name.endsWith("!") ? 1 : 0));
  const chosen: Chosen = { endpoints, ranks: all.map(() => 0), models, spokenTo: [] };
  return { kind: "endpoints", exists, labels, chosen: () => chosen, zone, ports, spoken: [spoken] };
}

/** Updates in a few letters. */
const said = (updates: readonly UpdateToMake[]): readonly string[] =>
  updates.map(({ make }) => {
    const { add, remove, no_endpoints } = make();
    return add !== undefined
      ? `add ${add.addrs?.map(({ metric_labels = {} }) => metric_labels["zone"]).join(" ")}`
      : remove !== undefined
        ? `remove ${remove.addrs?.map(letterOf).join(" ")}`
        : `none, ${no_endpoints?.exists === true ? "exists" : "does not exist"}`;
  });

const letterOf = ({ ip = {} }: TcpAddress): string => String.fromCharCode(Number(ipText(ip)?.split(".")[3]));

describe("destination/updates", () => {
  const invalid: Endpoints = { kind: "invalid", message: "an ExternalName" };
  const rows: readonly [claim: string, sent: Endpoints | undefined, now: Endpoints, expected: readonly string[]][] = [
    ["first", undefined, setOf("a1 b1"), ["add a1 b1"]],
    ["first, none", undefined, setOf(""), ["none, exists"]],
    ["first, no Service", undefined, setOf("", { exists: false }), ["none, does not exist"]],
    ["one more", setOf("a1"), setOf("a1 b1"), ["add b1"]],
    ["one less", setOf("a1 b1"), setOf("a1"), ["remove b"]],
    ["one told otherwise", setOf("a1 b1"), setOf("a1 b2"), ["add b2"]],
    ["all others: what is new first", setOf("a1 b1"), setOf("c1"), ["add c1", "remove a b"]],
    ["emptied", setOf("a1 b1"), setOf(""), ["none, exists"]],
    ["the Service is gone", setOf("a1"), setOf("", { exists: false }), ["none, does not exist"]],
    ["filled", setOf(""), setOf("a1"), ["add a1"]],
    ["the same", setOf("a1 b1"), setOf("b1 a1"), []],
    ["still none", setOf(""), setOf(""), []],
    ["still none, the Service came: nothing just before an add", setOf("", { exists: false }), setOf(""), []],
    ["other labels of the set", { ...setOf("a1"), labels: {} }, setOf("a1"), ["add a1"]],
    ["another port", setOf("a1 b1"), setOf("a1 b1", { ports: [81] }), ["add a1 b1", "remove a b"]],
    ["for a client of another zone", setOf("a1 b1"), setOf("a1 b1", { zone: "a1" }), ["add a1 b1"]],
    ["spoken to as before", setOf("a1 b1!", { spoken: [h2, plain] }), setOf("a1 b1!", { spoken: [h2, plain] }), []],
    [
      "one model spoken to otherwise",
      setOf("a1 b1!", { spoken: [h2, plain] }),
      setOf("a1 b1!", { spoken: [h2, h2] }),
      ["add b1"],
    ],
    ["models in another order", setOf("a1 b1!", { spoken: [h2, plain] }), setOf("a1! b1", { spoken: [plain, h2] }), []],
    ["of another model", setOf("a1 b1", { spoken: [h2, plain] }), setOf("a1 b1!", { spoken: [h2, plain] }), ["add b1"]],
    ["invalid now: the stream ends", setOf("a1"), invalid, []],
    ["invalid before", invalid, setOf("a1"), ["add a1"]],
  ];
  for (const [claim, sent, now, expected] of rows)
    it(claim, () => {
      expect(said(updatesBetween(sent, now))).to.deep.equal(expected);
    });

  it("many endpoints come in several messages", () => {
    const { endpoints: all } = sliceView({
      endpoints: Array.from({ length: 2_001 }, (_, index) => ({ addresses: [`10.0.${index >> 8}.${index & 255}`] })),
    });
    const endpoints = all.map((each) => ({ endpoint: each, ip: each.addresses[0] ?? "", pod: undefined }));
    const zeros = all.map(() => 0);
    const chosen: Chosen = { endpoints, ranks: zeros, models: zeros, spokenTo: [] };
    const set: EndpointSet = { ...setOf(""), chosen: () => chosen };
    const updates = updatesBetween(undefined, set).map(({ make }) => make());
    expect(updates.map(({ add }) => add?.addrs?.length)).to.deep.equal([1_000, 1_000, 1]);
    expect(updates.flatMap(({ add }) => add?.addrs ?? [])).to.deep.equal([...addressesOf(set).values()]);
    expect(
      updatesBetween(set, setOf("a1", { ports: [81] })).map(({ make }) => make().remove?.addrs?.length ?? 0),
    ).to.deep.equal([0, 1_000, 1_000, 1]);
  });

  it("a message is about as long as it is said to be", () => {
    const objects = [service(), pod("web-1", "10.0.0.1"), slice([endpoint("web-1", "10.0.0.1")])];
    const view = viewOf(node("n1", "a"), ...objects);
    const target = parseTarget("web.shop.svc.cluster.local:80", mesh.clusterDomain);
    const [update] = updatesBetween(undefined, endpointsOf(view, mesh, target, { zone: "a", node: "" }));
    const bytes = update === undefined ? 0 : (definition["Get"]?.responseSerialize(update.make()).length ?? 0);
    expect(update?.bytes()).to.be.within(bytes, 3 * bytes);
  });

  it("any history, values skipped: the reader has what is now, and is never empty on the way", () => {
    const some = fc
      .tuple(
        fc.subarray(["a", "b", "c", "d"]),
        fc.array(fc.constantFrom("1", "2"), { minLength: 4, maxLength: 4 }),
        fc.boolean(),
      )
      .map(([names, versions, exists]) =>
        setOf(names.map((name, index) => `${name}${versions[index]}`).join(" "), { exists }),
      );
    fc.assert(
      fc.property(fc.array(fc.tuple(some, fc.boolean()), { minLength: 1, maxLength: 12 }), (history) => {
        let reader = new Map<string, WeightedAddr>();
        let sent: EndpointSet | undefined;
        for (const [now, isSkipped] of history) {
          if (isSkipped) continue;
          const updates = updatesBetween(sent, now).map(({ make }) => make());
          for (const [index, update] of updates.entries()) {
            expectUpdate(update);
            const hadSome = reader.size > 0;
            reader = read(reader, update);
            expect(reader.size > 0 || addressesOf(now).size === 0, "empty on the way").to.equal(true);
            // Nothing is said twice, and nothing in vain.
            if (update.no_endpoints !== undefined) expect(hadSome || sent === undefined).to.equal(true);
            if (update.no_endpoints !== undefined) expect(index).to.equal(updates.length - 1);
          }
          if (sent === undefined) expect(updates).not.to.have.length(0);
          sent = now;
          expect(reader).to.deep.equal(addressesOf(now));
        }
      }),
      runs(150),
    );
  });
});

/** What the proxy does with an update. */
function read(known: ReadonlyMap<string, WeightedAddr>, { add, remove, no_endpoints }: Update) {
  const key = ({ ip = {}, port }: TcpAddress): string => `${ipText(ip)}:${port}`;
  if (no_endpoints !== undefined) return new Map<string, WeightedAddr>();
  const now = new Map(known);
  for (const address of add?.addrs ?? []) now.set(key(address.addr ?? {}), address);
  for (const address of remove?.addrs ?? []) expect(now.delete(key(address)), "removed in vain").to.equal(true);
  return now;
}
