/** The registration as the API server gets it. Whether it does what it says is tried in `test/api`. */
import { expect } from "chai";
import { toYaml } from "../../../src/core/documents/yaml-text.ts";
import { readDocument } from "../../../src/core/documents/document.ts";
import { itemsOf } from "../../../src/core/base/json/edit.ts";
import { isList, isObject } from "../../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { entries } from "../../../src/core/registration/entries.ts";
import {
  mutatingConfiguration,
  policyConfiguration,
  defaultTimeouts,
  validatingConfiguration,
} from "../../../src/core/registration/webhooks.ts";
import type { Registration } from "../../../src/core/registration/webhooks.ts";

const registration: Registration = {
  mutating: "weft-injector",
  validating: "weft-advice",
  namespace: "weft",
  server: { service: { name: "weft-injector", port: 443 } },
  failurePolicy: "Fail",
  timeoutSeconds: defaultTimeouts,
};

const configurations = (changes: Partial<Registration> = {}): readonly JsonObject[] =>
  [mutatingConfiguration, validatingConfiguration, (all: Registration) => policyConfiguration("weft-policy", all)].map(
    (make) => make({ ...registration, ...changes }),
  );
const webhooks = (changes: Partial<Registration> = {}): readonly JsonObject[] =>
  configurations(changes).flatMap((configuration) => itemsOf(configuration["webhooks"]));
const each = (key: string, changes: Partial<Registration> = {}): readonly (Json | undefined)[] =>
  webhooks(changes).map((webhook) => webhook[key]);

describe("webhook configurations", () => {
  it("hold every entry once", () => {
    expect(each("name")).to.have.members(Object.values(entries).map(({ name }) => name));
    expect(new Set(Object.values(entries).map(({ path }) => path)).size).to.equal(7);
  });

  it("fail for nobody but pods that asked, and policies", () =>
    expect(each("failurePolicy")).to.deep.equal(["Fail", "Fail", "Ignore", "Ignore", "Ignore", "Ignore", "Fail"]));

  it("fail for policies as is said of them", () =>
    expect(each("failurePolicy", { policyFailurePolicy: "Ignore" })).to.deep.equal([
      "Fail",
      "Fail",
      "Ignore",
      "Ignore",
      "Ignore",
      "Ignore",
      "Ignore",
    ]));

  it("keep nobody waiting long but pods that asked", () =>
    expect(each("timeoutSeconds")).to.deep.equal([10, 10, 2, 2, 1, 2, 5]));

  it("see policies of every version, and no status of theirs", () => {
    const [rule] = itemsOf(webhooks().at(-1)?.["rules"]);
    expect([rule?.["apiGroups"], rule?.["apiVersions"], rule?.["operations"]]).to.deep.equal([
      ["policy.linkerd.io"],
      ["*"],
      ["CREATE", "UPDATE"],
    ]);
    expect(JSON.stringify(rule?.["resources"])).not.to.contain("/");
  });

  it("see the creation of pods and Services, and no update of theirs", () => {
    const seen = webhooks().map(({ rules }) =>
      itemsOf(rules).map(({ operations, resources }) => [operations, resources]),
    );
    expect(seen.slice(0, 4)).to.deep.equal([
      [[["CREATE"], ["pods"]]],
      [[["CREATE"], ["pods"]]],
      [[["CREATE"], ["pods", "services"]]],
      [[["CREATE"], ["pods", "services"]]],
    ]);
  });

  it("look for weft behind its Service, under the entry's path", () =>
    expect(each("clientConfig")[0]).to.deep.equal({
      service: { name: "weft-injector", namespace: "weft", path: entries.injectNamespace.path, port: 443 },
    }));

  it("look for weft outside of the cluster", () => {
    const server = { url: "https://127.0.0.1:8443/" };
    expect(each("clientConfig", { server, caBundle: "Q0E=" })[3]).to.deep.equal({
      url: `https://127.0.0.1:8443${entries.restNamespace.path}`,
      caBundle: "Q0E=",
    });
  });

  it("leave out weft's own namespace, by its name, in every entry", () => {
    for (const selector of each("namespaceSelector", { namespace: "mesh" })) {
      expect(isObject(selector) && selector["matchExpressions"]).to.deep.include({
        key: "kubernetes.io/metadata.name",
        operator: "NotIn",
        values: ["kube-system", "cert-manager", "mesh"],
      });
    }
  });

  it("see chosen namespaces alone, in every entry", () => {
    for (const selector of each("namespaceSelector", { chosen: ["shop", "bank"] })) {
      expect(isObject(selector) && selector["matchExpressions"]).to.deep.include({
        key: "kubernetes.io/metadata.name",
        operator: "In",
        values: ["shop", "bank"],
      });
    }
  });

  it("carry labels and annotations that they are given", () => {
    const given = { labels: { a: "b" }, annotations: { "cert-manager.io/inject-ca-from": "weft/weft-injector" } };
    for (const { metadata } of configurations(given)) expect(metadata).to.deep.include(given);
  });
});

describe("every CEL expression", () => {
  // Read from the YAML, as an API server gets it.
  const expressions = configurations().flatMap((configuration) =>
    expressionsIn(readDocument(toYaml(configuration)).value),
  );

  it("is found", () => expect(expressions).to.have.length(11));

  for (const expression of expressions) {
    it(`looks nothing up unguarded: ${expression}`, () => expect(unguarded(expression)).to.deep.equal([]));
  }

  const rows: readonly [expression: string, found: readonly string[]][] = [
    ["object.metadata.annotations['a'] == ''", [".annotations", "["]],
    ["object.metadata.?annotations['a'] == ''", ["["]],
    ["object.metadata.labels.a == ''", [".labels"]],
    ["has(object.metadata.labels) && namespaceObject.metadata.name == ''", [".labels", "namespaceObject"]],
    ["object.spec.template == oldObject.spec.template", [".spec", ".template", ".spec", ".template"]],
    ["object.metadata.?annotations[?'a'].orValue('') in ['', 'b']", []],
  ];
  for (const [expression, found] of rows) {
    it(`would be found out: ${expression}`, () => expect(unguarded(expression)).to.have.members(found));
  }
});

/** Members that may be absent and are not looked up with `.?` or `[?`; and what is null in webhooks. */
const unguarded = (expression: string): readonly string[] => [
  ...(expression.match(/\.(annotations|labels|spec|template|jobTemplate)\b/g) ?? []),
  ...(expression.match(/(?<=[\w)])\[(?!\?)/g) ?? []),
  ...(expression.match(/namespaceObject/g) ?? []),
];

function expressionsIn(value: Json | undefined): readonly string[] {
  if (isList(value)) return value.flatMap(expressionsIn);
  if (!isObject(value)) return [];
  const { expression } = value;
  return [...(typeof expression === "string" ? [expression] : []), ...Object.values(value).flatMap(expressionsIn)];
}
