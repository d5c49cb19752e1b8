/**
 * Rules of redirection on this machine's kernel, in network namespaces of their own: needs root, nft and both backends of
 * iptables. Not part of `npm test`; run it with `npx mocha test/e2e/redirect-rules.e2e.ts`.
 */
import { spawnSync } from "node:child_process";
import { expect } from "chai";
import fc from "fast-check";
import { checkIptables, checkNft } from "../../src/core/redirect/check.ts";
import { restoreText } from "../../src/core/redirect/iptables.ts";
import { nftScript } from "../../src/core/redirect/nftables.ts";
import { families } from "../../src/core/redirect/redirect.ts";
import type { Family, Redirect } from "../../src/core/redirect/redirect.ts";
import { redirect as anyRedirect } from "../core/redirect/arbitrary.ts";
import { essence, recordings, redirectOf } from "../core/redirect/recordings.ts";
import { runs } from "../support/properties.ts";

const space = `weft-rules-${process.pid}`;
const chart = redirectOf(
  "-p 4143 -o 4140 -u 2102 --inbound-ports-to-ignore 4190,4191 --subnets-to-ignore 10.0.0.0/8,fd00::/8".split(" "),
);
const other = redirectOf(
  "-p 5143 -o 5140 -u 3000 -g 3001 -r 80,443 --outbound-ports-to-ignore 25,30000-32767 --outbound-subnets-to-ignore ::/0,0.0.0.0/0".split(
    " ",
  ),
);

interface Outcome {
  readonly status: number | null;
  readonly out: string;
}

function command(program: string, args: readonly string[], input = ""): Outcome {
  const { status, stdout, stderr, error } = spawnSync(program, args, { input, encoding: "utf8", timeout: 20_000 });
  return {
    status: error === undefined ? status : null,
    out: status === 0 ? stdout : `${stderr}${error?.message ?? ""}`,
  };
}

/** Inside the namespace; a failure ends the test. */
function inside(program: string, args: readonly string[], input = ""): string {
  const { status, out } = command("ip", ["netns", "exec", space, program, ...args], input);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${status}: ${out}\n${input}`);
  return out;
}

/** Why these tests cannot run here. */
function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  const tools = [
    "ip",
    "nft",
    ...["", "6"].flatMap((six) => ["nft", "legacy"].map((kind) => `ip${six}tables-${kind}-restore`)),
  ];
  const missing = tools.filter((tool) => command(tool, ["-V"]).status !== 0);
  return missing.length === 0 ? undefined : `needs ${missing.join(", ")}`;
}

describe("redirect rules on a kernel", function () {
  this.timeout(120_000);

  before(function () {
    const reason = obstacle();
    if (reason === undefined) return;
    console.log(`  redirect rules on a kernel: skipped, ${reason}`);
    this.skip();
  });
  beforeEach(() => {
    const { status, out } = command("ip", ["netns", "add", space]);
    if (status !== 0) throw new Error(`no network namespace: ${out}`);
  });
  afterEach(() => {
    command("ip", ["netns", "delete", space]);
  });

  describe("nft", () => {
    const list = (): string => inside("nft", ["list", "ruleset"]);
    const apply = (redirect: Redirect): void => {
      inside("nft", ["-c", "-f", "-"], nftScript(redirect));
      inside("nft", ["-f", "-"], nftScript(redirect));
    };
    const differences = (redirect: Redirect): unknown =>
      checkNft(redirect, inside("nft", ["-j", "list", "ruleset"]))?.differences;

    it("takes the script as one argument, twice with the same result", () => {
      inside("nft", [nftScript(chart)]);
      const once = list();
      inside("nft", [nftScript(chart)]);
      expect(list()).to.equal(once);
      expect(differences(chart)).to.deep.equal([]);
    });

    it("swaps a changed redirect, and back", () => {
      apply(chart);
      const first = list();
      apply(other);
      expect(differences(other)).to.deep.equal([]);
      expect(differences(chart)).to.not.deep.equal([]);
      apply(chart);
      expect(list()).to.equal(first);
    });

    it("checks without changing", () => {
      inside("nft", ["-c", "-f", "-"], nftScript(chart));
      expect(list()).to.equal("");
    });

    it("counts where asked to, which is not a difference", () => {
      inside("nft", ["-f", "-"], nftScript(chart, { counters: true }));
      expect(list()).to.include("counter packets 0 bytes 0 redirect to :4143");
      expect(differences(chart)).to.deep.equal([]);
    });

    it("leaves what others have", () => {
      const foreign =
        "table ip other {\n\tchain mine {\n\t\ttype nat hook output priority dstnat; policy accept;\n\t\ttcp dport 1 accept\n\t}\n}\n";
      inside("nft", ["-f", "-"], foreign.replace("dstnat", "-100"));
      apply(chart);
      apply(other);
      expect(list()).to.include("chain mine").and.include("tcp dport 1 accept");
    });

    it("takes every redirect, and what it then lists is not a difference", () => {
      const property = fc.property(anyRedirect, (redirect) => {
        apply(redirect);
        expect(differences(redirect)).to.deep.equal([]);
      });
      fc.assert(property, { ...runs(150), endOnFailure: true });
    });
  });

  for (const backend of ["nft", "legacy"] as const) {
    describe(`iptables-${backend}`, () => {
      const program = (family: Family, what: string): string =>
        `ip${family === "v6" ? "6" : ""}tables-${backend}-${what}`;
      const save = (family: Family): string => inside(program(family, "save"), ["-t", "nat"]);
      const wait = ["--noflush", "-w", "5"];
      const restore = (family: Family, text: string): void => {
        inside(program(family, "restore"), ["--test", ...wait], text);
        inside(program(family, "restore"), wait, text);
      };
      const apply = (redirect: Redirect): void => {
        for (const family of families(redirect)) restore(family, restoreText(redirect, family, save(family)));
      };
      const differences = (redirect: Redirect): unknown =>
        families(redirect).flatMap((family) => checkIptables(redirect, family, save(family)).differences);

      it("takes the text, twice with the same result", () => {
        apply(chart);
        const once = [essence(save("v4")), essence(save("v6"))];
        apply(chart);
        expect([essence(save("v4")), essence(save("v6"))]).to.deep.equal(once);
        expect(differences(chart)).to.deep.equal([]);
      });

      it("saves the text that was sent", () => {
        for (const redirect of [chart, other]) {
          for (const family of families(redirect)) {
            restore(family, restoreText(redirect, family, save(family)));
            expect(essence(save(family))).to.deep.equal(essence(restoreText(redirect, family)));
          }
        }
      });

      it("gives, for what was recorded with equal results, the recorded text", () => {
        const good = recordings.filter(
          (one) => one.backend === backend && !/^(15|17|18|19|22|24|25|28)-/.test(one.name),
        );
        for (const { name, runs, saved, seed } of good) {
          if (seed !== "") restore("v4", seed);
          for (const { args } of runs) apply(redirectOf(args));
          for (const [family, text] of Object.entries(saved) as [Family, string][]) {
            expect(essence(save(family)), name).to.deep.equal(essence(text));
          }
          command("ip", ["netns", "delete", space]);
          command("ip", ["netns", "add", space]);
        }
      });

      it("repairs doubled jumps", () => {
        restore("v4", restoreText(chart, "v4"));
        restore("v4", restoreText(chart, "v4"));
        expect(differences({ ...chart, ipv6: false })).to.have.length(2);
        apply(chart);
        expect(differences(chart)).to.deep.equal([]);
      });

      it("leaves everything as it was when one line is wrong", () => {
        apply(chart);
        const before = essence(save("v4"));
        const wrong = restoreText(other, "v4", save("v4")).replace("--to-ports 5143", "--to-ports 99999");
        expect(() => inside(program("v4", "restore"), wait, wrong)).to.throw();
        expect(essence(save("v4"))).to.deep.equal(before);
      });

      it("takes every redirect, and what it then saves is not a difference", () => {
        const property = fc.property(anyRedirect, (redirect) => {
          apply(redirect);
          expect(differences(redirect)).to.deep.equal([]);
        });
        fc.assert(property, { ...runs(40), endOnFailure: true });
      });
    });
  }
});
