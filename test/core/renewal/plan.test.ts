import { expect } from "chai";
import { dueAt } from "../../../src/core/renewal/facts.ts";
import type { Authority, Leaf, Memory, SecretFacts } from "../../../src/core/renewal/facts.ts";
import { plan } from "../../../src/core/renewal/plan.ts";
import type { Step } from "../../../src/core/renewal/plan.ts";
import { renewalIssues, defaultRenewal } from "../../../src/core/renewal/settings.ts";
import type { RenewalSettings } from "../../../src/core/renewal/settings.ts";

const day = 86_400_000;
const hour = 3_600_000;
const settings: RenewalSettings = { ...defaultRenewal, names: ["weft-injector.weft.svc"] };
const { authorityLife, leafLife, settle } = settings;

/** Made on the day `made`, when `now` is 0. */
const authority = (fingerprint: string, made: number): Authority => ({
  fingerprint,
  notBefore: made * day - hour,
  notAfter: made * day + authorityLife,
});
const leaf = (signedBy: string, made: number, change: Partial<Leaf> = {}): Leaf => ({
  fingerprint: `leaf of ${signedBy}`,
  notBefore: made * day - hour,
  notAfter: made * day + leafLife,
  names: settings.names,
  signedBy,
  ...change,
});

/** All is well: X was made 100 days ago and signed a leaf 10 days ago. */
const x = authority("x", -100);
const whole: SecretFacts = {
  empty: false,
  authorities: [x],
  trusted: ["x"],
  bundleBroken: false,
  signer: x,
  leaf: leaf("x", -10),
  errors: [],
};
/** N took over from X on this day. */
const succeeded = (made: number, change: Partial<SecretFacts> = {}): SecretFacts => {
  const n = authority("n", made);
  return { ...whole, authorities: [n, x], trusted: ["n", "x"], signer: n, ...change };
};
const empty: SecretFacts = { empty: true, authorities: [], trusted: [], bundleBroken: true, errors: [] };
const without = (key: "signer" | "leaf", facts: SecretFacts, change: Partial<SecretFacts> = {}): SecretFacts => {
  const { signer, leaf, ...rest } = facts;
  return { ...rest, ...(key === "signer" ? leaf && { leaf } : signer && { signer }), ...change };
};

interface Situation {
  readonly memory?: Memory;
  /** For how long each CA has been trusted everywhere, in milliseconds. */
  readonly trustedFor?: Readonly<Record<string, number>>;
}

const nextStep = (secret: SecretFacts, { memory = { trusted: [] }, trustedFor = { x: day } }: Situation): Step =>
  plan({ secret, memory, trustedFor: new Map(Object.entries(trustedFor)) }, 0, settings);

type LeafFault = readonly [what: string, secret: SecretFacts, because: string];

const leafFaults: readonly LeafFault[] = [
  ["is absent", without("leaf", whole), "tls.crt: is absent"],
  [
    "is garbage",
    without("leaf", whole, { errors: [{ at: "tls.crt, certificate 1", message: "cannot be read" }] }),
    "tls.crt, certificate 1: cannot be read",
  ],
  ["has expired", { ...whole, leaf: leaf("x", -90) }, "tls.crt: has expired"],
  ["is not valid yet", { ...whole, leaf: leaf("x", 2) }, "tls.crt: is not valid yet"],
  ["is of no CA that is known", { ...whole, leaf: leaf("z", -10) }, "tls.crt: is signed by no CA that is trusted"],
  ["is for other names", { ...whole, leaf: leaf("x", -10, { names: ["other"] }) }, "tls.crt: is for other names"],
];
const leafFaultRow = ([what, secret, because]: LeafFault): Row => [
  `issues a leaf at once where the leaf ${what}`,
  secret,
  { kind: "issue leaf", because, repair: true, trusted: ["x"] },
];

type Row = readonly [claim: string, secret: SecretFacts, expected: Step, situation?: Situation];

const rows: readonly Row[] = [
  ["rests until the leaf is due", whole, { kind: "rest", until: 50 * day }],
  [
    "makes a CA and a leaf in one write where there is nothing",
    empty,
    { kind: "make authority", because: "the Secret is empty", repair: true, trusted: [], withLeaf: true },
  ],
  [
    "puts back what a Secret held that somebody emptied",
    empty,
    { kind: "restore", because: "the Secret was emptied", repair: true },
    { memory: { trusted: [x], whole } },
  ],
  [
    "does not put back a CA that has expired, but goes on trusting what is good",
    empty,
    { kind: "make authority", because: "the Secret is empty", repair: true, trusted: ["x"], withLeaf: true },
    { memory: { trusted: [x], whole: { ...whole, signer: authority("old", -400) } } },
  ],
  [
    "does not put back a leaf for other names",
    empty,
    { kind: "make authority", because: "the Secret is empty", repair: true, trusted: ["x"], withLeaf: true },
    { memory: { trusted: [x], whole: { ...whole, leaf: leaf("x", -10, { names: ["other"] }) } } },
  ],
  [
    "makes a CA where the key is garbage, and lets the leaf serve on",
    without("signer", whole, { errors: [{ at: "ca.key", message: "is not a key" }] }),
    { kind: "make authority", because: "ca.key: is not a key", repair: true, trusted: ["x"], withLeaf: false },
  ],
  [
    "makes a CA when somebody took it away to have another one",
    without("signer", whole),
    { kind: "make authority", because: "signer.crt: is absent", repair: true, trusted: ["x"], withLeaf: false },
  ],
  [
    "makes a CA and a leaf when the CA has expired",
    { ...whole, authorities: [authority("x", -366)], signer: authority("x", -366), leaf: leaf("x", -366) },
    {
      kind: "make authority",
      because: "signer.crt: has expired or is not valid yet",
      repair: true,
      trusted: [],
      withLeaf: true,
    },
  ],
  [
    "makes a CA when that of a clock far ahead is not valid yet",
    { ...whole, authorities: [authority("x", 300)], signer: authority("x", 300), leaf: leaf("x", 300) },
    {
      kind: "make authority",
      because: "signer.crt: has expired or is not valid yet",
      repair: true,
      trusted: ["x"],
      withLeaf: true,
    },
  ],
  ...leafFaults.map(leafFaultRow),
  [
    "puts a bundle together from the CAs that sign, where it is absent",
    { ...whole, trusted: [], bundleBroken: true },
    { kind: "set bundle", because: "ca.crt: is absent", repair: true, trusted: ["x"] },
  ],
  [
    "keeps in a broken bundle what was in it before",
    { ...succeeded(-10), trusted: [], bundleBroken: true, errors: [{ at: "ca.crt", message: "cannot be read" }] },
    { kind: "set bundle", because: "ca.crt: cannot be read", repair: true, trusted: ["n", "w", "x"] },
    { memory: { trusted: [authority("w", -20)] } },
  ],
  [
    "puts the CA that signs into a bundle that lacks it",
    { ...succeeded(-10), trusted: ["x"] },
    { kind: "set bundle", because: "ca.crt: lacks a CA", repair: true, trusted: ["n", "x"] },
  ],
  [
    "renews a leaf that is due",
    { ...whole, leaf: leaf("x", -60) },
    { kind: "issue leaf", because: "the leaf is due", repair: false, trusted: ["x"] },
  ],
  ["does not renew a leaf before", { ...whole, leaf: leaf("x", -59) }, { kind: "rest", until: day }],
  [
    "renews a leaf before its CA where both are due, so that it outlasts the wait for the next CA",
    { ...whole, ...aged(-244), leaf: leaf("x", -60) },
    { kind: "issue leaf", because: "the leaf is due", repair: false, trusted: ["x"] },
  ],
  [
    "makes the next CA when two thirds are over, and keeps the leaf",
    { ...whole, ...aged(-244) },
    { kind: "make authority", because: "the CA is due", repair: false, trusted: ["x"], withLeaf: false },
  ],
  [
    "renews no leaf that its CA would cut short: the next CA comes first",
    { ...whole, ...aged(-300), leaf: leaf("x", -70) },
    { kind: "make authority", because: "the CA is due", repair: false, trusted: ["x"], withLeaf: false },
  ],
  ["waits for a new CA to be trusted", succeeded(0), { kind: "await trust", authority: "n" }],
  [
    "waits until it has been trusted for long enough",
    succeeded(0),
    { kind: "await trust", authority: "n", until: settle - 1000 },
    { trustedFor: { n: 1000, x: day } },
  ],
  [
    "issues a leaf of the new CA then",
    succeeded(0),
    { kind: "issue leaf", because: "the new CA is trusted everywhere", repair: false, trusted: ["n", "x"] },
    { trustedFor: { n: settle, x: day } },
  ],
  [
    "lets a leaf that expires while a new CA is not trusted be followed all the same",
    succeeded(-91, { leaf: leaf("x", -91) }),
    { kind: "issue leaf", because: "tls.crt: has expired", repair: true, trusted: ["n", "x"] },
  ],
  [
    "keeps the old CA as long as a leaf of it may serve somewhere",
    succeeded(-89, { leaf: leaf("n", -29) }),
    { kind: "rest", until: day + hour },
  ],
  [
    "drops the old CA a leaf's life after the new one was made",
    succeeded(-91, { leaf: leaf("n", -29) }),
    { kind: "set bundle", because: "ca.crt: has a CA that signs nothing any more", repair: false, trusted: ["n"] },
  ],
  [
    "drops it not yet where the leaf of the new CA is younger than replicas are late",
    succeeded(-91, { leaf: { ...leaf("n", 0), notBefore: 1 - hour } }),
    { kind: "rest", until: 1 + settle },
  ],
  [
    "keeps the CA of the leaf that this replica serves",
    succeeded(-91, { leaf: leaf("n", -29) }),
    { kind: "rest", until: 31 * day },
    { memory: { trusted: [x], serving: "x" } },
  ],
  [
    "lets a CA go that somebody took out of the bundle, when nothing here needs it",
    { ...succeeded(-10, { leaf: leaf("n", -5) }), trusted: ["n"] },
    { kind: "rest", until: 55 * day },
    { memory: { trusted: [authority("n", -10), x], serving: "n" } },
  ],
  [
    "drops a CA that has expired",
    { ...whole, authorities: [x, authority("w", -366)], trusted: ["x", "w"] },
    { kind: "set bundle", because: "ca.crt: has a CA that signs nothing any more", repair: false, trusted: ["x"] },
  ],
];

function aged(made: number): Pick<SecretFacts, "authorities" | "signer"> {
  return { authorities: [authority("x", made)], signer: authority("x", made) };
}

describe("the plan for certificates", () => {
  for (const [claim, secret, expected, situation = {}] of rows) {
    it(claim, () => {
      expect(nextStep(secret, situation)).to.deep.equal(expected);
    });
  }

  it("trusts a few CAs at most, and always those that are in use", () => {
    const many = Array.from({ length: 30 }, (_, index) => authority(`old ${index}`, -50 + index));
    const trusted = ["x", ...many.map(({ fingerprint }) => fingerprint)];
    const step = nextStep({ ...whole, authorities: [x, ...many], trusted }, {});
    expect(step.kind === "set bundle" && step.trusted).to.deep.equal([
      "x",
      ...Array.from({ length: settings.mostTrusted - 1 }, (_, index) => `old ${29 - index}`),
    ]);
  });

  const dues: readonly [claim: string, notBefore: number, notAfter: number, due: number][] = [
    ["two thirds of its life from when it was made", -hour, 90 * day, 60 * day],
    ["its end, where it lives no longer than it is backdated", -hour, -1, -1],
  ];
  for (const [claim, notBefore, notAfter, due] of dues) {
    it(`finds a certificate due at ${claim}`, () => {
      expect(dueAt({ notBefore, notAfter }, hour)).to.equal(due);
    });
  }

  const wrong: readonly [claim: string, change: Partial<RenewalSettings>, at: readonly string[]][] = [
    ["are usable as they are", {}, []],
    ["need a name", { names: [] }, ["names"]],
    ["need a leaf that its CA does not cut short", { leafLife: 122 * day }, ["leafLife"]],
    ["need time between due and end", { settle: 16 * day }, ["settle"]],
    ["need room for a CA and its successor", { mostTrusted: 2, backdate: 0 }, ["backdate", "mostTrusted"]],
  ];
  for (const [claim, change, at] of wrong) {
    it(`takes settings that ${claim}`, () => {
      expect(renewalIssues({ ...settings, ...change }).map((issue) => issue.at)).to.deep.equal(at);
    });
  }
});
