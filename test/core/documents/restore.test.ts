import { rawNumber } from "../../../src/core/base/json/raw-number.ts";
import { expect } from "chai";
import { editDocument } from "../../../src/core/documents/edit.ts";
import { editRows, type EditRow } from "./edit-rows.ts";

const numbers: readonly EditRow[] = [
  [
    "keeps the digits of numbers in an alias that is written out",
    `a: &x {m: 12345678901234567890}
b: *x
`,
    (value) => ({ ...value, b: { ...value.b, o: 1 } }),
    `a: &x {m: 12345678901234567890}
b:
  m: 12345678901234567890
  o: 1
`,
  ],
  [
    "keeps the digits of what moves",
    `a:
- name: x
  m: 9007199254740993
b: []
`,
    (value) => ({ a: [], b: value.a }),
    `a: []
b:
- name: x
  m: 9007199254740993
`,
  ],
  [
    "writes raw numbers",
    "a: 9007199254740993\n",
    (value) => ({ ...value, b: rawNumber("123456789012345678901") }),
    `a: 9007199254740993
b: 123456789012345678901
`,
  ],
  [
    "sees raw numbers apart that are the same double",
    "a: 9007199254740993\n",
    () => ({ a: rawNumber("9007199254740992") }),
    "a: 9007199254740992\n",
  ],
];

editRows("editDocument: numbers", numbers);

describe("editDocument: views", () => {
  it("leaves what the caller reads differently, but does not change, as it is", () => {
    const text = "labels:\n  on: yes # text\n  port: 80\nargs: [80, x]\n";
    const before = { labels: { true: "true", port: "80" }, args: ["80", "x"] };
    const after = { labels: { ...before.labels, port: "81", new: "1" }, args: ["y", ...before.args] };
    expect(editDocument(text, before, after)).to.deep.equal({
      text: 'labels:\n  on: yes # text\n  port: "81"\n  new: "1"\nargs: ["y", 80, x]\n',
    });
  });
});
