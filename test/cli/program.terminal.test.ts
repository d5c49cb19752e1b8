/** Whatever others wrote into names, annotations and files: no command sends it to a terminal as it is. */
import { expect } from "chai";
import fc from "fast-check";
import { run } from "../../src/cli/program.ts";
import { anyCharacter, runs } from "../support/properties.ts";
import { recordingIo } from "../support/recording-io.ts";

const foreign = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 12 }),
  fc.constantFrom("\u001b[2J\u001b]0;pwn\u0007", "a\nweft: all is well", "\u202eevil\u009b", "x\r\u001b[1A"),
);
const key = fc.constantFrom(
  "linkerd.io/inject",
  "config.linkerd.io/proxy-cpu-limit",
  "config.linkerd.io/opaque-ports",
  "config.alpha.linkerd.io/proxy-wait-before-exit-seconds",
);
const pods = fc
  .record({
    kind: fc.oneof(fc.constant("Pod"), foreign),
    name: foreign,
    annotations: fc.dictionary(fc.oneof(key, foreign), fc.oneof(fc.constant("enabled"), foreign), { maxKeys: 4 }),
    container: foreign,
    hostNetwork: fc.boolean(),
  })
  .map(({ kind, name, annotations, container, hostNetwork }) => ({
    apiVersion: "v1",
    kind,
    metadata: { name, annotations },
    spec: { hostNetwork, containers: [{ name: container, image: container }] },
  }));
const inputs = fc.oneof(
  pods.map((pod) => JSON.stringify(pod)),
  foreign,
  foreign.map((text) => `kind: Pod\nx: ${text}`),
);

/** Commands, and whether what they write to standard output is for people. */
const commands: readonly [args: readonly string[], isForPeople: boolean][] = [
  [["inject", "--verbose", "-"], false],
  [["uninject", "-"], false],
  [["explain", "--all", "-"], true],
  [["explain", "-o", "json", "-"], true],
  [["diff", "-"], true],
  [["rules", "-"], false],
];

describe("on a terminal", () => {
  it("no command lets others control it, nor speak in weft's name", async () => {
    await fc.assert(
      fc.asyncProperty(inputs, fc.constantFrom(...commands), async (stdin, [args, isForPeople]) => {
        const io = recordingIo({ stdin });
        const exit = await run(args, io);
        const shown = io.written.stderr + (isForPeople ? io.written.stdout : "");
        expect(shown).not.to.match(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]|\p{Cs}/u);
        expect(shown).not.to.match(/^weft: all is well/m);
        if (exit !== 0) for (const line of io.written.stderr.trimEnd().split("\n")) expect(line).to.match(/^weft: /);
      }),
      runs(150),
    );
  });

  it("no name makes a line of its own", async () => {
    await fc.assert(
      fc.asyncProperty(pods, async (pod) => {
        // Of a kind that weft does not know more is said.
        const io = recordingIo({ stdin: JSON.stringify({ ...pod, kind: "Pod" }) });
        await run(["uninject", "-"], io);
        expect(io.written.stderr.split("\n")).to.have.length(4);
      }),
      runs(50),
    );
  });

  const rows: readonly [claim: string, args: readonly string[], says: RegExp][] = [
    ["names of files", ["inject", "no\u001b[2Jfile"], /no\\u001b\[2Jfile/],
    ["names of commands", ["in\u009bject"], /in\\u009bject/],
    ["values of flags", ["explain", "-o", "\u001b]0;x\u0007", "-"], /\\u001b\]0;x\\u0007/],
    ["addresses", ["webhook", "--address", "\u001b[2J"], /\\u001b\[2J/],
    ["kubeconfig files", ["check", "--kubeconfig", "/no\u001b[2J"], /\\u001b\[2J/],
  ];
  for (const [claim, args, says] of rows) {
    it(`shows ${claim}`, async () => {
      const io = recordingIo({ stdin: "" });
      expect(await run(args, io)).to.be.greaterThan(0);
      expect(io.written.stderr + io.written.stdout)
        .to.match(says)
        .and.not.match(/[^\P{Cc}\n]/u);
    });
  }
});
