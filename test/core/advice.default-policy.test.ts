/** A default policy that is like one and is none leaves open what its author takes for closed. */
import { expect } from "chai";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { linesFor, namespaceWith, workload } from "../support/advice.ts";

describe("advice on a default policy that is none", () => {
  const key = "config.linkerd.io/default-inbound-policy";
  const told = `${key}: "Deny" is not a policy, and closes nothing; did you mean "deny"? proxy.defaultInboundPolicy stays "all-unauthenticated"`;
  const inherited = told.replace(": ", " (from the namespace): ");
  const asks = { "linkerd.io/inject": "enabled" };
  const rows: readonly [claim: string, object: JsonObject, lines: readonly string[]][] = [
    ["of a Namespace that asks", namespaceWith({ ...asks, [key]: "Deny" }), [`namespace/shop: ${inherited}`]],
    ["of a Namespace that does not ask", namespaceWith({ [key]: "Deny" }), [`namespace/shop: ${inherited}`]],
    ["of a workload", workload("Deployment", { ...asks, [key]: "Deny" }), [`deployment/web: ${told}`]],
    ["of a workload, right", workload("Deployment", { ...asks, [key]: "deny" }), []],
  ];
  for (const [claim, object, lines] of rows)
    it(claim, () => {
      expect(linesFor(object)).to.deep.equal(lines);
    });
});
