import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namespaceAnnotations } from "../../../src/cli/manifests/pods.ts";
import { run } from "../../../src/cli/program.ts";
import type { Explanation } from "../../../src/core/inject/explain.ts";
import { recordingIo } from "../../support/recording-io.ts";

async function ran(stdin: string, ...args: readonly string[]) {
  const io = recordingIo({ stdin });
  const exit = await run(["explain", ...args], io);
  return { exit, ...io.written };
}

const pod = `kind: Pod
apiVersion: v1
metadata:
  name: web
  annotations:
    config.linkerd.io/proxy-log-format: json
    config.linkerd.io/admin-port: none
    linkerd.io/injekt: enabled
spec:
  containers:
  - name: app
    image: app:1
    ports:
    - containerPort: 8080
`;
const deployment = `kind: Deployment
apiVersion: apps/v1
metadata: {name: web, namespace: shop}
spec: {template: {spec: {containers: [{name: app, image: "app:1"}]}}}
`;
const shop = "kind: Namespace\nmetadata: {name: shop, annotations: {linkerd.io/inject: enabled}}\n";

const depends = "it depends on the namespace, which is not known";

describe("weft explain", () => {
  it("tells people the whole story", async () => {
    const { exit, stdout, stderr } = await ran(pod, "--namespace-annotations", "linkerd.io/inject=enabled", "-");
    expect({ exit, stderr }).to.deep.equal({ exit: 0, stderr: "" });
    expect(stdout).to.equal(`pod/web in namespace default: gets the proxy

  Checks
    ✓ network of its own   spec.hostNetwork is false
    ✓ no proxy yet         no proxy found
    ✓ has a pod            the object has a pod
    ✓ asked for            linkerd.io/inject is absent on the pod and "enabled" on the namespace
    ✓ token for the proxy  the proxy gets a token
    ✓ runs on Linux        nothing says Windows
    ✓ is not a mirror pod  annotation kubernetes.io/config.mirror is absent

  Annotations
    ✓ config.linkerd.io/proxy-log-format: "json" of the pod
        proxy.logFormat  "plain" → "json"
    ✗ config.linkerd.io/admin-port: "none" of the pod
        "none" is not a port from 1 to 65535; proxy.ports.admin stays 4191

  Settings
    50 more that annotations can change stay as they are (--all lists them)

  Ports
    inbound   8080
    opaque    25,587,3306,4444,5432,6379,9300,11211: the whole default list, since the pod exposes none of it
    redirect  by Linkerd's program

  Containers
    + linkerd-init   init     cr.l5d.io/linkerd/proxy:edge-26.8.3
    + linkerd-proxy  sidecar  cr.l5d.io/linkerd/proxy:edge-26.8.3
      app            regular  app:1

  Warnings
    ! annotation "linkerd.io/injekt" is unknown; did you mean linkerd.io/inject?

  Not known: the installed settings, whether the injector is called there; --context asks the cluster
`);
  });

  it("tells why a pod is skipped and what to do", async () => {
    const { stdout } = await ran(pod, "--namespace-annotations", "team=shop");
    expect(stdout).to.match(
      /^pod\/web in namespace default: gets no proxy\n {2}because neither the namespace nor .*\n {2}→ set linkerd\.io\/inject: enabled/,
    );
    expect(stdout).to.include(
      "    ✗ asked for            linkerd.io/inject is absent on the pod and absent on the namespace\n",
    );
  });

  it("lists every setting with --all", async () => {
    const { stdout } = await ran(`${shop}---\n${deployment}`, "--all");
    expect(stdout).to.match(/ {4}proxy\.ports\.inbound +4143\n/);
  });

  it("says of what it hangs on when the namespace is not known", async () => {
    const { exit, stdout } = await ran(pod, "-n", "shop");
    expect(exit).to.equal(0);
    expect(stdout.split("\n").slice(0, 4)).to.deep.equal([
      "pod/web in namespace shop: it depends on the namespace, which is not known",
      "  if the namespace has linkerd.io/inject: enabled, it gets the proxy",
      '  otherwise it gets no proxy: neither the namespace nor the pod have the annotation "linkerd.io/inject:enabled"',
      "  → --context asks the cluster; --objects and --namespace-annotations say it",
    ]);
    expect(stdout).to.include("proxy.logFormat");
    expect(stdout).to.not.include("asked for");
  });

  it("tells a mistyped annotation of the flag", async () => {
    const { stderr } = await ran(pod, "--namespace-annotations", "linkerd.io/injct=enabled");
    expect(stderr).to.equal(
      'weft: --namespace-annotations: annotation "linkerd.io/injct" is unknown; did you mean linkerd.io/inject?\n',
    );
  });

  it("says that settings are not complete, and what takes an overlay", async () => {
    const folder = await mkdtemp(join(tmpdir(), "weft-explain-"));
    const settings = join(folder, "values.yaml");
    await writeFile(settings, "proxy: {logLevel: debug}\n");
    const { stderr, stdout } = await ran(pod.replace("injekt", "inject"), "--settings", settings);
    await rm(folder, { recursive: true });
    expect(stderr).to.equal(
      `weft: settings: ${settings}: is not complete: proxy.image.name, proxy.ports.inbound, proxy.ports.outbound are missing; --settings takes all of the values, --values of weft install and upgrade an overlay\n`,
    );
    expect(stdout).to.include("cannot be injected with these settings");
  });

  const headlines: readonly [claim: string, args: readonly string[], stdin: string, first: string][] = [
    [
      "a workload by the pod of its template, its namespace in the same input",
      [],
      `${shop}---\n${deployment}`,
      "deployment/web in namespace shop, as the webhook would see a pod of its template: gets the proxy",
    ],
    [
      "an item of a List",
      [],
      `kind: List\napiVersion: v1\nitems:\n- ${pod.trimEnd().replaceAll("\n", "\n  ")}\n`,
      `pod/web in namespace default: ${depends}`,
    ],
    [
      "a Service by its ports alone",
      [],
      "kind: Service\nmetadata: {name: db}\nspec: {ports: [{port: 3306, targetPort: 3306}]}\n",
      "service/db in namespace default: gets its opaque ports written on it",
    ],
    ["a pod in the namespace of the flag", ["-n", "lab"], pod, `pod/web in namespace lab: ${depends}`],
    [
      "a pod that asks by itself, wherever it is",
      [],
      pod.replace("injekt", "inject"),
      "pod/web in namespace default: gets the proxy",
    ],
    [
      "a pod that asks where nothing is injected",
      ["-n", "kube-system"],
      pod.replace("injekt", "inject"),
      "pod/web in namespace kube-system: gets no proxy",
    ],
    [
      "a workload that asks where nothing is injected",
      [],
      `${shop.replace("shop", "cert-manager")}---\n${deployment.replace("shop", "cert-manager")}`,
      "deployment/web in namespace cert-manager, as the webhook would see a pod of its template: gets no proxy",
    ],
    [
      "a pod in a namespace whose label keeps webhooks away",
      [],
      `kind: Namespace\nmetadata: {name: default, labels: {config.linkerd.io/admission-webhooks: disabled}}\n---\n${pod.replace("injekt", "inject")}`,
      "pod/web in namespace default: gets no proxy",
    ],
    [
      "a pod that cannot have the proxy, whatever its namespace says",
      [],
      pod.replace("spec:", "spec:\n  hostNetwork: true"),
      "pod/web in namespace default: gets no proxy",
    ],
    [
      "a pod that is not a pod",
      [],
      "kind: Pod\nmetadata: {name: web}\nspec: {containers: 1}\n",
      "pod/web in namespace default: is refused: it is not a valid object",
    ],
    [
      "a name that would move the cursor",
      [],
      'kind: Pod\nmetadata: {name: "\\e[2J"}\n',
      `pod/\\u001b[2J in namespace default: ${depends}`,
    ],
  ];
  for (const [claim, args, stdin, first] of headlines) {
    it(`explains ${claim}`, async () => {
      const { exit, stdout } = await ran(stdin, ...args);
      expect({ exit, first: stdout.split("\n")[0] }).to.deep.equal({ exit: 0, first });
    });
  }

  it("writes one line of JSON for each object", async () => {
    const { stdout } = await ran(`${shop}---\n${deployment}---\n${pod}`, "-o", "json");
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Explanation & { manifest: unknown });
    expect(lines.map(({ manifest, outcome, owner }) => ({ manifest, outcome, owner }))).to.deep.equal([
      {
        manifest: { kind: "deployment", name: "web" },
        outcome: "injected",
        owner: { kind: "deployment", name: "web" },
      },
      { manifest: { kind: "pod", name: "web" }, outcome: "depends", owner: { kind: "pod", name: "web" } },
    ]);
  });

  it("needs no trust anchors, but says what else is wrong with the settings", async () => {
    const folder = await mkdtemp(join(tmpdir(), "weft-explain-"));
    const settings = join(folder, "values.yaml");
    await writeFile(
      settings,
      "proxy: {ports: {admin: 70000, inbound: 4143}, image: {name: p}}\nproxyInit: {iptablesMode: nft}\n",
    );
    const { exit, stdout } = await ran(
      pod,
      "--namespace-annotations",
      "linkerd.io/inject=enabled",
      "--settings",
      settings,
    );
    await rm(folder, { recursive: true });
    expect(exit).to.equal(0);
    expect(stdout.split("\n").slice(0, 2)).to.deep.equal([
      "pod/web in namespace default: cannot be injected with these settings",
      "  ✗ proxy.ports.admin: 70000 is not a port from 1 to 65535",
    ]);
  });

  const objects = new URL("../../../manifests/demo/cluster.yaml", import.meta.url).pathname;
  it("takes namespaces and owners from --objects, and says when a namespace is not among them", async () => {
    const known = await ran(deployment, "--objects", objects);
    expect(known.stdout).to.include('config.linkerd.io/proxy-cpu-request: "100m" of the namespace');
    const unknown = await ran(deployment.replace("shop", "nowhere"), "--objects", objects);
    expect(unknown.stdout).to.include('! namespace "nowhere" was not found');
  });

  it("says the webhook's own words for a workload, too", async () => {
    const text = deployment.replace("shop}", "shop, annotations: {config.linkerd.io/proxy-uid: '5'}}");
    const { stdout } = await ran(`${shop}---\n${text}`);
    expect(stdout).to.include(
      "    ! config.linkerd.io/proxy-uid has no effect here: pods get the annotations in spec.template.metadata.annotations\n",
    );
  });

  const large = pod.replace("linkerd.io/injekt: enabled", `linkerd.io/inject: enabled\n    a: ${"x".repeat(262_144)}`);
  const bound = "weft leaves it alone: it has 262239 bytes of annotations, an API server stores 262144";
  const commands: readonly [command: string, exit: number, stdout: string, stderr: string][] = [
    ["explain", 0, `pod/web in namespace default: gets no proxy\n  because ${bound}\n`, ""],
    ["diff", 0, "", `weft: pod/web: ${bound}\n`],
    ["rules", 1, "", `weft: pod/web: ${bound}\n`],
  ];
  for (const [command, exit, stdout, stderr] of commands) {
    it(`knows the bounds of the webhook: weft ${command}`, async () => {
      const io = recordingIo({ stdin: large });
      expect(await run([command], io)).to.equal(exit);
      expect(io.written.stdout.slice(0, stdout.length)).to.equal(stdout);
      expect(io.written.stderr).to.equal(stderr);
    });
  }

  const failures: readonly [claim: string, stdin: string, args: readonly string[], exit: number, stderr: string][] = [
    ["no file", "", ["none.yaml"], 1, "weft: none.yaml: there is no such file\n"],
    [
      "nothing to explain",
      "kind: ConfigMap\n",
      [],
      1,
      "weft: standard input: no pod, no workload and no service there\n",
    ],
    ["another format", pod, ["-o", "yaml"], 2, 'weft: --output: unsupported format "yaml", expected text or json\n'],
    ["no key", pod, ["--namespace-annotations", "x"], 2, 'weft: --namespace-annotations: "x" is not key=value\n'],
    [
      "metadata of a wrong type",
      "kind: Pod\nmetadata: {annotations: [1]}\n",
      [],
      1,
      "weft: standard input, document 1, line 1, pod, /metadata/annotations: expected an object, got [1]\n",
    ],
    [
      "a Helm template, as weft inject says it",
      "kind: Pod\nmetadata: {{ .Values }}\n",
      [],
      1,
      'weft: standard input, document 1, line 2, column 12: a template with "{{ … }}", and no manifest yet: render it first (helm template), and inject what comes out\n',
    ],
    [
      "a JSON patch",
      "- {op: add, path: /a, value: 1}\n",
      [],
      1,
      "weft: standard input, document 1, line 1: no Kubernetes object, but a JSON patch; inject what the patch is for\n",
    ],
    [
      "a Rollout, with what to do",
      "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r}\nspec: {template: {spec: {containers: []}}}\n",
      [],
      1,
      "weft: rollout/r: has pods at spec.template, and weft does not know the kind, so it stays as it is; for the webhook to mesh them, write linkerd.io/inject: enabled below spec.template.metadata.annotations\nweft: standard input: no pod, no workload and no service there\n",
    ],
    [
      "values of Helm",
      "replicas: 3\n",
      [],
      1,
      "weft: standard input, document 1, line 1: no kind: values, or settings of some program, and no Kubernetes object; left as it is\nweft: standard input: no pod, no workload and no service there\n",
    ],
  ];
  for (const [claim, stdin, args, exit, stderr] of failures) {
    it(`fails in one line: ${claim}`, async () =>
      expect(await ran(stdin, ...args)).to.deep.equal({ exit, stderr, stdout: "" }));
  }
});

describe("--namespace-annotations", () => {
  const rows: readonly [claim: string, texts: readonly string[], expected: Record<string, string>][] = [
    ["several in one text", ["a/b=1,c=2"], { "a/b": "1", c: "2" }],
    ["several texts, the last one wins", ["a=1", "a=2,b=3"], { a: "2", b: "3" }],
    [
      "commas of a value",
      ["config.linkerd.io/skip-inbound-ports=25,110,x=1"],
      { "config.linkerd.io/skip-inbound-ports": "25,110", x: "1" },
    ],
    ["equals signs of a value", ['e=[{"name":"A","value":"b=c"}]'], { e: '[{"name":"A","value":"b=c"}]' }],
    ["an empty value", ["a="], { a: "" }],
  ];
  for (const [claim, texts, expected] of rows) {
    it(`reads ${claim}`, () => expect(namespaceAnnotations(texts)).to.deep.equal(expected));
  }
});
