/** Every annotation and label key of Linkerd's families that weft reads or writes, once. */

const stable = <Name extends string>(name: Name): `config.linkerd.io/${Name}` => `config.linkerd.io/${name}`;

export const keys = {
  inject: "linkerd.io/inject",
  /** weft's addition: all TCP ports of a pod are opaque. */
  enableOpaquePorts: "linkerd.io/enable-opaque-ports",
  disableTap: "viz.linkerd.io/disable-tap",
  createdBy: "linkerd.io/created-by",
  /** weft's addition, as are the two below: of `weft wrap`. As a label of what it makes it names the identity. */
  wrap: "linkerd.io/wrap",
  wrapService: "linkerd.io/wrap-service",
  wrapAppPort: "linkerd.io/wrap-app-port",
  proxyVersionWritten: "linkerd.io/proxy-version",
  trustRootHash: "linkerd.io/trust-root-sha256",

  accessLog: stable("access-log"),
  adminPort: stable("admin-port"),
  closeWaitTimeout: stable("close-wait-timeout"),
  controlPort: stable("control-port"),
  debugImage: stable("debug-image"),
  debugImagePullPolicy: stable("debug-image-pull-policy"),
  debugImageVersion: stable("debug-image-version"),
  defaultInboundPolicy: stable("default-inbound-policy"),
  enableDebugSidecar: stable("enable-debug-sidecar"),
  enableExternalProfiles: stable("enable-external-profiles"),
  enableGateway: stable("enable-gateway"),
  imagePullPolicy: stable("image-pull-policy"),
  inboundPort: stable("inbound-port"),
  /** weft's addition. */
  initMode: stable("init-mode"),
  opaquePorts: stable("opaque-ports"),
  outboundPort: stable("outbound-port"),
  podInboundPorts: stable("pod-inbound-ports"),
  proxyAdditionalEnv: stable("proxy-additional-env"),
  proxyAdminShutdown: stable("proxy-admin-shutdown"),
  proxyAwait: stable("proxy-await"),
  proxyCpuLimit: stable("proxy-cpu-limit"),
  proxyCpuRatioLimit: stable("proxy-cpu-ratio-limit"),
  proxyCpuRequest: stable("proxy-cpu-request"),
  proxyDisableInboundDetectTimeout: stable("proxy-disable-inbound-protocol-detect-timeout"),
  proxyDisableOutboundDetectTimeout: stable("proxy-disable-outbound-protocol-detect-timeout"),
  proxyEnableNativeSidecar: stable("proxy-enable-native-sidecar"),
  proxyEnableNativeSidecarBeta: "config.beta.linkerd.io/proxy-enable-native-sidecar",
  proxyEnableNativeSidecarAlpha: "config.alpha.linkerd.io/proxy-enable-native-sidecar",
  proxyEphemeralStorageLimit: stable("proxy-ephemeral-storage-limit"),
  proxyEphemeralStorageRequest: stable("proxy-ephemeral-storage-request"),
  proxyGid: stable("proxy-gid"),
  proxyImage: stable("proxy-image"),
  proxyInboundConnectTimeout: stable("proxy-inbound-connect-timeout"),
  proxyInboundDiscoveryCacheUnusedTimeout: stable("proxy-inbound-discovery-cache-unused-timeout"),
  proxyLogFormat: stable("proxy-log-format"),
  proxyLogHttpHeaders: stable("proxy-log-http-headers"),
  proxyLogLevel: stable("proxy-log-level"),
  proxyMemoryLimit: stable("proxy-memory-limit"),
  proxyMemoryRequest: stable("proxy-memory-request"),
  proxyMetricsHostnameLabels: stable("proxy-metrics-hostname-labels"),
  proxyOutboundConnectTimeout: stable("proxy-outbound-connect-timeout"),
  proxyOutboundDiscoveryCacheUnusedTimeout: stable("proxy-outbound-discovery-cache-unused-timeout"),
  proxyRequireIdentityInboundPorts: stable("proxy-require-identity-inbound-ports"),
  proxyUid: stable("proxy-uid"),
  proxyVersion: stable("proxy-version"),
  proxyWaitBeforeExitSeconds: "config.alpha.linkerd.io/proxy-wait-before-exit-seconds",
  shutdownGracePeriod: stable("shutdown-grace-period"),
  skipInboundPorts: stable("skip-inbound-ports"),
  skipOutboundPorts: stable("skip-outbound-ports"),
  /** weft's addition. */
  skipOutboundSubnets: stable("skip-outbound-subnets"),
  skipSubnets: stable("skip-subnets"),
} as const;

/** Attributes of the proxy's spans: `resource.opentelemetry.io/<attribute>`. */
export const traceAttributePrefix = "resource.opentelemetry.io/";

/** Names of weft's own: labels, annotations, entries of the registration. */
export const ownDomain = "weft.linkerd.io";

export const ownKeys = {
  /** Of a namespace: its annotation `linkerd.io/inject`, repeated as a label for selectors. */
  inject: `${ownDomain}/inject`,
  /** On the bundle's ConfigMap, from the first step of a rotation to the last. */
  anchorRotation: `${ownDomain}/anchor-rotation`,
  /** On the bundle's ConfigMap: a new value lets all anchors be replaced at once, `delete` lets it be deleted. */
  replaceAnchors: `${ownDomain}/replace-trust-anchors`,
  /** On what an installation writes: which mesh it is of. */
  mesh: `${ownDomain}/mesh`,
  /** On roles: why each right is there. */
  reasons: `${ownDomain}/reasons`,
} as const;

/** Annotations that `weft wrap` writes, for itself alone. */
export const wrapKeys = {
  /** On pods: a digest of linkerd's configuration. */
  config: "linkerd.io/wrap-config",
  /** On Secrets: when the certificate ends. */
  notAfter: "linkerd.io/wrap-not-after",
} as const;

/** What `weft wrap` reads and writes: weft's addition, and no business of an injection's. */
export const isOfWrap = (key: string): boolean => key === keys.wrap || key.startsWith(`${keys.wrap}-`);

/**
 * Keys of the same families that injection neither reads nor writes, but that mean something elsewhere:
 * they are no typing mistakes.
 */
export const foreignKeys: ReadonlySet<string> = new Set([
  "config.linkerd.io/admission-webhooks",
  "linkerd.io/cni-resource",
  "linkerd.io/control-plane-component",
  "linkerd.io/control-plane-ns",
  "linkerd.io/extension",
  "linkerd.io/helm-release-version",
  "linkerd.io/is-control-plane",
  "linkerd.io/workload-ns",
  // weft's own: the annotation of a namespace, repeated for selectors.
  ownKeys.inject,
  ...Object.values(wrapKeys),
]);

export const linkerdDomain = "linkerd.io";

/** Domains of the annotations that injection knows. */
export const keyFamilies: readonly string[] = [
  linkerdDomain,
  "config.linkerd.io",
  "config.alpha.linkerd.io",
  "config.beta.linkerd.io",
];

/** Of routes and Services, as Linkerd's policy validator reads them. */
export const routeKeys = {
  retryLimit: "retry.linkerd.io/limit",
  retryTimeout: "retry.linkerd.io/timeout",
  retryHttp: "retry.linkerd.io/http",
  timeoutResponse: "timeout.linkerd.io/response",
  timeoutRequest: "timeout.linkerd.io/request",
  timeoutIdle: "timeout.linkerd.io/idle",
} as const;

/** `appProtocol` of a Service's port: its bytes are not read. */
export const opaqueProtocols = ["linkerd.io/opaque", "linkerd.io/tcp"] as const;

export const labels = {
  /** `disabled`: Linkerd's webhooks, and weft's, never see the namespace. */
  admissionWebhooks: stable("admission-webhooks"),
  cniResource: "linkerd.io/cni-resource",
  controlPlaneComponent: "linkerd.io/control-plane-component",
  controlPlaneNamespace: "linkerd.io/control-plane-ns",
  workloadNamespace: "linkerd.io/workload-ns",
  /** Followed by the lower-case kind of the owner. */
  ownerPrefix: "linkerd.io/proxy-",
} as const;

/** What a namespace hands down to its pods. The other keys are read on the pod alone (S-06). */
export const inheritedKeys: readonly string[] = (
  [
    "inject",
    "accessLog",
    "adminPort",
    "controlPort",
    "defaultInboundPolicy",
    "enableDebugSidecar",
    "enableExternalProfiles",
    "imagePullPolicy",
    "inboundPort",
    "opaquePorts",
    "outboundPort",
    "podInboundPorts",
    "proxyAdditionalEnv",
    "proxyAdminShutdown",
    "proxyAwait",
    "proxyCpuLimit",
    "proxyCpuRequest",
    "proxyDisableInboundDetectTimeout",
    "proxyDisableOutboundDetectTimeout",
    "proxyEnableNativeSidecar",
    "proxyEphemeralStorageLimit",
    "proxyEphemeralStorageRequest",
    "proxyGid",
    "proxyImage",
    "proxyInboundConnectTimeout",
    "proxyInboundDiscoveryCacheUnusedTimeout",
    "proxyLogFormat",
    "proxyLogHttpHeaders",
    "proxyLogLevel",
    "proxyMemoryLimit",
    "proxyMemoryRequest",
    "proxyMetricsHostnameLabels",
    "proxyOutboundConnectTimeout",
    "proxyOutboundDiscoveryCacheUnusedTimeout",
    "proxyRequireIdentityInboundPorts",
    "proxyUid",
    "proxyVersion",
    "shutdownGracePeriod",
    "skipInboundPorts",
    "skipOutboundPorts",
    "skipSubnets",
    "proxyEnableNativeSidecarAlpha",
    "proxyWaitBeforeExitSeconds",
    "initMode",
    "skipOutboundSubnets",
  ] as const
).map((name) => keys[name]);

// What weft or Linkerd writes is nobody's wish.
const onNamespaces: ReadonlySet<string> = new Set([
  keys.enableOpaquePorts,
  keys.disableTap,
  keys.createdBy,
  keys.proxyVersionWritten,
  keys.trustRootHash,
  ...inheritedKeys,
]);

/** What has no effect on a namespace (S-06). */
export const podsOnlyKeys: ReadonlySet<string> = new Set(Object.values(keys).filter((key) => !onNamespaces.has(key)));
