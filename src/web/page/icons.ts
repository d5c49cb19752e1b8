/** Small pictures, drawn in the colour of the text around them; what they mean stands beside them in words. */
import { html, svg } from "lit-html";
import type { SVGTemplateResult, TemplateResult } from "lit-html";

/** Within 16 by 16. */
const closedLock: SVGTemplateResult = svg`<path d="M5 7V5.2a3 3 0 0 1 6 0V7" /><rect x="3.2" y="7" width="9.6" height="6.6" rx="1.6" />`;
const openLock: SVGTemplateResult = svg`<path d="M5 7V4.6a3 3 0 0 1 5.7-1.3" /><rect x="3.2" y="7" width="9.6" height="6.6" rx="1.6" />`;
const question: SVGTemplateResult = svg`<path d="M6 6.2a2 2 0 1 1 3 1.7c-.7.4-1 .8-1 1.6" /><path d="M8 11.9v.1" />`;
const stack: SVGTemplateResult = svg`<path d="M8 2.6 13.6 5.6 8 8.6 2.4 5.6Z" /><path d="m2.4 8.4 5.6 3 5.6-3" /><path d="m2.4 11 5.6 3 5.6-3" />`;

export const marks = { closedLock, openLock, question, stack };

const icon = (content: SVGTemplateResult): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${content}</svg>`;

export const icons = {
  closedLock: icon(closedLock),
  openLock: icon(openLock),
  search: icon(svg`<circle cx="7" cy="7" r="4.2" /><path d="m10.2 10.2 3.4 3.4" />`),
  close: icon(svg`<path d="m4 4 8 8M12 4l-8 8" />`),
  pause: icon(svg`<path d="M5.5 3.5v9M10.5 3.5v9" />`),
  resume: icon(svg`<path d="m5 3.4 7 4.6-7 4.6Z" />`),
  plus: icon(svg`<path d="M8 3.5v9M3.5 8h9" />`),
  minus: icon(svg`<path d="M3.5 8h9" />`),
  fit: icon(svg`<path d="M2.8 6V2.8H6M10 2.8h3.2V6M13.2 10v3.2H10M6 13.2H2.8V10" />`),
  back: icon(svg`<path d="M9.6 3.5 5 8l4.6 4.5" />`),
  warning: icon(svg`<path d="M8 2.4 14.2 13.2H1.8Z" /><path d="M8 6.4v3.2M8 11.5v.1" />`),
  tap: icon(svg`<path d="M2 8h2.6l1.8-4.6 3 9.2L11.3 8H14" />`),
  up: html`<svg class="icon small" viewBox="0 0 16 16" aria-hidden="true">${svg`<path d="m4 10 4-4 4 4" />`}</svg>`,
  down: html`<svg class="icon small" viewBox="0 0 16 16" aria-hidden="true">${svg`<path d="m4 6 4 4 4-4" />`}</svg>`,
};

/** The mark of weft: two threads over two. */
export const logo: TemplateResult = html`<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="8" />
  <path d="M5 11h4m5 0h13M5 21h13m5 0h4M11.5 5v13m0 5v4M20.5 5v4m0 5v13" />
</svg>`;
