/** The uid of a review that could not be answered, for the log and for the one who reads the error. */

/** Reads `request.uid`; `undefined` when there is no body, no uid, or none that can stand in a line of text. */
export const requestUid = (body: Buffer | undefined): string | undefined => {
  if (body === undefined) return undefined;
  try {
    const review: unknown = JSON.parse(body.toString());
    const uid = field(field(review, "request"), "uid");
    return typeof uid === "string" && /^[\w.:-]{1,64}$/.test(uid) ? uid : undefined;
  } catch {
    return undefined;
  }
};

const field = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
