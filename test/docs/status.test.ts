/** docs/status.md shows what the commands print, and has a row for each kind of finding. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { parseDuration } from "../../src/core/base/scalars/duration.ts";
import { severities } from "../../src/core/dataplane/findings.ts";
import { restart } from "../../src/cli/status/restart.ts";
import { status } from "../../src/cli/status/status.ts";
import { material, now } from "../support/check-cluster.ts";
import { restartableMesh } from "../support/data-plane.ts";
import type { DataPlaneCluster } from "../support/data-plane.ts";
import { recordingIo } from "../support/recording-io.ts";

const file = new URL("../../docs/status.md", import.meta.url);
const page = (): string => readFileSync(file, "utf8");
const block = (command: string): RegExp => new RegExp(`(<!-- ${command} -->\\n\\n\`\`\`text\\n)([^\`]*)(\`\`\`)`);

const wanted = { namespace: undefined, selector: "" };
const plain = { wanted, format: "table", missed: false, certificates: false } as const;
const timeout = parseDuration("5m") ?? expect.fail("five minutes are a duration");

const commands: Readonly<
  Record<string, (mesh: DataPlaneCluster, io: ReturnType<typeof recordingIo>) => Promise<void>>
> = {
  "weft status": ({ reach }, io) => status(reach, io, plain, now.getTime()),
  "weft status --missed": ({ reach }, io) => status(reach, io, { ...plain, missed: true }, now.getTime()),
  "weft restart --missed --dry-run": ({ reach, cluster: { api } }, io) => {
    const wait = (): Promise<never> => Promise.reject(new Error("a dry run waits for nothing"));
    return restart({ ask: api.ask, reach, io, now: () => now, wait }, { wanted, timeout, dryRun: true });
  },
};

describe("docs/status.md", () => {
  for (const [command, run] of Object.entries(commands)) {
    it(`shows what ${command} prints (make golden rewrites it)`, async () => {
      const io = recordingIo();
      await run(await restartableMesh(await material()), io);
      // Anchors are made anew for each run.
      const printed = `${io.written.stderr}${io.written.stdout}`.replaceAll(
        /anchor [0-9a-f]{12}/g,
        "anchor 0cce9f4dd19b",
      );
      if (process.env["UPDATE_GOLDEN"] === "1")
        writeFileSync(
          file,
          page().replace(block(command), (_, before: string, __, after: string) => before + printed + after),
        );
      expect(block(command).exec(page())?.[2]).to.equal(printed);
    });
  }

  it("has a row for each kind of finding, with its severity", () => {
    const rows = [...page().matchAll(/^\| `([a-z ]+)` +\| (×|‼) +\|/gm)].map(([, kind, mark]) => [kind, mark]);
    expect(Object.fromEntries(rows)).to.deep.equal(
      Object.fromEntries(
        Object.entries(severities).map(([kind, severity]) => [kind, severity === "error" ? "×" : "‼"]),
      ),
    );
  });
});
