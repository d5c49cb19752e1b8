/** A request's body, gathered into one piece: what it holds in memory is what it counts. */
import type { IncomingMessage } from "node:http";

/** Where a body has got to. */
export interface BodyState {
  /** That have come. */
  readonly bytes: number;
  /** Of memory. */
  readonly held: number;
  readonly pieces: number;
}

export interface BodyReader {
  /** Asked for each piece: false throws it away, with all before and after it. */
  readonly keep: (state: BodyState) => boolean;
  /** Comes once, unless something was thrown away or the client went. */
  readonly complete: (body: Buffer) => void;
}

/** Collects the body, of so many bytes at most. What is not kept is still read, so that the client gets to read its answer. */
export const readBody = (request: IncomingMessage, most: number, { keep, complete }: BodyReader): void => {
  let body: Buffer = nothing;
  let bytes = 0;
  let pieces = 0;
  let kept = true;
  request.on("data", (chunk: Buffer) => {
    if (!kept) return;
    pieces += 1;
    // An ordinary review arrives in one piece, which then need not be copied; of many each would cost more than it holds.
    const grown = pieces === 1 ? chunk.length : capacityFor(bytes + chunk.length, body.length, most);
    bytes += chunk.length;
    kept = keep({ bytes, pieces, held: grown });
    if (kept) body = pieces === 1 ? chunk : joined(body, bytes - chunk.length, chunk, grown);
    else body = nothing;
  });
  request.on("end", () => {
    if (kept) complete(body.length === bytes ? body : body.subarray(0, bytes));
    body = nothing;
  });
};

const nothing = Buffer.alloc(0);

const smallest = 16 * 1024;

/** Doubled, so that the copying is linear in what comes. */
const capacityFor = (bytes: number, before: number, most: number): number =>
  bytes <= before ? before : Math.max(bytes, Math.min(most, Math.max(smallest, 2 * before)));

function joined(body: Buffer, used: number, chunk: Buffer, capacity: number): Buffer {
  const into = capacity === body.length ? body : Buffer.allocUnsafeSlow(capacity);
  if (into !== body) body.copy(into, 0, 0, used);
  chunk.copy(into, used);
  return into;
}
