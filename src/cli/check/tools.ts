/** What the checks cannot do in the core: hashes, base64, X.509. */
import type { Tools } from "../../core/checks/facts.ts";
import { readCertificates, refusal } from "../../certificates/x509/inspect.ts";
import { sha256 } from "../../files/sha256.ts";

export const checkTools: Tools = {
  sha256,
  fromBase64: (text) => Buffer.from(text, "base64").toString("latin1"),
  readCertificates,
  refusal,
};
