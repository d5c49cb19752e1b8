import { expect } from "chai";
import { accountFault, identityOf, serviceAccountOf, spiffeId } from "../../../src/core/mesh/identity.ts";

describe("mesh/identity", () => {
  const domain = { controlPlaneNamespace: "linkerd", trustDomain: "cluster.local" };
  const web = { namespace: "shop", serviceAccount: "web" };
  const name = "web.shop.serviceaccount.identity.linkerd.cluster.local";

  it("is the service account, its namespace, and where the mesh ends", () => {
    expect(identityOf(web, domain)).to.equal(name);
    expect(serviceAccountOf(name, domain)).to.deep.equal(web);
  });

  const strangers: readonly [claim: string, identity: string][] = [
    ["of another trust domain", "web.shop.serviceaccount.identity.linkerd.example.org"],
    ["of another control plane", "web.shop.serviceaccount.identity.other.cluster.local"],
    ["without service account", "shop.serviceaccount.identity.linkerd.cluster.local"],
    ["with an empty part", ".shop.serviceaccount.identity.linkerd.cluster.local"],
    ["with a part too many", `a.${name}`],
    ["that only ends like one", "web.shopserviceaccount.identity.linkerd.cluster.local"],
    ["with more at its end", `${name}.`],
    ["of nothing", ""],
  ];
  for (const [claim, identity] of strangers)
    it(`none of ours: ${claim}`, () => {
      expect(serviceAccountOf(identity, domain)).to.equal(undefined);
    });

  for (const [account, isPossible] of [
    ["default", true],
    ["a".repeat(63), true],
    ["a".repeat(64), false],
    ["my.dotted.sa", false],
  ] as const)
    it(`service account ${account} ${isPossible ? "can" : "cannot"} be an identity`, () => {
      const fault = `service account "${account}", of which no identity can be made: expected at most 63 characters and no dots`;
      expect(accountFault(account)).to.equal(isPossible ? undefined : fault);
    });

  it("has a SPIFFE form", () => {
    expect(spiffeId(web, "cluster.local")).to.equal("spiffe://cluster.local/ns/shop/sa/web");
  });
});
