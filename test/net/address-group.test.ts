import { expect } from "chai";
import { addressGroup } from "../../src/net/address-group.ts";

const rows: readonly [claim: string, address: string | undefined, group: string][] = [
  ["an IPv4 address is one of its own", "10.1.2.3", "10.1.2.3"],
  ["an IPv4 address on a socket of both families is the same", "::ffff:10.1.2.3", "10.1.2.3"],
  ["an IPv6 address counts with its /64", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["a gap behind the /64", "2001:db8:1:2::6", "2001:db8:1:2::/64"],
  ["a gap within the /64", "2001:db8::6", "2001:db8:0:0::/64"],
  ["a gap that leaves the /64", "2001::3:4:5:6:7", "2001:0:0:3::/64"],
  ["the loopback address", "::1", "0:0:0:0::/64"],
  ["a zone is not a part of it", "fe80::1%eth0", "fe80:0:0:0::/64"],
  ["an IPv4 address at the end stands for two groups", "64:ff9b::10.1.2.3", "64:ff9b:0:0::/64"],
  ["upper case is the same", "2001:DB8::1", "2001:db8:0:0::/64"],
  ["not known", undefined, ""],
];

describe("net: addresses that share a bound", () => {
  for (const [claim, address, group] of rows) {
    it(claim, () => {
      expect(addressGroup(address)).to.equal(group);
    });
  }
});
