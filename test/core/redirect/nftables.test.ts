import { expect } from "chai";
import { nftScript } from "../../../src/core/redirect/nftables.ts";
import { redirectOf } from "./recordings.ts";

const ports = ["-p", "4143", "-o", "4140", "-u", "2102"];

describe("nft script", () => {
  it("says all of a redirect", () => {
    const lists = [
      "--inbound-ports-to-ignore",
      "4191,4190,22-22,9,8-10",
      "--subnets-to-ignore",
      "10.1.2.3/8,FD00::1/8",
    ];
    const outbound = ["--outbound-ports-to-ignore", "25", "--outbound-subnets-to-ignore", "1.2.3.4/32,::1/128"];
    const redirect = redirectOf([...ports, "-g", "2103", ...lists, ...outbound, "--timeout-close-wait-secs", "3600"]);
    expect(nftScript(redirect)).to.equal(`table inet linkerd_redirect
flush table inet linkerd_redirect
table inet linkerd_redirect {
  ct timeout close_wait_3600 {
    protocol tcp;
    policy = { close_wait : 3600 };
  }

  chain inbound {
    type nat hook prerouting priority -100; policy accept;
    tcp dport { 8-10, 22, 4190-4191 } return comment "ignore-port"
    ip saddr 10.0.0.0/8 return comment "ignore-subnet-10.1.2.3/8"
    ip6 saddr fd00::/8 return comment "ignore-subnet-FD00::1/8"
    meta l4proto tcp redirect to :4143 comment "redirect-all-incoming-to-proxy-port"
  }

  chain outbound {
    type nat hook output priority -100; policy accept;
    meta skuid 2102 return comment "ignore-proxy-user-id"
    meta skgid 2103 return comment "ignore-proxy-group-id"
    oifname "lo" return comment "ignore-loopback"
    tcp dport 25 return comment "ignore-port"
    ip daddr 1.2.3.4 return comment "ignore-outbound-subnet-1.2.3.4/32"
    ip6 daddr ::1 return comment "ignore-outbound-subnet-::1/128"
    meta l4proto tcp redirect to :4140 comment "redirect-all-outgoing-to-proxy-port"
  }

  chain inbound_timeout {
    type filter hook prerouting priority -150; policy accept;
    meta l4proto tcp ct timeout set "close_wait_3600" comment "close-wait-timeout"
  }

  chain outbound_timeout {
    type filter hook output priority -150; policy accept;
    meta l4proto tcp ct timeout set "close_wait_3600" comment "close-wait-timeout"
  }
}
`);
  });

  it("without IPv6 lets it pass, and says nothing of its networks", () => {
    const redirect = redirectOf([...ports, "--ipv6=false", "-r", "80,443,80", "--subnets-to-ignore", "fd00::/8"]);
    expect(nftScript(redirect, { counters: true })).to.equal(`table inet linkerd_redirect
flush table inet linkerd_redirect
table inet linkerd_redirect {
  chain inbound {
    type nat hook prerouting priority -100; policy accept;
    meta nfproto ipv6 counter return comment "ignore-ipv6"
    tcp dport { 80, 443 } counter redirect to :4143 comment "redirect-port-to-proxy-port"
  }

  chain outbound {
    type nat hook output priority -100; policy accept;
    meta nfproto ipv6 counter return comment "ignore-ipv6"
    meta skuid 2102 counter return comment "ignore-proxy-user-id"
    oifname "lo" counter return comment "ignore-loopback"
    meta l4proto tcp counter redirect to :4140 comment "redirect-all-outgoing-to-proxy-port"
  }
}
`);
  });

  const sets: readonly [skipped: string, expected: string][] = [
    ["22", "tcp dport 22"],
    ["22,22", "tcp dport 22"],
    ["22,23", "tcp dport 22-23"],
    ["30-40,10-20,15-31", "tcp dport 10-40"],
    ["10-40,20-30,50", "tcp dport { 10-40, 50 }"],
    ["1,0,65535", "tcp dport { 0-1, 65535 }"],
    ["0-65535", "meta l4proto tcp"],
    ["0-100,101-65535,5", "meta l4proto tcp"],
  ];
  for (const [skipped, expected] of sets) {
    it(`spells skipped ports ${skipped} as ${expected}`, () => {
      const script = nftScript(redirectOf([...ports, "--inbound-ports-to-ignore", skipped]));
      expect(script.split("\n").filter((line) => line.endsWith('"ignore-port"'))).to.deep.equal([
        `    ${expected} return comment "ignore-port"`,
      ]);
    });
  }
});
