/**
 * The head of a body that may never be parsed: enough to say which review it was. API servers write uid and namespace
 * of a request before the object, so the first characters are all that is looked at.
 */

/** So many bytes: what comes before the object, with names as long as they may be. */
const length = 1024;

/** The beginning of a body, as text; it keeps nothing else of it. */
export const headOf = (body: Buffer): string => body.toString("latin1", 0, length);

/** `request.uid`, for the log and for the one who reads the error; `undefined`: none that can stand in a line of text. */
export const uidIn = (head: string): string | undefined =>
  /"request"\s*:\s*\{\s*"uid"\s*:\s*"([\w.:-]{1,64})"/.exec(head)?.[1];

/** `request.namespace`, blank where the head has none. */
export const namespaceIn = (head: string): string => /"namespace"\s*:\s*"([\w-]{1,63})"/.exec(head)?.[1] ?? "";
