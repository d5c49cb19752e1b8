import { expect } from "chai";
import { subjectsOf } from "../../../src/cli/objects/words.ts";

describe("the words of explain, diff and rules", () => {
  const rows: readonly [claim: string, words: string, there: readonly string[], files: string, named: string][] = [
    ["nothing is standard input", "", [], "-", ""],
    ["a dash is standard input", "-", [], "-", ""],
    ["a file that is there", "app.yaml", ["app.yaml"], "app.yaml", ""],
    ["a file that is not there stays one", "app.yaml", [], "app.yaml", ""],
    ["an address", "https://example.org/app.yaml", [], "https://example.org/app.yaml", ""],
    ["an object", "deploy/web", [], "", "deployments/web"],
    ["several", "deploy/web sts/db", [], "", "deployments/web statefulsets/db"],
    ["all of a kind", "pods", [], "", "pods/*"],
    ["a kind and names", "deploy web db", [], "", "deployments/web deployments/db"],
    ["two kinds", "deploy sts", [], "", "deployments/* statefulsets/*"],
    ["files and objects", "app.yaml deploy/web", ["app.yaml"], "app.yaml", "deployments/web"],
    ["a folder that is called like a kind", "deploy", ["deploy"], "deploy", ""],
    ["a file in it", "deploy/web.yaml", ["deploy/web.yaml"], "deploy/web.yaml", ""],
    ["a folder in it, beside which the object has a longer name", "deploy/web", ["deploy/web"], "deploy/web", ""],
    ["a kind and a file are no kind and a name", "deploy web", ["web"], "web", "deployments/*"],
  ];
  for (const [claim, words, there, files, named] of rows) {
    it(claim, async () => {
      const found = await subjectsOf(
        words.split(" ").filter((word) => word !== ""),
        (path) => Promise.resolve(there.includes(path)),
      );
      expect(found.files.join(" ")).to.equal(files);
      expect(found.named.map(({ kind, name = "*" }) => `${kind.plural}/${name}`).join(" ")).to.equal(named);
    });
  }

  const mistyped: readonly [word: string, notices: readonly string[]][] = [
    ["deplo/web", ["deplo/web is neither a file nor an object of the cluster; did you mean deploy/web?"]],
    ["dploy", ["dploy is neither a file nor an object of the cluster; did you mean deploy?"]],
    ["deploy/web", []],
    ["app.yaml", []],
    ["manifests/web", []],
    ["-", []],
  ];
  for (const [word, notices] of mistyped) {
    it(`${word} is ${notices.length === 0 ? "no" : "a"} mistyped kind`, async () => {
      expect((await subjectsOf([word], () => Promise.resolve(false))).notices).to.deep.equal(notices);
    });
  }

  it("tells when a folder hides an object", async () => {
    const { notices } = await subjectsOf(["deploy/web", "deploy/app.yaml"], () => Promise.resolve(true));
    expect(notices).to.deep.equal([
      "deploy/web is read as the file or folder of that name; the object of the cluster is deployments/web",
    ]);
  });
});
