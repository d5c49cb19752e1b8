/** Whether an API server will believe a serving certificate: the API server itself looks only when it calls. */
import { X509Certificate } from "node:crypto";
import type { Issue } from "../../core/base/text/issue.ts";
import { climbed } from "./climbed.ts";
import { certificatesIn } from "./pem.ts";
import { towards } from "./signed-by.ts";

export interface Trust {
  /** PEM chain, leaf first; one that can be read. */
  readonly certificate: string;
  /** PEM, as the API server is given it. */
  readonly caBundle: string;
  readonly host: string;
  /** What to call them in issues. */
  readonly names: { readonly certificate: string; readonly caBundle: string };
}

export function trustedBy({ certificate, caBundle, host, names }: Trust): readonly Issue[] {
  const [leaf, ...others] = readable(certificate);
  const anchors = readable(caBundle);
  if (anchors.length === 0) return [{ at: names.caBundle, message: "has no PEM certificate that can be read" }];
  return [
    ...(leaf?.checkHost(host, { subject: "never" }) === undefined
      ? [{ at: names.certificate, message: `is not for ${host}, by which API servers call weft` }]
      : []),
    ...(leaf !== undefined && climbed(leaf, others, towards(anchors)).isTrusted
      ? []
      : [{ at: names.certificate, message: `is not signed by a certificate in ${names.caBundle}` }]),
  ];
}

const readable = (pem: string): readonly X509Certificate[] =>
  certificatesIn(pem, "", (block) => new X509Certificate(block)).flatMap((read) =>
    "value" in read ? [read.value] : [],
  );
