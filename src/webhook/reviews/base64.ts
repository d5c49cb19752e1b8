/**
 * Text as base64. Three bytes become four characters, so a piece comes to the same characters wherever it begins at a
 * multiple of three bytes; up to two bytes of it go with what is before. What stays the same is encoded once for each of
 * the three places that it can begin at.
 */
import type { Piece, SamePiece } from "../../core/admission/patch-text.ts";

/** For all pieces that are kept, with their encodings: of some 200 proxies that differ. */
const most = 4 * 1024 * 1024;

/** UTF-8, a character for each byte. */
type Bytes = string;

interface Encoded {
  /** What goes with the bytes before it. */
  readonly first: Bytes;
  readonly base64: string;
  /** What goes with the bytes behind it. */
  readonly last: Bytes;
}

interface Kept {
  readonly bytes: Bytes;
  /** By how many bytes go with what is before. */
  readonly encoded: (Encoded | undefined)[];
}

const kept = new Map<object, Kept>();
let held = 0;

/** Base64 of the UTF-8 bytes of the pieces, one after the other. */
export function base64(pieces: readonly Piece[]): string {
  let done = "";
  let pending: Bytes = "";
  for (const piece of pieces) {
    const skipped = (3 - (pending.length % 3)) % 3;
    const same = typeof piece === "string" ? undefined : encodedFrom(piece, skipped);
    if (same === undefined) {
      pending += bytesOf(textOf(piece));
      continue;
    }
    done += btoa(pending + same.first) + same.base64;
    pending = same.last;
  }
  return done + btoa(pending);
}

const textOf = (piece: Piece): string => (typeof piece === "string" ? piece : piece.text());

const bytesOf = (text: string): Bytes =>
  Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString("latin1");

/** Undefined: it is too short to have a group of its own. */
function encodedFrom(piece: SamePiece, skipped: number): Encoded | undefined {
  const known = kept.get(piece.of);
  const found = known?.encoded[skipped];
  if (found !== undefined) return found;
  const { bytes, encoded } = known ?? newlyKept(piece);
  if (bytes.length < skipped) return undefined;
  const end = bytes.length - ((bytes.length - skipped) % 3);
  const made = {
    first: bytes.slice(0, skipped),
    base64: btoa(bytes.slice(skipped, end)),
    last: bytes.slice(end),
  };
  encoded[skipped] = made;
  hold(made.base64.length);
  return made;
}

function newlyKept(piece: SamePiece): Kept {
  const bytes = bytesOf(piece.text());
  const made: Kept = { bytes, encoded: [undefined, undefined, undefined] };
  kept.set(piece.of, made);
  hold(bytes.length);
  return made;
}

/** What has been kept longest goes; what is asked for all the time is made again so seldom that an order by use costs more. */
function hold(more: number): void {
  held += more;
  for (const [object, { bytes, encoded }] of kept) {
    if (held <= most) return;
    kept.delete(object);
    held -= encoded.reduce((sum, each) => sum + (each?.base64.length ?? 0), bytes.length);
  }
}
