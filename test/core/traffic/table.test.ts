import { expect } from "chai";
import { tableText } from "../../../src/core/traffic/table.ts";

describe("a table", () => {
  it("has columns as wide as their texts are shown, and no blank at the end of a line", () => {
    const rows = [
      ["NAME", "N", "WHY"],
      ["網頁", "7", ""],
      [{ text: "b", painted: (text: string) => `<${text}>` }, "100", "x\ny"],
    ];
    expect(tableText(rows, [1])).to.equal(
      ["NAME     N   WHY", "網頁     7", String.raw`<b>      100   x\ny`, ""].join("\n"),
    );
  });

  it("has as many rows as there are", () => {
    const rows = Array.from({ length: 300_000 }, (_, index) => [String(index)]);
    expect(tableText(rows).length).to.equal(rows.join("\n").length + 1);
  });
});
