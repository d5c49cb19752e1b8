/** `weft top`: the requests that `weft tap` shows, counted in a table that is drawn again as they come. */
import type { Command } from "commander";
import { TopTable } from "../../core/traffic/tap/top.ts";
import type { TopRow } from "../../core/traffic/tap/top.ts";
import { topLines } from "../../core/traffic/tap/top-text.ts";
import type { TapEvent } from "../../core/traffic/tap/event.ts";
import type { Labels } from "../../core/base/json/json.ts";
import { withClusterFlags } from "../cluster.ts";
import type { Io } from "../io.ts";
import { isGiven } from "../options.ts";
import type { Key, Terminal } from "../terminal-screen.ts";
import { durationOf, tapAsked, withTapFlags } from "./asked.ts";
import { endingAfter, openTap, told } from "./open.ts";
import { startTapping } from "./tapping.ts";
import type { TapAsked, TapSink } from "./tapping.ts";
import type { TapWorld } from "./world.ts";

export interface TopHow {
  readonly hideSources: boolean;
  /** Milliseconds; undefined: without end on a terminal, for a while without. */
  readonly lasting: number | undefined;
}

/** Milliseconds: for which is looked where no terminal is, and between two pictures. */
const timing = { withoutTerminal: 10_000, picture: 100 } as const;

export function register(command: Command, io: Io): void {
  withTapFlags(withClusterFlags(command))
    .option("--hide-sources", "do not tell callers apart")
    .action(async (resource: string, name: string | undefined) => {
      const how: TopHow = { hideSources: isGiven(command, "hideSources"), lasting: durationOf(command) };
      const words = name === undefined ? [resource] : [resource, name];
      // What is wrong with the flags is told first, whatever the namespace will be.
      tapAsked(command, words, "default");
      const { world, namespace } = await openTap(command, io);
      const asked = tapAsked(command, words, namespace);
      await top(world, io, asked, how);
    });
}

type TopIo = Pick<Io, "print" | "stderr" | "signal" | "colours" | "terminal" | "columns">;

export async function top(world: TapWorld, io: TopIo, asked: TapAsked, how: TopHow): Promise<void> {
  let labelsOf: (ip: string) => Labels | undefined = () => undefined;
  const nameOf = (ip: string): string | undefined => labelsOf(ip)?.["pod"] ?? labelsOf(ip)?.["node"];
  const table = new TopTable({ hideSources: how.hideSources, nameOf });
  const view = io.terminal === undefined ? onceView(io) : screenView(io.terminal, io);
  const ending = endingAfter(how.lasting ?? view.lasting, world.clock, io.signal);
  let lost = 0;
  const sink: TapSink = {
    onEvent: (event: TapEvent) => table.add(event, world.clock.now()),
    onLost: (requests) => (lost += requests),
    say: view.say,
  };
  const picture = (): Picture => ({
    rows: table.rows(),
    notes: [
      ...(table.leftOut > 0 ? [`${table.leftOut} rows of rare requests were left out`] : []),
      ...(lost > 0 ? [`${lost} requests were lost: they come faster than they are read`] : []),
    ],
    hideSources: how.hideSources,
  });
  try {
    const tapping = await told(startTapping(world, asked, sink, ending.signal));
    ({ labelsOf } = tapping);
    const show = view.begin(picture, () => ending.abort());
    void shownAgainAndAgain(show, world.clock, ending.signal);
    await told(tapping.over);
  } finally {
    ending.abort();
    view.end(picture());
  }
}

interface Picture {
  readonly rows: readonly TopRow[];
  readonly notes: readonly string[];
  readonly hideSources: boolean;
}

interface View {
  /** Milliseconds; undefined: until somebody ends it. */
  readonly lasting: number | undefined;
  readonly say: (line: string) => void;
  /** Gives what shows the picture as it is then. */
  readonly begin: (picture: () => Picture, quit: () => void) => () => void;
  readonly end: (picture: Picture) => void;
}

async function shownAgainAndAgain(show: () => void, clock: TapWorld["clock"], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    show();
    await clock.wait(timing.picture, signal);
  }
}

/** Where there is no terminal: the table, once. */
function onceView({ print, stderr, colours, columns }: TopIo): View {
  const say = (line: string): void => stderr(`weft: ${line}\n`);
  let hasBegun = false;
  return {
    lasting: timing.withoutTerminal,
    say,
    begin: () => {
      hasBegun = true;
      return () => undefined;
    },
    end: ({ rows, notes, hideSources }) => {
      if (!hasBegun) return;
      const width = columns ?? Infinity;
      print(
        topLines(rows, { width, hideSources, colours: colours.stdout })
          .map((line) => `${line}\n`)
          .join(""),
      );
      for (const note of notes) say(note);
    },
  };
}

/** Lines at the foot of the screen. */
const mostSaid = 3;

function screenView(terminal: Terminal, { stderr, colours }: TopIo): View {
  const said: string[] = [];
  let screen: ReturnType<Terminal["takeScreen"]> | undefined;
  let first = 0;
  return {
    lasting: undefined,
    // Before there is a screen, whoever waits is told at once; afterwards they are lines of it.
    say: (line) => {
      if (screen === undefined) stderr(`weft: ${line}\n`);
      else said.push(line);
      if (said.length > mostSaid) said.shift();
    },
    begin: (picture, quit) => {
      const draw = (): void => {
        const { columns, rows } = terminal.size();
        const { lines, first: shownFirst } = screenLines(picture(), {
          columns,
          rows,
          first,
          said,
          colours: colours.stdout,
        });
        first = shownFirst;
        screen?.draw(lines);
      };
      const key = (pressed: Key): void => {
        if (pressed === "quit") return quit();
        first = scrolled(first, pressed, terminal.size().rows);
        draw();
      };
      screen = terminal.takeScreen({ key, resize: draw });
      return draw;
    },
    end: () => {
      screen?.end();
      for (const line of screen === undefined ? [] : said) stderr(`weft: ${line}\n`);
    },
  };
}

interface ScreenHow {
  readonly columns: number;
  readonly rows: number;
  /** The first row that is shown. */
  readonly first: number;
  readonly said: readonly string[];
  readonly colours: string | undefined;
}

/** Head, as many rows as there is room for, and at the foot what was said. */
function screenLines(
  { rows, notes, hideSources }: Picture,
  { columns, rows: height, first, said, colours }: ScreenHow,
): { readonly lines: readonly string[]; readonly first: number } {
  const foot = [...notes, ...said, "q ends, arrows scroll"];
  const room = Math.max(1, height - 1 - foot.length);
  const from = Math.max(0, Math.min(first, rows.length - room));
  const [head = "", ...table] = topLines(rows, { width: columns, hideSources, colours });
  const shown = table.slice(from, from + room);
  const blanks = Array.from({ length: room - shown.length }, () => "");
  return { lines: [head, ...shown, ...blanks, ...foot], first: from };
}

function scrolled(first: number, key: Exclude<Key, "quit">, height: number): number {
  const page = Math.max(1, height - 4);
  const steps = { up: -1, down: 1, "page up": -page, "page down": page, home: -Infinity, end: Infinity } as const;
  return Math.max(0, first + steps[key]);
}
