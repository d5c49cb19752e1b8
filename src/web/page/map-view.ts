/** The map: a box for each workload, an arrow for each edge, in a window that is moved and zoomed. */
import { html, nothing, svg } from "lit-html";
import type { SVGTemplateResult, TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { labelLine, namespaceOf } from "./graph.ts";
import type { Arrow, Box } from "./graph.ts";
import { icons, marks } from "./icons.ts";
import { curve, firstView, fitted, loop, moved, neighbour, zoomed } from "./placed.ts";
import type { Point, Towards, View } from "./placed.ts";
import { edgeId, namesOf } from "./shown.ts";
import type { Named, Shown } from "./shown.ts";
import type { Actions, Chosen, Drawn, State } from "./state.ts";
import { arrowSaid, boxSaid, nameSaid } from "./words.ts";

const viewOf = ({ view, drawn, window }: State): View =>
  view ?? (drawn === undefined ? { x: 0, y: 0, scale: 1 } : firstView(drawn.places, window));

export function mapView(state: State, shown: Shown, actions: Actions): TemplateResult {
  const { drawn, message } = state;
  const view = viewOf(state);
  const empty = message !== undefined && shown.workloads.length === 0 && shown.edges.length === 0;
  return html`<div class="map-window">
    <svg
      class="map"
      role="group"
      aria-label="Map of workloads. Arrow keys go from one to the next, Enter shows details. The table has the same."
      @pointerdown=${(event: PointerEvent) => drag(event, view, actions)}
      @wheel=${(event: WheelEvent) => wheel(event, view, actions)}
      @keydown=${(event: KeyboardEvent) => keys(event, state, actions)}
    >
      <defs>${["secured", "partial", "unsecured", "inside"].map(arrowHead)}</defs>
      ${drawn === undefined || empty ? nothing : drawing(state, drawn, view, shown, actions)}
    </svg>
    ${empty ? html`<p class="empty">Nothing to show${state.filter.text === "" ? "." : " with this filter."}</p>` : nothing}
    ${drawn?.graph.byNamespace === true ? byNamespace(state, actions) : nothing} ${hint(state)} ${legend}
    ${controls(state, view, actions)}
  </div>`;
}

const arrowHead = (tone: string): SVGTemplateResult =>
  svg`<marker id="head-${tone}" class="head ${tone}" viewBox="0 0 10 10" refX="8.5" refY="5" markerWidth="10" markerHeight="10" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M1 1 9 5 1 9Z" /></marker>`;

function drawing(
  state: State,
  { graph, places }: Drawn,
  { x, y, scale }: View,
  shown: Shown,
  actions: Actions,
): SVGTemplateResult {
  const names = namesOf(shown);
  const nameOf = (id: string): string => {
    const named = names.get(id);
    return named === undefined ? id : nameSaid(named);
  };
  const near = nearOf(graph.arrows, state.chosen);
  const first = near?.boxes.values().next().value ?? graph.boxes[0]?.id;
  const aside = (is: boolean): string => (near === undefined || is ? "" : "aside");
  const boxes = new Map(graph.boxes.map((box) => [box.id, box]));
  const pathOf = ({ id, from, to }: Arrow): string => {
    const [box, place] = [boxes.get(from), places.boxes.get(from)];
    if (from === to && box !== undefined && place !== undefined) return loop(place, box);
    return curve(places.arrows.get(id)?.points ?? []);
  };
  return svg`<g transform="translate(${x} ${y}) scale(${scale})">
    ${repeat(
      graph.arrows,
      ({ id }) => id,
      (arrow) => arrowLine(arrow, pathOf(arrow), aside(near?.arrows.has(arrow.id) === true), nameOf, actions),
    )}
    ${repeat(
      graph.boxes,
      ({ id }) => id,
      (box) =>
        workloadBox(box, places.boxes.get(box.id), {
          named: names.get(box.id),
          chosen: state.chosen?.id === box.id,
          aside: aside(near?.boxes.has(box.id) === true),
          // One stop for the tabulator; arrow keys go on from there.
          reachable: box.id === (state.chosen?.kind === "workload" ? state.chosen.id : first),
          actions,
        }),
    )}
    ${repeat(
      graph.arrows.filter(({ label }) => label.length > 0),
      ({ id }) => id,
      (arrow) => arrowLabel(arrow, places.arrows.get(arrow.id)?.label, aside(near?.arrows.has(arrow.id) === true)),
    )}
  </g>`;
}

/** What belongs to the chosen workload or edge; undefined: nothing is chosen. */
function nearOf(
  arrows: readonly Arrow[],
  chosen: Chosen | undefined,
): { readonly boxes: ReadonlySet<string>; readonly arrows: ReadonlySet<string> } | undefined {
  if (chosen === undefined) return undefined;
  const near = arrows.filter(({ from, to, edges }) =>
    chosen.kind === "workload"
      ? from === chosen.id || to === chosen.id
      : edges.some((edge) => edgeId(edge) === chosen.id),
  );
  return {
    arrows: new Set(near.map(({ id }) => id)),
    boxes: new Set([...(chosen.kind === "workload" ? [chosen.id] : []), ...near.flatMap(({ from, to }) => [from, to])]),
  };
}

function arrowLine(
  arrow: Arrow,
  path: string,
  aside: string,
  nameOf: (id: string) => string,
  { choose }: Actions,
): SVGTemplateResult | typeof nothing {
  if (path === "") return nothing;
  const [edge] = arrow.edges;
  const choice = (): void => {
    if (edge !== undefined) choose({ kind: "edge", id: edgeId(edge) });
  };
  return svg`<g class="arrow ${arrow.security} ${aside}" @click=${choice}>
    <path class="reach" d=${path}></path>
    <path class="line" d=${path} stroke-width=${arrow.thickness} marker-end="url(#head-${arrow.security})"><title>${arrowSaid(arrow, nameOf)}</title></path>
  </g>`;
}

function arrowLabel(
  { label, labelSize: { width, height }, security }: Arrow,
  place: Point | undefined,
  aside: string,
): SVGTemplateResult | typeof nothing {
  if (place === undefined) return nothing;
  return svg`<g class="label ${security} ${aside}" transform="translate(${place.x} ${place.y})">
    <rect x=${-width / 2} y=${-height / 2} width=${width} height=${height} rx="9"></rect>
    ${label.map((line, index) => svg`<text class=${index === 0 ? "first" : ""} y=${(index - (label.length - 1) / 2) * labelLine + 4}>${line}</text>`)}
  </g>`;
}

interface BoxShown {
  readonly named: Named | undefined;
  readonly chosen: boolean;
  readonly aside: string;
  readonly reachable: boolean;
  readonly actions: Actions;
}

function workloadBox(
  box: Box,
  place: Point | undefined,
  { named, chosen, aside, reachable, actions }: BoxShown,
): SVGTemplateResult | typeof nothing {
  if (place === undefined) return nothing;
  const { id, title, subtitle, pods, width, height } = box;
  const said = boxSaid(box, named);
  return svg`<g
    class="box ${box.kind} ${meshOf(box)} ${chosen ? "chosen" : ""} ${aside}"
    transform="translate(${place.x - width / 2} ${place.y - height / 2})"
    tabindex=${reachable ? 0 : -1}
    role="button"
    aria-pressed=${chosen}
    aria-label=${said}
    data-id=${id}
    @click=${() => press(box, actions)}
  >
    <title>${said}</title>
    <rect class="card" width=${width} height=${height} rx="11"></rect>
    <g class="mark" transform="translate(11 ${height / 2 - 13})"><circle cx="13" cy="13" r="13"></circle><g transform="translate(5.8 5.4) scale(0.9)">${markOf(box)}</g></g>
    <text class="title" x="46" y="25">${title}</text>
    <text class="small" x="46" y="42">${subtitle}</text>
    ${pods === undefined ? nothing : svg`<text class="pods" x=${width - 12} y="25">${pods.meshed}/${pods.running}</text>`}
  </g>`;
}

function meshOf({ pods }: Pick<Box, "pods">): "meshed" | "half" | "bare" {
  if (pods === undefined || pods.meshed === 0) return "bare";
  return pods.meshed < pods.running ? "half" : "meshed";
}

function markOf(box: Box): SVGTemplateResult {
  if (box.kind === "stranger") return marks.question;
  if (box.kind === "namespace") return marks.stack;
  return meshOf(box) === "meshed" ? marks.closedLock : marks.openLock;
}

function press(box: Pick<Box, "id">, { choose, openNamespace }: Actions): void {
  const namespace = namespaceOf(box.id);
  if (namespace === undefined) choose({ kind: "workload", id: box.id });
  else openNamespace(namespace);
}

const directions: Readonly<Record<string, Towards>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

function keys(event: KeyboardEvent, state: State, actions: Actions): void {
  const box = (event.target as Element).closest<SVGGElement>("[data-id]");
  const id = box?.dataset["id"];
  const { drawn } = state;
  if (id === undefined || drawn === undefined) return;
  const towards = directions[event.key];
  if (event.key === "Enter" || event.key === " ") press({ id }, actions);
  else if (towards === undefined) return;
  else {
    const next = neighbour(drawn.places.boxes, id, towards);
    if (next !== undefined) focusBox(next, state, actions);
  }
  event.preventDefault();
}

/** Into the window with it, too, where it lies outside. */
function focusBox(id: string, state: State, { setView }: Actions): void {
  const place = state.drawn?.places.boxes.get(id);
  const view = viewOf(state);
  if (place !== undefined) {
    const [x, y] = [place.x * view.scale + view.x, place.y * view.scale + view.y];
    const { width, height } = state.window;
    if (x < 40 || y < 40 || x > width - 40 || y > height - 40)
      setView(moved(view, { x: width / 2 - x, y: height / 2 - y }));
  }
  document.querySelector<SVGGElement>(`[data-id="${CSS.escape(id)}"]`)?.focus();
}

function wheel(event: WheelEvent, view: View, { setView }: Actions): void {
  event.preventDefault();
  const window = (event.currentTarget as Element).getBoundingClientRect();
  const at = { x: event.clientX - window.x, y: event.clientY - window.y };
  // A pinch on a touchpad comes as a wheel with the control key, in small steps.
  setView(zoomed(view, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), at));
}

/** A press that does not move is a click for whatever lies under it. */
function drag(start: PointerEvent, view: View, { setView, choose }: Actions): void {
  if (start.button !== 0) return;
  const element = start.currentTarget as SVGSVGElement;
  let dragged = false;
  const move = (event: PointerEvent): void => {
    const by = { x: event.clientX - start.clientX, y: event.clientY - start.clientY };
    if (!dragged && Math.hypot(by.x, by.y) < 4) return;
    if (!dragged) element.setPointerCapture(start.pointerId);
    dragged = true;
    setView(moved(view, by));
  };
  const end = (): void => {
    element.removeEventListener("pointermove", move);
    if (!dragged && start.target === element) choose(undefined);
  };
  element.addEventListener("pointermove", move);
  element.addEventListener("pointerup", end, { once: true });
  element.addEventListener("pointercancel", end, { once: true });
}

const legend: TemplateResult = html`<ul class="legend" aria-label="Legend">
  ${[
    ["secured", "mutual TLS"],
    ["partial", "in part"],
    ["unsecured", "not secured"],
  ].map(
    ([tone, text]) =>
      html`<li>
        <svg viewBox="0 0 28 8" aria-hidden="true" class="arrow ${tone}">
          <path class="line" d="M1 4H27" stroke-width="2" /></svg
        >${text}
      </li>`,
  )}
</ul>`;

function controls({ window, drawn }: State, view: View, { setView }: Actions): TemplateResult {
  const { width, height } = window;
  const by = (factor: number) => (): void => setView(zoomed(view, factor, { x: width / 2, y: height / 2 }));
  return html`<div class="controls">
    <button @click=${by(1.3)} aria-label="Zoom in" title="Zoom in">${icons.plus}</button>
    <button @click=${by(1 / 1.3)} aria-label="Zoom out" title="Zoom out">${icons.minus}</button>
    <button
      @click=${() => setView(drawn === undefined ? undefined : fitted(drawn.places, window))}
      aria-label="Show all of the map"
      title="Show all"
    >
      ${icons.fit}
    </button>
  </div>`;
}

/** For who sees boxes without arrows. */
function hint({ message, scope }: State): TemplateResult | typeof nothing {
  if (message === undefined || message.pods.running === 0 || message.pods.meshed > 0) return nothing;
  return html`<p class="note">
    Only traffic of pods with a proxy is seen.
    <code>kubectl annotate namespace ${scope ?? "NAME"} linkerd.io/inject=enabled</code>
    gives one to new pods; restart those that run.
  </p>`;
}

const byNamespace = ({ openNamespace }: State, actions: Actions): TemplateResult =>
  html`<div class="note">
    ${
      openNamespace === undefined
        ? html`Many workloads: the map shows namespaces. Choose one to see into it.`
        : html`<button class="plain" @click=${() => actions.openNamespace(undefined)}>
              ${icons.back}All namespaces
            </button>
            <b>${openNamespace}</b>`
    }
  </div>`;
