/**
 * Settings, trust anchors and issuer on a real API server: a change is used by every replica at once, although nobody
 * plays the kubelet that would change what is mounted; and the lines of the pages do, as they stand there, what the pages
 * say. In the place of controllers and kubelets the test makes pods anew, and passes on what they say of themselves.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { issuerFiles, newAuthorities } from "../../src/cli/issuer-files.ts";
import { names } from "../../src/core/install/names.ts";
import { asObject } from "../../src/core/base/json/edit.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { sha256 } from "../../src/files/sha256.ts";
import { startApiProxy } from "./harness/api-proxy.ts";
import type { ApiProxy } from "./harness/api-proxy.ts";
import { eventually, good, run } from "./harness/cluster.ts";
import type { Ran } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { asking, containersOf, pod, workload } from "./harness/pods.ts";
import { mount, startController } from "./harness/replica.ts";
import type { Running } from "./harness/replica.ts";
import { argsOf, installWeft } from "./harness/weft.ts";
import type { Weft } from "./harness/weft.ts";

const namespace = "live-weft";
const shop = "shop";
const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
const settings = `${configMaps}/${names.settings}`;
const roots = `${configMaps}/${names.trustAnchors}`;
const merge = "application/merge-patch+json";

/** The lines of the block of a page that has this one. */
function linesOf(page: string, line: string): readonly string[] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
  const [block = ""] = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, found = ""]) =>
    found.includes(line) ? [found] : [],
  );
  return block.trimEnd().split("\n");
}

describeOnApi("settings, anchors and issuer at once", (api) => {
  let proxy: ApiProxy;
  let weft: Weft;
  let controllers: readonly Running[] = [];
  let env: NodeJS.ProcessEnv;
  let folder: string;

  before(async function install() {
    this.timeout(120_000);
    const { anchor, issuer } = await newAuthorities("cluster.local", new Date());
    proxy = await startApiProxy(api().plane);
    weft = await installWeft(api(), {
      namespace,
      replicas: 2,
      values: { weft: { controlPlane: "own" } },
      authorities: { trustAnchors: anchor.certificate, issuer: issuerFiles(issuer) },
      flags: ["--grace-period=0s"],
    });
    ({ folder } = weft);
    const kubeconfig = await api().serviceAccount(namespace, names.controller);
    for (const object of weft.objects) mount(folder, object);
    controllers = await Promise.all(
      ["a", "b"].map((name) =>
        startController({
          name: `controller-${name}`,
          folder,
          args: argsOf(weft.objects, names.controller),
          flags: [`--kubeconfig=${kubeconfig}`, "--grace-period=0s"],
        }),
      ),
    );
    await standIn();
    env = await shell();
    // The pages' own name; another test may have made it.
    const made = await api().get(`/api/v1/namespaces/${shop}`);
    if (made === undefined) await api().namespace(shop, { annotations: asking });
    else await patch(`/api/v1/namespaces/${shop}`, { metadata: { annotations: asking } });
    await api().apply(workload("Deployment", shop));
  });
  after(async () => {
    for (const { process } of controllers) {
      process.kill("SIGKILL");
      await process.ended;
    }
    await weft?.end();
    await proxy?.close();
  });

  const replicas = (): readonly (readonly [pod: string, running: Running])[] => [
    ...weft.replicas().map((each) => [`${names.injector}-${each.name}`, each] as const),
    ...controllers.map((each) => [`${names.controller}-${each.name}`, each] as const),
  ];

  /** What the Deployments' controllers and a kubelet would make of the replicas. */
  async function standIn(): Promise<void> {
    for (const [name] of replicas()) {
      const of = name.startsWith(names.injector) ? names.injector : names.controller;
      const { metadata, spec } = templateOf(weft.objects, of);
      const object = { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name, namespace }, spec };
      good(await api().create(object), name);
      const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
      good(await api().ask({ method: "PATCH", path, body: { status }, contentType: merge }), path);
    }
    const pages = new Map(replicas());
    proxy.answerFor((name, path) => pages.get(name)?.page(path));
  }

  /** A user with all rights, and both commands. */
  async function shell(): Promise<NodeJS.ProcessEnv> {
    const user = { name: "live-user", namespace: "default" };
    await api().apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: user });
    await api().apply({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "live-user" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", ...user }],
    });
    const bin = join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
    writeFileSync(join(bin, "weft"), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, { mode: 0o755 });
    const kubectl = `#!/bin/sh\nexec "${api().kubectlPath}" --cache-dir="${folder}/cache" "$@"\n`;
    writeFileSync(join(bin, "kubectl"), kubectl, { mode: 0o755 });
    const kubeconfig = await api().serviceAccount("default", "live-user", proxy.server);
    return { ...process.env, PATH: `${bin}:${process.env["PATH"]}`, KUBECONFIG: kubeconfig };
  }

  const typed = (line: string): Promise<Ran> => run(["sh", "-c", `set -e; cd "${folder}"; ${line}`], "", env);

  const patch = async (path: string, body: JsonObject): Promise<void> =>
    void good(await api().ask({ method: "PATCH", path, body, contentType: merge }), path);
  const stored = async (path: string, key: string): Promise<string> =>
    String(asObject((await api().get(path))?.["data"])?.[key]);
  const inUse = async (metric: string): Promise<readonly string[]> =>
    Promise.all(
      replicas().map(async ([, { page }]) => {
        const { text } = await page("/metrics");
        return new RegExp(`^${metric}\\{sha256="([0-9a-f]+)"\\} 1$`, "m").exec(text)?.[1] ?? "";
      }),
    );
  const all = (hash: string) => (found: readonly string[]) =>
    found.length === 4 && found.every((each) => each === hash);
  /** By each of the two webhooks. */
  const injected = async (): Promise<readonly JsonObject[]> => {
    const [first, second] = weft.replicas();
    const made: JsonObject[] = [];
    for (const replica of [first, second]) {
      if (replica === undefined) throw new Error("two replicas run");
      weft.use([replica]);
      made.push(good(await api().create(pod(shop), { dryRun: true }), "pod"));
    }
    weft.use(weft.replicas());
    return made;
  };
  const logLevels = async (): Promise<readonly unknown[]> =>
    (await injected()).map((object) => {
      const env = containersOf(object).find(({ name }) => name === "linkerd-proxy")?.["env"];
      const found = (env as readonly { name: string; value: string }[]).find(
        ({ name }) => name === "LINKERD2_PROXY_LOG",
      );
      return found?.value.split(",")[0];
    });

  it("every replica says what it uses", async () => {
    const values = await stored(settings, names.settingsKey);
    await eventually("settings", () => inUse("weft_settings_info"), all(sha256(values)));
    const anchors = await stored(roots, names.trustAnchorsKey);
    await eventually("anchors", () => inUse("weft_trust_anchors_info"), all(sha256(anchors)));
    expect(await typed("weft check --for settings -o short")).to.include({ code: 0 });
  });

  it("two quick changes are used by every replica, the last one", async () => {
    const values = await stored(settings, names.settingsKey);
    const withLevel = (level: string): string => `${values}\n`.replace(/logLevel: "?warn[^\n]*/, `logLevel: ${level}`);
    const began = performance.now();
    await patch(settings, { data: { [names.settingsKey]: withLevel("info") } });
    await patch(settings, { data: { [names.settingsKey]: withLevel("trace") } });
    await eventually("settings", () => inUse("weft_settings_info"), all(sha256(withLevel("trace"))));
    process.stderr.write(`    settings in use after ${Math.round(performance.now() - began)} ms\n`);
    expect(await logLevels()).to.deep.equal(["trace", "trace"]);
  });

  it("what is broken, or deleted, is used by none, and told", async () => {
    const values = await stored(settings, names.settingsKey);
    const isTold = (success: string) => async (): Promise<boolean> => {
      const pages = await Promise.all(replicas().map(([, { page }]) => page("/metrics")));
      return pages.every(({ text }) => text.includes(`weft_settings_reload_success ${success}\n`));
    };
    await patch(settings, { data: { [names.settingsKey]: "proxy: [" } });
    await eventually("it is told", isTold("0"));
    const { code, stdout } = await typed("weft check --for settings -o short");
    expect(code).to.equal(1);
    for (const [name] of replicas()) expect(stdout).to.include(`${name}: settings: ${sha256(values).slice(0, 12)}`);
    await api().remove(settings);
    await eventually("it is told", async () =>
      replicas().every(([, { log }]) => JSON.stringify(log()).includes(`ConfigMap ${names.settings}: is not there`)),
    );
    expect(await logLevels()).to.deep.equal(["trace", "trace"]);
    const metadata = { name: names.settings, namespace };
    good(await api().create({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { values } }), "ConfigMap");
    await eventually("it is good again", isTold("1"));
    expect(await inUse("weft_settings_info")).to.satisfy(all(sha256(values)));
  });

  it("the lines of upgrade.md change settings, and say when they are in use", async function upgrade() {
    this.timeout(120_000);
    const [change = "", wait = "", restart = ""] = linesOf("upgrade.md", "weft check --for settings --wait 2m");
    expect(await typed(`${change} && ${wait}`)).to.include({ code: 0 });
    expect(await logLevels()).to.deep.equal(["debug", "debug"]);
    expect(await typed(restart)).to.deep.include({ code: 0, stdout: "deployment.apps/web restarted\n" });
  });

  describe("the lines of identity-rotation.md", () => {
    const anchors = async (): Promise<number> =>
      [...(await stored(roots, names.trustAnchorsKey)).matchAll(/BEGIN CERTIFICATE/g)].length;
    /** As the Deployment's controller makes it anew. */
    const made = async (name: string): Promise<JsonObject> => {
      await api().remove(`/api/v1/namespaces/${shop}/pods/web`);
      return good(await api().create(pod(shop, { name: "web", annotations: { "test/of": name } })), "pod");
    };
    const bundleOf = (object: JsonObject): unknown =>
      asObject(asObject(object["metadata"])?.["annotations"])?.["linkerd.io/trust-root-sha256"];
    let lines: readonly string[];
    before(async () => {
      lines = linesOf("identity-rotation.md", "rotate anchor --finish");
      await made("before");
    });

    it("add an anchor; pods that are made right after it trust it", async () => {
      const [start = "", restart = ""] = lines;
      const { code, stdout } = await typed(start);
      expect(code).to.equal(0);
      expect(stdout).to.match(/is in the bundle, and every replica uses it\. Now restart what has a proxy/);
      expect(await typed(restart)).to.include({ code: 0 });
      const bundles = [...(await injected()), await made("after")].map(bundleOf);
      expect(new Set(bundles)).to.deep.equal(new Set([sha256(await stored(roots, names.trustAnchorsKey))]));
      expect(await anchors()).to.equal(2);
    });

    it("say where it stands, and change the issuer as soon as it can be", async function issue() {
      this.timeout(120_000);
      const [, , status = "", start = "", finish = ""] = lines;
      expect((await typed(status)).stdout).to.match(/1 with trust-root-sha256 [0-9a-f]{12}: the bundle of now/);
      const before = await inUse("weft_issuer_info");
      expect(await typed(start)).to.include({ code: 0 });
      const after = (await inUse("weft_issuer_info")).filter((hash) => hash !== "");
      expect(new Set(after).size).to.equal(1);
      expect(before).to.not.include(after[0]);
      const early = await typed(finish);
      expect(early.code).to.equal(1);
      expect(early.stderr).to.match(/until every certificate of the one before has ended/);
    });
  });
});

interface Template {
  readonly metadata: JsonObject;
  readonly spec: JsonObject;
}

function templateOf(objects: readonly JsonObject[], name: string): Template {
  const found = objects.find((each) => each["kind"] === "Deployment" && asObject(each["metadata"])?.["name"] === name);
  return asObject(asObject(found?.["spec"])?.["template"]) as unknown as Template;
}
