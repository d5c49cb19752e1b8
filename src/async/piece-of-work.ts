/** Long work in pieces, between which the process looks at its sockets. */

/** Of one piece; milliseconds. Whoever waits for something else waits for so long. */
const enough = 20;

/** Begins a piece of work, and tells when there was enough of it. */
export function pieceOfWork(now: () => number = () => performance.now()): () => boolean {
  const end = now() + enough;
  return () => now() >= end;
}
