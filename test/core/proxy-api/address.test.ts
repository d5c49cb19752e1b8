import { expect } from "chai";
import fc from "fast-check";
import { addressBytes, addressText, parseCidr } from "../../../src/core/base/scalars/subnets.ts";
import { ipAddress, ipNetwork, ipText, tcpAddress } from "../../../src/core/proxy-api/address.ts";
import type { IPAddress } from "../../../src/core/proxy-api/net.ts";
import { serviceDefinition } from "../../../src/grpc/protos.ts";
import { runs } from "../../support/properties.ts";

describe("proxy-api/address", () => {
  // 10.99.0.3 = 174260227.
  const rows: readonly [text: string, address: IPAddress][] = [
    ["10.99.0.3", { ipv4: 174_260_227 }],
    ["255.255.255.255", { ipv4: 4_294_967_295 }],
    ["0.0.0.0", { ipv4: 0 }],
    ["fd00::1", { ipv6: { first: "18230571291595767808", last: "1" } }],
    ["::", { ipv6: { first: "0", last: "0" } }],
    [
      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
      { ipv6: { first: "18446744073709551615", last: "18446744073709551615" } },
    ],
  ];
  for (const [text, address] of rows)
    it(`${text}, both ways`, () => {
      expect(ipAddress(text)).to.deep.equal(address);
      expect(ipText(address)).to.equal(text);
    });

  it("an IPv4 address written as an IPv6 one is the IPv4 one", () => {
    expect(ipAddress("::ffff:10.99.0.3")).to.deep.equal({ ipv4: 174_260_227 });
  });

  for (const text of ["", "10.0.0", "10.0.0.256", "web.shop", "fd00::1%eth0", "[fd00::1]"])
    it(`${JSON.stringify(text)} is not an address`, () => {
      expect(ipAddress(text)).to.equal(undefined);
      expect(tcpAddress(text, 80)).to.equal(undefined);
    });

  it("an address without either kind has no text", () => {
    expect(ipText({})).to.equal(undefined);
  });

  it("a network has its prefix", () => {
    const network = parseCidr("10.0.0.0/8");
    expect(network && ipNetwork(network)).to.deep.equal({ ip: { ipv4: 167_772_160 }, prefix_len: 8 });
  });

  it("any address survives the wire", () => {
    const get = serviceDefinition("outbound")["Get"];
    const bytes = fc.oneof(...[4, 16].map((length) => fc.array(fc.nat(255), { minLength: length, maxLength: length })));
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 65_535 }), (given, port) => {
        const text = addressText(given);
        const addr = tcpAddress(text, port);
        // Decoded messages have no prototype of Object.
        const read = structuredClone(get?.requestDeserialize(get.requestSerialize({ addr })));
        expect(read.addr.port).to.equal(port);
        expect(read.addr.ip).to.deep.include(addr?.ip);
        expect(ipText(read.addr.ip.ipv6 ? { ipv6: read.addr.ip.ipv6 } : { ipv4: read.addr.ip.ipv4 })).to.equal(
          addressText(addressBytes(text) ?? []),
        );
      }),
      runs(200),
    );
  });
});
