/** The top of the page: how much is secured, in a sentence and a ring; what was read for it, and when. */
import { html, nothing, svg } from "lit-html";
import type { TemplateResult } from "lit-html";
import type { MapState } from "../../core/traffic/map.ts";
import { icons, logo } from "./icons.ts";
import { counted } from "./numbers.ts";
import { securityOf, sentence, tallyOf } from "./security.ts";
import type { Actions, State } from "./state.ts";

export function headerView(state: State): TemplateResult {
  const { message, scope } = state;
  return html`<header class="top">
    <div class="brand">
      ${logo}<span class="wordmark">weft</span>
      ${
        scope === undefined
          ? nothing
          : html`<span class="scope" title="What this dashboard looks at"
              >${scope === null ? "all namespaces" : html`<span class="quiet">namespace</span> ${scope}`}</span
            >`
      }
    </div>
    <div class="said">
      ${message === undefined ? nothing : ring(message)}
      <div>
        <h1 aria-live="polite">${message === undefined ? waitingText(state) : sentence(message)}</h1>
        ${message === undefined ? nothing : html`<p class="under">${under(message)}</p>`}
      </div>
    </div>
    ${message === undefined ? nothing : pulse(state, message)}
  </header>`;
}

const waitingText = ({ connection }: State): string =>
  connection === "ended" || connection === "lost" ? "No connection to weft" : "Reading the proxies…";

function under({ pods, edges }: MapState): TemplateResult {
  const unsecured = edges.filter((edge) => ["unsecured", "partial"].includes(securityOf(edge))).length;
  const bare = pods.running - pods.meshed;
  return html`${pods.read} of ${counted(pods.meshed, "proxy", "proxies")}
  read${bare > 0 ? html` · ${counted(bare, "pod")} not meshed` : nothing}${
    unsecured > 0 ? html` · ${counted(unsecured, "edge")} not wholly secured` : nothing
  }${pods.failed.length > 0 ? html` · ${failed(pods.failed)}` : nothing}`;
}

const failed = (pods: MapState["pods"]["failed"]): TemplateResult =>
  html`<details class="failed">
    <summary>${icons.warning}${counted(pods.length, "pod")} could not be read</summary>
    <ul>
      ${pods.map(({ namespace, name, why }) => html`<li><b>${namespace}/${name}</b><br />${why}</li>`)}
    </ul>
  </details>`;

const circumference = 2 * Math.PI * 18;

/** The share of connections that are secured; the sentence beside it says the same. */
function ring({ edges }: MapState): TemplateResult {
  const { secured, total } = tallyOf(edges);
  const share = total === 0 ? 0 : secured / total;
  const tone = total === 0 ? "none" : share === 1 ? "secured" : "partial";
  return html`<svg class="ring ${tone}" viewBox="0 0 44 44" aria-hidden="true">
    <circle class="track" cx="22" cy="22" r="18" />
    ${
      share === 0
        ? nothing
        : svg`<circle class="share" cx="22" cy="22" r="18" transform="rotate(-90 22 22)" stroke-dasharray="${
            share * circumference
          } ${circumference}" />`
    }
    <g transform="translate(12 12) scale(1.25)">
      ${tone === "secured" ? svg`<path d="m4 8.4 2.8 2.8L12 5.6" />` : lock(share)}
    </g>
  </svg>`;
}

const lock = (share: number): unknown =>
  share > 0
    ? svg`<path d="M5 7V5.2a3 3 0 0 1 6 0V7" /><rect x="3.2" y="7" width="9.6" height="6.6" rx="1.6" />`
    : svg`<path d="M5 7V4.6a3 3 0 0 1 5.7-1.3" /><rect x="3.2" y="7" width="9.6" height="6.6" rx="1.6" />`;

function pulse({ connection }: State, { at, seconds }: MapState): TemplateResult {
  const live = connection === "open";
  const time = new Date(at);
  return html`<div class="pulse ${live ? "live" : "stale"}">
    <span class="dot" aria-hidden="true"></span>
    <span>
      <span class="quiet">${live ? "as of" : "last heard"}</span>
      <time datetime=${time.toISOString()}>${time.toLocaleTimeString()}</time>
      ${seconds !== null ? html`<span class="quiet rates">rates of ${counted(Math.round(seconds), "second")}</span>` : nothing}
    </span>
  </div>`;
}

/** What is wrong, above everything else. */
export function troubleView({ trouble, connection }: State, { dismissTrouble }: Actions): TemplateResult {
  const lost =
    connection === "lost"
      ? "The connection to weft was lost; trying again."
      : connection === "ended"
        ? "weft dashboard has ended, or was started again. Open the address that it prints."
        : undefined;
  return html`<div role="alert">
    ${lost === undefined ? nothing : html`<div class="trouble">${icons.warning}<span>${lost}</span></div>`}
    ${
      trouble === undefined
        ? nothing
        : html`<div class="trouble">
            ${icons.warning}<span>${trouble}</span>
            <button class="plain" @click=${dismissTrouble} aria-label="Dismiss">${icons.close}</button>
          </div>`
    }
  </div>`;
}
