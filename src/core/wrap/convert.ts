/**
 * A configuration of linkerd 0.1 to 0.9 as one of 1.x: the difference is written into its text, so that comments stay where
 * the line stays. What cannot be said in the new form, or means something else there, is a note.
 */
import { asObject, changedAt, itemsOf, without } from "../base/json/edit.ts";
import { isList } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { at, objectsAt, textAt } from "../base/json/read.ts";
import type { Issue } from "../base/text/issue.ts";
import { failed } from "../base/text/result.ts";
import type { Result } from "../base/text/result.ts";
import { readDocument } from "../documents/document.ts";
import { editDocument } from "../documents/edit.ts";
import { isConfiguration, isOldForm } from "./check-configuration.ts";
import { nobody } from "./names.ts";

export interface Converted {
  readonly text: string;
  /** What changed, and what a person has to look at. */
  readonly notes: readonly Issue[];
}

/** Issues: it cannot be read, or is no configuration of linkerd's. */
export function converted(text: string, name: string): Result<Converted> {
  const { value, issues } = readDocument(text);
  if (issues.length > 0) return { issues: issues.map((issue) => ({ ...issue, at: `${name}: ${issue.at}` })) };
  if (!isConfiguration(value))
    return failed(name, "is no configuration of linkerd's: expected a map with a list of routers");
  const { configuration, notes } = convertedValue(value);
  const edited = editDocument(text, value, configuration, { keepsKeys: false });
  return "issues" in edited ? edited : { value: { text: edited.text, notes } };
}

class Notes {
  readonly all: Issue[] = [];
  add(at: string, message: string): void {
    this.all.push({ at, message });
  }
}

function convertedValue(before: JsonObject): { readonly configuration: JsonObject; readonly notes: readonly Issue[] } {
  const notes = new Notes();
  const prefixes = objectsAt(before, "namers").map(prefixOf);
  const isOld = isOldConfiguration(before);
  const namers = changedAt(
    before,
    ["namers"],
    eachItem((namer, index) => newNamer(namer, `namers[${index}]`, notes)),
  );
  const configuration = changedAt(
    namers,
    ["routers"],
    eachItem((router, index) => newRouter(router, `routers[${index}]`, { notes, prefixes: isOld ? prefixes : [] })),
  );
  return { configuration, notes: notes.all };
}

/** Only there do bound names have no `/#` in front. */
const isOldConfiguration = (configuration: JsonObject): boolean =>
  objectsAt(configuration, "namers").some(({ kind, experimental }) => kind === oldNamer || experimental === true) ||
  objectsAt(configuration, "routers").some(
    (router) => router["baseDtab"] !== undefined || isOldForm(asObject(router["client"]) ?? {}),
  );

const eachItem =
  (change: (item: JsonObject, index: number) => JsonObject) =>
  (member: Json | undefined): Json | undefined =>
    isList(member)
      ? member.map((item, index) => {
          const object = asObject(item);
          return object === undefined ? item : change(object, index);
        })
      : member;

const [oldNamer, newKind] = ["io.l5d.experimental.k8s", "io.l5d.k8s"];

/** Where a namer's names begin; what is not said is its kind. */
const prefixOf = (namer: JsonObject): string =>
  textAt(namer, "prefix") || `/${textAt(namer, "kind") === oldNamer ? newKind : textAt(namer, "kind")}`;

const gone: ReadonlySet<string> = new Set(["tls", "tlsWithoutValidation", "authTokenFile"]);

function newNamer(namer: JsonObject, place: string, notes: Notes): JsonObject {
  const kind = textAt(namer, "kind");
  if (kind !== oldNamer && kind !== newKind) return namer;
  const renamed = changedAt(namer, ["kind"], () => newKind);
  if (kind === oldNamer) notes.add(`${place}.kind`, `is ${newKind} now`);
  const left = Object.keys(namer).filter((key) => gone.has(key));
  if (left.length > 0)
    notes.add(
      place,
      `${left.join(", ")} went: kubectl proxy beside linkerd takes their place, and speaks TLS to the API with a token`,
    );
  const isExperimental = namer["experimental"] === true;
  if (isExperimental) notes.add(`${place}.experimental`, "went: it is experimental no more");
  return without(renamed, (key) => gone.has(key) || (key === "experimental" && isExperimental));
}

interface Around {
  readonly notes: Notes;
  /** Of the namers, where names are to get `/#` in front. */
  readonly prefixes: readonly string[];
}

function newRouter(router: JsonObject, place: string, around: Around): JsonObject {
  const renamed = withDtab(router, place, around);
  const identified = withIdentifier(renamed, place, around.notes);
  return changedAt(identified, ["client"], (client) => {
    const object = asObject(client);
    return object === undefined ? client : newClient(object, `${place}.client`, around);
  });
}

function withDtab(router: JsonObject, place: string, { notes, prefixes }: Around): JsonObject {
  const { baseDtab } = router;
  if (baseDtab !== undefined) notes.add(`${place}.baseDtab`, "is dtab now");
  // In the place of the old one.
  const renamed =
    baseDtab === undefined
      ? router
      : Object.fromEntries(Object.entries(router).map(([key, value]) => [key === "baseDtab" ? "dtab" : key, value]));
  return changedAt(renamed, ["dtab"], (dtab) => {
    if (typeof dtab !== "string") return dtab;
    const next = dtab.replaceAll(/(?<==>)[^;]*/g, (right) =>
      right.replaceAll(/\/[^\s|&;()]+/g, (path) => withHash(path, prefixes)),
    );
    if (next !== dtab) notes.add(`${place}.dtab`, "names of namers begin with /# now");
    return next;
  });
}

const withHash = (path: string, prefixes: readonly string[]): string =>
  prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)) ? `/#${path}` : path;

/** Old names of requests: `/http/1.1/METHOD/HOST`. */
function withIdentifier(router: JsonObject, place: string, notes: Notes): JsonObject {
  const lefts = [...textAt(router, "dtab").matchAll(/(?:^|;)\s*(\/\S*)\s*=>/g)].map(([, left = ""]) => left);
  const isOld = textAt(router, "protocol") === "http" && lefts.some((left) => left.startsWith("/http/1."));
  if (!isOld || router["identifier"] !== undefined || router["dstPrefix"] !== undefined) return router;
  notes.add(
    place,
    "its names are /http/1.1/METHOD/HOST, which dstPrefix and identifier keep; a Host with a port, such as backend:8080, is routed no better than before",
  );
  return { ...router, dstPrefix: "/http", identifier: { kind: "io.l5d.methodAndHost" } };
}

function newClient(client: JsonObject, place: string, around: Around): JsonObject {
  const tls = asObject(client["tls"]);
  if (tls === undefined) return withBundles(client, place, around.notes);
  const kind = textAt(tls, "kind").replace("io.l5d.clientTls.", "io.l5d.");
  if (at(tls, "kind") === undefined) return withBundles(client, place, around.notes);
  const make = forms[kind];
  if (make === undefined) {
    around.notes.add(
      `${place}.tls.kind`,
      `${kind} is of no linkerd that is known; it stays, and 1.x does not start with it`,
    );
    return client;
  }
  around.notes.add(`${place}.tls.kind`, `${textAt(tls, "kind")} is ${make.becomes} now`);
  around.notes.add(
    `${place}.tls`,
    "protocols and clientSession.lifeTimeMs are not set, as before: weft wrap check says why they should be",
  );
  return make.client(client, tls, around);
}

const forms: Readonly<
  Record<
    string,
    { readonly becomes: string; readonly client: (client: JsonObject, tls: JsonObject, around: Around) => JsonObject }
  >
> = {
  "io.l5d.noValidation": {
    becomes: "disableValidation",
    client: (client) => ({ ...client, tls: { disableValidation: true } }),
  },
  "io.l5d.static": {
    becomes: "commonName",
    client: (client, tls) => ({ ...client, tls: validated(textAt(tls, "commonName"), tls) }),
  },
  "io.l5d.boundPath": { becomes: "client.kind: io.l5d.static", client: byBoundPath },
};

/** Without a file the system's CAs are trusted, as before. */
const validated = (commonName: string, tls: JsonObject): JsonObject => {
  const bundle = textAt(tls, "caCertPath");
  return { commonName, ...(bundle === "" ? {} : { trustCertsBundle: bundle }) };
};

/** There the first that matches won, here all are merged and the last wins. */
function byBoundPath(client: JsonObject, tls: JsonObject, { notes }: Around): JsonObject {
  const isStrict = tls["strict"] !== false;
  const others = without(client, (key) => key === "tls");
  const names = itemsOf(tls["names"]).toReversed();
  if (names.length > 1)
    notes.add("client", "the last of configs wins, so that they stand in the reverse order of names");
  const caught = isStrict ? { tls: validated(nobody, tls) } : {};
  const configs: readonly JsonObject[] = [
    ...(isStrict || Object.keys(others).length > 0 ? [{ prefix: "/", ...others, ...caught }] : []),
    ...names.map((name) => ({
      prefix: newPrefix(textAt(name, "prefix")),
      tls: validated(textAt(name, "commonNamePattern"), tls),
    })),
  ];
  if (!isStrict) notes.add("client", "strict is false: what no prefix matches goes out in plain text, as before");
  return { kind: "io.l5d.static", configs };
}

const newPrefix = (prefix: string): string => (/^\/[#$%]\//.test(prefix) ? prefix : `/#${prefix}`);

/** `trustCerts` of 1.0 to 1.7. */
function withBundles(client: JsonObject, place: string, notes: Notes): JsonObject {
  const inEntry = (entry: JsonObject, where: string): JsonObject =>
    changedAt(entry, ["tls"], (member) => {
      const tls = asObject(member);
      const certs = tls === undefined ? undefined : tls["trustCerts"];
      if (tls === undefined || !isList(certs) || tls["trustCertsBundle"] !== undefined) return member;
      const [only] = certs;
      if (certs.length === 1 && only !== undefined) {
        notes.add(`${where}.tls.trustCerts`, "is trustCertsBundle now, which is read for every connection");
        return Object.fromEntries(
          Object.entries(tls).map(([key, value]) => (key === "trustCerts" ? ["trustCertsBundle", only] : [key, value])),
        );
      }
      notes.add(
        `${where}.tls.trustCerts`,
        `has ${certs.length} files, read once; put them into one, for trustCertsBundle`,
      );
      return member;
    });
  const own = inEntry(client, place);
  return changedAt(
    own,
    ["configs"],
    eachItem((entry, index) => inEntry(entry, `${place}.configs[${index}]`)),
  );
}
