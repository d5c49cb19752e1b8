import { expect } from "chai";
import { peerName } from "../../../src/core/identity/peer-name.ts";

const rows: readonly (readonly [claim: string, alternativeNames: string, name: string | undefined])[] = [
  ["none", "", undefined],
  ["a DNS name", "DNS:web.shop.example", "web.shop.example"],
  ["a URI", "URI:spiffe://example/ns/shop/sa/web", "spiffe://example/ns/shop/sa/web"],
  ["the first of several", "DNS:one.example, DNS:two.example, URI:spiffe://example", "one.example"],
  ["others before it are no names", "IP Address:10.0.0.1, email:a@b.example, DNS:web.example", "web.example"],
  ["others alone", "IP Address:10.0.0.1, email:a@b.example", undefined],
  ["a name with a comma is none", String.raw`DNS:"web.example, DNS:admin.example"`, undefined],
  ["a comma hides no second name", String.raw`DNS:"a\", DNS:admin.example"`, undefined],
  ["a comma in another kind begins no name", String.raw`email:"a, DNS:admin.example", DNS:web.example`, "web.example"],
  ["nor in a directory name", String.raw`DirName:"CN = a, DNS:admin.example"`, undefined],
  ["quotes that do not end", String.raw`DNS:"web.example`, undefined],
  ["what Node never writes", "web.example", undefined],
  ["an empty name", "DNS:, DNS:web.example", undefined],
];

describe("core/identity/peer-name", () => {
  for (const [claim, alternativeNames, name] of rows)
    it(claim, () => expect(peerName(alternativeNames)).to.equal(name));
});
