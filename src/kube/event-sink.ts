/** Sends Events to the API server: created once, then counted on. */
import { resources } from "../core/kubernetes/kinds.ts";
import type { JsonObject } from "../core/base/json/json.ts";
import { collectionPath, objectPath } from "../core/kubernetes/api-path.ts";
import type { ApiPath, Collection } from "../core/kubernetes/api-path.ts";
import { issueText } from "../core/base/text/issue.ts";
import { isObjectReference } from "../core/kubernetes/object-reference.ts";
import type { ObjectReference } from "../core/kubernetes/object-reference.ts";
import { wordsOf } from "../core/base/text/words.ts";
import type { ApiAnswer, AskApi } from "./api.ts";
import { withTimeout } from "../async/limit.ts";
import { refusalText } from "./metadata.ts";

/** Weft's own names, as of its Deployments: nobody is to take its Events for those of Linkerd beside it. */
type EventComponent = "weft-injector" | "weft-controller" | "weft-certificates";

/** What is told of an object. */
export interface EventToSend {
  readonly type: "Normal" | "Warning";
  /** One word, for programs. */
  readonly reason: string;
  readonly message: string;
  /** Whose Event it is. */
  readonly component: EventComponent;
  readonly involvedObject: ObjectReference;
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

/** Of characters: what the newer API, events.k8s.io, takes for a note. */
export const longestMessage = 1024;

/** Whether it can be told at all: names that are none would lead to other paths of the API. */
export const isWellFormed = ({ involvedObject }: EventToSend): boolean => isObjectReference(involvedObject);

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
      path: pathOf(objectPath(eventsOf(event), name)),
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
    // A label of a name ends with neither.
    const name = `${one.event.involvedObject.name.slice(0, 200).replace(/[-.]+$/, "")}.${unique}`;
    const answer = await ask({
      method: "POST",
      path: pathOf(collectionPath(eventsOf(one.event))),
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
      await withTimeout(signal, sendWithin, (signal) => tell(one, signal));
    } catch (error) {
      onResult?.("failed", wordsOf(error));
    }
  };
}

// Where the API server wants those of objects without a namespace.
const namespaceOf = ({ involvedObject: { namespace } }: EventToSend): string => namespace || "default";

const eventsOf = (event: EventToSend): Collection => ({
  apiVersion: "v1",
  plural: resources.events.plural,
  namespace: namespaceOf(event),
});

function pathOf(made: ApiPath): string {
  if ("path" in made) return made.path;
  throw new Error(issueText(made.issue));
}

const eventObject = ({ event, first, last, count }: Told, name: string, instance: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Event",
  metadata: { name, namespace: namespaceOf(event) },
  type: event.type,
  reason: event.reason,
  message: event.message.slice(0, longestMessage),
  involvedObject: { ...event.involvedObject },
  source: { component: event.component },
  reportingComponent: event.component,
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
