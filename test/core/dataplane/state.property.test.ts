/** A pod that was injected just now is as it would be now, whatever it and its namespace say. */
import { expect } from "chai";
import fc from "fast-check";
import { podState } from "../../../src/core/dataplane/state.ts";
import { inject } from "../../../src/core/inject/inject.ts";
import { keys } from "../../../src/core/mesh/annotations.ts";
import { annotations, arbitraryPod, installations } from "../../support/arbitrary-pod.ts";
import { plain, requestFor } from "../../support/injection.ts";
import { runs } from "../../support/properties.ts";

const object = arbitraryPod({
  annotations: annotations.map((own) => ({ ...own, [keys.inject]: "enabled" })),
  leftovers: [],
});
const inherited = annotations.map(({ [keys.inject]: _, ...others }) => others);

describe("any pod that was injected just now", () => {
  it("is as it would be now", () => {
    fc.assert(
      fc.property(object, inherited, installations, (pod, namespaceAnnotations, installation) => {
        const namespace = { name: "shop", annotations: namespaceAnnotations };
        const injection = inject(requestFor(pod, { namespace, installation }));
        fc.pre(injection.kind === "injected");
        const state = podState(
          plain(injection.object),
          { ...namespace, labels: {}, asked: undefined },
          { installation, registration: undefined, fingerprints: (pem) => [pem] },
        );
        expect(state).to.have.property("now").that.deep.equals({ kind: "same" });
      }),
      runs(200),
    );
  });
});
