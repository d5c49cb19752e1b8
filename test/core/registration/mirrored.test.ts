import { expect } from "chai";
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { applies } from "../../../src/core/inject/patch.ts";
import { mirrorPatch, mirrored } from "../../../src/core/registration/mirrored.ts";
import { runs } from "../../support/properties.ts";
import { memberAt, patched, plain } from "../../support/injection.ts";

const label = "weft.linkerd.io/inject";
const namespace = (metadata: JsonObject): JsonObject => ({ apiVersion: "v1", kind: "Namespace", metadata });
const add = (value: Json): JsonObject => ({ op: "add", path: "/metadata/labels/weft.linkerd.io~1inject", value });

describe("the mirrored label", () => {
  const rows: readonly [claim: string, metadata: JsonObject, patch: readonly JsonObject[]][] = [
    [
      "is added to labels",
      { annotations: { "linkerd.io/inject": "enabled" }, labels: { team: "a" } },
      [add("enabled")],
    ],
    [
      "comes with labels where there are none",
      { annotations: { "linkerd.io/inject": "ingress" } },
      [{ op: "add", path: "/metadata/labels", value: { [label]: "ingress" } }],
    ],
    [
      "takes the place of what is not a map of labels",
      { annotations: { "linkerd.io/inject": "ingress" }, labels: null },
      [{ op: "replace", path: "/metadata/labels", value: { [label]: "ingress" } }],
    ],
    [
      "is put right",
      { annotations: { "linkerd.io/inject": "ingress" }, labels: { [label]: "enabled" } },
      [{ op: "replace", path: "/metadata/labels/weft.linkerd.io~1inject", value: "ingress" }],
    ],
    [
      "is taken away when the annotation says no",
      { annotations: { "linkerd.io/inject": "disabled" }, labels: { team: "a", [label]: "enabled" } },
      [{ op: "remove", path: "/metadata/labels/weft.linkerd.io~1inject" }],
    ],
    [
      "is taken away when it was set by hand",
      { labels: { [label]: "enabled" } },
      [{ op: "remove", path: "/metadata/labels/weft.linkerd.io~1inject" }],
    ],
    [
      "is taken away when the annotation is mistyped",
      { annotations: { "linkerd.io/inject": "Enabled" }, labels: { [label]: "enabled" } },
      [{ op: "remove", path: "/metadata/labels/weft.linkerd.io~1inject" }],
    ],
    [
      "stays as it is when it is right",
      { annotations: { "linkerd.io/inject": "enabled" }, labels: { [label]: "enabled" } },
      [],
    ],
    ["is not there where nobody asks", { annotations: { "linkerd.io/inject": "disabled" } }, []],
    ["is not there where there is nothing", {}, []],
    ["is not there for annotations that are none", { annotations: ["linkerd.io/inject"] }, []],
    ["is not there for a value that is not text", { annotations: { "linkerd.io/inject": true } }, []],
  ];
  for (const [claim, metadata, patch] of rows) {
    it(claim, () => expect(mirrorPatch(namespace(metadata))).to.deep.equal(patch));
  }

  it("is not there for a Namespace without metadata", () => {
    expect(mirrorPatch({ kind: "Namespace" })).to.deep.equal([]);
  });

  const key = fc.oneof(
    fc.constantFrom(label, "linkerd.io/inject", "__proto__", "constructor", "a/b~c"),
    fc.string({ unit: "grapheme" }),
  );
  const value = fc.oneof(
    fc.constantFrom("enabled", "ingress", "disabled", ""),
    fc.string(),
    fc.jsonValue({ maxDepth: 1 }),
  );
  const map = fc.oneof(
    fc.array(fc.tuple(key, value)).map((pairs) => Object.fromEntries(pairs) as JsonObject),
    fc.jsonValue(),
  );
  const metadatas = fc
    .record({ name: fc.string(), annotations: map, labels: map }, { requiredKeys: [] })
    .map((metadata) => plain(metadata) as JsonObject);

  it("says after the patch what the annotation says, and nothing else has changed", () => {
    fc.assert(
      fc.property(metadatas, (metadata) => {
        const before = namespace(metadata);
        const patch = mirrorPatch(before);
        expect(applies(patch, before)).to.equal(true);
        const after = patch.length === 0 ? before : patched(before, patch);
        const said = memberAt(before, "metadata", "annotations", "linkerd.io/inject");
        const asked = said === "enabled" || said === "ingress" ? said : undefined;
        expect(memberAt(after, "metadata", "labels", label)).to.equal(asked);
        expect(withoutLabel(after)).to.deep.equal(withoutLabel(before));
        expect(mirrored(after)).to.equal(after);
      }),
      runs(500),
    );
  });
});

/** As JSON entries, the label and labels that it alone was in left out. */
const withoutLabel = (object: JsonObject): Json => {
  const { labels, ...metadata } = object["metadata"] as JsonObject;
  const isMap = typeof labels === "object" && labels !== null && !Array.isArray(labels);
  const others = isMap ? Object.entries(labels).filter(([each]) => each !== label) : [];
  return plain([object["kind"], metadata, others] as Json);
};
