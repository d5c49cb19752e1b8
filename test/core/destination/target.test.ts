import { expect } from "chai";
import { parseTarget, targetKey } from "../../../src/core/destination/target.ts";
import type { Target } from "../../../src/core/destination/target.ts";

describe("destination/target", () => {
  const web = { kind: "service", namespace: "shop", name: "web", hostname: "", port: 80 } as const;
  const rows: readonly [claim: string, path: string, expected: Target][] = [
    ["a Service and its port", "web.shop.svc.cluster.local:8080", { ...web, port: 8080 }],
    ["without port: 80", "web.shop.svc.cluster.local", web],
    ["one endpoint of a Service", "web-0.web.shop.svc.cluster.local:80", { ...web, hostname: "web-0" }],
    ["in capitals", "Web.Shop.SVC.Cluster.Local:80", web],
    ["an IPv4 address", "10.0.0.1:8080", { kind: "address", ip: "10.0.0.1", port: 8080 }],
    ["an address without port", "10.0.0.1", { kind: "address", ip: "10.0.0.1", port: 80 }],
    ["an IPv6 address", "[FD00::0:1]:8080", { kind: "address", ip: "fd00::1", port: 8080 }],
    ["an IPv6 address without port", "[fd00::1]", { kind: "address", ip: "fd00::1", port: 80 }],
    ["an IPv4 address written as IPv6", "[::ffff:10.0.0.1]:80", { kind: "address", ip: "10.0.0.1", port: 80 }],
    ["the highest port", "10.0.0.1:65535", { kind: "address", ip: "10.0.0.1", port: 65_535 }],
  ];
  for (const [claim, path, expected] of rows)
    it(claim, () => {
      expect(parseTarget(path, "cluster.local")).to.deep.equal(expected);
    });

  it("a cluster may have another domain", () => {
    expect(parseTarget("web.shop.svc.k8s.example.org", "k8s.example.org")).to.deep.equal(web);
    expect(parseTarget("web.shop.svc.cluster.local", "k8s.example.org").kind).to.equal("invalid");
  });

  const expected = [
    "expected an IP address, <service>.<namespace>.svc.cluster.local",
    "or <hostname>.<service>.<namespace>.svc.cluster.local",
  ].join(" ");
  const bad: readonly [claim: string, path: string, message: string][] = [
    ["nothing", "", `target of "": ${expected}`],
    ["a dot at the end", "web.shop.svc.cluster.local.:80", `target of "web.shop.svc.cluster.local.:80": ${expected}`],
    ["one label", "web.svc.cluster.local", `target of "web.svc.cluster.local": ${expected}`],
    ["four labels", "a.b.web.shop.svc.cluster.local", `target of "a.b.web.shop.svc.cluster.local": ${expected}`],
    ["an empty label", ".shop.svc.cluster.local", `target of ".shop.svc.cluster.local": ${expected}`],
    ["another domain", "www.example.org:443", `target of "www.example.org:443": ${expected}`],
    ["the domain alone", "svc.cluster.local", `target of "svc.cluster.local": ${expected}`],
    ["a port of 0", "10.0.0.1:0", `port of "10.0.0.1:0": expected a port from 1 to 65535`],
    ["a port too high", "10.0.0.1:65536", `port of "10.0.0.1:65536": expected a port from 1 to 65535`],
    ["a port that is a name", "10.0.0.1:http", `target of "10.0.0.1:http": ${expected}`],
    ["an empty port", "10.0.0.1:", `target of "10.0.0.1:": ${expected}`],
    ["IPv6 without brackets", "fd00::1", `target of "fd00::1": ${expected}`],
    [
      "characters that no name has",
      "db.db-0 of shop.svc.cluster.local:5432",
      `target of "db.db-0 of shop.svc.cluster.local:5432": ${expected}`,
    ],
    [
      "a label of 64 characters",
      `${"a".repeat(64)}.shop.svc.cluster.local`,
      `target of "${"a".repeat(59)}…": ${expected}`,
    ],
    [
      "a name of 254 characters",
      `${"a.".repeat(117)}svc.cluster.local.xy`.padStart(254, "a"),
      `name of "${`${"a.".repeat(117)}svc.cluster.local.xy`.padStart(254, "a").slice(0, 59)}…": expected 253 characters at most`,
    ],
    ["a line break", "web\n", String.raw`target of "web\n": ${expected}`],
  ];
  for (const [claim, path, message] of bad)
    it(`refuses ${claim}`, () => {
      expect(parseTarget(path, "cluster.local")).to.deep.equal({ kind: "invalid", message });
    });

  it("each target has a key of its own", () => {
    const odd: Target[] = [
      { ...web, hostname: "db-0 of shop" },
      { ...web, hostname: "db-0", namespace: "of shop" },
      { ...web, name: 'web","' },
      { ...web, hostname: "web", name: "" },
      { kind: "invalid", message: "10.0.0.1,8080" },
    ];
    const targets = [...rows.map(([, , target]) => target), ...odd];
    const distinct = new Set(targets.map((each) => JSON.stringify(each)));
    expect(new Set(targets.map(targetKey)).size).to.equal(distinct.size);
  });
});
