/** The Events of one process: told beside its work, with a word in the log where that fails. */
import { eventRecorder } from "../kube/event-recorder.ts";
import type { EventRecorder, EventsOptions } from "../kube/event-recorder.ts";
import type { EventResult } from "../kube/event-sink.ts";
import type { Log } from "../observe/log.ts";

export interface ToldEventsOptions extends Pick<EventsOptions, "ask" | "instance" | "now"> {
  readonly log: Log;
  /** For a metric. */
  readonly onResult?: (result: EventResult) => void;
}

export interface ToldEvents extends Pick<EventRecorder, "record"> {
  /** Tells what is left, for a moment. */
  readonly end: () => Promise<void>;
}

/** Milliseconds: how long the last ones may take when the process ends. */
const lastEvents = 2000;

export function toldEvents({ log, onResult, ...options }: ToldEventsOptions): ToldEvents {
  const { record, flush } = eventRecorder({
    ...options,
    onResult: (result, reason = "") => {
      onResult?.(result);
      if (result === "failed") log.debug("an Event could not be sent", { reason });
    },
  });
  return { record, end: () => flush(lastEvents) };
}
