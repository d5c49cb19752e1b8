import { expect } from "chai";
import { admissible } from "../../../../src/core/inject/settings/env-var.ts";
import type { Json, JsonObject } from "../../../../src/core/base/json/json.ts";

const from = (valueFrom: JsonObject): { readonly name: string; readonly valueFrom: JsonObject } => ({
  name: "A",
  valueFrom,
});
const secret = (ref: JsonObject) => from({ secretKeyRef: { name: "s", key: "k", ...ref } });
const resource = (name: string, divisor?: Json) =>
  from({ resourceFieldRef: { resource: name, ...(divisor === undefined ? {} : { divisor }) } });
const field = (fieldPath: string) => from({ fieldRef: { fieldPath } });

describe("an environment variable", () => {
  const good = [
    { name: "A" },
    { name: "a-b.c d", value: "x" },
    field("status.podIPs"),
    field("metadata.labels['app.kubernetes.io/name']"),
    field("metadata.annotations['Example.test/A']"),
    resource("limits.cpu", "1m"),
    resource("requests.memory", "1Mi"),
    resource("limits.memory", 1),
    secret({ optional: true }),
    from({ configMapKeyRef: { name: "a.b", key: ".A_b-c" } }),
  ];
  for (const variable of good) {
    it(`${JSON.stringify(variable)} is taken as it is`, () => expect(admissible(variable)).to.deep.equal(variable));
  }

  const bad: readonly [variable: Parameters<typeof admissible>[0], why: string][] = [
    [{ name: "" }, "it has no name"],
    [{ name: "A=B" }, 'a name has printable ASCII characters other than "="'],
    [{ name: "Ä" }, 'a name has printable ASCII characters other than "="'],
    [{ name: "A", value: "\0" }, "its value has a NUL character"],
    [from({}), "valueFrom is not one of fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef"],
    [
      from({ fieldRef: { fieldPath: "metadata.name" }, secretKeyRef: { name: "s", key: "k" } }),
      "valueFrom has fieldRef and secretKeyRef, of which one is allowed",
    ],
    [{ ...field("metadata.name"), value: "x" }, "it has both value and valueFrom"],
    [from({ fieldRef: [] }), "valueFrom.fieldRef is not a map"],
    [field("metadata.bogus"), 'valueFrom.fieldRef.fieldPath "metadata.bogus" is not a field that variables can have'],
    [
      field("metadata.labels['a b']"),
      "valueFrom.fieldRef.fieldPath \"metadata.labels['a b']\" is not a field that variables can have",
    ],
    [
      from({ fieldRef: { fieldPath: "metadata.name", apiVersion: "v9" } }),
      'valueFrom.fieldRef.apiVersion "v9" is not "v1"',
    ],
    [secret({ name: "S_bad" }), 'valueFrom.secretKeyRef.name "S_bad" is not a name of an object'],
    [secret({ key: null }), "valueFrom.secretKeyRef.key is missing"],
    [secret({ key: "a b" }), 'valueFrom.secretKeyRef.key "a b" is not a key of letters, digits, -, _ and .'],
    [secret({ optional: "yes" }), "valueFrom.secretKeyRef.optional is not true or false"],
    [resource("bogus"), 'valueFrom.resourceFieldRef.resource "bogus" is not a resource such as limits.cpu'],
    [
      resource("limits.cpu", "1Mi"),
      "valueFrom.resourceFieldRef.divisor is not a unit that Kubernetes divides this resource by",
    ],
  ];
  for (const [variable, why] of bad) {
    it(`${JSON.stringify(variable)} is left out: ${why}`, () => expect(admissible(variable)).to.equal(why));
  }

  it("loses members that Kubernetes does not know", () =>
    expect(admissible(from({ fieldRef: { fieldPath: "metadata.name", x: 1 }, y: 2 }))).to.deep.equal(
      field("metadata.name"),
    ));
});
