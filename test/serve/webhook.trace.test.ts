import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { testMesh } from "../support/certificates.ts";
import { newFolder } from "../support/folder.ts";

const program = fileURLToPath(new URL("webhook/trace-program.ts", import.meta.url));

/** From the first file that sees the request to the Event that waits to be sent, beside the reviews. */
const wayIn = (entered: readonly string[]): readonly string[] => {
  // A connection is one for many reviews.
  const ours = entered.filter((file) => !/^(cli|net|core\/base)\//.test(file) && file !== "files/watch.ts");
  return ours.slice(ours.indexOf("webhook/routes.ts"), ours.indexOf("kube/event-recorder.ts") + 1);
};

/** The engine is one room here: it is called, and gives a value. What knows no Kubernetes is read as Node's modules are. */
const roomOf = (file: string): string => (file.startsWith("core/") ? "core" : dirname(file));

/**
 * Changes of folder: one less than there are rooms here, 19. Fifteen lead from a stage to the next one, four do not:
 *
 * - `core` weighs a body before its turn comes, as large reviews wait for each other.
 * - An owner's look-up is counted where it is made (there and back): one look-up serves several reviews, so the record of
 *   one cannot tell of it.
 * - What came of it is kept where it was read, for the reviews that are like it.
 *
 * No room is entered for a helper that belongs to a neighbour.
 */
const stages: readonly [what: string, rooms: readonly string[]][] = [
  ["a request, its body, what that costs", ["webhook", "core"]],
  ["bytes become a request, and what injection looks at", ["webhook/reviews", "core"]],
  ["gathered: the namespace", ["webhook/reviews", "serve/webhook", "kube", "core"]],
  ["gathered: the owner", ["serve/webhook", "observe"]],
  ["gathered: the installation", ["serve/webhook", "files"]],
  ["injected with that", ["core"]],
  ["kept and answered", ["webhook/reviews", "webhook"]],
  ["told: counters and log line", ["serve/webhook", "observe"]],
  ["told: an Event", ["serve/webhook", "core", "kube"]],
];

describe("the way of a review", function () {
  this.timeout(60_000);
  it("gathers, injects with what was gathered, answers, and tells of it once", async () => {
    const folder = await newFolder();
    await folder.write("anchors", (await testMesh()).anchor.certificate);
    const { stdout } = await promisify(execFile)(process.execPath, [program, folder.at("anchors")]);
    await folder.destroy();
    const way = wayIn(JSON.parse(stdout) as string[]);
    const rooms = way.map(roomOf);
    const expected = stages.flatMap(([, stage]) => stage);
    expect(rooms.filter((room, index) => room !== rooms[index - 1])).to.deep.equal(expected);
    expect(way).to.include.members([
      "webhook/reviews/gather.ts",
      "core/inject/inject.ts",
      "core/admission/respond.ts",
      "serve/webhook/telemetry.ts",
    ]);
  });
});
