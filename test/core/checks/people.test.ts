/** The line of `weft check` about who may look and tap: what a user's rights and others' bindings come to. */
import { expect } from "chai";
import {
  boundBy,
  certifyingRights,
  lookingRights,
  peopleCheck,
  tappingRights,
} from "../../../src/core/checks/people.ts";
import type { Outcome } from "../../../src/core/checks/check.ts";
import { known } from "../../../src/core/checks/fact.ts";
import type { Fact } from "../../../src/core/checks/fact.ts";
import type { Bound, PeopleFacts, Right, RightFact } from "../../../src/core/checks/facts.ts";

const asked = (rights: readonly Right[], allowed: boolean): readonly RightFact[] =>
  rights.map((right) => ({ right, allowed: known(allowed) }));

const place = (namespace: string | undefined, look: boolean, tap: boolean): PeopleFacts["places"][number] => ({
  namespace,
  look: asked(lookingRights(namespace), look),
  tap: asked(tappingRights(namespace), tap),
});

interface Given {
  readonly places: PeopleFacts["places"];
  readonly certify?: boolean;
  readonly bound?: Fact<readonly Bound[]>;
  readonly accounts?: Fact<readonly string[]>;
}

const outcome = ({ places, certify = true, bound = known([]), accounts = known(["shop"]) }: Given): Outcome =>
  peopleCheck.look({ people: { places, certify: asked(certifyingRights("weft"), certify), bound, accounts } });

const nobody = "weft-viewer is bound to nobody; weft-tap is bound to nobody; tap is turned on in shop";
const forbidden = { kind: "forbidden", what: "RoleBindings", text: "no" } as const;

describe("who may look and tap", () => {
  const rows: readonly [claim: string, given: Given, expected: Outcome][] = [
    [
      "who may do all is told so in one line",
      { places: [place(undefined, true, true)] },
      { kind: "ok", found: `everywhere, and tap it everywhere; ${nobody}` },
    ],
    [
      "others are named, with the place that they may look at",
      {
        places: [place(undefined, true, true)],
        bound: known([
          { role: "weft-viewer", namespace: "shop", subjects: ["Group devs", "User ann"] },
          { role: "weft-tap", namespace: undefined, subjects: ["User bob"] },
        ]),
        accounts: known([]),
      },
      {
        kind: "ok",
        found:
          "everywhere, and tap it everywhere; weft-viewer is bound to Group devs in shop, User ann in shop; weft-tap is bound to User bob everywhere; no namespace has ServiceAccount weft-tap, which turns tap on",
      },
    ],
    [
      "of many five are named",
      {
        places: [place(undefined, true, true)],
        bound: known([{ role: "weft-tap", namespace: "a", subjects: ["1", "2", "3", "4", "5", "6", "7"] }]),
      },
      {
        kind: "ok",
        found:
          "everywhere, and tap it everywhere; weft-viewer is bound to nobody; weft-tap is bound to 1 in a, 2 in a, 3 in a, 4 in a, 5 in a and 2 more; tap is turned on in shop",
      },
    ],
    [
      "who may in each namespace of meshed pods may enough",
      { places: [place(undefined, false, false), place("shop", true, true)] },
      { kind: "ok", found: `in shop, and tap it in shop; ${nobody}` },
    ],
    [
      "who may look in one of two gets the command for the other",
      { places: [place(undefined, false, false), place("shop", true, true), place("web", false, false)] },
      {
        kind: "warning",
        lines: [`in shop, and tap it in shop; ${nobody}`],
        run: "kubectl -n web create rolebinding USER-weft-viewer --clusterrole=weft-viewer --user=USER",
      },
    ],
    [
      "who may look and not tap gets that for tap",
      { places: [place(undefined, true, false), place("shop", true, false)] },
      {
        kind: "warning",
        lines: [`everywhere, and tap it nowhere; ${nobody}`],
        run: "kubectl -n shop create rolebinding USER-weft-tap --clusterrole=weft-tap --user=USER",
      },
    ],
    [
      "a token is of no use to who does not reach the identity service",
      { places: [place(undefined, true, true)], certify: false },
      {
        kind: "warning",
        lines: [
          `everywhere, and tap it nowhere; you may not reach the identity service, which certifies a tapper; ${nobody}`,
        ],
        run: "kubectl -n weft create rolebinding USER-weft-certify --role=weft-certify --user=USER",
      },
    ],
    [
      "where no namespace is known the command has a place for it",
      { places: [place(undefined, false, false)] },
      {
        kind: "warning",
        lines: [`nowhere, and tap it nowhere; ${nobody}`],
        run: "kubectl -n NAMESPACE create rolebinding USER-weft-viewer --clusterrole=weft-viewer --user=USER",
      },
    ],
    [
      "who may not read bindings hears what is left",
      { places: [place(undefined, true, true)], bound: forbidden, accounts: forbidden },
      {
        kind: "ok",
        found:
          "everywhere, and tap it everywhere; who is bound to weft-viewer and weft-tap is not for you to read; where there is a ServiceAccount weft-tap is not for you to read",
      },
    ],
  ];
  for (const [claim, given, expected] of rows)
    it(claim, () => {
      expect(outcome(given)).to.deep.equal(expected);
    });

  it("is not told of what nobody answers", () => {
    const right = { verb: "get", group: "", resource: "pods" };
    const silent = { kind: "silent", what: "your rights", text: "timeout" } as const;
    const places = [{ namespace: undefined, look: [{ right, allowed: silent }], tap: [] }];
    expect(outcome({ places })).to.deep.equal({
      kind: "failure",
      lines: ["no answer about your rights: timeout"],
      isUnread: true,
    });
  });

  it("beside Linkerd's control plane tap is not weft's", () => {
    const people = {
      places: [place(undefined, true, true)],
      certify: undefined,
      bound: known([]),
      accounts: known([]),
    };
    expect(peopleCheck.look({ people })).to.deep.equal({
      kind: "ok",
      found: "everywhere; weft-viewer is bound to nobody",
    });
  });
});

describe("a binding to a role for people", () => {
  const to = (kind: string, name: string) => ({
    metadata: { name: "x", namespace: "shop" },
    roleRef: { kind, name },
    subjects: [
      { kind: "User", name: "ann" },
      { kind: "ServiceAccount", name: "ci", namespace: "tools" },
    ],
  });
  const rows: readonly [claim: string, kind: string, name: string, expected: Bound | undefined][] = [
    [
      "names its subjects",
      "ClusterRole",
      "weft-tap",
      { role: "weft-tap", namespace: "shop", subjects: ["User ann", "ServiceAccount tools/ci"] },
    ],
    ["is none to another role", "ClusterRole", "edit", undefined],
    ["is none to a role of the namespace's own that has the name", "Role", "weft-tap", undefined],
  ];
  for (const [claim, kind, name, expected] of rows)
    it(claim, () => {
      expect(boundBy(to(kind, name))).to.deep.equal(expected);
    });
});
