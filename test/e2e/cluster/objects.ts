/** What the tests create in the cluster, and what they find there. */
import type { V1ContainerStatus, CoreV1Event, V1Pod } from "@kubernetes/client-node";
import type { Annotations, JsonObject, Labels } from "../../../src/core/base/json/json.ts";
import type { Wire } from "../../../src/core/install/wire.ts";
import { image, kubectl, read } from "./kubectl.ts";

export type Pod = Wire<V1Pod>;
export type Event = Wire<CoreV1Event>;

export const namespace = (name: string, annotations: Annotations = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, annotations },
});

/** What a pod runs, and what is written on it. */
export interface App {
  /** Of the application in test/e2e/stand-in. */
  readonly args: readonly string[];
  readonly annotations?: Annotations;
  readonly labels?: Labels;
  /** Further fields of the pod's spec. */
  readonly spec?: JsonObject;
}

export const template = ({ args, annotations = {}, labels = {}, spec = {} }: App): JsonObject => ({
  metadata: { labels, annotations },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: "app",
        image: image("weft-stand-in"),
        command: ["python3", "-IS", "/app.py", ...args],
        securityContext: { runAsUser: 1000 },
      },
    ],
    ...spec,
  },
});

export const pod = (inNamespace: string, name: string, app: App): JsonObject => {
  const { metadata, spec } = template(app);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...(metadata as JsonObject), name, namespace: inNamespace },
    spec,
  };
};

/** A Deployment or a StatefulSet. */
export const set = (kind: string, inNamespace: string, name: string, app: App, more: JsonObject = {}): JsonObject => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name, namespace: inNamespace },
  spec: {
    selector: { matchLabels: { app: name } },
    template: template({ ...app, labels: { app: name, ...app.labels } }),
    ...more,
  },
});

export const job = (name: string, app: App): JsonObject => ({
  metadata: { name },
  spec: { backoffLimit: 2, template: template({ ...app, spec: { restartPolicy: "Never", ...app.spec } }) },
});

/** Headless, so that the names of its pods are addresses of pods. */
export const service = (inNamespace: string, name: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: inNamespace },
  spec: { clusterIP: "None", selector: { app: name }, ports: [{ name: "http", port: 8080 }] },
});

export const podsOf = async (inNamespace: string, selector: string): Promise<readonly Pod[]> =>
  (await read<{ readonly items: readonly Pod[] }>("pods", "-n", inNamespace, "-l", selector)).items;

export const podNamed = (inNamespace: string, name: string): Promise<Pod> => read<Pod>("pod", "-n", inNamespace, name);

export const eventsOn = async (inNamespace: string, kind: string, name: string): Promise<readonly Event[]> => {
  const about = `involvedObject.kind=${kind},involvedObject.name=${name}`;
  return (await read<{ readonly items: readonly Event[] }>("events", "-n", inNamespace, "--field-selector", about))
    .items;
};

/** Names in the order in which they start. */
export const containerNames = ({ spec }: Pod): readonly (string | null | undefined)[] =>
  [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ name }) => name);

export const statusOf = ({ status }: Pod, container: string): Wire<V1ContainerStatus> | undefined =>
  [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].find(
    ({ name }) => name === container,
  );

export const isReady = ({ status }: Pod): boolean =>
  (status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");

export const logOf = async (inNamespace: string, name: string, container: string): Promise<string> =>
  (await kubectl(["logs", "-n", inNamespace, name, "-c", container])).out;
