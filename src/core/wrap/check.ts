/** Objects and configurations → what is wrong with the TLS of linkerd 1.x, most important first within each. */
import type { JsonObject } from "../base/json/json.ts";
import { labelsOf, objectsAt, textAt } from "../base/json/read.ts";
import { keys } from "../mesh/annotations.ts";
import { configurationFindings, configurationsOf, filesNamed, isConfiguration } from "./check-configuration.ts";
import { certificateSecretOf, wrongNames } from "./check-names.ts";
import { workloadOf } from "./identities.ts";
import type { Workload } from "./identities.ts";
import { files, isWrapped, siteIdentity } from "./names.ts";
import { isCertificateSecret, placeOf } from "./objects.ts";
import type { SecretTexts } from "./objects.ts";
import { objectText, placeText } from "./placed.ts";
import type { Placed } from "./placed.ts";
import type { Finding, RuleId } from "./rules.ts";
import { strangerIn } from "./workload.ts";
import { certificateTexts, dayOf, textsOf } from "./secrets.ts";
import type { SecretFacts } from "./secrets.ts";

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
    ...wrongNames(all, (secret) => ownNames(secret, world)),
    ...differentRoots(secrets),
  ];
}

/** Whether there is anything in it that is looked at. */
export function isOfLinkerd1(object: JsonObject): boolean {
  const workload = workloadOf(object, "");
  if (workload !== undefined) return isWrapped(workload.pod) || strangerIn(workload.pod) !== undefined;
  return isCertificateSecret(object) || isConfiguration(object) || configurationsOf(object).length > 0;
}

function configurationsIn(placed: Placed, mounts: readonly Mount[]): readonly Finding[] {
  const { from, object } = placed;
  if (isConfiguration(object)) return configurationFindings(object, from);
  return configurationsOf(object).flatMap(([key, value]) => {
    const place = `${placeText(placed)}: ${key}`;
    const beside = mounts.find((mount) => mount.config === placeOf(object, ""));
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

function mountsIn(all: readonly Placed[]): readonly Mount[] {
  const secrets = new Map(
    all.flatMap(({ object }) => (object["kind"] === "Secret" ? [[placeOf(object, ""), textsOf(object)] as const] : [])),
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
            at: `${placeText(placed)}: ${key}`,
            message: "holds the key of a root: whoever reads it can be any Service; rotate the root",
          },
        ]
      : [],
  );
}

function missingSecrets(placed: Placed, all: readonly Placed[], { knowsSecrets }: CheckWorld): readonly Finding[] {
  const workload = workloadOf(placed.object, "");
  if (workload === undefined || !knowsSecrets || !isWrapped(workload.pod)) return [];
  const name = certificateSecretOf(workload);
  const place = ["Secret", workload.namespace, name].join("/");
  const isThere = all.some(({ object }) => placeOf(object, "") === place);
  return isThere
    ? []
    : [
        {
          rule: "W-19",
          at: placeText(placed),
          message: `there is no Secret ${name}: its pods do not start; weft wrap certs makes it`,
        },
      ];
}

function secretFindings(placed: Placed, { facts, now, renewBefore }: CheckWorld): readonly Finding[] {
  const read = facts(certificateTexts(placed.object));
  const finding = (rule: RuleId, message: string): Finding => ({ rule, at: placeText(placed), message });
  if (read.kind === "unreadable") return [finding("W-16", read.why)];
  const { notAfter, notBefore, names, certificates, keyFits } = read;
  const identity = labelsOf(placed.object)[keys.wrap] ?? "";
  return [
    ...(notAfter <= now
      ? [finding("W-15", `its certificate ended ${dayOf(notAfter)}`)]
      : notAfter - now <= (renewBefore ?? (notAfter - notBefore) / 3)
        ? [finding("W-15", `its certificate ends ${dayOf(notAfter)}; weft wrap certs makes another`)]
        : []),
    ...(keyFits ? [] : [finding("W-16", "key and certificate do not belong together")]),
    ...(isOwnName(names, identity)
      ? []
      : [finding("W-16", `its certificate is for ${names.join(", ") || "no name"}, not ${identity}`)]),
    ...(certificates === 1
      ? []
      : [finding("W-16", `${files.certificate} has a chain, of which linkerd sends the first alone`)]),
  ];
}

const isOwnName = (names: readonly string[], identity: string): boolean =>
  identity === siteIdentity || names.some((name) => name === identity || name.startsWith(`${identity}.`));

/** None where they are wrong whoever calls, which is told of the Secret itself. */
function ownNames(secret: JsonObject, { facts }: CheckWorld): readonly string[] {
  const read = facts(certificateTexts(secret));
  const identity = labelsOf(secret)[keys.wrap] ?? "";
  return read.kind === "read" && isOwnName(read.names, identity) ? read.names : [];
}

function differentRoots(secrets: readonly Placed[]): readonly Finding[] {
  const normal = ({ object }: Placed): string => (textsOf(object)[files.roots] ?? "").replaceAll(/\s+/g, "");
  const [first, ...others] = secrets;
  const other = first === undefined ? undefined : others.find((each) => normal(each) !== normal(first));
  if (first === undefined || other === undefined) return [];
  const message = `trusts other roots than ${objectText(first.object)}: some calls are refused, unless a rotation is under way`;
  return [{ rule: "W-17", at: placeText(other), message }];
}
