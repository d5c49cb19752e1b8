/** A small chart of the last ten minutes. uPlot draws on a canvas; what it shows is said in words beside it. */
import UPlot from "uplot";
import type { Moment } from "./history.ts";
import { kept } from "./history.ts";

export interface ChartSeries {
  readonly name: string;
  /** Of the page's style, such as `--accent`. */
  readonly colour: string;
  readonly pick: (moment: Moment) => number | null;
}

export interface ChartShown {
  readonly moments: readonly Moment[];
  readonly series: readonly ChartSeries[];
  readonly text: (value: number) => string;
  /** What the upper end of the scale is at least. */
  readonly least: number;
  /** The upper end where it is always the same, such as 1 of a share. */
  readonly most?: number;
}

const height = 104;

/** `<weft-chart .shown=${…}>`: made where it is shown, and made anew where the page's colours have changed. */
class Chart extends HTMLElement {
  #shown: ChartShown | undefined;
  #plot: UPlot | undefined;
  readonly #resized = new ResizeObserver(() => this.#fit());
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #recoloured = (): void => this.#make();

  set shown(shown: ChartShown) {
    const before = this.#shown;
    this.#shown = shown;
    if (this.#plot === undefined || before?.series.length !== shown.series.length) this.#make();
    else this.#plot.setData(dataOf(shown));
  }

  connectedCallback(): void {
    this.#dark.addEventListener("change", this.#recoloured);
    this.#resized.observe(this);
    this.#make();
  }

  disconnectedCallback(): void {
    this.#dark.removeEventListener("change", this.#recoloured);
    this.#resized.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #make(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    if (this.#shown === undefined || !this.isConnected) return;
    const style = getComputedStyle(this);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    this.#plot = new UPlot(
      optionsOf(this.#shown, this.clientWidth, colour, () => this.#shown),
      dataOf(this.#shown),
      this,
    );
  }

  #fit(): void {
    if (this.#plot !== undefined && this.clientWidth > 0 && this.#plot.width !== this.clientWidth)
      this.#plot.setSize({ width: this.clientWidth, height });
  }
}

customElements.define("weft-chart", Chart);

const dataOf = ({ moments, series }: ChartShown): UPlot.AlignedData => [
  moments.map(({ at }) => at / 1000),
  ...series.map(({ pick }) => moments.map(pick)),
];

function optionsOf(
  { series, text }: ChartShown,
  width: number,
  colour: (name: string) => string,
  now: () => ChartShown | undefined,
): UPlot.Options {
  const axis: UPlot.Axis = {
    stroke: colour("--quiet"),
    font: `10px ${colour("--sans")}`,
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    padding: [6, 6, 0, 0],
    scales: {
      x: { range: (_plot, _from, to) => [to - kept / 1000, to] },
      y: {
        range: (_plot, _from, to) => [
          0,
          now()?.most ?? Math.max(now()?.least ?? 1, (Number.isFinite(to) ? to : 0) * 1.15),
        ],
      },
    },
    axes: [
      { ...axis, size: 22, gap: 6, space: 90, values: (_plot, times) => times.map(clockText) },
      { ...axis, size: 46, gap: 4, space: 30, values: (_plot, values) => values.map(text) },
    ],
    series: [
      {},
      ...series.map(({ colour: name }): UPlot.Series => ({
        stroke: colour(name),
        width: 1.75,
        points: { show: (plot) => plot.data[0].length < 3 },
        ...(series.length === 1 ? { fill: `${colour(name)}22` } : {}),
      })),
    ],
  };
}

const clockText = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
