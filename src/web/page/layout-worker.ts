/** The layout, in a thread of its own: a hundred workloads take half a second, and the page goes on meanwhile. */
import { Graph, layout } from "@dagrejs/dagre";
import { betterOf } from "./placed.ts";
import type { Direction, LayoutAnswer, LayoutAsked, Places, Point, Size } from "./placed.ts";

onmessage = ({ data }: MessageEvent<LayoutAsked>): void => {
  const answer: LayoutAnswer = {
    turn: data.turn,
    places: betterOf(placed(data, "LR"), placed(data, "TB"), data.window),
  };
  postMessage(answer);
};

function placed({ boxes, arrows }: LayoutAsked, direction: Direction): Places {
  const graph = new Graph({ multigraph: true });
  const across = direction === "LR";
  const space = across ? { nodesep: 30, ranksep: 58 } : { nodesep: 24, ranksep: 44 };
  graph.setGraph({ rankdir: direction, ...space, edgesep: 16, marginx: 4, marginy: 16 });
  for (const { id, width, height } of boxes) graph.setNode(id, { width, height });
  for (const { id, from, to, labelSize } of arrows) graph.setEdge(from, to, { ...labelSize, labelpos: "c" }, id);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as Partial<Size>;
  return {
    direction,
    width,
    height,
    boxes: new Map(boxes.map(({ id }) => [id, pointOf(graph.node(id) as Point)])),
    arrows: new Map(
      arrows.map(({ id, from, to, labelSize }) => {
        const edge = graph.edge(from, to, id) as Point & { readonly points: readonly Point[] };
        return [id, { points: edge.points.map(pointOf), label: labelSize.width > 0 ? pointOf(edge) : undefined }];
      }),
    ),
  };
}

const pointOf = ({ x, y }: Point): Point => ({ x, y });
