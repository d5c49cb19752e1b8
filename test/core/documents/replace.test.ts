import { editRows, type EditRow } from "./edit-rows.ts";

const values: readonly EditRow[] = [
  [
    "replaces a scalar before its comment",
    `a: 1   # one
b: 2
`,
    (value) => ({ ...value, a: "x: y" }),
    `a: "x: y"   # one
b: 2
`,
  ],
  [
    "replaces a literal",
    `a: |
  x
  y

b: 1
`,
    (value) => ({ ...value, a: "z" }),
    `a: z

b: 1
`,
  ],
  [
    "replaces a literal by another",
    `a: |+ # c
  x
  y

b: 1
`,
    (value) => ({ ...value, a: "p\nq\n" }),
    `a: |
  p
  q
b: 1
`,
  ],
  [
    "replaces a folded text by a map",
    `a: >-
  x
  y
# b
b: 1
`,
    (value) => ({ ...value, a: { c: 1 } }),
    `a:
  c: 1
# b
b: 1
`,
  ],
  [
    "replaces a plain text of two lines",
    `a: x
  y # c
b: 1
`,
    (value) => ({ ...value, a: "z" }),
    `a: z # c
b: 1
`,
  ],
  [
    "replaces a quoted text of two lines by a list",
    `a: "x
  y" # c
b: 1
`,
    (value) => ({ ...value, a: [1] }),
    `a: # c
- 1
b: 1
`,
  ],
  [
    "replaces a map by text",
    `a: # c
  x: 1 # e
  y: 2
# b
b: 1
`,
    (value) => ({ ...value, a: "z" }),
    `a: z # c
# b
b: 1
`,
  ],
  [
    "replaces a map by a literal",
    `a: # c
  # d

  x: 1
b: 1
`,
    (value) => ({ ...value, a: "z\ny" }),
    `a: |- # c
  z
  y
b: 1
`,
  ],
  [
    "replaces a map by a list",
    `a:
  x: 1
b: 1
`,
    (value) => ({ ...value, a: [1, [2, 3]] }),
    `a:
- 1
- - 2
  - 3
b: 1
`,
  ],
  [
    "drops a tag with its value",
    `a: !!str 5 # c
b: !!map
  c: 1
`,
    () => ({ a: 6, b: [1] }),
    `a: 6 # c
b:
- 1
`,
  ],
  ["takes tabs for spaces", "a:\t1\t# c\n", () => ({ a: { b: 1 } }), "a:\t# c\n  b: 1\n"],
  [
    "replaces the value of a key with a question mark",
    `? a
: b
d: 1
`,
    (value) => ({ ...value, a: { x: 1 } }),
    `? a
:
  x: 1
d: 1
`,
  ],
  [
    "rewrites a map where a key has no colon",
    `? a
: b
? c
d: 1
`,
    (value) => ({ ...value, c: 1 }),
    `a: b
c: 1
d: 1
`,
  ],
];

editRows("editDocument: values", values);
