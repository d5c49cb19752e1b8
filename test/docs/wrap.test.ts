/** docs/wrap.md has the rules of `weft wrap check`, the flags of each action, and a way out that works as typed. */
import { readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { expect } from "chai";
import { format, resolveConfig } from "prettier";
import { run } from "../../src/cli/program.ts";
import { register } from "../../src/cli/wrap/wrap.ts";
import { textAt } from "../../src/core/base/json/read.ts";
import { readDocument } from "../../src/core/documents/document.ts";
import { splitDocuments } from "../../src/core/documents/stream.ts";
import { ruleIds, rules } from "../../src/core/wrap/rules.ts";
import { recordingIo } from "../support/recording-io.ts";
import { sessionOf } from "../support/session.ts";

const file = new URL("../../docs/wrap.md", import.meta.url);

const ruleTable = [
  "| rule | level | what it finds |",
  "| --- | --- | --- |",
  ...ruleIds.map((id) => `| ${id} | ${rules[id].level} | ${rules[id].says} |`),
].join("\n");

const escaped = (text: string): string => text.replaceAll("<", "&lt;");

function flagTables(): string {
  const command = new Command("wrap");
  register(command, recordingIo());
  return command.commands
    .filter(({ options }) => options.length > 0)
    .map((action) => {
      const rows = action.options.map(({ flags, description, defaultValue }) => {
        const value = typeof defaultValue === "string" ? `\`${defaultValue}\`` : "";
        return `| \`${flags}\` | ${escaped(description)} | ${value} |`;
      });
      return [`### weft wrap ${action.name()}`, "", "| flag | | default |", "| --- | --- | --- |", ...rows].join("\n");
    })
    .join("\n\n");
}

const withBlock = (text: string, name: string, content: string): string =>
  text.replace(
    new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`),
    () => `<!-- ${name} -->\n\n${content}\n\n<!-- /${name} -->`,
  );

describe("docs/wrap.md", () => {
  it("leads to Linkerd 2 from the manifest that it has, as typed there", async () => {
    const page = readFileSync(file, "utf8");
    const words = /weft (wrap uninject --to-linkerd2) app\.yaml \| kubectl apply -f -$/m.exec(page)?.[1] ?? "";
    const [app] = sessionOf(page).files;
    const io = recordingIo({ stdin: app?.text ?? "" });
    expect(await run([...words.split(" "), "-"], io)).to.equal(0);
    const asking = splitDocuments(io.written.stdout).map(({ text }) =>
      textAt(readDocument(text).value, "spec", "template", "metadata", "annotations", "linkerd.io/inject"),
    );
    expect(asking).to.deep.equal(["", "enabled", "enabled"]);
  });

  it("has every rule, and every flag (UPDATE_GOLDEN=1 writes them there)", async () => {
    const text = withBlock(withBlock(readFileSync(file, "utf8"), "rules", ruleTable), "flags", flagTables());
    const page = await format(text, { ...(await resolveConfig(file)), parser: "markdown" });
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, page);
    expect(readFileSync(file, "utf8")).to.equal(page);
  });
});
