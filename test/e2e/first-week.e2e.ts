/**
 * A user's first week, from a cluster without weft to one without weft again. Each step goes on from the one before it, so
 * after one that failed the others are skipped. What is typed is what README.md and pages of docs/ have, taken from there,
 * with this cluster's images in the place of registries'.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { apply, deleteNamespaces, eventually, image, kubectl, patience, read, root, run } from "./cluster/kubectl.ts";
import type { Output } from "./cluster/kubectl.ts";
import { containerNames, namespace, podsOf, set } from "./cluster/objects.ts";
import type { App } from "./cluster/objects.ts";

const serve: App = { args: ["serve", "8080"] };
const proxied = ["linkerd-init", "linkerd-proxy", "app"];

describe("a first week with weft", () => {
  const folder = mkdtempSync(join(tmpdir(), "weft-week-"));
  let isOver = false;
  before(async () => {
    writeFileSync(join(folder, "weft"), `#!/bin/sh\nexec '${process.execPath}' '${root}src/main.ts' "$@"\n`, {
      mode: 0o755,
    });
    // Of tests that were there before this one.
    if ((await kubectl(["get", "namespace", "weft", "--ignore-not-found", "-o", "name"])).out !== "")
      await run(`${root}scripts/steps`, ["uninstall"]);
    writeFileSync(join(folder, "values.yaml"), (await run(`${root}scripts/steps`, ["values"])).out);
    await apply([namespace("shop")]);
    await apply([set("Deployment", "shop", "web", serve)]);
    await rolledOut("shop", "web");
  });
  beforeEach(function () {
    if (isOver) this.skip();
  });
  afterEach(function () {
    isOver ||= this.currentTest?.state === "failed";
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await deleteNamespaces("shop", "opaque-tcp");
  });

  /** In a shell, in a folder of the user's. A pipeline fails with the first of its commands that does. */
  const type = (line: string): Promise<Output> => {
    const environment = [`PATH=${folder}:${process.env["PATH"]}`, "COLUMNS=80"];
    return run("env", ["-C", folder, ...environment, "bash", "-o", "pipefail", "-c", line]);
  };
  const refusal = (line: string): Promise<string> =>
    type(line).then(
      ({ out }) => expect.fail(`${line}: was not refused: ${out}`),
      (error: Error) => error.message,
    );
  const installing = (): string =>
    typed("README.md", "weft install --image").replace(
      "--image registry.example/weft",
      `--image ${image("weft")} --values values.yaml`,
    );

  let authorities: unknown;

  it("weft is installed, and weft check is content", async () => {
    const { out } = await type(installing());
    expect(out).to.include("deployment.apps/weft-injector created");
    expect(statSync(join(folder, "weft-anchor.key")).mode & 0o777).to.equal(0o600);
    const checked = await type(typed("README.md", "weft backfill && weft check --wait"));
    expect(checked.out).to.include("Status check results are √");
    authorities = await storedAuthorities();
  });

  it("a namespace is meshed", async () => {
    const { out } = await type(
      typed("docs/get-meshed.md", "kubectl annotate namespace shop linkerd.io/inject=enabled"),
    );
    expect(out).to.equal("namespace/shop annotated\n");
    await type(typed("docs/get-meshed.md", "kubectl --namespace shop rollout restart deployment"));
    await rolledOut("shop", "web");
    expect((await kubectl(["-n", "shop", "get", "pods"])).out).to.match(/^web-\S+ +2\/2 +Running/m);
    await eventually(async () => {
      const status = await type(typed("docs/get-meshed.md", "weft status -n shop"));
      expect(status.out).to.match(/^shop +deployment\/web +1\/1 +\S+ +current +current$/m);
      expect(status.out).to.match(/^1 pod meshed$/m);
    });
  });

  it("a second installation is refused: nothing is printed, and the CAs stay", async () => {
    rmSync(join(folder, "weft-anchor.key"));
    const said = await refusal(installing());
    expect(said).to.include("weft upgrade -o yaml | kubectl apply -f -");
    expect(readFileSync(join(folder, "weft.yaml"), "utf8")).to.equal("");
    expect(() => statSync(join(folder, "weft-anchor.key"))).to.throw("ENOENT");
    expect(await storedAuthorities()).to.deep.equal(authorities);
  });

  it("settings are changed by an upgrade, and new pods have them at once", async () => {
    const { out } = await type(typed("docs/upgrade.md", "weft upgrade --set proxy.logLevel=debug"));
    expect(out).to.include("configmap/linkerd-config configured");
    expect(await storedAuthorities()).to.deep.equal(authorities);
    await type(typed("docs/upgrade.md", "weft check --for settings --wait"));
    await apply([set("Deployment", "shop", "fresh", serve)]);
    await rolledOut("shop", "fresh");
    const [fresh] = await podsOf("shop", "app=fresh");
    const proxy = fresh?.spec?.initContainers?.find(({ name }) => name === "linkerd-proxy");
    expect(proxy?.env?.find(({ name }) => name === "LINKERD2_PROXY_LOG")?.value).to.match(/^debug\b/);
  });

  it("weft explain says of a running workload what has changed since", async () => {
    const { out } = await type(typed("docs/not-meshed.md", "weft explain deploy/web -n shop"));
    expect(out).to.match(/^deployment\/web in namespace shop, as the webhook would see .*: gets the proxy$/m);
    expect(out).to.include("not restarted since its settings changed: LINKERD2_PROXY_LOG of linkerd-proxy");
    expect(out).to.match(/→ kubectl -n shop rollout restart deployment\/web$/m);
    expect((await type("weft explain deploy/fresh -n shop")).out).to.not.include("not restarted");
  });

  it("weft status finds that, and a pod that hangs, in 80 columns", async () => {
    const nowhere = { "config.linkerd.io/proxy-version": "nowhere" };
    await apply([set("Deployment", "shop", "stuck", { ...serve, annotations: nowhere })]);
    const { out } = await eventually(async () => {
      const status = await type("weft status -n shop");
      expect(status.out).to.match(/^× shop deployment\/stuck \(1 pod\): stuck in Init: /m);
      return status;
    });
    expect(out).to.match(/^‼ shop deployment\/web \(1 pod\): not restarted since its settings changed:/m);
    expect(out).to.not.match(/shop deployment\/fresh \(/);
    expect(out.split("\n").filter((line) => line.length > 80)).to.deep.equal([]);
    const commands = [...out.matchAll(/^ {4}(kubectl .*)$/gm)].map(([, command = ""]) => command);
    expect(commands).to.have.length(2);
    for (const command of commands) await type(command);
    await rolledOut("shop", "web");
    await kubectl(["-n", "shop", "delete", "deployment", "stuck"]);
    await eventually(async () => {
      expect((await type("weft status -n shop")).out).to.not.match(/[×‼]/);
    });
  });

  it("pods that were made while the webhook was away are found and restarted", async () => {
    await kubectl(["-n", "weft", "scale", "deployment/weft-injector", "--replicas=0"]);
    await eventually(async () => {
      const slices = ["endpointslices", "-n", "weft", "-l", "kubernetes.io/service-name=weft-injector"];
      expect(JSON.stringify(await read(...slices))).to.not.include('"addresses"');
    });
    await apply([set("Deployment", "shop", "late", serve)]);
    await rolledOut("shop", "late");
    expect((await podsOf("shop", "app=late")).map(containerNames)).to.deep.equal([["app"]]);
    await kubectl(["-n", "weft", "scale", "deployment/weft-injector", "--replicas=2"]);
    await rolledOut("weft", "weft-injector");

    const missed = await type(typed("docs/status.md", "weft status --missed"));
    expect(missed.out).to.match(/^shop +late-\S+ +\S+ \S+Z +namespace$/m);
    expect(missed.out).to.include("× shop deployment/late (1 pod): made while the webhook was away");
    const dry = await type(typed("docs/status.md", "weft restart --missed --dry-run"));
    expect(dry.out).to.equal("kubectl -n shop rollout restart deployment/late\n");
    await type(typed("docs/status.md", "weft restart --missed"));
    await eventually(async () => {
      expect((await podsOf("shop", "app=late")).map(containerNames)).to.deep.equal([proxied]);
    });
    expect((await type("weft status --missed")).out).to.not.match(/[×‼]/);
  });

  it("weft check --proxy is content", async () => {
    const { out } = await type(typed("docs/check.md", "weft check --proxy"));
    expect(out).to.not.match(/[×‼]/);
    expect(out).to.include("Status check results are √");
  });

  it("the demo of opaque TCP talks, and its policies are in effect", async () => {
    const line = typed("docs/policy.md", "sed s#weft:").replace("registry.example/weft:0.1.0", image("weft"));
    await type(line.replace("manifests/", `${root}manifests/`));
    for (const name of ["backend", "frontend"]) await rolledOut("opaque-tcp", name);
    await eventually(async () => {
      const { out } = await type(typed("docs/policy.md", "kubectl -n opaque-tcp get meshnetpol"));
      expect(out).to.match(/^NAME +TARGET +ACCEPTED +IN EFFECT +EXCLUSIVE +AGE$/m);
      expect(out).to.match(/^allow-tcp-backend +backend +True +True +True /m);
      expect(out).to.match(/^allow-tcp-frontend +frontend +True +True +True /m);
    });
    const conditions = typed("docs/policy.md", "kubectl -n opaque-tcp get meshnetpol allow-tcp-backend");
    expect((await type(conditions)).out).to.match(/^InEffect {2}True {2}the proxies of the pods keep to it/m);
    await eventually(async () => {
      const { out } = await type("kubectl -n opaque-tcp logs deploy/frontend -c frontend");
      expect(out).to.include("hello from backend");
    });
  });

  it("the trust anchor is changed, as far as a day's rotation goes in a minute", async () => {
    const page = "docs/identity-rotation.md";
    await type(typed(page, "weft identity rotate anchor --start"));
    // Who is not restarted keeps the issuer from being changed, and is named.
    const restart = typed(page, "kubectl --namespace shop rollout restart");
    await type(restart);
    for (const name of ["web", "fresh", "late"]) await rolledOut("shop", name);
    expect((await type(typed(page, "weft identity status"))).out).to.include("opaque-tcp");
    const start = typed(page, "weft identity rotate issuer --start --wait 10m");
    expect(await refusal(start.replace("--wait 10m", "--wait 0s"))).to.match(/backend|frontend/);
    await type(restart.replace("shop", "opaque-tcp").replace(/deployment,\S+/, "deployment"));
    await type(start);
    expect(await refusal(typed(page, "weft identity rotate anchor --finish"))).to.include("certificate");
    expect((await type("weft check --proxy")).out).to.include("Status check results are √");
    for (const name of ["web", "fresh", "late"]) await rolledOut("shop", name);
  });

  it("the issuer alone is changed with its anchor's key", async () => {
    const line = typed("docs/identity-rotation.md", "weft identity rotate issuer --start --wait 2m");
    const before = await storedAuthorities();
    await type(line.replace("weft-anchor.key", "new-anchor.key"));
    expect(await storedAuthorities()).to.not.deep.equal(before);
  });

  it("weft is not taken away from pods that need it, unless by force", async () => {
    const line = typed("docs/uninstall.md", "weft uninstall | kubectl delete -f -");
    const said = await refusal(line);
    expect(said).to.include("--force");
    expect(said).to.include("deployment/web");
    await kubectl(["-n", "weft", "get", "deployment/weft-controller"]);
    await type(line.replace("weft uninstall", "weft uninstall --force"));
    await type(typed("docs/uninstall.md", "weft backfill --remove"));
    const kinds = [
      "mutatingwebhookconfigurations,validatingwebhookconfigurations,validatingadmissionpolicies",
      "validatingadmissionpolicybindings,clusterroles,clusterrolebindings,customresourcedefinitions,namespaces",
    ].join(",");
    const { out } = await kubectl(["get", kinds, "-o", "name"]);
    expect(out.split("\n").filter((name) => /weft|l5d|networkpolicies.policy.linkerd.io/.test(name))).to.deep.equal([]);
    await apply([set("Deployment", "shop", "afterwards", serve)]);
    await rolledOut("shop", "afterwards");
    expect((await podsOf("shop", "app=afterwards")).map(containerNames)).to.deep.equal([["app"]]);
  });
});

const rolledOut = async (inNamespace: string, name: string): Promise<void> =>
  void (await kubectl(["-n", inNamespace, "rollout", "status", `deployment/${name}`, patience]));

/** Trust anchors and issuer, as they are in the cluster. */
const storedAuthorities = async (): Promise<unknown> => {
  const objects = [
    ["configmap", "linkerd-identity-trust-roots"],
    ["secret", "linkerd-identity-issuer"],
  ] as const;
  return Promise.all(
    objects.map(async ([kind, name]) => (await read<{ readonly data: object }>(kind, "-n", "weft", name)).data),
  );
};

/** The line of a page's shell blocks that is this, or begins so: without its comment, and with what it goes on with. */
function typed(page: string, wanted: string): string {
  const blocks = [...readFileSync(join(root, page), "utf8").matchAll(/^```sh\n(.*?)^```$/gms)];
  const lines = blocks
    .flatMap(([, text = ""]) => text.replaceAll(/\\\n */g, "").split("\n"))
    .map((line) => line.replace(/ +# .*$/, "").trim());
  const found = lines.find((line) => line === wanted) ?? lines.find((line) => line.startsWith(wanted));
  if (found === undefined) throw new Error(`${page} has no line "${wanted}" any more`);
  return found;
}
