/** A configuration of linkerd 1.x → what is wrong with its TLS. Most of it linkerd itself says at the first request only. */
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { at, objectsAt, textAt, textMapAt } from "../base/json/read.ts";
import { quoted } from "../base/text/quote.ts";
import { readDocument } from "../documents/document.ts";
import { closest } from "../base/text/similar.ts";
import { isLoopback } from "./rules.ts";
import type { Finding, RuleId } from "./rules.ts";

/** Whether a document is one. */
export const isConfiguration = (value: Json | undefined): value is JsonObject =>
  isObject(value) && isList(value["routers"]) && typeof value["kind"] !== "string";

/** Those in a ConfigMap, by their keys. */
export function configurationsOf(object: JsonObject): readonly (readonly [key: string, value: JsonObject])[] {
  if (object["kind"] !== "ConfigMap") return [];
  return Object.entries(textMapAt(object, "data")).flatMap(([key, text]) => {
    const value = key.endsWith(".yaml") ? readDocument(text).value : undefined;
    return isConfiguration(value) ? [[key, value] as const] : [];
  });
}

/** Paths of files that it names, and whether each is a key. */
export interface NamedFile {
  readonly at: string;
  readonly path: string;
  readonly isKey: boolean;
}

/** `place`: of the whole. */
export function configurationFindings(configuration: JsonObject, place: string): readonly Finding[] {
  const admin = textAt(configuration, "admin", "ip");
  const finding = (rule: RuleId, path: string, message: string): Finding => ({
    rule,
    at: `${place}: ${path}`,
    message,
  });
  return [
    ...(admin === "" || isLoopback(admin)
      ? []
      : [finding("W-34", "admin.ip", `${admin}: whoever reaches it can stop linkerd, by /admin/shutdown`)]),
    ...(at(configuration, "usage", "enabled") === false
      ? []
      : [finding("W-34", "usage", "linkerd reports to its vendor; expected enabled: false")]),
    ...objectsAt(configuration, "routers").flatMap((router, index) =>
      routerFindings(router, `routers[${index}]`).map(({ rule, at: path, message }) => finding(rule, path, message)),
    ),
  ];
}

const routerFindings = (router: JsonObject, path: string): readonly Finding[] => [
  ...objectsAt(router, "servers").flatMap((server, index) => serverFindings(server, `${path}.servers[${index}]`)),
  ...(isObject(router["client"]) ? clientFindings(router["client"], router, `${path}.client`) : []),
];

const serverKeys = [
  "certPath",
  "keyPath",
  "intermediateCertsPath",
  "caCertPath",
  "requireClientAuth",
  "ciphers",
  "protocols",
];

function serverFindings(server: JsonObject, path: string): readonly Finding[] {
  const { tls } = server;
  const ip = textAt(server, "ip");
  const isOpen = ip !== "" && !isLoopback(ip);
  const isGuarded = server["clearContext"] === true || at(tls, "requireClientAuth") === true;
  return [
    ...(isOpen && !isGuarded
      ? [
          {
            rule: "W-30" as const,
            at: path,
            message: "anybody's header l5d-dtab is obeyed; expected clearContext: true",
          },
        ]
      : []),
    ...(isObject(tls) ? serverTlsFindings(tls, `${path}.tls`) : []),
  ];
}

function serverTlsFindings(tls: JsonObject, path: string): readonly Finding[] {
  const missing = ["certPath", "keyPath"].filter((key) => textAt(tls, key) === "");
  return [
    ...missing.map((key): Finding => ({
      rule: "W-24",
      at: path,
      message: `${key} is missing; linkerd does not start`,
    })),
    ...unknownKeys(tls, serverKeys, path),
    ...(tls["protocols"] === undefined ? [noProtocols(path)] : []),
  ];
}

const noProtocols = (path: string): Finding => ({
  rule: "W-31",
  at: path,
  message: "TLS 1.0 and 1.1 are accepted; expected protocols: [TLSv1.2, TLSv1.3]",
});

function unknownKeys(object: JsonObject, known: readonly string[], path: string): readonly Finding[] {
  return Object.keys(object)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const meant = closest(key, known);
      const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
      return { rule: "W-36", at: path, message: `linkerd knows no ${quoted(key)} there, and does not start${hint}` };
    });
}

const clientKinds: ReadonlySet<string> = new Set(["io.l5d.global", "io.l5d.static"]);

function clientFindings(client: JsonObject, router: JsonObject, path: string): readonly Finding[] {
  if (isOldForm(client)) {
    const message = `tls.kind is of linkerd 0.x, and 1.x does not start; weft wrap convert makes its form`;
    return [{ rule: "W-20", at: `${path}.tls`, message }];
  }
  const kind = textAt(client, "kind");
  const odd: readonly Finding[] =
    kind === "" || clientKinds.has(kind)
      ? []
      : [
          {
            rule: "W-28",
            at: `${path}.kind`,
            message: `${quoted(kind)} counts as io.l5d.global; expected io.l5d.static`,
          },
        ];
  return [
    ...odd,
    ...(kind === "io.l5d.static" ? staticFindings(client, router, path) : entryFindings(client, path, undefined)),
  ];
}

export const isOldForm = (client: JsonObject): boolean => at(client, "tls", "kind") !== undefined;

function staticFindings(client: JsonObject, router: JsonObject, path: string): readonly Finding[] {
  const configs = objectsAt(client, "configs");
  if (configs.length === 0)
    return [{ rule: "W-24", at: path, message: "io.l5d.static without configs: linkerd does not start" }];
  const places = configs.map((entry, index) => ({
    entry,
    at: `${path}.configs[${index}]`,
    prefix: textAt(entry, "prefix"),
  }));
  const hasTls = configs.some((entry) => isObject(entry["tls"]));
  const isCaught = textAt(configs[0], "prefix") === "/" && isObject(configs[0]?.["tls"]);
  const transformers = objectsAt(router, "interpreter", "transformers");
  return [
    ...(hasTls && !isCaught
      ? [
          {
            rule: "W-29" as const,
            at: `${path}.configs`,
            message:
              "a name that no prefix matches is called in plain text; expected an entry in front with prefix: /, and a commonName that nobody has",
          },
        ]
      : []),
    ...places.flatMap(({ entry, at: place, prefix }): readonly Finding[] => [
      ...(prefix === ""
        ? [{ rule: "W-25" as const, at: place, message: "prefix is missing; the first request is answered 502" }]
        : []),
      ...(prefix.startsWith("/#/") && transformers.length > 0
        ? [
            {
              rule: "W-33" as const,
              at: `${place}.prefix`,
              message: "transformers put something in front of bound names, so that it never matches",
            },
          ]
        : []),
      ...entryFindings(entry, place, prefix),
    ]),
  ];
}

const clientKeys = [
  "enabled",
  "disableValidation",
  "commonName",
  "trustCertsBundle",
  "trustCerts",
  "clientAuth",
  "protocols",
];
const clientAuthKeys = ["certPath", "keyPath", "intermediateCertsPath"];

/** Of a client, or of an entry of one. `prefix`: undefined where there is none. */
function entryFindings(entry: JsonObject, path: string, prefix: string | undefined): readonly Finding[] {
  const { tls } = entry;
  if (!isObject(tls) || tls["enabled"] === false) return [];
  const place = `${path}.tls`;
  const commonName = textAt(tls, "commonName");
  // A closed entry says nothing of connections: there is none.
  const isClosed = prefix === "/" && commonName.endsWith(".invalid");
  return [
    ...unknownKeys(tls, clientKeys, place),
    ...(isObject(tls["clientAuth"]) ? unknownKeys(tls["clientAuth"], clientAuthKeys, `${place}.clientAuth`) : []),
    ...tlsRows.flatMap(([rule, holds, message]) => (holds(tls) ? [{ rule, at: place, message }] : [])),
    ...missingCaptures(commonName, prefix ?? "").map((capture): Finding => {
      const message = `${capture} is not captured by ${prefix === undefined ? "any prefix" : quoted(prefix)}; every handshake fails`;
      return { rule: "W-26", at: `${place}.commonName`, message };
    }),
    ...(isClosed || tls["protocols"] !== undefined ? [] : [noProtocols(place)]),
    ...(isClosed || at(entry, "clientSession", "lifeTimeMs") !== undefined
      ? []
      : [
          {
            rule: "W-35" as const,
            at: path,
            message:
              "connections live for ever, with the certificates of their begin; expected clientSession.lifeTimeMs",
          },
        ]),
  ];
}

const tlsRows: readonly (readonly [rule: RuleId, holds: (tls: JsonObject) => boolean, message: string])[] = [
  [
    "W-21",
    (tls) => tls["disableValidation"] === true && tls["clientAuth"] !== undefined,
    "disableValidation and clientAuth exclude each other; linkerd does not start",
  ],
  [
    "W-22",
    (tls) => tls["disableValidation"] !== true && textAt(tls, "commonName") === "",
    "commonName is missing; the first request is answered 502",
  ],
  [
    "W-23",
    (tls) => tls["trustCerts"] !== undefined && tls["trustCertsBundle"] !== undefined,
    "trustCerts and trustCertsBundle exclude each other; the first request is answered 502",
  ],
  [
    "W-32",
    (tls) => tls["trustCerts"] !== undefined,
    "trustCerts is read once; trustCertsBundle is read for every connection",
  ],
];

const capture = /\{[^{}]+\}/g;

const missingCaptures = (commonName: string, prefix: string): readonly string[] => {
  const known = new Set(prefix.match(capture) ?? []);
  return (commonName.match(capture) ?? []).filter((each) => !known.has(each));
};

/** Everything that its TLS reads. */
export function filesNamed(value: Json | undefined, path = ""): readonly NamedFile[] {
  if (isList(value)) return value.flatMap((item, index) => filesNamed(item, `${path}[${index}]`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const here = path === "" ? key : `${path}.${key}`;
    if (typeof item === "string" && pathKeys.has(key)) return [{ at: here, path: item, isKey: key === "keyPath" }];
    return filesNamed(item, here);
  });
}

const pathKeys: ReadonlySet<string> = new Set(
  [...serverKeys, ...clientKeys].filter((key) => /Path$|Bundle$/.test(key)),
);
