/** Reads a request's body. */
import type { IncomingMessage } from "node:http";

export interface BodyReader {
  /** Asked for each piece: false throws it away, with all before and after it. */
  readonly keep: (bytes: number) => boolean;
  /** Comes once, unless something was thrown away or the client went. */
  readonly complete: (body: Buffer) => void;
}

/** Collects the body. What is not kept is still read, so that the client gets to read its answer. */
export const readBody = (request: IncomingMessage, reader: BodyReader): void => {
  let first: Buffer | undefined;
  let others: Buffer[] | undefined;
  let kept = true;
  request.on("data", (chunk: Buffer) => {
    kept &&= reader.keep(chunk.length);
    if (!kept) first = others = undefined;
    else if (first === undefined) first = chunk;
    else (others ??= [first]).push(chunk);
  });
  request.on("end", () => {
    // An ordinary review arrives in one piece, which then need not be copied.
    if (kept) reader.complete(others === undefined ? (first ?? nothing) : Buffer.concat(others));
  });
};

const nothing = Buffer.alloc(0);
