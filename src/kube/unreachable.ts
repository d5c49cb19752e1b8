/** Why there was no answer, in words. */
import { TooMuch } from "./bounded-text.ts";

/** `cannot reach https://10.0.0.1:6443: connection refused`. What the caller aborted stays his own reason. */
export function unreachable(server: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted && !isTimeout(signal.reason)) return signal.reason;
  if (error instanceof TooMuch) return new TooMuch(`${server} sends too much: ${error.message}`);
  const why = signal.aborted ? "no answer in time" : whyOf(error);
  return new Error(`cannot reach ${server}: ${why}`, { cause: error });
}

const isTimeout = (reason: unknown): boolean => reason instanceof Error && reason.name === "TimeoutError";

function whyOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return words.get(code) ?? (error instanceof Error && error.message !== "" ? error.message : String(error));
}

const unknownAuthority = "its certificate is signed by an authority that is not trusted here";

const words: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ECONNRESET", "the connection was closed"],
  ["EPIPE", "the connection was closed"],
  ["EHOSTUNREACH", "no route to the host"],
  ["ENETUNREACH", "no route to the network"],
  ["ETIMEDOUT", "no answer in time"],
  ["ENOTFOUND", "there is no such host"],
  ["EAI_AGAIN", "the name of the host cannot be looked up now"],
  ["CERT_HAS_EXPIRED", "its certificate has expired"],
  ["CERT_NOT_YET_VALID", "its certificate is not valid yet"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", unknownAuthority],
  ["SELF_SIGNED_CERT_IN_CHAIN", unknownAuthority],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", unknownAuthority],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", unknownAuthority],
]);
