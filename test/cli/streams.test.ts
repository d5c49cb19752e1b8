import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { expect } from "chai";
import { streamsOf } from "../../src/cli/streams.ts";
import type { ProcessStreams } from "../../src/cli/streams.ts";

interface Faked {
  readonly streams: ProcessStreams;
  readonly modes: readonly boolean[];
  readonly resized: EventEmitter;
}

function faked(isTerminal: { readonly stdin: boolean; readonly stdout: boolean }): Faked {
  const modes: boolean[] = [];
  const resized = new EventEmitter();
  const stdin = Object.assign(new PassThrough(), {
    isTTY: isTerminal.stdin,
    isRaw: false,
    setRawMode: (mode: boolean) => modes.push(mode),
  });
  const stdout = Object.assign(resized, { isTTY: isTerminal.stdout, columns: 80, rows: 24 });
  return { streams: { stdin, stdout, stderr: new PassThrough() } as unknown as ProcessStreams, modes, resized };
}

describe("the process's streams", () => {
  const rows: readonly (readonly [stdin: boolean, stdout: boolean])[] = [
    [false, false],
    [true, false],
    [false, true],
  ];
  for (const [stdin, stdout] of rows) {
    it(`are no terminal where input is ${stdin ? "" : "not "}one and output ${stdout ? "is" : "is not"}`, () => {
      expect(streamsOf(faked({ stdin, stdout }).streams).terminal).to.equal(undefined);
    });
  }

  it("are one where both are: keys are passed on until it is set back", () => {
    const { streams, modes } = faked({ stdin: true, stdout: true });
    const { terminal } = streamsOf(streams);
    expect(terminal?.size()).to.deep.equal({ columns: 80, rows: 24 });
    const setBack = terminal?.raw();
    expect(modes).to.deep.equal([true]);
    setBack?.();
    expect(modes).to.deep.equal([true, false]);
  });

  it("tell of another size, until nobody wants to know", () => {
    const { streams, resized } = faked({ stdin: true, stdout: true });
    let told = 0;
    const deaf = streamsOf(streams).terminal?.onResize(() => (told += 1));
    resized.emit("resize");
    deaf?.();
    resized.emit("resize");
    expect(told).to.equal(1);
    expect(resized.listenerCount("resize")).to.equal(0);
  });
});
