import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { run } from "../../../src/cli/program.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { newFolder } from "../../support/folder.ts";
import type { Folder } from "../../support/folder.ts";
import { podObject, recorded, shopObjects } from "../../support/recorded-traffic.ts";
import { recordingIo } from "../../support/recording-io.ts";
import { trafficCluster } from "../../support/traffic-cluster.ts";
import type { PageOf, TrafficCluster } from "../../support/traffic-cluster.ts";
import type { Refuse } from "../../support/kubelet.ts";
import { until } from "../../support/until.ts";

const pageOf: PageOf = ({ name }) => recorded(`metrics-${name.startsWith("backend") ? "backend" : "frontend"}.txt`);
const table = recorded("expected-edges.txt");

describe("weft edges", () => {
  let files: Folder | undefined;
  const folder = (): string => files?.path ?? "";
  beforeEach(async () => {
    files = await newFolder();
  });
  afterEach(() => files?.destroy());
  let cluster: TrafficCluster | undefined;
  afterEach(async () => {
    await cluster?.stop();
    cluster = undefined;
  });
  const clusterOf = async (objects = shopObjects, pages = pageOf, refuse?: Refuse): Promise<TrafficCluster> =>
    (cluster = await trafficCluster(folder(), objects, pages, refuse));

  const weft = async (words: readonly string[], given: Parameters<typeof recordingIo>[0] = {}) => {
    const io = recordingIo(given);
    const code = await run([...words, ...(cluster === undefined ? [] : ["--kubeconfig", cluster.kubeconfig])], io);
    return { code, ...io.written };
  };

  it("is the table of what the pods' proxies tell the second time, and hints", async () => {
    const { asked, forwards } = await clusterOf(shopObjects, (pod, times) =>
      // What a proxy tells first has what ended long ago.
      times === 0
        ? `${pageOf(pod, 0)}tcp_open_total{direction="outbound",peer="dst",dst_namespace="x",dst_pod="x",tls="true"} 1\n`
        : pageOf(pod, 1),
    );
    const { code, stdout, stderr } = await weft(["edges", "-n", "shop"]);
    expect(stdout).to.equal(table);
    expect(stderr).to.match(/^weft: No TLS From Remote: .*\nweft: Port Skipped: .*\nweft: Not Provided .*\n$/);
    expect(code).to.equal(0);
    expect(asked.toSorted()).to.deep.equal(
      ["backend", "backend", "frontend", "frontend"].map((name) => `shop/${name}/metrics`),
    );
    await until(() => forwards.open() === 0);
  });

  const words: [claim: string, words: string[], stdout: string | RegExp][] = [
    ["takes the words of Linkerd's command", ["viz", "-n", "shop", "edges", "deployment"], table],
    ["takes a short name of a kind", ["edges", "deploy", "-n", "shop"], table],
    ["asks all namespaces", ["edges", "-A"], table],
    ["asks the namespace of the context, else default", ["edges"], ""],
    ["chooses by labels", ["edges", "-n", "shop", "-l", "app=nobody"], ""],
    ["is wide", ["edges", "-A", "-o", "wide"], recorded("expected-edges-wide.txt")],
    ["is JSON", ["edges", "-A", "-o", "json"], /"no_tls_reason": "not_provided_by_service_discovery"/],
  ];
  for (const [claim, line, stdout] of words)
    it(claim, async () => {
      await clusterOf();
      const written = await weft(line);
      if (typeof stdout === "string") expect(written.stdout).to.equal(stdout);
      else expect(written.stdout).to.match(stdout);
      if (stdout === "") expect(written.stderr).to.equal("No edges found.\n");
      expect(written.code).to.equal(0);
    });

  it("has one default of --window in its help", async () => {
    const { stdout } = await weft(["edges", "--help"]);
    expect(stdout)
      .to.match(/--window [^]*\(default: all since the\s+proxies began\)/)
      .and.not.contain('"0s"');
  });

  const early: [words: string[], message: string][] = [
    [["identity", "status", "--wait", "x", "--kubeconfig", "/nope"], '--wait: "x" is not a duration such as 30s or 2m'],
    [["completion"], "name the shell: bash, zsh, fish"],
    [["tap", "deploy/web", "--max-rps", "x", "--kubeconfig", "/nope"], '--max-rps: "x" is not a number above 0'],
    [["top", "deploy/web", "--max-rps", "x", "--kubeconfig", "/nope"], '--max-rps: "x" is not a number above 0'],
  ];
  for (const [line, message] of early)
    it(`judges what is typed before a cluster is opened: ${line.join(" ")}`, async () => {
      expect(await weft(line)).to.deep.equal({ code: 2, stdout: "", stderr: `weft: ${message}\n` });
    });

  it("help docs fits 80 columns", async () => {
    const { stdout } = await weft(["help", "docs"]);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).to.be.at.most(80);
  });

  const wrong: [words: string[], message: string][] = [
    [["deploy/web"], "a name after the kind: edges are of all deployments; choose pods by -l"],
    [["deploy", "web"], "a name after the kind: edges are of all deployments; choose pods by -l"],
    [
      ["svc"],
      '"svc" is no kind of workload, expected pod, deployment, daemonset, statefulset, replicaset, replicationcontroller, job or cronjob',
    ],
    [["--at-once", "0"], '--at-once: "0" is no number from 1 to 99'],
    [["--window", "1h"], '--window: "1h" is no duration from 0s to 10m'],
    [["--objects", "x"], "--objects goes with --pages"],
    [["--pages", "x"], "--pages needs --objects FILE: whose pages these are"],
    [["-n", "a", "-A"], "--namespace and --all-namespaces: one of them"],
  ];
  for (const [line, message] of wrong)
    it(`refuses ${line.join(" ")}`, async () => {
      expect(await weft(["edges", ...line])).to.deep.equal({ code: 2, stdout: "", stderr: `weft: ${message}\n` });
    });

  describe("who cannot be read", () => {
    const forbidden = (name: string): string =>
      `pods "${name}" is forbidden: User "me" cannot get resource "pods/portforward" in API group "" in the namespace "shop"`;
    const refuse: Refuse = ({ url }) => {
      const [, name = ""] = /pods\/([^/]+)\//.exec(url ?? "") ?? [];
      return { status: 403, body: JSON.stringify({ kind: "Status", message: forbidden(name), code: 403 }) };
    };

    it("is named in one line with the API server's words and what would help; nobody read is a failure", async () => {
      await clusterOf(shopObjects, pageOf, refuse);
      const { code, stdout, stderr } = await weft(["edges", "-n", "shop"]);
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
      expect(stderr).to.equal(
        `weft: 2 of 2 pods could not be read (shop/backend, shop/frontend): ${forbidden("backend")}; ClusterRole weft-viewer has that right, for whom you bind it to\n`,
      );
    });

    it("is named, and the others are shown", async () => {
      const objects = [...shopObjects, podObject("gone"), podObject("odd")];
      await clusterOf(objects, (pod, times) => {
        if (pod.name === "gone") return "!failed to connect to localhost:4191: connection refused";
        return pod.name === "odd" ? "<html>" : pageOf(pod, times);
      });
      const { code, stdout, stderr } = await weft(["edges", "-n", "shop"]);
      expect({ code, stdout }).to.deep.equal({ code: 0, stdout: table });
      expect(stderr).to.contain(
        "weft: 1 of 4 pods could not be read (shop/gone): failed to connect to localhost:4191: connection refused\n",
      );
      expect(stderr).to.contain(
        "weft: 1 of 4 pods could not be read (shop/odd): port 4191 serves no metrics of a proxy\n",
      );
    });

    it("are all of them where pods cannot be listed", async () => {
      const { api } = await clusterOf();
      const message = 'pods is forbidden: User "me" cannot list resource "pods"';
      api.answerWith(() => ({ status: 403, body: { kind: "Status", message } }));
      const { code, stderr } = await weft(["edges", "-n", "shop"]);
      expect(code).to.equal(1);
      expect(stderr).to.contain(message);
    });
  });

  it("reads ten pods at a time, and says on a terminal how many", async () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      podObject(`${index % 2 === 0 ? "frontend" : "backend"}-${index}`, {
        ip: `10.98.0.${index}`,
        account: index % 2 === 0 ? "frontend" : "backend",
      }),
    );
    const { forwards } = await clusterOf(many);
    const lines: (string | undefined)[] = [];
    const { code } = await weft(["edges", "-A"], { progress: (line) => lines.push(line) });
    expect(code).to.equal(0);
    expect(forwards.most()).to.equal(10);
    expect(lines).to.deep.equal([...many.map((_, index) => `pods read: ${index + 1} of 40`), undefined]);
    await until(() => forwards.open() === 0);
  });

  it("asks before it reads more than 500 pods", async () => {
    const many: JsonObject[] = Array.from({ length: 501 }, (_, index) => podObject(`p-${index}`));
    const { forwards } = await clusterOf(many);
    const { code, stderr } = await weft(["edges", "-A"]);
    expect({ code, stderr }).to.deep.equal({
      code: 1,
      stderr: "weft: 501 pods would be read, more than 500: choose by -n or -l, or give --all-pods\n",
    });
    expect(forwards.most()).to.equal(0);
  });

  it("closes every forward when the user ends it", async () => {
    const ending = new AbortController();
    const { forwards } = await clusterOf(shopObjects, (pod, times) => {
      if (times > 0) ending.abort();
      return pageOf(pod, times);
    });
    const { code, stdout } = await weft(["edges", "-A"], { signal: ending.signal });
    expect({ code, stdout }).to.deep.equal({ code: 130, stdout: "" });
    await until(() => forwards.open() === 0);
  });

  // Escape (OSC and CSI by it), C1, marks and overrides of the reading direction, line ends.
  const evil = ["\u001B[2J", "\u001B]0;x\u0007", "\u009B2J", "\u202E", "\u200F", "\u2028", "\u007F", "\r", "\b"];
  for (const words of [["edges", "-o", "wide"], ["edges", "-o", "json"], ["edges"]])
    it(`${words.join(" ")} writes what controls a terminal as escapes, wherever it stands`, async () => {
      const label = (name: string): string => `${name}="${evil.join(name)}"`;
      const target = ["dst_pod", "server_id", "sni"].map(label).join(",");
      const page = [
        "process_start_time_seconds 1",
        `tcp_open_total{direction="outbound",peer="dst",dst_namespace="x",${target},${label("tls")}} 1`,
        `tcp_open_total{direction="outbound",peer="dst",${label("dst_namespace")},${target},tls="true"} 0`,
        `tcp_open_total{direction="outbound",peer="dst",${label("authority")},tls="opaque",${label("sni")}} 1`,
        `tcp_open_total{direction="inbound",peer="src",tls="true",${label("client_id")}} 1`,
        `request_total{direction="inbound",${label("no_tls_reason")}} 1`,
      ];
      const named = evil.map((text, index) =>
        podObject(`p${index}`, { account: text, owner: { kind: text, name: text } }),
      );
      await clusterOf([...shopObjects, ...named], () => `${page.join("\n")}\n`);
      const { stdout, stderr } = await weft([...words, "-A"]);
      expect(stdout + stderr).not.to.match(/[^\P{Cc}\n]|[\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/u);
      expect(stdout).to.contain(String.raw`\u009b2J`);
      if (words.includes("json")) expect(JSON.stringify(JSON.parse(stdout))).to.contain("\u202E");
    });

  describe("of saved pages", () => {
    const saved = (texts: Readonly<Record<string, string>>, objects: string): string[] => {
      const pages = join(folder(), "pages");
      mkdirSync(pages, { recursive: true });
      for (const [name, text] of Object.entries(texts)) writeFileSync(join(pages, name), text);
      writeFileSync(join(folder(), "objects"), objects);
      return ["--pages", pages, "--objects", join(folder(), "objects")];
    };
    const list = JSON.stringify({ kind: "PodList", apiVersion: "v1", items: shopObjects });
    const both = {
      "shop.frontend.txt": recorded("metrics-frontend.txt"),
      "shop.backend.txt": recorded("metrics-backend.txt"),
    };

    it("wraps its notes on a terminal alone", async () => {
      const flags = saved(both, list);
      const longest = (text: string): number => Math.max(...text.split("\n").map((line) => line.length));
      expect(longest((await weft(["edges", ...flags], { columns: 80 })).stderr)).to.be.at.most(80);
      expect(longest((await weft(["edges", ...flags])).stderr)).to.be.above(100);
    });

    it("is the same table", async () => {
      expect((await weft(["edges", ...saved(both, list)])).stdout).to.equal(table);
    });

    it("takes the objects as YAML, and a namespace and labels of them", async () => {
      const yaml = shopObjects.map((object) => JSON.stringify(object)).join("\n---\n");
      const flags = saved(both, yaml);
      expect((await weft(["edges", "-n", "shop", "-l", "app!=nobody", ...flags])).stdout).to.equal(table);
      expect((await weft(["edges", "-n", "other", ...flags])).stdout).to.equal("");
    });

    const rows: [claim: string, files: Readonly<Record<string, string>>, objects: string, message: RegExp][] = [
      [
        "no page at all",
        { "shop.backend.txt": "<html>", "shop.frontend.txt": "" },
        list,
        /^weft: 2 of 2 pods could not be read \(shop\/frontend, shop\/backend\): \S+\.txt: no page of a proxy's metrics/,
      ],
      ["no objects", both, "{", /objects: line 1/],
    ];
    for (const [claim, files, objects, message] of rows)
      it(`fails by ${claim}`, async () => {
        const { code, stdout, stderr } = await weft(["edges", ...saved(files, objects)]);
        expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
        expect(stderr).to.match(message);
      });

    const cut = { ...both, "shop.backend.txt": "<html>" };
    const apart: [claim: string, files: Readonly<Record<string, string>>, words: string[], said: RegExp][] = [
      [
        "a page of nobody",
        { ...both, "shop.x.txt": both["shop.backend.txt"] },
        [],
        /^weft: left out: \S+shop\.x\.txt: no pod of that name in \S+objects, expected NAMESPACE\.POD\.txt\n/,
      ],
      [
        "a page that was cut short",
        cut,
        [],
        /^weft: 1 of 2 pods could not be read \(shop\/backend\): \S+shop\.backend\.txt: no page of a proxy's metrics: process_start_time_seconds is missing\n/,
      ],
      ["a page of a pod that is not asked for", cut, ["-l", "app=frontend"], /^(?!.*could not be read)/s],
    ];
    for (const [claim, files, words, said] of apart)
      it(`names ${claim}, and shows the others`, async () => {
        const { code, stdout, stderr } = await weft(["edges", ...words, ...saved(files, list)]);
        expect(code).to.equal(0);
        expect(stdout).to.contain("frontend");
        expect(stderr).to.match(said);
      });

    it("says of a folder and a file that are not there what other commands say", async () => {
      const [, pages = "", , objects = ""] = saved(both, list);
      const missing = [
        ["--pages", "nope", "--objects", objects],
        ["--pages", pages, "--objects", "nope"],
      ];
      for (const flags of missing)
        expect(await weft(["edges", ...flags])).to.deep.equal({
          code: 1,
          stdout: "",
          stderr: "weft: nope: there is no such file\n",
        });
    });
  });
});
