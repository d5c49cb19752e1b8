/** The edges as a table: the same as the map, for who searches, sorts, or listens. */
import { html, nothing } from "lit-html";
import type { TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { MapEdge } from "../../core/traffic/map.ts";
import { icons } from "./icons.ts";
import { latencyText, rateText, shareText } from "./numbers.ts";
import { securityOf, securitySaid, securityShort, securityText } from "./security.ts";
import { columns, edgeId, isStranger, namesOf, sorted, strangerText } from "./shown.ts";
import type { Column, Named, Order, Shown } from "./shown.ts";
import type { Actions, State } from "./state.ts";

const headings: Readonly<Record<Column, { readonly text: string; readonly number: boolean; readonly said?: string }>> =
  {
    from: { text: "From", number: false },
    to: { text: "To", number: false },
    secured: { text: "Secured", number: false },
    rps: { text: "Rate", number: true, said: "Requests a second" },
    success: { text: "Success", number: true },
    p50: { text: "p50", number: true, said: "Half of the answers come within" },
    p95: { text: "p95", number: true, said: "95% of the answers come within" },
    p99: { text: "p99", number: true, said: "99% of the answers come within" },
    open: { text: "Open", number: true, said: "Open connections" },
  };

export function tableView({ order, chosen }: State, shown: Shown, actions: Actions): TemplateResult {
  const names = namesOf(shown);
  return html`<div class="table-window" tabindex="0" role="region" aria-label="Edges">
    <table>
      <caption class="hidden">
        Who calls whom, and whether it is secured. Choose a row to see its details.
      </caption>
      <thead>
        <tr>
          ${columns.map((column) => heading(column, order, actions))}
        </tr>
      </thead>
      <tbody>
        ${repeat(sorted(shown.edges, order), edgeId, (edge) =>
          row(edge, names, chosen?.kind === "edge" && chosen.id === edgeId(edge), actions),
        )}
      </tbody>
    </table>
    ${shown.edges.length === 0 ? html`<p class="empty">No edges to show.</p>` : nothing}
  </div>`;
}

function heading(column: Column, order: Order, { sortBy }: Actions): TemplateResult {
  const { text, number, said } = headings[column];
  const by = order.column === column;
  const sort = by ? (order.descending ? "descending" : "ascending") : "none";
  return html`<th scope="col" class="${number ? "number" : ""} ${column}" aria-sort=${sort}>
    <button @click=${() => sortBy(column)} title=${said ?? text}>
      ${text}${by ? (order.descending ? icons.down : icons.up) : nothing}
    </button>
  </th>`;
}

function row(edge: MapEdge, names: ReadonlyMap<string, Named>, chosen: boolean, { choose }: Actions): TemplateResult {
  const id = edgeId(edge);
  const [from, to] = [names.get(edge.from), names.get(edge.to)];
  const figures: readonly [Column, string][] = [
    ["rps", rateText(edge.rps)],
    ["success", shareText(edge.success)],
    ["p50", latencyText(edge.p50)],
    ["p95", latencyText(edge.p95)],
    ["p99", latencyText(edge.p99)],
    ["open", String(edge.open)],
  ];
  return html`<tr class=${chosen ? "chosen" : ""} @click=${() => choose({ kind: "edge", id })}>
    <th scope="row" data-label="From">
      <button data-id=${id} aria-pressed=${chosen} aria-label="${from?.name} to ${to?.name}: details">
        ${nameCell(from)}
      </button>
    </th>
    <td data-label="To">${nameCell(to)}</td>
    <td data-label="Secured">${securityPill(edge)}</td>
    ${figures.map(([column, text]) => html`<td class="number ${column}" data-label=${headings[column].text}>${text}</td>`)}
  </tr>`;
}

function nameCell(named: Named | undefined): TemplateResult | typeof nothing {
  if (named === undefined) return nothing;
  const place = isStranger(named) ? strangerText(named) : `${named.kind} · ${named.namespace}`;
  return html`<span class="cell"><span class="name">${named.name}</span><span class="place">${place}</span></span>`;
}

/** The mark and the words say it, the colour says it again. */
export function securityPill(edge: MapEdge, { short } = { short: false }): TemplateResult {
  const security = securityOf(edge);
  const text = security === "secured" ? "mutual TLS" : short ? securityShort(edge) : securityText(edge);
  return html`<span class="pill ${security}" title=${securitySaid(edge)}
    >${security === "secured" || security === "inside" ? icons.closedLock : icons.openLock}<span>${text}</span></span
  >`;
}
