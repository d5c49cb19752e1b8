import { editRows, type EditRow } from "./edit-rows.ts";

const lines: readonly EditRow[] = [
  [
    "adds no newline at the end",
    "a: 1",
    () => ({ a: 1, b: { c: ["x\ny\n"] } }),
    `a: 1
b:
  c:
  - "x\\ny\\n"`,
  ],
  ["removes the last key when no newline ends it", "a: 1\nb: 2", () => ({ a: 1 }), "a: 1"],
  [
    "ends lines as the document does",
    "a: 1\r\nb:\r\n- x\r\n",
    (value) => ({ ...value, b: ["x", { z: "1\n2\n" }], c: { d: 1 } }),
    "a: 1\r\nb:\r\n- x\r\n- z: |\r\n    1\r\n    2\r\nc:\r\n  d: 1\r\n",
  ],
  ["keeps a byte order mark", "\ufeffa: 1\nb: 2\n", () => ({ b: 3, c: 1 }), "\ufeffb: 3\nc: 1\n"],
  [
    "fills an empty document below its comments",
    "# nothing\n",
    () => ({ a: 1 }),
    `# nothing
a: 1
`,
  ],
];

editRows("editDocument: lines", lines);
