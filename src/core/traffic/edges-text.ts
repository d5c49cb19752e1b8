/** Edges for people, and as JSON with Linkerd's keys. */
import type { JsonObject } from "../base/json/json.ts";
import { oneLine, quoted } from "../base/text/quote.ts";
import { paint } from "../base/text/paint.ts";
import type { Colours } from "../base/text/terminal.ts";
import { isOutside, mostPeers } from "./edges.ts";
import type { Edge, Edges, FailedTls } from "./edges.ts";
import { notMeshed } from "./ends.ts";
import type { End } from "./pods.ts";
import { hintOf } from "./reasons.ts";
import { tableText } from "./table.ts";
import type { Cell } from "./table.ts";

/** Empty where there is no edge. Where kinds are mixed each name has its kind before it. */
export function edgesTable(edges: readonly Edge[], wide: boolean, colours: Colours): string {
  const rows = wide ? edges : tableEdges(edges);
  if (rows.length === 0) return "";
  const kinds = new Set(rows.flatMap(({ src, dst }) => [src.kind, dst.kind]).filter((kind) => kind !== ""));
  const name = (end: End): string => (kinds.size > 1 ? named(end) : nameText(end));
  return tableText([
    ["SRC", "DST", "SRC_NS", "DST_NS", ...(wide ? ["CLIENT_ID", "SERVER_ID"] : []), "SECURED"],
    ...rows.map((edge) => [
      name(edge.src),
      name(edge.dst),
      wordText(edge.src.namespace),
      wordText(edge.dst.namespace),
      ...(wide ? [identityText(edge.clientId), identityText(edge.serverId)] : []),
      securedCell(edge, colours),
    ]),
  ]);
}

/** What is outside, and what policy refused, is in the wide table and in JSON. */
export const tableEdges = (edges: readonly Edge[]): readonly Edge[] =>
  edges.filter((edge) => !isOutside(edge) && !edge.refused);

/** Only edges between workloads of one kind; what is no workload, such as `(not meshed)`, is of each. */
export const edgesBetween = (edges: readonly Edge[], kind: string): readonly Edge[] =>
  edges.filter(({ src, dst }) => [src, dst].every((end) => end.kind === kind || end.kind === "" || end.kind === "sa"));

/** Several stand behind one another. */
const identityText = (names: string): string => names.split(", ").map(wordText).join(", ");

function securedCell(edge: Edge, colours: Colours): Cell {
  const { bold, green } = paint(colours);
  const text = securedText(edge);
  return text === "√" ? { text, painted: (mark) => bold(green(mark)) } : { text };
}

/** That are told of an edge in the table: there are as many as proxies have words for it. */
const mostReasons = 8;

/** `√` where every connection is secured, and only there. */
export function securedText({ secured, total, reasons, refused }: Edge): string {
  if (secured === total) return "√";
  const shown = reasons.slice(0, mostReasons).map(({ text }) => (refused ? `${text} (refused)` : text));
  const why = [...shown, ...(reasons.length > mostReasons ? [`${reasons.length - mostReasons} more`] : [])].join("; ");
  return secured === 0 ? why : `${secured}/${total}, ${why}`;
}

/** `deploy/web`, as kubectl takes it. */
const named = (end: End): string =>
  end.kind === "" ? nameText(end) : `${shortKinds.get(end.kind) ?? end.kind}/${nameText(end)}`;

/** A page says who was called: what is no name is in quotes, so that it is read neither as columns nor as weft's word. */
const nameText = (end: End): string => (end === notMeshed ? end.name : wordText(end.name));
const wordText = (word: string): string => (/^[!-~]*$/.test(word) ? word : quoted(word));

const shortKinds: ReadonlyMap<string, string> = new Map([
  ["deployment", "deploy"],
  ["statefulset", "sts"],
  ["daemonset", "ds"],
  ["replicaset", "rs"],
  ["replicationcontroller", "rc"],
  ["cronjob", "cj"],
  ["pod", "po"],
]);

/** The shape is in docs/seeing.md. */
export const edgesJson = (edges: readonly Edge[]): readonly JsonObject[] =>
  edges.map((edge) => ({
    src: edge.src.name,
    src_kind: edge.src.kind,
    src_namespace: edge.src.namespace,
    dst: edge.dst.name,
    dst_kind: edge.dst.kind,
    dst_namespace: edge.dst.namespace,
    client_id: edge.clientId,
    server_id: edge.serverId,
    no_tls_reason: edge.reasons[0]?.label ?? "",
    reasons: reasonCounts(edge),
    secured: edge.secured,
    total: edge.total,
    open: edge.open,
    ports: edge.ports,
    ...(edge.refused ? { refused: true } : {}),
  }));

function reasonCounts({ reasons }: Edge): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { label, connections } of reasons) counts.set(label, (counts.get(label) ?? 0) + connections);
  return Object.fromEntries(counts);
}

/** Lines for standard error: what could not be secured, and for each reason what it means; each once. */
export function edgesHints(
  shown: readonly Edge[],
  { failed, pastProxy, crowded }: Pick<Edges, "failed" | "pastProxy" | "crowded">,
): readonly string[] {
  const labels = new Map(shown.flatMap(({ reasons }) => reasons).map(({ label, text }) => [label, text]));
  return [
    ...failed.slice(0, mostFailed).map(failedLine),
    ...(failed.length > mostFailed ? [`${failed.length - mostFailed} more could not be secured`] : []),
    ...[...labels].flatMap(([label, text]) => {
      const hint = hintOf(label);
      return hint === undefined ? [] : [`${text}: ${hint}`];
    }),
    ...pastProxy.map(
      ({ namespace, name, pastProxy: containers }) =>
        `pod ${name} in namespace ${namespace} has no edges of its own: container ${containers.join(", ")} runs as the proxy's user, whose connections go past the proxy, in plain text`,
    ),
    ...crowded.map(
      ({ namespace, name }) =>
        `pod ${name} in namespace ${namespace} tells of more than ${mostPeers} peers: the others are left out`,
    ),
  ].map(oneLine);
}

/** That are told one by one. */
const mostFailed = 20;

const failedLine = ({ src, dst, serverId }: FailedTls): string =>
  `${named(src)} → ${named(dst)} in namespace ${dst.namespace} could not be secured: no TLS came about with ${serverId || "it"}`;
