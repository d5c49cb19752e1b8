/** What is waited for, as one line on a terminal that goes when there is something to read. */
import type { Io } from "../io.ts";

export interface Progress {
  /** For each question: told when it is asked; what it gives is called when there is an answer. */
  readonly onAsk: (what: string) => () => void;
  /** Shows it while the work goes on, if that takes longer than a moment. */
  readonly during: <Value>(work: () => Promise<Value>) => Promise<Value>;
}

/** Milliseconds between two pictures, and before the first one is shown for a question. */
const between = 100;
const moment = 400;

export function progressOn({ progress }: Pick<Io, "progress">, now: () => number = () => performance.now()): Progress {
  const asked = new Map<symbol, { readonly what: string; readonly since: number }>();
  let turn = 0;
  const draw = (): void => {
    turn += 1;
    progress?.(progressText([...asked.values()], now(), turn));
  };
  return {
    onAsk: (what) => {
      const key = Symbol(what);
      asked.set(key, { what, since: now() });
      return () => void asked.delete(key);
    },
    during: async (work) => {
      if (progress === undefined) return work();
      const timer = setInterval(draw, between);
      try {
        return await work();
      } finally {
        clearInterval(timer);
        progress(undefined);
      }
    },
  };
}

const pictures = "\u280B\u2819\u2839\u2838\u283C\u2834\u2826\u2827\u2807\u280F";

/** About the question that waits longest; nothing where none has waited for long. */
export function progressText(
  asked: readonly { readonly what: string; readonly since: number }[],
  now: number,
  turn: number,
): string | undefined {
  const [first] = asked.toSorted((a, b) => a.since - b.since);
  if (first === undefined || now - first.since < moment) return undefined;
  const others = asked.length === 1 ? "" : ` and ${asked.length - 1} more`;
  const picture = pictures[turn % pictures.length] ?? "";
  return `${picture} waiting for ${first.what}${others}, ${Math.floor((now - first.since) / 1000)} s`;
}
