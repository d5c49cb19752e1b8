import { expect } from "chai";
import { nameFault, versionFault } from "../../../../src/core/inject/settings/image-reference.ts";
import type { ReferenceFault } from "../../../../src/core/inject/settings/image-reference.ts";

const digest = `sha256:${"0".repeat(64)}`;
type Rows = readonly (readonly [fault: ReferenceFault | undefined, texts: readonly string[]])[];

const names: Rows = [
  [
    undefined,
    [
      "proxy",
      "cr.l5d.io/linkerd/proxy",
      "mirror.test:5000/l5d/proxy",
      "localhost/x",
      "Reg.Test/a__b-c.d",
      "[::1]:5000/x",
    ],
  ],
  [
    "unusable",
    [" x", "x ", "\t", "\u00a0x", "x\n", "reg/proxy:v1", "proxy:v1", `reg/proxy@${digest}`, `reg/proxy:v1@${digest}`],
  ],
  ["unpullable", ["", ":", "UPPER", "a b", "a//b", "/a", "a/", "a/UPPER", "a/-b", 'x: {y: "z"} # c', "é"]],
];
const versions: Rows = [
  [undefined, ["", "v1", "edge-26.8.3", "_x", `v1@${digest}`]],
  ["unusable", [" v1", "v1 ", "v1\n", "\t", "v1:v2", `@${digest}`]],
  ["unpullable", ["with space", "<b>", "{{ .Values }}", "x".repeat(129), "-x", "é"]],
];

for (const [what, fault, rows] of [
  ["an image name", nameFault, names],
  ["an image version", versionFault, versions],
] as const) {
  describe(what, () => {
    for (const [expected, texts] of rows) {
      for (const text of texts) {
        it(`${JSON.stringify(text).slice(0, 40)} is ${expected ?? "good"}`, () =>
          expect(fault(text)).to.equal(expected));
      }
    }
  });
}
