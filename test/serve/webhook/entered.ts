/** Which files of `src` some work enters, in order: breakpoints in the functions that it calls, each of which only takes a note. */
import type { Debugger } from "node:inspector";
import { Session } from "node:inspector/promises";

const source = new URL("../../../src/", import.meta.url).href;
const notes = "weftFilesEntered";

/** Such as `core/inject/inject.ts`, in the order in which they are entered first. The work is done three times. */
export async function filesEntered(work: () => Promise<unknown>): Promise<readonly string[]> {
  const session = new Session();
  session.connect();
  const ids = new Map<string, string>();
  session.on("Debugger.scriptParsed", ({ params: { url, scriptId } }) => ids.set(url, scriptId));
  try {
    const called = await functionsCalled(session, work);
    await session.post("Debugger.enable");
    const found = new Set<string>();
    Object.assign(globalThis, { [notes]: found });
    for (const { url, functions } of called) await takeNotes(session, url, ids.get(url) ?? "", functions);
    await work();
    return [...found];
  } finally {
    session.disconnect();
  }
}

/** From where to where in the text of their file. */
type Range = readonly [start: number, end: number];

interface Called {
  readonly url: string;
  readonly functions: readonly Range[];
}

async function functionsCalled(session: Session, work: () => Promise<unknown>): Promise<readonly Called[]> {
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  await work();
  await session.post("Profiler.takePreciseCoverage");
  await work();
  const { result } = await session.post("Profiler.takePreciseCoverage");
  await session.post("Profiler.disable");
  const ours = result.filter(({ url }) => url.startsWith(source));
  return ours.map(({ url, functions }) => ({
    url,
    functions: functions.flatMap(({ ranges: [whole] }): Range[] =>
      whole === undefined || whole.count === 0 ? [] : [[whole.startOffset, whole.endOffset]],
    ),
  }));
}

/** At the first place of each function where there may be a breakpoint; its condition takes the note, and is false. */
async function takeNotes(session: Session, url: string, scriptId: string, functions: readonly Range[]): Promise<void> {
  const { scriptSource } = await session.post("Debugger.getScriptSource", { scriptId });
  const placeOf = (offset: number): Debugger.Location => {
    const before = scriptSource.slice(0, offset).split("\n");
    return { scriptId, lineNumber: before.length - 1, columnNumber: before.at(-1)?.length ?? 0 };
  };
  const condition = `!globalThis.${notes}.add(${JSON.stringify(url.slice(source.length))})`;
  for (const [start, end] of functions) {
    const within = { start: placeOf(start), end: placeOf(end), restrictToFunction: true };
    const { locations } = await session.post("Debugger.getPossibleBreakpoints", within);
    const [location] = locations;
    // Two functions may begin at the same place: there is a breakpoint already.
    if (location !== undefined) await session.post("Debugger.setBreakpoint", { location, condition }).catch(() => {});
  }
}
