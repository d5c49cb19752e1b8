import { closeSync, openSync } from "node:fs";
import { tmpdir } from "node:os";
import { Writable } from "node:stream";
import { expect } from "chai";
import { standardOutput } from "../../src/cli/standard-output.ts";

/** What is no file is written by the stream; a folder is none. */
const descriptor = openSync(tmpdir(), "r");

/** A pipe whose reader takes what it has when it is told to. */
function pipe() {
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark: 10,
    write: (_chunk, _encoding, done) => void waiting.push(done),
  });
  return {
    output: standardOutput(stream, descriptor),
    stream,
    take: (): void => waiting.shift()?.(),
  };
}

describe("cli/standard-output", () => {
  after(() => closeSync(descriptor));

  it("tells when what was written waits for its reader, and when it was taken", async () => {
    const { output, take } = pipe();
    expect(output.taken()).to.equal(undefined);
    output.write("short");
    expect(output.taken()).to.equal(undefined);
    output.write("longer than the reader's room");
    const taken = output.taken();
    expect(taken).to.be.a("promise");
    take();
    take();
    await taken;
    expect(output.taken()).to.equal(undefined);
  });

  it("does not wait for a reader that has left", async () => {
    const { output, stream } = pipe();
    output.write("longer than the reader's room");
    const taken = output.taken();
    stream.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    await taken;
    expect(output.ended.aborted).to.equal(true);
    expect(output.taken()).to.equal(undefined);
    expect(output.failure()).to.equal(undefined);
  });
});
