import { editRows, type EditRow } from "./edit-rows.ts";

const flow: readonly EditRow[] = [
  [
    "adds to a map and to a list",
    "a: {b: 1, c: [x, y]} # t\n",
    (value) => ({ a: { ...value.a, d: { e: "yes" }, c: ["n", ...value.a.c, "0644"] } }),
    'a: {b: 1, c: ["n", x, y, "0644"], d: {e: "yes"}} # t\n',
  ],
  ["adds to a compact map", "a: {b: 1,c: 2}\n", (value) => ({ a: { ...value.a, d: 1 } }), "a: {b: 1,c: 2,d: 1}\n"],
  ["removes at both ends", "a: { b: 1, c: 2, d: 3 }\n", () => ({ a: { c: 2 } }), "a: { c: 2 }\n"],
  [
    "adds a line to a map of several lines",
    `a: {
  b: 1, # one
  c: 2 # two
}
`,
    (value) => ({ a: { ...value.a, d: [1] } }),
    `a: {
  b: 1, # one
  c: 2, # two
  d: [
    1
  ]
}
`,
  ],
  [
    "removes a line of a map of several lines",
    `a: {
  b: 1, # one
  c: 2 # two
}
`,
    () => ({ a: { b: 1 } }),
    `a: {
  b: 1 # one
}
`,
  ],
  [
    "keeps a comma at the end",
    `a: [ # all
  x,
  y, # last
]
`,
    (value) => ({ a: ["w", ...value.a, "z"] }),
    `a: [ # all
  w,
  x,
  y, # last
  z,
]
`,
  ],
  ["empties a map", "a: { b: 1 } # t\n", () => ({ a: {} }), "a: {} # t\n"],
  [
    "gives values to keys that have none",
    "a: {b, c: }\n",
    () => ({ a: { b: 1, c: { d: 1 } } }),
    "a: {b: 1, c: {d: 1} }\n",
  ],
  [
    "puts a pair in a list into brackets when it changes",
    "a: [b: 1, c]\n",
    () => ({ a: [{ b: 2 }, "c"] }),
    "a: [{b: 2}, c]\n",
  ],
];

const json: readonly EditRow[] = [
  [
    "keeps one line, with its spaces",
    '{"a": 1, "b": [1, 2]}',
    (value) => ({ ...value, b: [1, 2, 3], c: { d: "e" } }),
    '{"a": 1, "b": [1, 2, 3], "c": {"d": "e"}}',
  ],
  [
    "keeps one line without spaces",
    '{"a":1,"b":{}}',
    (value) => ({ ...value, b: { c: ["yes", null] } }),
    '{"a":1,"b":{"c":["yes",null]}}',
  ],
  [
    "keeps tabs",
    '{\n\t"a": [\n\t\t1\n\t],\n\t"b": {}\n}\n',
    (value) => ({ ...value, a: [1, { b: 2 }], b: { c: [] }, d: [[]] }),
    '{\n\t"a": [\n\t\t1,\n\t\t{\n\t\t\t"b": 2\n\t\t}\n\t],\n\t"b": {\n\t\t"c": []\n\t},\n\t"d": [\n\t\t[]\n\t]\n}\n',
  ],
  ["replaces the whole", "{}\n", () => ({ a: [1] }), '{"a": [1]}\n'],
];

editRows("editDocument: flow", flow);
editRows("editDocument: json", json);
