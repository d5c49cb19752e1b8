import { expect } from "chai";
import { nearMiss } from "../../../src/core/mesh/default-policy.ts";

describe("core/mesh/default-policy", () => {
  const meant = (text: string, policy: string): string =>
    `${text} is not a policy, and closes nothing; did you mean "${policy}"?`;
  const rows: readonly [text: string, told: string | undefined][] = [
    ["deny", undefined],
    ["all-authenticated", undefined],
    ["Deny", meant('"Deny"', "deny")],
    ["deny ", meant('"deny "', "deny")],
    ["DENY", meant('"DENY"', "deny")],
    ["all_unauthenticated", meant('"all_unauthenticated"', "all-unauthenticated")],
    ["cluster-authenticated\n", meant(String.raw`"cluster-authenticated\n"`, "cluster-authenticated")],
    ["all-authenticatd", meant('"all-authenticatd"', "all-authenticated")],
    ["none", undefined],
    ["", undefined],
  ];
  for (const [text, told] of rows)
    it(JSON.stringify(text), () => {
      expect(nearMiss(text)).to.equal(told);
    });
});
