/** Map or table, and which part of it. */
import { html, nothing } from "lit-html";
import type { TemplateResult } from "lit-html";
import { icons } from "./icons.ts";
import { counted } from "./numbers.ts";
import type { Shown } from "./shown.ts";
import type { Actions, State } from "./state.ts";

export function toolbarView({ tab, filter, message }: State, shown: Shown, actions: Actions): TemplateResult {
  const filtered = filter.text !== "" || filter.onlyUnsecured;
  const choice = (name: State["tab"], text: string): TemplateResult =>
    html`<button
      role="tab"
      id="tab-${name}"
      aria-controls="panel"
      aria-selected=${tab === name}
      tabindex=${tab === name ? 0 : -1}
      @click=${() => actions.showTab(name)}
    >
      ${text}
    </button>`;
  return html`<div class="toolbar">
    <div
      role="tablist"
      aria-label="View"
      class="tabs"
      @keydown=${(event: KeyboardEvent) => turnTab(event, tab, actions)}
    >
      ${choice("map", "Map")}${choice("table", "Table")}
    </div>
    <label class="search">
      ${icons.search}<span class="hidden">Filter by name, namespace, kind or reason</span>
      <input
        type="search"
        id="filter"
        placeholder="Filter"
        autocomplete="off"
        spellcheck="false"
        .value=${filter.text}
        @input=${(event: Event) => actions.setFilter({ text: (event.target as HTMLInputElement).value })}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
    <label class="check">
      <input
        type="checkbox"
        .checked=${filter.onlyUnsecured}
        @change=${(event: Event) => actions.setFilter({ onlyUnsecured: (event.target as HTMLInputElement).checked })}
      />
      only what is not secured
    </label>
    <span class="count" role="status">
      ${
        filtered && message !== undefined
          ? html`${shown.edges.length} of ${counted(message.edges.length, "edge")}`
          : nothing
      }
    </span>
  </div>`;
}

function turnTab(event: KeyboardEvent, tab: State["tab"], { showTab }: Actions): void {
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  event.preventDefault();
  const next = tab === "map" ? "table" : "map";
  showTab(next);
  document.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
}
