/**
 * The fields of a pod that injection reads, read once and checked: from here on the type is the proof. The pod itself
 * stays raw JSON. A field of the wrong type is an issue with its JSON Pointer; an API server never sends one.
 */
import { isList, isObject } from "../../base/json/json.ts";
import type { Annotations, Json, JsonObject, Labels } from "../../base/json/json.ts";
import type { Issue } from "../../base/text/issue.ts";
import { pointer } from "../../base/json/pointer.ts";
import { tokenMountPath } from "../../kubernetes/service-account.ts";
import { unexpected } from "../../base/json/strict.ts";
import type { Result } from "../../base/text/result.ts";
import type { CapabilityLists } from "../../mesh/models.ts";

export interface MetadataView {
  /** Metadata as it is; `undefined` when absent. */
  readonly raw: JsonObject | undefined;
  readonly name: string;
  readonly generateName: string;
  readonly namespace: string;
  readonly annotations: Annotations;
  readonly labels: Labels;
  readonly owners: readonly OwnerView[];
}

export interface OwnerView {
  readonly kind: string;
  readonly name: string;
  readonly apiVersion?: string;
  readonly uid?: string;
}

interface PortView {
  readonly number: number;
  readonly name: string;
  readonly protocol: string;
}

/** A mount of the service account's token, to be copied into the proxy. */
export interface TokenMount {
  readonly name: string;
  readonly readOnly: boolean;
}

export interface ContainerView {
  readonly name: string;
  readonly image: string;
  readonly ports: readonly PortView[];
  /** Numeric ports of the liveness and readiness probe's httpGet. */
  readonly probePorts: readonly number[];
  readonly tokenMount: TokenMount | undefined;
  readonly capabilities: CapabilityLists | undefined;
  readonly raw: JsonObject;
}

export interface PodView {
  readonly metadata: MetadataView;
  /** The spec as it is; `undefined` when absent. */
  readonly spec: JsonObject | undefined;
  readonly hostNetwork: boolean;
  readonly automount: boolean | undefined;
  readonly initContainers: readonly ContainerView[];
  readonly containers: readonly ContainerView[];
  readonly volumes: readonly string[];
}

/** A pod or pod template. `path`: where it stands in its object, for the issues. */
export function readPod(pod: JsonObject, path: readonly string[] = []): Result<PodView> {
  const reader = new Reader();
  const spec = reader.object(pod, "spec", path);
  const at = [...path, "spec"];
  const value: PodView = {
    metadata: metadataView(reader, pod, path),
    spec,
    hostNetwork: reader.boolean(spec, "hostNetwork", at) ?? false,
    automount: reader.boolean(spec, "automountServiceAccountToken", at),
    initContainers: containerViews(reader, spec, "initContainers", at),
    containers: containerViews(reader, spec, "containers", at),
    volumes: reader
      .list(spec, "volumes", at)
      .map((volume, index) => reader.text(volume, "name", [...at, "volumes", index])),
  };
  return reader.issues.length > 0 ? { issues: reader.issues } : { value };
}

/** Metadata of any object. */
export function readMetadata(object: JsonObject): Result<MetadataView> {
  const reader = new Reader();
  const value = metadataView(reader, object, []);
  return reader.issues.length > 0 ? { issues: reader.issues } : { value };
}

/** Ports of a Service: `port`, and `targetPort` as number, name, or 0 when absent. */
export interface ServicePortView {
  readonly name: string;
  readonly port: number;
  readonly targetPort: number | string;
}
export function readServicePorts(service: JsonObject): Result<readonly ServicePortView[]> {
  const reader = new Reader();
  const ports = reader.list(reader.object(service, "spec", []), "ports", ["spec"]);
  const value = ports.map((item, index) => {
    const at = ["spec", "ports", index];
    return {
      name: reader.text(item, "name", at),
      port: reader.integer(item, "port", at),
      targetPort: reader.integerOrText(item, "targetPort", at),
    };
  });
  return reader.issues.length > 0 ? { issues: reader.issues } : { value };
}

type Path = readonly (string | number)[];

function metadataView(reader: Reader, object: JsonObject, path: Path): MetadataView {
  const raw = reader.object(object, "metadata", path);
  const at = [...path, "metadata"];
  return {
    raw,
    name: reader.text(raw, "name", at),
    generateName: reader.text(raw, "generateName", at),
    namespace: reader.text(raw, "namespace", at),
    annotations: reader.texts(raw, "annotations", at),
    labels: reader.texts(raw, "labels", at),
    owners: reader.list(raw, "ownerReferences", at).map((owner, index) => {
      const here = [...at, "ownerReferences", index];
      const [kind, name] = [reader.text(owner, "kind", here), reader.text(owner, "name", here)];
      return { kind, name, apiVersion: reader.text(owner, "apiVersion", here), uid: reader.text(owner, "uid", here) };
    }),
  };
}

function containerViews(
  reader: Reader,
  spec: JsonObject | undefined,
  key: string,
  path: Path,
): readonly ContainerView[] {
  return reader.list(spec, key, path).map((raw, index) => {
    const at = [...path, key, index];
    return {
      name: reader.text(raw, "name", at),
      image: reader.text(raw, "image", at),
      ports: portViews(reader, raw, at),
      probePorts: probePorts(reader, raw, at),
      tokenMount: tokenMount(reader, raw, at),
      capabilities: capabilities(reader, raw, at),
      raw,
    };
  });
}

function portViews(reader: Reader, container: JsonObject, at: Path): readonly PortView[] {
  return reader.list(container, "ports", at).map((port, index) => {
    const here = [...at, "ports", index];
    return {
      number: reader.integer(port, "containerPort", here),
      name: reader.text(port, "name", here),
      protocol: reader.text(port, "protocol", here),
    };
  });
}

function probePorts(reader: Reader, container: JsonObject, at: Path): readonly number[] {
  return ["livenessProbe", "readinessProbe"].flatMap((probe) => {
    const get = reader.object(reader.object(container, probe, at), "httpGet", at);
    if (get?.["port"] === undefined) return [];
    const port = reader.integerOrText(get, "port", [...at, probe, "httpGet"]);
    return typeof port === "number" ? [port] : [];
  });
}

function tokenMount(reader: Reader, container: JsonObject, at: Path): TokenMount | undefined {
  const mount = reader.list(container, "volumeMounts", at).find((each) => each["mountPath"] === tokenMountPath);
  if (mount === undefined) return undefined;
  const here = [...at, "volumeMounts"];
  return { name: reader.text(mount, "name", here), readOnly: reader.boolean(mount, "readOnly", here) ?? false };
}

function capabilities(reader: Reader, container: JsonObject, at: Path): CapabilityLists | undefined {
  const context = reader.object(container, "securityContext", at);
  const raw = reader.object(context, "capabilities", [...at, "securityContext"]);
  if (raw === undefined) return undefined;
  const here = [...at, "securityContext", "capabilities"];
  return { add: reader.textList(raw, "add", here), drop: reader.textList(raw, "drop", here) };
}

/**
 * Reads members of the type they must have and collects what is wrong. An absent parent, an absent member and null are
 * all absent, as in Kubernetes.
 */
class Reader {
  readonly issues: Issue[] = [];

  private wrong(at: Path, key: string | number, expected: string, value: Json): undefined {
    if (this.issues.length < mostIssues) this.issues.push(unexpected(pointer(...at, key), expected, value));
    return undefined;
  }

  object(parent: JsonObject | undefined, key: string, at: Path): JsonObject | undefined {
    const value = parent?.[key];
    if (value === undefined || value === null) return undefined;
    return isObject(value) ? value : this.wrong(at, key, "an object", value);
  }

  list(parent: JsonObject | undefined, key: string, at: Path): readonly JsonObject[] {
    const value = parent?.[key];
    if (value === undefined || value === null) return noItems;
    if (!isList(value)) return this.wrong(at, key, "a list", value) ?? noItems;
    if (value.every((item) => isObject(item))) return value;
    return value.map((item, index) => {
      if (isObject(item)) return item;
      if (item !== null && this.issues.length < mostIssues) this.wrong([...at, key], index, "an object", item);
      return nothing;
    });
  }

  text(parent: JsonObject | undefined, key: string, at: Path): string {
    const value = parent?.[key];
    if (value === undefined || value === null) return "";
    return typeof value === "string" ? value : (this.wrong(at, key, "text", value) ?? "");
  }

  textList(parent: JsonObject, key: string, at: Path): readonly string[] {
    const value = parent[key];
    if (value === undefined || value === null) return [];
    if (isList(value) && value.every((item) => typeof item === "string")) return value;
    return this.wrong(at, key, "a list of text", value) ?? [];
  }

  texts(parent: JsonObject | undefined, key: string, at: Path): Readonly<Record<string, string>> {
    const raw = this.object(parent, key, at);
    if (raw === undefined) return noTexts;
    const names = Object.keys(raw);
    if (names.every((name) => typeof raw[name] === "string")) return raw as Readonly<Record<string, string>>;
    return Object.fromEntries(names.map((name) => [name, this.text(raw, name, [...at, key])]));
  }

  boolean(parent: JsonObject | undefined, key: string, at: Path): boolean | undefined {
    const value = parent?.[key];
    if (value === undefined || value === null) return undefined;
    return typeof value === "boolean" ? value : this.wrong(at, key, "true or false", value);
  }

  /** int32, as ports are; absent is 0, as in Go. */
  integer(parent: JsonObject, key: string, at: Path): number {
    const value = parent[key];
    if (value === undefined || value === null) return 0;
    if (typeof value === "number" && Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31) return value;
    return this.wrong(at, key, "a whole number of 32 bits", value) ?? 0;
  }

  integerOrText(parent: JsonObject, key: string, at: Path): number | string {
    const value = parent[key];
    return typeof value === "string" ? value : this.integer(parent, key, at);
  }
}

/** Of an object that is wrong in every place the first few are told. */
const mostIssues = 20;

const nothing: JsonObject = {};
const noItems: readonly JsonObject[] = [];
const noTexts: Readonly<Record<string, string>> = {};
