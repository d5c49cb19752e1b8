/** Streams of documents in the shapes of published manifests, whole and damaged, for comparing readers. */
import fc from "fast-check";

/** Scalars that YAML 1.1, YAML 1.2 and Go read differently, or that need care. */
// prettier-ignore
const scalars = [
  "y", "No", "on", "OFF", "~", "null", "Null", "", "0644", "0o644", "0x1F", "0b101", "-0b11", "1_000", "1__0", "+12", "-0",
  "1:30", "190:20:30.15", "2001-01-01", "2001-12-14t21:59:43.10-05:00", "2001-1-1", ".5", "+.5", "1.", "1e3", "1e400",
  ".inf", "-.INF", ".nan", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1.10", "0.1e-7", "6.02E+23",
  "08", "0o8", "0x", "._5", ".5_1", "1._5", "=", "<<", "a b", "a: b", "a #b", "a# b", "a:b", "-a", "- a", "?a", ":a", "%a", "@a", "`a", "!a",
  "!!str 1", "!!int 0x1f", "!!int x", "!!float 1", "!!bool yes", "!!bool x", "!!null ''", "!!binary aGk=", "!!binary a", "!!timestamp 2001-01-01",
  "!!timestamp 2001-02-29", "!!timestamp 2004-2-29", "!!timestamp 2001-1-1T1:2:3Z", "!!timestamp 2001-1-1t01:02:03.5-05:00", "!!timestamp 2001-01-01T01:02:03", "!!timestamp 2001-01-01 01:02:03.25", "!!timestamp 2001-01-01 01:02:60", "!!timestamp 2001-01-01 1:2:3 Z", "!!timestamp '2001-01-01'", "!!timestamp x", "!custom x", "! 1", "!<tag:yaml.org,2002:str> 1", "!!set {a, b}", "!e!x 1", "!!str", "!!int", "&a", "&a x", "*a",
  "'it''s'", "''", "'a\n\n   b'", "'a\nb'", "'a\n  b  \n   c'", '""', '"a\\tb\\x41\\u00e9\\U0001F600"', '"a\\\n   b"', '"a\\ \n  b"', '"\\/"', '"\\ud83d\\ude00"', '"a\nb"',
  '"a\n\n\tb"', '"1"', '"a"#c', "'a' # c", "a\n  b", "a\n    b\n\n   c", "a\n b # c", "a # c\n  b", "{a: 1, b: [x, {c: d}]}", "{}", "[ ]", "{ }", "[a, b,]", "{a, b: , c: d}",
  "[a: b, ? c : d]", "{? a, b}", "{a:b}", "{a: b}#c", "[a]#c", '{"a":b}', "{a: 1\n}", "[\n1,\n2\n]", "{\n  a: 1, # c\n\tb: 2}", "[a\n, b]", "[[a, [b]], {c: [d]}]", "{<<: {a: 1}, b: 2}", "[a, b", "a]", "[a]]", "[a] b", "{a: 1}}",
  "a\tb", "a\t# c", "\ta", "a ", "é", "😀", "'😀': x", "a\u0085  b", "a\u2028  b", "a\r  b", "'a\u0085 b'", "'a\u2028 b'", "\u00a0", "a\ufeffb", "\u0007", "\ufffe", '"\\0\\a\\e\\_\\N\\L\\P"', '"\\q"', "--- a", "-", "--", "---", "...",
];

/** Text for the lines of block scalars. */
const words = fc.constantFrom(
  "set -e",
  "exec server",
  "- item",
  "key: value",
  "# no comment",
  "a  b",
  "\ttabbed",
  "  deeper",
  "",
  "   ",
  " \t",
  "\t",
  "---",
  "é😀",
  "x\u2028y",
  "trailing  ",
);

const blockScalar = fc
  .record({
    style: fc.constantFrom("|", ">"),
    indicator: fc.constantFrom("", "", "-", "+", "2", "1", "-1", "+2", "2-", "0", "--"),
    after: fc.constantFrom("", "", "", " ", " # c", "#c", "\t", " x"),
    indent: fc.constantFrom(2, 2, 2, 1, 3, 4, 0),
    lines: fc.array(words, { maxLength: 4 }),
    tail: fc.array(
      fc.constantFrom(
        "",
        " ",
        "  ",
        "    ",
        "        ",
        "\t",
        "  \t",
        "    \t",
        "          \t",
        "# c",
        "  # c",
        "      # c",
      ),
      { maxLength: 3 },
    ),
  })
  .map(({ style, indicator, after, indent, lines, tail }) => (column: number): string => {
    const spaces = " ".repeat(column + indent);
    return [`${style}${indicator}${after}`, ...lines.map((line) => (line === "" ? line : spaces + line)), ...tail].join(
      "\n",
    );
  });

const scalar = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("web", "web:1", '"web:1"', "'1'", "1", "true") },
  { weight: 2, arbitrary: fc.constantFrom(...scalars) },
);
const anyValue = fc.oneof(
  { weight: 4, arbitrary: scalar.map((text) => (): string => text) },
  { weight: 3, arbitrary: blockScalar },
);

/** Manifests with places, `@`, where any value goes. */
const shapes: readonly string[] = [
  `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web, tier: "front"}
  annotations:
    note: @
    other: 'x'
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
        version: @
    spec:
      # who owns this
      containers:
      - name: web   # the main one
        image: "web:1"
        command: [sh, -c]
        args:
        - @
        env:
        - {name: A, value: @}
        - name: B
          value: @
        ports:
          - containerPort: 8080
            protocol: TCP
      volumes: []
`,
  `# Source: chart/templates/config.yaml
apiVersion: v1
kind: ConfigMap
metadata:
    name: config
data:
    game.properties: @
    ui: @
    list:
    - @
    -   a: @
        b: 2
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
`,
  `apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: a
    annotations:
      b: @
  spec:
    containers:
    - args:
      - --flag=@
      - @
      image: x
      name: c
- kind: Service
  metadata: {name: s, annotations: {note: @, x: y}}
kind: List
`,
  `base: &base
  image: web
  env: &env [{name: A, value: "1"}]
one:
  <<: *base
  image: @
two:
  <<: [*base, {x: 1}]
  env: *env
three: *base
? @
: @
last: @
`,
  `{
  "kind": "Pod",
  "metadata": {"name": "web", "annotations": {"a": "x"}},
  "spec": {
    "containers": [
      {"name": "web", "args": ["a", @]}
    ]
  }
}
`,
  `spec:
    template:
        spec:
            containers:
                - name: a
                  args:
                      - @
                      - >-
                          folded
                          text
            tolerations:
                - @
key: @
`,
  `- @
- - a
  - @
-
  b: @
- ? c
  : @
`,
];

const shape = fc.constantFrom(...shapes).chain((text) => {
  const count = text.split("@").length - 1;
  return fc
    .array(anyValue, { minLength: count, maxLength: count })
    .chain((values) => fc.tuple(fc.constant(values), fc.array(fc.boolean(), { minLength: count, maxLength: count })))
    .map(([values, odd]) => {
      let index = 0;
      return text.replaceAll("@", (_, offset: number) => {
        // Most places have something plain, so that most documents can be read.
        const made =
          odd[index] === true && (odd[index + 1] ?? true) ? (values[index] ?? ((): string => "x")) : (): string => "x";
        index += 1;
        const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
        return made(/^ */.exec(line)?.[0].length ?? 0);
      });
    });
});

type Damage = (lines: string[], at: number, kind: number) => string[];

const reindented: Damage = (lines, at, kind) => {
  const line = lines[at] ?? "";
  const [by = 0] = [[1], [2], [-1], [-2], [4]][kind % 5] ?? [];
  return lines.with(at, by > 0 ? " ".repeat(by) + line : line.replace(new RegExp(`^ {1,${-by}}`), ""));
};
const restReindented: Damage = (lines, at, kind) =>
  lines.map((line, index) => (index < at || line === "" ? line : kind % 2 ? ` ${line}` : line.replace(/^ /, "")));
const tabbed: Damage = (lines, at, kind) => {
  const line = lines[at] ?? "";
  const made = [
    line.replace(/^ +/, "\t"),
    line.replace(/ $|$/, "\t"),
    line.replace(": ", ":\t"),
    line.replace("- ", "-\t"),
    line.replace(/^ ( *)/, "$1\t"),
    line.replaceAll(/(?<=\S) (?=\S)/g, "\t"),
  ];
  return lines.with(at, made[kind % made.length] ?? line);
};
const commented: Damage = (lines, at, kind) => {
  const line = lines[at] ?? "";
  const made = [
    `${line} # c`,
    `${line}#c`,
    `# c\n${line}`,
    `${line}\n        # c`,
    `${line}\t# c`,
    `${line}\n  # it's: "c`,
  ];
  return lines.with(at, made[kind % made.length] ?? line);
};
const spaced: Damage = (lines, at, kind) => {
  const line = lines[at] ?? "";
  const made = [
    `${line}  `,
    `${line}\n`,
    `${line}\n    `,
    `${line}\n                \t`,
    `${line}\n\t`,
    `\n\n${line}`,
    `${line}\n          `,
  ];
  return lines.with(at, made[kind % made.length] ?? line);
};
const broken: Damage = (lines, at, kind) => {
  const line = lines[at] ?? "";
  const spots = [...line.matchAll(/[ ,:[\]{}'"]/g)].map(({ index }) => index + 1);
  const spot = spots[kind % Math.max(spots.length, 1)] ?? 0;
  return lines.with(at, `${line.slice(0, spot)}\n${" ".repeat(kind % 7)}${line.slice(spot)}`);
};
const marked: Damage = (lines, at, kind) => {
  // prettier-ignore
  const made = ["---", "--- # c", "---\t", "...", "... # c", "--- a", "---a", "----", "%YAML 1.1", "%YAML 1.2", "%TAG !e! tag:e.org,2000:", "# c", "--- |", " ---", "---\u00a0", "...x", "\ufeff"];
  return lines.toSpliced(at, 0, made[kind % made.length] ?? "");
};
const lost: Damage = (lines, at) => lines.toSpliced(at, 1);
const doubled: Damage = (lines, at) => lines.toSpliced(at, 0, lines[at] ?? "");
const sprinkled: Damage = (lines, at, kind) => {
  const line = lines[at] ?? "";
  const characters = `:-?[]{},#&*!|>'"%@\`\\ \t\r\u0085\u2028~<=a1é`;
  const spot = (kind >> 5) % (line.length + 1);
  return lines.with(at, line.slice(0, spot) + (characters[kind % characters.length] ?? "") + line.slice(spot));
};
const cut: Damage = (lines, at, kind) => {
  const line = lines[at] ?? "";
  const spot = kind % (line.length + 1);
  return lines.with(at, line.slice(0, spot) + line.slice(spot + 1));
};

const damage = fc.tuple(
  fc.constantFrom(
    reindented,
    reindented,
    restReindented,
    tabbed,
    commented,
    spaced,
    broken,
    marked,
    lost,
    doubled,
    sprinkled,
    cut,
  ),
  fc.nat(1_000_000),
  fc.nat(1_000_000),
);

/** A stream with some damage, or none; which readers may refuse. */
export const damagedStream: fc.Arbitrary<string> = fc
  .tuple(
    shape,
    fc.array(damage, { maxLength: 3 }),
    fc.constantFrom("\n", "\n", "\n", "\n", "\r\n", "\r", "\u0085"),
    fc.constantFrom("", "", "", "", "\ufeff", "---\n", "# c\n---\n"),
    fc.boolean(),
  )
  .map(([text, damages, newline, head, ended]) => {
    const lines = damages.reduce(
      (before, [change, at, kind]) => change(before, at % before.length, kind),
      text.split("\n"),
    );
    const whole = head + lines.join("\n");
    return (ended ? whole : whole.trimEnd()).replaceAll("\n", newline).toWellFormed();
  });

/** Signs of YAML in any order. */
export const soup: fc.Arbitrary<string> = fc
  .array(
    // prettier-ignore
    fc.constantFrom(
      "\n", "\n", "\n  ", "\n    ", " ", "\t", "- ", "a", "b", "a: ", "b: 1", ": ", "? ", "{", "}", "[", "]", ",", ", ", "&a ", "*a", "*a ", "!!int ", "!!str ", "!t ", "|", ">-", "|+\n",
      "\n---\n", "\n...\n", "%YAML 1.1\n", "<<: ", "'", '"', "''", '""', "# c", " # c", "#", "\r", "\r\n", "\u2028", "0x1", "~", ":", "?", "-", "a:", "- - ", "a b", "1", "x: {y: 1}", "[1, 2]", "\n- a", "\na: 1", "\n  b: 2",
    ),
    { maxLength: 14 },
  )
  .map((pieces) => pieces.join(""));

/** Nine aliases of nine aliases of …, so many levels deep. */
const multiplied = (levels: number): string =>
  Array.from({ length: levels }, (_, level) => {
    const values = level === 0 ? "x" : Array.from({ length: 9 }, () => `*a${level - 1}`).join(", ");
    return `a${level}: &a${level} [${values}]\n`;
  }).join("");

/** What no damage makes. */
const others: readonly string[] = [
  ...[2, 3, 4, 5, 6, 9].map(multiplied),
  ...[1020, 1023, 1024, 1025, 3000].flatMap((length) => [
    `${"k".repeat(length)}: 1\n`,
    `'${"é".repeat(length)}': 1\n`,
    `{${"k".repeat(length)}: 1}\n`,
    `{"${"k".repeat(length)}": 1}\n`,
  ]),
  `a: ${"word ".repeat(20_000)}\nb: "${"word ".repeat(20_000)}"\n`,
  "a: 1\na: 2\n",
  "y: 1\ntrue: 2\n",
  "1: a\n0x1: b\n",
  "a: {b: 1, b: 2}\n",
  "a: 1\n<<: {a: 2}\na: 3\n",
  "<<: {a: 2}\n<<: {a: 3}\n",
  "a: &x {b: 1}\nc: {<<: *x, b: 2, <<: {b: 3}}\n",
  "a: &x 1\nb: &x 2\nc: *x\n",
  "a: &x [&x y, *x]\nb: *x\n",
  "&a a: *a\n",
  "*a : 1\n",
  "a: &x [*x]\n",
  "a: &x {b: {c: *x}}\n",
  "&x !!map {a: *x}\n",
  "- &x a\n- ? *x\n  : 1\n",
  "a: 1\n...\nb: 2\n",
  "a: 1\n...\n---\nb: 2\n",
  "a: 1\n... # c\n[\n",
  "...\na: 1\n",
  "'a'\nb: 1\n",
  "a\n---\nb\n...\n---\n",
  "%YAML 1.1\n--- # c\na: 1\n",
  "%TAG !e! tag:e,2000:\n---\na: !e!b c\n",
  "--- # c\n%YAML 1.1\n---\na: 1\n",
  "\ufeff---\na: 1\n---\n\ufeffb: 2\n",
  "\ufeff# c\n\ufeff---\na: 1\n",
  "a: 1\r\n---\r\nb: 2\r\n--- # c\r\nc: 3",
  "a: 1\n---\r",
  "---\u00a0\na: 1\n---\u2003# c\nb: 2\n",
  "a: '\n---\n'\n",
  "a: |\n  x\n---\n",
  "a: |\n---\n x\n",
  "a: 1\n ---\n b\n",
  '{"a": 1}\n---\nb: 2\n',
  'a: 1\n---\n{"b": 2}\n',
  '{"a": 1}{"b": 2}\n',
  '{"a": "\\ud83d\\ude00\u2028\\/"}\n',
  '{\n\t"a": 1,\n\t"b"\n: 2}\n',
  '[{"a": 1}]\n',
  "[\n\t1\n]\n",
  '{"a": 1, "a": 2}\n',
  '{"a": 12345678901234567890123}',
  '{"a": "\\ud83d"}\n',
  "a:\n- b\n - c\n",
  "a:\n  - b\n - c\n",
  "a:\n- b\n  c: 1\n",
  "- a\n-b\n",
  "a: b: c\n",
  "a: - b\n",
  "a:\n  b\n  c: 1\n",
  "a: 'b\nc'\n",
  "a:\n  'b'\n  : 1\n",
  "? a\n? b\n",
  "? - a\n: - b\n",
  "? a\n: b\n  c: d\n",
  "a: !!str\n  b: 1\n",
  "a: &x\n- 1\nb: *x\n",
  "a: !!seq\n- 1\n",
  "!!map\na: 1\n",
];

/** The scalars, each as the value of a key, in a list, and as a key; and others. */
export const wholeStreams: readonly string[] = scalars
  .flatMap((text) => [
    `a: ${text}\nb: 1\n`,
    `x: &a [1]\nl:\n- ${text}\n- [${text}, {k: ${text}}]\n`,
    `? ${text}\n: 1\n`,
    `${text}: 1\n`,
    `{"x": ${text}}\n`,
    text,
  ])
  .concat(others);
