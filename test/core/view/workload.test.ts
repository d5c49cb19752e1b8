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
    ["a namespace that is not the name", `{"ns":"a/b","pod":"web-1"}`, undefined],
    ["a namespace with a dot", `{"ns":"a.b","pod":"web-1"}`, undefined],
    ["a pod with dots", `{"ns":"shop","pod":"web-1.a"}`, { namespace: "shop", pod: "web-1.a" }],
    ["a pod that is not the name", `{"ns":"shop","pod":"web 1"}`, undefined],
    ["a pod of 254 characters", `{"ns":"shop","pod":"${"a".repeat(62)}.${"a.".repeat(95)}a"}`, undefined],
  ];
  for (const [claim, text, expected] of workloads)
    it(`workload: ${claim}`, () => {
      expect(parseWorkload(text)).to.deep.equal(expected);
    });

  const nobody: Context = { namespace: "", nodeName: "", pod: "" };
  const contexts: readonly [claim: string, text: string, expected: Context | undefined][] = [
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
    ["a namespace that is not the name", "ns:a/b", undefined],
    ["a node of 300 characters", `{"ns":"shop","nodeName":"${"n".repeat(300)}"}`, undefined],
    ["a pod that is not the name", `{"ns":"shop","pod":"web\\u0000"}`, undefined],
  ];
  for (const [claim, text, expected] of contexts)
    it(`context: ${claim}`, () => {
      expect(parseContext(text)).to.deep.equal(expected);
    });
});
