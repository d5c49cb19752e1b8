/**
 * Long work in pieces, between which the process looks at its sockets: one piece in each turn of the event loop, whoever's
 * work it is. Ten watches that bring thousands of objects at the same moment take a piece one after the other; ten pieces in
 * one turn would be as bad as a long one.
 */

/** `times`: whether one that is so many times as long would be. */
type IsOver = (times?: number) => boolean;

export interface PiecesOfWork {
  /** Whether the piece that is under way is over; who asks first in a turn begins one. */
  readonly isOver: IsOver;
  /** Runs it at the beginning of a piece, after all that wait already. */
  readonly later: (run: () => void) => void;
  /** To be asked before each step. Undefined: go on; else wait for it, and then go on. */
  readonly rest: () => Promise<void> | undefined;
  /** So many wait for a piece. */
  readonly waiting: () => number;
}

/** Of one piece; milliseconds. Whoever waits for something else waits for so long. */
export const longestPiece = 20;

/** `isLong`: begins a piece, and tells when it is over. `nextTurn`: runs it when sockets were looked at. */
export function piecesOfWork(
  isLong: () => IsOver = tookLong,
  nextTurn: (run: () => void) => void = setImmediate,
): PiecesOfWork {
  const waiting: (() => void)[] = [];
  let now: IsOver | undefined;
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    nextTurn(onTurn);
  }

  function onTurn(): void {
    isScheduled = false;
    now = undefined;
    const run = waiting.shift();
    if (run === undefined) return;
    // What comes by the sockets of this turn has its share of the piece, too.
    begin();
    run();
  }

  function begin(): IsOver {
    schedule();
    return (now = isLong());
  }

  const isOver: IsOver = (times) => (now ?? begin())(times);
  const later = (run: () => void): void => {
    waiting.push(run);
    schedule();
  };
  return {
    isOver,
    later,
    rest: () => (isOver() ? new Promise((resolve) => later(resolve)) : undefined),
    waiting: () => waiting.length,
  };
}

function tookLong(): IsOver {
  const began = performance.now();
  return (times = 1) => performance.now() - began >= times * longestPiece;
}

/** There is one event loop, and so one row of pieces for all who work in it. */
export const piecesOfProcess = piecesOfWork();
