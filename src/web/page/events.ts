/** The two streams of the server, as functions that are called. */
import type { MapState } from "../../core/traffic/map.ts";
import type { Named } from "./shown.ts";
import type { State, Tap } from "./state.ts";
import type { Line } from "./tap-lines.ts";

interface HearRounds {
  readonly scope: (namespace: string | null) => void;
  readonly connection: (connection: State["connection"]) => void;
  readonly map: (message: MapState) => void;
  readonly trouble: (text: string) => void;
}

/** The browser connects again by itself, unless the server says that it must not: then the key is another one. */
export function hearRounds({ scope, connection, map, trouble }: HearRounds): void {
  const source = new EventSource("/events");
  source.addEventListener("open", () => connection("open"));
  source.addEventListener("error", () => connection(source.readyState === EventSource.CLOSED ? "ended" : "lost"));
  source.addEventListener("scope", ({ data }: MessageEvent<string>) => {
    scope((JSON.parse(data) as { readonly namespace: string | null }).namespace);
  });
  source.addEventListener("map", ({ data }: MessageEvent<string>) => map(JSON.parse(data) as MapState));
  source.addEventListener("trouble", ({ data }: MessageEvent<string>) => trouble(textOf(data)));
}

interface HearTap {
  readonly open: () => void;
  readonly line: (line: Line) => void;
  readonly trouble: (text: string) => void;
  readonly end: (text: string) => void;
}

/** Gives what to call to end it. It does not begin again by itself: what was between would be missing. */
export function hearTap(workload: Named, asked: Tap["asked"], { open, line, trouble, end }: HearTap): () => void {
  const query = new URLSearchParams({ resource: `${workload.kind}/${workload.name}`, namespace: workload.namespace });
  if (asked.path !== "") query.set("path", asked.path);
  if (asked.method !== "") query.set("method", asked.method);
  const source = new EventSource(`/tap?${query.toString()}`);
  const over = (text: string): void => {
    source.close();
    end(text);
  };
  source.addEventListener("open", open);
  source.addEventListener("error", () => over("The connection to weft was lost."));
  source.addEventListener("line", ({ data }: MessageEvent<string>) => line(JSON.parse(data) as Line));
  source.addEventListener("trouble", ({ data }: MessageEvent<string>) => trouble(textOf(data)));
  source.addEventListener("end", ({ data }: MessageEvent<string>) => over(textOf(data)));
  return () => source.close();
}

const textOf = (data: string): string => (JSON.parse(data) as { readonly text: string }).text;
