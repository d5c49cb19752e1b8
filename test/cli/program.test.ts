import { expect } from "chai";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultValues } from "../../src/core/inject/settings/defaults.ts";
import { run } from "../../src/cli/program.ts";
import { recordingIo } from "../support/recording-io.ts";
import type { RecordingIo } from "../support/recording-io.ts";

const pod = "kind: Pod\napiVersion: v1\nmetadata:\n  name: web\n";
const annotated = (...lines: readonly string[]): string =>
  `${pod}  annotations:\n    linkerd.io/inject: enabled\n${lines.map((line) => `    ${line}\n`).join("")}`;

async function ran(
  args: readonly string[],
  given: Parameters<typeof recordingIo>[0] = { stdin: pod },
): Promise<{ readonly exit: number } & RecordingIo["written"]> {
  const io = recordingIo(given);
  const exit = await run(args, io);
  return { exit, ...io.written };
}

describe("the command line", () => {
  const understood: readonly [claim: string, args: readonly string[], stdout: string][] = [
    ["a flag before its value", ["inject", "--proxy-uid", "5", "-"], annotated('config.linkerd.io/proxy-uid: "5"')],
    ["a flag with its value", ["inject", "--proxy-uid=5", "-"], annotated('config.linkerd.io/proxy-uid: "5"')],
    ["flags behind the input", ["inject", "-", "--proxy-uid", "5"], annotated('config.linkerd.io/proxy-uid: "5"')],
    ["a value that begins with a dash", ["inject", "--proxy-gid", "-1", "-"], annotated()],
    [
      "a value that looks like a flag",
      ["inject", "--proxy-log-level", "--manual", "-"],
      annotated("config.linkerd.io/proxy-log-level: --manual"),
    ],
    [
      "a value with an equals sign",
      ["inject", "--proxy-log-level=linkerd=info", "-"],
      annotated("config.linkerd.io/proxy-log-level: linkerd=info"),
    ],
    ["a boolean said to be true", ["inject", "--native-sidecar=T", "--manual=false", "-"], annotated()],
    [
      "a boolean said to be false",
      ["inject", "--native-sidecar=false", "-"],
      annotated('config.linkerd.io/proxy-enable-native-sidecar: "false"'),
    ],
    ["the last of two booleans", ["inject", "--native-sidecar=false", "--native-sidecar", "-"], annotated()],
    ["a short flag with its value attached", ["inject", "-oyaml", "-"], annotated()],
    ["a short flag with an equals sign", ["inject", "-o=yaml", "-"], annotated()],
    ["global flags before the command", ["-L", "l5d", "--verbose", "inject", "-"], annotated()],
    [
      "lists by repetition and commas",
      ["inject", "--skip-inbound-ports", "1,2", "--skip-inbound-ports=3", "-"],
      annotated('config.linkerd.io/skip-inbound-ports: "1,2,3"'),
    ],
    ["what follows two dashes as inputs", ["inject", "--", "-"], annotated()],
  ];
  for (const [claim, args, stdout] of understood) {
    it(`understands ${claim}`, async () => {
      const result = await ran(args);
      expect(result.stderr).to.match(/pod "web" injected\n\n$/);
      expect(result).to.include({ exit: 0, stdout });
    });
  }

  const refused: readonly [claim: string, args: readonly string[], line: string][] = [
    [
      "an unknown flag, and says what was meant",
      ["inject", "--proxy-imge", "x"],
      "unknown flag --proxy-imge; did you mean --proxy-image?",
    ],
    ["an unknown flag that resembles none", ["inject", "--frobnicate=x"], "unknown flag --frobnicate"],
    ["an unknown short flag", ["inject", "-x"], "unknown flag -x"],
    ["an unknown command", ["injct"], "unknown command injct; did you mean inject?"],
    ["an unknown flag without a command", ["--frobnicate"], "unknown flag --frobnicate"],
    ["a flag without its value", ["inject", "-", "--proxy-uid"], "flag --proxy-uid needs a value"],
    ["a boolean that is none", ["inject", "--manual=maybe", "-"], 'flag --manual takes true or false, not "maybe"'],
    ["no input", ["inject"], "please specify a kubernetes resource file, a folder, or - for standard input"],
    ["an unknown format", ["inject", "-o", "JSON", "-"], '--output: unsupported format "JSON", expected yaml or json'],
    [
      "a namespace that is none",
      ["inject", "-L", "A b", "-"],
      '--linkerd-namespace: "A b" is not the name of a namespace',
    ],
    [
      "what Linkerd dropped",
      ["inject", "--disable-identity", "-"],
      "--disable-identity is no longer supported; identity is always required",
    ],
  ];
  for (const [claim, args, line] of refused) {
    it(`refuses ${claim}`, async () => {
      expect(await ran(args)).to.deep.equal({ exit: 2, stdout: "", stderr: `weft: ${line}\n` });
    });
  }

  it("names every bad value, one a line", async () => {
    const { exit, stderr } = await ran(["inject", "--admin-port", "0", "--proxy-uid", "root", "-"]);
    expect(exit).to.equal(2);
    expect(stderr).to.match(
      /^weft: --admin-port: "0" cannot be used, .*\nweft: --proxy-uid: "root" cannot be used, .*\n$/,
    );
  });

  it("prints its help without arguments", async () => {
    const { exit, stdout } = await ran([]);
    expect(exit).to.equal(0);
    expect(stdout)
      .to.match(/^Usage: weft /)
      .and.include("uninject");
  });

  it("prints the help of a command, with its flags", async () => {
    for (const args of [
      ["inject", "--help"],
      ["help", "inject"],
    ]) {
      const { exit, stdout } = await ran(args);
      expect(exit).to.equal(0);
      expect(stdout)
        .to.match(/^Usage: weft inject /)
        .and.include("--skip-inbound-ports <ports>");
      expect(stdout).to.not.include("--proxy-cpu ");
    }
  });

  it("prints its own help for help of help", async () => {
    const { stdout } = await ran([]);
    for (const args of [["help"], ["help", "help"], ["help", "--help"], ["help", "-h"]]) {
      expect(await ran(args), args.join(" ")).to.deep.equal({ exit: 0, stdout, stderr: "" });
    }
  });

  it("prints every help in 80 columns", async () => {
    const { stdout } = await ran([]);
    const commands = [...(stdout.split("Commands:\n")[1] ?? "").matchAll(/^ {2}([a-z]+)/gm)].map(
      ([, name = ""]) => name,
    );
    expect(commands).to.include.members(["inject", "webhook", "controller", "serve"]);
    for (const name of commands) {
      const { stdout: help } = await ran(["help", name]);
      expect(help.split("\n").filter((line) => line.length > 80)).to.deep.equal([], name);
    }
  });

  it("prints its version", async () => {
    expect(await ran(["--version"])).to.include({ exit: 0, stdout: "0.0.0\n" });
  });
});

describe("weft inject", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "weft-cli-"));
  });
  after(() => rm(folder, { recursive: true }));
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, text);
    return path;
  };

  it("writes nothing when one of many documents fails, and tells every error with its place", async () => {
    const good = await file("good.yaml", pod);
    const bad = await file(
      "bad.yaml",
      `${pod}---\n\nkind: Pod\nmetadata: {name: host}\nspec: {hostNetwork: true}\n---\nkind: [\n`,
    );
    const { exit, stdout, stderr } = await ran(["inject", good, bad]);
    expect({ exit, stdout }).to.deep.equal({ exit: 1, stdout: "" });
    const [first, second, ...rest] = stderr.split("\n");
    expect(first).to.equal(`weft: ${bad}, document 2, line 6, pod/host: failed to inject: hostNetwork is enabled`);
    expect(second).to.match(/bad\.yaml, document 3, line \d+, column \d+: /);
    expect(rest).to.deep.equal([""]);
  });

  it("says which item of a List fails", async () => {
    const list = "kind: List\napiVersion: v1\nitems:\n- null\n- {kind: Deployment, metadata: {name: d}}\n";
    const { stderr } = await ran(["inject", "-"], { stdin: list });
    expect(stderr).to.equal(
      "weft: standard input, document 1, line 1, item 2, deployment/d: has no pod template at spec.template\n",
    );
  });

  it("reads folders in the order of their names, and every file in them", async () => {
    await file("tree/b.txt", "kind: B\n");
    await file("tree/a/z", "kind: A\n");
    await file("tree/c.yaml", "kind: C");
    const { stdout, stderr } = await ran(["inject", join(folder, "tree")]);
    expect(stdout).to.equal("kind: A\n---\nkind: B\n---\nkind: C");
    expect(stderr).to.include('a "" skipped\nb "" skipped\nc "" skipped\n');
  });

  it("keeps a byte order mark", async () => {
    const { stdout } = await ran(["inject", await file("mark.yaml", `\uFEFF${pod}`)]);
    expect(stdout).to.equal(`\uFEFF${annotated()}`);
  });

  it("says what it cannot read", async () => {
    const missing = join(folder, "missing");
    const { exit, stderr } = await ran(["inject", missing, "http://example.test/x"]);
    expect({ exit, stderr }).to.deep.equal({
      exit: 1,
      stderr: `weft: ${missing}: there is no such file\nweft: http://example.test/x: only HTTPS URLs are allowed\n`,
    });
  });

  it("needs trust anchors for --manual (S-41)", async () => {
    const { exit, stdout, stderr } = await ran(["inject", "--manual", "-"]);
    expect({ exit, stdout }).to.deep.equal({ exit: 1, stdout: "" });
    expect(stderr).to.match(/^weft: --manual needs the trust anchors: .*\n$/);
  });

  it("puts the proxy in with settings and anchors from files", async () => {
    const settings = await file("values.json", JSON.stringify({ ...defaultValues, linkerdVersion: "v7" }));
    const anchors = await file("anchors", "anchors of the test\n");
    const { exit, stdout } = await ran(["inject", "--manual", "--settings", settings, "--trust-anchors", anchors, "-"]);
    expect(exit).to.equal(0);
    expect(stdout).to.include("image: cr.l5d.io/linkerd/proxy:v7\n").and.include("anchors of the test\n");
    expect(stdout).to.include("linkerd.io/created-by: weft/cli 0.0.0\n");
  });

  it("refuses settings that cannot inject, with every reason", async () => {
    const settings = await file("values.yaml", "clusterNetworks: somewhere\nidentityTrustAnchorsPEM: pem\n");
    const { exit, stdout, stderr } = await ran(["inject", "--manual", "--settings", settings, "-"]);
    expect({ exit, stdout }).to.deep.equal({ exit: 1, stdout: "" });
    expect(stderr).to.include("weft: clusterNetworks: ").and.include("weft: proxyInit.iptablesMode: ");
  });

  it("hashes the trust anchors as they are (S-24)", async () => {
    const anchors = await file("newline", "pem\n");
    const { stdout } = await ran(["inject", "--manual", "--trust-anchors", anchors, "-"]);
    // printf 'pem\n' | sha256sum
    expect(stdout).to.include("70278335ab7cb0d139f9ebcaacbf93ea8ad5f614826f81f1454481f40abfac7a");
  });

  it("refuses settings of the wrong type, each with its path", async () => {
    const settings = await file("wrong.json", '{"proxy": {"uid": "root", "await": 1}}');
    const { exit, stderr } = await ran(["inject", "--settings", settings, "-"]);
    expect(exit).to.equal(1);
    expect(stderr).to.include(`${settings}: proxy.uid: `).and.include(`${settings}: proxy.await: `);
  });

  it("compares flags with the settings given (S-42)", async () => {
    const settings = await file("uid.json", '{"proxy": {"uid": 7}}');
    expect((await ran(["inject", "--settings", settings, "--proxy-uid", "7", "-"])).stdout).to.equal(annotated());
    expect((await ran(["inject", "--settings", settings, "--proxy-uid", "2102", "-"])).stdout).to.equal(
      annotated('config.linkerd.io/proxy-uid: "2102"'),
    );
  });

  it("takes the registry from the environment, unless a flag says another", async () => {
    const env = { LINKERD_DOCKER_REGISTRY: "example.test/a" };
    const images = (registry: string): string =>
      annotated(`config.linkerd.io/proxy-image: ${registry}/proxy`, `config.linkerd.io/debug-image: ${registry}/debug`);
    expect((await ran(["inject", "-"], { stdin: pod, env })).stdout).to.equal(images("example.test/a"));
    const flagged = await ran(["inject", "--registry", "example.test/b", "-"], { stdin: pod, env });
    expect(flagged.stdout).to.equal(images("example.test/b"));
  });

  it("takes the control plane's namespace from flag or environment", async () => {
    const anchors = await file("anchors", "pem\n");
    const args = ["inject", "--manual", "--trust-anchors", anchors, "-"];
    const env = { LINKERD_NAMESPACE: "from-env" };
    expect((await ran(args, { stdin: pod, env })).stdout).to.include("linkerd.io/control-plane-ns: from-env\n");
    const flagged = await ran(["-L", "from-flag", ...args], { stdin: pod, env });
    expect(flagged.stdout).to.include("linkerd.io/control-plane-ns: from-flag\n");
  });

  it("says that the defaults stand in for an installation only when that matters", async () => {
    expect((await ran(["inject", "-"])).stderr).to.not.include("--settings");
    expect((await ran(["inject", "--proxy-uid", "5", "-"])).stderr).to.include("no --settings given");
    expect((await ran(["inject", "--ignore-cluster", "--proxy-uid", "5", "-"])).stderr).to.not.include("--settings");
  });

  it("names what replaces a deprecated flag", async () => {
    const { stderr } = await ran(["inject", "--ignore-cluster", "--proxy-cpu", "1", "-"]);
    expect(stderr).to.include("weft: --proxy-cpu is deprecated, use --proxy-cpu-request\n");
  });

  it("passes warnings on, with the object they are about", async () => {
    const input = `${pod}  annotations:\n    config.linkerd.io/proxy-uid: root\n`;
    const { exit, stderr } = await ran(["inject", "-"], { stdin: input });
    expect(exit).to.equal(0);
    expect(stderr).to.match(/^weft: pod\/web: config\.linkerd\.io\/proxy-uid: .*root/);
  });

  it("colours the report on a terminal", async () => {
    const { stderr } = await ran(["inject", "--verbose", "-"], {
      stdin: pod,
      colours: { stdout: undefined, stderr: "<colour>" },
    });
    expect(stderr).to.include("\u001B[32;1m√\u001B[0m pods do not use host networking\n");
  });
});

describe("weft uninject", () => {
  it("reports on standard error, and writes every document", async () => {
    const input = `${annotated()}---\nkind: Other\nmetadata: {name: x}\n---\n# nothing\n`;
    const { exit, stdout, stderr } = await ran(["uninject", "-o", "yaml", "-"], { stdin: input });
    expect({ exit, stdout }).to.deep.equal({
      exit: 0,
      stdout: `${pod}---\nkind: Other\nmetadata: {name: x}\n---\n# nothing\n`,
    });
    expect(stderr).to.equal('\npod "web" uninjected\nother "x" skipped\ndocument missing "kind" field, skipped\n\n');
  });
});

describe("weft uninject", () => {
  it("reports on each file of a folder, as Linkerd does", async () => {
    const folder = await mkdtemp(join(tmpdir(), "weft-cli-"));
    try {
      await writeFile(join(folder, "a.yaml"), annotated());
      await writeFile(join(folder, "b.yaml"), "kind: B\n---\nkind: C\n");
      const { stderr } = await ran(["uninject", folder]);
      expect(stderr).to.equal('\npod "web" uninjected\n\n\nb "" skipped\nc "" skipped\n\n');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
