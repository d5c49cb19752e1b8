/**
 * Pods of one template come many at a time, and their reviews are alike: another uid, and another name of the volume with
 * the token, which the API server makes up for each pod. So what came of a review is kept with its text in which these two
 * are blank, and serves the next one that reads the same, if nothing else that it hangs on has changed either. That one is
 * neither parsed nor injected: it takes 8 µs in place of 53. A pod of another template, and one whose `managedFields`
 * were written in another second, is another text.
 */
import type { RecordedAnswer } from "../answer.ts";

/** A review's text and what it is alike in. */
export interface Likeness {
  readonly uid: string;
  /** Name of the volume with the token; blank: there is none. */
  readonly token: string;
  /** The text behind the uid, the token's name blank. */
  readonly rest: string;
}

/** An API server begins like that; what comes in another order is taken as it is each time. */
const start = '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"';
const aUid = /^[\w-]{1,64}$/;
/** What the admission plugin ServiceAccount makes up: always as long, so that nothing moves. */
const tokenStart = "kube-api-access-";
const aToken = /^kube-api-access-[a-z0-9]{5}$/;
const tokenLength = tokenStart.length + 5;
/** No text of JSON has it as it is. */
const blank = "\0";
/** Characters of a text that is kept. */
const longest = 16 * 1024;

/** Undefined: no other is like it. */
export function likenessOf(text: string): Likeness | undefined {
  if (text.length > longest || !text.startsWith(start)) return undefined;
  const end = text.indexOf('"', start.length);
  const uid = text.slice(start.length, end);
  const rest = text.slice(end);
  if (!aUid.test(uid) || rest.includes(blank)) return undefined;
  const at = rest.indexOf(tokenStart);
  if (at < 0) return { uid, token: "", rest };
  const token = rest.slice(at, at + tokenLength);
  return aToken.test(token) ? { uid, token, rest: rest.replaceAll(token, blank) } : undefined;
}

/** The answer to a review, and to all that are like it. */
interface Alike<Basis> {
  /** What it hangs on beside the text. */
  readonly basis: Basis;
  readonly answerTo: (likeness: Likeness) => RecordedAnswer;
}

interface Kept<Basis> {
  /** Absent until a second one came: what comes once costs its text alone. */
  readonly alike: Alike<Basis> | undefined;
  readonly bytes: number;
}

/** Bytes for all that is kept: some 200 templates. */
export const mostAlike = 8 * 1024 * 1024;
/** Of objects beside the texts, about. */
const besideTexts = 4096;

export class AlikeReviews<Basis> {
  readonly #kept = new Map<string, Kept<Basis>>();
  #held = 0;

  get({ rest }: Likeness): Alike<Basis> | undefined {
    return this.#kept.get(rest)?.alike;
  }

  /**
   * `answer` was given to this review. `said`: the text of what came of it beside the body, and of its basis. A namespace,
   * an owner or a pod may have a name like the token's: then another one's review is not like it.
   */
  keep(likeness: Likeness, basis: Basis, answer: RecordedAnswer, said: () => string): void {
    const { uid, token, rest } = likeness;
    if (!this.#kept.has(rest)) return this.#set(rest, { alike: undefined, bytes: 2 * rest.length });
    // Said once more, it may be what the answer's was made of.
    const answerTo = rest.includes(uid) ? undefined : answerLike(likeness, answer);
    if (answerTo === undefined) return;
    const beside = said();
    if (token !== "" && beside.includes(token)) return;
    const bytes = 2 * (rest.length + answer.body.length + beside.length) + besideTexts;
    this.#set(rest, { alike: { basis, answerTo }, bytes });
  }

  #set(rest: string, kept: Kept<Basis>): void {
    this.#forget(rest);
    this.#kept.set(rest, kept);
    this.#held += kept.bytes;
    // What was kept first goes; an order by use costs more than what is made again.
    for (const oldest of this.#kept.keys()) {
      if (this.#held <= mostAlike) return;
      this.#forget(oldest);
    }
  }

  #forget(rest: string): void {
    this.#held -= this.#kept.get(rest)?.bytes ?? 0;
    this.#kept.delete(rest);
  }
}

const patchStart = ',"patchType":"JSONPatch","patch":"';

/** The answer's text with blanks, too. Undefined: the token's name stands where it cannot be replaced. */
function answerLike({ uid, token }: Likeness, answer: RecordedAnswer) {
  const { status, body, record } = answer;
  const [first, ...others] = body.split(`"uid":"${uid}"`);
  if (first === undefined || others.length !== 1) return undefined;
  const [between = "", patch, ...more] = (others[0] ?? "").split(patchStart);
  if (more.length > 0 || (token !== "" && between.includes(token))) return undefined;
  const patchTo = patch === undefined ? () => "" : patchLike(patch.slice(0, -'"}}'.length), token);
  if (patchTo === undefined) return undefined;
  const end = patch === undefined ? "" : '"}}';
  const behind = patch === undefined ? between : between + patchStart;
  return (like: Likeness) => ({
    status,
    body: `${first}"uid":"${like.uid}"${behind}${patchTo(like.token)}${end}`,
    record: { ...record, uid: like.uid },
  });
}

/** Base64 of a patch for another token: only the groups of three bytes with something of its name in them are encoded again. */
function patchLike(base64: string, token: string): ((token: string) => string) | undefined {
  const bytes = Buffer.from(base64, "base64").toString("latin1");
  const parts: { readonly base64: string; readonly before: string; readonly behind: string }[] = [];
  let done = 0;
  for (let at = place(bytes, token, 0); at >= 0; at = place(bytes, token, at + token.length)) {
    const begin = at - (at % 3);
    if (begin < done) return undefined;
    const end = Math.min(bytes.length, 3 * Math.ceil((at + token.length) / 3));
    parts.push({
      base64: encodedPart(base64, done, begin),
      before: bytes.slice(begin, at),
      behind: bytes.slice(at + token.length, end),
    });
    done = end;
  }
  const last = encodedPart(base64, done, Number.POSITIVE_INFINITY);
  return (other) => {
    let text = "";
    for (const part of parts) text += part.base64 + btoa(part.before + other + part.behind);
    return text + last;
  };
}

const place = (text: string, token: string, from: number): number => (token === "" ? -1 : text.indexOf(token, from));

/** The characters of these bytes, which begin and end with a group of three. */
const encodedPart = (base64: string, begin: number, end: number): string =>
  base64.slice((begin / 3) * 4, (end / 3) * 4);
