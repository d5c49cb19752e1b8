/** Arbitrary pods, annotations and settings, friendly and hostile, for the property tests. */
import fc from "fast-check";
import { annotationRows } from "../../src/core/inject/settings/annotation-settings.ts";
import { keys } from "../../src/core/mesh/annotations.ts";
import type { Annotations, Json, JsonObject } from "../../src/core/base/json/json.ts";
import type { Installation } from "../../src/core/inject/settings/installation.ts";
import { installation } from "./injection.ts";
import { anyCharacter } from "./properties.ts";

/* oxlint-disable unicorn/no-useless-spread -- rows of texts */
/** Texts that break what is put together from text: quotes, line breaks, YAML, templates, half characters, bulk. */
const nasty = fc.constantFrom(
  ...['"', "'", "\\", "\n", "\r\n", "},\n]", '"}]', "\u0000", "\u2028", "\u202e", "\ufeff", "\ud800", "\udc00x", "😀"],
  ...["__proto__", "constructor", "toString", "{{ .Values }}", "$(_pod_name)", "a: b # c", "- x", "&a *a", "!!js/x"],
  ...["<b>", "%s", "~1", "/", "x".repeat(100_000), "é".repeat(300), " ", ""],
);
export const text = fc.oneof(nasty, fc.string({ maxLength: 12 }), fc.string({ unit: anyCharacter, maxLength: 6 }));

/** Hostile texts that no annotation takes for a number, a port, a boolean or a word of its own. */
export const useless = fc
  .tuple(nasty, fc.string({ unit: anyCharacter, maxLength: 4 }))
  .map((parts) => parts.join("?"))
  // One with a NUL is of no use to any row, before it is read.
  .filter((value) => !/[0-9\0]/.test(value));

const friendly = fc.constantFrom(
  ..."true false enabled disabled ingress insecure off deny json nft linkerd Always null NaN inf".split(" "),
  ..."8080 0 70000 -1 9007199254740993 1.5 100m 64Mi 500ms 1m30s 8080,9000-9010 http,3306 10.0.0.0/8".split(" "),
  ...['[{"name":"TZ","value":"UTC"}]', '[{"name":"__proto__"}]', "[null]", '[{"NAME":"A"}]', "[{}]"],
  '[{"name":"LINKERD2_PROXY_INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION","value":"mine"}]',
);

const annotationKey = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...annotationRows.map(({ annotation }) => annotation)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      keys.enableOpaquePorts,
      keys.opaquePorts,
      keys.podInboundPorts,
      "resource.opentelemetry.io/a",
      "config.linkerd.io/proxy-cpu-reqest",
      "config.linkerd.io/inject",
      "linkerd.io/opaque-ports",
      "example.test/x",
    ),
  },
  { weight: 1, arbitrary: text.filter((key) => key !== "\\") },
);

export const mapOf = <Value>(
  key: fc.Arbitrary<string>,
  value: fc.Arbitrary<Value>,
  maxLength = 5,
): fc.Arbitrary<Record<string, Value>> =>
  fc
    .uniqueArray(fc.tuple(key, value), { maxLength, selector: ([name]) => name })
    .map((pairs) => Object.fromEntries(pairs));

/** Annotations of Linkerd's and others, with values good, bad and hostile. None that claims to be made by weft. */
export const annotations: fc.Arbitrary<Annotations> = mapOf(
  annotationKey.filter((key) => key !== keys.createdBy),
  fc.oneof(friendly, text),
  8,
);

const ports = fc.array(
  fc.record(
    {
      containerPort: fc.oneof(fc.constantFrom(80, 3306, 5432, 11_211), fc.integer({ min: 1, max: 65_535 })),
      name: fc.constantFrom("http", "mysql", "linkerd-admin"),
      protocol: fc.constantFrom("TCP", "UDP"),
    },
    { requiredKeys: ["containerPort"] },
  ),
  { maxLength: 4 },
);
const probe = fc.record({
  httpGet: fc.record({ port: fc.oneof(fc.constantFrom<Json>("http", 8081), fc.nat(65_535)) }),
});

/**
 * Fields that no injector knows. No key is a lone backslash: in Node 24, JSON.parse takes any escaped key of one
 * character for it once it has seen one at the same place, so that JSON does not come back as it was.
 */
const unknown = mapOf(
  text.filter((key) => !knownFields.has(key)),
  fc.jsonValue({ maxDepth: 2 }).map((value) => value as Json),
  3,
).filter((fields) => !JSON.stringify(fields).includes(String.raw`"\\":`));
const knownFields = new Set(
  `name generateName namespace annotations labels ownerReferences hostNetwork automountServiceAccountToken volumes image
   initContainers containers ports livenessProbe readinessProbe volumeMounts securityContext metadata spec kind`.split(
    /\s+/,
  ),
);

/** Names that Linkerd's parts have, too, where a pod may have them and still be injected. */
const containerName = (leftovers: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom("app", "db", "worker", "sidecar") },
    { weight: 2, arbitrary: text },
    ...leftovers.map((name) => ({ weight: 1, arbitrary: fc.constant(name) })),
  );

const container = (leftovers: readonly string[]): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(
      unknown,
      fc.record(
        {
          name: containerName(leftovers),
          image: text,
          ports: fc.oneof(ports, fc.constant(null)),
          env: fc.array(fc.record({ name: text, value: text }), { maxLength: 2 }),
          livenessProbe: probe,
          readinessProbe: probe,
          startupProbe: probe,
          volumeMounts: fc.array(
            fc.record({
              name: fc.constantFrom("token", "data"),
              mountPath: fc.constantFrom("/data", "/var/run/secrets/kubernetes.io/serviceaccount"),
              readOnly: fc.boolean(),
            }),
            { maxLength: 2 },
          ),
          securityContext: fc.record(
            {
              privileged: fc.boolean(),
              runAsUser: fc.nat(),
              capabilities: fc.record(
                {
                  add: fc.subarray(["NET_BIND_SERVICE", "SYS_TIME", "NET_ADMIN"]),
                  drop: fc.subarray(["ALL", "NET_RAW"]),
                },
                { requiredKeys: [] },
              ),
            },
            { requiredKeys: [] },
          ),
        },
        { requiredKeys: ["name"] },
      ),
    )
    .map(([unknowns, known]) => joined(unknowns, known as JsonObject));

const joined = (...parts: readonly JsonObject[]): JsonObject =>
  Object.fromEntries(parts.flatMap((part) => Object.entries(part)));

export interface PodShape {
  readonly annotations?: fc.Arbitrary<Annotations>;
  /** Names of weft's own parts that the pod may have already. */
  readonly leftovers?: readonly string[];
}

/** An arbitrary pod. Only its own annotations decide whether it asks. */
export const arbitraryPod = ({
  annotations: own = annotations,
  leftovers = [],
}: PodShape = {}): fc.Arbitrary<JsonObject> => {
  const list = <Value>(item: fc.Arbitrary<Value>): fc.Arbitrary<Value[] | null> =>
    fc.oneof({ weight: 8, arbitrary: fc.array(item, { maxLength: 3 }) }, { weight: 1, arbitrary: fc.constant(null) });
  const metadata = fc.record(
    {
      name: text,
      generateName: text,
      annotations: own,
      labels: mapOf(fc.constantFrom("app", "app.kubernetes.io/name", "config.linkerd.io/proxy-log-level", "x/y"), text),
      creationTimestamp: fc.constant(null),
    },
    { requiredKeys: ["annotations"] },
  );
  const spec = fc.record(
    {
      initContainers: list(container(leftovers)),
      containers: fc.array(container(leftovers), { maxLength: 3 }),
      volumes: list(fc.record({ name: fc.constantFrom("data", "token"), emptyDir: fc.constant({}) })),
      automountServiceAccountToken: fc.boolean(),
      serviceAccountName: text,
    },
    { requiredKeys: ["containers"] },
  );
  return fc
    .tuple(unknown, unknown, unknown, metadata, spec)
    .map(([top, inMetadata, inSpec, knownMetadata, knownSpec]) =>
      joined({ apiVersion: "v1", kind: "Pod" }, top, {
        metadata: joined(inMetadata, knownMetadata as JsonObject),
        spec: joined(inSpec, knownSpec as JsonObject),
      }),
    );
};

/** Installations that differ in what the pod looks like; a counterexample tells them by what they change. */
export const installations: fc.Arbitrary<Installation> = fc.constantFrom(
  ...[
    {},
    { "proxy.nativeSidecar": false },
    { "proxy.nativeSidecar": false, "proxy.await": false, "proxy.waitBeforeExitSeconds": 30 },
    { cniEnabled: true },
    { cniEnabled: true, "proxy.nativeSidecar": false },
    { disableIPv6: false, "proxyInit.runAsRoot": true },
    { "proxyInit.privileged": true, "proxy.gid": 2102 },
    { "proxyInit.mode": "nft", "proxyInit.image.name": "init:1" },
    { "proxyInit.mode": "iptables", "proxyInit.image.name": "init:1", "proxyInit.runAsRoot": true },
    { "identity.serviceAccountTokenProjection": false },
    {
      "proxy.tracing.enabled": true,
      "proxy.tracing.collector.endpoint": "collector:4317",
      "proxy.tracing.collector.meshIdentity.serviceAccountName": "collector",
      "proxy.tracing.collector.meshIdentity.namespace": "tracing",
      "proxy.resources.cpu.limit": "1",
    },
    { "proxy.securityContext": { runAsUser: 5000 }, "proxy.additionalEnv": [{ name: "A", value: "1" }] },
  ].map((changes) =>
    Object.assign(installation(changes), { [fc.toStringMethod]: () => `installation(${JSON.stringify(changes)})` }),
  ),
);
