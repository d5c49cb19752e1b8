import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { serviceDefinition, serviceNames } from "../../src/grpc/protos.ts";
import type { ServiceName } from "../../src/grpc/protos.ts";

const root = fileURLToPath(new URL("../../proto/", import.meta.url));

describe("grpc/protos", () => {
  const methods: readonly [ServiceName, readonly string[]][] = [
    ["tap", ["/io.linkerd.proxy.tap.Tap/Observe"]],
    ["identity", ["/io.linkerd.proxy.identity.Identity/Certify"]],
    [
      "destination",
      ["/io.linkerd.proxy.destination.Destination/Get", "/io.linkerd.proxy.destination.Destination/GetProfile"],
    ],
    [
      "inbound",
      [
        "/io.linkerd.proxy.inbound.InboundServerPolicies/GetPort",
        "/io.linkerd.proxy.inbound.InboundServerPolicies/WatchPort",
      ],
    ],
    [
      "outbound",
      ["/io.linkerd.proxy.outbound.OutboundPolicies/Get", "/io.linkerd.proxy.outbound.OutboundPolicies/Watch"],
    ],
  ];
  for (const [service, paths] of methods)
    it(`${service} has the paths that the proxy calls`, () => {
      expect(Object.values(serviceDefinition(service)).map(({ path }) => path)).to.deep.equal(paths);
    });

  it("every service has its file", () => {
    expect(readdirSync(root)).to.include.members(Object.keys(serviceNames).map((name) => `${name}.proto`));
  });

  it("an IPv4 address is one big-endian number on the wire", () => {
    const get = serviceDefinition("outbound")["Get"];
    const bytes = get?.requestSerialize({ addr: { ip: { ipv4: 174_260_227 }, port: 80 } });
    // TrafficSpec.addr = 2, TcpAddress.ip = 1, IPAddress.ipv4 = 1 (fixed32, little-endian), TcpAddress.port = 2
    expect(bytes?.toString("hex")).to.equal("12090a050d0300630a1050");
  });

  it("no file speaks of anything but the proxy's API", () => {
    for (const file of readdirSync(root)) {
      expect(readFileSync(`${root}${file}`, "utf8"), file).to.match(
        /^\/\/ .*\nsyntax = "proto3";\n\npackage io\.linkerd\.proxy\.\w+;\n/,
      );
    }
  });
});
