import { expect } from "chai";
import { readFileSync } from "node:fs";
import { ownPackage } from "../../src/files/package.ts";

const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
const own = JSON.parse(text) as Readonly<Record<string, unknown>>;

describe("package.json", () => {
  it("says the version and the place on the web", () => {
    expect(ownPackage()).to.deep.equal({ version: own["version"], homepage: own["homepage"] });
  });

  it("says repository and bugs only by the place on the web, and not before there is one", () => {
    const { homepage } = ownPackage();
    expect({ repository: own["repository"], bugs: own["bugs"] }).to.deep.equal(
      homepage === ""
        ? { repository: undefined, bugs: undefined }
        : { repository: { type: "git", url: `git+${homepage}.git` }, bugs: { url: `${homepage}/issues` } },
    );
  });
});
