import { expect } from "chai";
import fc from "fast-check";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { addressBytes, isWithin, parseCidr } from "../../../src/core/base/scalars/subnets.ts";
import { endpointsOf } from "../../../src/core/destination/endpoints.ts";
import { defaultPolicies } from "../../../src/core/mesh/default-policy.ts";
import { inboundPolicy } from "../../../src/core/policy/inbound.ts";
import { ipText } from "../../../src/core/proxy-api/address.ts";
import type { Authz } from "../../../src/core/proxy-api/inbound.ts";
import type { ClusterView } from "../../../src/core/view/cluster.ts";
import { clusterIndex } from "../../../src/core/view/index.ts";
import type { MeshView } from "../../../src/core/view/mesh.ts";
import { feedCluster, mostKept } from "../../../src/serve/controller/cluster-feed.ts";
import { addressesOf } from "../../core/destination/cluster.ts";
import { fakeApi } from "../../support/api-server.ts";
import { manualClock, settled } from "../../support/manual-clock.ts";
import type { ManualClock } from "../../support/manual-clock.ts";
import { runs } from "../../support/properties.ts";
import { mesh } from "../../support/view.ts";

const namespaces = ["shop", "lab"];
const names = ["a", "b", "c", "d"];
const ports = [80, 8080];
const name = fc.constantFrom(...names);
const port = fc.constantFrom(...ports);
const account = fc.constantFrom("one", "two");
const app = fc.constantFrom("web", "api");
const labels = fc.record({ app });
const selector = fc.oneof(
  labels.map((matchLabels) => ({ matchLabels })),
  fc.constant({}),
);

const groups: Readonly<Record<string, string>> = {
  Pod: "v1",
  Service: "v1",
  Namespace: "v1",
  EndpointSlice: "discovery.k8s.io/v1",
  NetworkPolicy: "policy.linkerd.io/v1alpha1",
};
const policyKindsServed = [
  "Server",
  "ServerAuthorization",
  "AuthorizationPolicy",
  "MeshTLSAuthentication",
  "NetworkAuthentication",
  "HTTPRoute",
];

const reference = (...kinds: readonly string[]) =>
  fc.record({ kind: fc.constantFrom(...kinds), name }).map((ref) => ({
    ...ref,
    ...(ref.kind.startsWith("Service") ? {} : { group: "policy.linkerd.io" }),
  }));
const clients = fc.oneof(
  fc.constant({ unauthenticated: true }),
  fc.constant({ meshTLS: { unauthenticatedTLS: true } }),
  account.map((each) => ({ meshTLS: { serviceAccounts: [{ name: each }] } })),
  fc.constant({ networks: [{ cidr: "10.1.0.0/16", except: ["10.1.0.1"] }], unauthenticated: true }),
);
const parts: Readonly<Record<string, fc.Arbitrary<JsonObject>>> = {
  Pod: fc.record({ account, address: fc.integer({ min: 1, max: 8 }), isHttp: fc.boolean() }).map((pod) => ({
    spec: {
      serviceAccountName: pod.account,
      containers: [
        { name: "app", ports: [{ name: pod.isHttp ? "http" : "other", containerPort: 8080 }] },
        { name: "linkerd-proxy" },
      ],
    },
    status: { phase: "Running", podIP: `10.1.0.${pod.address}` },
  })),
  Service: fc.record({ app, port, target: fc.oneof(port, fc.constant("http")) }).map((service) => ({
    spec: {
      selector: { app: service.app },
      ports: [{ name: "main", port: service.port, targetPort: service.target }],
    },
  })),
  EndpointSlice: fc.record({ service: name, pod: name, address: fc.integer({ min: 1, max: 8 }) }).map((slice) => ({
    addressType: "IPv4",
    ports: [{ name: "main", port: 8080 }],
    endpoints: [{ addresses: [`10.1.0.${slice.address}`], targetRef: { kind: "Pod", name: slice.pod } }],
    metadata: { labels: { "kubernetes.io/service-name": slice.service } },
  })),
  Server: fc
    .record({
      podSelector: selector,
      port: fc.oneof(port, fc.constant("http")),
      proxyProtocol: fc.constantFrom("unknown", "opaque", "HTTP/1"),
      accessPolicy: fc.constantFrom(...defaultPolicies),
    })
    .map((spec) => ({ spec })),
  ServerAuthorization: fc
    .record({
      server: fc.oneof(
        name.map((each) => ({ name: each })),
        selector.map((each) => ({ selector: each })),
      ),
      client: clients,
    })
    .map((spec) => ({ spec })),
  AuthorizationPolicy: fc
    .record({
      targetRef: fc.oneof(reference("Server"), fc.constant({ kind: "Namespace", name: "shop" })),
      requiredAuthenticationRefs: fc.array(
        reference("MeshTLSAuthentication", "NetworkAuthentication", "ServiceAccount"),
        { maxLength: 2 },
      ),
    })
    .map((spec) => ({ spec })),
  MeshTLSAuthentication: fc
    .constantFrom("*", "one.shop.serviceaccount.identity.weft.cluster.local")
    .map((identity) => ({ spec: { identities: [identity] } })),
  NetworkAuthentication: fc
    .constantFrom<JsonObject>({ cidr: "0.0.0.0/0" }, { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] })
    .map((network) => ({ spec: { networks: [network] } })),
  NetworkPolicy: fc
    .record({ service: name, app, port, isOfAll: fc.boolean(), egress: port })
    .map(({ service, app, port, isOfAll, egress }) => ({
      spec: {
        targetRef: { kind: "Service", name: service },
        ingress: [{ ports: [{ port }], ...(isOfAll ? {} : { from: [{ selector: { matchLabels: { app } } }] }) }],
        egress: [{ ports: [{ port: egress }] }],
      },
    })),
  HTTPRoute: reference("Server").map((parent) => ({ spec: { parentRefs: [parent] } })),
};

/** Heavier ones go first where room is short. */
const padding = fc.constantFrom(0, 0, 0, 400, 1500);

/** Those that close something are more. */
const kind = fc.constantFrom(
  ...Object.keys(parts),
  "Pod",
  "Service",
  "Service",
  "Server",
  "NetworkPolicy",
  "HTTPRoute",
);
const object = kind.chain((kind) =>
  fc
    .record({
      name,
      namespace: fc.constantFrom("shop", "shop", "lab"),
      labels,
      more: parts[kind] ?? fc.constant<JsonObject>({}),
      padding,
    })
    .map(({ name: own, namespace, labels: its, more, padding: size }): JsonObject => {
      const metadata = (more["metadata"] ?? {}) as JsonObject;
      return {
        apiVersion: groups[kind] ?? "policy.linkerd.io/v1beta3",
        kind,
        ...more,
        metadata: {
          name: own,
          namespace,
          labels: {
            ...its,
            "linkerd.io/control-plane-ns": "weft",
            ...(size === 0 ? {} : { size: "x".repeat(size) }),
            ...((metadata["labels"] ?? {}) as JsonObject),
          },
        },
      };
    }),
);

const plurals: Readonly<Record<string, string>> = { NetworkPolicy: "networkpolicies" };
const pathOf = ({ apiVersion, kind, metadata }: JsonObject): string => {
  const { namespace, name: own } = metadata as JsonObject;
  const plural = plurals[String(kind)] ?? `${String(kind).toLowerCase()}s`;
  const group = apiVersion === "v1" ? "/api/v1" : `/apis/${String(apiVersion)}`;
  return `${group}/namespaces/${String(namespace)}/${plural}/${String(own)}`;
};

type Step =
  | { readonly kind: "put"; readonly object: JsonObject }
  | { readonly kind: "remove"; readonly nth: number }
  /** Watches break, so that all is listed anew. */
  | { readonly kind: "list" };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: object.map((each): Step => ({ kind: "put", object: each })) },
  { weight: 3, arbitrary: fc.nat(50).map((nth): Step => ({ kind: "remove", nth })) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "list" }) },
);

const bounds = fc.record({
  ofOneKind: fc.constantFrom(1, 2, 5000),
  policies: fc.constantFrom(2_500, 6_000, mostKept.policies),
  others: fc.constantFrom(4_000, 9_000, 14_000, mostKept.others),
});

/** Identity and address of callers; without identity: in plain text, or with TLS alone. */
const callers = ["10.1.0.1", "192.0.2.1"].flatMap((ip) =>
  [
    undefined,
    "",
    ...namespaces.flatMap((each) =>
      ["one", "two"].map((its) => `${its}.${each}.serviceaccount.identity.weft.cluster.local`),
    ),
  ].map((identity) => ({ ip, identity })),
);
type Caller = (typeof callers)[number];

function letsIn({ networks = [], authentication }: Authz, { ip, identity }: Caller): boolean {
  const bytes = addressBytes(ip) ?? [];
  const isIn = (net: (typeof networks)[number]["net"]): boolean => {
    const cidr = parseCidr(`${ipText(net?.ip ?? {})}/${net?.prefix_len ?? 0}`);
    return cidr !== undefined && isWithin(bytes, cidr);
  };
  if (!networks.some(({ net, except = [] }) => isIn(net) && !except.some(isIn))) return false;
  if (authentication?.unauthenticated !== undefined) return true;
  const tls = authentication?.meshTLS;
  if (identity === undefined || tls === undefined) return false;
  if (tls.unauthenticated !== undefined) return true;
  const { identities = [], suffixes = [] } = tls.identities ?? {};
  return (
    identity !== "" &&
    (identities.some((each) => each.name === identity) ||
      suffixes.some(({ parts: suffix = [] }) => suffix.length === 0 || identity.endsWith(`.${suffix.join(".")}`)))
  );
}

/** Callers by number; of a pod that is not known the proxy keeps to its default, which may be any. */
function letIn(view: ClusterView, of: MeshView, namespace: string, pod: string, number: number): readonly number[] {
  const answer = inboundPolicy(view, of, { namespace, pod }, number);
  const all = callers.map((_, index) => index);
  if (answer.kind !== "server") return all;
  return all.filter((index) => {
    const caller = callers[index];
    return caller !== undefined && (answer.server.authorizations ?? []).some((authz) => letsIn(authz, caller));
  });
}

const served = (path: string): JsonObject | undefined => {
  if (path === "/apis/policy.linkerd.io") return { versions: ["v1alpha1", "v1beta3"].map((version) => ({ version })) };
  const kinds = path.endsWith("/v1alpha1") ? ["NetworkPolicy"] : policyKindsServed;
  if (!/^\/apis\/policy\.linkerd\.io\/[^/]+$/.test(path)) return undefined;
  return {
    resources: kinds.map((kind) => ({ kind, name: plurals[kind] ?? `${kind.toLowerCase()}s`, namespaced: true })),
  };
};

function fed(fake: ReturnType<typeof fakeApi>, clock: ManualClock, most: Partial<typeof mostKept>) {
  const [index, ending] = [clusterIndex(), new AbortController()];
  const feed = feedCluster({
    api: fake,
    index,
    clock,
    random: () => 0,
    signal: ending.signal,
    most: { ...mostKept, ...most },
  });
  return {
    index,
    feed,
    end: async () => {
      ending.abort();
      await feed.ended;
    },
  };
}

describe("what is left out of the cluster, whatever it is", () => {
  it("opens no port, and takes no identity from an endpoint that is told", async () => {
    let [left, closed] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.array(object, { minLength: 12, maxLength: 40 }),
        fc.array(step, { maxLength: 12 }),
        bounds,
        fc.constantFrom(...defaultPolicies),
        async (objects, steps, most, defaultInboundPolicy) => {
          const stored = new Map(objects.map((each) => [pathOf(each), each]));
          const fake = fakeApi(...stored.values());
          fake.answerWith(({ path }) => {
            const body = served(path);
            return body === undefined ? undefined : { status: 200, body };
          });
          const clock = manualClock();
          const [bounded, whole] = [fed(fake, clock, most), fed(fake, clock, {})];
          const of = { ...mesh, defaultInboundPolicy };
          const compare = (): void => {
            const [few, all] = [bounded.index.view(), whole.index.view()];
            const out = bounded.feed.leftOut();
            left += Object.values({ ...out.policies, ...out.others }).some((count) => count > 0) ? 1 : 0;
            for (const namespace of namespaces) {
              for (const pod of names) {
                if (all.pod(namespace, pod) === undefined) continue;
                for (const number of ports) {
                  const [had, has] = [all, few].map((view) => letIn(view, of, namespace, pod, number));
                  if (had?.length !== has?.length) closed += 1;
                  expect(had, `${namespace}/${pod}:${number}`).to.include.members([...(has ?? [])]);
                }
              }
              for (const service of names)
                for (const number of ports) {
                  const target = { kind: "service", namespace, name: service, hostname: "", port: number } as const;
                  const place = { zone: "", node: "" };
                  const [had, has] = [all, few].map((view) => {
                    const set = endpointsOf(view, of, target, place);
                    return set.kind === "endpoints" ? addressesOf(set) : new Map<string, never>();
                  });
                  for (const [address, endpoint] of has ?? [])
                    expect(endpoint.tls_identity, `${service}.${namespace} at ${address}`).to.deep.equal(
                      had?.get(address)?.tls_identity,
                    );
                }
            }
          };
          try {
            await settled();
            compare();
            for (const each of steps) {
              if (each.kind === "put") {
                stored.set(pathOf(each.object), each.object);
                fake.put(each.object);
              } else if (each.kind === "remove") {
                const path = [...stored.keys()][each.nth % Math.max(1, stored.size)];
                if (path === undefined) continue;
                stored.delete(path);
                fake.remove(path);
              } else {
                fake.compact();
                fake.endWatches(new Error("cut"));
                await clock.advance(60_000);
              }
              await settled();
              compare();
            }
          } finally {
            await Promise.all([bounded.end(), whole.end()]);
          }
        },
      ),
      runs(150),
    );
    expect([left > 0, closed > 0], "seen").to.deep.equal([true, true]);
  });
});
