import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const program = fileURLToPath(new URL("attack.ts", import.meta.url));
const ran = (...args: readonly string[]) => spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });

describe("npm run attack", () => {
  it("--help shows its usage", () => {
    const { status, stdout, stderr } = ran("--help");
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: "" });
    expect(stdout).to.match(/^Usage: npm run attack -- \[options\] \[NAME\.\.\.\]$/m);
  });

  it("says in a line what is no option, and the usage", () => {
    const { status, stderr } = ran("--nope");
    expect(status).to.equal(2);
    expect(stderr).to.match(/^Unknown option '--nope'[^\n]*\n\nUsage: /);
  });
});
