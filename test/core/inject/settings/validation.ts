/**
 * What Kubernetes' validation of a pod (core/v1) says of the fields that weft fills, as a model: a list of refusals. It is
 * written from the rules, apart from the engine; `test/api/annotation-values.api.ts` compares what passes here with an
 * API server.
 */
import { billionths } from "../../../../src/core/base/scalars/quantity.ts";
import type { Json, JsonObject } from "../../../../src/core/base/json/json.ts";
import { itemsAt, memberAt, objectOr } from "../../../support/injection.ts";

export function refusals(pod: JsonObject): readonly string[] {
  const containers = [...itemsAt(pod, "spec", "initContainers"), ...itemsAt(pod, "spec", "containers")];
  return [
    ...Object.entries(objectOr(memberAt(pod, "metadata", "labels"))).flatMap(([key, value]) =>
      /^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$/.test(String(value)) ? [] : [`label ${key}`],
    ),
    ...when(sizeOf(objectOr(memberAt(pod, "metadata", "annotations"))) > 262_144, "annotations are too long"),
    ...containers.flatMap((container) => refusalsOf(container).map((what) => `${String(container["name"])}: ${what}`)),
    ...aggregates(pod),
  ];
}

const when = (holds: boolean, what: string): readonly string[] => (holds ? [what] : []);

const sizeOf = (map: JsonObject): number =>
  Object.entries(map).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)), 0);

function refusalsOf(container: JsonObject): readonly string[] {
  const image = String(container["image"]);
  const context = objectOr(container["securityContext"]);
  const added = memberAt(context, "capabilities", "add") as readonly Json[] | undefined;
  const ports = itemsAt(container, "ports").map(({ containerPort }) => containerPort);
  return [
    ...when(image === "" || /^\p{White_Space}|\p{White_Space}$/u.test(image), `image ${JSON.stringify(image)}`),
    ...when(
      !["Always", "IfNotPresent", "Never", undefined].includes(container["imagePullPolicy"] as string),
      `pull policy ${String(container["imagePullPolicy"])}`,
    ),
    ...["runAsUser", "runAsGroup"].flatMap((field) =>
      when(!isWhole(context[field] ?? 0, 0, 2 ** 31 - 1), `${field} ${String(context[field])}`),
    ),
    ...when(
      context["allowPrivilegeEscalation"] === false && added?.includes("CAP_SYS_ADMIN") === true,
      "CAP_SYS_ADMIN without escalation",
    ),
    ...when(!ports.every((port) => isWhole(port, 1, 65_535)), "ports"),
    ...["livenessProbe", "readinessProbe", "startupProbe"].flatMap((probe) => {
      const port = memberAt(container, probe, "httpGet", "port");
      return when(port !== undefined && !isWhole(port, 1, 65_535), `port of ${probe}`);
    }),
    ...itemsAt(container, "env").flatMap((variable) => when(!isVariable(variable), `env ${JSON.stringify(variable)}`)),
    ...resourceRefusals(objectOr(container["resources"])),
  ];
}

const isWhole = (value: Json | undefined, low: number, high: number): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= low && value <= high;

function resourceRefusals(resources: JsonObject): readonly string[] {
  const [limits, requests] = [objectOr(resources["limits"]), objectOr(resources["requests"])];
  const amount = (value: Json | undefined): bigint => billionths(String(value)) ?? -1n;
  return [
    ...[...Object.entries(limits), ...Object.entries(requests)].flatMap(([name, value]) =>
      when(amount(value) < 0n, `${name} ${String(value)}`),
    ),
    ...Object.entries(requests).flatMap(([name, value]) =>
      when(limits[name] !== undefined && amount(value) > amount(limits[name]), `request of ${name} over its limit`),
    ),
  ];
}

const isText = (value: Json | undefined, of: RegExp): boolean => typeof value === "string" && of.test(value);
const subdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const subscript =
  /^metadata\.(labels|annotations)\['(?:[a-z0-9.-]+\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?'\]$/i;
const plainField =
  /^(metadata\.(name|namespace|uid)|spec\.(nodeName|host|serviceAccountName)|status\.(hostIP|hostIPs|podIP|podIPs))$/;

const ofObject = (ref: JsonObject): boolean =>
  isText(ref["name"], subdomain) &&
  isText(ref["key"], /^(?!\.\.|\.$)[-._a-zA-Z0-9]{1,253}$/) &&
  [undefined, true, false].includes(ref["optional"] as boolean);

const refs: Readonly<Record<string, (ref: JsonObject) => boolean>> = {
  fieldRef: (ref) =>
    [undefined, "v1"].includes(ref["apiVersion"] as string) &&
    (isText(ref["fieldPath"], plainField) || isText(ref["fieldPath"], subscript)),
  resourceFieldRef: ({ resource, divisor }) =>
    isText(resource, /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-)/) &&
    (divisor === undefined ||
      /^(0|1)$/.test(String(divisor)) ||
      isText(divisor, isText(resource, /cpu$/) ? /^1m$/ : /^1([kMGTPE]|[KMGTPE]i)$/)),
  configMapKeyRef: ofObject,
  secretKeyRef: ofObject,
};

function isVariable({ name, value, valueFrom }: JsonObject): boolean {
  if (!isText(name, /^[\x20-\x3c\x3e-\x7e]+$/)) return false;
  if (valueFrom === undefined) return true;
  const given = Object.entries(objectOr(valueFrom));
  return (value ?? "") === "" && given.length === 1 && given.every(([key, ref]) => refs[key]?.(objectOr(ref)) === true);
}

/** Requests of all containers, beside those of the pod as a whole. */
function aggregates(pod: JsonObject): readonly string[] {
  const whole = objectOr(memberAt(pod, "spec", "resources"));
  const [requests, limits] = [objectOr(whole["requests"]), objectOr(whole["limits"])];
  const all = [
    ...itemsAt(pod, "spec", "containers"),
    ...itemsAt(pod, "spec", "initContainers").filter(({ restartPolicy }) => restartPolicy === "Always"),
  ];
  return ["cpu", "memory"].flatMap((name) => {
    const most = requests[name] ?? limits[name];
    if (most === undefined) return [];
    const of = (container: JsonObject): bigint => {
      const given =
        memberAt(container, "resources", "requests", name) ?? memberAt(container, "resources", "limits", name);
      return given === undefined ? 0n : (billionths(String(given)) ?? 0n);
    };
    const sum = all.reduce((total, container) => total + of(container), 0n);
    return when(sum > (billionths(String(most)) ?? 0n), `${name} of all containers is over that of the pod`);
  });
}
