/**
 * Every metric of weft, by its name. A metric is made of its row (`registry.ts`), and so is docs/metrics.md: one without a
 * row cannot be made. The metrics of the process, `process_…` and `nodejs_…`, are prom-client's.
 */
export type Program = "webhook" | "controller" | "certificates";

/** A name, and its values: all of them, or in words which they are, in Markdown. Names from a cluster are never among them. */
export type Label = readonly [name: string, values: readonly string[] | string];

export interface MetricRow {
  readonly type: "counter" | "gauge" | "histogram";
  /** Whose it is. */
  readonly of: readonly Program[];
  /** What Prometheus shows with it; sentences. */
  readonly help: string;
  /** In the order in which values are given. */
  readonly labels: readonly Label[];
}

const everywhere = ["webhook", "controller", "certificates"] as const;
const webhook = ["webhook"] as const;
const controller = ["controller"] as const;
const certificates = ["certificates"] as const;
const meshed = ["webhook", "controller"] as const;
const served = ["webhook", "certificates"] as const;

const counter = <const Labels extends readonly Label[]>(of: readonly Program[], help: string, ...labels: Labels) =>
  ({ type: "counter", of, help, labels }) as const;

const gauge = <const Labels extends readonly Label[]>(of: readonly Program[], help: string, ...labels: Labels) =>
  ({ type: "gauge", of, help, labels }) as const;

const histogram = (of: readonly Program[], help: string) => ({ type: "histogram", of, help, labels: [] }) as const;

const reloadSuccess = (of: readonly Program[], what: string) =>
  gauge(
    of,
    `${what}: 1 when what was last read is in use, 0 when it was broken and what was read before is still in use.`,
  );
const lastReload = (of: readonly Program[], what: string) => gauge(of, `${what}: when what is in use was read.`);
const reloadFailures = (of: readonly Program[], what: string) =>
  counter(of, `${what}: how often something broken was read.`);

/** Kinds of objects that are told apart in reviews. */
export const reviewedKinds = [
  "pod",
  "deployment",
  "replicaset",
  "replicationcontroller",
  "statefulset",
  "daemonset",
  "job",
  "cronjob",
  "namespace",
  "service",
] as const;

/** Codes of failed handshakes that are told apart. */
export const handshakeCodes = [
  "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE",
  "ERR_SSL_CERTIFICATE_VERIFY_FAILED",
  "ERR_SSL_UNSUPPORTED_PROTOCOL",
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_HTTP_REQUEST",
  "ERR_SSL_NO_APPLICATION_PROTOCOL",
  "ERR_TLS_HANDSHAKE_TIMEOUT",
  "ECONNRESET",
  "EMFILE",
] as const;

const webhookListeners = ["reviews", "admin"] as const;
const controllerListeners = ["identity", "destination", "policy"] as const;
const tooManyConnections = ["TOO_MANY_CONNECTIONS", "TOO_MANY_CONNECTIONS_OF_ONE", "TOO_MANY_AT_ONCE"] as const;
const method = ["method", "service and method, such as `Destination/Get`"] as const;

export const metricRows = {
  weft_build_info: gauge(everywhere, "Always 1; the label has the version.", ["version", "weft's version"]),
  weft_log_lines_lost_total: counter(
    everywhere,
    "Lines of the log that could not be written: a full disk, or a reader that is gone or behind.",
  ),

  weft_connections: gauge(meshed, "Connections that are open.", [
    "listener",
    [...webhookListeners, ...controllerListeners],
  ]),
  weft_settings_reload_success: reloadSuccess(meshed, "Settings"),
  weft_settings_last_reload_timestamp_seconds: lastReload(meshed, "Settings"),
  weft_settings_reload_failures_total: reloadFailures(meshed, "Settings"),

  weft_settings_info: gauge(
    meshed,
    "Always 1; the label has the SHA-256 of the settings in use, as they stand in ConfigMap `linkerd-config`.",
    ["sha256", "hexadecimal"],
  ),
  weft_trust_anchors_info: gauge(
    meshed,
    "Always 1; the label has the SHA-256 of the trust anchors in use, which pods have as `linkerd.io/trust-root-sha256`.",
    ["sha256", "hexadecimal"],
  ),
  weft_mounted_objects_staleness_seconds: gauge(
    meshed,
    "Since the ConfigMaps and the Secret were last heard of that settings, trust anchors and issuer are mounted from: up to a minute when all is well; above 150 their watch is broken, and `+Inf` from the start without the right to it: changes then come with the mount, a minute or two later.",
  ),

  weft_certificate_expiry_timestamp_seconds: gauge(
    served,
    "When the serving certificate expires. One of weft's making has 30 days left when it is renewed: below 25 something is wrong.",
  ),

  weft_admission_requests_total: counter(
    webhook,
    "Reviews answered, by the object's kind, what came of it, and the first reason for that.",
    ["kind", [...reviewedKinds, "other", ""]],
    [
      "result",
      [
        "injected",
        "updated",
        "annotated",
        "skipped",
        "labelled",
        "unchanged",
        "advised",
        "silent",
        "refused",
        "malformed",
        "faulted",
      ],
    ],
    ["reason", "code of the reason, such as `host_network_enabled` or `deadline`; empty: none"],
  ),
  weft_admission_duration_seconds: histogram(webhook, "From the headers of a review to its answer."),
  weft_admission_requests_in_flight: gauge(webhook, "Requests under way."),
  weft_warnings_total: counter(webhook, "Warnings given, by the annotation they are about.", [
    "annotation",
    "key of an [annotation](annotations.md); `other`",
  ]),
  weft_http_refusals_total: counter(
    webhook,
    "Requests refused before they were looked at as reviews, by HTTP status. For a bound: 408, 413, and 503, which is overload.",
    ["code", "HTTP status"],
  ),
  weft_connections_turned_away_total: counter(
    webhook,
    "Connections closed as there were too many: in all, of one address, or at once.",
    ["listener", webhookListeners],
    ["reason", tooManyConnections],
  ),
  weft_certificate_reload_success: reloadSuccess(webhook, "Serving certificate"),
  weft_certificate_last_reload_timestamp_seconds: lastReload(webhook, "Serving certificate"),
  weft_certificate_reload_failures_total: reloadFailures(webhook, "Serving certificate"),
  weft_objects_reload_success: reloadSuccess(webhook, "Files of --objects"),
  weft_objects_last_reload_timestamp_seconds: lastReload(webhook, "Files of --objects"),
  weft_objects_reload_failures_total: reloadFailures(webhook, "Files of --objects"),
  weft_client_ca_reload_success: reloadSuccess(webhook, "File of --client-ca"),
  weft_client_ca_last_reload_timestamp_seconds: lastReload(webhook, "File of --client-ca"),
  weft_client_ca_reload_failures_total: reloadFailures(webhook, "File of --client-ca"),

  weft_namespace_cache_staleness_seconds: gauge(
    webhook,
    "Since the watch of the namespaces was last heard of: up to a minute when all is well, above 150 it is broken.",
  ),
  weft_namespace_cache_size: gauge(webhook, "Namespaces known."),
  weft_namespace_requests_total: counter(
    webhook,
    "Namespaces that had to be asked for: not in the cache, or read again as the cache seemed to be behind.",
  ),
  weft_unknown_namespaces_refused_total: counter(
    webhook,
    "Namespaces that were not asked for, as more of them were than the rate allows: reviews may be anybody's.",
  ),
  weft_owner_lookups_total: counter(
    webhook,
    "Owners of pods that were looked up: cached, fetched, missing, failed, or refused as too many were missing.",
    ["result", ["cached", "fetched", "missing", "failed", "refused"]],
  ),
  weft_events_total: counter(
    webhook,
    "Events on owners: sent, aggregated (counted on one that is there), dropped (over a rate) or failed.",
    ["result", ["sent", "aggregated", "dropped", "failed"]],
  ),

  weft_connections_total: counter(
    controller,
    "Connections made, by whether the client showed a certificate of the mesh.",
    ["listener", controllerListeners],
    ["client", ["certified", "anonymous"]],
  ),
  weft_handshake_failures_total: counter(
    controller,
    "TLS handshakes that failed. Each proxy that starts tries destination and policy before it is certified.",
    ["listener", controllerListeners],
    ["code", [...handshakeCodes, "other"]],
  ),
  weft_turned_away_total: counter(
    controller,
    "Callers turned away for a bound.",
    ["listener", [...controllerListeners, "streams"]],
    [
      "reason",
      [
        ...tooManyConnections,
        "NO_REQUEST",
        "FLOOD",
        "UNFINISHED_TOO_LONG",
        "UNFINISHED_TOO_MANY",
        "TOO_SLOW",
        "TOO_MANY_UNANSWERED",
        "TOO_MANY_RESETS",
        "TOO_SOON",
        "TOO_MANY_STREAMS_OF_ONE",
        "TOO_MANY_STREAMS",
      ],
    ],
  ),
  weft_turning_away: gauge(controller, "1 while a bound turns callers away: somebody was in the last minute.", [
    "listener",
    [...controllerListeners, "streams"],
  ]),
  weft_streams: gauge(controller, "Streams that are open."),
  weft_targets: gauge(controller, "Targets that streams follow; several may follow one."),
  weft_streams_opened_total: counter(controller, "Streams that were opened.", method),
  weft_streams_ended_total: counter(controller, "Streams that have ended, by gRPC status.", method, [
    "code",
    "name of a gRPC status, such as `CANCELLED`",
  ]),
  weft_stream_messages_total: counter(controller, "Messages sent on streams.", method),
  weft_stream_values_replaced_total: counter(
    controller,
    "Values that a reader never saw, as it was slower than the changes.",
    method,
  ),
  weft_callers_total: counter(
    controller,
    "Callers by whether they are whom they speak for: same, other, refused, unknown.",
    method,
    ["verdict", ["same", "unknown", "other", "refused"]],
  ),
  weft_unknown_addresses_total: counter(
    controller,
    "Addresses in the cluster's networks that nobody had when a proxy asked: came in a moment, or stayed unknown. Such is a Service that was made a moment ago, or a watch is behind.",
    ["outcome", ["came", "stayed"]],
  ),
  weft_cluster_objects: gauge(controller, "Objects in the index.", ["kind", "kind of the objects, such as `Pod`"]),
  weft_policies_left_out: gauge(
    controller,
    "Policies that there is no room for, of namespaces that have most of them.",
    ["kind", "kind of the policies, such as `Server`"],
  ),
  weft_cluster_objects_left_out: gauge(
    controller,
    "Pods, Services and EndpointSlices that there is no room for, of namespaces that have most of them.",
    ["kind", "kind of the objects, such as `Pod`"],
  ),
  weft_cluster_staleness_seconds: gauge(
    controller,
    "Since the kind that is silent for longest was heard of: up to a minute when all is well, above 150 its watch is broken.",
  ),
  weft_policy_status_total: counter(controller, "Writes of the status of policies.", ["result", ["written", "failed"]]),
  weft_controller_leader: gauge(
    controller,
    "1 in the replica that holds the Lease and so writes the status of policies, else 0.",
  ),

  weft_missed_pods: gauge(
    ["controller", "certificates"],
    "In the replica that holds the Lease: pods that asked for a proxy and run without one; 0 in the others. Of weft-certificates only without weft's own control plane, and absent while they cannot be counted. [Finding and restarting them](status.md#missed-pods).",
  ),

  weft_identity_certify_total: counter(
    controller,
    "Requests for certificates: issued, or refused with a reason.",
    ["result", ["issued", "refused"]],
    ["reason", "[reason of the refusal](identity.md#refusals); empty: issued"],
  ),
  weft_identity_certify_duration_seconds: histogram(
    controller,
    "From a request for a certificate to its answer, with the time that it waited for its turn.",
  ),
  weft_issuer_reload_success: reloadSuccess(controller, "Issuer and trust anchors"),
  weft_issuer_last_reload_timestamp_seconds: lastReload(controller, "Issuer and trust anchors"),
  weft_issuer_reload_failures_total: reloadFailures(controller, "Issuer and trust anchors"),
  weft_issuer_info: gauge(controller, "Always 1; the label has the SHA-256 of the certificate of the issuer in use.", [
    "sha256",
    "hexadecimal",
  ]),
  weft_issuer_expiry_timestamp_seconds: gauge(controller, "When the issuer, or a CA above it, expires."),
  issuer_cert_ttl_seconds: gauge(
    controller,
    "Seconds until the issuer, or a CA above it, expires. The name is Linkerd's, for the dashboards that know it.",
  ),
  weft_control_plane_certificate_expiry_timestamp_seconds: gauge(
    controller,
    "When the certificate expires that the control plane shows to proxies.",
  ),

  weft_ca_expiry_timestamp_seconds: gauge(
    certificates,
    "When the CA that signs the serving certificates expires. Absent where weft makes none.",
  ),
  weft_certificate_renewals_total: counter(
    certificates,
    "Changes of the Secret with CA and certificate: made as they were due, repaired, or failed.",
    ["result", ["made", "repaired", "failed"]],
  ),
  weft_ca_bundle_repairs_total: counter(certificates, "How often a caBundle that somebody had changed was put right."),
  weft_leader: gauge(
    certificates,
    "1 in the replica that holds the Lease and so keeps certificates and caBundles, else 0.",
  ),
} as const satisfies Readonly<Record<string, MetricRow>>;

type Rows = typeof metricRows;

export type MetricName<Type extends MetricRow["type"]> = {
  [Name in keyof Rows]: Rows[Name]["type"] extends Type ? Name : never;
}[keyof Rows];

type ValueOf<Values> = Values extends readonly (infer Value)[] ? Value : string;

/** Values of a metric's labels, in their order. */
export type LabelValues<Name extends keyof Rows> = ValuesOf<Rows[Name]["labels"]>;

type ValuesOf<Labels extends readonly Label[]> = { readonly [At in keyof Labels]: ValueOf<Labels[At][1]> };

/** Counts one, naming the values of its labels. */
export type Raise<Name extends MetricName<"counter">> = (...values: LabelValues<Name>) => void;
