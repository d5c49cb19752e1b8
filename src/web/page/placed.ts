/** A graph as it is given to the layout, and where its parts are then. */
import type { Graph } from "./graph.ts";

export type Direction =
  /** From left to right. */
  | "LR"
  /** From top to bottom, for a narrow window. */
  | "TB";

export interface LayoutAsked {
  /** Of the request: an answer to an older one is thrown away. */
  readonly turn: number;
  /** Where it is to be seen: the direction that fits it better is taken. */
  readonly window: Size;
  readonly boxes: readonly { readonly id: string; readonly width: number; readonly height: number }[];
  readonly arrows: readonly {
    readonly id: string;
    readonly from: string;
    readonly to: string;
    readonly labelSize: Size;
  }[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Places {
  readonly direction: Direction;
  readonly width: number;
  readonly height: number;
  /** Centres, by id. */
  readonly boxes: ReadonlyMap<string, Point>;
  readonly arrows: ReadonlyMap<string, { readonly points: readonly Point[]; readonly label: Point | undefined }>;
}

export interface LayoutAnswer {
  readonly turn: number;
  readonly places: Places;
}

/** What goes from a box to itself is drawn at the box. */
export const layoutAsked = ({ boxes, arrows }: Graph, window: Size, turn: number): LayoutAsked => ({
  turn,
  window,
  boxes: boxes.map(({ id, width, height }) => ({ id, width, height })),
  arrows: arrows
    .filter(({ from, to }) => from !== to)
    .map(({ id, from, to, labelSize }) => ({ id, from, to, labelSize })),
});

/** A small arc over the right end of a box. */
export function loop({ x, y }: Point, { width, height }: Size): string {
  const [right, top] = [x + width / 2 - 16, y - height / 2];
  return `M${at({ x: right - 28, y: top })}C${at({ x: right - 32, y: top - 24 })} ${at({ x: right + 4, y: top - 24 })} ${at({ x: right, y: top - 1 })}`;
}

/** Which of two layouts is read better; lines are read from left to right, so the other has to be clearly larger. */
export const betterOf = (across: Places, down: Places, window: Size): Places =>
  fitted(down, window).scale > 1.15 * fitted(across, window).scale ? down : across;

/** A smooth line through the first and the last point and near the others: a uniform cubic B-spline, as SVG has it. */
export function curve(points: readonly Point[]): string {
  const [first, second] = points;
  if (first === undefined) return "";
  if (second === undefined || points.length === 2)
    return `M${at(first)}${second === undefined ? "" : `L${at(second)}`}`;
  const last = points.at(-1) ?? first;
  // The end counts three times, so that the line reaches it.
  const all = [first, first, ...points.slice(1, -1), last, last, last];
  let path = `M${at(first)}`;
  for (let index = 0; index + 3 < all.length; index += 1) {
    const [b = first, c = first, d = first] = all.slice(index + 1, index + 4);
    path += `C${at(between(b, c, 1 / 3))} ${at(between(b, c, 2 / 3))} ${at({
      x: (b.x + 4 * c.x + d.x) / 6,
      y: (b.y + 4 * c.y + d.y) / 6,
    })}`;
  }
  return path;
}

const between = (one: Point, other: Point, share: number): Point => ({
  x: one.x + (other.x - one.x) * share,
  y: one.y + (other.y - one.y) * share,
});
const at = ({ x, y }: Point): string => `${round(x)},${round(y)}`;
const round = (value: number): number => Math.round(value * 10) / 10;

export type Towards = "left" | "right" | "up" | "down";

/** The box that an arrow key leads to: the nearest that lies more that way than aside. */
export function neighbour(boxes: Places["boxes"], from: string, towards: Towards): string | undefined {
  const start = boxes.get(from);
  if (start === undefined) return undefined;
  const candidates = [...boxes].flatMap(([id, { x, y }]) => {
    const [ahead, aside] = {
      left: [start.x - x, y - start.y],
      right: [x - start.x, y - start.y],
      up: [start.y - y, x - start.x],
      down: [y - start.y, x - start.x],
    }[towards] as [number, number];
    return id === from || ahead <= 0 ? [] : [{ id, cost: ahead + 2.5 * Math.abs(aside) }];
  });
  return candidates.toSorted((one, other) => one.cost - other.cost)[0]?.id;
}

/** What of a map is seen: its scale, and where its origin is in the window. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const scales = { least: 0.15, most: 2.5 };

/** What is free round a map; the legend stands below it. */
const margin = { side: 24, top: 12, bottom: 50 };

/** All of it, in the middle, not much larger than it is drawn. */
export function fitted(map: Size, window: Size): View {
  const room = {
    width: Math.max(1, window.width - 2 * margin.side),
    height: Math.max(1, window.height - margin.top - margin.bottom),
  };
  const scale = Math.max(
    scales.least,
    Math.min(1.15, room.width / Math.max(1, map.width), room.height / Math.max(1, map.height)),
  );
  return { scale, x: (window.width - map.width * scale) / 2, y: margin.top + (room.height - map.height * scale) / 2 };
}

/** Below this nobody reads what is in a box. */
export const readable = 0.62;

/** What is seen first: all, where that can be read; else a part, beginning with who is called by nobody. */
export function firstView(places: Places, window: Size): View {
  const all = fitted(places, window);
  if (all.scale >= readable) return all;
  const across = places.direction === "LR";
  const first = [...places.boxes.values()].reduce<Point | undefined>((found, box) => {
    if (found === undefined) return box;
    return (across ? box.x < found.x : box.y < found.y) ? box : found;
  }, undefined);
  /** Where the map begins in the window, so that it leaves no more free than it must. */
  const begin = (size: number, room: number, before: number, at: number): number => {
    const drawn = size * readable;
    if (drawn <= room) return before + (room - drawn) / 2;
    return before - Math.min(drawn - room, Math.max(0, at * readable - room / 2));
  };
  return {
    scale: readable,
    x: begin(places.width, window.width - 2 * margin.side, margin.side, across ? 0 : (first?.x ?? 0)),
    y: begin(places.height, window.height - margin.top - margin.bottom, margin.top, across ? (first?.y ?? 0) : 0),
  };
}

/** What is under the point stays there. */
export function zoomed({ x, y, scale }: View, factor: number, { x: px, y: py }: Point): View {
  const next = Math.min(scales.most, Math.max(scales.least, scale * factor));
  const by = next / scale;
  return { scale: next, x: px - (px - x) * by, y: py - (py - y) * by };
}

export const moved = (view: View, by: Point): View => ({ ...view, x: view.x + by.x, y: view.y + by.y });
