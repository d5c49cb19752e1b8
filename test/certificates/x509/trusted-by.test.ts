import { expect } from "chai";
import { selfSigned } from "../../../src/certificates/x509/self-signed.ts";
import { trustedBy } from "../../../src/certificates/x509/trusted-by.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";

const day = 86_400_000;
const names = { certificate: "tls.crt", caBundle: "ca.crt" };

describe("trustedBy", () => {
  let own = "";
  let other = "";
  before(async () => {
    const lifetime = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) };
    own = (await selfSigned({ names: ["a.b.svc"], ...lifetime })).certificate;
    other = (await selfSigned({ names: ["a.b.svc"], ...lifetime })).certificate;
  });

  const told = (certificate: string, caBundle: string, host = "a.b.svc"): readonly string[] =>
    trustedBy({ certificate, caBundle, host, names }).map(issueText);

  it("takes what a CA of the bundle signed, whichever it is", () =>
    expect(told(own, `${other}${own}`)).to.deep.equal([]));

  it("says that nobody in the bundle signed it, however alike they are named", () =>
    expect(told(own, other)).to.deep.equal(["tls.crt: is not signed by a certificate in ca.crt"]));

  it("says that it is for another host", () =>
    expect(told(own, own, "weft-injector.weft.svc")).to.deep.equal([
      "tls.crt: is not for weft-injector.weft.svc, by which API servers call weft",
    ]));

  it("says that the bundle has no certificate", () =>
    expect(told(own, "words")).to.deep.equal(["ca.crt: has no PEM certificate that can be read"]));
});
