/** What one broken thing in a cluster adds to the output of `weft check`, everything else being well. */
import { expect } from "chai";
import { defaultValues } from "../../src/core/inject/settings/defaults.ts";
import { at, objectsAt, textAt } from "../../src/core/base/json/read.ts";
import type { Report } from "../../src/core/checks/run.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { authority, lasting } from "../support/certificates.ts";
import type { Authority } from "../support/certificates.ts";
import { base64 } from "../support/listening.ts";
import { checkedAfter, checkedBefore, findings } from "../support/check-asked.ts";
import {
  addLinkerd,
  change,
  emptyCluster,
  healthyCluster,
  material,
  meshedPod,
  namespace,
  now,
  ownCluster,
  page,
  put,
  withAnnotations,
  withBundle,
} from "../support/check-cluster.ts";
import type { FakeCluster, Material } from "../support/check-cluster.ts";

const webhooks = "/apis/admissionregistration.k8s.io/v1";
const mutating = `${webhooks}/mutatingwebhookconfigurations/weft-injector`;
const validating = `${webhooks}/validatingwebhookconfigurations/weft-advice`;
const deployment = "/apis/apps/v1/namespaces/weft/deployments/weft-injector";
const secret = "/api/v1/namespaces/weft/secrets/weft-tls";
const lease = "/apis/coordination.k8s.io/v1/namespaces/weft/leases/weft-certificates";
const budget = "/apis/policy/v1/namespaces/weft/poddisruptionbudgets/weft-injector";
const settings = "/api/v1/namespaces/weft/configmaps/linkerd-config";
const anchors = "/api/v1/namespaces/weft/configmaps/linkerd-identity-trust-roots";
const slice = "/apis/discovery.k8s.io/v1/namespaces/weft/endpointslices/weft-injector-x";
const probe = "POST /api/v1/namespaces/default/pods";
const pod = (name: string): string => `/api/v1/namespaces/weft/pods/weft-injector-${name}`;

const user = (runAsUser: number): JsonObject => ({ name: "app", securityContext: { runAsUser } });

/** What stands beside the proxy, in front of it where that is a native sidecar. */
interface Shared {
  readonly containers: readonly JsonObject[];
  readonly initContainers?: readonly JsonObject[];
  readonly isNative?: boolean;
  /** A StatefulSet. */
  readonly owner?: string;
}

function sharing(pod: JsonObject, { containers, initContainers = [], isNative = false, owner }: Shared): JsonObject {
  const [made] = objectsAt(pod, "spec", "containers");
  const proxy: JsonObject = {
    ...made,
    securityContext: { runAsUser: 2102, runAsGroup: 2103 },
    env: [...objectsAt(made, "env"), { name: "LINKERD2_PROXY_ADMIN_LISTEN_ADDR", value: "[::]:4999" }],
  };
  const ownerReferences = owner === undefined ? [] : [{ controller: true, kind: "StatefulSet", name: owner }];
  return within("metadata", { ownerReferences })({
    ...pod,
    spec: {
      initContainers: isNative ? [proxy, ...initContainers] : initContainers,
      containers: isNative ? containers : [proxy, ...containers],
    },
  });
}

/** Valid for 90 days. */
const leaf = async (name: string, by: Authority, from: Date): Promise<string> =>
  (await by.sign({ name, during: lasting(from, 90) })).certificate;
const refusal = (code: number, message: string) => ({ status: code, body: { kind: "Status", message } });
const days = (count: number): Date => new Date(now.getTime() + count * 86_400_000);

/** A member that is a map, with some of its members changed. */
const within =
  (key: string, changes: JsonObject) =>
  (object: JsonObject): JsonObject => ({
    ...object,
    [key]: { ...(object[key] as JsonObject | undefined), ...changes },
  });

/** With the entries changed that have that name; with all of them when there is none. */
const entries =
  (edit: (entry: JsonObject) => JsonObject, name?: string) =>
  (configuration: JsonObject): JsonObject => ({
    ...configuration,
    webhooks: objectsAt(configuration, "webhooks").map((each) =>
      name === undefined || textAt(each, "name") === `${name}.weft.linkerd.io` ? edit(each) : each,
    ),
  });

const foreign = (name: string): JsonObject => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingWebhookConfiguration",
  metadata: { name },
  webhooks: [{ name: `${name}.example` }],
});

const refusedProbe = (text: string) => (cluster: FakeCluster) => void cluster.answers.set(probe, refusal(403, text));

async function served(cluster: FakeCluster, certificate: string): Promise<void> {
  change(cluster, secret, within("data", { "tls.crt": base64(certificate) }));
}

/** Fingerprints are of keys made anew each time, OpenSSL's words of its version. */
const withoutChance = (line: string): string =>
  line.replace(/SHA-256 [0-9a-f]+/, "SHA-256 f").replace(/error:.*/, "error");

type Break = (cluster: FakeCluster, made: Material) => void | Promise<void>;
type Row = readonly [claim: string, broken: Break, found: readonly (readonly string[])[]];

const rows: readonly Row[] = [
  [
    "nobody answers",
    (cluster) => void cluster.answers.set("GET /version", undefined),
    [["× can query the Kubernetes API", "no answer about the API server https://10.0.0.1:6443: connect ECONNREFUSED"]],
  ],
  [
    "the credentials are not taken",
    (cluster) => void cluster.answers.set("GET /version", refusal(401, "Unauthorized")),
    [["× can query the Kubernetes API", "the credentials are not accepted: Unauthorized"]],
  ],
  [
    "an old API server",
    (cluster) => void (cluster.version = "v1.29.8"),
    [
      [
        "× is running Kubernetes 1.30 or newer",
        "it is v1.29.8: match conditions, which keep weft away from other pods, are not stable there",
      ],
    ],
  ],
  [
    "an API server whose version is none",
    (cluster) => void (cluster.version = "main"),
    [["× is running Kubernetes 1.30 or newer", 'its version "main" cannot be read']],
  ],
  [
    "a clock that is behind",
    (cluster) => void (cluster.clock = new Date(now.getTime() + 95_000)),
    [["‼ this machine's clock agrees with the API server's", "this machine is 95 s behind it"]],
  ],
  [
    "a clock that is behind by as much as may be",
    (cluster) => void (cluster.clock = new Date(now.getTime() + 30_000)),
    [],
  ],
  [
    "no namespace",
    (cluster) => cluster.api.remove("/api/v1/namespaces/weft"),
    [["× weft's namespace is there", "weft is not installed: there is no namespace weft"]],
  ],
  [
    "a namespace that is being deleted",
    (cluster) => change(cluster, "/api/v1/namespaces/weft", within("status", { phase: "Terminating" })),
    [["× weft's namespace is there", "it is being deleted"]],
  ],
  [
    "a namespace without weft",
    (cluster) => {
      cluster.api.remove(deployment);
      cluster.api.remove("/api/v1/namespaces/weft/services/weft-injector");
      cluster.api.remove("/api/v1/namespaces/weft/serviceaccounts/weft-injector");
    },
    [["× ServiceAccount, Service and Deployment are there", "weft is not installed in namespace weft"]],
  ],
  [
    "no Deployment",
    (cluster) => cluster.api.remove(deployment),
    [["× ServiceAccount, Service and Deployment are there", "Deployment weft-injector in namespace weft is not there"]],
  ],
  [
    "no replica",
    (cluster) => change(cluster, deployment, within("status", { availableReplicas: 0 })),
    [["× all replicas are available", "0 of 3 replicas are available"]],
  ],
  [
    "a replica too few",
    (cluster) => change(cluster, deployment, within("status", { availableReplicas: 2 })),
    [["‼ all replicas are available", "2 of 3 replicas are available"]],
  ],
  [
    "a rollout",
    (cluster) => change(cluster, deployment, within("status", { updatedReplicas: 1 })),
    [["‼ all replicas are available", "a rollout is under way"]],
  ],
  [
    "a pod that is not ready, in its own words",
    (cluster) =>
      page(cluster, "weft-injector-b", "readyz", "[+]webhook serving\n[-]namespaces not read yet\nnot ready\n"),
    [["‼ every pod says that it is ready", "weft-injector-b: [-]namespaces not read yet"]],
  ],
  [
    "no pod that starts",
    (cluster) => {
      for (const name of ["a", "b", "c"]) {
        const path = `${pod(name)}:9995/proxy`;
        cluster.pages.set(`${path}/readyz`, refusal(503, "dial tcp: connection refused"));
        cluster.pages.set(`${path}/metrics`, refusal(503, "dial tcp: connection refused"));
        change(cluster, pod(name), (object) => ({
          ...object,
          status: {
            phase: "Pending",
            containerStatuses: [
              { name: "injector", state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } } },
            ],
          },
        }));
      }
    },
    [
      [
        "× every pod says that it is ready",
        "weft-injector-a: container injector is waiting: ImagePullBackOff (no such image)",
        "weft-injector-b: container injector is waiting: ImagePullBackOff (no such image)",
        "weft-injector-c: container injector is waiting: ImagePullBackOff (no such image)",
      ],
    ],
  ],
  [
    "a broken settings file",
    (cluster) =>
      page(
        cluster,
        "weft-injector-a",
        "metrics",
        'weft_build_info{version="0.1.0"} 1\nweft_settings_reload_success 0\n',
      ),
    [
      [
        "× what the pods read last is in use",
        "weft-injector-a: the settings read last cannot be used, what was good before is",
      ],
    ],
  ],
  [
    "no endpoint",
    (cluster) => change(cluster, slice, (object) => ({ ...object, endpoints: [{ conditions: { ready: false } }] })),
    [["× the Service has endpoints that are ready", "none of its EndpointSlices has a ready endpoint"]],
  ],
  [
    "two versions",
    (cluster) => page(cluster, "weft-injector-c", "metrics", 'weft_build_info{version="0.2.0"} 1\n'),
    [
      [
        "‼ all pods are of one version",
        "weft-injector-a is 0.1.0",
        "weft-injector-b is 0.1.0",
        "weft-injector-c is 0.2.0",
      ],
      ["‼ this command and the webhook are of one version", "the webhook is 0.2.0, this command 0.1.0"],
    ],
  ],
  [
    "a right that is missing",
    (cluster) => void cluster.denied.add("patch mutatingwebhookconfigurations"),
    [
      [
        "× its ServiceAccount may make certificates and set caBundles",
        "it may not patch mutatingwebhookconfigurations.admissionregistration.k8s.io weft-injector",
      ],
    ],
  ],
  [
    "that missed pods cannot be counted, where no controller of weft's does it",
    (cluster) => void cluster.denied.add("list pods"),
    [
      ["‼ you may look at the mesh", "nowhere; weft-viewer is bound to nobody"],
      ["× its ServiceAccount may make certificates and set caBundles", "it may not list pods"],
    ],
  ],
  [
    "a right of the webhook's that is missing",
    (cluster) => void cluster.denied.add("get replicasets"),
    [["× weft's ServiceAccount may do what weft needs", "it may not get replicasets.apps"]],
  ],
  [
    "rights that the webhook is not to have",
    (cluster) =>
      change(cluster, "/apis/rbac.authorization.k8s.io/v1/clusterroles/weft-injector", (role) => ({
        ...role,
        rules: [
          ...objectsAt(role, "rules"),
          ...objectsAt(
            cluster.api.stored("/apis/rbac.authorization.k8s.io/v1/clusterroles/weft-certificates"),
            "rules",
          ),
          { apiGroups: [""], resources: ["secrets"], verbs: ["get"] },
        ],
      })),
    [
      [
        "× the webhook's ServiceAccount has no right to its registration, nor to the CA's key",
        "it may patch mutatingwebhookconfigurations.admissionregistration.k8s.io weft-injector",
        "it may patch validatingwebhookconfigurations.admissionregistration.k8s.io weft-advice",
        "it may patch validatingwebhookconfigurations.admissionregistration.k8s.io weft-policy",
        "it may get secrets weft-ca in namespace weft",
      ],
    ],
  ],
  [
    "no policy that guards the registration",
    (cluster) => cluster.api.remove(`${webhooks}/validatingadmissionpolicybindings/weft-changes-only-ca-bundles`),
    [
      [
        "‼ weft's accounts can change nothing of its registration but caBundles",
        "ValidatingAdmissionPolicyBinding weft-changes-only-ca-bundles is not there",
      ],
    ],
  ],
  [
    "a certificate controller that is not there",
    (cluster) => cluster.api.remove("/apis/apps/v1/namespaces/weft/deployments/weft-certificates"),
    [["× the certificate controller is at work", "Deployment weft-certificates in namespace weft is not there"]],
  ],
  [
    "a certificate controller that is not at work",
    (cluster) => {
      change(
        cluster,
        "/apis/apps/v1/namespaces/weft/deployments/weft-certificates",
        within("status", { availableReplicas: 0 }),
      );
      page(cluster, "weft-certificates-a", "readyz", "[-]certificates there is none yet\n");
    },
    [
      [
        "× the certificate controller is at work",
        "0 of 2 replicas are available",
        "weft-certificates-a: [-]certificates there is none yet",
      ],
    ],
  ],
  [
    "a Secret that still has the CA's key",
    (cluster) => change(cluster, secret, within("data", { "ca.key": "eA==" })),
    [["‼ the Secret that the webhook reads has no key of a CA", "Secret weft-tls has the key ca.key"]],
  ],
  [
    "nobody may be asked about rights, and the role lacks one",
    (cluster) => {
      cluster.answers.set(
        "POST /apis/authorization.k8s.io/v1/subjectaccessreviews",
        refusal(403, "subjectaccessreviews is forbidden"),
      );
      change(cluster, "/apis/rbac.authorization.k8s.io/v1/clusterroles/weft-injector", (role) => ({
        ...role,
        rules: objectsAt(role, "rules").filter((rule) => !JSON.stringify(rule).includes("replicasets")),
      }));
    },
    [
      ["× weft's ServiceAccount may do what weft needs", "no role of weft's allows it to get replicasets.apps"],
      [
        "‼ its ServiceAccount may make certificates and set caBundles",
        "not checked, since its rights could not be read: subjectaccessreviews is forbidden",
      ],
    ],
  ],
  [
    "nobody may be asked about rights, and nobody has the role",
    (cluster) => {
      cluster.answers.set(
        "POST /apis/authorization.k8s.io/v1/subjectaccessreviews",
        refusal(403, "subjectaccessreviews is forbidden"),
      );
      cluster.api.remove("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/weft-injector");
    },
    [
      ["× weft's ServiceAccount may do what weft needs", "ClusterRoleBinding weft-injector is not there"],
      [
        "‼ its ServiceAccount may make certificates and set caBundles",
        "not checked, since its rights could not be read: subjectaccessreviews is forbidden",
      ],
    ],
  ],
  [
    "nobody may be asked about rights, and the roles are right",
    (cluster) =>
      void cluster.answers.set(
        "POST /apis/authorization.k8s.io/v1/subjectaccessreviews",
        refusal(403, "subjectaccessreviews is forbidden"),
      ),
    [
      [
        "‼ its ServiceAccount may make certificates and set caBundles",
        "not checked, since its rights could not be read: subjectaccessreviews is forbidden",
      ],
    ],
  ],
  [
    "no mutating configuration",
    (cluster) => cluster.api.remove(mutating),
    [["× weft is registered with the API server", "no MutatingWebhookConfiguration has entries of weft's"]],
  ],
  [
    "no validating configuration",
    (cluster) => cluster.api.remove(validating),
    [
      [
        "‼ weft is registered with the API server",
        "no ValidatingWebhookConfiguration has weft's: nobody is warned at apply time",
      ],
    ],
  ],
  [
    "an entry that is missing",
    (cluster) =>
      change(cluster, mutating, (object) => ({ ...object, webhooks: objectsAt(object, "webhooks").slice(1) })),
    [["× its entries are those that this version of weft writes", "inject-namespace.weft.linkerd.io is missing"]],
  ],
  [
    "an entry of somebody else",
    (cluster) =>
      change(cluster, validating, (object) => ({
        ...object,
        webhooks: [...objectsAt(object, "webhooks"), { ...objectsAt(object, "webhooks")[0], name: "mine.example" }],
      })),
    [
      [
        "× nobody else stands in its configurations",
        "mine.example in ValidatingWebhookConfiguration weft-advice is none of weft's: it calls Service weft-injector in namespace weft for CREATE/UPDATE of deployments, statefulsets, daemonsets; CREATE/UPDATE of jobs, cronjobs; CREATE/UPDATE of services; CREATE/UPDATE of namespaces",
      ],
    ],
  ],
  [
    "somebody else in place of all entries",
    (cluster) =>
      change(cluster, mutating, (object) => ({
        ...object,
        webhooks: [
          {
            name: "evil.weft.linkerd.io",
            clientConfig: { url: "https://203.0.113.1/x" },
            rules: [{ operations: ["*"], resources: ["*"] }],
          },
        ],
      })),
    [
      ["× weft is registered with the API server", "no MutatingWebhookConfiguration has entries of weft's"],
      [
        "× nobody else stands in its configurations",
        "evil.weft.linkerd.io in MutatingWebhookConfiguration weft-injector is none of weft's: it calls https://203.0.113.1/x for * of *",
      ],
    ],
  ],
  [
    "an entry that calls somebody else, and asks for more",
    (cluster) =>
      change(
        cluster,
        mutating,
        entries(
          (entry) => ({
            ...entry,
            clientConfig: { url: "https://203.0.113.1/x", caBundle: at(entry, "clientConfig", "caBundle") },
            rules: [...objectsAt(entry, "rules"), { operations: ["*"], resources: ["secrets"] }],
          }),
          "rest",
        ),
      ),
    [
      ["× its entries call weft's Service", "rest.weft.linkerd.io calls https://203.0.113.1/x"],
      [
        "‼ its entries are those that this version of weft writes",
        'rest.weft.linkerd.io: rules has {"operations":["*"],"resources":["secrets"]}, which weft does not write',
      ],
    ],
  ],
  [
    "an entry that calls another Service",
    (cluster) =>
      change(
        cluster,
        validating,
        entries((entry) => ({
          ...entry,
          clientConfig: { ...(entry["clientConfig"] as JsonObject), service: { name: "evil", namespace: "weft" } },
        })),
      ),
    [["× its entries call weft's Service", "advise.weft.linkerd.io calls Service evil in namespace weft"]],
  ],
  [
    "entries changed by hand",
    (cluster) =>
      change(
        cluster,
        mutating,
        entries(
          (entry) => ({
            ...entry,
            failurePolicy: "Fail",
            timeoutSeconds: 3,
            matchConditions: [],
            namespaceSelector: { matchExpressions: objectsAt(entry, "namespaceSelector", "matchExpressions").slice(1) },
          }),
          "rest",
        ),
      ),
    [
      [
        "‼ its entries are those that this version of weft writes",
        'rest.weft.linkerd.io: failurePolicy is "Fail", weft writes "Ignore"',
        "rest.weft.linkerd.io: timeoutSeconds is 3, weft writes 2",
        'rest.weft.linkerd.io: namespaceSelector.matchExpressions lacks {"key":"weft.linkerd.io/inject","operator":"NotIn","values":["enabled","ingress"]}',
        "rest.weft.linkerd.io: matchConditions lacks {\"name\":\"service-or-not-opted-in\",\"expression\":\"request.resource.resource == 'services' || !(object.metadata.?annotations[?'linkerd.io/inject'].orValue('') in ['enabled', 'ingress'])\"}",
        'rest.weft.linkerd.io: matchConditions lacks {"name":"service-or-no-mirror-pod","expression":"request.resource.resource == \'services\' || !object.metadata.?annotations[?\'kubernetes.io/config.mirror\'].hasValue()"}',
      ],
    ],
  ],
  [
    "Linkerd's injector first",
    (cluster) => put(cluster, foreign("linkerd-proxy-injector-webhook-config")),
    [
      [
        "‼ weft is called before Linkerd's own injector",
        "weft-injector sorts after linkerd-proxy-injector-webhook-config: pods that ask get Linkerd's proxy from Linkerd",
      ],
    ],
  ],
  [
    "Istio's injector and a namespace that asks both",
    (cluster) => {
      put(cluster, foreign("istio-sidecar-injector"));
      change(cluster, "/api/v1/namespaces/shop", (object) => ({
        ...object,
        metadata: {
          ...(object["metadata"] as JsonObject),
          labels: { "weft.linkerd.io/inject": "enabled", "istio-injection": "enabled" },
        },
      }));
    },
    [["‼ no namespace asks two meshes for a sidecar", "namespace shop asks for Linkerd's proxy and for Istio's"]],
  ],
  [
    "Fail with one replica",
    (cluster) => change(cluster, deployment, within("spec", { replicas: 1 })),
    [
      [
        "‼ the failure policy fits the number of replicas",
        "it is Fail with one replica: while that one restarts, pods that ask for the proxy are refused",
      ],
      [
        "‼ draining nodes leaves a replica",
        "its PodDisruptionBudget never allows an eviction: draining a node will not end",
      ],
    ],
  ],
  [
    "no disruption budget",
    (cluster) => cluster.api.remove(budget),
    [["‼ draining nodes leaves a replica", "3 replicas, and no PodDisruptionBudget"]],
  ],
  [
    "a disruption budget that allows nothing",
    (cluster) => change(cluster, budget, (object) => ({ ...object, spec: { minAvailable: 3 } })),
    [
      [
        "‼ draining nodes leaves a replica",
        "its PodDisruptionBudget never allows an eviction: draining a node will not end",
      ],
    ],
  ],
  [
    "a caBundle that is missing",
    (cluster) =>
      change(
        cluster,
        mutating,
        entries(
          (entry) => ({ ...entry, clientConfig: { ...(entry["clientConfig"] as JsonObject), caBundle: undefined } }),
          "mirror",
        ),
      ),
    [["× every entry has a CA that the API server trusts", "mirror.weft.linkerd.io has no caBundle"]],
  ],
  [
    "a caBundle that is none",
    (cluster) =>
      change(
        cluster,
        mutating,
        entries((entry) => withBundle(entry, "no PEM"), "rest"),
      ),
    [
      [
        "× every entry has a CA that the API server trusts",
        "rest.weft.linkerd.io: its caBundle has no PEM certificate",
      ],
    ],
  ],
  [
    "a caBundle that is broken",
    (cluster) =>
      change(
        cluster,
        mutating,
        entries((entry) => withBundle(entry, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "rest"),
      ),
    [
      [
        "× every entry has a CA that the API server trusts",
        "rest.weft.linkerd.io: its caBundle: certificate 1: cannot be read: error",
      ],
    ],
  ],
  [
    "a caBundle of another key",
    (cluster, { stranger }) =>
      change(
        cluster,
        validating,
        entries((entry) => withBundle(entry, stranger.certificate)),
      ),
    [
      [
        "× weft serves a certificate for its Service, signed by these CAs",
        "advise.weft.linkerd.io does not trust it: it is signed by weft-ca, the entry trusts weft-ca with another key",
      ],
    ],
  ],
  [
    "an older CA beside it",
    (cluster, { own, stranger }) =>
      change(
        cluster,
        validating,
        entries((entry) => withBundle(entry, stranger.certificate + own.certificate)),
      ),
    [],
  ],
  [
    "an empty Secret",
    (cluster) => change(cluster, secret, (object) => ({ ...object, data: undefined })),
    [["× weft serves a certificate for its Service, signed by these CAs", "its Secret has no tls.crt yet"]],
  ],
  [
    "a certificate for another name",
    async (cluster, { own }) => served(cluster, await leaf("other.weft.svc", own, days(-10))),
    [
      [
        "× weft serves a certificate for its Service, signed by these CAs",
        "it is for other.weft.svc, not for weft-injector.weft.svc",
      ],
    ],
  ],
  [
    "a certificate that has expired",
    async (cluster, { own }) => served(cluster, await leaf("weft-injector.weft.svc", own, days(-91))),
    [["× the certificate is valid and is renewed in time", "the certificate expired at 2026-02-28T12:00:00.000Z"]],
  ],
  [
    "a certificate that nobody renewed",
    async (cluster, { own }) => served(cluster, await leaf("weft-injector.weft.svc", own, days(-70))),
    [
      [
        "‼ the certificate is valid and is renewed in time",
        "the certificate ends in 20 days, at 2026-03-21T12:00:00.000Z",
      ],
    ],
  ],
  [
    "a certificate that is not valid yet",
    async (cluster, { own }) => served(cluster, await leaf("weft-injector.weft.svc", own, days(1))),
    [
      [
        "× the certificate is valid and is renewed in time",
        "the certificate is valid from 2026-03-02T12:00:00.000Z on",
      ],
    ],
  ],
  [
    "a Secret that may not be read",
    (cluster) => void cluster.answers.set(`GET ${secret}`, refusal(403, 'secrets "weft-tls" is forbidden')),
    [
      [
        "‼ weft serves a certificate for its Service, signed by these CAs",
        'not checked, since Secret weft-tls in namespace weft could not be read: secrets "weft-tls" is forbidden',
      ],
    ],
  ],
  [
    "a CA that ends",
    async (cluster) => {
      const old = await authority("weft-ca", lasting(days(-340), 365));
      change(
        cluster,
        mutating,
        entries((entry) => withBundle(entry, old.certificate)),
      );
      change(
        cluster,
        validating,
        entries((entry) => withBundle(entry, old.certificate)),
      );
      await served(cluster, await leaf("weft-injector.weft.svc", old, days(-10)));
    },
    [["‼ the CAs that the API server trusts are valid", "CA weft-ca ends in 25 days, at 2026-03-26T12:00:00.000Z"]],
  ],
  [
    "a Lease that nobody holds",
    (cluster) => change(cluster, lease, (object) => ({ ...object, spec: undefined })),
    [["‼ somebody looks after the certificates", "nobody holds its Lease"]],
  ],
  [
    "a Lease whose holder is silent",
    (cluster) => change(cluster, lease, within("spec", { renewTime: days(-1).toISOString() })),
    [
      [
        "‼ somebody looks after the certificates",
        "weft-certificates-a holds its Lease, but was last heard of 86400 s ago",
      ],
    ],
  ],
  [
    "a Lease whose holder is silent and names 68 years",
    (cluster) =>
      change(cluster, lease, within("spec", { renewTime: days(-1).toISOString(), leaseDurationSeconds: 2147483647 })),
    [
      [
        "‼ somebody looks after the certificates",
        "weft-certificates-a holds its Lease, but was last heard of 86400 s ago",
      ],
    ],
  ],
  [
    "a Lease that was renewed in the future",
    (cluster) => change(cluster, lease, within("spec", { renewTime: days(1).toISOString() })),
    [["‼ somebody looks after the certificates", "weft-certificates-a holds its Lease, renewed 86400 s in the future"]],
  ],
  [
    "settings that are no YAML",
    (cluster) => change(cluster, settings, (object) => ({ ...object, data: { values: "proxy: [" } })),
    [["× the settings can be used", 'key values: line 1, column 8: "[" is not closed']],
  ],
  [
    "settings of wrong types",
    (cluster) =>
      change(cluster, settings, (object) => ({ ...object, data: { values: "proxy: {ports: {inbound: many}}" } })),
    [["× the settings can be used", 'proxy.ports.inbound: expected a whole number, got "many"']],
  ],
  [
    "settings that cannot work",
    (cluster) =>
      change(cluster, settings, (object) => ({
        ...object,
        data: { values: textAt(object, "data", "values").replace("inbound: 4143", "inbound: 0") },
      })),
    [["× the settings can be used", "proxy.ports.inbound: 0 is not a port from 1 to 65535"]],
  ],
  [
    "settings without a value that is needed",
    (cluster) =>
      change(cluster, settings, (object) => ({
        ...object,
        data: { values: textAt(object, "data", "values").replace("name: cr.l5d.io/linkerd/proxy\n", 'name: ""\n') },
      })),
    [
      [
        "‼ the settings can be used",
        "proxy.image.name: is missing: settings are complete Helm values, as in ConfigMap linkerd-config",
      ],
    ],
  ],
  [
    "nodes, pods and Services outside of the cluster's networks",
    (cluster) => {
      put(cluster, {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: "node-1" },
        spec: { podCIDRs: ["203.0.113.0/24"] },
      });
      put(cluster, { apiVersion: "v1", kind: "Node", metadata: { name: "node-2" }, spec: { podCIDR: "10.0.0.0/7" } });
      put(cluster, {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: "node-3" },
        spec: { podCIDRs: ["10.1.0.0/24", "fd00:1::/64"] },
      });
      const ofShop = (kind: string, name: string, spec: JsonObject, status: JsonObject = {}): void =>
        put(cluster, { apiVersion: "v1", kind, metadata: { name, namespace: "shop" }, spec, status });
      ofShop("Pod", "outside", {}, { podIPs: [{ ip: "10.1.0.9" }, { ip: "2001:db8::9" }] });
      ofShop("Pod", "on-the-node", { hostNetwork: true }, { podIP: "203.0.113.9" });
      ofShop("Pod", "over", {}, { podIP: "203.0.113.9", phase: "Succeeded" });
      ofShop("Pod", "not-yet", {});
      ofShop("Service", "web", { clusterIP: "198.51.100.7", clusterIPs: ["198.51.100.7"] });
      ofShop("Service", "headless", { clusterIP: "None", clusterIPs: ["None"] });
      ofShop("Service", "elsewhere", { type: "ExternalName" });
    },
    [
      [
        "‼ clusterNetworks contain the pod networks of all nodes",
        "node node-1: 203.0.113.0/24",
        "node node-2: 10.0.0.0/7",
      ],
      ["‼ clusterNetworks contain all pods", "pod shop/outside: 2001:db8::9"],
      ["‼ clusterNetworks contain all Services", "Service shop/web: 198.51.100.7"],
    ],
  ],
  ...(
    [
      ["of IPv4 alone, as proxies listen: pods with both are reached by IPv4", "true", "pod shop/six: fd00::6"],
      ["of IPv4 alone, where proxies listen on IPv6", "false", "pod shop/both: fd00::5\npod shop/six: fd00::6"],
    ] as const
  ).map(([claim, disableIPv6, lines]): (typeof rows)[number] => [
    `networks ${claim}`,
    (cluster) => {
      change(cluster, settings, (object) => {
        const values = textAt(object, "data", "values").replace(/^(clusterNetworks|disableIPv6):.*\n/gm, "");
        return {
          ...object,
          data: { values: `${values}\nclusterNetworks: 10.0.0.0/8\ndisableIPv6: ${disableIPv6}\n` },
        };
      });
      const pod = (name: string, ...ips: readonly string[]): void =>
        put(cluster, {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name, namespace: "shop" },
          spec: {},
          status: { podIPs: ips.map((ip) => ({ ip })) },
        });
      pod("both", "10.1.0.5", "fd00::5");
      pod("six", "fd00::6");
    },
    [["‼ clusterNetworks contain all pods", ...lines.split("\n")]],
  ]),
  [
    "a damaged trust anchor among good ones, which no replica would start with",
    (cluster, { trustAnchor }) => {
      for (const path of [anchors, anchors.replace("/weft/", "/linkerd/")])
        change(cluster, path, (object) => ({
          ...object,
          data: { "ca-bundle.crt": `${trustAnchor}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n` },
        }));
    },
    [["× the trust anchors can be read and are valid", "certificate 2: cannot be read: error"]],
  ],
  [
    "trust anchors that are none",
    (cluster) => change(cluster, anchors, (object) => ({ ...object, data: { "ca-bundle.crt": "none" } })),
    [
      [
        "‼ the settings can be used",
        "identityTrustAnchorsPEM: is not PEM text with certificates; proxies will not trust anybody",
      ],
      ["× the trust anchors can be read and are valid", "there is no PEM certificate among them"],
    ],
  ],
  [
    "trust anchors that end",
    async (cluster) => {
      const old = await authority("root.old", lasting(days(-330), 365));
      for (const path of [anchors, anchors.replace("/weft/", "/linkerd/")])
        change(cluster, path, (object) => ({ ...object, data: { "ca-bundle.crt": old.certificate } }));
    },
    [
      [
        "‼ the trust anchors can be read and are valid",
        "trust anchor root.old ends in 35 days, at 2026-04-05T12:00:00.000Z",
      ],
    ],
  ],
  [
    "other trust anchors than Linkerd's",
    (cluster, { stranger }) =>
      change(cluster, anchors, (object) => ({ ...object, data: { "ca-bundle.crt": stranger.certificate } })),
    [
      [
        "× they are those of Linkerd's control plane",
        "root.linkerd.cluster.local (SHA-256 f…) is one of Linkerd's, but not weft's",
        "weft-ca (SHA-256 f…) is one of weft's, but not Linkerd's",
      ],
    ],
  ],
  [
    "no control plane",
    (cluster) => cluster.api.remove(anchors.replace("/weft/", "/linkerd/")),
    [
      [
        "‼ they are those of Linkerd's control plane",
        "ConfigMap linkerd-identity-trust-roots in namespace linkerd is not there: proxies will find no control plane",
      ],
    ],
  ],
  [
    "a namespace without its label",
    (cluster) => put(cluster, namespace("late", { "linkerd.io/inject": "ingress" })),
    [
      [
        "‼ labels weft.linkerd.io/inject say what the annotations say",
        'namespace late has no such label, its annotation asks for "ingress"',
      ],
    ],
  ],
  [
    "a namespace without its label that nobody mirrors",
    (cluster) =>
      put(
        cluster,
        namespace("off", { "linkerd.io/inject": "enabled" }, { "config.linkerd.io/admission-webhooks": "disabled" }),
      ),
    [["‼ no namespace asks in vain", "namespace off asks for the proxy, but is excluded"]],
  ],
  [
    "a namespace with a label that is left over",
    (cluster) => put(cluster, namespace("left", {}, { "weft.linkerd.io/inject": "enabled" })),
    [
      [
        "‼ labels weft.linkerd.io/inject say what the annotations say",
        'namespace left has the label "enabled", its annotation asks for none',
      ],
    ],
  ],
  [
    "many namespaces without their labels",
    (cluster) => {
      for (let index = 10; index < 22; index += 1)
        put(cluster, namespace(`n${index}`, { "linkerd.io/inject": "enabled" }));
    },
    [
      [
        "‼ labels weft.linkerd.io/inject say what the annotations say",
        'namespace n10 has no such label, its annotation asks for "enabled"',
        'namespace n11 has no such label, its annotation asks for "enabled"',
        'namespace n12 has no such label, its annotation asks for "enabled"',
        'namespace n13 has no such label, its annotation asks for "enabled"',
        'namespace n14 has no such label, its annotation asks for "enabled"',
        'namespace n15 has no such label, its annotation asks for "enabled"',
        'namespace n16 has no such label, its annotation asks for "enabled"',
        'namespace n17 has no such label, its annotation asks for "enabled"',
        'namespace n18 has no such label, its annotation asks for "enabled"',
        "and 3 more",
      ],
    ],
  ],
  [
    "a namespace with a value that is none",
    (cluster) => put(cluster, namespace("typo", { "linkerd.io/inject": "enbaled" })),
    [["‼ annotations linkerd.io/inject of namespaces have usable values", 'namespace typo has "enbaled"']],
  ],
  [
    "a namespace that asks in vain",
    (cluster) =>
      put(
        cluster,
        namespace(
          "off",
          { "linkerd.io/inject": "enabled" },
          { "weft.linkerd.io/inject": "enabled", "config.linkerd.io/admission-webhooks": "disabled" },
        ),
      ),
    [["‼ no namespace asks in vain", "namespace off asks for the proxy, but is excluded"]],
  ],
  [
    "a namespace that enforces Pod Security",
    (cluster) =>
      put(
        cluster,
        namespace(
          "strict",
          { "linkerd.io/inject": "enabled" },
          { "weft.linkerd.io/inject": "enabled", "pod-security.kubernetes.io/enforce": "baseline" },
        ),
      ),
    [["‼ namespaces that ask admit what the proxy needs", "namespace strict enforces baseline"]],
  ],
  [
    "a probe without the proxy",
    (cluster) => void (cluster.admit = (object) => ({ status: 201, body: object, warnings: [] })),
    [
      [
        "× a pod that asks for the proxy gets it",
        "it came back without linkerd-proxy: weft was not asked, or did not answer",
      ],
    ],
  ],
  [
    "a probe with Linkerd's proxy",
    (cluster) => {
      const { admit } = cluster;
      cluster.admit = (object) => {
        const answer = admit(object);
        return {
          ...answer,
          body: JSON.parse(
            JSON.stringify(answer.body).replaceAll("weft/webhook", "linkerd/proxy-injector"),
          ) as JsonObject,
        };
      };
    },
    [["‼ a pod that asks for the proxy gets it", "its proxy is from linkerd/proxy-injector 0.1.0, not from weft"]],
  ],
  [
    "a pod that did not ask and got something",
    (cluster) => {
      const { admit } = cluster;
      cluster.admit = (object) => {
        const answer = admit(object);
        const isQuiet = textAt(object, "metadata", "annotations", "linkerd.io/inject") === "";
        return isQuiet ? admit({ ...object, metadata: { annotations: { "linkerd.io/inject": "enabled" } } }) : answer;
      };
    },
    [
      [
        "× a pod that does not ask stays as it is",
        "it came back with linkerd-proxy",
        "it came back with linkerd.io/created-by",
        "it came back with linkerd.io/proxy-version",
        "it came back with linkerd.io/trust-root-sha256",
        "it came back with linkerd.io/control-plane-ns",
        "it came back with linkerd.io/workload-ns",
      ],
    ],
  ],
  [
    "a probe without the warning",
    (cluster) => {
      const { admit } = cluster;
      cluster.admit = (object) => ({ ...admit(object), warnings: [] });
    },
    [
      [
        "‼ a mistyped annotation comes back as a warning",
        "config.linkerd.io/proxy-cpu-limt was let pass without a word",
      ],
    ],
  ],
  [
    "weft that does not answer",
    (cluster) =>
      void cluster.answers.set(
        probe,
        refusal(
          500,
          'Internal error occurred: failed calling webhook "inject-pod.weft.linkerd.io": failed to call webhook: connection refused',
        ),
      ),
    [
      [
        "× a pod that asks for the proxy gets it",
        'in namespace default: Internal error occurred: failed calling webhook "inject-pod.weft.linkerd.io": failed to call webhook: connection refused',
        "the API server could not call weft, and the failure policy is Fail",
      ],
      [
        "× a pod that does not ask stays as it is",
        'in namespace default: Internal error occurred: failed calling webhook "inject-pod.weft.linkerd.io": failed to call webhook: connection refused',
        "the API server could not call weft, and the failure policy is Fail",
      ],
    ],
  ],
  [
    "a quota",
    refusedProbe('pods "weft-check-x" is forbidden: exceeded quota: small'),
    [
      [
        "‼ a pod that asks for the proxy gets it",
        'in namespace default: pods "weft-check-x" is forbidden: exceeded quota: small',
        "a quota is used up there: choose another by --probe-namespace",
      ],
      [
        "‼ a pod that does not ask stays as it is",
        'in namespace default: pods "weft-check-x" is forbidden: exceeded quota: small',
        "a quota is used up there: choose another by --probe-namespace",
      ],
    ],
  ],
  [
    "a user who may not create pods",
    refusedProbe('pods is forbidden: User "eve" cannot create resource "pods" in API group ""'),
    [
      [
        "‼ a pod that asks for the proxy gets it",
        'in namespace default: pods is forbidden: User "eve" cannot create resource "pods" in API group ""',
        "you may not create pods there: choose a namespace by --probe-namespace where you may",
      ],
      [
        "‼ a pod that does not ask stays as it is",
        'in namespace default: pods is forbidden: User "eve" cannot create resource "pods" in API group ""',
        "you may not create pods there: choose a namespace by --probe-namespace where you may",
      ],
    ],
  ],
  [
    "no ServiceAccount default",
    refusedProbe('error looking up service account default/default: serviceaccount "default" not found'),
    [
      [
        "‼ a pod that asks for the proxy gets it",
        'in namespace default: error looking up service account default/default: serviceaccount "default" not found',
        "its ServiceAccount default is not there yet: choose another by --probe-namespace",
      ],
      [
        "‼ a pod that does not ask stays as it is",
        'in namespace default: error looking up service account default/default: serviceaccount "default" not found',
        "its ServiceAccount default is not there yet: choose another by --probe-namespace",
      ],
    ],
  ],
  [
    "a refusal that nobody knows",
    refusedProbe("I'm a teapot"),
    [
      ["× a pod that asks for the proxy gets it", "in namespace default: I'm a teapot"],
      ["× a pod that does not ask stays as it is", "in namespace default: I'm a teapot"],
    ],
  ],
];

const rowsBefore: readonly Row[] = [
  [
    "a right that is missing",
    (cluster) => void cluster.denied.add("create clusterroles"),
    [["× you may create what weft install prints", "you may not create clusterroles.rbac.authorization.k8s.io"]],
  ],
  [
    "an object in the way",
    (cluster) =>
      put(cluster, { apiVersion: "v1", kind: "Service", metadata: { name: "weft-injector", namespace: "weft" } }),
    [["‼ nothing has the names that weft needs", "Service weft-injector in namespace weft is there"]],
  ],
  [
    "weft registered under another name",
    (cluster, made) => put(cluster, { ...healthyCluster(made).api.stored(mutating), metadata: { name: "other" } }),
    [["× weft is not registered yet", "other has entries of weft's"]],
  ],
  [
    "nothing wrong without Linkerd: weft has a control plane of its own",
    (cluster) => {
      for (const name of ["linkerd-config", "linkerd-identity-trust-roots"])
        cluster.api.remove(`/api/v1/namespaces/linkerd/configmaps/${name}`);
    },
    [],
  ],
  [
    "Istio",
    (cluster) => put(cluster, foreign("istio-sidecar-injector")),
    [["‼ no other injector is asked before weft", "istio-sidecar-injector injects Istio's proxy"]],
  ],
  [
    "settings of Linkerd's that cannot be used",
    (cluster) =>
      change(cluster, settings.replace("/weft/", "/linkerd/"), (object) => ({
        ...object,
        data: { values: "proxy: 1" },
      })),
    [["× Linkerd's settings can be used", "proxy: expected a map, got 1"]],
  ],
];

const controller = "/apis/apps/v1/namespaces/weft/deployments/weft-controller";
const issuerSecret = "/api/v1/namespaces/weft/secrets/linkerd-identity-issuer";
const issuer = (cluster: FakeCluster, pair: JsonObject): void => change(cluster, issuerSecret, within("data", pair));

const rowsOwn: readonly Row[] = [
  ["nothing wrong", () => undefined, []],
  [
    "no Deployment, which is told once",
    (cluster) => cluster.api.remove(controller),
    [
      [
        "× its Deployment and the Services that proxies dial are there",
        "Deployment weft-controller in namespace weft is not there",
      ],
    ],
  ],
  [
    "a Service that is missing",
    (cluster) => cluster.api.remove("/api/v1/namespaces/weft/services/linkerd-policy"),
    [
      [
        "× its Deployment and the Services that proxies dial are there",
        "Service linkerd-policy in namespace weft is not there",
      ],
    ],
  ],
  [
    "no replica",
    (cluster) => change(cluster, controller, within("status", { availableReplicas: 0 })),
    [["× all of its replicas are available", "0 of 3 replicas are available"]],
  ],
  [
    "a pod that is not ready, in its own words",
    (cluster) => page(cluster, "weft-controller-b", "readyz", "[+]issuer read\n[-]cluster not read yet\nnot ready\n"),
    [["‼ every one of its pods says that it is ready", "weft-controller-b: [-]cluster not read yet"]],
  ],
  [
    "policies that hold nothing, and kinds that weft does not take up",
    (cluster) => {
      const group = "/apis/policy.linkerd.io";
      const resources = [
        { kind: "Server", name: "servers" },
        { kind: "Server", name: "servers/status" },
        { kind: "EgressNetwork", name: "egressnetworks" },
        { kind: "HTTPRoute", name: "httproutes" },
      ];
      cluster.pages.set(group, { status: 200, body: { versions: [{ version: "v1alpha1" }] } });
      cluster.pages.set(`${group}/v1alpha1`, { status: 200, body: { resources } });
      const policy = (kind: string, name: string, spec: JsonObject): void =>
        put(cluster, {
          apiVersion: "policy.linkerd.io/v1alpha1",
          kind,
          metadata: { name, namespace: "shop" },
          spec,
        });
      policy("Server", "all", { podSelector: {}, port: 0 });
      policy("EgressNetwork", "all", { trafficPolicy: "Deny" });
      policy("HTTPRoute", "retried", { parentRefs: [{ kind: "Service", name: "web" }] });
      policy("HTTPRoute", "narrow", { parentRefs: [{ kind: "Gateway", name: "web" }] });
    },
    [
      [
        "‼ every policy can be read, and holds for somebody",
        "Server shop/all: spec.port: must be a number, 1 to 65535, or the name of a container's port",
      ],
      [
        "‼ there is no resource of Linkerd's that weft does not take up",
        "EgressNetwork shop/all: denies nothing",
        "HTTPRoute shop/retried: requests to its Service go where they went without it",
      ],
    ],
  ],
  [
    "that pods may not be listed, of the controller alone",
    (cluster) => void cluster.denied.add("list pods"),
    [
      [
        "‼ you may look at the mesh",
        "nowhere, and tap it nowhere; weft-viewer is bound to nobody; weft-tap is bound to nobody; no namespace has ServiceAccount weft-tap, which turns tap on",
      ],
      ["× its ServiceAccount may review tokens, and read what it tells proxies", "it may not list pods"],
    ],
  ],
  [
    "that you may look in the namespaces of meshed pods alone, tap none, and who may",
    (cluster) => {
      cluster.denied.add("get pods everywhere");
      cluster.denied.add("create serviceaccounts");
      put(cluster, {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: { name: "ann-taps", namespace: "shop" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "weft-tap" },
        subjects: [{ kind: "User", name: "ann" }],
      });
      put(cluster, {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "weft-tap", namespace: "shop" },
      });
    },
    [
      [
        "‼ you may look at the mesh",
        "in shop, and tap it nowhere; weft-viewer is bound to nobody; weft-tap is bound to User ann in shop; tap is turned on in shop",
      ],
    ],
  ],
  [
    "that it may not review tokens",
    (cluster) => void cluster.denied.add("create tokenreviews"),
    [
      [
        "× its ServiceAccount may review tokens, and read what it tells proxies",
        "it may not create tokenreviews.authentication.k8s.io",
      ],
    ],
  ],
  [
    "nothing wrong with names that are as expected",
    (cluster) => void (cluster.show = ({ serverName }) => ({ names: ["a", serverName], refusal: undefined })),
    [],
  ],
  [
    "a port that shows another name, and one that nobody trusts",
    (cluster) => {
      cluster.api.remove("/api/v1/namespaces/weft/pods/weft-controller-b");
      cluster.show = ({ port, serverName }) => ({
        names: port === 8086 ? ["linkerd"] : [serverName],
        refusal: port === 8090 ? "UNABLE_TO_VERIFY_LEAF_SIGNATURE" : undefined,
      });
    },
    [
      [
        "‼ its ports show a certificate with the name that proxies expect",
        "weft-controller-a, port 8086: is for linkerd, not for linkerd-destination.weft.serviceaccount.identity.weft.cluster.local",
        "weft-controller-a, port 8090: proxies would not trust it: UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      ],
    ],
  ],
  [
    "an issuer of somebody else's",
    (cluster, { own }) => issuer(cluster, { "crt.pem": base64(own.certificate), "key.pem": base64(own.key) }),
    [
      [
        "× the issuer may sign, and leads to the trust anchors",
        "its certificate: is signed by CN=weft-ca, and leads to none of the trust anchors: CN=root.linkerd.cluster.local",
      ],
    ],
  ],
  [
    "an issuer with another's key, and no CA",
    (cluster, { own, serving }) => issuer(cluster, { "crt.pem": base64(serving), "key.pem": base64(own.key) }),
    [
      [
        "× the issuer may sign, and leads to the trust anchors",
        "its key: is not the key of the certificate in its certificate",
        "its certificate: CN=weft-injector.weft.svc is not a CA (basic constraints), so nobody believes what it signs",
        "its certificate: is signed by CN=weft-ca, and leads to none of the trust anchors: CN=root.linkerd.cluster.local",
      ],
    ],
  ],
  [
    "a Secret without issuer",
    (cluster) => change(cluster, issuerSecret, (object) => ({ ...object, data: {} })),
    [
      [
        "× the issuer may sign, and leads to the trust anchors",
        "Secret linkerd-identity-issuer: has neither crt.pem and key.pem nor tls.crt and tls.key",
      ],
    ],
  ],
  [
    "pods that trust nobody who issues, and pods with an earlier bundle",
    (cluster, { stranger, trustAnchor }) => {
      put(cluster, meshedPod("strange", stranger.certificate));
      put(cluster, meshedPod("behind", trustAnchor + stranger.certificate));
    },
    [
      [
        "× proxies trust whoever issues certificates now",
        "shop pod/strange: 1 of its pods trust no anchor of whoever issues",
        "shop pod/behind: 1 of its pods carry an earlier bundle",
      ],
    ],
  ],
  [
    "values that nobody knows, or of another type",
    (cluster) =>
      change(cluster, settings, (object) => ({
        ...object,
        data: {
          values: JSON.stringify({
            ...defaultValues,
            clusterNetwork: "10.0.0.0/8",
            viz: { enabled: true },
            controllerLogFormat: 1,
          }),
        },
      })),
    [
      [
        "‼ every value that is set is one that weft or Linkerd's chart knows",
        "clusterNetwork: there is no value clusterNetwork in Linkerd's chart; did you mean clusterNetworks?",
        "viz: there is no value viz in Linkerd's chart",
        "controllerLogFormat: expected text, got 1",
      ],
      ["‼ every value that is set has an effect", "without effect: controllerLogFormat"],
    ],
  ],
  [
    "values without effect",
    (cluster) =>
      change(cluster, settings, (object) => ({
        ...object,
        data: {
          values: JSON.stringify({
            ...defaultValues,
            identityTrustAnchorsPEM: "",
            controllerReplicas: 3,
            policyController: { logLevel: "debug", probeNetworks: ["10.0.0.0/8"] },
          }),
        },
      })),
    [
      [
        "‼ every value that is set has an effect",
        "without effect: controllerReplicas (use weft.replicas and weft.controller.replicas); policyController.logLevel",
      ],
    ],
  ],
  [
    "containers with the proxy's user, group or port, by workload, in pods that have not ended",
    (cluster, { trustAnchor }) => {
      const share = (name: string, containers: Shared): void =>
        put(cluster, sharing(meshedPod(name, trustAnchor), containers));
      for (const name of ["db-0", "db-1", "db-2"]) share(name, { containers: [user(2102)], owner: "db" });
      share("group", { containers: [{ name: "app", securityContext: { runAsGroup: 2103 } }] });
      share("port", { containers: [{ name: "app", ports: [{ containerPort: 4999 }] }] });
      share("early", { isNative: true, initContainers: [user(2102)], containers: [{ name: "app" }] });
      share("quiet", { initContainers: [user(2102)], containers: [user(0), { ...user(2102), name: "linkerd-debug" }] });
      put(cluster, {
        ...sharing(meshedPod("over", trustAnchor), { containers: [user(2102)] }),
        status: { phase: "Failed" },
      });
    },
    [
      [
        "‼ no container has the proxy's user, group or ports",
        "shop statefulset/db (3 pods, such as db-0 and db-1): container app runs as user 2102, as the proxy does: what it sends goes past the proxy; use another runAsUser, or config.linkerd.io/proxy-uid",
        "shop pod/early: container app runs as user 2102, as the proxy does: what it sends goes past the proxy; use another runAsUser, or config.linkerd.io/proxy-uid",
        "shop pod/group: container app runs as group 2103, as the proxy does: what it sends goes past the proxy; use another runAsGroup, or config.linkerd.io/proxy-gid",
        "shop pod/port: container app listens on port 4999, the proxy's admin port: one of them cannot start; config.linkerd.io/admin-port moves the proxy's",
      ],
    ],
  ],
  [
    "annotations from which nothing follows, on pods with a proxy, namespaces and Services",
    (cluster, { trustAnchor }) => {
      const inbound = { "config.linkerd.io/pod-inbound-ports": "80" };
      for (const name of ["a", "b"]) put(cluster, withAnnotations(meshedPod(name, trustAnchor), inbound));
      const over = withAnnotations(meshedPod("over", trustAnchor), inbound);
      put(cluster, { ...over, status: { phase: "Succeeded" } });
      put(
        cluster,
        namespace("bank", { "config.linkerd.io/enable-gateway": "true", "config.linkerd.io/proxy-uid": "7" }),
      );
      const metadata = { name: "web", namespace: "shop", annotations: { "retry.linkerd.io/limit": "3", other: "" } };
      put(cluster, { apiVersion: "v1", kind: "Service", metadata });
    },
    [
      [
        "‼ there is no annotation of Linkerd's that weft does not take up",
        "config.linkerd.io/pod-inbound-ports on 2 pods, such as shop/a: the proxy's inbound ports are those of the pod's containers",
        "config.linkerd.io/enable-gateway on namespace bank: pods do not inherit it: it has an effect on pods alone",
        "retry.linkerd.io/limit on Service shop/web: no request is sent again",
      ],
    ],
  ],
  [
    "pods whose service account cannot be an identity",
    (cluster, { trustAnchor }) => {
      put(cluster, {
        ...within("spec", { serviceAccountName: "a.b" })(meshedPod("over", trustAnchor)),
        status: { phase: "Succeeded" },
      });
      for (const name of ["a", "b"])
        put(cluster, within("spec", { serviceAccountName: "my.dotted.sa" })(meshedPod(name, trustAnchor)));
    },
    [
      [
        "‼ the service accounts of pods with a proxy can be identities",
        'shop: 2 pods run with service account "my.dotted.sa", of which no identity can be made: expected at most 63 characters and no dots',
      ],
    ],
  ],
];

const suites: readonly [
  title: string,
  rows: readonly Row[],
  start: (made: Material) => FakeCluster,
  look: (cluster: FakeCluster) => Promise<Report>,
][] = [
  ["weft check finds", rows, healthyCluster, checkedAfter],
  ["weft check of a control plane finds", rowsOwn, ownCluster, checkedAfter],
  [
    "weft check --pre finds",
    rowsBefore,
    (made) => {
      const cluster = emptyCluster();
      addLinkerd(cluster, made);
      return cluster;
    },
    checkedBefore,
  ],
];
for (const [title, claims, start, look] of suites) {
  describe(title, () => {
    let made: Material;
    before(async () => {
      made = await material();
    });
    for (const [claim, broken, found] of claims) {
      it(claim, async () => {
        const cluster = start(made);
        await broken(cluster, made);
        const got = findings(await look(cluster)).map((lines) => lines.map(withoutChance));
        expect(got).to.deep.equal(found);
      });
    }
  });
}

describe("weft check --pre, with choices", () => {
  let made: Material;
  before(async () => (made = await material()));

  const node = (name: string, more: JsonObject = {}): JsonObject => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name },
    ...more,
  });
  const tainted = { spec: { taints: [{ key: "control-plane", effect: "NoSchedule" }] } };
  const few =
    "no two replicas may share a node: 3 nodes are needed that take pods, and there is 1; the other replicas wait. Without --ha, or with --set weft.antiAffinity=preferred, they share nodes";
  const has = (image: string): JsonObject => ({ status: { images: [{ names: [image] }] } });

  const rows: readonly [
    claim: string,
    chosen: JsonObject,
    breaks: (cluster: FakeCluster) => void,
    expected: readonly (readonly string[])[],
  ][] = [
    ["--ha on one node", { highAvailability: true }, () => undefined, [["‼ there are nodes for all replicas", few]]],
    [
      "--ha on nodes that take no pods",
      { highAvailability: true },
      (cluster) => {
        put(cluster, node("a", tainted));
        put(cluster, node("b", { spec: { unschedulable: true } }));
        put(cluster, node("c", { metadata: { name: "c", labels: { "kubernetes.io/os": "windows" } } }));
      },
      [["‼ there are nodes for all replicas", few]],
    ],
    [
      "nothing on three nodes",
      { highAvailability: true },
      (cluster) => ["a", "b"].forEach((name) => put(cluster, node(name))),
      [],
    ],
    [
      "cert-manager that is not there",
      { certificates: { mode: "cert-manager" } },
      () => undefined,
      [
        [
          "× cert-manager is there",
          "cert-manager is not there (no API group cert-manager.io/v1): install it first, or let weft make its certificates",
        ],
      ],
    ],
    [
      "nothing of a cert-manager that is there",
      { certificates: { mode: "cert-manager" } },
      (cluster) =>
        cluster.answers.set("GET /apis/cert-manager.io/v1", { status: 200, body: { kind: "APIResourceList" } }),
      [],
    ],
    [
      "an image that nobody names, on the nodes that lack it",
      { image: null },
      (cluster) => {
        put(cluster, node("node-0", has("docker.io/library/weft:0.1.0")));
        put(cluster, node("other"));
      },
      [
        [
          "‼ nodes have weft's image, or can pull it",
          "not on node other: no image is named: weft:0.1.0 has to be on every node, as no registry has it. Build it (docker build --tag REGISTRY/weft:0.1.0 --file images/weft/Dockerfile .), push it (docker push REGISTRY/weft:0.1.0) and say --image REGISTRY/weft",
        ],
      ],
    ],
  ];
  for (const [claim, chosen, breaks, expected] of rows) {
    it(`tells ${claim}`, async () => {
      const cluster = emptyCluster();
      addLinkerd(cluster, made);
      breaks(cluster);
      expect(findings(await checkedBefore(cluster, false, chosen))).to.deep.equal(expected);
    });
  }
});
