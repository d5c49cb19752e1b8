import { expect } from "chai";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { entries } from "../../../src/core/registration/entries.ts";
import { mirrorReview } from "../../../src/webhook/reviews/mirror.ts";
import { asked, namespaceWith, workload } from "../../support/advice.ts";
import { askable, reviewOf } from "../../support/reviews.ts";
import type { Asking } from "../../support/reviews.ts";

const label = "weft.linkerd.io/inject";
const added: JsonObject = { op: "add", path: "/metadata/labels/weft.linkerd.io~1inject", value: "enabled" };
const old = { operation: "UPDATE", oldObject: namespaceWith({}) };

describe("a review of a Namespace for its label", () => {
  let open: Asking | undefined;
  afterEach(async () => {
    await open?.stop();
    open = undefined;
  });

  const rows: readonly [claim: string, review: string, patch: readonly JsonObject[] | undefined][] = [
    ["that asks, when it is made", reviewOf(namespaceWith(asked)), [added]],
    ["that asks, when it is changed", reviewOf(namespaceWith(asked), old), [added]],
    ["that does not ask", reviewOf(namespaceWith({})), undefined],
    ["that is right", reviewOf(namespaceWith(asked, { [label]: "enabled" }), old), undefined],
    [
      "whose label was set by hand",
      reviewOf(namespaceWith({}, { [label]: "enabled" }), old),
      [{ op: "remove", path: "/metadata/labels/weft.linkerd.io~1inject" }],
    ],
    ["that is removed", reviewOf(null, { operation: "DELETE", oldObject: namespaceWith(asked) }), undefined],
    ["whose status changes", reviewOf(namespaceWith(asked), { ...old, subResource: "status" }), undefined],
    ["that is finalized", reviewOf(namespaceWith(asked), { ...old, subResource: "finalize" }), undefined],
    ["that is none", reviewOf(workload("Deployment")), undefined],
    ["that is another group's", reviewOf({ ...namespaceWith(asked), apiVersion: "example.com/v1" }), undefined],
  ];
  for (const [claim, review, patch] of rows) {
    it(claim, async () => {
      open = await askable();
      const [status, response] = await open.ask(entries.mirror, review);
      const sent = response["patch"];
      const read = typeof sent === "string" ? (JSON.parse(Buffer.from(sent, "base64").toString()) as Json) : undefined;
      expect([status, response["allowed"], response["patchType"], read]).to.deep.equal([
        200,
        true,
        patch === undefined ? undefined : "JSONPatch",
        patch,
      ]);
      expect(response).not.to.have.property("warnings");
    });
  }

  it("is counted by what came of it", async () => {
    const deadline = { at: Infinity, signal: () => new AbortController().signal };
    const resultOf = async (review: string): Promise<unknown> => {
      const { record } = await mirrorReview(Buffer.from(review), deadline);
      return [record?.kind, record?.name, record?.result, record?.dryRun];
    };
    expect(await resultOf(reviewOf(namespaceWith(asked), { dryRun: true }))).to.deep.equal([
      "namespace",
      "shop",
      "labelled",
      true,
    ]);
    expect(await resultOf(reviewOf(namespaceWith({})))).to.deep.equal(["namespace", "shop", "unchanged", false]);
    expect(await resultOf(reviewOf(workload("Deployment")))).to.deep.equal(["deployment", "", "skipped", false]);
  });
});
