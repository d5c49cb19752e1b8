import { expect } from "chai";
import { explainAdmission, letThrough, manifestWarnings } from "../../../src/core/admission/manifest.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { requestFor } from "../../support/injection.ts";

const most = 262_144;
const inject = "linkerd.io/inject";
const pod = (filler: number): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", annotations: { [inject]: "enabled", a: "x".repeat(filler) } },
  spec: { containers: [{ name: "app", image: "app:1" }] },
});
const own = `${inject}enableda`.length;

describe("an object of a manifest", () => {
  const rows: readonly [claim: string, filler: number, text: RegExp | undefined][] = [
    ["that an API server stores", 1, undefined],
    ["that none stores", most - own + 1, /^weft leaves it alone: it has 262145 bytes of annotations, an API server/],
    ["that would grow too large", most - own, /^weft leaves it alone: it would have \d+ bytes of annotations, /],
  ];
  for (const [claim, filler, text] of rows) {
    it(`${claim} is told of as the webhook answers`, () => {
      const request = requestFor(pod(filler));
      const explanation = explainAdmission(request);
      if (text === undefined) {
        expect(letThrough(request)).to.equal(undefined);
        expect(explanation.outcome).to.equal("injected");
        return;
      }
      expect(explanation.outcome).to.equal("skipped");
      expect(explanation.reasons.map(({ reason }) => reason)).to.deep.equal(["annotations_too_large"]);
      expect(explanation.warnings.map((warning) => warning.text).join()).to.match(text);
      expect(explanation.containers).to.deep.equal([{ name: "app", image: "app:1", kind: "regular", added: false }]);
      expect(
        manifestWarnings(pod(filler), request.installation)
          .map((each) => each.text)
          .join(),
      ).to.match(text);
    });
  }
});
