/**
 * Images are made in two ways, by docker and by images/pack: what both read is one text, and what is said twice is the
 * same. That the packed ones are what the Dockerfiles say, and work, is shown by test/e2e/cluster.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { said, stagesOf } from "./dockerfile.ts";

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../images/${path}`, import.meta.url)), "utf8");
const own = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly bin: { readonly weft: string };
};

describe("Dockerfiles", () => {
  describe("weft", () => {
    const [build, last] = stagesOf(read("weft/Dockerfile"));

    it("the files are what fill makes, and nothing else", () => {
      expect(said(build, "RUN").at(-1)).to.equal("images/weft/fill /image");
      expect(said(last, "FROM")).to.deep.equal(["scratch"]);
      expect(said(last, "COPY")).to.deep.equal(["--from=build /image /"]);
    });

    it("starts the command of package.json, as a user with a number", () => {
      expect(said(last, "ENTRYPOINT")).to.deep.equal([
        `["/usr/bin/node", "--disable-sigusr1", "--disable-proto=delete", "--max-semi-space-size=4", "/weft/${own.bin.weft}"]`,
      ]);
      expect(said(last, "USER")).to.deep.equal(["65532:65532"]);
      expect(read("weft/fill")).to.include(" /usr/bin/node\n").and.include(`user "$root" weft 65532\n`);
    });
  });

  describe("debug", () => {
    const [only] = stagesOf(read("debug/Dockerfile"));

    it("installs the packages of the list that fill reads", () => {
      const [, list = ""] = /^(packages) /.exec(said(only, "COPY").join("\n")) ?? [];
      expect(said(only, "RUN").join("\n")).to.match(/xargs apt-get install .*<\/usr\/share\/weft-debug\/packages/);
      expect(read(`debug/${list}`).split("\n")).to.include("tshark");
      expect(read("debug/fill")).to.include('<"$here/packages"');
    });

    it("captures on every interface, as Linkerd's does", () => {
      expect(said(only, "ENTRYPOINT")).to.deep.equal(['["tshark", "-i", "any"]']);
    });
  });

  describe("init", () => {
    const [only] = stagesOf(read("init/Dockerfile"));

    it("each of its packages has a name in Debian", () => {
      const [, packages = ""] = /apk add --no-cache (.*?) && /.exec(said(only, "RUN").join("\n")) ?? [];
      const table = [...read("init/fill").matchAll(/\[([\w-]+)\]=/g)].map(([, name]) => name);
      expect(packages.trim().split(/\s+/)).to.have.members(table);
      expect(table).to.include("nftables");
    });

    it("nft gets the same file capability", () => {
      const setcap = /setcap (cap_\S+)/;
      const [, inDocker] = setcap.exec(said(only, "RUN").join("\n")) ?? [];
      expect(inDocker).to.equal("cap_net_admin+ep");
      expect(setcap.exec(read("init/fill"))?.[1]).to.equal(inDocker);
    });
  });
});
