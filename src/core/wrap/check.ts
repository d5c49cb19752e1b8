/** Objects and configurations → what is wrong with the TLS of linkerd 1.x, most important first within each. */
import type { JsonObject } from "../base/json/json.ts";
import { labelsOf, nameOf, objectsAt, textAt } from "../base/json/read.ts";
import { readDocument } from "../documents/document.ts";
import { keys } from "../mesh/annotations.ts";
import { configurationFindings, filesNamed, isConfiguration } from "./check-configuration.ts";
import { shown, workloadOf } from "./identities.ts";
import type { Workload } from "./identities.ts";
import { files, isWrapped, siteIdentity, volumes } from "./names.ts";
import { isCertificateSecret } from "./objects.ts";
import type { SecretTexts } from "./objects.ts";
import type { Finding, RuleId } from "./rules.ts";
import { dayOf, textsOf } from "./secrets.ts";
import type { SecretFacts } from "./secrets.ts";

export interface Placed {
  /** File, or the cluster. */
  readonly from: string;
  readonly object: JsonObject;
}

export interface CheckWorld {
  readonly facts: (texts: SecretTexts) => SecretFacts;
  /** Public keys of the private keys in a text, in a form to compare. */
  readonly keysIn: (text: string) => readonly string[];
  /** Of the certificates in a text. */
  readonly publicKeysIn: (pem: string) => readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly renewBefore: number | undefined;
  /** All Secrets are known: one that is not among them is not there. */
  readonly knowsSecrets: boolean;
}

/** `all`: configurations of files, and objects. */
export function checked(all: readonly Placed[], world: CheckWorld): readonly Finding[] {
  const secrets = all.filter(({ object }) => isCertificateSecret(object));
  const mounts = mountsIn(all);
  const roots = new Set(secrets.flatMap(({ object }) => world.publicKeysIn(textsOf(object)[files.roots] ?? "")));
  return [
    ...all.flatMap((placed) => [
      ...configurationsIn(placed, mounts),
      ...rootKeys(placed, roots, world),
      ...missingSecrets(placed, all, world),
    ]),
    ...secrets.flatMap((placed) => secretFindings(placed, world)),
    ...differentRoots(secrets),
  ];
}

const placeOf = ({ from, object }: Placed): string =>
  `${from}: ${shown({ kind: textAt(object, "kind").toLowerCase(), name: nameOf(object) })}`;

function configurationsIn(placed: Placed, mounts: readonly Mount[]): readonly Finding[] {
  const { from, object } = placed;
  if (isConfiguration(object)) return configurationFindings(object, from);
  if (object["kind"] !== "ConfigMap") return [];
  return Object.entries(textsOf(object)).flatMap(([key, text]) => {
    if (!key.endsWith(".yaml")) return [];
    const { value } = readDocument(text);
    if (!isConfiguration(value)) return [];
    const place = `${placeOf(placed)}: ${key}`;
    const beside = mounts.find((mount) => mount.config === objectKey("ConfigMap", object));
    return [
      ...configurationFindings(value, place),
      ...(beside === undefined ? [] : fileFindings(value, place, beside)),
    ];
  });
}

/** A pod that has a configuration, with the Secrets at hand that are mounted beside it, by their folders. */
interface Mount {
  readonly config: string;
  readonly folders: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

const objectKey = (kind: string, object: JsonObject): string =>
  [kind, textAt(object, "metadata", "namespace"), nameOf(object)].join("/");

function mountsIn(all: readonly Placed[]): readonly Mount[] {
  const secrets = new Map(
    all.flatMap(({ object }) =>
      object["kind"] === "Secret" ? [[objectKey("Secret", object), textsOf(object)] as const] : [],
    ),
  );
  return all.flatMap(({ object }) => {
    const workload = workloadOf(object, "");
    return workload === undefined ? [] : mountsOf(workload, secrets);
  });
}

function mountsOf(
  { pod, namespace }: Workload,
  secrets: ReadonlyMap<string, Readonly<Record<string, string>>>,
): readonly Mount[] {
  const podVolumes = objectsAt(pod, "spec", "volumes");
  const folders = new Map<string, Readonly<Record<string, string>>>();
  for (const container of ["initContainers", "containers"].flatMap((list) => objectsAt(pod, "spec", list))) {
    for (const mount of objectsAt(container, "volumeMounts")) {
      const volume = podVolumes.find(({ name }) => name === mount["name"]);
      const texts = secrets.get(["Secret", namespace, textAt(volume, "secret", "secretName")].join("/"));
      if (texts !== undefined) folders.set(textAt(mount, "mountPath").replace(/\/+$/, ""), texts);
    }
  }
  return podVolumes.flatMap((volume) => {
    const name = textAt(volume, "configMap", "name");
    return name === "" ? [] : [{ config: ["ConfigMap", namespace, name].join("/"), folders }];
  });
}

function fileFindings(configuration: JsonObject, place: string, { folders }: Mount): readonly Finding[] {
  return filesNamed(configuration).flatMap(({ at, path, isKey }): readonly Finding[] => {
    const slash = path.lastIndexOf("/");
    const texts = folders.get(path.slice(0, slash));
    const text = texts?.[path.slice(slash + 1)];
    const finding = (message: string): Finding => ({ rule: "W-27", at: `${place}: ${at}`, message });
    if (texts === undefined) return [];
    if (text === undefined) return [finding(`${path} is not in the Secret that is mounted there`)];
    return isKey && !text.includes("-----BEGIN PRIVATE KEY-----")
      ? [finding(`${path} is not a key in PKCS#8 (BEGIN PRIVATE KEY), the only form that linkerd reads`)]
      : [];
  });
}

function rootKeys(placed: Placed, roots: ReadonlySet<string>, { keysIn }: CheckWorld): readonly Finding[] {
  const { object } = placed;
  if (object["kind"] !== "Secret" && object["kind"] !== "ConfigMap") return [];
  return Object.entries(textsOf(object)).flatMap(([key, text]): readonly Finding[] =>
    keysIn(text).some((each) => roots.has(each))
      ? [
          {
            rule: "W-18",
            at: `${placeOf(placed)}: ${key}`,
            message: "holds the key of a root: whoever reads it can be any Service; rotate the root",
          },
        ]
      : [],
  );
}

function missingSecrets(placed: Placed, all: readonly Placed[], { knowsSecrets }: CheckWorld): readonly Finding[] {
  const workload = workloadOf(placed.object, "");
  if (workload === undefined || !knowsSecrets || !isWrapped(workload.pod)) return [];
  const { pod, namespace } = workload;
  const volume = objectsAt(pod, "spec", "volumes").find(({ name }) => name === volumes.certs);
  const name = textAt(volume, "secret", "secretName");
  const isThere = all.some(
    ({ object }) =>
      object["kind"] === "Secret" && objectKey("Secret", object) === ["Secret", namespace, name].join("/"),
  );
  return isThere
    ? []
    : [
        {
          rule: "W-19",
          at: placeOf(placed),
          message: `there is no Secret ${name}: its pods do not start; weft wrap certs makes it`,
        },
      ];
}

function secretFindings(placed: Placed, { facts, now, renewBefore }: CheckWorld): readonly Finding[] {
  const texts = textsOf(placed.object);
  const [certificate = "", key = "", roots = ""] = [files.certificate, files.key, files.roots].map(
    (name) => texts[name],
  );
  const read = facts({ certificate, key, roots });
  const finding = (rule: RuleId, message: string): Finding => ({ rule, at: placeOf(placed), message });
  if (read.kind === "unreadable") return [finding("W-16", read.why)];
  const { notAfter, notBefore, names, certificates, keyFits } = read;
  const identity = labelsOf(placed.object)[keys.wrap] ?? "";
  const isOwnName = names.some((name) => name === identity || name.startsWith(`${identity}.`));
  return [
    ...(notAfter <= now
      ? [finding("W-15", `its certificate ended ${dayOf(notAfter)}`)]
      : notAfter - now <= (renewBefore ?? (notAfter - notBefore) / 3)
        ? [finding("W-15", `its certificate ends ${dayOf(notAfter)}; weft wrap certs makes another`)]
        : []),
    ...(keyFits ? [] : [finding("W-16", "key and certificate do not belong together")]),
    ...(identity === siteIdentity || isOwnName
      ? []
      : [finding("W-16", `its certificate is for ${names.join(", ") || "no name"}, not ${identity}`)]),
    ...(certificates === 1
      ? []
      : [finding("W-16", `${files.certificate} has a chain, of which linkerd sends the first alone`)]),
  ];
}

function differentRoots(secrets: readonly Placed[]): readonly Finding[] {
  const normal = ({ object }: Placed): string => (textsOf(object)[files.roots] ?? "").replaceAll(/\s+/g, "");
  const [first, ...others] = secrets;
  const other = first === undefined ? undefined : others.find((each) => normal(each) !== normal(first));
  if (first === undefined || other === undefined) return [];
  const message = `trusts other roots than ${shown({ kind: "secret", name: nameOf(first.object) })}: some calls are refused, unless a rotation is under way`;
  return [{ rule: "W-17", at: placeOf(other), message }];
}
