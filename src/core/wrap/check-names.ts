/** Whether the certificate that a Service shows has the name that callers' configurations expect of it. */
import { isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { at, labelsOf, objectsAt, textAt } from "../base/json/read.ts";
import { keys } from "../mesh/annotations.ts";
import { configurationsOf } from "./check-configuration.ts";
import { isClientIdentity, workloadOf } from "./identities.ts";
import type { Workload } from "./identities.ts";
import { isWrapped, nobody, routerPort, volumes } from "./names.ts";
import { placeOf } from "./objects.ts";
import { objectText, placeText } from "./placed.ts";
import type { Placed } from "./placed.ts";
import type { Finding } from "./rules.ts";

/** `namesOf`: those in the certificate of a Secret; none: nothing is known, or all is wrong with it already. */
export function wrongNames(
  all: readonly Placed[],
  namesOf: (secret: JsonObject) => readonly string[],
): readonly Finding[] {
  const secrets = new Map(
    all.flatMap((placed) =>
      placed.object["kind"] === "Secret" ? [[placeOf(placed.object, ""), placed] as const] : [],
    ),
  );
  const expecting = expectationsIn(all);
  // Pods of several workloads show one Secret, and most configurations expect the same.
  const findings = calledIn(all).flatMap((called) => {
    const secret = secrets.get(["Secret", called.namespace, called.secret].join("/"));
    const names = secret === undefined ? [] : namesOf(secret.object);
    if (secret === undefined || names.length === 0) return [];
    return expecting.flatMap((each): readonly (readonly [string, Finding])[] => {
      const wanted = expectedName(each, called);
      if (wanted === undefined || names.some((name) => covers(name, wanted))) return [];
      const message = `its certificate is for ${names.join(", ")}, and ${each.by} expects ${wanted}: calls are refused; give weft wrap certs and inject the same --common-name`;
      return [[`${placeText(secret)} ${wanted}`, { rule: "W-37", at: placeText(secret), message }]];
    });
  });
  return [...new Map(findings.toReversed()).values()].toReversed();
}

interface Called {
  readonly service: string;
  readonly namespace: string;
  readonly secret: string;
}

function calledIn(all: readonly Placed[]): readonly Called[] {
  return all.flatMap(({ object }) => {
    const workload = workloadOf(object, "");
    if (workload === undefined || !isWrapped(workload.pod)) return [];
    const service = labelsOf(workload.pod)[keys.wrap] ?? "";
    const { namespace } = workload;
    return isClientIdentity(service) ? [] : [{ service, namespace, secret: certificateSecretOf(workload) }];
  });
}

/** The name of the Secret with the certificate of wrapped pods. */
export const certificateSecretOf = ({ pod }: Workload): string =>
  textAt(
    objectsAt(pod, "spec", "volumes").find(({ name }) => name === volumes.certs),
    "secret",
    "secretName",
  );

interface Expectations {
  /** The ConfigMap. */
  readonly by: string;
  readonly namespace: string;
  readonly entries: readonly Entry[];
}

interface Entry {
  readonly prefix: string;
  /** Undefined: every certificate will do. */
  readonly commonName: string | undefined;
}

/** Of all configurations, each kind once: thousands of callers expect the same. */
function expectationsIn(all: readonly Placed[]): readonly Expectations[] {
  const found = all.flatMap(({ object }): readonly (readonly [string, Expectations])[] => {
    const namespace = textAt(object, "metadata", "namespace");
    return configurationsOf(object).map(([, value]) => {
      const entries = objectsAt(value, "routers").flatMap((router) => entriesOf(at(router, "client")));
      return [JSON.stringify([namespace, entries]), { by: objectText(object), namespace, entries }] as const;
    });
  });
  return [...new Map(found.toReversed()).values()].toReversed();
}

function entriesOf(client: Json | undefined): readonly Entry[] {
  if (!isObject(client)) return [];
  const isStatic = client["kind"] === "io.l5d.static";
  return (isStatic ? objectsAt(client, "configs") : [client]).flatMap((entry) => {
    const { tls } = entry;
    if (!isObject(tls) || tls["enabled"] === false) return [];
    const commonName = tls["disableValidation"] === true ? undefined : textAt(tls, "commonName");
    return [{ prefix: isStatic ? textAt(entry, "prefix") : "/", commonName }];
  });
}

/** Of the entries that match the last one holds. Undefined: the configuration says nothing of the Service. */
function expectedName({ entries, namespace }: Expectations, called: Called): string | undefined {
  const matching = entries.flatMap(({ prefix, commonName }) => {
    const captures = capturesOf(prefix, namespace, called);
    return captures === undefined ? [] : [{ captures, commonName }];
  });
  const { captures, commonName } = matching.at(-1) ?? {};
  if (captures === undefined || commonName === undefined || commonName === "" || commonName === nobody)
    return undefined;
  return commonName.replaceAll(/\{[^{}]+\}/g, (capture) => captures.get(capture) ?? capture);
}

/** Bound names of Services, by kubectl proxy and by DNS: namespace and Service, each a word or a capture. */
const boundNames = [
  new RegExp(`^/#/ns/(?<namespace>[^/]+)/${routerPort}/(?<service>[^/]+)$`),
  new RegExp(`^/\\$/inet/(?<service>[^/.]+)-${routerPort}\\.(?<namespace>[^/.]+)\\.svc\\.`),
];

/** What a prefix captures of a Service's name; undefined: it does not match. One that matches all is of its own namespace. */
function capturesOf(prefix: string, own: string, called: Called): ReadonlyMap<string, string> | undefined {
  if (prefix === "/") return own === called.namespace ? new Map() : undefined;
  const parts = boundNames.map((pattern) => pattern.exec(prefix)?.groups).find((groups) => groups !== undefined);
  if (parts === undefined) return undefined;
  const pairs = [
    [parts["namespace"] ?? "", called.namespace],
    [parts["service"] ?? "", called.service],
  ] as const;
  const isMatch = pairs.every(([part, word]) => part === word || /^\{[^{}]+\}$/.test(part));
  return isMatch ? new Map(pairs) : undefined;
}

/** A name in a certificate may stand for all of one level (RFC 6125, section 6.4.3). */
const covers = (name: string, wanted: string): boolean =>
  name === wanted || (name.startsWith("*.") && name.slice(1) === wanted.slice(Math.max(0, wanted.indexOf("."))));
