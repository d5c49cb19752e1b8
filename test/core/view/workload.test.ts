import { expect } from "chai";
import { parseContext, parseWorkload } from "../../../src/core/view/workload.ts";
import type { Context, Workload } from "../../../src/core/view/workload.ts";

describe("view/workload", () => {
  const web: Workload = { namespace: "shop", pod: "web-1" };
  const workloads: readonly [claim: string, text: string, expected: Workload | undefined][] = [
    ["JSON", `{"ns":"shop", "pod":"web-1"}`, web],
    ["JSON and a newline", `{"ns":"shop","pod":"web-1"}\n`, web],
    ["the old form", "shop:web-1", web],
    ["nothing", "", undefined],
    ["JSON without a pod", `{"ns":"shop"}`, undefined],
    ["JSON with an empty namespace", `{"ns":"","pod":"web-1"}`, undefined],
    ["JSON of another type", `{"ns":1,"pod":"web-1"}`, undefined],
    ["JSON cut off", `{"ns":"shop","pod":"we`, undefined],
    ["no JSON object", `["shop","web-1"]`, undefined],
    ["three parts", "shop:web-1:80", undefined],
    ["no namespace", ":web-1", undefined],
  ];
  for (const [claim, text, expected] of workloads)
    it(`workload: ${claim}`, () => {
      expect(parseWorkload(text)).to.deep.equal(expected);
    });

  const nobody: Context = { namespace: "", nodeName: "", pod: "" };
  const contexts: readonly [claim: string, text: string, expected: Context][] = [
    [
      "JSON and a newline",
      `{"ns":"shop", "nodeName":"n1", "pod":"web-1"}\n`,
      { namespace: "shop", nodeName: "n1", pod: "web-1" },
    ],
    ["JSON with less", `{"ns":"shop"}`, { ...nobody, namespace: "shop" }],
    ["the old form", "ns:shop", { ...nobody, namespace: "shop" }],
    ["nothing", "", nobody],
    ["something else", "shop", nobody],
    ["JSON cut off", `{"ns":"sh`, nobody],
  ];
  for (const [claim, text, expected] of contexts)
    it(`context: ${claim}`, () => {
      expect(parseContext(text)).to.deep.equal(expected);
    });
});
