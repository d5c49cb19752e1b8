/**
 * A stand-in for an API server, in memory: any resource, with versions, conflicts, patches, dry runs, paged lists and
 * watches. It knows no validation, no defaults and no rights; a test that needs these answers for itself (`answerWith`).
 */
import { isObject } from "../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import type { ApiAnswer, ApiCall, KubeApi, WatchEvent } from "../../src/kube/api.ts";
import { patched } from "./api-patches.ts";
import { isSelected, metadataOf, placeOf, placeOfObject, textIn } from "./api-paths.ts";
import type { Place } from "./api-paths.ts";

export interface FakeApi extends KubeApi {
  /** Every request so far, watches too (with `watch: "true"`). */
  readonly calls: readonly ApiCall[];
  /** Creates or replaces, as somebody else does; gives what is stored. */
  readonly put: (object: JsonObject) => JsonObject;
  /** What is stored at a path; `undefined`: nothing. */
  readonly stored: (path: string) => JsonObject | undefined;
  /** Somebody else deletes it. */
  readonly remove: (path: string) => void;
  /** Comes before everything: an answer, an error thrown (no connection), or `undefined` to go on. */
  readonly answerWith: (rule: (call: ApiCall) => ApiAnswer | undefined | Promise<ApiAnswer | undefined>) => void;
  readonly watches: () => number;
  /** A bookmark for each watch that asked for them. */
  readonly bookmark: () => void;
  /** Ends all watches as a server does when their time is over, or as a broken connection does. */
  readonly endWatches: (error?: Error) => void;
  /** Forgets what happened: watches from older versions, and lists begun before, get 410 Gone. */
  readonly compact: () => void;
  /** Sends nothing more to the watches that are open, as a connection that nobody closed. */
  readonly freeze: () => void;
}

interface Change {
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly place: Place;
  readonly object: JsonObject;
}

interface OpenWatch {
  readonly onChange: (change: Change) => void;
  readonly onEvent: (event: WatchEvent) => void;
  readonly end: (error?: Error) => void;
  readonly bookmarks: boolean;
  readonly place: Place;
}

type Query = Readonly<Record<string, string>>;

export function fakeApi(...objects: readonly JsonObject[]): FakeApi {
  const collections = new Map<string, Map<string, JsonObject>>();
  const calls: ApiCall[] = [];
  const watches = new Set<OpenWatch>();
  let changes: Change[] = [];
  let version = 1;
  let oldest = 0;
  let rule: Parameters<FakeApi["answerWith"]>[0] = () => undefined;

  const collectionOf = ({ apiVersion, resource }: Place): Map<string, JsonObject> => {
    const key = `${apiVersion}/${resource}`;
    const found = collections.get(key) ?? new Map<string, JsonObject>();
    collections.set(key, found);
    return found;
  };
  const get = (place: Place): JsonObject | undefined => collectionOf(place).get(keyOf(place));

  function changed(type: Change["type"], place: Place, object: JsonObject): void {
    const change = { version, type, place, object };
    changes.push(change);
    for (const watch of watches) watch.onChange(change);
  }

  function store(place: Place, object: JsonObject, dryRun: boolean): JsonObject {
    const old = get(place);
    if (!dryRun) version += 1;
    const metadata = {
      ...metadataOf(object),
      name: place.name,
      ...(place.namespace === "" ? {} : { namespace: place.namespace }),
      uid: textIn(metadataOf(old ?? {}), "uid") || textIn(metadataOf(object), "uid") || `uid-${version}`,
      creationTimestamp:
        metadataOf(old ?? {})["creationTimestamp"] ?? metadataOf(object)["creationTimestamp"] ?? "2026-01-01T00:00:00Z",
      resourceVersion: String(version),
    };
    const stored = { ...object, metadata };
    if (dryRun) return stored;
    collectionOf(place).set(keyOf(place), stored);
    changed(old === undefined ? "ADDED" : "MODIFIED", place, stored);
    return stored;
  }

  function remove(place: Place): JsonObject | undefined {
    const old = get(place);
    if (old === undefined) return undefined;
    version += 1;
    collectionOf(place).delete(keyOf(place));
    changed("DELETED", place, withVersion(old, version));
    return old;
  }

  function list(place: Place, query: Query): ApiAnswer {
    const [listedAt = "", after = ""] = (query["continue"] ?? `${version}:`).split(":");
    if (query["continue"] !== undefined && Number(listedAt) < oldest) return gone;
    const all = [...collectionOf(place).entries()]
      .filter(([key, object]) => isIn(place, key) && isSelected(object, query))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .filter(([key]) => after === "" || key > after);
    const limit = Number(query["limit"] ?? "0") || all.length;
    const last = all[limit - 1]?.[0];
    const more = all.length > limit && last !== undefined ? { continue: `${listedAt}:${last}` } : {};
    const items = all.slice(0, limit).map(([, object]) => object);
    return ok({
      kind: `${textIn(items[0] ?? {}, "kind")}List`,
      apiVersion: place.apiVersion,
      metadata: { resourceVersion: listedAt, ...more },
      items,
    });
  }

  function write(call: ApiCall, place: Place): ApiAnswer {
    const { method, query = {}, contentType = "application/json" } = call;
    const dryRun = query["dryRun"] === "All";
    const body: JsonObject = isObject(call.body) ? call.body : {};
    if (method === "POST") {
      const generated = textIn(metadataOf(body), "generateName");
      const name = textIn(metadataOf(body), "name") || (generated === "" ? "" : `${generated}${version + 1}`);
      if (name === "") return status(422, "Invalid", "name is required");
      const at = { ...place, name };
      return get(at) === undefined ? { status: 201, body: store(at, body, dryRun) } : exists(at);
    }
    const old = get(place);
    if (method === "DELETE") return old === undefined ? notFound(place) : ok((dryRun ? old : remove(place)) ?? null);
    const isApply = contentType.startsWith("application/apply-patch");
    if (old === undefined && !isApply) return notFound(place);
    const next = method === "PUT" ? body : patched(old ?? {}, call.body ?? null, contentType);
    if (next === undefined) return status(422, "Invalid", "the patch does not apply");
    const asked = textIn(metadataOf(method === "PUT" || isApply ? body : next), "resourceVersion");
    const known = textIn(metadataOf(old ?? {}), "resourceVersion");
    if (asked !== "" && old !== undefined && asked !== known) return conflict(place);
    if (old !== undefined && isSame(old, next)) return ok(old);
    return { status: old === undefined ? 201 : 200, body: store(place, next, dryRun) };
  }

  async function answerTo(call: ApiCall): Promise<ApiAnswer> {
    call.signal?.throwIfAborted();
    calls.push(call);
    const ruled = await rule(call);
    if (ruled !== undefined) return ruled;
    const place = placeOf(call.path);
    if (place === undefined) return status(404, "NotFound", "the server could not find the requested resource");
    if (call.method !== "GET") return write(call, place);
    if (place.name === "") return list(place, call.query ?? {});
    const found = get(place);
    return found === undefined ? notFound(place) : ok(found);
  }

  async function watch(
    { path, query = {}, accept }: Parameters<KubeApi["watch"]>[0],
    onEvent: (event: WatchEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const call: ApiCall = { method: "GET", path, query: { ...query, watch: "true" }, ...(accept && { accept }) };
    calls.push(call);
    const ruled = await rule(call);
    if (ruled !== undefined) return onEvent(errorEvent(ruled));
    const place = placeOf(path);
    if (place === undefined) return onEvent(errorEvent(status(404, "NotFound", "no such resource")));
    const from = Number(query["resourceVersion"] ?? version);
    // 0 is whatever there is, which is never gone.
    if (from > 0 && from < oldest) return onEvent(errorEvent(gone));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onChange = (change: Change): void => {
      if (!isOf(place, change.place) || !isSelected(change.object, query)) return;
      queueMicrotask(() => onEvent({ type: change.type, object: shaped(change.object, accept) }));
    };
    const open: OpenWatch = {
      onChange,
      onEvent,
      end: (error) => (error === undefined ? resolve() : reject(error)),
      bookmarks: query["allowWatchBookmarks"] === "true",
      place,
    };
    const aborted = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", aborted, { once: true });
    for (const change of changes) if (change.version > from) onChange(change);
    watches.add(open);
    try {
      await promise;
    } finally {
      watches.delete(open);
      signal.removeEventListener("abort", aborted);
    }
  }

  const put = (object: JsonObject): JsonObject => store(placeOfObject(object), object, false);
  const at = (path: string): Place => placeOf(path) ?? fail(`no path of the API: ${path}`);
  for (const object of objects) put(object);
  return {
    server: "https://fake",
    calls,
    ask: async (call) => {
      const answer = await answerTo(call);
      return { ...answer, body: shaped(answer.body, call.accept) };
    },
    watch,
    put,
    stored: (path) => get(at(path)),
    remove: (path) => void remove(at(path)),
    answerWith: (next) => {
      rule = next;
    },
    watches: () => watches.size,
    bookmark: () => {
      for (const { bookmarks, onEvent } of watches) {
        if (bookmarks) onEvent({ type: "BOOKMARK", object: { metadata: { resourceVersion: String(version) } } });
      }
    },
    endWatches: (error) => {
      for (const open of watches) open.end(error);
    },
    compact: () => {
      version += 1;
      oldest = version;
      changes = [];
    },
    freeze: () => watches.clear(),
  };
}

const keyOf = ({ namespace, name }: Place): string => `${namespace}/${name}`;
const isIn = ({ namespace }: Place, key: string): boolean => namespace === "" || key.startsWith(`${namespace}/`);
const isOf = (asked: Place, place: Place): boolean =>
  asked.apiVersion === place.apiVersion && asked.resource === place.resource && isIn(asked, keyOf(place));

const withVersion = (object: JsonObject, version: number): JsonObject => ({
  ...object,
  metadata: { ...metadataOf(object), resourceVersion: String(version) },
});

const isSame = (a: JsonObject, b: JsonObject): boolean =>
  JSON.stringify(withVersion(a, 0)) === JSON.stringify(withVersion(b, 0));

/** Metadata alone, when that was asked for. */
function shaped<Body extends Json>(body: Body, accept = ""): Body | JsonObject {
  if (!accept.includes("as=PartialObjectMetadata") || !isObject(body) || body["kind"] === "Status") return body;
  const { metadata, items } = body;
  const apiVersion = "meta.k8s.io/v1";
  if (!Array.isArray(items)) return { kind: "PartialObjectMetadata", apiVersion, metadata };
  const of = (items as JsonObject[]).map((item) => shaped(item, accept));
  return { kind: "PartialObjectMetadataList", apiVersion, metadata, items: of };
}

const ok = (body: Json): ApiAnswer => ({ status: 200, body });

export const status = (code: number, reason: string, message: string): ApiAnswer => ({
  status: code,
  body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code },
});

const gone = status(410, "Expired", "too old resource version");
const notFound = ({ resource, name }: Place): ApiAnswer => status(404, "NotFound", `${resource} "${name}" not found`);
const exists = ({ resource, name }: Place): ApiAnswer =>
  status(409, "AlreadyExists", `${resource} "${name}" already exists`);
const conflict = ({ resource, name }: Place): ApiAnswer =>
  status(409, "Conflict", `Operation cannot be fulfilled on ${resource} "${name}": the object has been modified`);

const errorEvent = ({ body }: ApiAnswer): WatchEvent => ({ type: "ERROR", object: isObject(body) ? body : {} });

const fail = (message: string): never => {
  throw new Error(message);
};
