/** The log: one line per thing that happened, for people (`plain`) or for programs (`json`). */
import { printable } from "../core/base/text/terminal.ts";

/** What a line tells beside its words, in order. Empty values are left away in the plain form. */
type Fields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface Log {
  readonly debug: Say;
  readonly info: Say;
  readonly warn: Say;
  readonly error: Say;
  /** Lines that could not be written, so far. */
  readonly lost: () => number;
}
/** An error given goes along with its stack. */
type Say = (message: string, fields?: Fields, error?: unknown) => void;

/** Linkerd's names. */
export const logLevels = ["panic", "fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof logLevels)[number];
export const logFormats = ["plain", "json"] as const;
export type LogFormat = (typeof logFormats)[number];

/** Where lines go. */
export interface LogSink {
  readonly write: (line: string) => unknown;
  /** Absent where none is ever lost. */
  readonly lost?: () => number;
  /** Names who is told of lost lines, once after each time that lines could not be written. */
  readonly whenWritable?: (tell: (lost: LostLines) => void) => void;
}

export interface LostLines {
  readonly lines: number;
  /** The system's word, such as ENOSPC. */
  readonly because: string;
}

export interface LogOptions {
  /** The least that is written. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly sink: LogSink;
  readonly now: () => Date;
}

export const createLog = ({ level, format, sink, now }: LogOptions): Log => {
  const write = format === "json" ? jsonWriter(sink, now) : plainWriter(sink, now);
  const least = logLevels.indexOf(level);
  const say =
    (of: Level): Say =>
    (message, fields = {}, error) => {
      if (logLevels.indexOf(of) <= least) write(of, message, fields, error);
    };
  const log = { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
  sink.whenWritable?.((lost) => log.error("lines of the log could not be written and are lost", { ...lost }));
  return { ...log, lost: () => sink.lost?.() ?? 0 };
};

type Level = Exclude<keyof Log, "lost">;
type Writer = (level: Level, message: string, fields: Fields, error: unknown) => void;

const jsonWriter =
  (sink: LogSink, now: () => Date): Writer =>
  (level, message, fields, error) => {
    const err = error === undefined ? {} : { err: errorFields(error) };
    const line = JSON.stringify({ level, time: now().toISOString(), ...fields, ...err, msg: message });
    // Escapes that JSON has, too: the same values, also where somebody reads the lines on a terminal.
    sink.write(`${printable(line)}\n`);
  };

/** The names that readers of JSON logs know (pino, bunyan). */
function errorFields(error: unknown) {
  const stack = stackOf(error);
  return error instanceof Error ? { type: error.name, message: error.message, stack } : { message: stack };
}

const plainWriter =
  (sink: LogSink, now: () => Date): Writer =>
  (level, message, fields, error) => {
    let line = `${now().toISOString()} ${plainLevels[level]} ${oneLine(message)}`;
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value === "number" || typeof value === "boolean") line += ` ${name}=${value}`;
      else line += plainText(name, typeof value === "string" ? value : value.join(","));
    }
    if (error !== undefined) line += `\n${indented(stackOf(error))}`;
    sink.write(`${printable(line)}\n`);
  };

const plainLevels = { debug: "DEBUG", info: "INFO ", warn: "WARN ", error: "ERROR" } as const;

const plainText = (name: string, text: string): string =>
  text === "" ? "" : ` ${name}=${simple.test(text) ? text : oneLine(JSON.stringify(text))}`;

const simple = /^[\w.,:/+-]+$/;

// Names come from strangers: a line break in one must not look like a line of ours.
const oneLine = (text: string): string => (simple.test(text) ? text : text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, " "));

/** With its causes; so many at most, as one may be its own. */
function stackOf(error: unknown, causes = 5): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? error.message;
  return error.cause === undefined || causes === 0 ? stack : `${stack}\ncaused by: ${stackOf(error.cause, causes - 1)}`;
}

const indented = (text: string): string => text.replaceAll(/^/gm, "    ");
