/** Digests of texts. */
import { createHash } from "node:crypto";

/** Lower-case hex. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
