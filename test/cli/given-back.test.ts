import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";

const file = fileURLToPath(new URL("../../src/cli/given-back.ts", import.meta.url));
const program = `
  import { collector } from ${JSON.stringify(file)};
  const collect = collector();
  const kept = {};
  const refs = [new WeakRef(kept), new WeakRef({})];
  setImmediate(() => {
    collect();
    console.log(refs.map((ref) => ref.deref() === undefined).join(), typeof globalThis.gc, typeof kept);
  });
`;

describe("memory that is given back", () => {
  it("is what nobody holds, and nobody else is offered a collector", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
    expect(stdout.trim()).to.equal("false,true undefined object");
  }).timeout(20_000);
});
