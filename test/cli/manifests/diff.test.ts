import { expect } from "chai";
import { run } from "../../../src/cli/program.ts";
import { recordingIo } from "../../support/recording-io.ts";

async function ran(stdin: string, args: readonly string[], colours?: string) {
  const io = recordingIo({ stdin, colours: { stdout: colours, stderr: colours } });
  const exit = await run(["diff", ...args], io);
  return { exit, ...io.written };
}

const pod = "kind: Pod\napiVersion: v1\nmetadata: {name: web}\nspec: {containers: [{name: app, image: a}]}\n";
const meshed = ["--namespace-annotations", "linkerd.io/inject=enabled", "-"];

describe("weft diff", () => {
  it("shows the pod that would result, as a unified difference", async () => {
    const { exit, stdout, stderr } = await ran(pod, meshed);
    expect({ exit, stderr }).to.deep.equal({ exit: 0, stderr: "" });
    const lines = stdout.split("\n");
    expect(lines.slice(0, 4)).to.deep.equal([
      "--- pod/web (as it is)",
      "+++ pod/web with weft",
      lines[2],
      " apiVersion: v1",
    ]);
    expect(lines[2]).to.match(/^@@ -2,7 \+2,\d+ @@ metadata$/);
    expect(lines).to.include("+    linkerd.io/inject: enabled").and.to.include("+  - name: linkerd-proxy");
    expect(lines.filter((line) => line.startsWith("-"))).to.deep.equal(["--- pod/web (as it is)"]);
    expect(stdout).to.include("+        (the trust anchors)\n");
  });

  it("shows a workload by the pod of its template, a Service by itself", async () => {
    const deployment = "kind: Deployment\nmetadata: {name: d}\nspec: {template: {spec: {containers: [{name: app}]}}}\n";
    const service = "kind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 3306, targetPort: 3306}]}\n";
    const { stdout } = await ran(`${deployment}---\n${service}`, meshed);
    const headers = stdout.split("\n").filter((line) => /^(---|\+\+\+) /.test(line));
    expect(headers).to.deep.equal([
      "--- deployment/d (pod of its template)",
      "+++ deployment/d with weft",
      "--- service/s (as it is)",
      "+++ service/s with weft",
    ]);
    expect(stdout).to.include('+    config.linkerd.io/opaque-ports: "3306"\n');
    expect(stdout).to.include("+    linkerd.io/proxy-deployment: d\n");
  });

  it("is coloured on a terminal", async () =>
    expect((await ran(pod, meshed, "<colour>")).stdout).to.include("\u001B[32m+  - name: linkerd-proxy\u001B[39m\n"));

  const rows: readonly [
    claim: string,
    stdin: string,
    args: readonly string[],
    exit: number,
    stderr: string,
    empty: boolean,
  ][] = [
    [
      "nothing asked for",
      pod,
      ["--namespace-annotations", "team=shop", "-"],
      0,
      'weft: pod/web gets no proxy: neither the namespace nor the pod have the annotation "linkerd.io/inject:enabled"\n',
      true,
    ],
    [
      "a namespace that is not known",
      pod,
      ["-"],
      0,
      "weft: pod/web: the namespace default is not known: if it has linkerd.io/inject: enabled, this gets the proxy, otherwise it gets no proxy\n",
      true,
    ],
    [
      "a namespace that is not known, to those who ask by the exit code",
      pod,
      ["--exit-code", "-"],
      1,
      "weft: pod/web: the namespace default is not known: if it has linkerd.io/inject: enabled, this gets the proxy, otherwise it gets no proxy\n",
      true,
    ],
    [
      "a namespace in which nothing is injected",
      pod,
      ["-n", "kube-system", ...meshed],
      0,
      "weft: pod/web: gets no proxy: weft is not called for it: it never sees pods of namespace kube-system\n",
      true,
    ],
    [
      "asked for and skipped",
      pod.replace("spec: {", "spec: {hostNetwork: true, "),
      meshed,
      0,
      "weft: pod/web: asked for injection, but is not injected: hostNetwork is enabled\n",
      true,
    ],
    [
      "a warning",
      pod.replace("name: web", "name: web, annotations: {config.linkerd.io/proxy-uid: x}"),
      meshed,
      0,
      'weft: pod/web: config.linkerd.io/proxy-uid: "x" is not a user id from 0 to 2147483647; proxy.uid stays 2102\n',
      false,
    ],
    ["--exit-code and a change", pod, ["--exit-code", ...meshed], 1, "", false],
    [
      "--exit-code and no change",
      pod.replace("{name: web}", "{name: web, annotations: {linkerd.io/inject: disabled}}"),
      ["--exit-code", ...meshed],
      0,
      'weft: pod/web gets no proxy: pod has the annotation "linkerd.io/inject:disabled"\n',
      true,
    ],
    [
      "a pod that cannot be read",
      "kind: Pod\nmetadata: {name: web}\nspec: {containers: 1}\n",
      ["-"],
      1,
      "weft: pod/web: /spec/containers: expected a list, got 1\n",
      true,
    ],
  ];
  for (const [claim, stdin, args, exit, stderr, empty] of rows) {
    it(`says on standard error, and by the exit code: ${claim}`, async () => {
      const ended = await ran(stdin, args);
      expect({ ...ended, stdout: ended.stdout === "" }).to.deep.equal({ exit, stderr, stdout: empty });
    });
  }
});
