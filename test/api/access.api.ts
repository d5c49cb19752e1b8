/**
 * What weft's accounts may do is what they do, and no more: the audit log of the API server, over all that weft does,
 * holds every verb that was granted and no refusal; and without any one of them something named here goes wrong.
 */
import { expect } from "chai";
import { certificatesClusterRules, certificatesOwnRules } from "../../src/core/install/certificates-rights.ts";
import { clusterRules, ownRules } from "../../src/core/install/webhook-rights.ts";
import type { AccessRule } from "../../src/core/install/webhook-rights.ts";
import { configurationNames, names } from "../../src/core/install/names.ts";
import { checks, readyScene, startScene } from "./access/checks.ts";
import type { Account, Check, Scene } from "./access/checks.ts";
import { auditOf, isForbidden, withoutRight } from "./access/rights.ts";
import { eventually } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";

const namespace = "access-weft";

const grantedBy = (rules: readonly AccessRule[]): readonly string[] =>
  rules.flatMap(({ resource, named = [""], verbs }) =>
    named.flatMap((name) =>
      verbs.map((verb) => (named.length > 1 ? `${verb} ${resource} ${name}` : `${verb} ${resource}`)),
    ),
  );

// The third configuration, for policies, is there with a control plane of weft's own alone; this scene has none.
// The certificate controller counts missed pods then.
const { mutating, validating } = configurationNames(false);

const granted: Readonly<Record<Account, readonly string[]>> = {
  [names.injector]: grantedBy([...clusterRules, ...ownRules(true)]),
  [names.certificates]: grantedBy([
    ...certificatesClusterRules({ mutating, validating }, { countsMissed: true }),
    ...certificatesOwnRules,
  ]),
};
const accounts = Object.keys(granted) as readonly Account[];

describeOnApi("rights", (api) => {
  let scene: Scene;

  before(async () => (scene = await startScene(api(), namespace)));
  after(() => scene?.end());

  describe("all of them", () => {
    const all = accounts.flatMap((account) => Object.values<Check>(checks[account]));
    const claims = new Map(all.map((check) => [check.claim, check.holds]));
    for (const [claim, holds] of claims) {
      it(claim, async () => {
        expect(await holds(scene)).to.equal(true);
      });
    }

    for (const account of accounts) {
      it(`each of ${account} is used, and nothing else is asked for`, () => {
        const asked = auditOf(api(), namespace, account).map(rightOf(granted[account]));
        expect([...new Set(asked)].toSorted()).to.deep.equal(granted[account].toSorted());
      });

      it(`nothing is forbidden to ${account}`, () => {
        expect(auditOf(api(), namespace, account).filter(isForbidden)).to.deep.equal([]);
      });
    }
  });

  for (const account of accounts) {
    describe(`all of ${account} but one`, () => {
      for (const right of granted[account]) {
        it(`without ${right} it does not hold that ${checks[account][right]?.claim}`, async () => {
          const check = checks[account][right];
          if (check === undefined) throw new Error(`no check needs ${right}`);
          const restore = await withoutRight(api(), { namespace, account }, right);
          try {
            expect(await check.holds(scene)).to.equal(false);
            // Whoever was refused asks again after a pause.
            await eventually(`${right} is refused`, async () =>
              auditOf(api(), namespace, account).filter(isForbidden).map(rightOf(granted[account])).includes(right),
            );
          } finally {
            await restore();
            await readyScene(scene);
          }
        });
      }
    });
  }
});

/** With the object's name where the account has the right to several. */
const rightOf =
  (all: readonly string[]) =>
  ({ verb, objectRef: { resource, name = "" } }: ReturnType<typeof auditOf>[number]): string =>
    all.includes(`${verb} ${resource} ${name}`) ? `${verb} ${resource} ${name}` : `${verb} ${resource}`;
