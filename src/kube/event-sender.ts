/** Sends Events to the API server: created once, then counted on. */
import { wordsOf } from "../core/mesh/words.ts";
import type { JsonObject } from "../core/mesh/api.ts";
import type { ApiAnswer, AskApi } from "./api.ts";
import { limited } from "./limit.ts";
import { refusalText } from "./metadata.ts";

/** What is told of an object. */
export interface EventToSend {
  readonly type: "Normal" | "Warning";
  /** One word, for programs. */
  readonly reason: string;
  readonly message: string;
  /** Whose Event it is: `linkerd-proxy-injector` when absent. */
  readonly component?: string;
  readonly involvedObject: {
    readonly apiVersion: string;
    readonly kind: string;
    /** Empty for what is in no namespace. */
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
  };
}

/** What became of an Event, for a metric: `aggregated` was counted on one that is there. */
export type EventResult = "sent" | "aggregated" | "dropped" | "failed";

export interface SenderOptions {
  readonly ask: AskApi;
  /** Of this replica, such as its pod's name. */
  readonly instance: string;
  readonly onResult?: (result: EventResult, reason?: string) => void;
}

/** One Event, from the first time to the last that counts on it. */
export interface Told {
  readonly event: EventToSend;
  readonly first: Date;
  /** Its name, once the API server has it. */
  name?: string;
  count: number;
  last: Date;
}

/** Linkerd's (contract 9.7): who filters by it sees no difference. */
const injector = "linkerd-proxy-injector";

const sendWithin = 10_000;

/** Never rejects. Not to be called for the same Event twice at once: it has its name before it is patched. */
export function eventSender({
  ask,
  instance,
  onResult,
}: SenderOptions): (one: Told, signal: AbortSignal) => Promise<void> {
  let serial = 0;

  async function patch({ event, count, last }: Told, name: string, signal: AbortSignal): Promise<"done" | "gone"> {
    const answer = await ask({
      method: "PATCH",
      path: `${collectionOf(event)}/${name}`,
      contentType: "application/merge-patch+json",
      body: { count, lastTimestamp: seconds(last) },
      signal,
    });
    // The API server forgets Events after an hour.
    if (answer.status === 404) return "gone";
    check(answer);
    return "done";
  }

  async function create(one: Told, signal: AbortSignal): Promise<void> {
    serial += 1;
    const unique = `${one.first.getTime().toString(16)}${serial.toString(16).padStart(4, "0")}`;
    const name = `${one.event.involvedObject.name.slice(0, 200)}.${unique}`;
    const answer = await ask({
      method: "POST",
      path: collectionOf(one.event),
      body: eventObject(one, name, instance),
      signal,
    });
    check(answer);
    one.name = name;
    onResult?.("sent");
  }

  async function tell(one: Told, signal: AbortSignal): Promise<void> {
    if (one.name === undefined || (await patch(one, one.name, signal)) === "gone") await create(one, signal);
  }

  return async (one, signal) => {
    try {
      await limited(signal, sendWithin, (signal) => tell(one, signal));
    } catch (error) {
      onResult?.("failed", wordsOf(error));
    }
  };
}

// Where the API server wants those of objects without a namespace.
const namespaceOf = ({ involvedObject: { namespace } }: EventToSend): string => namespace || "default";

const collectionOf = (event: EventToSend): string => `/api/v1/namespaces/${namespaceOf(event)}/events`;

const eventObject = ({ event, first, last, count }: Told, name: string, instance: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Event",
  metadata: { name, namespace: namespaceOf(event) },
  type: event.type,
  reason: event.reason,
  message: event.message,
  involvedObject: { ...event.involvedObject },
  source: { component: event.component ?? injector },
  reportingComponent: event.component ?? injector,
  reportingInstance: instance,
  firstTimestamp: seconds(first),
  lastTimestamp: seconds(last),
  count,
});

/** meta/v1 Time. */
const seconds = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

function check(answer: ApiAnswer): void {
  if (answer.status < 200 || answer.status >= 300) throw new Error(refusalText(answer));
}
