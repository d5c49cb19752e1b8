/** Flags that `weft webhook` and `weft controller` have in common. */
import { logFormats, logLevels } from "../observe/log.ts";
import type { LogFormat, LogLevel } from "../observe/log.ts";
import { parseAddress } from "../webhook/address.ts";
import { millisecondsUpTo, rfc1123Label } from "./flag-rows.ts";
import type { Row } from "./flag-rows.ts";

export const servingRows = {
  adminAddress: {
    name: "--admin-address",
    value: "ADDRESS",
    environment: "WEFT_ADMIN_ADDRESS",
    usual: ":9995",
    help: "where /livez, /readyz and /metrics are (HTTP)",
    expects: "an address such as :9995, 127.0.0.1:9995 or [::1]:9995",
    parse: parseAddress,
  },
  settings: {
    name: "--settings",
    value: "FILE",
    environment: "WEFT_SETTINGS",
    usual: "",
    help: "Linkerd's Helm values, YAML or JSON; followed when the file changes",
    expects: "a file name",
    parse: String,
  },
  trustAnchors: {
    name: "--trust-anchors",
    value: "FILE",
    environment: "WEFT_TRUST_ANCHORS",
    usual: "",
    help: "the mesh's trust anchors, PEM; followed when the file changes",
    expects: "a file name",
    parse: String,
  },
  controlPlaneNamespace: {
    name: "--control-plane-namespace",
    value: "NAMESPACE",
    environment: "WEFT_CONTROL_PLANE_NAMESPACE",
    usual: "linkerd",
    help: "where Linkerd's control plane runs",
    expects: "a namespace name (RFC 1123 label)",
    parse: rfc1123Label,
  },
  kubeconfig: {
    name: "--kubeconfig",
    value: "FILE",
    environment: "WEFT_KUBECONFIG",
    usual: "",
    help: "how to reach the cluster; in a pod, without it and without --objects, the pod's own access",
    expects: "a file name",
    parse: String,
  },
  context: {
    name: "--context",
    value: "NAME",
    environment: "WEFT_CONTEXT",
    usual: "",
    help: "context of the kubeconfig (default: its current one)",
    expects: "a name",
    parse: String,
  },
  namespace: {
    name: "--namespace",
    value: "NAMESPACE",
    environment: "WEFT_NAMESPACE",
    usual: "weft",
    help: "where weft itself runs: part of the names in its certificate, and where its Secret and Lease are",
    expects: "a namespace name (RFC 1123 label)",
    parse: rfc1123Label,
  },
  logLevel: {
    name: "--log-level",
    value: "LEVEL",
    environment: "WEFT_LOG_LEVEL",
    usual: "info",
    help: `the least that is logged: ${logLevels.join(", ")}`,
    expects: `one of ${logLevels.join(", ")}`,
    parse: (text): LogLevel | undefined => logLevels.find((level) => level === text),
  },
  logFormat: {
    name: "--log-format",
    value: "FORMAT",
    environment: "WEFT_LOG_FORMAT",
    usual: "plain",
    help: `how: ${logFormats.join(" or ")}`,
    expects: logFormats.join(" or "),
    parse: (text): LogFormat | undefined => logFormats.find((format) => format === text),
  },
  gracePeriod: {
    name: "--grace-period",
    value: "DURATION",
    environment: "WEFT_GRACE_PERIOD",
    usual: "5s",
    help: "how long to go on serving after SIGTERM, until every API server has heard of it",
    expects: "a duration from 0s to 5m, such as 5s",
    parse: (text) => millisecondsUpTo(300_000, text),
  },
} as const satisfies Record<string, Row<unknown>>;
