/** The page: hears rounds, keeps what it knows in one value, and draws that value again when it changes. */
import { html, render } from "lit-html";
import type { TemplateResult } from "lit-html";
import "./chart.ts";
import { detailView } from "./detail-view.ts";
import { hearRounds, hearTap } from "./events.ts";
import { graphOf, shapeOf } from "./graph.ts";
import type { Graph, TextStyle } from "./graph.ts";
import { headerView, troubleView } from "./header-view.ts";
import { withRound } from "./history.ts";
import { startLayout } from "./layout.ts";
import { mapView } from "./map-view.ts";
import { orderAfter, shownOf } from "./shown.ts";
import { firstState } from "./state.ts";
import type { Actions, State } from "./state.ts";
import { tableView } from "./table-view.ts";
import { withLines } from "./tap-lines.ts";
import type { Line } from "./tap-lines.ts";
import { tapView } from "./tap-view.ts";
import { toolbarView } from "./toolbar-view.ts";

let state: State = firstState;
let drawing = false;

function change(change: Partial<State>): void {
  state = { ...state, ...change };
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(draw);
}

function draw(): void {
  drawing = false;
  arrange();
  const log = document.querySelector(".lines");
  const atEnd = log === null || log.scrollHeight - log.scrollTop - log.clientHeight < 24;
  render(pageView(state), document.body);
  const grown = document.querySelector(".lines");
  if (grown !== null && atEnd && state.tap?.paused !== true) grown.scrollTop = grown.scrollHeight;
  watchWindow();
}

const isWithin = (selector: string): boolean => document.activeElement?.closest(selector) !== null;

/** What has the focus is about to go: it is given to this when the page was drawn again. */
function focusNext(selector: string): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement | SVGElement>(selector)?.focus());
}

function pageView(state: State): TemplateResult {
  const shown = shownOf(state.message ?? { workloads: [], edges: [] }, state.filter);
  return html`${headerView(state)} ${troubleView(state, actions)} ${toolbarView(state, shown, actions)}
    <main>
      <div id="panel" role="tabpanel" aria-labelledby="tab-${state.tab}">
        ${state.tab === "map" ? mapView(state, shown, actions) : tableView(state, shown, actions)}
      </div>
      ${detailView(state, actions)}
    </main>
    ${tapView(state, actions)}`;
}

/** A window of a phone, where another direction may be the better one. */
const narrow = 640;

let asked: { readonly shape: string; readonly graph: Graph } | undefined;
const askLayout = startLayout((places) => {
  if (asked === undefined) return;
  change({ drawn: { graph: asked.graph, places }, view: undefined });
});

/** Asks for places where the map has other boxes or arrows than before; with the same, only their looks change. */
function arrange(): void {
  if (state.message === undefined || state.tab !== "map" || state.window.width === 0) return;
  const graph = graphOf(shownOf(state.message, state.filter), { open: state.openNamespace, measure });
  const shape = shapeOf(graph, state.window.width < narrow);
  if (shape === asked?.shape) {
    asked = { shape, graph };
    if (state.drawn !== undefined) state = { ...state, drawn: { ...state.drawn, graph } };
    return;
  }
  asked = { shape, graph };
  askLayout(graph, state.window);
}

const canvas = document.createElement("canvas").getContext("2d");
const fonts: Readonly<Record<TextStyle, string>> = { title: "600 13px", small: "11.5px", label: "600 11.5px" };

function measure(text: string, style: TextStyle): number {
  if (canvas === null) return text.length * 7.5;
  canvas.font = `${fonts[style]} ${getComputedStyle(document.body).fontFamily}`;
  return canvas.measureText(text).width;
}

const resized = new ResizeObserver(([entry]) => {
  if (entry === undefined) return;
  const { width, height } = entry.contentRect;
  if (width !== state.window.width || height !== state.window.height) change({ window: { width, height } });
});
let watched: Element | undefined;

function watchWindow(): void {
  const now = document.querySelector(".map-window") ?? undefined;
  if (now === watched) return;
  resized.disconnect();
  watched = now;
  if (now !== undefined) resized.observe(now);
}

/** Lines come faster than a screen shows them: they are put together until it does. */
let waiting: Line[] = [];

function takeLines(): void {
  const { tap } = state;
  const lines = waiting;
  waiting = [];
  if (tap === undefined || lines.length === 0) return;
  change({
    tap: tap.paused ? { ...tap, held: withLines(tap.held, lines) } : { ...tap, lines: withLines(tap.lines, lines) },
  });
}

let endTap = (): void => undefined;

const actions: Actions = {
  showTab: (tab) => change({ tab }),
  setFilter: (filter) => change({ filter: { ...state.filter, ...filter } }),
  sortBy: (column) => change({ order: orderAfter(state.order, column) }),
  choose: (chosen) => {
    const before = state.chosen;
    if (chosen === undefined && before !== undefined && isWithin(".detail"))
      focusNext(`[data-id="${CSS.escape(before.id)}"]`);
    change({ chosen });
  },
  openNamespace: (openNamespace) => change({ openNamespace, view: undefined }),
  setView: (view) => change({ view }),
  dismissTrouble: () => change({ trouble: undefined }),
  startTap: (workload, asked = { path: "", method: "" }) => {
    endTap();
    waiting = [];
    const filter = state.tap?.filter ?? "";
    change({ tap: { workload, asked, filter, lines: [], held: [], paused: false, state: "opening", says: "" } });
    endTap = hearTap(workload, asked, {
      open: () => state.tap !== undefined && change({ tap: { ...state.tap, state: "open" } }),
      line: (line) => {
        if (waiting.length === 0) requestAnimationFrame(takeLines);
        waiting.push(line);
      },
      trouble: (says) => state.tap !== undefined && change({ tap: { ...state.tap, says } }),
      end: (says) => {
        takeLines();
        if (state.tap !== undefined) change({ tap: { ...state.tap, state: "ended", says } });
      },
    });
  },
  changeTap: (changed) => {
    if (state.tap === undefined) return;
    const tap = { ...state.tap, ...changed };
    change({ tap: tap.paused ? tap : { ...tap, lines: withLines(tap.lines, tap.held), held: [] } });
  },
  closeTap: () => {
    if (isWithin(".tap")) focusNext(".detail button.main, [role=tab][aria-selected=true]");
    endTap();
    endTap = () => undefined;
    change({ tap: undefined });
  },
};

document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement && event.target.type !== "checkbox";
  if (event.key === "Escape" && state.chosen !== undefined && !typing) actions.choose(undefined);
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  document.querySelector<HTMLInputElement>("#filter")?.focus();
});

hearRounds({
  scope: (scope) => change({ scope }),
  connection: (connection) => change({ connection }),
  map: (message) => change({ message, history: withRound(state.history, message), trouble: undefined }),
  trouble: (trouble) => change({ trouble }),
});
draw();
