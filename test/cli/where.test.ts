import { expect } from "chai";
import { whereOf } from "../../src/cli/where.ts";

describe("where there is more to read", () => {
  it("is a command", () => {
    expect(whereOf({ page: "check", anchor: "pods" }, { version: "1.2.3" })).to.equal("weft help check#pods");
    expect(whereOf({ page: "install" }, { homepage: "", version: "1.2.3" })).to.equal("weft help install.md");
  });

  it("is on the web as well, once weft is there", () => {
    const io = { homepage: "https://weft.example/weft", version: "1.2.3" };
    expect(whereOf({ page: "check", anchor: "pods" }, io)).to.equal(
      "weft help check#pods or https://weft.example/weft/blob/v1.2.3/docs/check.md#pods",
    );
  });
});
