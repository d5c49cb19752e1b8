/** Ways from an issuer up to an anchor, in bundles that hold copies, and CAs that have signed each other. */
import { expect } from "chai";
import { anchorsAbove, readChain, waysUp } from "../../../src/certificates/mesh/issuer-chain.ts";
import type { Chain, ReadCertificate } from "../../../src/certificates/mesh/issuer-chain.ts";
import { mostCertificates } from "../../../src/certificates/x509/pem.ts";
import { algorithm, newKeys, serialNumber, x509Library } from "../../../src/certificates/x509/x509.ts";
import { authority, validAround } from "../../support/certificates.ts";

describe("certificates/mesh/issuer-chain", () => {
  let checked = 0;
  /** As read, with its signatures counted as they are looked at. */
  const counted = (each: ReadCertificate): ReadCertificate => ({
    ...each,
    node: new Proxy(each.node, {
      get: (target, key) => {
        if (key === "verify") checked += 1;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    }),
  });
  const read = async (...pems: readonly string[]): Promise<Chain> => {
    const chain = readChain(await x509Library(), pems.join("\n"), "ca.crt");
    if ("issues" in chain) throw new Error(JSON.stringify(chain.issues));
    const [first, ...others] = chain.value;
    return [counted(first), ...others.map(counted)];
  };
  type Keys = Awaited<ReturnType<typeof newKeys>>;
  const sign = async (subject: string, keys: Keys, issuer: string, by: Keys): Promise<string> => {
    const x509 = await x509Library();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: [{ CN: [subject] }],
      issuer: [{ CN: [issuer] }],
      ...validAround(),
      publicKey: keys.publicKey,
      signingKey: by.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(by.publicKey),
      ],
    });
    return certificate.toString("pem");
  };
  /** So many CAs of one name, each signed by each of the others; and the first of them alone, by itself. */
  const crossSigned = async (count: number) => {
    const keys = await Promise.all(Array.from({ length: count }, newKeys));
    const crossed = async (child: number, parent: number): Promise<string> => {
      const [own, by] = [keys[child], keys[parent]];
      if (own === undefined || by === undefined) throw new Error("there is a key for each");
      return sign("crossed", own, "crossed", by);
    };
    const all = keys.flatMap((_, child) =>
      keys.flatMap((_each, parent) => (child === parent ? [] : [[child, parent]])),
    );
    return {
      chain: await Promise.all(all.map(([child = 0, parent = 0]) => crossed(child, parent))),
      anchor: await crossed(count - 1, count - 1),
    };
  };
  const subjects = (ways: ReturnType<typeof waysUp>): readonly string[] =>
    ways.map((way) => way.map(({ subject }) => subject.replace("CN=", "")).join(" "));

  it("fifty copies of one CA are one way, and each signature is looked at once", async () => {
    const root = await authority("root");
    const between = await root.below("between");
    const issuer = await between.below("issuer");
    const copies = Array.from({ length: 50 }, () => between.certificate);
    const roots = Array.from({ length: 50 }, () => root.certificate);
    const [chain, anchors] = [await read(issuer.certificate, ...copies), await read(...roots)];
    checked = 0;
    expect(subjects(waysUp(chain, anchors))).to.deep.equal(["issuer between root"]);
    expect(checked).to.be.at.most(2);
  });
  it("one that is in the file twice, as a copy behind others too, is still the issuer", async () => {
    const root = await authority("root");
    const issuer = await root.below("issuer");
    const chain = await read(issuer.certificate, root.certificate, issuer.certificate);
    expect(subjects(waysUp(chain, await read(root.certificate)))).to.include("issuer root");
  });
  it("CAs that all have signed each other: the shortest ways, and a bounded number of them", async () => {
    const { chain, anchor } = await crossSigned(8);
    const [all, anchors] = [await read(...chain), await read(anchor)];
    checked = 0;
    const ways = waysUp(all, anchors);
    expect(ways.length).to.be.within(1, 256);
    expect(ways[0]?.length).to.be.at.most(3);
    expect(checked).to.be.at.most(chain.length * chain.length);
    expect(anchorsAbove(all, anchors).length).to.equal(1);
  });
  it("hundreds of certificates of a CA's key that lead nowhere do not hide the one that leads to the anchor", async () => {
    const [root, between, own, stranger] = await Promise.all([newKeys(), newKeys(), newKeys(), newKeys()]);
    const others = await Promise.all(Array.from({ length: 260 }, () => sign("between", between, "root", stranger)));
    const right = await sign("between", between, "root", root);
    const chain = await read(await sign("issuer", own, "between", between), ...others, right);
    const anchors = await read(await sign("root", root, "root", root));
    checked = 0;
    expect(subjects(waysUp(chain, anchors))).to.deep.equal(["issuer between root"]);
    expect(checked).to.be.at.most(2 * chain.length);
  });
  it("thousands of CAs of one name do not hide the one whose key is named", async () => {
    const [root, other, own] = await Promise.all([newKeys(), newKeys(), newKeys()]);
    const chain = await read(await sign("issuer", own, "root", root));
    const [decoy] = await read(await sign("root", other, "root", other));
    const decoys = Array.from({ length: 2_100 }, (_, index) => {
      const get = (target: ReadCertificate["node"], key: string): unknown =>
        key === "raw" ? Buffer.from(String(index)) : Reflect.get(target, key, target);
      return { ...decoy, node: new Proxy(decoy.node, { get: (target, key) => get(target, String(key)) }) };
    });
    const anchors = [...decoys, ...(await read(await sign("root", root, "root", root)))];
    checked = 0;
    expect(subjects(waysUp(chain, anchors))).to.deep.equal(["issuer root"]);
    expect(anchorsAbove(chain, anchors)).to.have.length(1);
  });
  it("a bundle of more certificates than are read in one go is refused in words, copies aside", async () => {
    const { certificate } = await authority("root");
    const different = (count: number): string =>
      Array.from({ length: count }, (_, index) =>
        certificate.replace("BEGIN CERTIFICATE-----", `$&${"\n".repeat(index)}`),
      ).join("");
    const x509 = await x509Library();
    expect(readChain(x509, different(mostCertificates + 1), "ca.crt")).to.deep.equal({
      issues: [
        { at: "ca.crt", message: "has 513 different certificates, and may have 512: leave out those not in use" },
      ],
    });
    expect(readChain(x509, certificate.repeat(mostCertificates + 1), "ca.crt")).to.have.property("value");
  });
  it("both ways through a CA and through the one that replaces it are found", async () => {
    const root = await authority("root");
    const issuer = await root.below("issuer");
    const other = await authority("other");
    const anchors = await read(root.certificate, other.certificate);
    expect(anchorsAbove(await read(issuer.certificate), anchors).map(({ facts }) => facts.subject)).to.deep.equal([
      "CN=root",
    ]);
    expect(subjects(waysUp(await read(root.certificate), anchors))).to.deep.equal(["root"]);
    expect(waysUp(await read(issuer.certificate), await read(other.certificate))).to.deep.equal([]);
  });
});
