/**
 * What Kubernetes' validation says of an environment variable (core/v1 EnvVar, ValidateEnv): a pod with a variable that
 * breaks one of these rules is refused as a whole.
 */
import { isObject } from "../../base/json/json.ts";
import type { Json, JsonObject } from "../../base/json/json.ts";
import { isDnsSubdomain } from "../../base/scalars/dns-label.ts";
import { billionths } from "../../base/scalars/quantity.ts";
import { quoted } from "../../base/text/quote.ts";
import type { EnvVar } from "./fields.ts";

/** The variable with the members that Kubernetes knows, or why it would be refused, in words. */
export function admissible(variable: EnvVar): EnvVar | string {
  const { name, value, valueFrom } = variable;
  if (name === "") return "it has no name";
  // IsRelaxedEnvVarName, since Kubernetes 1.32.
  if (!/^[ -<>-~]+$/.test(name)) return 'a name has printable ASCII characters other than "="';
  // Nothing is refused for it, but no process can be started with it.
  if (value?.includes("\0") === true) return "its value has a NUL character";
  if (valueFrom === undefined) return variable;
  const given = sources.filter(({ key }) => isGiven(valueFrom[key]));
  const [source] = given;
  if (source === undefined) return `valueFrom is not one of ${sources.map(({ key }) => key).join(", ")}`;
  if (given.length > 1) return `valueFrom has ${given.map(({ key }) => key).join(" and ")}, of which one is allowed`;
  if (value !== undefined && value !== "") return "it has both value and valueFrom";
  const found = membersOf(source, valueFrom[source.key]);
  return typeof found === "string" ? `valueFrom.${source.key}${found}` : { name, valueFrom: { [source.key]: found } };
}

interface Source {
  readonly key: string;
  readonly members: Readonly<Record<string, Member>>;
}

interface Member {
  readonly required: boolean;
  /** What is wrong, after the member's name; undefined: nothing. */
  readonly problem: (value: Json, all: JsonObject) => string | undefined;
}

const isGiven = (value: Json | undefined): boolean => value !== undefined && value !== null;

/** The members that Kubernetes knows; a text is where and what is wrong. */
function membersOf({ members }: Source, given: Json | undefined): JsonObject | string {
  if (!isObject(given)) return " is not a map";
  const kept: [string, Json][] = [];
  for (const [key, { required, problem }] of Object.entries(members)) {
    const value = given[key];
    if (value === undefined || value === null || value === "") {
      if (required) return `.${key} is missing`;
      continue;
    }
    const why = problem(value, given);
    if (why !== undefined) return `.${key} ${why}`;
    kept.push([key, value]);
  }
  return Object.fromEntries(kept);
}

const text = (holds: (value: string, all: JsonObject) => boolean, expects: string): Member["problem"] => {
  return (value, all) =>
    typeof value === "string" && holds(value, all)
      ? undefined
      : `${typeof value === "string" ? quoted(value, 30) : JSON.stringify(value).slice(0, 30)} is not ${expects}`;
};
const required = (holds: (value: string, all: JsonObject) => boolean, expects: string): Member => ({
  required: true,
  problem: text(holds, expects),
});

const optional: Member = {
  required: false,
  problem: (value) => (typeof value === "boolean" ? undefined : "is not true or false"),
};

/** Keys of ConfigMaps and Secrets (apimachinery IsConfigMapKey). */
const isKey = (key: string): boolean => key.length <= 253 && /^(?!\.$|\.\.)[-._a-zA-Z0-9]+$/.test(key);

const inObject = {
  name: required(isDnsSubdomain, "a name of an object"),
  key: required(isKey, "a key of letters, digits, -, _ and ."),
  optional,
};

const sources: readonly Source[] = [
  {
    key: "fieldRef",
    members: {
      apiVersion: { required: false, problem: text((version) => version === "v1", '"v1"') },
      fieldPath: required(isFieldPath, "a field that variables can have"),
    },
  },
  {
    key: "resourceFieldRef",
    members: {
      containerName: { required: false, problem: text(() => true, "text") },
      resource: required((name) => resource.test(name), "a resource such as limits.cpu"),
      divisor: {
        required: false,
        problem: (divisor, { resource }) =>
          isDivisor(divisor, resource) ? undefined : "is not a unit that Kubernetes divides this resource by",
      },
    },
  },
  { key: "configMapKeyRef", members: inObject },
  { key: "secretKeyRef", members: inObject },
];

const fields: ReadonlySet<string> = new Set([
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
  // An old name of spec.nodeName, which is still converted.
  "spec.host",
]);

function isFieldPath(path: string): boolean {
  const [, of, key = ""] = /^metadata\.(annotations|labels)\['(.*)'\]$/.exec(path) ?? [];
  if (of === undefined) return fields.has(path);
  return isQualifiedName(of === "annotations" ? key.toLowerCase() : key);
}

/** A key of a label or annotation (apimachinery IsQualifiedName). */
function isQualifiedName(key: string): boolean {
  const slash = key.indexOf("/");
  const [prefix, name] = slash === -1 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)];
  return (prefix === undefined || isDnsSubdomain(prefix)) && name.length <= 63 && qualified.test(name);
}

const qualified = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const resource = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.*)$/;

const cores = ["1m", "1"];
const bytes = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/** Compared as text. Kubernetes reads a number as a quantity, too; 0 counts as absent. */
function isDivisor(divisor: Json, resource: Json | undefined): boolean {
  const text = typeof divisor === "number" ? String(divisor) : divisor;
  const units = resource === "limits.cpu" || resource === "requests.cpu" ? cores : bytes;
  return typeof text === "string" && (units.includes(text) || billionths(text) === 0n);
}
