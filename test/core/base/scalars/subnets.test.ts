import { expect } from "chai";
import fc from "fast-check";
import { Address4, Address6 } from "ip-address";
import { runs } from "../../../support/properties.ts";
import { addressBytes, addressText, isWithin, parseCidr } from "../../../../src/core/base/scalars/subnets.ts";

describe("subnets", () => {
  // The canonical text is what Go's net.IPNet prints.
  const good: readonly [text: string, canonical: string][] = [
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["192.168.1.5/16", "192.168.0.0/16"],
    ["255.255.255.255/9", "255.128.0.0/9"],
    ["1.2.3.4/0", "0.0.0.0/0"],
    ["1.2.3.4/32", "1.2.3.4/32"],
    ["10.0.0.0/008", "10.0.0.0/8"],
    ["::/0", "::/0"],
    ["fd00::1/8", "fd00::/8"],
    ["FFFF::/15", "fffe::/15"],
    ["0001::/16", "1::/16"],
    ["::2:3:4:5:6:7:8/128", "0:2:3:4:5:6:7:8/128"],
    ["1:2:3:4:5:6:7::/112", "1:2:3:4:5:6:7:0/112"],
    ["1:0:0:2:0:0:0:3/128", "1:0:0:2::3/128"],
    ["1:0:0:2:3:0:0:4/128", "1::2:3:0:0:4/128"],
    ["1:0:2:0:3:0:4:0/128", "1:0:2:0:3:0:4:0/128"],
    ["64:ff9b::1.2.3.4/96", "64:ff9b::/96"],
    ["1:2:3:4:5:6:1.2.3.4/128", "1:2:3:4:5:6:102:304/128"],
    ["::ffff:1.2.3.4/120", "1.2.3.0/24"],
    ["0:0:0:0:0:ffff:255.0.0.1/100", "240.0.0.0/4"],
    ["::ffff:1.2.3.4/96", "0.0.0.0/0"],
    ["::ffff:1.2.3.4/95", "::fffe:0:0/95"],
    ["::1.2.3.4/128", "::102:304/128"],
  ];
  for (const [text, canonical] of good) {
    it(`reads ${text} as ${canonical}`, () => {
      expect(parseCidr(text)?.text).to.equal(canonical);
    });
    it(`reads its own text ${canonical}`, () => {
      expect(parseCidr(canonical)).to.deep.equal(parseCidr(text));
    });
  }

  const bad = [
    ["", "/8", "10/8", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0.0/-1", "10.0.0.0/8/8"],
    ["010.0.0.0/8", "00.0.0.0/8", "256.0.0.0/8", ".1.2.3.4/8", "1.2.3.4./8", "1..3.4/8", "1.2.3/8", "1.2.3.4.5/8"],
    [" 10.0.0.0/8", "10.0.0.0/8 ", "10.0.0.0/8,", "10.0.0.0/٨", "10.0.0.0/0x8", "10.0.0.a/8", "host/8"],
    ["::/129", "::1", ":/8", ":::/64", "1::2::3/64", "1:::2/64", ":1::/64", "::1:/64", "1:2:3:4:5:6:7/64"],
    ["1:2:3:4:5:6:7:8:9/64", "1:2:3:4::5:6:7:8/64", "::1:2:3:4:5:6:7:8/64", "12345::/16", "00001::/16", "g::/16"],
    ["fe80::1%eth0/64", "::%/64", "1.2.3.4::/64", "::1.2.3.4:5/64", "1:2:3:4:5:6:7:1.2.3.4/64", "::ffff:01.2.3.4/104"],
  ].flat();
  for (const text of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseCidr(text)).to.equal(undefined);
    });
  }

  it("gives a firewall family, bytes and prefix", () => {
    expect(parseCidr("192.168.1.5/20")).to.deep.equal({
      family: 4,
      network: [192, 168, 0, 0],
      prefix: 20,
      text: "192.168.0.0/20",
    });
    expect(parseCidr("fd12:3456::1/33")).to.deep.include({
      family: 6,
      network: [0xfd, 0x12, 0x34, 0x56, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      prefix: 33,
    });
  });

  const addresses: readonly [text: string, canonical: string, length: number][] = [
    ["10.0.0.1", "10.0.0.1", 4],
    ["FD00:0::01", "fd00::1", 16],
    ["::ffff:10.0.0.1", "10.0.0.1", 4],
    ["::ffff:a00:1", "10.0.0.1", 4],
    ["::10.0.0.1", "::a00:1", 16],
    ["::", "::", 16],
  ];
  for (const [text, canonical, length] of addresses)
    it(`the address ${text} is ${canonical}`, () => {
      const bytes = addressBytes(text) ?? [];
      expect(bytes).to.have.length(length);
      expect(addressText(bytes)).to.equal(canonical);
    });

  for (const text of ["", "10.0.0", "10.0.0.01", "10.0.0.1/32", "10.0.0.1:80", "[::1]", "::1%lo", "host"])
    it(`${JSON.stringify(text)} is not an address`, () => {
      expect(addressBytes(text)).to.equal(undefined);
    });

  const within: readonly [address: string, network: string, expected: boolean][] = [
    ["10.1.2.3", "10.0.0.0/8", true],
    ["11.1.2.3", "10.0.0.0/8", false],
    ["10.0.0.127", "10.0.0.0/25", true],
    ["10.0.0.128", "10.0.0.0/25", false],
    ["10.0.0.1", "10.0.0.1/32", true],
    ["10.0.0.2", "10.0.0.1/32", false],
    ["192.0.2.1", "0.0.0.0/0", true],
    ["fd00::1", "fd00::/8", true],
    ["fe00::1", "fd00::/8", false],
    ["fd00::1", "::/0", true],
    ["10.0.0.1", "::/0", false],
    ["fd00::1", "0.0.0.0/0", false],
    ["::ffff:10.1.2.3", "10.0.0.0/8", true],
  ];
  for (const [address, network, expected] of within)
    it(`${address} is ${expected ? "" : "not "}in ${network}`, () => {
      const [bytes, cidr] = [addressBytes(address), parseCidr(network)];
      expect(bytes !== undefined && cidr !== undefined && isWithin(bytes, cidr)).to.equal(expected);
    });

  it("reads and writes addresses as a library of addresses does", () => {
    const parts = [
      "0",
      "00",
      "1",
      "ff",
      "FFFF",
      "12345",
      "g",
      "",
      ":",
      ":",
      ":",
      "::",
      "10.0.0.1",
      "01.2.3.4",
      "256",
      ".",
    ];
    const nearly = fc.array(fc.constantFrom(...parts), { maxLength: 17 }).map((each) => each.join(""));
    const any = fc.oneof(nearly, fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(any, (text) => {
        const bytes = addressBytes(text);
        expect([bytes, bytes && addressText(bytes)], text).to.deep.equal(byLibrary(text));
      }),
      runs(2_000),
    );
  });
});

function byLibrary(text: string): readonly [bytes: readonly number[] | undefined, text: string | undefined] {
  try {
    if (!text.includes(":")) return [new Address4(text).toArray(), new Address4(text).correctForm()];
    const address = new Address6(text);
    const bytes = address.toUnsignedByteArray();
    const all = [...Array.from({ length: 16 - bytes.length }, () => 0), ...bytes];
    const isMapped = all.slice(0, 12).join() === "0,0,0,0,0,0,0,0,0,0,255,255";
    return isMapped ? [all.slice(12), all.slice(12).join(".")] : [all, address.correctForm()];
  } catch {
    return [undefined, undefined];
  }
}
