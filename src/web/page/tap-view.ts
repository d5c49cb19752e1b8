/** A live tap: requests of one workload as they come, in the lines of `weft tap`. */
import { html, nothing } from "lit-html";
import type { TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { icons } from "./icons.ts";
import { counted } from "./numbers.ts";
import type { Actions, State, Tap } from "./state.ts";
import { linesShown, mostLines, piecesOf } from "./tap-lines.ts";
import type { Line } from "./tap-lines.ts";
import { nameSaid } from "./words.ts";

export function tapView({ tap }: State, actions: Actions): TemplateResult | typeof nothing {
  if (tap === undefined) return nothing;
  const lines = linesShown(tap.lines, tap.filter);
  return html`<section class="tap" aria-label="Tap of ${nameSaid(tap.workload)}">
    <div class="tap-head">
      <h2>${icons.tap}<span class="tapped">${tap.workload.kind}/${tap.workload.name}</span></h2>
      ${asked(tap, actions)}
      <label class="search">
        ${icons.search}<span class="hidden">Filter the lines</span>
        <input
          type="search"
          placeholder="Filter lines"
          autocomplete="off"
          spellcheck="false"
          .value=${tap.filter}
          @input=${(event: Event) => actions.changeTap({ filter: (event.target as HTMLInputElement).value })}
        />
      </label>
      <span class="count" role="status">${countText(tap, lines.length)}</span>
      <button aria-pressed=${tap.paused} @click=${() => actions.changeTap({ paused: !tap.paused })}>
        ${tap.paused ? icons.resume : icons.pause}${tap.paused ? "Resume" : "Pause"}
      </button>
      <button @click=${() => actions.changeTap({ lines: [] })}>Clear</button>
      <button class="plain" @click=${() => actions.closeTap()} aria-label="Close tap">${icons.close}</button>
    </div>
    <div class="lines" role="log" aria-live="off" tabindex="0" aria-label="Requests">
      ${repeat(lines, identity, lineView)}
      ${lines.length === 0 ? html`<p class="quiet">${emptyText(tap)}</p>` : nothing}
    </div>
    ${tap.says === "" ? nothing : html`<p class="ending">${icons.warning}${tap.says}</p>`}
  </section>`;
}

const identity = (line: Line): Line => line;

/** What is asked of the proxies; with another question the tap begins anew. */
function asked({ workload, asked }: Tap, { startTap }: Actions): TemplateResult {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string): string => {
      const value = form.get(name);
      return typeof value === "string" ? value.trim() : "";
    };
    startTap(workload, { path: text("path"), method: text("method").toUpperCase() });
  };
  return html`<form class="asked" @submit=${submit}>
    <input
      name="path"
      aria-label="Only paths that begin with"
      placeholder="/path"
      autocomplete="off"
      spellcheck="false"
      .value=${asked.path}
    />
    <input
      name="method"
      aria-label="Only this method"
      placeholder="Method"
      size="7"
      autocomplete="off"
      spellcheck="false"
      .value=${asked.method}
    />
    <button>Apply</button>
  </form>`;
}

function countText({ lines, held, state }: Tap, shown: number): string {
  const all = shown === lines.length ? counted(lines.length, "line") : `${shown} of ${counted(lines.length, "line")}`;
  const most = lines.length === mostLines ? ", the newest" : "";
  const waiting =
    held.length === 0 ? "" : `, ${held.length === mostLines ? `${mostLines} or more` : held.length} waiting`;
  return `${all}${most}${waiting}${state === "ended" ? ", ended" : ""}`;
}

function emptyText({ state, lines }: Tap): string {
  if (lines.length > 0) return "No line fits the filter.";
  if (state === "opening") return "Opening…";
  return state === "open" ? "Waiting for requests. Only HTTP is seen here." : "";
}

const lineView = (line: Line): TemplateResult =>
  html`<div class="line ${line.kind}" title=${line.pod}>
    <code>${piecesOf(line).map(({ text, tone }) => html`<span class=${tone}>${text}</span>`)}</code>
  </div>`;
