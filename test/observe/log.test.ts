import { expect } from "chai";
import { createLog, logLevels } from "../../src/observe/log.ts";
import type { Log, LogFormat, LogLevel, LostLines } from "../../src/observe/log.ts";

const now = (): Date => new Date("2026-01-01T00:00:00Z");
const logged = (format: LogFormat, act: (log: Log) => void, level: LogLevel = "info"): string => {
  let text = "";
  act(createLog({ level, format, now, sink: { write: (line) => (text += line) } }));
  return text;
};

const error = Object.assign(new Error("broken"), { stack: "Error: broken\n    at here" });
const rows: readonly [claim: string, act: (log: Log) => void, plain: string, json: string][] = [
  [
    "words alone",
    (log) => log.info("serving"),
    "2026-01-01T00:00:00.000Z INFO  serving\n",
    '{"level":"info","time":"2026-01-01T00:00:00.000Z","msg":"serving"}\n',
  ],
  [
    "fields of each type",
    (log) => log.warn("skipped", { kind: "pod", reasons: ["a", "b"], milliseconds: 1.5, dryRun: false }),
    "2026-01-01T00:00:00.000Z WARN  skipped kind=pod reasons=a,b milliseconds=1.5 dryRun=false\n",
    '{"level":"warn","time":"2026-01-01T00:00:00.000Z","kind":"pod","reasons":["a","b"],"milliseconds":1.5,"dryRun":false,"msg":"skipped"}\n',
  ],
  [
    "empty fields",
    (log) => log.info("skipped", { owner: "", reasons: [] }),
    "2026-01-01T00:00:00.000Z INFO  skipped\n",
    '{"level":"info","time":"2026-01-01T00:00:00.000Z","owner":"","reasons":[],"msg":"skipped"}\n',
  ],
  [
    "a name that would like to be a line of ours",
    (log) => log.info("a\nb", { name: 'x" uid=1\n2026\u2028\u009b\u001b[31m' }),
    '2026-01-01T00:00:00.000Z INFO  a b name="x\\" uid=1\\n2026  \\u001b[31m"\n',
    '{"level":"info","time":"2026-01-01T00:00:00.000Z","name":"x\\" uid=1\\n2026\\u2028\\u009b\\u001b[31m","msg":"a\\nb"}\n',
  ],
  [
    "an error with its stack",
    (log) => log.error("internal error", { uid: "u" }, error),
    "2026-01-01T00:00:00.000Z ERROR internal error uid=u\n    Error: broken\n        at here\n",
    '{"level":"error","time":"2026-01-01T00:00:00.000Z","uid":"u","err":{"type":"Error","message":"broken","stack":"Error: broken\\n    at here"},"msg":"internal error"}\n',
  ],
];

describe("the log", () => {
  for (const [claim, act, plain, json] of rows) {
    it(`writes ${claim}`, () => {
      expect(logged("plain", act)).to.equal(plain);
      expect(logged("json", act)).to.equal(json);
    });
  }

  const all = (log: Log): void => {
    for (const level of ["error", "warn", "info", "debug"] as const) log[level](level);
  };
  const written: Readonly<Record<LogLevel, readonly string[]>> = {
    panic: [],
    fatal: [],
    error: ["error"],
    warn: ["error", "warn"],
    info: ["error", "warn", "info"],
    debug: ["error", "warn", "info", "debug"],
    trace: ["error", "warn", "info", "debug"],
  };
  for (const level of logLevels) {
    it(`at level ${level} writes ${written[level].join(", ") || "nothing"}`, () => {
      for (const format of ["plain", "json"] as const) {
        expect(logged(format, all, level).match(/(?<=INFO  |WARN  |ERROR |DEBUG |"msg":")\w+/g) ?? []).to.deep.equal(
          written[level],
        );
      }
    });
  }

  it("shows what would control a terminal, also where it hides in an error", () => {
    const stack = "Error: x\u001b[2J\u202e\n    at here";
    const act = (log: Log): void => log.error("a\u009bb", {}, Object.assign(new Error("x"), { stack }));
    expect(logged("plain", act)).to.equal(
      "2026-01-01T00:00:00.000Z ERROR a b\n    Error: x\\u001b[2J\\u202e\n        at here\n",
    );
    expect(logged("json", act))
      .to.include('"stack":"Error: x\\u001b[2J\\u202e\\n    at here"')
      .and.to.include("a\\u009bb");
  });

  it("tells what was lost, once each time", () => {
    let tell: ((lost: LostLines) => void) | undefined;
    let text = "";
    const sink = {
      write: (line: string) => (text += line),
      lost: () => 3,
      whenWritable: (to: typeof tell) => (tell = to),
    };
    const log = createLog({ level: "error", format: "plain", now, sink });
    tell?.({ lines: 3, because: "ENOSPC" });
    expect(text).to.equal(
      "2026-01-01T00:00:00.000Z ERROR lines of the log could not be written and are lost lines=3 because=ENOSPC\n",
    );
    expect(log.lost()).to.equal(3);
  });
});
