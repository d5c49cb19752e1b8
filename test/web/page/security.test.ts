import { expect } from "chai";
import fc from "fast-check";
import {
  meaningOf,
  securityOf,
  securitySaid,
  securityShort,
  securityText,
  sentence,
} from "../../../src/web/page/security.ts";
import type { Security } from "../../../src/web/page/security.ts";
import { because, edge, message, shop, workload } from "../../support/maps.ts";

const edgeOf = (secured: number, total: number, ...labels: readonly string[]): ReturnType<typeof edge> =>
  edge("shop/deployment/a", "shop/deployment/b", { secured, total, ...because(...labels) });

describe("security of an edge", () => {
  const rows: readonly [
    claim: string,
    args: Parameters<typeof edgeOf>,
    expected: Security,
    text: string,
    short: string,
  ][] = [
    ["all connections", [3, 3], "secured", "√", "√"],
    ["some, with a reason", [3, 5, "port_skipped"], "partial", "3/5, Port Skipped", "3/5 secured"],
    ["some, without one", [3, 5], "partial", "3/5", "3/5 secured"],
    ["none, with a reason", [0, 5, "port_skipped"], "unsecured", "Port Skipped", "not secured"],
    ["none, without one: no reason is no proof", [0, 5], "unsecured", "not secured", "not secured"],
    ["no connection at all proves nothing", [0, 0], "unsecured", "not secured", "not secured"],
    ["a label that nobody knows", [0, 1, "quantum"], "unsecured", "quantum", "not secured"],
    ["within the pod", [0, 2, "loopback"], "inside", "inside the pod", "inside the pod"],
  ];
  for (const [claim, args, expected, text, short] of rows)
    it(claim, () => {
      const it = edgeOf(...args);
      expect([securityOf(it), securityText(it), securityShort(it)]).to.deep.equal([expected, text, short]);
    });

  it("secured exactly when every connection is, whatever the reason says", () => {
    fc.assert(
      fc.property(fc.nat(9), fc.nat(9), fc.string(), (secured, more, reason) => {
        const it = edgeOf(secured, secured + more, reason);
        const is = secured > 0 && more === 0;
        expect(securityOf(it) === "secured").to.equal(is);
        expect(securitySaid(it) === "secured by mutual TLS").to.equal(is);
        expect(securityText(it) === "√").to.equal(is);
      }),
    );
  });
});

describe("the sentence", () => {
  const two = [workload("shop/deployment/a", 1), workload("shop/deployment/b", 1)];
  const rows: readonly [expected: string, said: Parameters<typeof sentence>[0]][] = [
    ["73 of 119 connections are secured by mutual TLS", shop(0)],
    ["All 6 connections are secured by mutual TLS", message(two, [edgeOf(2, 2), edgeOf(4, 4)])],
    ["None of 5 connections is secured", message(two, [edgeOf(0, 5, "port_skipped")])],
    ["The one connection is secured by mutual TLS", message(two, [edgeOf(1, 1)])],
    ["The one connection is not secured", message(two, [edgeOf(0, 1)])],
    ["No connections yet", message(two, [])],
    ["No connections yet", message(two, [edgeOf(0, 7, "loopback")])],
    ["Nothing here is meshed", message([workload("shop/deployment/a", 2, 0)], [])],
    ["No pods are running here", message([], [])],
    [
      "No proxy could be read",
      message(two, [], { failed: ["a", "b"].map((name) => ({ namespace: "shop", name, why: "x" })) }),
    ],
  ];
  for (const [expected, said] of rows) it(expected, () => expect(sentence(said)).to.equal(expected));
});

describe("what a reason means", () => {
  const rows: readonly [secured: number, labels: readonly string[], expected: readonly RegExp[]][] = [
    [3, [], [/^Every connection is encrypted/]],
    [0, ["loopback"], [/^The pod calls itself/]],
    [1, ["no_tls_from_remote", "port_skipped"], [/^Callers that are not meshed.*\.$/, /^The port is opaque.*\.$/]],
    [0, ["quantum"], [/^weft knows of no mutual TLS here\.$/]],
    [0, [], [/^weft knows of no mutual TLS here\.$/]],
  ];
  for (const [secured, labels, expected] of rows)
    it(`${secured} of 3, ${labels.join(" and ") || "no reason"}`, () => {
      const meanings = meaningOf(edgeOf(secured, 3, ...labels));
      expect(meanings).to.have.length(expected.length);
      for (const [index, pattern] of expected.entries()) expect(meanings[index]).to.match(pattern);
    });
});
