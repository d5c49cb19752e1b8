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
