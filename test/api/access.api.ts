/**
 * What weft may do is what it does, and no more: the audit log of the API server, over all that weft does, holds every
 * verb that was granted and no refusal; and without any one of them something named here goes wrong.
 */
import { expect } from "chai";
import { clusterRules, ownRules } from "../../src/core/install/rules.ts";
import type { AccessRule } from "../../src/core/install/rules.ts";
import { configurationNames } from "../../src/core/install/names.ts";
import { checks, readyReplica, startScene } from "./access/checks.ts";
import type { Scene } from "./access/checks.ts";
import { auditOf, isForbidden, withoutRight } from "./access/rights.ts";
import { eventually } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";

const namespace = "access-weft";
const configurations = configurationNames(false);
const rules: readonly AccessRule[] = [...clusterRules(configurations, true), ...ownRules(true)];
const granted = rules.flatMap(({ resource, verbs }) => verbs.map((verb) => `${verb} ${resource}`));

describeOnApi("rights", (api) => {
  let scene: Scene;

  before(async () => (scene = await startScene(api(), namespace)));
  after(() => scene?.end());

  describe("all of them", () => {
    const claims = new Map(Object.values(checks).map((check) => [check.claim, check.holds]));
    for (const [claim, holds] of claims) {
      it(claim, async () => {
        expect(await holds(scene)).to.equal(true);
      });
    }

    it("each is used, and nothing else is asked for", () => {
      const asked = auditOf(api(), namespace).map(({ verb, objectRef }) => `${verb} ${objectRef.resource}`);
      expect([...new Set(asked)].toSorted()).to.deep.equal(granted.toSorted());
    });

    it("nothing is forbidden", () => {
      expect(auditOf(api(), namespace).filter(isForbidden)).to.deep.equal([]);
    });
  });

  describe("all but one", () => {
    for (const right of granted) {
      it(`without ${right} it does not hold that ${checks[right]?.claim}`, async () => {
        const check = checks[right];
        if (check === undefined) throw new Error(`no check needs ${right}`);
        const restore = await withoutRight(api(), namespace, right);
        try {
          expect(await check.holds(scene)).to.equal(false);
          // Whoever was refused asks again after a pause.
          await eventually(`${right} is refused`, async () =>
            auditOf(api(), namespace)
              .filter(isForbidden)
              .some(({ verb, objectRef }) => `${verb} ${objectRef.resource}` === right),
          );
        } finally {
          await restore();
          await readyReplica(scene);
        }
      });
    }
  });
});
