/** Objects to ask advice on, and a short way to ask. */
import { advice } from "../../src/core/advice/advice.ts";
import { warningLines } from "../../src/core/inject/messages/warnings.ts";
import type { Annotations, Json, JsonObject, Labels } from "../../src/core/base/json/json.ts";
import { installation } from "./injection.ts";
import type { AdviceRequest } from "../../src/core/advice/request.ts";

const settings = installation();

export interface Around {
  /** Annotations of the namespace. */
  readonly annotations?: Annotations;
  readonly labels?: Labels;
  /** Changes to the chart's values. */
  readonly values?: Readonly<Record<string, Json>>;
  readonly oldObject?: JsonObject;
}

/** The lines that a user reads. */
export function linesFor(object: JsonObject, around: Around = {}): readonly string[] {
  const { subject, warnings } = advice(requestFor(object, around));
  return warningLines(subject, warnings);
}

export const requestFor = (
  object: JsonObject,
  { annotations = {}, labels = {}, values, oldObject }: Around = {},
): AdviceRequest => ({
  object,
  oldObject,
  namespace: { name: "shop", annotations, labels },
  installation: values === undefined ? settings : installation(values),
});

/** A pod template with one container `app`, which exposes port 8080 named `http`. */
export const template = (annotations: Annotations = {}, spec: JsonObject = {}): JsonObject => ({
  metadata: { annotations },
  spec: { containers: [{ name: "app", image: "app:1", ports: [{ name: "http", containerPort: 8080 }] }], ...spec },
});

export const workload = (
  kind: string,
  annotations: Annotations = {},
  { spec, metadata }: { readonly spec?: JsonObject; readonly metadata?: JsonObject } = {},
): JsonObject => {
  const made = { template: template(annotations, spec) };
  const isCron = kind === "CronJob";
  return {
    apiVersion: isCron || kind === "Job" ? "batch/v1" : "apps/v1",
    kind,
    metadata: { name: "web", namespace: "shop", ...metadata },
    spec: isCron ? { jobTemplate: { spec: made } } : made,
  };
};

export const namespaceWith = (annotations: Annotations, labels: Labels = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "shop", annotations, labels },
});

export const serviceWith = (annotations: Annotations, spec: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "db", namespace: "shop", annotations },
  spec: { ports: [{ name: "mysql", port: 80, targetPort: 3306 }], ...spec },
});

export const asked: Annotations = { "linkerd.io/inject": "enabled" };
