/** What `weft inject` and `weft uninject` do to odd manifests, and what they say about them. */
import { expect } from "chai";
import { fileURLToPath } from "node:url";
import { run } from "../../../src/cli/program.ts";
import { recordingIo } from "../../support/recording-io.ts";

const settings = fileURLToPath(new URL("../../conformance/settings.json", import.meta.url));
const asking: readonly string[] = ["inject"];
const manual: readonly string[] = ["inject", "--manual", "--settings", settings];

async function ran(args: readonly string[], stdin: string) {
  const io = recordingIo({ stdin });
  return { exit: await run([...args, "-"], io), ...io.written };
}

/** The lines that weft adds to Linkerd's report. */
const said = (stderr: string): readonly string[] =>
  stderr.split("\n").filter((line) => line.startsWith("weft: ") && !line.includes("no --settings given"));

const workload = (template: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n${template}`;
const containers = '    spec:\n      containers:\n      - name: web # main\n        image: "web:1"\n';

const survivors: readonly [claim: string, text: string][] = [
  [
    "white lines that end a literal before the place of an edit",
    workload(`${containers}        args:\n        - |\n          exec server\n            \n`),
  ],
  ["the same with a tab", workload(`${containers}        args:\n        - |\n          exec server\n          \t\n`)],
  [
    "the same with the indentation said",
    workload(`${containers}        args:\n        - |2-\n            exec server\n             \n`),
  ],
  [
    "the same, folded and kept",
    workload(`${containers}        args:\n        - >+\n          exec\n          server\n\n            \n\n`),
  ],
  [
    "a literal that ends an annotation",
    workload(`    metadata:\n      annotations:\n        note: |\n          first\n            \n${containers}`),
  ],
  [
    "a template without metadata",
    workload(
      `${containers}      initContainers:\n      - name: in\n        image: i\n        command:\n        - |\n          x\n            \n`,
    ),
  ],
  [
    "quoted text that goes on at the column of its key",
    workload(
      `    metadata:\n      annotations:\n        note: 'the first line\n        and the second'\n        other: "x\n   y"\n${containers}`,
    ),
  ],
  ["brackets that close left of their key", workload(`${containers}        args: [a,\n  b\n]\n`)],
  [
    "a comment right behind quotes and brackets",
    workload(`    metadata:\n      labels: # c\n        a: "b"#c\n${containers}        args: [a]#c\n`),
  ],
  ["tabs in brackets and behind text", workload(`${containers}        args: [a,\n\t\tb]\n        command: x\t# c\n`)],
  [
    "a byte order mark and Windows lines, also at the last ---",
    `\uFEFF${workload(containers)}---\nkind: Service\napiVersion: v1\nmetadata:\n  name: s\n---\n`.replaceAll(
      "\n",
      "\r\n",
    ),
  ],
  [
    "a comment alone under annotations",
    workload(
      `    metadata:\n      annotations:\n        # one\n\n        # two\n      labels:\n        a: b\n${containers}      volumes:\n        # none yet\n`,
    ),
  ],
  [
    "a duplicate key, and what is below the end of the document",
    workload(`    metadata:\n      labels:\n        a: b\n        a: c\n${containers}...\nnot: [read\n`),
  ],
];

describe("weft inject of odd manifests", () => {
  for (const [claim, text] of survivors) {
    for (const args of [asking, manual]) {
      it(`adds only lines to ${claim}${args === manual ? ", with --manual" : ""}, and uninject takes them out`, async () => {
        const injected = await ran(args, text);
        expect(injected, injected.stderr).to.include({ exit: 0 });
        const lines = injected.stdout.split("\n");
        let next = 0;
        const before = text.split("\n");
        for (const line of lines) if (line === before[next]) next += 1;
        expect(before.slice(next).filter((line) => line !== "")).to.deep.equal([]);
        const back = await ran(["uninject"], injected.stdout);
        expect(back.stdout).to.equal(text);
      });
    }
  }

  it("ends lines behind the last document as the document does", async () => {
    const { stdout } = await ran(asking, "kind: A\r\napiVersion: v1");
    expect(stdout).to.equal("kind: A\r\napiVersion: v1");
  });
});

const place = "weft: standard input, document 1, line";
const refused: readonly [claim: string, text: string, line: string][] = [
  [
    "a Helm template",
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n---\nkind: {{ x }}\n",
    `${place} 4, column 10: a template with "{{ … }}", and no manifest yet: render it first (helm template), and inject what comes out`,
  ],
  [
    "a Helm template with a condition",
    "{{- if .Values.x }}\nkind: Service\n{{- end }}\n",
    `${place} 1, column 3: a template with "{{ … }}", and no manifest yet: render it first (helm template), and inject what comes out`,
  ],
  [
    "a JSON patch",
    "- op: add\n  path: /spec/replicas\n  value: 2\n",
    `${place} 1: no Kubernetes object, but a JSON patch; inject what the patch is for`,
  ],
  [
    "a list of objects",
    "- kind: Pod\n- kind: Service\n",
    `${place} 1: no Kubernetes object, but a list; each object goes into a document of its own, or into the items of a "kind: List"`,
  ],
  [
    "text",
    "Thank you for\ninstalling web.\n",
    `${place} 1: no Kubernetes object, but text: "Thank you for installing web."`,
  ],
  [
    "text that is not YAML",
    "# Web\n\nUsage: run: web\n---\n\t- x\n",
    `${place} 3, column 11: no Kubernetes object: no line has apiVersion or kind, and it is not YAML (a second ": " on the line, or a key indented deeper than the ones above it; text with ": " needs quotes)`,
  ],
];

describe("what is not a manifest", () => {
  for (const [claim, text, line] of refused) {
    it(`is refused in one line: ${claim}`, async () => {
      expect(await ran(asking, text)).to.deep.equal({ exit: 1, stdout: "", stderr: `${line}\n` });
    });
  }

  const left: readonly [claim: string, text: string, words: string][] = [
    [
      "values",
      "replicas: 2\nimage:\n  tag: x\n",
      "no kind: values, or settings of some program, and no Kubernetes object; left as it is",
    ],
    ["a patch without kind", "spec:\n  replicas: 2\n", "no kind: a patch, or a part of an object; left as it is"],
    [
      "a kustomization",
      "resources:\n- a.yaml\n",
      "no kind: a kustomization, by its keys; left as it is. Inject what kustomize builds",
    ],
  ];
  for (const [claim, text, words] of left) {
    it(`is left as it is, with a word: ${claim}`, async () => {
      const { exit, stdout, stderr } = await ran(asking, text);
      expect({ exit, stdout, said: said(stderr) }).to.deep.equal({
        exit: 0,
        stdout: text,
        said: [`${place} 1: ${words}`],
      });
      expect(stderr).to.include('document missing "kind" field, skipped\n');
    });
  }
});

const stays = (path: string): string =>
  `has pods at ${path}, and weft does not know the kind, so it stays as it is; for the webhook to mesh them, write linkerd.io/inject: enabled below ${path}.metadata.annotations`;
const pods = "spec: {containers: [{name: a, image: x}]}";
const told: readonly [claim: string, text: string, lines: readonly string[]][] = [
  [
    "a Rollout",
    `apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec: {template: {${pods}}}\n`,
    [`weft: rollout/web: ${stays("spec.template")}`],
  ],
  [
    "a Knative Service",
    `apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: web}\nspec: {template: {${pods}}}\n`,
    [`weft: service/web: ${stays("spec.template")}`],
  ],
  [
    "a DeploymentConfig",
    `apiVersion: apps.openshift.io/v1\nkind: DeploymentConfig\nmetadata: {name: web}\nspec: {template: {${pods}}}\n`,
    [`weft: deploymentconfig/web: ${stays("spec.template")}`],
  ],
  [
    "a PodTemplate",
    `apiVersion: v1\nkind: PodTemplate\nmetadata: {name: web}\ntemplate: {${pods}}\n`,
    [`weft: podtemplate/web: ${stays("template")}`],
  ],
  [
    "a kind with several templates",
    `apiVersion: x.io/v1\nkind: Train\nmetadata: {name: web}\nspec: {roles: {a: {template: {${pods}}}, b: {template: {${pods}}}}}\n`,
    [`weft: train/web: ${stays("spec.roles.a.template")}`, `weft: train/web: ${stays("spec.roles.b.template")}`],
  ],
  [
    "a kind with a list of templates",
    `apiVersion: batch.volcano.sh/v1alpha1\nkind: Job\nmetadata: {name: web}\nspec: {tasks: [{template: {${pods}}}, {name: b}, {template: {${pods}}}]}\n`,
    [`weft: job/web: ${stays("spec.tasks[0].template")}`, `weft: job/web: ${stays("spec.tasks[2].template")}`],
  ],
  [
    "a list of another kind, which kubectl takes apart",
    `apiVersion: v1\nkind: PodList\nmetadata: {}\nitems: [{metadata: {name: a}, ${pods}}]\n`,
    [
      'weft: podlist: is a list of one kind, and stays as it is; with "kind: List", and with apiVersion and kind in each item, its pods are looked at',
    ],
  ],
  [
    "a List in a List",
    `apiVersion: v1\nkind: List\nitems: [{kind: List, items: [{kind: List, items: [{kind: Deployment, spec: {template: {${pods}}}}]}]}]\n`,
    [`weft: list: ${stays("items[0].items[0].spec.template")}`],
  ],
  [
    "a kind without pods",
    "apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: web}\nspec: {template: {spec: {}}}\n",
    [],
  ],
  [
    "a patch with kind",
    workload("    spec:\n      containers:\n      - name: web\n        resources: {}\n"),
    ['weft: deployment/web: no image for "web": a patch, and no whole object? Then inject what it is laid over'],
  ],
  [
    "a duplicate key",
    "kind: A\nmetadata:\n  name: b\n  name: c\n",
    [`${place} 4, column 3: duplicate key "name"; the last one counts`],
  ],
  [
    "what Kubernetes does not read",
    "kind: A\n...\nkind: B\n",
    [`${place} 3, column 1: Kubernetes reads nothing from here on: the document has ended`],
  ],
];

describe("what weft inject says beside Linkerd's report", () => {
  for (const [claim, text, lines] of told) {
    it(`names ${claim}`, async () => {
      const { exit, stderr } = await ran(asking, text);
      expect({ exit, said: said(stderr) }).to.deep.equal({ exit: 0, said: lines });
    });
  }
});

describe("numbers and booleans as annotations", () => {
  const service = (value: string): string =>
    `apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n    config.linkerd.io/opaque-ports: ${value} # mysql\n    example.com/a: 1\nspec: {ports: [{port: 3306}]}\n`;

  it("get quotes where they are the mesh's, with a word, and others are named", async () => {
    const { stdout, stderr } = await ran(asking, service("3306"));
    expect(stdout).to.equal(service('"3306"'));
    expect(said(stderr)).to.deep.equal([
      "weft: service/web: annotation config.linkerd.io/opaque-ports: 3306 without quotes is not text; now it has quotes",
      "weft: service/web: annotation example.com/a: 1 without quotes is not text, and Kubernetes refuses it; put it in quotes",
    ]);
  });

  const asks = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, annotations: {linkerd.io/inject: true}}\nspec: {}\n";
  const outcomes: readonly [claim: string, command: readonly string[], text: string, came: string][] = [
    ["another value", ["inject"], asks, '; now it is "enabled"'],
    ["nothing at all", ["uninject"], asks, "; it is taken out"],
    [
      "the same text, of a pod that is skipped",
      ["inject"],
      asks.replace("spec: {}", "spec: {os: {name: windows}}"),
      "; now it has quotes",
    ],
  ];
  for (const [claim, [command = ""], text, came] of outcomes) {
    it(`are told of as they come out: ${claim}`, async () => {
      const { stderr } = await ran([command], text);
      const line = `weft: pod/web: annotation linkerd.io/inject: true without quotes is not text${came}`;
      expect(said(stderr).filter((each) => each.includes("without quotes"))).to.deep.equal([line]);
    });
  }

  it("get quotes in a template, in brackets, and in a List", async () => {
    const annotations =
      "{config.linkerd.io/proxy-uid: 2102, config.alpha.linkerd.io/proxy-wait-before-exit-seconds: 5, a: 'b'}";
    const list = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: web, labels: {v: 1}}\n  spec:\n    template:\n      metadata:\n        annotations: ${annotations}\n      spec:\n        containers: [{name: a, image: x}]\n`;
    const { stdout, stderr } = await ran(asking, list);
    expect(stdout).to.include(
      `annotations: {config.linkerd.io/proxy-uid: "2102", config.alpha.linkerd.io/proxy-wait-before-exit-seconds: "5", a: 'b', linkerd.io/inject: enabled}\n`,
    );
    expect(stdout).to.include("labels: {v: 1}");
    expect(said(stderr)).to.include.members([
      "weft: deployment/web: label v: 1 without quotes is not text, and Kubernetes refuses it; put it in quotes",
      "weft: deployment/web: annotation config.linkerd.io/proxy-uid: 2102 without quotes is not text; now it has quotes",
    ]);
  });

  it("stay as they are in uninject, which names them", async () => {
    const { stdout, stderr } = await ran(["uninject"], service("3306"));
    expect(stdout).to.equal(service("3306"));
    expect(said(stderr)).to.have.length(2);
  });
});

describe("a Namespace that says disabled", () => {
  const namespace = (value: string): string =>
    `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n  annotations:\n    linkerd.io/inject: ${value}\n`;

  it("stays so, and the report says it", async () => {
    const { stdout, stderr } = await ran([...asking, "--proxy-uid", "5"], namespace("disabled"));
    expect(stdout).to.equal(namespace("disabled"));
    expect(stderr).to.include(
      '\n‼ "linkerd.io/inject: disabled" annotation set on namespace/web\n\nnamespace "web" skipped\n',
    );
  });

  it("is meshed with --overwrite-disabled", async () => {
    const { stdout, stderr } = await ran([...asking, "--overwrite-disabled"], namespace("disabled"));
    expect(stdout).to.equal(namespace("enabled"));
    expect(stderr).to.include('namespace "web" annotated\n');
  });
});
