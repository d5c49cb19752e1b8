/** `weft wrap`, from a root to certificates, sidecars and out again; and what no action ever prints. */
import { chmod, lstat, readFile, readdir, symlink } from "node:fs/promises";
import { createPrivateKey } from "node:crypto";
import { Command } from "commander";
import { expect } from "chai";
import { run } from "../../../src/cli/program.ts";
import { certsAt } from "../../../src/cli/wrap/certs.ts";
import { CommandFailure } from "../../../src/cli/io.ts";
import { register } from "../../../src/cli/wrap/wrap.ts";
import { toYaml } from "../../../src/core/documents/yaml-text.ts";
import { readDocument } from "../../../src/core/documents/document.ts";
import { splitDocuments } from "../../../src/core/documents/stream.ts";
import { textAt } from "../../../src/core/base/json/read.ts";
import { newFolder } from "../../support/folder.ts";
import type { Folder } from "../../support/folder.ts";
import { served } from "../../support/api-http.ts";
import { fakeApi } from "../../support/api-server.ts";
import { recordingIo } from "../../support/recording-io.ts";
import { golden, workload } from "../../support/wrap.ts";

interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

const day = 86_400_000;

describe("weft wrap", () => {
  let folder: Folder;
  /** Of every action that ran. */
  const printed: string[] = [];
  before(async () => {
    folder = await newFolder();
    for (const name of ["ca", "new", "other"])
      await weft(["ca", "--cert-file", folder.at(`${name}.pem`), "--key-file", folder.at(`${name}.key`)]);
    await folder.write("in.yaml", golden("in.yaml"));
  });
  after(() => folder.destroy());

  async function weft(args: readonly string[], stdin = ""): Promise<Ran> {
    const io = recordingIo({ stdin });
    const exit = await run(["wrap", ...args], io);
    printed.push(io.written.stdout, io.written.stderr);
    return { exit, ...io.written };
  }

  const caFlags = (name = "ca"): readonly string[] => [
    "--ca-cert",
    folder.at(`${name}.pem`),
    "--ca-key",
    folder.at(`${name}.key`),
  ];
  const objectsOf = (text: string) => splitDocuments(text).map((document) => readDocument(document.text).value);

  /** `weft wrap certs` at some time. */
  async function certs(at: Date, args: readonly string[], stdin: string): Promise<Ran> {
    const io = recordingIo({ stdin });
    const command = new Command();
    register(command, io);
    const action = command.commands.find((each) => each.name() === "certs");
    if (action === undefined) throw new Error("certs is an action");
    action.action(() => undefined).parse([...args], { from: "user" });
    let exit = 0;
    try {
      await certsAt(at, ["-"], action, io);
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      exit = error.exitCode;
      io.stderr(error.lines.map((line) => `weft: ${line}\n`).join(""));
    }
    printed.push(io.written.stdout, io.written.stderr);
    return { exit, ...io.written };
  }

  describe("ca", () => {
    it("writes a key for its owner alone, in PKCS#8, and says what it is for", async () => {
      const made = await newFolder();
      const { exit, stdout, stderr } = await weft(["ca", "--cert-file", made.at("c"), "--key-file", made.at("k")]);
      expect([exit, stdout]).to.deep.equal([0, ""]);
      expect(stderr).to.equal(
        `weft: ${made.at("k")} signs certificates: whoever has it can be any Service\n` +
          "weft: keep it where no pod reads it, and out of the cluster; weft puts it nowhere else\n",
      );
      expect((await lstat(made.at("k"))).mode & 0o777).to.equal(0o600);
      expect(await readFile(made.at("k"), "utf8")).to.match(/^-----BEGIN PRIVATE KEY-----\n/);
      await made.destroy();
    });

    const there: readonly [claim: string, prepare: (made: Folder) => Promise<void>, file: string][] = [
      ["a key", (made) => made.write("k", "x"), "k"],
      ["a certificate", (made) => made.write("c", "x"), "c"],
      ["a link that leads nowhere", (made) => symlink("/nowhere/at/all", made.at("k")), "k"],
    ];
    for (const [claim, prepare, file] of there) {
      it(`never writes over ${claim}, and leaves nothing else behind`, async () => {
        const made = await newFolder();
        await prepare(made);
        const { exit, stderr } = await weft(["ca", "--cert-file", made.at("c"), "--key-file", made.at("k")]);
        expect(exit).to.equal(1);
        expect(stderr).to.equal(`weft: ${made.at(file)} is there already: a root is never overwritten\n`);
        expect(await readdir(made.path)).to.deep.equal([file]);
        await made.destroy();
      });
    }

    it("writes no key where both files are one, whatever they are called", async () => {
      const made = await newFolder();
      const { stderr } = await weft(["ca", "--cert-file", made.at("k"), "--key-file", `${made.path}/./k`]);
      expect(stderr).to.include("--cert-file and --key-file are one file, expected two");
      expect(await readdir(made.path)).to.deep.equal([]);
      await made.destroy();
    });
  });

  describe("inject", () => {
    it("makes out.yaml of in.yaml (UPDATE_GOLDEN=1 npm run weft wrap inject …), again the same", async () => {
      const first = await weft(["inject", folder.at("in.yaml")]);
      expect(first.stdout).to.equal(golden("out.yaml"));
      expect(first.stderr).to.equal(
        "weft: deployment/backend: is Service backend; requests go to port 8080\n" +
          "weft: deployment/frontend: calls are wrapped; no Service selects it\n",
      );
      const second = await weft(["inject", "-"], first.stdout);
      expect(second.stdout).to.equal(first.stdout);
    });

    for (const flags of [
      [],
      ["--http-proxy"],
      ["--native-sidecar"],
      ["--discovery", "dns"],
      ["--validation", "site"],
      ["--validation", "none"],
    ]) {
      it(`comes out again by uninject, but for the port's name: ${flags.join(" ")}`, async () => {
        const { stdout } = await weft(["inject", ...flags, folder.at("in.yaml")]);
        expect((await weft(["inject", ...flags, "-"], stdout)).stdout).to.equal(stdout);
        const out = await weft(["uninject", "-"], stdout);
        expect(out.stdout.replace("      name: app\n", "")).to.equal(golden("in.yaml"));
      });
    }

    it("as JSON, and of a List", async () => {
      const items = splitDocuments(golden("in.yaml")).map(({ text }) => readDocument(text).value ?? null);
      const list = `# all\n${toYaml({ apiVersion: "v1", kind: "List", items })}`;
      const { stdout } = await weft(["inject", "-"], list);
      expect(stdout).to.match(/^# all\n/);
      expect(
        (await weft(["uninject", "-"], stdout)).stdout.replace("        name: app\n", "").replace(/ +name: app\n/, ""),
      ).to.equal(list);
      const json = await weft(["inject", "-o", "json", folder.at("in.yaml")]);
      expect(
        json.stdout
          .trim()
          .split("\n")
          .map((line) => textAt(JSON.parse(line), "kind")),
      ).to.deep.equal([
        "Service",
        "Deployment",
        "Deployment",
        "ConfigMap",
        "ConfigMap",
        "Role",
        "RoleBinding",
        "RoleBinding",
      ]);
    });

    it("tells what is left alone, and what an open admin port is", async () => {
      const input = [
        workload({ kind: "Job", name: "once" }),
        workload({ name: "off", annotations: { "linkerd.io/wrap": "disabled" } }),
      ];
      const { exit, stdout, stderr } = await weft(
        ["inject", "--admin-ip", "0.0.0.0", "-"],
        input.map(toYaml).join("---\n"),
      );
      expect(exit).to.equal(0);
      expect(stdout).to.equal(input.map(toYaml).join("---\n"));
      expect(stderr).to.equal(
        "weft: --admin-ip 0.0.0.0: whoever reaches port 9990 can stop linkerd, by /admin/shutdown\n" +
          "weft: job/once: is left alone (the sidecar would keep it from completing; --native-sidecar ends with it)\n" +
          "weft: deployment/off: is left alone (linkerd.io/wrap: disabled)\n",
      );
    });

    it("to Linkerd 2 asks for its proxy", async () => {
      const { stdout } = await weft(["inject", folder.at("in.yaml")]);
      const out = await weft(["uninject", "--to-linkerd2", "-"], stdout);
      expect(out.stdout.match(/linkerd\.io\/.*/g)).to.deep.equal([
        "linkerd.io/inject: enabled",
        "linkerd.io/inject: enabled",
      ]);
    });

    it("to Linkerd 2 makes the same of the original as of what was wrapped, again the same", async () => {
      const { stdout } = await weft(["inject", folder.at("in.yaml")]);
      const wrapped = await weft(["uninject", "--to-linkerd2", "-"], stdout);
      const original = await weft(["uninject", "--to-linkerd2", folder.at("in.yaml")]);
      expect(original.stdout).to.equal(wrapped.stdout.replace("      name: app\n", ""));
      expect(original.stderr).to.equal(
        "weft: deployment/backend: asks for Linkerd 2\nweft: deployment/frontend: asks for Linkerd 2\n",
      );
      expect((await weft(["uninject", "--to-linkerd2", "-"], original.stdout)).stdout).to.equal(original.stdout);
      expect((await weft(["uninject", "-"], golden("in.yaml"))).stdout).to.equal(golden("in.yaml"));
    });

    it("slips in annotations are told by inject and check", async () => {
      const annotations = { "linkerd.io/wrap": "Disabled", "linkerd.io/wrap-app-prt": "80" };
      const told =
        'weft: deployment/web: linkerd.io/wrap: "Disabled" is not disabled; it is ignored\n' +
        'weft: deployment/web: annotation "linkerd.io/wrap-app-prt" is unknown; did you mean linkerd.io/wrap-app-port?\n';
      for (const action of ["inject", "check"])
        expect((await weft([action, "-"], toYaml(workload({ annotations })))).stderr).to.include(told);
    });

    const asked: readonly [claim: string, given: Parameters<typeof workload>[0], inject: string, said: string][] = [
      ["ingress stays", { annotations: { "linkerd.io/inject": "ingress" } }, "ingress", "asks for Linkerd 2"],
      ["disabled does not", { annotations: { "linkerd.io/inject": "disabled" } }, "enabled", "asks for Linkerd 2"],
      [
        "what weft wrap leaves alone",
        { annotations: { "linkerd.io/wrap": "disabled" } },
        "",
        "is left alone (linkerd.io/wrap: disabled)",
      ],
      [
        "the node's network",
        { spec: { hostNetwork: true } },
        "",
        "is left alone (hostNetwork: its ports are the node's)",
      ],
      [
        "linkerd 1.x by others",
        { containers: [{ name: "l5d", image: "buoyantio/linkerd:1.7.4" }] },
        "",
        "is left alone (linkerd 1.x is there, not by weft (container l5d))",
      ],
    ];
    for (const [claim, given, inject, said] of asked) {
      it(`to Linkerd 2: ${claim}`, async () => {
        const { exit, stdout, stderr } = await weft(["uninject", "--to-linkerd2", "-"], toYaml(workload(given)));
        expect([exit, stderr]).to.deep.equal([0, `weft: deployment/web: ${said}\n`]);
        const [object] = objectsOf(stdout);
        expect(textAt(object, "spec", "template", "metadata", "annotations", "linkerd.io/inject")).to.equal(inject);
      });
    }
  });

  describe("certs", () => {
    const start = new Date();
    const later = (days: number): Date => new Date(start.getTime() + days * day);
    const withSecrets = (secrets: string): string => `${golden("in.yaml")}---\n${secrets}`;

    it("makes what is missing, then nothing until a third of the life is left, and then all", async () => {
      const first = await certs(start, caFlags(), golden("in.yaml"));
      expect(objectsOf(first.stdout).map((object) => textAt(object, "metadata", "name"))).to.deep.equal([
        "l5d-backend",
        "l5d-client.frontend",
      ]);
      const made = withSecrets(first.stdout);
      const idle = await certs(later(59), ["--ca-cert", folder.at("ca.pem")], made);
      expect([idle.exit, idle.stdout, idle.stderr]).to.deep.equal([0, "", "weft: nothing is due\n"]);
      const due = await certs(later(61), caFlags(), made);
      expect(objectsOf(due.stdout)).to.have.length(2);
      expect((await certs(start, [...caFlags(), "--all"], made)).stdout).to.include("l5d-backend");
      expect((await certs(later(61), ["--ca-cert", folder.at("ca.pem")], made)).stderr).to.equal(
        "weft: --ca-key is needed: there are certificates to be made\n",
      );
    });

    it("--check prints a table, and ends with 1 where something is to be made", async () => {
      const { stdout } = await certs(start, caFlags(), golden("in.yaml"));
      const good = await certs(start, ["--check", ...caFlags()], withSecrets(stdout));
      expect(good.exit).to.equal(0);
      const end = later(90).toISOString().slice(0, 10);
      expect(good.stdout).to.equal(
        `NAMESPACE  NAME                 ENDS        STATE\nprod       l5d-backend          ${end}  good\nprod       l5d-client.frontend  ${end}  good\n`,
      );
      const bad = await certs(start, ["--check", "--ca-cert", folder.at("ca.pem")], golden("in.yaml"));
      expect([bad.exit, bad.stdout.split("\n")[1]]).to.deep.equal([
        1,
        "prod       l5d-backend                it is missing",
      ]);
    });

    it("a root comes and goes in three runs", async () => {
      const keys = (text: string) => objectsOf(text).map((object) => textAt(object, "stringData", "key.pem"));
      const one = await certs(start, caFlags(), golden("in.yaml"));
      const both = await certs(start, [...caFlags(), "--also-trust", folder.at("new.pem")], withSecrets(one.stdout));
      expect(keys(both.stdout), "certificates and keys stay").to.deep.equal(keys(one.stdout));
      const next = await certs(
        start,
        [...caFlags("new"), "--also-trust", folder.at("ca.pem")],
        withSecrets(both.stdout),
      );
      expect(
        keys(next.stdout).filter((key) => keys(both.stdout).includes(key)),
        "all are new",
      ).to.deep.equal([]);
      const last = await certs(start, caFlags("new"), withSecrets(next.stdout));
      expect(keys(last.stdout), "certificates and keys stay").to.deep.equal(keys(next.stdout));
      expect((await certs(start, caFlags("new"), withSecrets(last.stdout))).stderr).to.equal("weft: nothing is due\n");
    });

    it("nothing is signed beyond the root's end, which is told", async () => {
      const { stdout, stderr } = await certs(later(3600), caFlags(), golden("in.yaml"));
      const end = later(3650).toISOString().slice(0, 10);
      expect(stderr).to.include(`weft: the root ends ${end}: nothing is signed beyond that\n`);
      expect(stdout).to.include(`linkerd.io/wrap-not-after: "${end}`);
    });

    it("in mode site there is one Secret for a namespace", async () => {
      const { stdout } = await certs(start, [...caFlags(), "--validation", "site"], golden("in.yaml"));
      expect(objectsOf(stdout).map((object) => textAt(object, "metadata", "name"))).to.deep.equal(["l5d-site"]);
    });
  });

  describe("arguments", () => {
    const rows: readonly [claim: string, args: () => readonly string[], exit: number, stderr: string][] = [
      ["no action", () => [], 2, "say what to do: ca, certs, inject, uninject, check, convert"],
      ["another action", () => ["injct"], 2, "unknown action of wrap injct; did you mean inject?"],
      [
        "another flag",
        () => ["inject", "--validaton", "none"],
        2,
        "unknown flag --validaton; did you mean --validation?",
      ],
      ["a flag of another action", () => ["inject", "--ca-cert", "x"], 2, "unknown flag --ca-cert"],
      [
        "another validation",
        () => ["inject", "--validation", "all"],
        2,
        '--validation: "all" is not one of service, site, none',
      ],
      [
        "a pattern without the Service",
        () => ["inject", "--common-name", "x"],
        2,
        '--common-name: expected {service} in it, got "x"',
      ],
      [
        "a pattern that makes no names",
        () => ["inject", "--common-name", "{service}_"],
        2,
        '--common-name: "{service}_" is no pattern for DNS names, such as {service}.{namespace}',
      ],
      [
        "a pattern in mode site",
        () => ["inject", "--validation", "site", "--common-name", "{service}"],
        2,
        '--common-name: "{service}" is not a DNS name, which --validation site takes: one for all, such as linkerd',
      ],
      [
        "one port twice",
        () => ["inject", "--admin-port", "4140"],
        2,
        "port 4140 is given twice; each of the four needs its own",
      ],
      ["no port", () => ["inject", "--admin-port", "0"], 2, '--admin-port: "0" is not a port from 1 to 65535'],
      ["no root", () => ["certs", "x"], 2, "required option '--ca-cert <file>' not specified"],
      [
        "no duration",
        () => ["certs", "--ca-cert", "x", "--life", "1y", "x"],
        2,
        '--life: "1y" is not a duration such as 24h or 2160h',
      ],
      [
        "a time of renewal that is no less than the life",
        () => ["certs", "--ca-cert", "x", "--life", "24h", "--renew-before", "24h", "x"],
        2,
        "--renew-before is no less than --life: every certificate would always be due",
      ],
      ["no input", () => ["inject"], 2, "please specify a kubernetes resource file, a folder, or - for standard input"],
      [
        "no input to check",
        () => ["check"],
        2,
        "name the files or folders to look at, - for standard input, or a cluster by --kubeconfig or --context",
      ],
      [
        "two files to convert",
        () => ["convert", folder.at("in.yaml"), folder.at("in.yaml")],
        2,
        "name one file with a configuration, or - for standard input",
      ],
    ];
    for (const [claim, args, exit, stderr] of rows) {
      it(claim, async () => {
        expect(await weft(args())).to.deep.equal({
          exit,
          stdout: "",
          stderr: `weft: ${stderr}\n`,
        });
      });
    }

    it("another's key", async () => {
      const args = ["certs", ...caFlags().slice(0, 3), folder.at("other.key"), folder.at("in.yaml")];
      const stderr = `weft: ${folder.at("other.key")}: does not belong to --ca-cert\n`;
      expect(await weft(args)).to.deep.equal({ exit: 1, stdout: "", stderr });
    });

    it("a key that others may read is used, and told of", async () => {
      const made = await newFolder();
      await made.write("key", await readFile(folder.at("ca.key"), "utf8"));
      await chmod(made.at("key"), 0o640);
      const args = ["certs", ...caFlags().slice(0, 3), made.at("key"), folder.at("in.yaml")];
      const { exit, stderr } = await weft(args);
      expect([exit, stderr.split("\n")[0]]).to.deep.equal([
        0,
        `weft: ${made.at("key")} may be read by others than its owner (mode 640): chmod 600`,
      ]);
      await made.destroy();
    });

    it("what cannot be read is told with its place, and nothing is printed", async () => {
      const { exit, stdout, stderr } = await weft(["inject", "-"], "a: 1\n---\nb: [\n");
      expect([exit, stdout]).to.deep.equal([1, ""]);
      expect(stderr).to.match(/^weft: standard input, document 2, line 3, column \d+: /);
    });

    it("the help of each action fits into 80 columns, and has its examples", async () => {
      for (const action of ["ca", "certs", "inject", "uninject", "check", "convert"]) {
        const { stdout } = await weft([action, "--help"]);
        expect(stdout).to.include("Examples:").and.include(`  weft wrap ${action} `);
        const help = stdout.slice(0, stdout.indexOf("Examples:"));
        expect(help.split("\n").filter((line) => line.length > 80)).to.deep.equal([]);
      }
    });
  });

  it("check ends with 1 for an error, and with 0 without one", async () => {
    await folder.write("l5d.yaml", golden("config-service.yaml"));
    expect(await weft(["check", folder.at("l5d.yaml")])).to.deep.equal({
      exit: 0,
      stdout: "",
      stderr: "weft: 1 object, 0 errors, 0 warnings\n",
    });
    await folder.write("old.yaml", golden("old-0.1.yaml"));
    const { exit, stdout, stderr } = await weft(["check", folder.at("old.yaml")]);
    expect(exit).to.equal(1);
    expect(stdout).to.include(`${folder.at("old.yaml")}: routers[0].client.tls: error: `);
    expect(stderr).to.equal("weft: 1 object, 1 error, 3 warnings\n");
  });

  it("check finds certificates of another --common-name than the configuration's", async () => {
    const { stdout: secrets } = await weft(["certs", ...caFlags(), folder.at("in.yaml")]);
    const { stdout } = await weft(["inject", "--common-name", "{service}.{namespace}", folder.at("in.yaml")]);
    expect((await weft(["check", "-"], `${secrets}---\n${stdout}`)).stdout).to.equal(
      "standard input: secret/l5d-backend: error: its certificate is for backend, and configmap/l5d-backend expects backend.prod: calls are refused; give weft wrap certs and inject the same --common-name (W-37)\n",
    );
  });

  it("check takes the namespace of objects that do not say theirs, as inject and certs do", async () => {
    const input = golden("in.yaml").replaceAll(/^ *namespace: prod\n|(?<=\{.*), namespace: prod/gm, "");
    const { stdout: secrets } = await weft(["certs", "-n", "prod", ...caFlags(), "-"], input);
    const { stdout } = await weft(["inject", "-n", "prod", "-"], input);
    expect((await weft(["check", "-n", "prod", "-"], `${secrets}---\n${stdout}`)).stdout).to.equal("");
  });

  it("check says when nothing of linkerd 1.x is there, and fails where nothing is there at all", async () => {
    expect(await weft(["check", folder.at("in.yaml")])).to.deep.equal({
      exit: 0,
      stdout: "",
      stderr:
        "weft: 3 objects, 0 errors, 0 warnings\n" +
        "weft: nothing of linkerd 1.x is among them: weft wrap inject puts it in\n",
    });
    const { stdout } = await weft(["inject", folder.at("in.yaml")]);
    expect((await weft(["check", "-"], stdout)).stderr).to.equal("weft: 8 objects, 0 errors, 0 warnings\n");
    const others = toYaml(workload({ containers: [{ name: "proxy", image: "buoyantio/linkerd:1.7.4" }] }));
    expect((await weft(["check", "-"], others)).stderr).to.equal("weft: 1 object, 0 errors, 0 warnings\n");
    expect(await weft(["check", "-"], "# nothing\n")).to.deep.equal({
      exit: 1,
      stdout: "",
      stderr: "weft: no objects were found: nothing was looked at\n",
    });
  });

  it("check of a namespace that is not there names it", async () => {
    const server = await served(fakeApi());
    await folder.write("config", server.kubeconfig);
    const { exit, stderr } = await weft(["check", "--kubeconfig", folder.at("config"), "-n", "prdo"]);
    await server.stop();
    expect([exit, stderr]).to.deep.equal([1, "weft: nothing was found in namespace prdo: is that its name?\n"]);
  });

  it("check finds the root's key in a Secret, and says nothing of it", async () => {
    const { stdout: secrets } = await weft(["certs", ...caFlags(), folder.at("in.yaml")]);
    const key = await readFile(folder.at("ca.key"), "utf8");
    const leak = toYaml({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "backup", namespace: "prod" },
      data: { k: btoa(key) },
    });
    const { exit, stdout } = await weft(["check", "-"], `${secrets}---\n${leak}`);
    expect([exit, stdout]).to.deep.equal([
      1,
      "standard input: secret/backup: k: error: holds the key of a root: whoever reads it can be any Service; rotate the root (W-18)\n",
    ]);
  });

  it("convert prints the new form, and what changed", async () => {
    await folder.write("old.yaml", golden("old-0.1.yaml"));
    const { exit, stdout, stderr } = await weft(["convert", folder.at("old.yaml")]);
    expect(exit).to.equal(0);
    expect(readDocument(stdout).value).to.deep.equal(readDocument(golden("old-0.1.converted.yaml")).value);
    expect(stderr).to.include("weft: routers[0].baseDtab: is dtab now\n");
    expect((await weft(["convert", "-"], stdout)).stderr).to.equal("weft: it is of 1.x already, and stays as it is\n");
  });

  // Behind all that ran before it.
  describe("the root's key", () => {
    it("is in nothing that any action prints, in whatever form", async () => {
      const everything = printed.join("\n");
      expect(everything.length).to.be.greaterThan(10_000);
      for (const name of ["ca", "new", "other"]) {
        const pem = await readFile(folder.at(`${name}.key`), "utf8");
        const lines = pem.split("\n").filter((line) => line !== "" && !line.startsWith("---"));
        const jwk = createPrivateKey(pem).export({ format: "jwk" });
        const forms = [
          ...lines,
          jwk.d ?? "-",
          btoa(pem).slice(40, 200),
          Buffer.from(jwk.d ?? "", "base64url").toString("hex"),
        ];
        expect(forms.filter((form) => everything.includes(form))).to.deep.equal([]);
      }
    });
  });
});
