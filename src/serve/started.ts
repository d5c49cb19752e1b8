/** Servers that begin to listen, or say in words why they cannot. */
import { addressText } from "../net/address.ts";
import type { Address } from "../net/address.ts";
import { StartFailure } from "./start-failure.ts";

/** Rejects with a `StartFailure` when the address cannot be had. */
export const started = async <Server>(
  address: Address,
  serve: (address: Address) => Promise<Server>,
): Promise<Server> => {
  try {
    return await serve(address);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "") throw error;
    throw new StartFailure([`cannot listen on ${addressText(address)}: ${listenWords.get(code) ?? code}`]);
  }
};

const listenWords: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "something else listens there"],
  ["EADDRNOTAVAIL", "this machine has no such address"],
  ["EACCES", "this user may not"],
  ["ENOTFOUND", "there is no such host"],
]);
