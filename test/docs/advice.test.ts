/** The lines in docs/advice.md are those that its objects get. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { advice } from "../../src/core/advice/advice.ts";
import { readCluster } from "../../src/core/cluster/objects.ts";
import { readDocument } from "../../src/core/documents/document.ts";
import { splitDocuments } from "../../src/core/documents/stream.ts";
import { warningLines } from "../../src/core/inject/messages/warnings.ts";
import { installation, objectOr } from "../support/injection.ts";

const page = readFileSync(new URL("../../docs/advice.md", import.meta.url), "utf8");
const block = (language: string): string => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(page)?.[1] ?? "";

describe("docs/advice.md", () => {
  it("shows what its example is told", () => {
    const text = block("yaml");
    const read = readCluster([{ name: "advice.md", text }]);
    if ("issues" in read) throw new Error(JSON.stringify(read.issues));
    const facts = read.value.objectNamed("Namespace", "", "shop");
    const lines = splitDocuments(text).flatMap((document) => {
      const { subject, warnings } = advice({
        object: objectOr(readDocument(document.text).value),
        namespace: { name: "shop", annotations: facts?.annotations ?? {}, labels: facts?.labels ?? {} },
        installation: installation(),
      });
      return warningLines(subject, warnings);
    });
    expect(lines.map((line) => `Warning: ${line}`)).to.deep.equal(block("text").trimEnd().split("\n"));
  });
});
