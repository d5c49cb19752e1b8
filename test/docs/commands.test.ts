/**
 * Every command that a page shows is run: as it stands in a "```console" block, by a test that takes the line from its page,
 * or here, against clusters in memory. What no test can run stands in a table, with the reason.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { readFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { run } from "../../src/cli/program.ts";
import { defaultValues } from "../../src/core/inject/settings/defaults.ts";
import { readDocument } from "../../src/core/documents/document.ts";
import { splitDocuments } from "../../src/core/documents/stream.ts";
import { toYaml } from "../../src/core/documents/yaml-text.ts";
import { isObject } from "../../src/core/base/json/json.ts";
import type { Json } from "../../src/core/base/json/json.ts";
import { names } from "../../src/core/install/names.ts";
import { served } from "../support/api-http.ts";
import type { Served } from "../support/api-http.ts";
import { addLinkerd, emptyCluster, material, put } from "../support/check-cluster.ts";
import type { FakeCluster, Material } from "../support/check-cluster.ts";
import { deployment, shopMesh } from "../support/data-plane.ts";
import { recordingIo } from "../support/recording-io.ts";
import { sessionOf } from "../support/session.ts";

const root = new URL("../../", import.meta.url);
const pages = [
  "README.md",
  ...readdirSync(new URL("docs/", root))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const textOf = (path: string): string => readFileSync(new URL(path, root), "utf8");

/** Lines of "```sh" blocks, and what follows "$ " in other blocks, without comments. */
function commandsOf(page: string): readonly { readonly line: string; readonly isConsole: boolean }[] {
  return [...textOf(page).matchAll(/^```([a-z]+)\n(.*?)^```$/gms)].flatMap(([, language = "", text = ""]) => {
    const lines = text.replaceAll(/\\\n */g, "").split("\n");
    const typed = language === "sh" ? lines : lines.flatMap((line) => (line.startsWith("$ ") ? [line.slice(2)] : []));
    return typed
      .map((line) => line.replace(/ +# .*$/, "").trim())
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => ({ line, isConsole: language === "console" }));
  });
}

interface Taking {
  readonly test: string;
  /** Finds the groups `line`, and `page` where the test names it. */
  readonly call: RegExp;
  readonly page: string;
  /** Whether a line of the page is typed where the test has this text. */
  readonly takes: (page: string, line: string, text: string) => boolean;
}

/** Other tests that take lines from pages. */
const takings: readonly Taking[] = [
  {
    test: "test/e2e/first-week.e2e.ts",
    call: /typed\((?:"(?<page>[^"]+)"|page), "(?<line>[^"]+)"\)/g,
    page: "docs/identity-rotation.md",
    takes: (_, line, text) => line.startsWith(text),
  },
  {
    test: "test/api/settings.api.ts",
    call: /linesOf\("(?<page>[^"]+)", "(?<line>[^"]+)"\)/g,
    page: "",
    takes: (page, line, text) => blockWith(page, text).includes(line),
  },
  {
    test: "test/api/migration.api.ts",
    call: /line\("(?<line>[^"]+)"\)|"(?<part>(?:> |weft )[^"]+)"/g,
    page: "docs/scope.md",
    takes: (_, line, text) => line.includes(text),
  },
];

const isTaken = (page: string, line: string): boolean =>
  takings.some(({ test, call, takes, ...other }) =>
    [...textOf(test).matchAll(call)].some(({ groups = {} }) => {
      const named = groups["page"] ?? other.page;
      const where = named.endsWith(".md") && !named.includes("/") && named !== "README.md" ? `docs/${named}` : named;
      return where === page && takes(page, line, groups["line"] ?? groups["part"] ?? "\n");
    }),
  );

/** All lines of the block that has this one. */
const blockWith = (page: string, line: string): readonly string[] =>
  [...textOf(page).matchAll(/^```sh\n([^]*?)^```$/gm)]
    .flatMap(([, text = ""]) => (text.includes(line) ? [text.split("\n")] : []))
    .flat()
    .map((each) => each.replace(/ +# .*$/, "").trim());

const serves = "serves until it is stopped; the webhook as a process is tried in test/api and test/e2e";
const kubectl = "kubectl's own, in a cluster of the reader's";
const builds = "builds or starts this repository, as CI does";

/** Beginnings of lines that no test types, and why. */
const cannot: readonly (readonly [start: string, why: string])[] = [
  ["npm ", builds],
  ["docker ", "needs docker and a registry"],
  ["weft webhook ", serves],
  ["WEFT_SETTINGS=values.yaml weft webhook ", serves],
  ["curl ", "asks a pod"],
  ["cp keys/", "copies a file"],
  ["linkerd install", "is Linkerd's command"],
  ["kubectl apply -f https://", "is downloaded"],
  ["openssl ", "is OpenSSL's; certificates like these are made in test/support/certificates.ts"],
  ["printf ", "writes a file for it"],
  [
    "kubectl -n weft patch secret weft-ca ",
    "destroys a CA's key; the objects are changed so in test/api/certificates.api.ts",
  ],
  ["kubectl -n weft get secret weft-ca -o json | jq", "needs jq; likewise"],
  ["helm ", "needs a cluster; test/api/helm.api.ts does the same by helm"],
  ["for kind in ", kubectl],
  ["done", kubectl],
  ["kubectl ", kubectl],
  [
    "sed s#weft:0.1.0#registry.example/weft:0.1.0# manifests/demo/opaque-split.yaml",
    "has an image of the reader's; test/e2e/proxy/split.e2e.ts splits with real proxies",
  ],
  ["weft edges --pages", "reads pages of proxies that somebody saved; its own tests do so"],
  ["weft debug ", "needs a node; test/e2e/cluster/debug.e2e.ts and test/cli/debug do it"],
  ["tshark ", "is typed in a debug container; test/e2e/cluster/debug.e2e.ts does so"],
  ["weft tap ", "needs a proxy; test/e2e and test/cli/tap do it"],
  ["weft dashboard", "serves a page until it is stopped; test/cli/dashboard and test/e2e/page do it"],
  ["weft rules pod/web -n shop --check --netns", "needs a node and root; test/e2e/redirect does it"],
];

type World = "empty" | "linkerd" | "shop";

/** Where a line is run, by its beginning; the first that fits. */
const worlds: readonly (readonly [start: string, world: World])[] = [
  ["weft check --pre --adopt-linkerd", "linkerd"],
  ["weft install --adopt-linkerd", "linkerd"],
  ["weft install --set proxy.imagee", "empty"],
  ["weft install > weft.yaml", "shop"],
  ["weft install", "empty"],
  ["weft check --pre", "empty"],
  ["weft", "shop"],
];

/** What a line ends with there, by its beginning; the first that fits, 0 without one. */
const ends: readonly (readonly [start: string, exit: number, why: string])[] = [
  ["weft install > weft.yaml", 1, "weft is installed already, which is what the page shows"],
  ["weft install --webhook-client-ca", 1, "the file is the reader's"],
  ["weft identity rotate issuer --dry-run", 1, "a pod does not trust the anchor"],
  ["weft edges deployment -n shop", 1, "no proxy answers"],
  ["weft tap", 1, "no proxy runs"],
  ["weft top", 1, "no proxy runs"],
  ["weft wrap certs --context prod --check --ca-cert cacertificate.pem app.yaml ||", 0, "the second makes them"],
  ["weft wrap certs --context prod --check", 1, "there are no Secrets yet"],
  ["weft check --pre", 0, "the cluster is empty"],
  ["weft check", 1, "there are broken pods"],
  ["weft upgrade -o yaml | kubectl apply -f - && weft upgrade --wait", 1, "no pods follow a Deployment there"],
  ["weft upgrade --ha --set", 1, "likewise"],
  ["weft install --set proxy.imagee", 2, "it is mistyped"],
];

interface Done {
  readonly exit: number;
  readonly stderr: string;
}

const rowFor = <Row extends readonly [start: string, ...rest: unknown[]]>(
  line: string,
  rows: readonly Row[],
): Row | undefined => rows.find(([start]) => line.startsWith(start));

const lineOf = ({ line }: { readonly line: string }): string => line;

/** What kubectl is given has to be an object at least. */
function applied(command: string, object: Json, cluster: FakeCluster): void {
  expect(isObject(object), command).to.equal(true);
  if (command.startsWith("kubectl apply ") && isObject(object)) put(cluster, object);
}

const app = toYaml(deployment("web"));

describe("docs: commands", () => {
  const all = pages.flatMap((page) => commandsOf(page).map((command) => ({ page, ...command })));
  const taken = new Set(all.filter(({ page, line, isConsole }) => isConsole || isTaken(page, line)).map(lineOf));
  const left = [...new Set(all.map(lineOf))].filter((line) => !taken.has(line));
  const here = left.filter((line) => rowFor(line, cannot) === undefined);

  it("are run by a test, or are known to be no test's", () => {
    expect(
      here.filter((line) => !line.startsWith("weft ")),
      "lines that nothing runs",
    ).to.deep.equal([]);
    expect(taken.size).to.be.greaterThan(20);
  });

  it("are not excused for nothing", () => {
    const used = new Set(left.flatMap((line) => [rowFor(line, cannot), rowFor(line, ends)]));
    expect([...cannot, ...ends].filter((row) => !used.has(row))).to.deep.equal([]);
  });

  describe("run here", function () {
    this.timeout(30_000);
    let made: Material;
    let folder: string;
    const whereItWas = process.cwd();
    const servers: Served[] = [];
    before(async () => {
      made = await material();
    });
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "weft-commands-"));
      const files: Readonly<Record<string, string>> = {
        "app.yaml": app,
        "web.yaml": app,
        "manifests/app.yaml": app,
        "values.yaml": toYaml(defaultValues),
        "mesh.yaml": "proxy:\n  logLevel: warn\n",
        "ca.crt": made.trustAnchor,
        "cluster.yaml": "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n",
        "reviews.jsonl": "",
      };
      await mkdir(join(folder, "manifests"));
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
      process.chdir(folder);
    });
    afterEach(async () => {
      process.chdir(whereItWas);
      await Promise.all(servers.splice(0).map((server) => server.stop()));
      await rm(folder, { recursive: true });
    });

    async function clusterOf(world: World): Promise<FakeCluster> {
      if (world === "shop") {
        const { cluster } = await shopMesh(made);
        for (const name of ["web", "stock", "mail"]) put(cluster, deployment(name));
        return cluster;
      }
      const cluster = emptyCluster();
      if (world === "linkerd") addLinkerd(cluster, made);
      return cluster;
    }

    /** Commands of weft's, with redirections and pipes; what is given to kubectl is read, and no more. */
    async function typed(line: string): Promise<Done> {
      return typedAt(await clusterOf(worlds.find(([start]) => line.startsWith(start))?.[1] ?? "shop"), line);
    }

    async function typedAt(cluster: FakeCluster, line: string): Promise<Done> {
      const server = await served(cluster.api);
      servers.push(server);
      await writeFile("config", server.kubeconfig.replaceAll('"one"', '"prod"'));
      let said = "";
      for (const command of line.replace(/--wait \S+/, "--wait 1s").split(" && ")) {
        const done = await firstThatWorks(command.split(" || "), cluster);
        said += done.stderr;
        if (done.exit !== 0) return { exit: done.exit, stderr: said };
      }
      return { exit: 0, stderr: said };
    }

    async function firstThatWorks(commands: readonly string[], cluster: FakeCluster): Promise<Done> {
      let [exit, said] = [0, ""];
      for (const command of commands) {
        const done = await piped(command, cluster);
        exit = done.exit;
        said += done.stderr;
        if (exit === 0) break;
      }
      return { exit, stderr: said };
    }

    async function piped(command: string, cluster: FakeCluster): Promise<Done> {
      let [stdin, said] = ["", ""];
      for (const part of command.split(" | ")) {
        if (part.startsWith("kubectl ")) {
          if (stdin === "") return { exit: 1, stderr: "error: no objects passed to apply\n" };
          for (const { text } of splitDocuments(stdin)) applied(part, readDocument(text).value ?? null, cluster);
          continue;
        }
        const [, words = "", direction, file = ""] = /^(.*?)(?: ([<>]) (\S+))?$/.exec(part) ?? [];
        if (direction === "<") stdin = await readFile(file, "utf8");
        const io = recordingIo({ stdin, version: "0.1.0", env: { KUBECONFIG: join(folder, "config") } });
        const exit = await run(words.split(" ").slice(1), io);
        said += io.written.stderr;
        if (exit !== 0) return { exit, stderr: said + io.written.stdout };
        stdin = io.written.stdout;
        if (direction === ">") await writeFile(file, stdin);
      }
      return { exit: 0, stderr: said };
    }

    for (const line of here) {
      const [, wanted = 0, why = ""] = rowFor(line, ends) ?? [];
      it(`${line}${wanted === 0 ? "" : ` fails: ${why}`}`, async () => {
        if (line.startsWith("weft wrap")) await wrapFiles(line);
        if (line.includes("keys/")) await run(["identity", "make", "keys"], recordingIo());
        if (line.includes("weft-anchor.key")) await writeFile("weft-anchor.key", made.anchorKey);
        if (line.includes("--settings mesh.yaml")) await writeFile("mesh.yaml", await meshFile());
        const { exit, stderr } = await typed(line);
        expect(exit, stderr).to.equal(wanted);
      });
    }

    it("the daily renewal of docs/wrap.md ends with 0 when nothing is due, too", async () => {
      const line = here.find((each) => each.includes(" || weft wrap certs ")) ?? "";
      await wrapFiles(line);
      const cluster = await clusterOf("shop");
      const first = await typedAt(cluster, line);
      expect([first.exit, first.stderr.match(/: made, until/g)]).to.deep.equal([0, [": made, until", ": made, until"]]);
      expect(await typedAt(cluster, line)).to.deep.equal({ exit: 0, stderr: "" });
    });

    /** Those of the page, and the roots that an earlier line of it makes. */
    async function wrapFiles(line: string): Promise<void> {
      for (const { name, text } of sessionOf(textOf("docs/wrap.md")).files) await writeFile(name, text);
      if (line.startsWith("weft wrap ca ")) return;
      for (const [certificate, key] of [
        ["cacertificate.pem", "cakey.pem"],
        ["new.pem", "new-key.pem"],
      ] as const)
        await run(["wrap", "ca", "--cert-file", certificate, "--key-file", key], recordingIo());
    }

    const shown = pages.flatMap((page) =>
      [...textOf(page).matchAll(/(?<!-->\n\n)^```text\n\$ (weft (?:install|check|upgrade).*)\n([^]*?)^```$/gm)].map(
        ([, line = "", text = ""]) => ({ page, line, text }),
      ),
    );
    for (const { page, line, text } of shown) {
      it(`${line} prints what ${page} shows of it`, async () => {
        const { stderr } = await typed(line);
        expect(stderr.split("\n")).to.include.members(text.trimEnd().split("\n"));
      });
    }
    it("outputs are compared", () => expect(shown.length).to.be.greaterThan(1));

    /** As `kubectl get` prints the two ConfigMaps. */
    async function meshFile(): Promise<string> {
      const { api } = await clusterOf("shop");
      const configMaps = [names.settings, names.trustAnchors].map(
        (name) => api.stored(`/api/v1/namespaces/weft/configmaps/${name}`) ?? null,
      );
      return toYaml({ apiVersion: "v1", kind: "List", items: configMaps });
    }
  });
});
