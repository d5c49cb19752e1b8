/** Trust anchors for a mesh that nobody will ever join: the demo's. */
import { generate } from "selfsigned";

/** A root certificate in PEM form, named as `step` names it in Linkerd's documentation. Its key is thrown away. */
export async function throwAwayAnchor({
  notBefore,
  notAfter,
}: {
  readonly notBefore: Date;
  readonly notAfter: Date;
}): Promise<string> {
  const { cert } = await generate([{ name: "commonName", value: "root.linkerd.cluster.local" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notBeforeDate: notBefore,
    notAfterDate: notAfter,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return `${cert.trimEnd()}\n`;
}
