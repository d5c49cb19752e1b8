import { expect } from "chai";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { parseArguments } from "../../../src/core/redirect/arguments.ts";
import { restoreText, restoreTexts } from "../../../src/core/redirect/iptables.ts";
import type { ByFamily } from "../../../src/core/redirect/iptables.ts";
import { essence, recordings, redirectOf, restored } from "./recordings.ts";
import type { Recording } from "./recordings.ts";

const jumpIn = '-A PREROUTING -m comment --comment "proxy-init/install-proxy-init-prerouting" -j PROXY_INIT_REDIRECT';
const jumpOut = '-A OUTPUT -m comment --comment "proxy-init/install-proxy-init-output" -j PROXY_INIT_OUTPUT';
const own = (name: string): string => `-m comment --comment "proxy-init/${name}"`;
const redirectIn = `-A PROXY_INIT_REDIRECT -p tcp ${own("redirect-all-incoming-to-proxy-port")} -j REDIRECT --to-ports 4143`;
const skipIn = (ports: string): string =>
  `-A PROXY_INIT_REDIRECT -p tcp -m multiport --dports ${ports} ${own(`ignore-port-${ports}`)} -j RETURN`;
const skipFrom = (subnet: string): string =>
  `-A PROXY_INIT_REDIRECT -s ${subnet} ${own(`ignore-subnet-${subnet}`)} -j RETURN`;

/** Chart defaults without skipped outbound ports, and these inbound rules in front of the redirecting one. */
const rules = (...inbound: readonly string[]): readonly string[] => [
  ":PROXY_INIT_OUTPUT",
  ":PROXY_INIT_REDIRECT",
  jumpIn,
  jumpOut,
  `-A PROXY_INIT_OUTPUT -m owner --uid-owner 2102 ${own("ignore-proxy-user-id")} -j RETURN`,
  `-A PROXY_INIT_OUTPUT -o lo ${own("ignore-loopback")} -j RETURN`,
  `-A PROXY_INIT_OUTPUT -p tcp ${own("redirect-all-outgoing-to-proxy-port")} -j REDIRECT --to-ports 4140`,
  ...inbound,
  redirectIn,
];

/** Where we do otherwise than the recording: what the last run is refused for, and what stands in the end. */
interface OwnAnswer {
  readonly issues?: readonly string[];
  readonly v4: readonly string[];
  readonly v6?: readonly string[];
  /** The same with bad entries left out, as in admission. */
  readonly lenient?: readonly string[];
}
const noPort = "is neither a port (0 to 65535) nor a range such as 8000-8010";
const ownAnswers: Readonly<Record<string, OwnAnswer>> = {
  // Linkerd: port 81 is not skipped, for the blank in front of it, and nobody learns of the others.
  "15-skip-invalid-dropped": {
    issues: ["foo", "90-80", "70000", "1-2-3"].map((entry) => `--inbound-ports-to-ignore: "${entry}" ${noPort}`),
    v4: [],
    lenient: rules(skipIn("80,81")),
  },
  // Linkerd: fails half-way, with IPv4 complete and IPv6 begun.
  "17-subnets-v4-dual-fails": { v4: rules(skipFrom("10.0.0.0/8")), v6: rules() },
  // Linkerd: fails before it has redirected anything.
  "18-subnets-v6-fails": { v4: rules(), v6: rules(skipFrom("fd00::/8")) },
  "19-skips-all-invalid-fails": {
    issues: [`--inbound-ports-to-ignore: "foo" ${noPort}`],
    v4: [],
    lenient: rules(),
  },
  // Linkerd: somebody's jump with conditions counts as its own, so most traffic bypasses the proxy.
  "24-foreign-jump": {
    v4: rules().toSpliced(
      2,
      0,
      '-A PREROUTING -s 10.1.0.0/16 -p tcp -m comment --comment "someone else" -j PROXY_INIT_REDIRECT',
    ),
  },
  // Linkerd: redirects to port 0.
  "25-proxy-port-zero": {
    issues: ["incoming", "outgoing"].map((side) => `--${side}-proxy-port: "0" is not a port (1 to 65535)`),
    v4: [],
  },
  // Linkerd: leaves the inbound chain empty, so that all inbound traffic bypasses the proxy.
  "28-good-then-bad": {
    issues: [`--inbound-ports-to-ignore: "foo" ${noPort}`],
    v4: rules(skipIn("4190")),
    lenient: rules(),
  },
};

/** What stands after all runs; one that is refused changes nothing. */
function after({ runs, seed }: Recording, badEntries: "refuse" | "leave out" = "refuse"): ByFamily {
  let saved: ByFamily = seed === "" ? {} : { v4: seed };
  for (const { args } of runs) {
    const parsed = parseArguments(args, badEntries);
    if ("issues" in parsed) continue;
    const texts = Object.entries(restoreTexts(parsed.redirect, saved)) as ["v4" | "v6", string][];
    saved = {
      ...saved,
      ...Object.fromEntries(texts.map(([family, text]) => [family, restored(saved[family] ?? "", text)])),
    };
  }
  return saved;
}

describe("iptables: recorded rulesets", () => {
  it("has an answer of its own for all that fail, but for the one that is repaired by its second run", () => {
    const failed = recordings.filter(({ runs }) => runs.some(({ exit }) => exit !== 0)).map(({ name }) => name);
    expect(failed.filter((name) => !Object.hasOwn(ownAnswers, name))).to.deep.equal(
      Array(2).fill("22-rerun-after-failure"),
    );
    expect(recordings).to.have.length(58);
  });

  for (const recording of recordings) {
    const answer = ownAnswers[recording.name];
    const expected = answer ?? { v4: essence(recording.saved.v4), v6: essence(recording.saved.v6) };
    it(`${answer === undefined ? "gives the rules" : "has its own answer"}: ${recording.name}, ${recording.backend}`, () => {
      const saved = after(recording);
      expect(essence(saved.v4)).to.deep.equal(expected.v4);
      expect(essence(saved.v6)).to.deep.equal(expected.v6 ?? []);
      if (answer?.issues === undefined) return;
      const parsed = parseArguments(recording.runs.at(-1)?.args ?? []);
      expect("issues" in parsed && parsed.issues.map(issueText)).to.deep.equal(answer.issues);
      if (answer.lenient === undefined) return;
      expect(essence(after(recording, "leave out").v4)).to.deep.equal(answer.lenient);
      const lenient = parseArguments(recording.runs.at(-1)?.args ?? [], "leave out");
      const warnings = "warnings" in lenient ? lenient.warnings.map(issueText) : [];
      expect(warnings.slice(0, answer.issues.length)).to.deep.equal(answer.issues.map((issue) => `${issue}: left out`));
    });
  }

  it("sends, for a first run, the saved text itself: without # lines and built-in chains", () => {
    const first = recordings.filter(({ name, runs, seed }) => !ownAnswers[name] && runs.length === 1 && seed === "");
    expect(first).to.have.length(36);
    for (const { saved, runs, name } of first) {
      for (const [family, text] of Object.entries(saved) as ["v4" | "v6", string][]) {
        const lines = text.split("\n").filter((line) => !/^#|^:(PREROUTING|INPUT|OUTPUT|POSTROUTING) /.test(line));
        expect(restoreText(redirectOf(runs[0]?.args ?? []), family), name).to.equal(lines.join("\n"));
      }
    }
  });
});

describe("iptables: jumps", () => {
  const redirect = redirectOf(["-p", "4143", "-o", "4140", "-u", "2102"]);
  const saved = (...lines: readonly string[]): string => ["*nat", ...lines, "COMMIT", ""].join("\n");
  const jumpsIn = (text: string): readonly string[] =>
    text.split("\n").filter((line) => /^-[AD] (PREROUTING|OUTPUT) /.test(line));
  const rows: readonly [claim: string, saved: string, expected: readonly string[]][] = [
    ["are added where nothing stands", "", [jumpIn, jumpOut]],
    ["are added one by one", saved(jumpOut), [jumpIn]],
    ["are left out where they stand", saved(jumpIn, jumpOut), []],
    ["are seen behind counters", saved(`[12:720] ${jumpIn}`, `[0:0] ${jumpOut}`), []],
    ["are looked for in table nat only", saved(jumpIn, jumpOut).replace("*nat", "*mangle"), [jumpIn, jumpOut]],
    ["with conditions are others'", saved(jumpIn.replace("-m", "-i eth0 -m"), jumpOut), [jumpIn]],
    ["to another chain are others'", saved(`${jumpIn}_2`, jumpOut), [jumpIn]],
    [
      "that are surplus go",
      saved(jumpIn, "-A PREROUTING -j OTHER", jumpIn, jumpIn, jumpOut),
      Array<string>(2).fill(jumpIn.replace("-A", "-D")),
    ],
  ];
  for (const [claim, text, expected] of rows) {
    it(claim, () => {
      expect(jumpsIn(restoreText(redirect, "v4", text))).to.deep.equal(expected);
    });
  }

  it("stand once, whatever stood there", () => {
    for (const [claim, text] of rows) {
      const result = restored(text, restoreText(redirect, "v4", text));
      for (const jump of [jumpIn, jumpOut])
        expect(
          result.split("\n").filter((line) => line === jump),
          claim,
        ).to.have.length(1);
      expect(restored(result, restoreText(redirect, "v4", result)), claim).to.equal(result);
    }
  });
});

describe("iptables: what Linkerd does not have", () => {
  it("skips outbound destinations, each in its family", () => {
    const redirect = redirectOf([
      "-p1",
      "-o2",
      "-u3",
      "--outbound-subnets-to-ignore",
      " 10.1.2.3/8,FD00::1/8,::ffff:1.2.3.4/128",
    ]);
    const [v4, v6] = (["v4", "v6"] as const).map((family) =>
      restoreText(redirect, family)
        .split("\n")
        .filter((line) => / -d /.test(line)),
    );
    expect(v4).to.deep.equal([
      '-A PROXY_INIT_OUTPUT -d 10.0.0.0/8 -m comment --comment "proxy-init/ignore-outbound-subnet-10.1.2.3/8" -j RETURN',
      '-A PROXY_INIT_OUTPUT -d 1.2.3.4/32 -m comment --comment "proxy-init/ignore-outbound-subnet-::ffff:1.2.3.4/128" -j RETURN',
    ]);
    expect(v6).to.deep.equal([
      '-A PROXY_INIT_OUTPUT -d fd00::/8 -m comment --comment "proxy-init/ignore-outbound-subnet-FD00::1/8" -j RETURN',
    ]);
  });
});
