/** What the tests of the engine have in common: an installation, a pod, and a short way to inject one into the other. */
import { createHash } from "node:crypto";
import jsonPatch from "fast-json-patch";
import { defaultValues } from "../../src/core/inject/settings/defaults.ts";
import { without } from "../../src/core/base/json/edit.ts";
import { inject } from "../../src/core/inject/inject.ts";
import type { Injection, Patch } from "../../src/core/inject/outcome/injection.ts";
import { readInstallation } from "../../src/core/inject/settings/installation.ts";
import type { Installation } from "../../src/core/inject/settings/installation.ts";
import { readPod } from "../../src/core/inject/pod/pod-view.ts";
import type { PodView } from "../../src/core/inject/pod/pod-view.ts";
import type { InjectRequest } from "../../src/core/inject/request.ts";
import { warningLines } from "../../src/core/inject/messages/warnings.ts";
import { isList, isObject } from "../../src/core/base/json/json.ts";
import type { Annotations, Json, JsonObject, Labels } from "../../src/core/base/json/json.ts";

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The chart's values with some of them changed: `{ "proxy.nativeSidecar": false }`; `undefined` takes a value out. */
export const values = (changes: Readonly<Record<string, Json | undefined>> = {}): JsonObject =>
  Object.entries({ identityTrustAnchorsPEM: "anchors", ...changes }).reduce(
    (changed, [path, value]) => withMember(changed, path.split("."), value),
    defaultValues,
  );

export function installation(
  changes: Readonly<Record<string, Json | undefined>> = {},
  controlPlaneNamespace?: string,
): Installation {
  const read = readInstallation({ values: values(changes), controlPlaneNamespace, sha256 });
  if ("issues" in read) throw new Error(JSON.stringify(read.issues));
  return read.value.installation;
}

function withMember(object: JsonObject, [key = "", ...rest]: readonly string[], value: Json | undefined): JsonObject {
  if (rest.length > 0) return { ...object, [key]: withMember(objectOr(object[key]), rest, value) };
  return value === undefined ? without(object, (each) => each === key) : { ...object, [key]: value };
}

export interface PodParts {
  readonly annotations?: Annotations;
  readonly labels?: Labels;
  readonly metadata?: JsonObject;
  readonly spec?: JsonObject;
  readonly containers?: readonly Json[];
  readonly initContainers?: readonly Json[];
}

/** A pod named `web` with one container `app` that exposes 8080. */
export const pod = ({
  annotations,
  labels,
  metadata,
  spec,
  containers,
  initContainers,
}: PodParts = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web",
    ...(annotations === undefined ? {} : { annotations }),
    ...(labels === undefined ? {} : { labels }),
    ...metadata,
  },
  spec: {
    ...(initContainers === undefined ? {} : { initContainers }),
    containers: containers ?? [{ name: "app", image: "app:1", ports: [{ containerPort: 8080 }] }],
    ...spec,
  },
});

/** A pod that asks for injection itself. */
export const asking = ({ annotations, ...parts }: PodParts = {}): JsonObject =>
  pod({ ...parts, annotations: { "linkerd.io/inject": "enabled", ...annotations } });

/** A container with these ports, all TCP. */
export const exposing = (...ports: readonly number[]): JsonObject => ({
  name: "app",
  image: "app:1",
  ports: ports.map((containerPort) => ({ containerPort })),
});

export const requestFor = (object: JsonObject, changes: Partial<InjectRequest> = {}): InjectRequest => ({
  object,
  namespace: { name: "shop", annotations: {} },
  owner: { kind: "pod", name: "web" },
  installation: defaultInstallation,
  createdBy: "weft/webhook 1.0.0",
  ...changes,
});
const defaultInstallation = installation();

/** The object after injection; the object itself when nothing is done to it. */
export const injectedInto = (object: JsonObject, changes: Partial<InjectRequest> = {}): JsonObject => {
  const injection = inject(requestFor(object, changes));
  return "object" in injection ? plain(injection.object) : object;
};

/** The object after a patch, applied as an API server does: from JSON, with validation. */
export const patched = (object: JsonObject, patch: Patch): JsonObject => {
  const operations = JSON.parse(JSON.stringify(patch)) as jsonPatch.Operation[];
  const { newDocument } = jsonPatch.applyPatch(plain(object), operations, true);
  return newDocument;
};

/** As it is on the wire. */
export const plain = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

/** Warnings as the API server gets them. */
export const linesOf = (injection: Injection): readonly string[] =>
  "warnings" in injection ? warningLines(injection.subject, injection.warnings) : [];

/** Warnings of injecting this pod. */
export const warningsFor = (object: JsonObject, changes: Partial<InjectRequest> = {}): readonly string[] =>
  linesOf(inject(requestFor(object, changes)));

export const viewOf = (object: JsonObject): PodView => {
  const read = readPod(object);
  if ("issues" in read) throw new Error(JSON.stringify(read.issues));
  return read.value;
};

export const memberAt = (value: Json | undefined, ...keys: readonly (string | number)[]): Json | undefined =>
  keys.reduce<Json | undefined>(
    (at, key) => (isList(at) ? at[Number(key)] : isObject(at) ? at[String(key)] : undefined),
    value,
  );

export const itemsAt = (value: Json | undefined, ...keys: readonly (string | number)[]): readonly JsonObject[] => {
  const list = memberAt(value, ...keys);
  return isList(list) ? list.filter((item) => isObject(item)) : [];
};

/** A container or init container of a pod by its name. */
export const containerIn = (object: JsonObject, name: string): JsonObject | undefined =>
  ["initContainers", "containers"]
    .flatMap((list) => itemsAt(object, "spec", list))
    .find((container) => container["name"] === name);

export const namesIn = (object: JsonObject, list: "initContainers" | "containers" | "volumes"): readonly string[] =>
  itemsAt(object, "spec", list).map((item) => String(item["name"]));

/** Value of the proxy's first environment variable of this name, without `LINKERD2_PROXY_`. */
export const variableIn = (object: JsonObject, name: string): Json | undefined =>
  itemsAt(containerIn(object, "linkerd-proxy"), "env").find((each) => each["name"] === `LINKERD2_PROXY_${name}`)?.[
    "value"
  ];

/** Value that follows a flag among the arguments of the init container. */
export const flagIn = (object: JsonObject, flag: string, container = "linkerd-init"): Json | undefined => {
  const list = memberAt(containerIn(object, container), "args");
  return isList(list) && list.includes(flag) ? list[list.indexOf(flag) + 1] : undefined;
};

export const objectOr = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
