import { expect } from "chai";
import { lint } from "../../../src/core/lint/lint.ts";
import { installation } from "../../support/injection.ts";

const found = (...texts: readonly string[]): readonly string[] =>
  lint(
    texts.map((text, index) => ({ name: `${"abc"[index] ?? "z"}.yaml`, text })),
    { installation: installation(), namespace: "default" },
  ).map(({ file, line, rule, object, message }) => `${file}:${line} ${rule} ${object} ${message}`);

const workload = (annotations: string, spec = "", namespace = "shop"): string =>
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ${namespace}}
spec:
  template:
    metadata:
      annotations:
        ${annotations}
    spec:
      ${spec}
      containers: [{name: web, image: "web:1"}]
`;
const shop = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, annotations: {linkerd.io/inject: enabled}}\n";
const typo = 'config.linkerd.io/proxy-cpu-limt: "1"';
const typoFound =
  'annotation "config.linkerd.io/proxy-cpu-limt" is unknown; did you mean config.linkerd.io/proxy-cpu-limit?';
const ports = 'config.linkerd.io/opaque-ports: "redis"';
const hostNetwork = "asked for injection, but is not injected: hostNetwork is enabled";

/** Of none: not even DER. */
const privateKey = String.raw`-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----`;
const refusal = "holds a private key; settings are for everybody to read, so keep it in a Secret";

describe("lint", () => {
  const rows: readonly (readonly [claim: string, texts: readonly string[], expected: readonly (string | RegExp)[]])[] =
    [
      ["says nothing of what is right", [shop, workload('linkerd.io/inject: "enabled"')], []],
      [
        "finds a mistyped key of a TrafficSplit, and a TCPRoute without a rule",
        [
          "apiVersion: split.smi-spec.io/v1alpha2\nkind: TrafficSplit\nmetadata: {name: a}\nspec:\n  service: a\n  backends:\n  - service: b\n    weigth: 1\n",
          "apiVersion: gateway.networking.k8s.io/v1alpha2\nkind: TCPRoute\nmetadata: {name: a}\nspec:\n  rules: []\n",
        ],
        [
          "a.yaml:7 policy-without-effect trafficsplit/a spec.backends[0].weight: must be a number, or an amount such as 500m",
          'a.yaml:8 policy-without-effect trafficsplit/a spec.backends[0]["weigth"]: is unknown (did you mean weight?): expected service, weight',
          "b.yaml:5 policy-without-effect tcproute/a spec.rules: must be one rule: the route is not used",
        ],
      ],
      [
        "finds what closes a Server: a route that cannot be read, and nothing in one for others",
        [
          "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\nspec:\n  parentRefs: [{group: policy.linkerd.io, kind: Server, name: s}]\n  rules:\n  - filters: [{type: URLRewrite}]\n",
          "apiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\nmetadata: {name: a}\nspec:\n  parentRefs: [{name: gateway}]\n  rules:\n  - filters: [{type: URLRewrite}]\n",
        ],
        [
          "a.yaml:7 policy-without-effect httproute/a spec.rules[0].filters[0].type: must be one of RequestHeaderModifier, ResponseHeaderModifier, RequestRedirect",
        ],
      ],
      ["names file, line and object", [workload(typo)], [`a.yaml:8 unknown-key deployment/web ${typoFound}`]],
      [
        "counts lines through the documents of a file",
        [`${shop}---\n# a word\n${workload(typo)}`],
        [`a.yaml:13 unknown-key deployment/web ${typoFound}`],
      ],
      [
        "finds the item of a List",
        [
          `kind: List\nitems:\n- ${shop.replaceAll("\n", "\n  ").trimEnd()}\n- ${workload(typo).replaceAll("\n", "\n  ").trimEnd()}\n`,
        ],
        [`a.yaml:13 unknown-key deployment/web ${typoFound}`],
      ],
      [
        "takes namespaces from other files",
        [
          workload("{}", "hostNetwork: true").replace("        {}\n", "").replace("annotations:", "annotations: {}"),
          shop,
        ],
        [`a.yaml:1 not-meshed deployment/web ${hostNetwork}`],
      ],
      [
        "does not say that a pod is left out of a namespace that no file has",
        [workload("team: shop", "hostNetwork: true")],
        [],
      ],
      [
        "looks at values as if such a namespace asked",
        [workload(ports)],
        [/^a.yaml:8 value-not-used .* "redis" is left out/],
      ],
      [
        "reads JSON",
        [
          JSON.stringify({
            kind: "Namespace",
            metadata: { name: "a", annotations: { "linkerd.io/injct": "enabled" } },
          }),
        ],
        [/^a.yaml:1 unknown-key namespace\/a .*did you mean linkerd.io\/inject/],
      ],
      ["names what cannot be read", ["apiVersion: v1\nkind: {Pod\nmetadata: 1\n"], [/^a.yaml:[23] unreadable  /]],
      ["passes over a template", ["kind: Pod\nmetadata: {{ .Values.x }}\n"], [/^a.yaml:2 no-object .*render it first/]],
      ["passes over values", ["replicas: 1\n"], [/^a.yaml:1 no-object /]],
      [
        "names a private key in values, and never quotes it",
        [
          `proxyInit: {}\nproxy:\n  additionalEnv: [{name: A, value: "${privateKey}"}]\n`,
          `proxyInit: {}\nproxy:\n  "${privateKey}": 1\n`,
          `proxyInit: "${privateKey}"\n`,
        ],
        [
          `a.yaml:3 private-key  proxy.additionalEnv.0.value: ${refusal}`,
          `b.yaml:2 private-key  proxy: a name in it ${refusal}`,
          `c.yaml:1 private-key  proxyInit: ${refusal}`,
        ],
      ],
      [
        "names a number where text belongs",
        [workload("linkerd.io/inject: enabled\n        team: 7")],
        [/^a.yaml:9 not-text deployment\/web .*team/],
      ],
      [
        "names what YAML made no text, as it is written: a name, a namespace, a label, a container's name",
        [
          "apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n",
          "kind: Pod\nmetadata:\n  name: 1e3\n  namespace: 007\n  labels: {a: on}\nspec:\n  containers:\n  - image: x\n    name: y\n    env: [{name: A, value: 5}]\n",
        ],
        [
          "a.yaml:3 not-text namespace/false metadata.name: n without quotes is false, not text, and Kubernetes refuses it; put it in quotes",
          /^b.yaml:3 not-text pod\/1000 metadata.name: 1e3 without quotes is 1000, not text/,
          /^b.yaml:4 not-text pod\/1000 metadata.namespace: 007 without quotes is 7, not text/,
          /^b.yaml:5 not-text pod\/1000 label a: on without quotes is true, not text/,
          /^b.yaml:9 not-text pod\/1000 spec.containers\[0\].name: y without quotes is true, not text/,
          /^b.yaml:10 not-text pod\/1000 spec.containers\[0\].env\[0\].value: 5 without quotes is not text/,
        ],
      ],
      [
        "says one thing of a boolean where a word belongs: the word",
        [workload("linkerd.io/inject: yes"), workload("config.linkerd.io/proxy-await: off")],
        [
          "a.yaml:8 not-text deployment/web annotation linkerd.io/inject: yes without quotes is true, not text, and Kubernetes refuses it; write enabled",
          "b.yaml:8 not-text deployment/web annotation config.linkerd.io/proxy-await: off without quotes is false, not text, and Kubernetes refuses it; write disabled",
        ],
      ],
      [
        "takes apart a list of one kind, whose items do not say theirs",
        [
          'apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- metadata: {name: a}\n- metadata:\n    name: b\n    annotations: {linkerd.io/injct: enabled}\n  spec: {template: {spec: {containers: [{name: a, image: "a:1"}]}}}\n',
        ],
        [/^a.yaml:7 unknown-key deployment\/b /],
      ],
      [
        "finds the item of a list of a kind that nobody knows",
        [
          "apiVersion: x.io/v1\nkind: WidgetList\nitems:\n- metadata: {name: a}\n  spec: {template: {spec: {containers: [{name: x}]}}}\n- metadata: {name: b}\n  spec:\n    template: {spec: {containers: [{name: x}]}}\n",
        ],
        [
          /^a.yaml:5 doubtful-value widget\/a has pods at spec.template,/,
          /^a.yaml:8 doubtful-value widget\/b has pods at spec.template,/,
        ],
      ],
      [
        "calls an object without a name by its kind",
        ["apiVersion: x.io/v1\nkind: Widget\nspec: {containers: [{name: x}]}\n"],
        [/^a.yaml:1 doubtful-value widget has containers, and weft does not know the kind/],
      ],
      [
        "says what a policy is refused for",
        [
          "apiVersion: policy.linkerd.io/v1beta3\nkind: Server\nmetadata: {name: s, namespace: shop}\nspec: {podSelector: {}, port: http, accessPolicy: everybody}\n",
        ],
        [/^a.yaml:4 policy-refused server\/s .*accessPolicy/],
      ],
      [
        "says what is no valid object, as inject does",
        [
          "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  template:\n    metadata:\n      annotations:\n        a/b: {}\n    spec:\n      containers: 5\n",
        ],
        [
          /^a.yaml:8 not-meshed deployment\/x is no valid object: \/spec\/template\/metadata\/annotations\/a~1b: expected text/,
          /^a.yaml:10 not-meshed deployment\/x is no valid object: \/spec\/template\/spec\/containers: expected a list/,
        ],
      ],
      [
        "keeps the same words for two objects apart",
        [`${workload(typo)}---\n${workload(typo)}`],
        [/^a.yaml:8 /, /^a.yaml:20 /],
      ],
    ];
  for (const [claim, texts, expected] of rows) {
    it(claim, () => {
      const lines = found(...texts);
      expect(lines, lines.join("\n")).to.have.length(expected.length);
      for (const [index, line] of lines.entries()) {
        const wanted = expected[index];
        if (typeof wanted === "string") expect(line).to.equal(wanted);
        else expect(line).to.match(wanted ?? /^$/);
      }
    });
  }

  it("takes one look at an object, however much there is to say of it", () => {
    // What looks at each annotation for each of them does not end before the test does.
    const count = 8_000;
    const annotations = Array.from({ length: count }, (_, index) => `    example.com/x${index}: ${index}\n`).join("");
    const lines = found(`apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  annotations:\n${annotations}`);
    expect(lines).to.have.length(count);
    expect(lines.at(-1)).to.match(/^a.yaml:8005 not-text namespace\/a annotation example.com\/x7999/);
  });
});
