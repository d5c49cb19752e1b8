/** Asks the worker for a layout; of several that are asked for while it is busy, only the last is made. */
import type { Graph } from "./graph.ts";
import { layoutAsked } from "./placed.ts";
import type { LayoutAnswer, LayoutAsked, Places, Size } from "./placed.ts";

export type AskLayout = (graph: Graph, window: Size) => void;

export function startLayout(told: (places: Places) => void): AskLayout {
  const worker = new Worker("/page/layout-worker.js", { type: "module" });
  let turn = 0;
  let busy = false;
  let next: LayoutAsked | undefined;
  const ask = (): void => {
    if (busy || next === undefined) return;
    // The second argument tells the linter that this is no window.
    worker.postMessage(next, []);
    busy = true;
    next = undefined;
  };
  worker.addEventListener("message", ({ data }: MessageEvent<LayoutAnswer>) => {
    busy = false;
    if (data.turn === turn) told(data.places);
    ask();
  });
  return (graph, window) => {
    turn += 1;
    next = layoutAsked(graph, window, turn);
    ask();
  };
}
