/** The namespace of a request: what was last heard of it, or a second look where that may be old. */
import { wordsOf } from "../../core/base/text/words.ts";
import { setTimeout as after } from "node:timers/promises";
import { failure } from "../../core/admission/respond.ts";
import type { Annotations } from "../../core/base/json/json.ts";
import { quoted } from "../../core/base/text/quote.ts";
import type { Entry } from "../../core/registration/entries.ts";
import { mirroredLabel } from "../../core/registration/mirror.ts";
import type { Deadline } from "../../async/until.ts";
import type { Answer } from "../answer.ts";
import { freshNamespaceLook } from "./fresh-namespace.ts";
import type { Look } from "./fresh-namespace.ts";
import type { AdmissionRequest } from "../../core/admission/request.ts";

/** Annotations of a namespace as last heard of; `undefined`: there is no such namespace. A rejection never denies. */
export type NamespaceLookup = (name: string, deadline: Deadline) => MaybePromise<Annotations | undefined>;
export type MaybePromise<Value> = Value | Promise<Value>;

export interface NamespaceNeeds {
  readonly namespaceNamed: NamespaceLookup;
  /** The same, read now. Absent: there is nothing fresher. */
  readonly freshNamespace?: Look<Annotations | undefined> | undefined;
}

export type KnownNamespace =
  | { readonly annotations: Annotations | undefined }
  /** It could not be read, for this reason. */
  | { readonly unknown: unknown };

type KnowNamespace = (name: string, deadline: Deadline) => MaybePromise<KnownNamespace>;

export interface RequestNamespace {
  /** For pods. */
  readonly ofPod: KnowNamespace;
  /** For others, which nobody takes a second look for: whether the namespace asks is nothing to them. */
  readonly ofOther: KnowNamespace;
}

/**
 * The API server calls an entry by the namespace's mirrored label, which says what its annotation says. A request that
 * comes through an entry to which the known annotations do not lead shows that they are old, or that the label is.
 */
export function requestNamespace(needs: NamespaceNeeds, entry: Entry | undefined): RequestNamespace {
  const { namespaceNamed, freshNamespace } = needs;
  // Under Fail no pod is to run unmeshed because we are behind; under Ignore it is to wait for nobody.
  const insists = entry?.purpose === "inject";
  const ofOther: KnowNamespace = (name, deadline) => {
    const heard = attempt(() => namespaceNamed(name, deadline));
    if (!(heard instanceof Promise)) return { annotations: heard };
    const found = insists ? heard.catch(() => insisting(namespaceNamed, name, deadline)) : heard;
    return found.then(asKnown, (error: unknown) => ({ unknown: error }));
  };
  if (freshNamespace === undefined || entry === undefined || !isTelling(entry)) return { ofPod: ofOther, ofOther };
  const look = freshNamespaceLook(freshNamespace);
  /** Where a look fails, what is known may have caught up meanwhile. */
  const lookAgain = async (name: string, deadline: Deadline): Promise<Annotations | undefined> => {
    try {
      return await look(name, deadline);
    } catch (error) {
      const heard = await namespaceNamed(name, deadline);
      if (asks(heard) === entry.namespaceAsks) return heard;
      throw error;
    }
  };
  const checked = (known: KnownNamespace, name: string, deadline: Deadline): MaybePromise<KnownNamespace> => {
    if ("unknown" in known || asks(known.annotations) === entry.namespaceAsks) return known;
    if (!insists) return look(name, deadline).then(asKnown, () => known);
    return insisting(lookAgain, name, deadline).then(asKnown, (error: unknown) => ({ unknown: error }));
  };
  const ofPod: KnowNamespace = (name, deadline) => {
    const heard = ofOther(name, deadline);
    if (!(heard instanceof Promise)) return checked(heard, name, deadline);
    return heard.then((known) => checked(known, name, deadline));
  };
  return { ofPod, ofOther };
}

const asKnown = (annotations: Annotations | undefined): KnownNamespace => ({ annotations });

/** Only where what the namespace says is what decides; on the others the pod's own annotation does. */
const isTelling = ({ purpose, namespaceAsks }: Entry): boolean =>
  (purpose === "inject" && namespaceAsks === true) || (purpose === "rest" && namespaceAsks === false);

const asks = (annotations: Annotations | undefined): boolean => mirroredLabel(annotations ?? {}) !== undefined;

/** A throw as a rejection. */
function attempt<Value>(call: () => MaybePromise<Value>): MaybePromise<Value> {
  try {
    return call();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Asks again while there is time for it; the last failure, when there is none. */
async function insisting<Value>(
  ask: (name: string, deadline: Deadline) => MaybePromise<Value>,
  name: string,
  deadline: Deadline,
): Promise<Value> {
  for (;;) {
    try {
      return await ask(name, deadline);
    } catch (error) {
      if (deadline.at - performance.now() < 2 * pause) throw error;
      await after(pause, undefined, { signal: deadline.signal() });
    }
  }
}

/** Milliseconds until the next attempt. */
const pause = 250;

/** The reason of such answers, for the log and the metrics. */
export const unknownReason = "namespace_unknown";

/**
 * The answer when the namespace could not be read. No 503 with Retry-After: the API server would ask until its time is
 * up, and say only that; this text reaches the user.
 */
export function namespaceUnknown({ uid, namespace }: AdmissionRequest, error: unknown): Omit<Answer, "record"> {
  const why = quoted(wordsOf(error), 200);
  const message = `namespace ${quoted(namespace)} could not be read: ${why}, request uid ${quoted(uid, 64)}`;
  return { status: 500, body: failure(500, "InternalError", message) };
}
