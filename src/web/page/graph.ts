/** A map as boxes and arrows to lay out: sizes, texts and tones, without a place yet. */
import type { MapEdge, MapWorkload } from "../../core/traffic/map.ts";
import { counted, latencyText, rateText, shareText } from "./numbers.ts";
import { securityOf, securityText, tallyOf } from "./security.ts";
import type { Security } from "./security.ts";
import { edgeId, isStranger, namesOf, strangerText } from "./shown.ts";
import type { Shown } from "./shown.ts";

export interface Box {
  readonly id: string;
  readonly kind: "workload" | "namespace" | "stranger";
  readonly title: string;
  /** Under the title. */
  readonly subtitle: string;
  /** Meshed of running pods; undefined where nobody knows. */
  readonly pods: { readonly meshed: number; readonly running: number } | undefined;
  readonly width: number;
  readonly height: number;
}

export interface Arrow {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly security: Security;
  /** On the arrow, line by line. */
  readonly label: readonly string[];
  /** Of the label; 0: none. */
  readonly labelSize: { readonly width: number; readonly height: number };
  /** Of the line. */
  readonly thickness: number;
  /** The edges that it stands for; several between namespaces. */
  readonly edges: readonly MapEdge[];
}

export interface Graph {
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
  /** More workloads than can be told apart: boxes are namespaces, but for those of the one that is open. */
  readonly byNamespace: boolean;
}

/** Above this a layout takes seconds, and nobody finds anything on it. */
export const mostWorkloads = 120;
/** Above this labels would cover the map; of an edge that is secured in part the numbers stay. */
export const mostLabels = 40;

/** `label` is the first line of one: bold, and so the widest. */
export type TextStyle = "title" | "small" | "label";

export interface GraphOptions {
  /** The namespace whose workloads are shown where there are too many for all. */
  readonly open?: string | undefined;
  /** Width of a text as it is drawn. */
  readonly measure: (text: string, style: TextStyle) => number;
}

export function graphOf(shown: Shown, { open, measure }: GraphOptions): Graph {
  const names = namesOf(shown);
  const byNamespace = names.size > mostWorkloads;
  const homeOf = (id: string): string => {
    const named = names.get(id);
    if (!byNamespace || named === undefined || isStranger(named) || named.namespace === open) return id;
    return namespaceId(named.namespace);
  };
  const known = shown.workloads.filter((each) => !isStranger(each));
  const manyNamespaces = new Set(known.map(({ namespace }) => namespace)).size > 1;
  const members = Map.groupBy(shown.workloads, ({ id }) => homeOf(id));
  const boxes = [...members].map(([id, workloads]): Box => {
    const [first] = workloads;
    if (first === undefined || id !== first.id) return namespaceBox(id, workloads, measure);
    return workloadBox(first, manyNamespaces, measure);
  });
  return { boxes, arrows: arrowsOf(shown.edges, homeOf, measure), byNamespace };
}

const namespaceId = (namespace: string): string => `${namespace}/`;
/** The namespace of a box that stands for one. */
export const namespaceOf = (id: string): string | undefined => (id.endsWith("/") ? id.slice(0, -1) : undefined);

const boxHeight = 58;
const narrowest = 132;
const widest = 264;
/** The mark at the left, and the pods at the right. */
const beside = 46;
const podsWidth = 44;

type Measure = GraphOptions["measure"];

function workloadBox(workload: MapWorkload, manyNamespaces: boolean, measure: Measure): Box {
  const { id, kind, namespace, name, meshed, pods } = workload;
  if (isStranger(workload))
    return { id, kind: "stranger", ...texts(name, strangerText(workload), measure), pods: undefined };
  const subtitle = manyNamespaces ? `${kind} · ${namespace}` : kind;
  return { id, kind: "workload", ...texts(name, subtitle, measure), pods: { meshed, running: pods } };
}

function namespaceBox(id: string, workloads: readonly MapWorkload[], measure: Measure): Box {
  const sum = (pick: (workload: MapWorkload) => number): number => workloads.reduce((all, each) => all + pick(each), 0);
  return {
    id,
    kind: "namespace",
    ...texts(namespaceOf(id) ?? id, `namespace · ${counted(workloads.length, "workload")}`, measure),
    pods: { meshed: sum(({ meshed }) => meshed), running: sum(({ pods }) => pods) },
  };
}

function texts(
  title: string,
  subtitle: string,
  measure: Measure,
): Pick<Box, "title" | "subtitle" | "width" | "height"> {
  const room = widest - beside - podsWidth;
  const fitted = shortened(title, room, (text) => measure(text, "title"));
  const small = shortened(subtitle, room, (text) => measure(text, "small"));
  const text = Math.max(measure(fitted, "title"), measure(small, "small"));
  return {
    title: fitted,
    subtitle: small,
    width: Math.ceil(Math.min(widest, Math.max(narrowest, beside + text + podsWidth))),
    height: boxHeight,
  };
}

/** Without its middle where it is too long: names differ at both ends. */
export function shortened(text: string, room: number, measure: (text: string) => number): string {
  if (measure(text) <= room) return text;
  const characters = Array.from(text);
  let [fits, over] = [1, characters.length];
  const cut = (left: number): string => {
    const head = Math.ceil(left / 2);
    return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - (left - head)).join("")}`;
  };
  while (over - fits > 1) {
    const middle = Math.floor((fits + over) / 2);
    if (measure(cut(middle)) <= room) fits = middle;
    else over = middle;
  }
  return cut(fits);
}

function arrowsOf(edges: readonly MapEdge[], homeOf: (id: string) => string, measure: Measure): readonly Arrow[] {
  const grouped = Map.groupBy(edges, ({ from, to }) => edgeId({ from: homeOf(from), to: homeOf(to) }));
  const crowded = grouped.size > mostLabels;
  return [...grouped].flatMap(([id, members]): Arrow[] => {
    const [first] = members;
    if (first === undefined) return [];
    const [from, to] = [homeOf(first.from), homeOf(first.to)];
    // Within a namespace that is one box there is nothing to draw an arrow between.
    if (from === to && members.some((edge) => edge.from !== edge.to)) return [];
    const merged = mergedOf(members);
    const label = labelOf(merged, crowded);
    return [
      {
        id,
        from,
        to,
        security: securityOf(merged),
        label,
        labelSize: sizeOf(label, measure),
        thickness: thicknessOf(merged.rps),
        edges: members,
      },
    ];
  });
}

type Merged = Pick<MapEdge, "secured" | "total" | "reason" | "reasons" | "rps" | "success" | "p95">;

/** Of several edges the rates are summed, and the rest is said of one alone. */
function mergedOf(edges: readonly MapEdge[]): Merged {
  const [first] = edges;
  if (first !== undefined && edges.length === 1) return first;
  const rates = edges.flatMap(({ rps }) => rps ?? []);
  return {
    ...tallyOf(edges),
    reason: "",
    reasons: edges
      .flatMap(({ reasons }) => reasons)
      .filter(({ text }, at, all) => at === all.findIndex((each) => each.text === text)),
    rps: rates.length === 0 ? null : rates.reduce((all, rate) => all + rate, 0),
    success: null,
    p95: null,
  };
}

/** A line as thick as its rate's logarithm: one request in a minute is seen, and ten thousand a second have room. */
export const thicknessOf = (rps: number | null): number =>
  Math.min(5, 1.5 + Math.log10(1 + Math.max(0, rps ?? 0)) * 1.1);

/** Height of a line, and what is round a label. */
export const labelLine = 15;
const labelPadding = { width: 18, height: 6 };

const sizeOf = (lines: readonly string[], measure: Measure): Arrow["labelSize"] => ({
  width:
    lines.length === 0 ? 0 : Math.ceil(Math.max(...lines.map((line) => measure(line, "label")))) + labelPadding.width,
  height: lines.length === 0 ? 0 : lines.length * labelLine + labelPadding.height,
});

function labelOf(edge: Merged, crowded: boolean): readonly string[] {
  const second = [
    ...(edge.success === null ? [] : [shareText(edge.success)]),
    ...(edge.p95 === null ? [] : [latencyText(edge.p95)]),
  ];
  const figures =
    crowded || edge.rps === null || edge.rps === 0
      ? []
      : [`${rateText(edge.rps)} rps`, ...(second.length === 0 ? [] : [second.join(" · ")])];
  switch (securityOf(edge)) {
    case "secured":
      return figures;
    case "inside":
      return [];
    case "partial":
      return [`${edge.secured}/${edge.total} secured`, ...figures];
    case "unsecured":
      return crowded ? [] : inLines(securityText(edge));
  }
}

/** Two lines at most; the reason in full is in the table and in the details. */
function inLines(text: string, width = 20): readonly string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last === "" || last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`.trim();
    else lines.push(word);
  }
  const short = lines.map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line));
  return short.length > 2 ? [short[0] ?? "", `${short[1] ?? ""} …`] : short;
}

/** What a layout depends on: with the same, boxes stay where they are. */
export const shapeOf = ({ boxes, arrows }: Graph, narrow: boolean): string =>
  JSON.stringify([
    narrow,
    boxes.map(({ id, width }) => [id, width]),
    // Texts change with every round; that a label is there, or has a line more, does not.
    arrows.map(({ id, label }) => [id, label.length]),
  ]);
