/** Questions to an API server, each answered by a fact: a value, or why it could not be had. Few at once, none for long. */
import { collectionPath, namedPath, resources } from "../../core/kubernetes/kinds.ts";
import type { Kind } from "../../core/kubernetes/kinds.ts";
import { wordsOf } from "../../core/base/text/words.ts";
import { textAt } from "../../core/base/json/read.ts";
import type { ServerFacts } from "../../core/checks/facts.ts";
import { isObject } from "../../core/base/json/json.ts";
import type { Json, JsonObject } from "../../core/base/json/json.ts";
import { shownBy } from "../../net/tls-probe.ts";
import type { Listener, Shown } from "../../net/tls-probe.ts";
import type { ApiAnswer, ApiCall, KubeApi } from "../../kube/api.ts";
import { allPages, endless } from "../../kube/pages.ts";
import { known } from "../../core/checks/fact.ts";
import type { Fact, Unknown } from "../../core/checks/fact.ts";

export interface Reach {
  readonly server: () => Promise<Fact<ServerFacts>>;
  readonly object: (what: string, path: string) => Promise<Fact<JsonObject>>;
  /** All pages of a list. */
  readonly list: (what: string, path: string, how?: ListHow) => Promise<Fact<Objects>>;
  /** The same, and of each object only what is needed is kept. */
  readonly reduced: <Kept>(
    what: string,
    path: string,
    keep: (object: JsonObject) => Kept,
    how?: ListHow,
  ) => Promise<Fact<readonly Kept[]>>;
  readonly post: (what: string, path: string, body: JsonObject, query?: ApiCall["query"]) => Promise<Fact<Posted>>;
  /** A text that is no JSON, through the server's proxy. */
  readonly page: (what: string, path: string, query?: ApiCall["query"]) => Promise<Fact<string>>;
  /** What a listener shows in a TLS handshake, without the API server: from where this runs. */
  readonly shown: (what: string, listener: Listener) => Promise<Fact<Shown>>;
}

type ListHow = Pick<ApiCall, "query" | "accept">;

/** An object by its name, such as `Deployment weft-injector in namespace weft`. */
export const readNamed = (reach: Reach, kind: Kind, name: string, namespace?: string): Promise<Fact<JsonObject>> =>
  reach.object(
    `${kind.kind} ${name}${namespace === undefined ? "" : ` in namespace ${namespace}`}`,
    namedPath(kind, name, namespace),
  );

/** For lists: 10,000 namespaces are megabytes otherwise. */
export const metadataOnly = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

/** Who is called when objects are made. */
export const registrations = (reach: Reach): Promise<Fact<Objects>> =>
  reach.list("MutatingWebhookConfigurations", collectionPath(resources.mutatingWebhooks));

export type Objects = readonly JsonObject[];
interface Posted {
  readonly object: JsonObject;
  readonly warnings: readonly string[] | undefined;
}

interface ReachLimits {
  readonly atOnce: number;
  /** Milliseconds for one answer. */
  readonly answerWithin: number;
}

const defaultLimits: ReachLimits = { atOnce: 8, answerWithin: 10_000 };

export interface ReachOptions {
  readonly api: Pick<KubeApi, "server" | "ask">;
  readonly clock: () => Date;
  readonly limits?: ReachLimits;
  readonly show?: (listener: Listener, within: number) => Promise<Shown>;
  /** Told of each question when it is asked; what it gives is called when there is an answer. */
  readonly onAsk?: (what: string) => () => void;
}

/** Milliseconds. Most often nobody is there: pods' addresses lead nowhere outside the cluster. */
const handshakeWithin = 1000;

export function reachOf({
  api,
  clock,
  limits = defaultLimits,
  show = shownBy,
  onAsk = () => () => undefined,
}: ReachOptions): Reach {
  const { atOnce, answerWithin } = limits;
  const inTurn = turns(atOnce);
  const asked = (what: string, call: ApiCall): Promise<Fact<ApiAnswer>> =>
    inTurn(async () => {
      const answered = onAsk(what);
      try {
        return known(await api.ask({ ...call, signal: AbortSignal.timeout(answerWithin) }));
      } catch (error) {
        return { kind: "silent", what, text: wordsOf(error) };
      } finally {
        answered();
      }
    });
  const object: Reach["object"] = async (what, path) => {
    const answer = await asked(what, { method: "GET", path });
    return answer.kind === "known" ? objectIn(what, answer.value) : answer;
  };
  return {
    server: async () => {
      const before = clock();
      const answer = await asked(`the API server ${api.server}`, { method: "GET", path: "/version" });
      return answer.kind === "known" ? serverIn(api.server, answer.value, { before, after: clock() }) : answer;
    },
    object,
    list: (what, path, how = {}) => listed(what, { method: "GET", path, ...how }, asked, (item) => item),
    reduced: (what, path, keep, how = {}) => listed(what, { method: "GET", path, ...how }, asked, keep),
    post: async (what, path, body, query = {}) => {
      const answer = await asked(what, { method: "POST", path, body, query });
      if (answer.kind !== "known") return answer;
      const made = objectIn(what, answer.value);
      return made.kind === "known" ? known({ object: made.value, warnings: answer.value.warnings }) : made;
    },
    page: async (what, path, query = {}) => {
      const answer = await asked(what, { method: "GET", path, query, accept: "text/plain" });
      return answer.kind === "known" ? pageIn(what, answer.value) : answer;
    },
    shown: async (what, listener) => {
      const answered = onAsk(what);
      try {
        return known(await show(listener, handshakeWithin));
      } catch (error) {
        return { kind: "silent", what, text: wordsOf(error) };
      } finally {
        answered();
      }
    },
  };
}

/** Whoever is asked, the answer is that one: for when it is known that nobody answers. */
export const deadReach = (why: Unknown): Reach => {
  const unknown = (what: string): Promise<Unknown> => Promise.resolve({ ...why, what });
  const server = (): Promise<Unknown> => Promise.resolve(why);
  return { server, object: unknown, list: unknown, reduced: unknown, post: unknown, page: unknown, shown: unknown };
};

type Around = Pick<NonNullable<ServerFacts["clock"]>, "before" | "after">;

function serverIn(url: string, answer: ApiAnswer, around: Around): Fact<ServerFacts> {
  const read = objectIn(`the API server ${url}`, answer);
  if (read.kind !== "known") return read;
  const version = textAt(read.value, "gitVersion");
  const server = new Date(answer.date ?? "");
  return known({ url, version, ...(Number.isNaN(server.getTime()) ? {} : { clock: { server, ...around } }) });
}

async function listed<Kept>(
  what: string,
  call: ApiCall,
  asked: (what: string, call: ApiCall) => Promise<Fact<ApiAnswer>>,
  keep: (object: JsonObject) => Kept,
): Promise<Fact<readonly Kept[]>> {
  const read = await allPages<Unknown, Kept>(async (page) => {
    const answer = await asked(what, { ...call, query: { ...call.query, ...page } });
    const found = answer.kind === "known" ? objectIn(what, answer.value) : answer;
    return found.kind === "known" ? { page: found.value } : { other: found };
  }, keep);
  if ("items" in read) return known(read.items);
  return read.other === endless ? { kind: "refused", what, text: endless } : read.other;
}

function objectIn(what: string, { status, body }: ApiAnswer): Fact<JsonObject> {
  if (status >= 200 && status < 300 && isObject(body)) return known(body);
  return { kind: kinds.get(status) ?? "refused", what, text: messageOf(status, body) };
}

const kinds: ReadonlyMap<number, Unknown["kind"]> = new Map([
  [401, "forbidden"],
  [403, "forbidden"],
  [404, "absent"],
]);

/** A page of a program that is not ready has the status 503; a refusal of the API server itself is JSON. */
function pageIn(what: string, { status, body, text }: ApiAnswer): Fact<string> {
  if (text !== undefined && (status === 200 || status === 503)) return known(text);
  return { kind: kinds.get(status) ?? "refused", what, text: messageOf(status, body) };
}

function messageOf(status: number, body: Json): string {
  const message = textAt(body, "message");
  return message === "" ? `HTTP ${status}` : message;
}

/** At most that many under way, the others in the order in which they came. */
function turns(atOnce: number): <Value>(work: () => Promise<Value>) => Promise<Value> {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => void waiting.push(resolve));
    else free -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
