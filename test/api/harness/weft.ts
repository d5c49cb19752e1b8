/**
 * weft, installed: the very objects that `weft install` prints, replicas that run as the Deployment says, and in the
 * kubelet's and kube-proxy's place ourselves. An installation is told apart by its namespace; only one at a time can
 * be registered.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { resolveOptions } from "../../../src/core/install/choices.ts";
import { names } from "../../../src/core/install/names.ts";
import { stacked } from "../../../src/core/install/overlay.ts";
import { installObjects } from "../../../src/core/install/objects.ts";
import { nameOf } from "../../../src/core/install/print.ts";
import { readInstallation } from "../../../src/core/inject/settings/installation.ts";
import type { Installation } from "../../../src/core/inject/settings/installation.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { startBalancer } from "./balancer.ts";
import type { Balancer } from "./balancer.ts";
import { eventually, pathOf } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { mount, startCertificates, startReplica } from "./replica.ts";
import type { Replica, Running } from "./replica.ts";
import { addressOf, servicePort } from "./service.ts";
import type { InstallOptions, IssuerFiles, Requested } from "../../../src/core/install/chosen.ts";

export interface WeftOptions {
  /** weft's own; made when it is not there. */
  readonly namespace: string;
  readonly replicas?: number;
  /** As in a values file, over Linkerd's recorded ones. */
  readonly values?: JsonObject;
  /** Who makes the certificate: weft, or we. */
  readonly certificates?: "self" | "files";
  /** Of a control plane of weft's own. */
  readonly authorities?: { readonly trustAnchors: string; readonly issuer: IssuerFiles };
  /** Changes an object before it is applied; `undefined` leaves it out. */
  readonly edit?: (object: JsonObject) => JsonObject | undefined;
  /** Further flags of `weft webhook`. */
  readonly flags?: readonly string[];
  /** Of the certificate controller; one of them unless it is said, where weft makes certificates. */
  readonly controllers?: number;
  readonly controllerFlags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Where the replicas find the API server. */
  readonly server?: string;
  /** Whether the replicas get ready is for the caller to see. */
  readonly mayBeUnready?: boolean;
  /** How long a replica may take until it listens; milliseconds. */
  readonly patience?: number;
}

export interface Weft {
  readonly namespace: string;
  readonly choices: InstallOptions;
  /** What the engine injects with, for comparison. */
  readonly installation: Installation;
  readonly objects: readonly JsonObject[];
  /** In the place of mounted volumes. */
  readonly folder: string;
  readonly balancer: Balancer;
  /** Those that run; who is not ready gets no connections. */
  readonly replicas: () => readonly Replica[];
  /** Of the certificate controller, those that run. */
  readonly controllers: () => readonly Running[];
  readonly startController: () => Promise<Running>;
  /** Starts one more; it gets no connections yet. */
  readonly launch: () => Promise<Replica>;
  /** Starts one more, and lets it have connections once it is ready. */
  readonly start: () => Promise<Replica>;
  /** As a pod is deleted: no new connections, the preStop pause, SIGTERM, and the end is awaited. */
  readonly stop: (replica: Replica, pause?: number) => Promise<void>;
  readonly stopController: (controller: Running) => Promise<void>;
  /** Gives connections to these alone from now on. */
  readonly use: (replicas: readonly Replica[]) => void;
  readonly end: () => Promise<void>;
}

export async function installWeft(cluster: Cluster, options: WeftOptions): Promise<Weft> {
  const { namespace, flags = [], env = {}, edit = (object) => object } = options;
  const folder = join(cluster.plane.folder, `replicas-${namespace}`);
  mkdirSync(folder, { recursive: true });
  const choices = await choicesOf(cluster, options);
  const port = await servicePort();
  const objects = installObjects(choices)
    .map((object) => withServicePort(object, port))
    .map(edit)
    .filter((object) => object !== undefined);
  for (const object of objects) {
    await cluster.apply(object);
    mount(folder, object);
  }
  if (choices.mesh.kind === "adopted") await mountLinkerds(cluster, namespace, folder);
  const service = await cluster.get(`/api/v1/namespaces/${namespace}/services/${names.injector}`);
  const balancer = await startBalancer(addressOf(service ?? {}), port);
  const kubeconfig = await cluster.serviceAccount(namespace, names.injector, options.server);
  let running: readonly Replica[] = [];
  let count = 0;

  const use = (replicas: readonly Replica[]): void => balancer.use(replicas.map(({ port }) => port));
  const launch = async (): Promise<Replica> => {
    count += 1;
    const replica = await startReplica({
      name: `replica-${count}`,
      folder,
      args: argsOf(objects, names.injector),
      flags: [`--kubeconfig=${kubeconfig}`, ...flags],
      env,
      ...(options.patience === undefined ? {} : { patience: options.patience }),
    });
    running = [...running, replica];
    return replica;
  };
  const isSelfMade = choices.certificates.kind === "self";
  const controllerKubeconfig = isSelfMade
    ? await cluster.serviceAccount(namespace, names.certificates, options.server)
    : "";
  let controllers: readonly Running[] = [];
  const startController = async (): Promise<Running> => {
    count += 1;
    const controller = await startCertificates({
      name: `certificates-${count}`,
      patience: 30_000,
      folder,
      args: argsOf(objects, names.certificates),
      flags: [`--kubeconfig=${controllerKubeconfig}`, ...(options.controllerFlags ?? [])],
      env,
    });
    controllers = [...controllers, controller];
    return controller;
  };
  const start = async (): Promise<Replica> => {
    const replica = await launch();
    if (options.mayBeUnready !== true) {
      await eventually(`${replica.name} is ready`, replica.ready).catch(async (error: Error) => {
        const { text } = await replica.page("/readyz?verbose");
        throw new Error(`${error.message}\n${text}${replica.process.output()}`);
      });
    }
    use(running);
    return replica;
  };
  const gone = (replica: Replica): void => {
    running = running.filter((each) => each !== replica);
    use(running);
  };
  const weft: Weft = {
    namespace,
    choices,
    installation: installationOf(choices, cluster.plane.ca.certificate),
    objects,
    folder,
    balancer,
    replicas: () => running,
    launch,
    start,
    stop: async (replica, pause = 100) => {
      gone(replica);
      await sleep(pause);
      replica.process.kill("SIGTERM");
      await replica.process.ended;
    },
    controllers: () => controllers,
    startController,
    stopController: async (controller) => {
      controllers = controllers.filter((each) => each !== controller);
      controller.process.kill("SIGTERM");
      await controller.process.ended;
    },
    use,
    end: async () => {
      // All of it: the next installation must not meet it. The registration goes first.
      const made = objects.filter(({ kind }) => kind !== "Namespace");
      const isGuard = ({ kind }: JsonObject): boolean => kind === "ValidatingAdmissionPolicyBinding";
      const others = made.filter((object) => !isGuard(object));
      await cluster.remove(...[...made.filter(isGuard), ...others.toReversed()].map(pathOf));
      for (const { process } of [...running, ...controllers]) {
        process.kill("SIGKILL");
        await process.ended;
      }
      await balancer.close();
    },
  };
  const wanted = isSelfMade ? (options.controllers ?? 1) : 0;
  await Promise.all([
    ...Array.from({ length: options.replicas ?? 1 }, start),
    ...Array.from({ length: wanted }, startController),
  ]).catch(async (error: unknown) => {
    await weft.end();
    throw error;
  });
  return weft;
}

/** Linkerd's values, as its injector had them when it was recorded. */
export const recorded = JSON.parse(
  readFileSync(new URL("../../conformance/settings.json", import.meta.url), "utf8"),
) as JsonObject;

/** Linkerd's values as recorded, with the control plane's CA as the mesh's trust anchor. */
async function choicesOf(cluster: Cluster, options: WeftOptions): Promise<InstallOptions> {
  const { namespace, values = {}, certificates = "self" } = options;
  const files = certificates === "files" ? await givenFiles(cluster, namespace) : undefined;
  const found = resolveOptions({
    namespace,
    version: "0.0.0",
    base: recorded,
    given: stacked([{ webhookFailurePolicy: "Fail", weft: { certificates: { mode: certificates } } }, values]),
    trustAnchors: options.authorities?.trustAnchors ?? cluster.plane.ca.certificate,
    issuer: options.authorities?.issuer,
    files,
    sha256,
  });
  if ("issues" in found) throw new Error(JSON.stringify(found.issues));
  return found.value.options;
}

async function givenFiles({ plane: { ca } }: Cluster, namespace: string): Promise<Requested["files"]> {
  const pair = await ca.sign({ name: `${names.injector}.${namespace}.svc` });
  return { certificate: base64(pair.certificate), key: base64(pair.key), caBundle: base64(ca.certificate) };
}

/** What the engine injects with: Linkerd's values as recorded, or as they were given on top. */
function installationOf({ mesh, weft }: InstallOptions, pem: string): Installation {
  const values = mesh.kind === "adopted" ? recorded : mesh.values;
  const { controlPlaneNamespace } = weft;
  const read = readInstallation({ values, trustAnchors: { pem, sha256: sha256(pem) }, controlPlaneNamespace, sha256 });
  if ("issues" in read) throw new Error(JSON.stringify(read.issues));
  return read.value.installation;
}

async function mountLinkerds(cluster: Cluster, namespace: string, folder: string): Promise<void> {
  for (const name of [names.settings, names.trustAnchors]) {
    const found = await cluster.get(`/api/v1/namespaces/${namespace}/configmaps/${name}`);
    mount(folder, { kind: "ConfigMap", ...found });
  }
}

export const argsOf = (objects: readonly JsonObject[], name: string): readonly string[] => {
  const deployment = objects.find(
    (each) => each["kind"] === "Deployment" && nameOf(each).name === name,
  ) as unknown as Deployment;
  return deployment.spec.template.spec.containers[0].args;
};

interface Deployment {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly [{ readonly args: string[] }] } };
  };
}

/** 443 wherever this user may listen there. */
const withServicePort = (object: JsonObject, port: number): JsonObject =>
  port === 443 ? object : (JSON.parse(JSON.stringify(object).replaceAll('"port":443', `"port":${port}`)) as JsonObject);

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
