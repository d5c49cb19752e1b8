/** Messages of a gRPC stream, out of the pieces in which they come (gRPC over HTTP/2, "Length-Prefixed-Message"). */

/** A byte that says "not compressed", and the length. */
export const headLength = 5;

/** Bytes of a message: the headers of a request are most of one. */
export const mostInMessage = 1_048_576;

/** What came of a message that is not whole yet, in one buffer that doubles: frames may have a byte each. */
export class Unread {
  private buffer = Buffer.alloc(0);
  private length = 0;

  /** Tells each message that is whole now. */
  add(chunk: Buffer, onMessage: (bytes: Buffer) => void): void {
    const length = this.length + chunk.length;
    if (length > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.buffer.length));
      this.buffer.copy(larger, 0, 0, this.length);
      this.buffer = larger;
    }
    chunk.copy(this.buffer, this.length);
    this.length = length;
    const told = messagesIn(this.buffer.subarray(0, length), onMessage);
    if (told === 0) return;
    this.buffer = Buffer.from(this.buffer.subarray(told, length));
    this.length = this.buffer.length;
  }
}

/** How many bytes of it were whole messages. */
function messagesIn(bytes: Buffer, onMessage: (bytes: Buffer) => void): number {
  let at = 0;
  while (bytes.length >= at + headLength) {
    const length = bytes.readUInt32BE(at + 1);
    if (length > mostInMessage) throw new Error(`a message of ${length} bytes, ${mostInMessage} are taken`);
    const end = at + headLength + length;
    if (bytes.length < end) break;
    // Of its own: the buffer is written to again.
    onMessage(Buffer.from(bytes.subarray(at + headLength, end)));
    at = end;
  }
  return at;
}
