import { expect } from "chai";
import { podView } from "../../../src/core/view/from-objects.ts";
import { likeliest } from "../../../src/core/view/pods-at.ts";

const pod = (name: string, creationTimestamp: string, deletionTimestamp?: string) =>
  podView({ metadata: { name, creationTimestamp, ...(deletionTimestamp !== undefined && { deletionTimestamp }) } });

const [monday, tuesday] = ["2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"];

const rows: readonly [claim: string, pods: readonly ReturnType<typeof pod>[], first: string | undefined][] = [
  ["one that is not being deleted", [pod("a", tuesday, tuesday), pod("b", monday)], "b"],
  ["the one created last", [pod("a", monday), pod("b", tuesday)], "b"],
  ["of two that are being deleted the one created last", [pod("a", monday, tuesday), pod("b", tuesday, tuesday)], "b"],
  ["none, of two as likely", [pod("a", monday), pod("b", monday)], undefined],
  ["none where there is none", [], undefined],
  ["the only one, though it is being deleted", [pod("a", monday, tuesday)], "a"],
];

describe("view/pods-at: whose address it is", () => {
  for (const [claim, pods, first] of rows) {
    it(claim, () => {
      expect(likeliest(pods)?.name).to.equal(first);
    });
  }
});
