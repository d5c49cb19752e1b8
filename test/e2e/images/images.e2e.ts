/**
 * The images that are packed from this machine's files: they are what their Dockerfiles say, and what is in them runs. No
 * cluster and no container engine is needed, but root, for `chroot` and file capabilities.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { said, stagesOf } from "../../images/dockerfile.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "weft-images-"));
const run = (command: string, ...args: readonly string[]): string => execFileSync(command, args, { encoding: "utf8" });

interface Packed {
  readonly root: string;
  readonly config: Readonly<Record<"User" | "Entrypoint" | "Cmd" | "Env", unknown>>;
}

function pack(name: string, context: string, source = join("images", name)): Packed {
  const [archive, parts, root] = [`${name}.tar`, `${name}.parts`, name].map((each) => join(folder, each)) as [
    string,
    string,
    string,
  ];
  run(join(context, "images/pack"), join(context, source), `weft-test-${name}:1`, archive);
  for (const each of [parts, root]) mkdirSync(each);
  run("tar", "-C", parts, "-xf", archive);
  run("tar", "-C", root, "--xattrs", "--xattrs-include=security.capability", "-xf", join(parts, "layer.tar"));
  const { config } = JSON.parse(readFileSync(join(parts, "config.json"), "utf8")) as Pick<Packed, "config">;
  return { root, config };
}

/** What the first stage of weft's Dockerfile has copied when it runs `fill`. */
function buildStage(): string {
  const stage = join(folder, "build");
  const [build] = stagesOf(readFileSync(join(repository, "images/weft/Dockerfile"), "utf8"));
  for (const text of said(build, "COPY")) {
    const words = text.split(" ");
    const [to = ""] = words.splice(-1);
    mkdirSync(join(stage, dirname(to)), { recursive: true });
    run("cp", "-r", ...words.map((from) => join(repository, from)), join(stage, to));
  }
  run("cp", "-al", join(repository, "node_modules"), stage);
  return stage;
}

const isThere = (command: string): boolean => {
  try {
    run("sh", "-c", `command -v ${command}`);
    return true;
  } catch {
    return false;
  }
};
const needed = ["dpkg", "jq", "nft", "setcap", "busybox", "tshark"];
const missing = process.getuid?.() === 0 ? needed.filter((each) => !isThere(each)) : ["root"];
if (missing.length > 0) process.stdout.write(`tests of images are skipped: no ${missing.join(", ")}\n`);

(missing.length > 0 ? describe.skip : describe)("images", function () {
  this.timeout(120_000);
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const asTheDockerfileSays = (source: string, packed: () => Packed): void => {
    it("start as the Dockerfile says", () => {
      const last = stagesOf(readFileSync(join(repository, source, "Dockerfile"), "utf8")).at(-1);
      const list = (instruction: string): unknown => JSON.parse(said(last, instruction)[0] ?? "null");
      const { User, Entrypoint, Cmd, Env } = packed().config;
      expect({ User, Entrypoint, Cmd }).to.deep.equal({
        User: said(last, "USER")[0] ?? "",
        Entrypoint: list("ENTRYPOINT"),
        Cmd: list("CMD"),
      });
      expect(Env).to.include.members([...said(last, "ENV")]);
    });
  };

  describe("weft", () => {
    let packed: Packed;
    before(() => void (packed = pack("weft", buildStage())));
    asTheDockerfileSays("images/weft", () => packed);

    it("the command runs as the image's user", () => {
      const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };
      const entrypoint = packed.config.Entrypoint as readonly string[];
      expect(run("chroot", "--userspec=65532:65532", packed.root, ...entrypoint, "--version")).to.include(version);
    });

    it("holds Node and weft, and no shell", () => {
      expect(readdirSync(packed.root).toSorted()).to.deep.equal(["etc", "lib", "lib64", "usr", "weft"]);
      expect(readdirSync(join(packed.root, "usr/bin"))).to.deep.equal(["node"]);
      expect(readdirSync(join(packed.root, "weft")).toSorted()).to.deep.equal([
        "cache",
        "dist",
        "node_modules",
        "package.json",
        "proto",
      ]);
    });

    // What a browser loads for the dashboard, which is for people's own machines.
    const ofThePage = /^node_modules\/(lit-html|@dagrejs|uplot)(\/|$)/;

    it("holds the modules of production, and no others", () => {
      const { packages } = JSON.parse(readFileSync(join(repository, "package-lock.json"), "utf8")) as {
        readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly optional?: boolean }>>;
      };
      for (const [path, { dev = false, optional = false }] of Object.entries(packages)) {
        const isThere = existsSync(join(packed.root, "weft", path));
        if (path !== "" && !optional) expect(isThere, path).to.equal(!dev && !ofThePage.test(path));
      }
    });

    it("its user can change nothing", () => {
      expect(run("find", packed.root, "-not", "-type", "l", "-perm", "/022")).to.equal("");
    });
  });

  describe("init", () => {
    let packed: Packed;
    before(() => void (packed = pack("init", repository)));
    asTheDockerfileSays("images/init", () => packed);

    it("nft keeps its file capability, and no other program has any", () => {
      const found = run("getcap", "-r", packed.root).trim().replaceAll(packed.root, "");
      expect(found).to.equal("/usr/sbin/nft cap_net_admin=ep");
    });

    it("has what the mode iptables needs", () => {
      const programs = ["", "6"].flatMap((six) =>
        ["nft", "legacy"].flatMap((kind) => ["save", "restore"].map((what) => `ip${six}tables-${kind}-${what}`)),
      );
      const script = `printf x | grep -qx x; for each in ${programs.join(" ")}; do $each --version; done`;
      expect(run("chroot", packed.root, "sh", "-euc", script).trim().split("\n")).to.have.length(programs.length);
    });
  });

  describe("debug", () => {
    let packed: Packed;
    before(() => void (packed = pack("debug", repository)));
    asTheDockerfileSays("images/debug", () => packed);

    it("has the programs of each package on its list", () => {
      const list = readFileSync(join(repository, "images/debug/packages"), "utf8").trim().split("\n");
      const programs = run("dpkg", "--listfiles", ...list).match(/^\/(usr\/)?s?bin\/.+$/gm) ?? [];
      expect(programs.length).to.be.greaterThan(list.length);
      expect(programs.filter((path) => !existsSync(join(packed.root, path)))).to.deep.equal([]);
    });

    it("tshark starts", () => {
      expect(run("chroot", packed.root, "tshark", "--version")).to.match(/^TShark/m);
    });
  });

  describe("the stand-in for the proxy", () => {
    const source = "test/e2e/stand-in";
    const program = "/usr/lib/linkerd/linkerd2-proxy-identity";
    let packed: Packed;
    before(() => void (packed = pack("stand-in", repository, source)));
    asTheDockerfileSays(source, () => packed);

    it("is where the real one is in Linkerd's image", () => {
      expect(packed.config.Entrypoint).to.deep.equal([program]);
      const standIn = readFileSync(join(repository, source, "proxy.py"));
      expect(readFileSync(join(packed.root, program)).equals(standIn)).to.equal(true);
      expect(readFileSync(join(repository, "scripts/steps"), "utf8")).to.include(`\nPROXY_PATH=${program}\n`);
    });

    it("leaves its place to the program that LINKERD2_PROXY names", () => {
      const real = join(folder, "with-real");
      run("env", "LINKERD2_PROXY=/usr/bin/nsenter", join(repository, source, "fill"), real);
      expect(run("chroot", real, program, "--version")).to.include("util-linux");
    });
  });
});
