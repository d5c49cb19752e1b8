import { expect } from "chai";
import { examples } from "../../src/cli/examples.ts";
import { run } from "../../src/cli/program.ts";
import { docsPages } from "../../src/files/docs.ts";
import { recordingIo } from "../support/recording-io.ts";

async function helpOf(...words: readonly string[]): Promise<string> {
  const io = recordingIo();
  await run([...words, "--help"], io);
  return io.written.stdout;
}

const commandNames = async (): Promise<readonly string[]> =>
  [...(await helpOf()).matchAll(/^ {2}([a-z]+) /gm)].map(([, name = ""]) => name).filter((name) => name !== "help");

describe("examples in the help", () => {
  it("are there for every command, and for nothing else", async () => {
    expect(Object.keys(examples).toSorted()).to.deep.equal((await commandNames()).toSorted());
  });

  for (const [name, { lines, page }] of Object.entries(examples)) {
    it(`of ${name} begin with it, and use flags that it has`, async () => {
      const help = await helpOf(name);
      for (const line of lines) {
        expect(help).to.include(`  ${line}\n`);
        const [own = ""] = line.split(/ [|>&<] /);
        const words = own.split(" ");
        expect(words.slice(0, 2)).to.deep.equal(["weft", name]);
        const below = words.slice(2).filter((word) => /^[a-z]+$/.test(word));
        const flags = words.filter((word) => word.startsWith("-") && word !== "-");
        const known = `${help}${["identity", "wrap"].includes(name) ? await helpOf(name, ...below.slice(0, 1)) : ""}`;
        for (const flag of flags) expect(known).to.match(new RegExp(`(^|[ ,])${flag}\\b`, "m"));
      }
    });

    if (page !== undefined) {
      it(`of ${name} name a page that is there`, async () => {
        expect((await docsPages()).map((each) => each.name)).to.include(page);
      });
    }
  }

  it("stand below the help, in so many columns as the terminal has", async () => {
    const io = recordingIo({ columns: 60 });
    await run(["check", "--help"], io);
    const tooLong = io.written.stdout.split("\n").filter((line) => line.length > 60);
    expect(tooLong).to.deep.equal([]);
    expect(io.written.stdout).to.match(/\nExamples:\n {2}weft check --pre\n.*\nMore: weft help check\.md\n$/s);
  });
});
