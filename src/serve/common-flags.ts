/** Flags that several of the commands that serve have in common. */
import { linkerdNamespace } from "../core/mesh/control-plane.ts";
import { names } from "../core/install/names.ts";
import { logFormats, logLevels } from "../observe/log.ts";
import type { LogFormat, LogLevel } from "../observe/log.ts";
import { parseAddress } from "../net/address.ts";
import { millisecondsUpTo, rfc1123Label, rfc1123Subdomain } from "./flags.ts";
import type { Row } from "./flags.ts";
import type { Issue } from "../core/base/text/issue.ts";

/** What cannot be followed: an object without the file that it is mounted as. */
export function mountIssues({
  settings,
  settingsConfigMap,
  trustAnchors,
  trustAnchorsConfigMap,
}: MountFlags): readonly Issue[] {
  const needed = (
    flag: string,
    object: string | undefined,
    file: string,
    path: string | undefined,
  ): readonly Issue[] =>
    object === undefined || path !== undefined
      ? []
      : [{ at: flag, message: `needs ${file}, the file that it is mounted as` }];
  return [
    ...needed("--settings-config-map", settingsConfigMap, "--settings", settings),
    ...needed("--trust-anchors-config-map", trustAnchorsConfigMap, "--trust-anchors", trustAnchors),
  ];
}

export type MountFlags = Readonly<
  Record<"settings" | "settingsConfigMap" | "trustAnchors" | "trustAnchorsConfigMap", string | undefined>
>;

export const servingRows = {
  adminAddress: {
    name: "--admin-address",
    value: "ADDRESS",
    environment: "WEFT_ADMIN_ADDRESS",
    defaultValue: ":9995",
    help: "where /livez, /readyz and /metrics are (HTTP)",
    expects: "an address such as :9995, 127.0.0.1:9995 or [::1]:9995",
    parse: parseAddress,
  },
  settings: {
    name: "--settings",
    value: "FILE",
    environment: "WEFT_SETTINGS",
    defaultValue: "",
    help: "Linkerd's Helm values, YAML or JSON, all of them (default: those of Linkerd's chart); followed when the file changes",
    expects: "a file name",
    parse: String,
  },
  trustAnchors: {
    name: "--trust-anchors",
    value: "FILE",
    environment: "WEFT_TRUST_ANCHORS",
    defaultValue: "",
    help: "the mesh's trust anchors, PEM; followed when the file changes",
    expects: "a file name",
    parse: String,
  },
  settingsConfigMap: {
    name: "--settings-config-map",
    value: "NAME",
    environment: "WEFT_SETTINGS_CONFIG_MAP",
    defaultValue: "",
    help: "ConfigMap in weft's namespace that the file of --settings is mounted from; watched, so that a change is used at once",
    expects: "a name of a ConfigMap (RFC 1123 subdomain)",
    parse: rfc1123Subdomain,
  },
  trustAnchorsConfigMap: {
    name: "--trust-anchors-config-map",
    value: "NAME",
    environment: "WEFT_TRUST_ANCHORS_CONFIG_MAP",
    defaultValue: "",
    help: "ConfigMap in weft's namespace that the file of --trust-anchors is mounted from; watched likewise",
    expects: "a name of a ConfigMap (RFC 1123 subdomain)",
    parse: rfc1123Subdomain,
  },
  controlPlaneNamespace: {
    name: "--control-plane-namespace",
    value: "NAMESPACE",
    environment: "WEFT_CONTROL_PLANE_NAMESPACE",
    defaultValue: linkerdNamespace,
    help: "where Linkerd's control plane runs",
    expects: "a namespace name (RFC 1123 label)",
    parse: rfc1123Label,
  },
  kubeconfig: {
    name: "--kubeconfig",
    value: "FILE",
    environment: "WEFT_KUBECONFIG",
    defaultValue: "",
    help: "how to reach the cluster; in a pod, without it and without --objects, the pod's own access",
    expects: "a file name",
    parse: String,
  },
  context: {
    name: "--context",
    value: "NAME",
    environment: "WEFT_CONTEXT",
    defaultValue: "",
    help: "context of the kubeconfig (default: its current one)",
    expects: "a name",
    parse: String,
  },
  namespace: {
    name: "--namespace",
    value: "NAMESPACE",
    environment: "WEFT_NAMESPACE",
    defaultValue: "weft",
    help: "where weft itself runs: part of the names in its certificate, and where its Secret and Lease are",
    expects: "a namespace name (RFC 1123 label)",
    parse: rfc1123Label,
  },
  service: {
    name: "--service",
    value: "NAME",
    environment: "WEFT_SERVICE",
    defaultValue: names.injector,
    help: "the Service that API servers call: part of the names in weft's certificate",
    expects: "a name of a Service (RFC 1123 label)",
    parse: rfc1123Label,
  },
  certificatesSecret: {
    name: "--certificates-secret",
    value: "NAME",
    environment: "WEFT_CERTIFICATES_SECRET",
    defaultValue: "",
    help: "Secret in weft's namespace with the certificate to serve, that weft certificates makes; followed when it changes",
    expects: "a name of a Secret (RFC 1123 subdomain)",
    parse: rfc1123Subdomain,
  },
  logLevel: {
    name: "--log-level",
    value: "LEVEL",
    environment: "WEFT_LOG_LEVEL",
    defaultValue: "info",
    help: `the least that is logged: ${logLevels.join(", ")}`,
    expects: `one of ${logLevels.join(", ")}`,
    parse: (text): LogLevel | undefined => logLevels.find((level) => level === text),
  },
  logFormat: {
    name: "--log-format",
    value: "FORMAT",
    environment: "WEFT_LOG_FORMAT",
    defaultValue: "plain",
    help: `how: ${logFormats.join(" or ")}`,
    expects: logFormats.join(" or "),
    parse: (text): LogFormat | undefined => logFormats.find((format) => format === text),
  },
  gracePeriod: {
    name: "--grace-period",
    value: "DURATION",
    environment: "WEFT_GRACE_PERIOD",
    defaultValue: "5s",
    help: "how long to go on serving after SIGTERM, until every API server has heard of it",
    expects: "a duration from 0s to 5m, such as 5s",
    parse: (text) => millisecondsUpTo(300_000, text),
  },
} as const satisfies Record<string, Row<unknown>>;
