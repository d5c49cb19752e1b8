import { editRows, type EditRow } from "./edit-rows.ts";

const keys: readonly EditRow[] = [
  [
    "fills a key that has no value",
    `annotations:
b: 1
`,
    (value) => ({ ...value, annotations: { a: "1" } }),
    `annotations:
  a: "1"
b: 1
`,
  ],
  [
    "fills a null and keeps its comment",
    `annotations: null # why
b: 1
`,
    (value) => ({ ...value, annotations: { a: "1" } }),
    `annotations: # why
  a: "1"
b: 1
`,
  ],
  [
    "fills an empty map and keeps its comment",
    `metadata:
    annotations: {} # none
    name: x
`,
    (value) => ({ metadata: { ...value.metadata, annotations: { a: "1" } } }),
    `metadata:
    annotations: # none
        a: "1"
    name: x
`,
  ],
  [
    "keeps the comments that stand where nothing was",
    `volumes:
  # none yet
b: 1
`,
    (value) => ({ ...value, volumes: [{ name: "x" }] }),
    `volumes:
  # none yet
- name: x
b: 1
`,
  ],
  [
    "adds below the last key, above the comments of the next one",
    `a:
  b: 1 # one
# about c
c: 1
`,
    (value) => ({ ...value, a: { b: 1, d: 2 } }),
    `a:
  b: 1 # one
  d: 2
# about c
c: 1
`,
  ],
  [
    "adds above comments that end a map",
    `a:
  b: 1
  # end of a

# end
`,
    () => ({ a: { b: 1, c: 2 }, d: 1 }),
    `a:
  b: 1
  c: 2
  # end of a
d: 1

# end
`,
  ],
  [
    "adds before the end of the document",
    `--- # start
# c
a: 1
...
`,
    (value) => ({ ...value, b: 1 }),
    `--- # start
# c
a: 1
b: 1
...
`,
  ],
  [
    "removes a key with its comments and leaves those of the next",
    `a: 1
# about b
# more
b: 2 # t
  # deeper
# about c
c: 3
`,
    () => ({ a: 1, c: 3 }),
    `a: 1
# about c
c: 3
`,
  ],
  [
    "does not leave two gaps where one was",
    `a: 1

b: 2

c: 3
`,
    () => ({ a: 1, c: 3 }),
    `a: 1

c: 3
`,
  ],
  [
    "keeps the licence above a first key that goes",
    `# licence
a: 1
b: 2
`,
    () => ({ b: 2 }),
    `# licence
b: 2
`,
  ],
  [
    "moves the second key up to the dash",
    `- a: 1 # one
  # about b
  b: 2
`,
    () => [{ b: 2 }],
    `- # about b
  b: 2
`,
  ],
  [
    "writes {} for a map that becomes empty",
    `a: # why
  b: 1 # one
c: 1
`,
    () => ({ a: {}, c: 1 }),
    `a: {} # why
c: 1
`,
  ],
  [
    "writes {} after a dash",
    `- a: 1
  b: 2 # two
# x
- c
`,
    () => [{}, "c"],
    `- {} # two
# x
- c
`,
  ],
  [
    "writes a key of more than 1,024 characters with a question mark",
    "a: 1\n",
    () => ({ a: 1, ["k".repeat(1100)]: { x: 1 } }),
    `a: 1
? ${"k".repeat(1100)}
:
  x: 1
`,
  ],
  [
    "writes __proto__ like any other key",
    "a: 1\n",
    () =>
      Object.fromEntries([
        ["a", 1],
        ["__proto__", { x: 1 }],
      ]),
    `a: 1
__proto__:
  x: 1
`,
  ],
];

const lists: readonly EditRow[] = [
  [
    "inserts at the beginning, above the comment of the first item",
    `l:
# one
- a # 1
# two
- b
`,
    () => ({ l: ["x", "a", "b"] }),
    `l:
- x
# one
- a # 1
# two
- b
`,
  ],
  [
    "inserts below an item, above the gap",
    `l:
  # one
  - a # 1

  # two
  - b
`,
    () => ({ l: ["a", "x", "b"] }),
    `l:
  # one
  - a # 1
  - x

  # two
  - b
`,
  ],
  [
    "appends above a comment that ends the list",
    `l:
- name: a
  v: 1
  # still a
# - name: old
m: 1
`,
    (value) => ({ ...value, l: [...value.l, { name: "b" }] }),
    `l:
- name: a
  v: 1
  # still a
- name: b
# - name: old
m: 1
`,
  ],
  [
    "inserts in a list that begins on a dash",
    `- - a
  - b
`,
    () => [["x", "a", "b"]],
    `- - x
  - a
  - b
`,
  ],
  [
    "copies the space after the dash",
    `-   a: 1
    b: 2
`,
    (value) => [{ x: { z: 1 }, w: 2 }, ...value],
    `-   x:
      z: 1
    w: 2
-   a: 1
    b: 2
`,
  ],
  [
    "removes an item with its comments",
    `l:
  # one
  - a # 1
  # two
  - b
    # deeper
  # three
  - c
`,
    () => ({ l: ["a", "c"] }),
    `l:
  # one
  - a # 1
  # three
  - c
`,
  ],
  [
    "writes [] for a list that becomes empty",
    `l: # why
- 1 # one
- 2
b: 1
`,
    () => ({ l: [], b: 1 }),
    `l: [] # why
b: 1
`,
  ],
  [
    "knows an item by its name",
    `l:
# one
- name: a # 1
  v: 1 # v
`,
    () => ({ l: [{ name: "z" }, { name: "a", v: 2 }, { name: "y" }] }),
    `l:
- name: z
# one
- name: a # 1
  v: 2 # v
- name: "y"
`,
  ],
  [
    "fills items that are empty",
    `- {} # c
- # d
- 1
`,
    () => [{ a: 1, b: 2 }, { e: 1 }, { f: 1, g: 2 }],
    `- # c
  a: 1
  b: 2
- # d
  e: 1
- f: 1
  g: 2
`,
  ],
  [
    "indents a new list as the others are",
    `a:
    - 1
b:
  c: 1
`,
    (value) => ({ ...value, d: [{ e: [1] }] }),
    `a:
    - 1
b:
  c: 1
d:
    - e:
          - 1
`,
  ],
];

const ends: readonly EditRow[] = [
  [
    "adds below white lines that belong to a literal",
    "a:\n  b: |\n    c\n      \n",
    (value) => ({ a: { ...value.a, d: 1 } }),
    "a:\n  b: |\n    c\n      \n  d: 1\n",
  ],
  [
    "adds above white lines that do not",
    "a:\n  b: |\n    c\n  \n\nd: 1\n",
    (value) => ({ ...value, a: { ...value.a, e: "x" } }),
    "a:\n  b: |\n    c\n  e: x\n  \n\nd: 1\n",
  ],
  [
    "adds below all that belongs to a literal that keeps its end",
    "a:\n  b: |+\n    c\n\n  \n",
    (value) => ({ a: { ...value.a, d: 1 } }),
    "a:\n  b: |+\n    c\n\n  \n  d: 1\n",
  ],
  [
    "adds below a tab that text without quotes could have gone on from",
    "a:\n- b: c\n     \t\nd: 1\n",
    (value) => ({ ...value, a: [...value.a, "x"] }),
    "a:\n- b: c\n     \t\n- x\nd: 1\n",
  ],
  [
    "leaves no line of a literal that is replaced",
    "a: |\n  b\n    \nc: >-\n  d\n  \t\ne: 1\n",
    () => ({ a: "x", c: { z: 1 }, e: 1 }),
    "a: x\nc:\n  z: 1\ne: 1\n",
  ],
  [
    "leaves no line of a literal that is removed, and none of the one above is lost",
    "a: |\n  b\n    \nc: |\n  d\n   \n",
    (value) => ({ a: value.a }),
    "a: |\n  b\n    \n",
  ],
  [
    "adds beside text in quotes that goes on at the column of its key",
    "a:\n  b: 'c\n  d'\ne: [1,\n2\n]\n",
    (value) => ({ a: { ...value.a, f: 1 }, e: value.e, g: 1 }),
    "a:\n  b: 'c\n  d'\n  f: 1\ne: [1,\n2\n]\ng: 1\n",
  ],
  [
    "changes the last of two equal keys, and removes both",
    "a: 1 # one\nb: {c: 1, d: 2, c: 3}\na: 2 # two\ne: {f: 1, f: 2, g: 3}\nh: 1\nh: 2\n",
    () => ({ a: 5, b: { c: 4, d: 2 }, e: { g: 3 } }),
    "a: 1 # one\nb: {c: 1, d: 2, c: 4}\na: 5 # two\ne: {g: 3}\n",
  ],
  [
    "knows every line end of YAML 1.1",
    "a:\u0085- b # c\rd:\u2028- e\n",
    (value) => ({ a: [...value.a, "x"], d: [...value.d, "z"] }),
    "a:\u0085- b # c\r- x\nd:\u2028- e\n- z\n",
  ],
];

editRows("editDocument: keys", keys);
editRows("editDocument: where values end", ends);
editRows("editDocument: lists", lists);
