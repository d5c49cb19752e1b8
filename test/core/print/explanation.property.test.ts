/** Whatever the pod, an explanation tells of the very injection, in lines that cannot harm a terminal. */
import { expect } from "chai";
import fc from "fast-check";
import { explain } from "../../../src/core/inject/explain.ts";
import { inject } from "../../../src/core/inject/inject.ts";
import { differenceText, yamlDifference } from "../../../src/core/print/difference.ts";
import { explanationText } from "../../../src/core/print/explanation.ts";
import { paint } from "../../../src/core/base/text/paint.ts";
import { runs } from "../../support/properties.ts";
import { annotations, arbitraryPod, installations, text } from "../../support/arbitrary-pod.ts";
import { requestFor } from "../../support/injection.ts";

const requests = fc
  .record({ object: arbitraryPod({}), namespace: annotations, name: text, owner: text, installation: installations })
  .map(({ object, namespace, name, owner, installation }) =>
    requestFor(object, {
      namespace: { name, annotations: namespace },
      owner: { kind: "deployment", name: owner },
      installation,
    }),
  );

const controls = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e]/u;

describe("any explanation", () => {
  it("has the outcome, reasons and warnings of the injection, and is JSON", () => {
    fc.assert(
      fc.property(requests, (request) => {
        const injection = inject(request);
        const explanation = explain(request);
        expect(explanation.outcome).to.equal(injection.kind);
        expect(explanation.warnings).to.deep.equal("warnings" in injection ? injection.warnings : []);
        expect(explanation.reasons.map(({ reason }) => reason)).to.deep.equal(
          "reasons" in injection ? injection.reasons : [],
        );
        expect(JSON.parse(JSON.stringify(explanation))).to.have.property("outcome", injection.kind);
      }),
      runs(50),
    );
  });

  it("is printed without control characters", () => {
    fc.assert(
      fc.property(requests, (request) => {
        const explanation = explain(request);
        const shown = explanationText(explanation, { colours: undefined, all: true, manifest: explanation.subject });
        for (const line of shown.split("\n")) expect(line).not.to.match(controls);
      }),
      runs(50),
    );
  });

  it("and so is its difference", () => {
    fc.assert(
      fc.property(requests, (request) => {
        const injection = inject(request);
        const after = "object" in injection ? injection.object : request.object;
        const shown = differenceText(
          yamlDifference(request.object, after),
          { before: "a", after: "b" },
          paint(undefined),
        );
        for (const line of shown.split(/[\n\t]/)) expect(line).not.to.match(controls);
      }),
      runs(40),
    );
  });
});
