import { expect } from "chai";
import fc from "fast-check";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { formatArguments, parseArguments } from "../../../src/core/redirect/arguments.ts";
import type { Redirect } from "../../../src/core/redirect/redirect.ts";
import { closeWaitSysctl } from "../../../src/core/redirect/redirect.ts";
import { runs } from "../../support/properties.ts";
import { redirect, run } from "./arbitrary.ts";
import { redirectOf } from "./recordings.ts";

const required = ["-p", "4143", "-o", "4140", "-u", "2102"];

/** The texts of what is refused, or of what is warned of. */
function told(args: readonly string[], badEntries: "refuse" | "leave out" = "refuse"): readonly string[] {
  const parsed = parseArguments(args, badEntries);
  return "issues" in parsed
    ? parsed.issues.map((issue) => `refused: ${issueText(issue)}`)
    : parsed.warnings.map(issueText);
}

describe("arguments of linkerd-init", () => {
  // The chart's, with every condition held and with none.
  const chart = [
    [
      "--firewall-bin-path iptables-nft --firewall-save-bin-path iptables-nft-save --ipv6=false",
      "--incoming-proxy-port 4143 --outgoing-proxy-port 4140 --proxy-uid 2102 --proxy-gid 2103",
      "--inbound-ports-to-ignore 4190,4191,4567,4568,8000-8010 --outbound-ports-to-ignore 4567,4568",
      "--timeout-close-wait-secs 3600 --log-format json --log-level debug --subnets-to-ignore 10.0.0.0/8,192.168.1.5/16",
    ],
    [
      "--incoming-proxy-port 4143 --outgoing-proxy-port 4140 --proxy-uid 0 --proxy-gid 0",
      "--inbound-ports-to-ignore 4190,4191",
    ],
  ].map((lines) => lines.join(" ").split(" "));
  for (const args of chart) {
    it(`come back as the chart wrote them: ${args.slice(0, 2).join(" ")} …`, () => {
      const parsed = parseArguments(args);
      expect("issues" in parsed ? parsed.issues : formatArguments(parsed)).to.deep.equal(args);
    });
  }

  it("come back as any redirect", () => {
    fc.assert(
      fc.property(redirect, run, (redirect, run) => {
        const parsed = parseArguments(formatArguments({ redirect, run }));
        expect("issues" in parsed ? parsed : { redirect: parsed.redirect, run: parsed.run }).to.deep.equal({
          redirect,
          run,
        });
      }),
      runs(250),
    );
  });

  it("of any kind give an answer and no throw", () => {
    const flag = fc.constantFrom(
      ..."-p -o -u -w -h -r --ipv6 --simulate --netns --proxy-uid --ports-to-redirect --log-level --subnets-to-ignore".split(
        " ",
      ),
    );
    const value = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom("4143", '"80,81"', '"', "=", "0x_1", "__proto__", "--", "10.0.0.0/8", "\n"),
    );
    const word = fc.oneof(
      flag,
      value,
      fc.tuple(flag, value).map(([a, b]) => `${a}=${b}`),
      fc.tuple(flag, value).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const parsed = parseArguments([...required, ...words]);
        if ("issues" in parsed) expect(parsed.issues).to.not.deep.equal([]);
        else expect(redirectOf(formatArguments(parsed))).to.deep.equal(parsed.redirect);
      }),
      runs(1000),
    );
  });

  // Redirection 1.2, "Parsing details" and the forms of flags; measured with Linkerd's program.
  const accepted: readonly [args: readonly string[], expected: Partial<Redirect>][] = [
    [["-p5"], { inboundPort: 5 as never }],
    [["-p=5"], { inboundPort: 5 as never }],
    [["-wu7"], { uid: 7 }],
    [["-wu=7"], { uid: 7 }],
    [["-w=false", "-u", "7"], { uid: 7 }],
    [["--proxy-uid=7", "--proxy-uid", "8"], { uid: 8 }],
    [["--proxy-uid=-1"], { uid: undefined }],
    [["--proxy-uid", "0x1f"], { uid: 31 }],
    [["--proxy-uid", "0b101"], { uid: 5 }],
    [["--proxy-uid", "0o17"], { uid: 15 }],
    [["--proxy-uid", "010"], { uid: 8 }],
    [["--proxy-uid", "0_10"], { uid: 8 }],
    [["--proxy-uid", "+0X_1F"], { uid: 31 }],
    [["--proxy-uid", "4_140"], { uid: 4140 }],
    [["--proxy-uid", "4294967294"], { uid: 4_294_967_294 }],
    [["--ipv6=F"], { ipv6: false }],
    [["--ipv6=false", "--ipv6"], { ipv6: true }],
    [["-r", "+80,0090", "-r", "80"], { onlyInbound: [80, 90, 80] as never }],
    [["--inbound-ports-to-ignore", ""], { skipInbound: [] }],
    [
      ["--inbound-ports-to-ignore", "+80,0090,22-22,0-65535"],
      { skipInbound: ranges([80, 80], [90, 90], [22, 22], [0, 65_535]) },
    ],
    [["--inbound-ports-to-ignore", "1", "--inbound-ports-to-ignore=2"], { skipInbound: ranges([1, 1], [2, 2]) }],
    [["--inbound-ports-to-ignore", '"80",81\n'], { skipInbound: ranges([80, 80], [81, 81]) }],
    [["--inbound-ports-to-ignore", "\n\r\n80\r\n"], { skipInbound: ranges([80, 80]) }],
    [["x", "--", "--proxy-uid", "9"], { uid: 2102 }],
    [["--timeout-close-wait-secs", "0"], { closeWaitSeconds: 0 }],
  ];
  for (const [args, expected] of accepted) {
    it(`are read: ${JSON.stringify(args)}`, () => {
      expect(redirectOf([...required, ...args])).to.deep.include(expected);
    });
  }

  const noPort = "is neither a port (0 to 65535) nor a range such as 8000-8010";
  const noNetwork = "is not a network such as 10.0.0.0/8 or fd00::/8";
  const inbound = "--inbound-ports-to-ignore";
  const refused: readonly [args: readonly string[], ...issues: string[]][] = [
    ...[
      "abc",
      "1.5",
      "08",
      "0x",
      "_1",
      "1_",
      "1__0",
      "0b2",
      "",
      " 1",
      "0xg",
      "9223372036854775808",
      "9".repeat(300),
    ].map((text): [string[], string] => [
      ["--proxy-uid", text],
      `--proxy-uid: ${JSON.stringify(text.length > 60 ? `${"9".repeat(59)}…` : text)} is not an integer`,
    ]),
    [["--proxy-uid=abc", "--proxy-uid=7"], '--proxy-uid: "abc" is not an integer'],
    [["--proxy-uid=-2"], '--proxy-uid: "-2" is not an id of a user or group (0 to 4294967294)'],
    [["--proxy-gid=4294967295"], '--proxy-gid: "4294967295" is not an id of a user or group (0 to 4294967294)'],
    [["-p", "65536"], '--incoming-proxy-port: "65536" is not a port (1 to 65535)'],
    [["-p="], '--incoming-proxy-port: "=" is not an integer'],
    [["--timeout-close-wait-secs", "-5"], '--timeout-close-wait-secs: "-5" is not a number of seconds (0 to 21474836)'],
    [["--ipv6=no", "--ipv6="], '--ipv6: "no" is neither true nor false', '--ipv6: "" is neither true nor false'],
    [
      ["-r", "0x50, 80 ,,80-81,-5,70000"],
      ...["0x50", "", "80-81", "-5", "70000"].map(
        (entry) => `--ports-to-redirect: "${entry}" is not a port (1 to 65535)`,
      ),
    ],
    [["-r", ""], '--ports-to-redirect: "" is not a port (1 to 65535)'],
    [
      [inbound, "80:90,0x50,-5,90-80,1-2-3,65536"],
      ...["80:90", "0x50", "-5", "90-80", "1-2-3", "65536"].map((entry) => `${inbound}: "${entry}" ${noPort}`),
    ],
    [[inbound, '80,"81'], String.raw`${inbound}: "\"81" ${noPort}`],
    [[inbound, '"80,81"'], `${inbound}: "80,81" ${noPort}`],
    [[inbound, '"8""0"'], String.raw`${inbound}: "8\"0" ${noPort}`],
    [[inbound, "80\n81"], `${inbound}: "81" is on a line of its own, only the first counts`],
    [
      ["--subnets-to-ignore", "10.0.0.0,10/8,10.0.0.0/33,010.0.0.0/8,fe80::1%eth0/64"],
      ...["10.0.0.0", "10/8", "10.0.0.0/33", "010.0.0.0/8", "fe80::1%eth0/64"].map(
        (entry) => `--subnets-to-ignore: "${entry}" ${noNetwork}`,
      ),
    ],
    [
      ["--subnets-to-ignore", `10.0.0.0/${"0".repeat(80)}8`],
      `--subnets-to-ignore: "10.0.0.0/${"0".repeat(50)}…" ${noNetwork}`,
    ],
    [["--iptables-mode", "NFT"], '--iptables-mode: "NFT" is none of legacy, nft, plain'],
    [
      ["--firewall-bin-path", "/sbin/iptables"],
      '--firewall-bin-path: "/sbin/iptables" is none of iptables-legacy, iptables-nft, iptables',
    ],
    [["--log-level", "loud"], '--log-level: "loud" is none of panic, fatal, error, warn, warning, info, debug, trace'],
    [["--proxy-uidd=3"], "--proxy-uidd: unknown flag, did you mean --proxy-uid?"],
    [["--qqqqqqqqqqqqqqqqqqqqqqqqqqq"], "--qqqqqqqqqqqqqqqqqqqqqqqqqqq: unknown flag"],
    [["---x"], '"---x": is not a flag'],
    [["--=x"], '"--=x": is not a flag'],
    [["-wx"], '"-wx": has no flag -x'],
    [["--netns"], "--netns: needs a value"],
    [["-g"], "-g: needs a value"],
    [["-h"], "--help: prints the usage and writes no rules"],
  ];
  for (const [args, ...issues] of refused) {
    it(`are refused: ${JSON.stringify(args).slice(0, 100)}`, () => {
      expect(told([...required, ...args])).to.deep.equal(issues.map((issue) => `refused: ${issue}`));
    });
  }

  it("are refused for all reasons at once", () => {
    expect(
      told(["--proxy-uid", "x", inbound, "foo,80,bar", "--subnets-to-ignore", "10/8", "-p", "0", "--nonsense"]),
    ).to.deep.equal([
      "refused: --nonsense: unknown flag",
      'refused: --incoming-proxy-port: "0" is not a port (1 to 65535)',
      "refused: --outgoing-proxy-port: is required",
      'refused: --proxy-uid: "x" is not an integer',
      ...["foo", "bar"].map((entry) => `refused: ${inbound}: "${entry}" ${noPort}`),
      `refused: --subnets-to-ignore: "10/8" ${noNetwork}`,
    ]);
  });

  const loops =
    "--proxy-uid: no user and no group above 0: the proxy's own traffic would come back to it (root has no rule)";
  const warned: readonly [args: readonly string[], ...warnings: string[]][] = [
    [["-u0", "-g0"], loops],
    [["-u-1"], loops],
    [["-u0", "-g1"]],
    [["--ipv6", "false"], '"false": is not a flag and has no effect; a value of a switch needs ='],
    [
      [inbound, "8080, 9090"],
      `${inbound}: " 9090" has blanks around it: read without them here, left out by Linkerd's program`,
    ],
    [[inbound, "80\r"]],
    [["-"], '"-": is not a flag and has no effect; a value of a switch needs ='],
    [[inbound, "80,"], `${inbound}: has an empty entry`],
    [
      ["-r", "80, 81"],
      `--ports-to-redirect: " 81" has blanks around it: read without them here, refused by Linkerd's program`,
    ],
    [["--subnets-to-ignore", " 10.0.0.0/8 , fd00::/8"]],
    [
      ["--ipv6=false", "--subnets-to-ignore", "10.0.0.0/8,fd00::/8"],
      '--subnets-to-ignore: "fd00::/8" has no effect, IPv6 is not redirected',
    ],
  ];
  for (const [args, ...warnings] of warned) {
    it(`are read with ${warnings.length === 0 ? "no warning" : "a warning"}: ${args.join(" ")}`, () => {
      expect(told([...required, ...args])).to.deep.equal(warnings);
    });
  }

  it("skip a port behind a blank", () => {
    expect(redirectOf([...required, inbound, "8080, 9090"]).skipInbound).to.deep.equal(
      ranges([8080, 8080], [9090, 9090]),
    );
  });

  it("in admission lose only the entries that are none", () => {
    const args = [...required, inbound, "80,foo", "--subnets-to-ignore", "x,10.0.0.0/8", "-r", "80,0"];
    const parsed = parseArguments(args, "leave out");
    const kept = `${inbound} 80 --subnets-to-ignore 10.0.0.0/8 --ports-to-redirect 80`;
    expect("redirect" in parsed && formatArguments(parsed).slice(6).join(" ")).to.equal(kept);
    expect(told(args, "leave out")).to.deep.equal([
      `${inbound}: "foo" ${noPort}: left out`,
      '--ports-to-redirect: "0" is not a port (1 to 65535): left out',
      `--subnets-to-ignore: "x" ${noNetwork}: left out`,
    ]);
  });

  const backends: readonly [args: readonly string[], backend: string][] = [
    [[], "legacy"],
    [["--firewall-bin-path", "iptables-nft"], "nft"],
    [["--firewall-bin-path", "iptables-legacy"], "legacy"],
    [["--firewall-bin-path", "iptables"], "plain"],
    [["--firewall-bin-path", "/no/name", "--iptables-mode", "nft"], "nft"],
    [["--iptables-mode", ""], "legacy"],
    [["--firewall-save-bin-path", "anything"], "legacy"],
  ];
  for (const [args, backend] of backends) {
    it(`choose ${backend}: ${args.join(" ")}`, () => {
      const parsed = parseArguments([...required, ...args]);
      expect("run" in parsed && parsed.run.backend).to.equal(backend);
    });
  }

  it("set a kernel value for the close-wait time, and none for 0", () => {
    expect(closeWaitSysctl(redirectOf(required))).to.equal(undefined);
    expect(closeWaitSysctl(redirectOf([...required, "--timeout-close-wait-secs=3600"]))?.value).to.equal("3600");
  });
});

function ranges(...pairs: readonly (readonly [number, number])[]): Redirect["skipInbound"] {
  return pairs.map(([low, high]) => ({ low, high }));
}
