/** What `weft wrap check` knows: one row for each rule, and what linkerd 1.x does where it is broken. */

interface Rule {
  readonly level: "error" | "warning";
  /** What it finds, and what comes of it. */
  readonly says: string;
}

const error = (says: string): Rule => ({ level: "error", says });
const warning = (says: string): Rule => ({ level: "warning", says });

export const rules = {
  "W-15": error("A certificate has ended, or ends soon. With one that has ended no handshake is answered."),
  "W-16": error(
    "Key and certificate do not fit, the name is not the Service's, or a chain is in the file. Calls are refused.",
  ),
  "W-17": warning("Secrets of one mesh trust different roots. Some calls are refused, unless a rotation is under way."),
  "W-18": error("A Secret or ConfigMap holds the key of a root. Whoever reads it can be any Service."),
  "W-19": error("A workload's Secret is not there. Its pods do not start."),
  "W-20": error("The form of linkerd 0.x. It does not start; `weft wrap convert` makes the form of 1.x."),
  "W-21": error("`disableValidation` and `clientAuth`. It does not start."),
  "W-22": error("Validation without `commonName`. The first request is answered 502."),
  "W-23": error("`trustCerts` and `trustCertsBundle`. The first request is answered 502."),
  "W-24": error(
    "A server's `tls` without `certPath` or `keyPath`, or `io.l5d.static` without `configs`. It does not start.",
  ),
  "W-25": error("An entry of `configs` without `prefix`. The first request is answered 502."),
  "W-26": error("A capture in `commonName` that `prefix` lacks. Every handshake fails."),
  "W-27": error(
    "A file that is not in the Secret that is mounted there, or a key that is not PKCS#8. Requests are answered 502.",
  ),
  "W-28": error("An unknown `client.kind`. It counts as `io.l5d.global`, and `configs` has no effect."),
  "W-29": warning("A name can be bound that no prefix matches. It is called in plain text."),
  "W-30": warning(
    "A server that others reach with neither `clearContext` nor `requireClientAuth`. It obeys anybody's `l5d-dtab`.",
  ),
  "W-31": warning("`protocols` is missing. TLS 1.0 and 1.1 are accepted."),
  "W-32": warning("`trustCerts` is read once. A new root needs a restart; `trustCertsBundle` does not."),
  "W-33": warning("A prefix that begins with `/#/`, and transformers. It never matches."),
  "W-34": warning("The admin port is open to everybody, or usage is reported to the vendor."),
  "W-35": warning("TLS without `clientSession.lifeTimeMs`. A renewed certificate is not asked for."),
  "W-36": error("A key of `tls` that linkerd does not know. It does not start."),
  "W-37": error("A certificate's name is not the one that the configuration of callers expects. Calls are refused."),
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleId = keyof typeof rules;

export const ruleIds = Object.keys(rules) as readonly RuleId[];

export interface Finding {
  readonly rule: RuleId;
  /** File, object and path. */
  readonly at: string;
  /** One line. */
  readonly message: string;
}

/** `FILE: configmap/l5d-web: config.yaml: routers[0].client.tls: error: … (W-22)`. */
export const findingText = ({ rule, at, message }: Finding): string =>
  `${at}: ${rules[rule].level}: ${message} (${rule})`;

export const isLoopback = (ip: string): boolean => ip === "localhost" || ip === "::1" || ip.startsWith("127.");
