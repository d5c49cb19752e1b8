/**
 * Events on injections. A review may be anybody's, so an Event is told only on what is there: an object that was read (a
 * ReplicaSet, a Job, and who made it; a StatefulSet or a DaemonSet, which is read for the Event alone, once its review was
 * answered). Of an owner of another kind, which weft has no right to read, it is told on the namespace, if the API server
 * has that, and seldom.
 */
import { eventFor, onNamespace } from "../../core/inject/messages/event.ts";
import type { EventChoice } from "../../core/inject/messages/event.ts";
import { isLookedUp } from "../../core/inject/pod/owner.ts";
import type { ObjectReference } from "../../core/kubernetes/object-reference.ts";
import { Recent } from "../../core/base/memory/recent.ts";
import type { EventRecorder } from "../../kube/event-recorder.ts";
import type { ReviewRecord } from "../../webhook/answer.ts";
import type { Namespace } from "./namespaces.ts";
import { collections } from "./owners.ts";
import type { OwnerKind } from "./owners.ts";

export interface InjectionEventsOptions extends Pick<EventRecorder, "record"> {
  readonly which: EventChoice;
  /** What is known of a namespace; `undefined`: it is not there. */
  readonly namespaceKnown: (name: string) => Pick<Namespace, "uid"> | undefined;
  /** Looks whether it is there, and says so by `seen`; never rejects. */
  readonly look: (kind: OwnerKind, namespace: string, name: string) => unknown;
}

/** Read for an Event alone: no review looks them up. */
const readForEvents = ["StatefulSet", "DaemonSet"] as const satisfies readonly OwnerKind[];

/** Events that wait for a look-up, which has a time of its own. */
const mostLooks = 1024;
/** Objects that are known to be there, at once. */
const mostRead = 8192;

export class InjectionEvents {
  readonly #options: InjectionEventsOptions;
  readonly #read = new Recent<true>(mostRead);
  readonly #looks = new Set<Promise<void>>();

  constructor(options: InjectionEventsOptions) {
    this.#options = options;
  }

  /** These were read, so they are there. */
  seen(objects: readonly ObjectReference[]): void {
    for (const object of objects) this.#read.set(keyOf(object), true);
  }

  /** The Event on what was reviewed, if one is due. */
  tell(reviewed: Pick<ReviewRecord, "injection" | "namespace" | "dryRun">): void {
    const { which, namespaceKnown, record } = this.#options;
    const { injection, namespace } = reviewed;
    const there = injection === undefined ? undefined : namespaceKnown(namespace);
    if (injection === undefined || there === undefined) return;
    const event = eventFor(injection, reviewed, which);
    if (event === undefined) return;
    const component = "weft-injector";
    const { involvedObject } = event;
    const kind = readForEvents.find(
      (each) => each === involvedObject.kind && collections[each].apiVersion === involvedObject.apiVersion,
    );
    if (this.#isRead(involvedObject)) record({ ...event, component });
    else if (kind !== undefined) {
      this.#lookFirst(kind, involvedObject, () => record({ ...event, component }));
    }
    // What is looked up and was not found is not told of.
    else if (!isLookedUp(involvedObject.kind)) record({ ...onNamespace(event, there.uid), component }, "claimed");
  }

  /** Resolves when all that is being looked up is told. */
  async settled(): Promise<void> {
    await Promise.all(this.#looks);
  }

  #isRead(object: ObjectReference): boolean {
    return this.#read.get(keyOf(object)) !== undefined;
  }

  #lookFirst(kind: OwnerKind, object: ObjectReference, tell: () => void): void {
    if (this.#looks.size >= mostLooks) return;
    const look = async (): Promise<void> => {
      await this.#options.look(kind, object.namespace, object.name);
      if (this.#isRead(object)) tell();
    };
    const looking = look().finally(() => this.#looks.delete(looking));
    this.#looks.add(looking);
  }
}

const keyOf = ({ apiVersion, kind, namespace, name, uid }: ObjectReference): string =>
  JSON.stringify([apiVersion, kind, namespace, name, uid]);
