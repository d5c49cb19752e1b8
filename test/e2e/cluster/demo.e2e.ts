/**
 * `make kind`, all of it but kind and docker: their places are taken by programs that note what they were asked for, and
 * that give this cluster.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { deleteNamespaces, image, root, run } from "./kubectl.ts";

const standIn = "test/e2e/stand-in";
const stubs = fileURLToPath(new URL("stubs", import.meta.url));

describe("make kind", () => {
  const folder = mkdtempSync(join(tmpdir(), "weft-kind-"));
  const calls = join(folder, "calls");
  let shown = "";
  before(async () => {
    const { PATH, KUBECONFIG } = process.env;
    const environment = {
      PATH: `${stubs}:${PATH}`,
      STUB_CALLS: calls,
      STUB_KUBECONFIG: KUBECONFIG,
      LINKERD2_PROXY: `${root}${standIn}/proxy.py`,
    };
    const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    ({ out: shown } = await run("env", [...settings, `${root}scripts/kind`]));
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await deleteNamespaces("demo");
  });

  it("creates a cluster, builds each image in its context, and loads them", () => {
    const asked = readFileSync(calls, "utf8")
      .replaceAll(/\/\S+\/(?=\S+\.tar)/g, "")
      .trim()
      .split("\n");
    const contexts = [
      ["weft", "images/weft", "."],
      ["weft-init", "images/init", "images/init"],
      ["weft-debug", "images/debug", "images/debug"],
      ["weft-stand-in", standIn, standIn],
    ] as const;
    expect(asked).to.deep.equal([
      "kind get clusters",
      "kind create cluster --name weft --wait 120s",
      "kind get kubeconfig --name weft",
      ...contexts.flatMap(([name, source, context]) => [
        "docker info",
        `docker build --tag ${image(name)} --file ${source}/Dockerfile ${context}`,
        // The real proxy's image has one layer more.
        ...(source === standIn ? [`docker build --tag ${image(name)} --file - ${root}${standIn}`] : []),
        `docker save --output ${name}.tar ${image(name)}`,
        `kind load image-archive --name weft ${name}.tar`,
      ]),
    ]);
  });

  const rows: readonly [claim: string, expected: RegExp][] = [
    ["the server's pod has the proxy", /^web-\S+ +Running +linkerd-init,linkerd-proxy +web$/m],
    ["so has the job's, and it has ended", /^once-\S+ +Succeeded +linkerd-init,linkerd-proxy +once$/m],
    ["events say what weft did", /Injected +deployment\/web /],
    ["a connection left through the visitor's proxy", /^visitor-\S+ outbound \S+ [1-9]\d*$/m],
    ["and came in through the server's", /^web-\S+ inbound \S+:8080 [1-9]\d*$/m],
  ];
  for (const [claim, expected] of rows) {
    it(claim, () => {
      expect(shown).to.match(expected);
    });
  }
});
