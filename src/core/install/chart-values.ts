/**
 * The values of Linkerd's control-plane chart, and weft's additions to them: their names, and what each may be. Facts of
 * edge-26.8.3: what the chart's values, templates and types name.
 */

/** Text may be a number where amounts, ports or versions are written: `cpu: { limit: 1 }`. */
export type ValueType = "text" | "text or a number" | "true or false" | "a number" | "a map" | "a list";

/** By key. A map whose keys are anybody's is a leaf. */
export interface ValueTree {
  readonly [key: string]: ValueTree | ValueType;
}

const [text, amount, truth, number, map, list] = [
  "text",
  "text or a number",
  "true or false",
  "a number",
  "a map",
  "a list",
] as const;

const limits = { limit: amount, request: amount };
const resources = { cpu: limits, memory: limits, "ephemeral-storage": limits };
const image = { name: text, pullPolicy: text, version: amount };
const capabilities = { add: list, drop: list };
const mountPath = { name: text, mountPath: text, readOnly: truth };
const probe = { initialDelaySeconds: number, periodSeconds: number, timeoutSeconds: number, failureThreshold: number };
const probes = { livenessProbe: probe, readinessProbe: probe };
const environment = { additionalEnv: list, experimentalEnv: list };
const kubeApi = { clientQPS: number, clientBurst: number };
const pair = { crtPEM: text, keyPEM: text };
const webhook = {
  ...pair,
  caBundle: text,
  externalSecret: truth,
  injectCaFrom: text,
  injectCaFromSecret: text,
  namespaceSelector: map,
};
const tracing = {
  enabled: truth,
  protocol: text,
  traceServiceName: text,
  labels: map,
  collector: { endpoint: text, meshIdentity: { serviceAccountName: text, namespace: text } },
};
const monitored = { enabled: truth, honorTimestamps: truth };

const proxy: ValueTree = {
  ...environment,
  accessLog: text,
  await: truth,
  capabilities,
  component: text,
  control: { streams: { initialTimeout: text, idleTimeout: text, lifetime: text } },
  cores: number,
  defaultInboundPolicy: text,
  disableInboundProtocolDetectTimeout: truth,
  disableOutboundProtocolDetectTimeout: truth,
  enableExternalProfiles: truth,
  enableShutdownEndpoint: truth,
  gid: number,
  image,
  inbound: map,
  inboundConnectTimeout: text,
  inboundDiscoveryCacheUnusedTimeout: text,
  isGateway: truth,
  isIngress: truth,
  livenessProbe: probe,
  loadTrustBundleFromConfigMap: truth,
  logFormat: text,
  logHTTPHeaders: text,
  logLevel: text,
  metrics: { hostnameLabels: truth },
  nativeSidecar: truth,
  opaquePorts: amount,
  outbound: map,
  outboundConnectTimeout: text,
  outboundDiscoveryCacheUnusedTimeout: text,
  outboundTransportMode: text,
  podInboundPorts: amount,
  ports: { admin: number, control: number, inbound: number, outbound: number },
  readinessProbe: probe,
  requireIdentityOnInboundPorts: amount,
  requireTLSOnInboundPorts: amount,
  resources,
  runtime: { workers: { minimum: number, maximum: number, maximumCPURatio: number } },
  saMountPath: mountPath,
  securityContext: map,
  shutdownGracePeriod: text,
  startupProbe: probe,
  tracing,
  uid: number,
  waitBeforeExitSeconds: number,
};

const proxyInit: ValueTree = {
  capabilities,
  closeWaitTimeoutSecs: number,
  ignoreInboundPorts: amount,
  ignoreOutboundPorts: amount,
  image,
  iptablesMode: text,
  kubeAPIServerPorts: amount,
  logFormat: text,
  logLevel: text,
  // weft's.
  mode: text,
  privileged: truth,
  resources,
  runAsGroup: number,
  runAsRoot: truth,
  runAsUser: number,
  saMountPath: mountPath,
  skipOutboundSubnets: text,
  skipSubnets: text,
  xtMountPath: mountPath,
};

export const chartValues: ValueTree = {
  cliVersion: text,
  clusterDomain: text,
  clusterNetworks: text,
  cniEnabled: truth,
  commonLabels: map,
  configReaders: list,
  configs: map,
  controller: { podDisruptionBudget: { maxUnavailable: amount }, tracing },
  controllerGID: number,
  controllerImage: text,
  controllerImageVersion: amount,
  controllerLogFormat: text,
  controllerLogLevel: text,
  controllerReplicas: number,
  controllerResources: resources,
  controllerUID: number,
  // weft's: a security context.
  debugContainer: { image, securityContext: map },
  deploymentStrategy: map,
  destinationController: {
    ...probes,
    ...environment,
    additionalArgs: list,
    experimentalArgs: list,
    meshedHttp2ClientProtobuf: map,
    podAnnotations: map,
  },
  destinationProxyResources: resources,
  destinationResources: resources,
  disableHeartBeat: truth,
  disableIPv6: truth,
  egress: { globalEgressNetworkNamespace: text },
  enableEndpointSlices: truth,
  enableH2Upgrade: truth,
  enablePSP: truth,
  enablePodAntiAffinity: truth,
  enablePodDisruptionBudget: truth,
  enablePprof: truth,
  // Helm's own, for all charts.
  global: map,
  heartbeat: map,
  heartbeatResources: resources,
  heartbeatSchedule: text,
  highAvailability: truth,
  identity: {
    ...probes,
    ...environment,
    additionalArgs: list,
    experimentalArgs: list,
    externalCA: truth,
    issuer: { scheme: text, clockSkewAllowance: text, issuanceLifetime: text, tls: pair },
    kubeAPI: kubeApi,
    podAnnotations: map,
    serviceAccountTokenProjection: truth,
  },
  identityProxyResources: resources,
  identityResources: resources,
  identityTrustAnchorsPEM: text,
  identityTrustDomain: text,
  image,
  imagePullPolicy: text,
  imagePullSecrets: list,
  kubeAPI: kubeApi,
  linkerdVersion: amount,
  networkValidator: {
    connectAddr: text,
    enableSecurityContext: truth,
    listenAddr: text,
    logFormat: text,
    logLevel: text,
    securityContext: map,
    timeout: text,
  },
  nodeAffinity: map,
  nodeSelector: map,
  partials: map,
  podAnnotations: map,
  podLabels: map,
  podMonitor: {
    enabled: truth,
    scrapeInterval: text,
    scrapeTimeout: text,
    labels: map,
    controller: { ...monitored, namespaceSelector: text },
    serviceMirror: monitored,
    proxy: monitored,
  },
  policyController: {
    ...probes,
    additionalArgs: list,
    experimentalArgs: list,
    logLevel: text,
    probeNetworks: list,
    resources,
  },
  policyValidator: webhook,
  priorityClassName: text,
  profileValidator: webhook,
  prometheusUrl: text,
  proxy,
  proxyContainerName: text,
  proxyInit,
  proxyInjector: {
    ...webhook,
    ...probes,
    ...environment,
    additionalArgs: list,
    experimentalArgs: list,
    objectSelector: map,
    podAnnotations: map,
    timeoutSeconds: number,
  },
  proxyInjectorProxyResources: resources,
  proxyInjectorResources: resources,
  revisionHistoryLimit: number,
  runtimeClassName: text,
  spValidator: { ...probes, ...environment, additionalArgs: list, experimentalArgs: list },
  spValidatorResources: resources,
  stage: text,
  // weft's.
  tap: { enabled: truth },
  tolerations: list,
  webhookFailurePolicy: text,
};
