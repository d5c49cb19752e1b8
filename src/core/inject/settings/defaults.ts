/** The default values of Linkerd's control-plane chart, as far as injection and the control plane read them. */
import type { JsonObject } from "../../base/json/json.ts";
import { defaultClusterDomain } from "../../mesh/control-plane.ts";
import { defaultProxyPorts } from "../../mesh/proxy-ports.ts";

/** The Linkerd release whose images the built-in values name. */
export const defaultLinkerdVersion = "edge-26.8.3";

const unlimited = { limit: "", request: "" };
const keepAlive = { server: { http2: { keepAliveInterval: "10s", keepAliveTimeout: "3s" } } };

/** Helm values; the trust anchors are blank, they come from the cluster or from a file. */
export const defaultValues: JsonObject = {
  clusterDomain: defaultClusterDomain,
  clusterNetworks: "10.0.0.0/8,100.64.0.0/10,172.16.0.0/12,192.168.0.0/16,fd00::/8",
  cniEnabled: false,
  disableIPv6: true,
  identityTrustAnchorsPEM: "",
  identityTrustDomain: "",
  imagePullPolicy: "IfNotPresent",
  linkerdVersion: defaultLinkerdVersion,
  destinationController: {
    meshedHttp2ClientProtobuf: {
      keep_alive: { interval: { seconds: 10 }, timeout: { seconds: 3 }, while_idle: true },
    },
  },
  identity: { serviceAccountTokenProjection: true },
  debugContainer: { image: { name: "cr.l5d.io/linkerd/debug", pullPolicy: "", version: "" } },
  networkValidator: {
    logLevel: "debug",
    logFormat: "plain",
    connectAddr: "",
    listenAddr: "",
    timeout: "10s",
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsGroup: 65534,
      runAsNonRoot: true,
      runAsUser: 65534,
      seccompProfile: { type: "RuntimeDefault" },
    },
  },
  proxy: {
    await: true,
    control: { streams: { initialTimeout: "3s", idleTimeout: "5m", lifetime: "1h" } },
    cores: null,
    defaultInboundPolicy: "all-unauthenticated",
    disableInboundProtocolDetectTimeout: false,
    disableOutboundProtocolDetectTimeout: false,
    enableExternalProfiles: false,
    enableShutdownEndpoint: false,
    gid: -1,
    image: { name: "cr.l5d.io/linkerd/proxy", pullPolicy: "", version: "" },
    inbound: keepAlive,
    outbound: keepAlive,
    inboundConnectTimeout: "100ms",
    inboundDiscoveryCacheUnusedTimeout: "90s",
    livenessProbe: { initialDelaySeconds: 10, timeoutSeconds: 1 },
    logFormat: "plain",
    logHTTPHeaders: "off",
    logLevel: "warn,linkerd=info,hickory=error",
    metrics: { hostnameLabels: false },
    nativeSidecar: true,
    opaquePorts: "25,587,3306,4444,5432,6379,9300,11211",
    outboundConnectTimeout: "1000ms",
    outboundDiscoveryCacheUnusedTimeout: "5s",
    ports: { ...defaultProxyPorts },
    readinessProbe: { initialDelaySeconds: 2, timeoutSeconds: 1 },
    requireIdentityOnInboundPorts: "",
    resources: { cpu: unlimited, memory: unlimited, "ephemeral-storage": unlimited },
    runtime: { workers: { minimum: 1, maximumCPURatio: null } },
    securityContext: {},
    shutdownGracePeriod: "",
    startupProbe: { initialDelaySeconds: 0, periodSeconds: 1, failureThreshold: 120 },
    tracing: {
      enabled: false,
      traceServiceName: "linkerd-proxy",
      labels: {
        "k8s.pod.ip": "$(_pod_ip)",
        "k8s.pod.uid": "$(_pod_uid)",
        "k8s.container.name": "$(_pod_containerName)",
      },
      collector: { endpoint: "", meshIdentity: { serviceAccountName: "", namespace: "" } },
    },
    uid: 2102,
    waitBeforeExitSeconds: 0,
  },
  proxyInit: {
    closeWaitTimeoutSecs: 0,
    ignoreInboundPorts: "4567,4568",
    ignoreOutboundPorts: "4567,4568",
    iptablesMode: "nft",
    logFormat: "",
    logLevel: "",
    privileged: false,
    runAsRoot: false,
    runAsUser: 65534,
    runAsGroup: 65534,
    skipSubnets: "",
    xtMountPath: { mountPath: "/run", name: "linkerd-proxy-init-xtables-lock" },
  },
};
