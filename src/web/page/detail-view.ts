/** What is known of the workload or edge that was chosen: identities, ports, numbers, and its last ten minutes. */
import { html, nothing } from "lit-html";
import type { TemplateResult } from "lit-html";
import type { MapEdge, MapState, MapWorkload } from "../../core/traffic/map.ts";
import type { ChartSeries, ChartShown } from "./chart.ts";
import type { Moment } from "./history.ts";
import { icons } from "./icons.ts";
import { meaningOf } from "./security.ts";
import { bytesText, latencyText, rateText, shareText, unknown } from "./numbers.ts";
import { edgeId, isStranger, namesOf, strangerText } from "./shown.ts";
import type { Figures, Named } from "./shown.ts";
import type { Actions, State } from "./state.ts";
import { securityPill } from "./table-view.ts";

export function detailView(state: State, actions: Actions): TemplateResult | typeof nothing {
  const { chosen, message, history } = state;
  if (chosen === undefined || message === undefined) return nothing;
  const names = namesOf(message);
  const moments = history.get(chosen.id) ?? [];
  const content =
    chosen.kind === "edge"
      ? edgeDetail(
          message.edges.find((edge) => edgeId(edge) === chosen.id),
          chosen.id,
          names,
          moments,
          actions,
        )
      : workloadDetail(names.get(chosen.id), chosen.id, message, moments, actions);
  return html`<aside class="detail" aria-label="Details" tabindex="-1">
    <button class="plain close" @click=${() => actions.choose(undefined)} aria-label="Close details">
      ${icons.close}
    </button>
    ${content}
  </aside>`;
}

function edgeDetail(
  edge: MapEdge | undefined,
  id: string,
  names: ReadonlyMap<string, Named>,
  moments: readonly Moment[],
  actions: Actions,
): TemplateResult {
  if (edge === undefined) return gone(id);
  const end = (end: string): TemplateResult =>
    html`<button class="link" @click=${() => actions.choose({ kind: "workload", id: end })}>
      ${names.get(end)?.name}
    </button>`;
  return html`<p class="kind">Edge</p>
    <h2>${end(edge.from)} <span class="to" aria-label="to">→</span> ${end(edge.to)}</h2>
    <p class="verdict">${securityPill(edge)}</p>
    ${meaningOf(edge).map((text) => html`<p class="quiet">${text}</p>`)}
    <dl>
      ${fact("Client identity", edge.client_id, true)} ${fact("Server identity", edge.server_id, true)}
      ${fact("Ports", edge.ports.join(", "))} ${fact("Protocol", edge.protocol)}
      ${fact("Connections", `${edge.secured} of ${edge.total} secured, ${edge.open} open`)}
      ${fact("Read / written", `${bytesText(edge.read)} / ${bytesText(edge.write)}`)}
    </dl>
    ${charts(edge, moments)}`;
}

function workloadDetail(
  named: Named | undefined,
  id: string,
  { workloads, edges }: MapState,
  moments: readonly Moment[],
  actions: Actions,
): TemplateResult {
  if (named === undefined) return gone(id);
  const workload = workloads.find((each) => each.id === id);
  const names = namesOf({ workloads });
  const stranger = workload === undefined || isStranger(workload);
  return html`<p class="kind">${stranger ? strangerText(named) : named.kind}</p>
    <h2>${named.name}</h2>
    ${stranger ? nothing : html`<p class="quiet">in ${named.namespace}</p>`}
    ${stranger ? nothing : meshed(workload, actions)}
    ${edgeList(
      "Called by",
      edges.filter(({ to }) => to === id),
      ({ from }) => names.get(from),
      actions,
    )}
    ${edgeList(
      "Calls",
      edges.filter(({ from }) => from === id),
      ({ to }) => names.get(to),
      actions,
    )}
    ${stranger ? nothing : charts(workload, moments)}`;
}

function meshed(workload: MapWorkload, { startTap }: Actions): TemplateResult {
  const { pods, meshed } = workload;
  return html`<dl>
      ${fact("Pods meshed", `${meshed} of ${pods}`)} ${fact("Open connections", String(workload.open ?? unknown))}
    </dl>
    <button
      class="main"
      ?disabled=${meshed === 0}
      title=${meshed === 0 ? "None of its pods has a proxy" : "See its requests as they come"}
      @click=${() => startTap(workload)}
    >
      ${icons.tap}Tap
    </button>`;
}

function edgeList(
  title: string,
  edges: readonly MapEdge[],
  other: (edge: MapEdge) => Named | undefined,
  { choose }: Actions,
): TemplateResult | typeof nothing {
  if (edges.length === 0) return nothing;
  return html`<h3>${title}</h3>
    <ul class="edges">
      ${edges.map(
        (edge) =>
          html`<li>
            <button @click=${() => choose({ kind: "edge", id: edgeId(edge) })}>
              <span class="name">${other(edge)?.name}</span>${securityPill(edge, { short: true })}
            </button>
          </li>`,
      )}
    </ul>`;
}

const gone = (id: string): TemplateResult =>
  html`<h2>${id}</h2>
    <p class="quiet">It was not seen in the last round.</p>`;

const fact = (name: string, value: string, mono = false): TemplateResult | typeof nothing =>
  value === ""
    ? nothing
    : html`<div>
        <dt>${name}</dt>
        <dd class=${mono ? "mono" : ""}>${value}</dd>
      </div>`;

interface Chart {
  readonly title: string;
  readonly now: string;
  readonly series: readonly ChartSeries[];
  readonly text: (value: number) => string;
  readonly least: number;
  readonly most?: number;
}

function charts(figures: Figures, moments: readonly Moment[]): TemplateResult {
  const shown: readonly Chart[] = [
    {
      title: "Requests a second",
      now: rateText(figures.rps),
      series: [{ name: "rate", colour: "--accent", pick: ({ rps }) => rps }],
      text: rateText,
      least: 1,
    },
    {
      title: "Success",
      now: shareText(figures.success),
      series: [{ name: "success", colour: "--secured", pick: ({ success }) => success }],
      text: shareText,
      least: 1,
      most: 1.05,
    },
    {
      title: "Latency",
      now: [figures.p50, figures.p95, figures.p99].map(latencyText).join(" / "),
      series: [
        { name: "p50", colour: "--series-1", pick: ({ p50 }) => p50 },
        { name: "p95", colour: "--series-2", pick: ({ p95 }) => p95 },
        { name: "p99", colour: "--series-3", pick: ({ p99 }) => p99 },
      ],
      text: latencyText,
      least: 5,
    },
  ];
  return html`<h3>Last ten minutes</h3>
    ${shown.map((chart) => chartView(chart, moments))}`;
}

function chartView(chart: Chart, moments: readonly Moment[]): TemplateResult {
  const { title, now, series, text, least, most } = chart;
  const values = moments.flatMap((moment) => series.flatMap(({ pick }) => pick(moment) ?? []));
  const shown: ChartShown = { moments, series, text, least, ...(most === undefined ? {} : { most }) };
  const said =
    values.length === 0
      ? `${title}: nothing yet`
      : `${title}: now ${now}, between ${text(Math.min(...values))} and ${text(Math.max(...values))}`;
  return html`<figure>
    <figcaption>
      <span>${title}</span>
      ${
        series.length > 1
          ? series.map(({ name, colour, pick }) => {
              const last = moments.at(-1);
              return html`<span class="key ${colour.slice(2)}"
                >${name} <b>${last === undefined ? unknown : latencyText(pick(last))}</b></span
              >`;
            })
          : html`<b>${now}</b>`
      }
    </figcaption>
    <weft-chart role="img" aria-label=${said} .shown=${shown}></weft-chart>
  </figure>`;
}
