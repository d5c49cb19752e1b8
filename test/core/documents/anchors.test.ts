import { editRows, type EditRow } from "./edit-rows.ts";

const aliases: readonly EditRow[] = [
  [
    "writes out the alias that changes",
    `a: &x {k: 1}
b: *x
c: *x # c
`,
    (value) => ({ ...value, b: { ...value.b, m: 2 } }),
    `a: &x {k: 1}
b:
  k: 1
  m: 2
c: *x # c
`,
  ],
  [
    "writes out the aliases when their anchor changes",
    `a: &x
  k: 1
b: *x
c:
- *x # c
- 1
`,
    (value) => ({ ...value, a: { ...value.a, m: 2 } }),
    `a: &x
  k: 1
  m: 2
b:
  k: 1
c:
- # c
  k: 1
- 1
`,
  ],
  [
    "writes out the aliases when their anchor goes",
    `a: &x
  k: 1
b: *x
c: {d: *x}
`,
    (value) => ({ b: value.b, c: value.c }),
    `b:
  k: 1
c: {d: {k: 1}}
`,
  ],
  [
    "keeps an anchor on a new value",
    `a: &x 5 # c
b: *x
`,
    () => ({ a: 6, b: 5 }),
    `a: &x 6 # c
b: 5
`,
  ],
  [
    "overrides merged keys below the merge",
    `base: &x
  k: 1
  l: 2
b:
  <<: *x # m
  o: 1
`,
    (value) => ({ ...value, b: { ...value.b, k: 9, p: 1 } }),
    `base: &x
  k: 1
  l: 2
b:
  <<: *x # m
  o: 1
  k: 9
  p: 1
`,
  ],
  [
    "writes the map out when a merged key goes",
    `base: &x
  k: 1
  l: 2
b:
  <<: *x
  o: 1
`,
    (value) => ({ ...value, b: { l: 2, o: 1 } }),
    `base: &x
  k: 1
  l: 2
b:
  l: 2
  o: 1
`,
  ],
  [
    "writes out what is merged when its anchor changes",
    `base: &x
  k: 1
b:
  <<: *x # m
  o: 1
c: {<<: [*x], p: 1}
`,
    (value) => ({ ...value, base: { k: 2 } }),
    `base: &x
  k: 2
b:
  <<: # m
    k: 1
  o: 1
c: {<<: [{k: 1}], p: 1}
`,
  ],
];

editRows("editDocument: aliases", aliases);
