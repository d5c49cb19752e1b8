/**
 * Settings: Linkerd's Helm values as far as injection reads them, checked once when they are loaded.
 * The table below is the whole truth: a row is a path and what its value must be; the type follows from it. A missing
 * value is blank, as in Linkerd: the values are complete, as ConfigMap `linkerd-config` holds them, not an overlay.
 */
import { isObject } from "../../base/json/json.ts";
import type { Json, JsonObject } from "../../base/json/json.ts";
import { unexpected } from "../../base/json/strict.ts";
import type { Issue } from "../../base/text/issue.ts";
import type { Result } from "../../base/text/result.ts";
import { boolean, environment, integer, lists, natural, number, object, text, textMap, tree } from "./fields.ts";
import type { Field } from "./fields.ts";
import { numberText } from "../../base/scalars/numbers.ts";

const rows = {
  clusterDomain: text,
  clusterNetworks: text,
  cniEnabled: boolean,
  disableIPv6: boolean,
  identityTrustAnchorsPEM: text,
  identityTrustDomain: text,
  imagePullPolicy: text,
  linkerdVersion: text,
  "identity.serviceAccountTokenProjection": boolean,
  "debugContainer.image.name": text,
  "debugContainer.image.pullPolicy": text,
  "debugContainer.image.version": text,
  /** weft's addition (S-56): absent by default, as Linkerd's debug container has none. */
  "debugContainer.securityContext": object,
  "networkValidator.logLevel": text,
  "networkValidator.logFormat": text,
  "networkValidator.connectAddr": text,
  "networkValidator.listenAddr": text,
  "networkValidator.timeout": text,
  "networkValidator.securityContext": object,
  "proxy.accessLog": text,
  "proxy.additionalEnv": environment,
  "proxy.experimentalEnv": environment,
  "proxy.await": boolean,
  "proxy.capabilities": lists,
  "proxy.control.streams.initialTimeout": text,
  "proxy.control.streams.idleTimeout": text,
  "proxy.control.streams.lifetime": text,
  "proxy.cores": integer,
  "proxy.defaultInboundPolicy": text,
  "proxy.disableInboundProtocolDetectTimeout": boolean,
  "proxy.disableOutboundProtocolDetectTimeout": boolean,
  "proxy.enableExternalProfiles": boolean,
  "proxy.enableShutdownEndpoint": boolean,
  "proxy.gid": integer,
  "proxy.image.name": text,
  "proxy.image.pullPolicy": text,
  "proxy.image.version": text,
  "proxy.inbound": tree,
  "proxy.outbound": tree,
  "proxy.inboundConnectTimeout": text,
  "proxy.inboundDiscoveryCacheUnusedTimeout": text,
  "proxy.isGateway": boolean,
  "proxy.isIngress": boolean,
  "proxy.livenessProbe.initialDelaySeconds": natural,
  "proxy.livenessProbe.timeoutSeconds": natural,
  "proxy.logFormat": text,
  "proxy.logHTTPHeaders": text,
  "proxy.logLevel": text,
  "proxy.metrics.hostnameLabels": boolean,
  "proxy.nativeSidecar": boolean,
  "proxy.opaquePorts": text,
  "proxy.outboundConnectTimeout": text,
  "proxy.outboundDiscoveryCacheUnusedTimeout": text,
  "proxy.ports.admin": integer,
  "proxy.ports.control": integer,
  "proxy.ports.inbound": integer,
  "proxy.ports.outbound": integer,
  "proxy.readinessProbe.initialDelaySeconds": natural,
  "proxy.readinessProbe.timeoutSeconds": natural,
  "proxy.requireIdentityOnInboundPorts": text,
  "proxy.resources.cpu.limit": text,
  "proxy.resources.cpu.request": text,
  "proxy.resources.memory.limit": text,
  "proxy.resources.memory.request": text,
  "proxy.resources.ephemeral-storage.limit": text,
  "proxy.resources.ephemeral-storage.request": text,
  "proxy.runtime.workers.minimum": integer,
  "proxy.runtime.workers.maximum": integer,
  "proxy.runtime.workers.maximumCPURatio": number,
  "proxy.securityContext": object,
  "proxy.shutdownGracePeriod": text,
  "proxy.startupProbe.initialDelaySeconds": natural,
  "proxy.startupProbe.periodSeconds": natural,
  "proxy.startupProbe.failureThreshold": natural,
  "proxy.tracing.enabled": boolean,
  "proxy.tracing.protocol": text,
  "proxy.tracing.traceServiceName": text,
  "proxy.tracing.labels": textMap,
  "proxy.tracing.collector.endpoint": text,
  "proxy.tracing.collector.meshIdentity.serviceAccountName": text,
  "proxy.tracing.collector.meshIdentity.namespace": text,
  "proxy.uid": integer,
  "proxy.waitBeforeExitSeconds": natural,
  "proxyInit.closeWaitTimeoutSecs": integer,
  "proxyInit.capabilities": lists,
  "proxyInit.ignoreInboundPorts": text,
  "proxyInit.ignoreOutboundPorts": text,
  "proxyInit.iptablesMode": text,
  "proxyInit.logFormat": text,
  "proxyInit.logLevel": text,
  "proxyInit.privileged": boolean,
  "proxyInit.runAsRoot": boolean,
  "proxyInit.runAsUser": integer,
  "proxyInit.runAsGroup": integer,
  /** weft's additions: how traffic is redirected (init-mode.ts); blank is Linkerd's way. */
  "proxyInit.mode": text,
  "proxyInit.image.name": text,
  "proxyInit.image.pullPolicy": text,
  "proxyInit.image.version": text,
  /** A key of older charts that Linkerd does not read any more; weft does, in its own modes. */
  "proxyInit.resources.cpu.limit": text,
  "proxyInit.resources.cpu.request": text,
  "proxyInit.resources.memory.limit": text,
  "proxyInit.resources.memory.request": text,
  "proxyInit.resources.ephemeral-storage.limit": text,
  "proxyInit.resources.ephemeral-storage.request": text,
  "proxyInit.skipOutboundSubnets": text,
  "proxyInit.skipSubnets": text,
  "proxyInit.xtMountPath.mountPath": text,
  "proxyInit.xtMountPath.name": text,
  /** weft's addition: whether proxies show their requests to whoever has the namespace's tap identity. */
  "tap.enabled": boolean,
} as const satisfies Record<string, Field<unknown>>;

export type SettingPath = keyof typeof rows;
/** Every setting by its path in the Helm values. Seconds, ports and ids are plain numbers. */
export type Settings = {
  readonly [Path in SettingPath]: (typeof rows)[Path] extends Field<infer Value> ? Value : never;
};

export const settingPaths: readonly SettingPath[] = Object.keys(rows).filter((path) => isSettingPath(path));

export function isSettingPath(path: string): path is SettingPath {
  return Object.hasOwn(rows, path);
}

/**
 * Helm values as JSON → settings, or every value that is of the wrong type, each with its path. Unknown keys are
 * ignored, as in Linkerd.
 */
export function readSettings(values: Json): Result<Settings> {
  if (values !== null && !isObject(values)) {
    return { issues: [{ at: "", message: "the settings must be a map of Helm values" }] };
  }
  const issues: Issue[] = [];
  const report = (issue: Issue): void => {
    if (!issues.some(({ at }) => at === issue.at)) issues.push(issue);
  };
  const entries = settingPaths.map((path) => {
    const field: Field<unknown> = rows[path];
    const value = valueAt(values ?? {}, path, report);
    return [path, value === undefined || value === null ? field.blank : field.read(value, path, report)];
  });
  if (issues.length > 0) return { issues };
  // Each entry was read by the row of its path: the record is complete and typed by construction.
  return { value: Object.fromEntries(entries) as Settings };
}

type Report = (issue: Issue) => void;

function valueAt(values: JsonObject, path: string, report: Report): Json | undefined {
  const keys = path.split(".");
  let at: Json | undefined = values;
  for (const [index, key] of keys.entries()) {
    if (at === undefined || at === null) return undefined;
    if (!isObject(at)) {
      report(unexpected(keys.slice(0, index).join("."), "a map", at));
      return undefined;
    }
    at = Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

/** Settings of one pod: those of the installation, and what only an annotation can say. */
export interface PodSettings extends Settings {
  readonly debugSidecar: boolean;
}

/** The user the proxy runs as: a security context of the settings replaces `proxy.uid` (S-53). */
export function proxyUser(settings: Settings): string {
  const user = settings["proxy.securityContext"]?.["runAsUser"];
  return numberText(typeof user === "number" ? user : settings["proxy.uid"]);
}

export const resourceNames = ["cpu", "memory", "ephemeral-storage"] as const;

export type ResourceName = (typeof resourceNames)[number];
