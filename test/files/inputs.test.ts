import { expect } from "chai";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readInputs } from "../../src/files/inputs.ts";

/** Response.url is only set by a real fetch. */
const answered = (url: string, body: string, status = 200): Response =>
  Object.defineProperty(new Response(body, { status, statusText: status === 200 ? "OK" : "Not Found" }), "url", {
    value: url,
  });

const unread = {
  stdin: (): Promise<string> => Promise.reject(new Error("standard input was read")),
  fetch: (url: string): Promise<Response> => Promise.reject(new Error(`${url} was fetched`)),
};

describe("readInputs", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "weft-inputs-"));
    await mkdir(join(folder, "b"));
    for (const name of ["c", "a", "b/z", "b/.hidden"]) await writeFile(join(folder, name), `text of ${name}`);
    await symlink("b", join(folder, "linked"));
    await symlink("../a", join(folder, "b", "link"));
  });
  after(() => rm(folder, { recursive: true }));

  it("reads what is below a folder in the order of names; links to files, not to folders", async () => {
    const read = await readInputs([folder], unread);
    expect("value" in read && read.value).to.deep.equal([
      { name: join(folder, "a"), text: "text of a" },
      { name: join(folder, "b/.hidden"), text: "text of b/.hidden" },
      { name: join(folder, "b/link"), text: "text of a" },
      { name: join(folder, "b/z"), text: "text of b/z" },
      { name: join(folder, "c"), text: "text of c" },
    ]);
  });

  it("keeps the order of its arguments", async () => {
    const fetch = (url: string): Promise<Response> => Promise.resolve(answered(url, "remote"));
    const names = ["https://example.test/x", "-", join(folder, "a")];
    const read = await readInputs(names, { stdin: () => Promise.resolve("in"), fetch });
    expect("value" in read && read.value.map(({ text }) => text)).to.deep.equal(["remote", "in", "text of a"]);
  });

  const fails: readonly [claim: string, name: string, fetch: typeof unread.fetch, message: RegExp][] = [
    ["refuses an address without HTTPS", "http://example.test/x", unread.fetch, /^only HTTPS URLs are allowed$/],
    [
      "refuses to be led away from HTTPS",
      "https://example.test/x",
      () => Promise.resolve(answered("http://example.test/x", "")),
      /^leads to an address without HTTPS$/,
    ],
    [
      "says what the server said",
      "https://example.test/x",
      (url) => Promise.resolve(answered(url, "", 404)),
      /^unable to read URL, server reported Not Found, status code=404$/,
    ],
    [
      "says why nothing came",
      "https://example.test/x",
      () => Promise.reject(new Error("fetch failed", { cause: new Error("no such host") })),
      /^fetch failed: no such host$/,
    ],
    ["says what is wrong with standard input", "-", unread.fetch, /^standard input was read$/],
  ];
  for (const [claim, name, fetch, message] of fails) {
    it(claim, async () => {
      const read = await readInputs([name], { ...unread, fetch });
      expect("issues" in read && read.issues).to.have.lengthOf(1);
      expect("issues" in read && read.issues[0]?.message).to.match(message);
    });
  }

  it("names everything that cannot be read at once", async () => {
    const bytes = join(folder, "c");
    await writeFile(bytes, Buffer.from([0x61, 0xff]));
    const read = await readInputs([join(folder, "missing"), bytes, join(folder, "a")], unread);
    expect(read).to.deep.equal({
      issues: [
        { at: join(folder, "missing"), message: "there is no such file" },
        { at: bytes, message: "is not UTF-8 text" },
      ],
    });
  });
});
