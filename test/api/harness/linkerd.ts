/**
 * A Linkerd, as far as weft meets one: its settings, trust anchors and issuer, and an injector that is registered as
 * Linkerd registers its own and leaves pods alone that have a proxy.
 */
import { sidecarOf } from "../../../src/core/mesh/sidecar.ts";
import { annotationsOf, labelsOf } from "../../../src/core/base/json/read.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { toYaml } from "../../../src/core/documents/yaml-text.ts";
import type { Cluster } from "./cluster.ts";
import { startHook } from "./hook.ts";
import type { Call, Hook, HookAnswer } from "./hook.ts";
import { recorded } from "./weft.ts";

export interface LinkerdOptions {
  readonly namespace: string;
  /** PEM. */
  readonly trustAnchors: string;
  /** PEM; without it there is no Secret. */
  readonly issuer?: { readonly certificate: string; readonly key: string };
  /** Namespaces whose pods are injected. */
  readonly injects: readonly string[];
}

export const linkerdConfiguration = "linkerd-proxy-injector-webhook-config";

export async function startLinkerd(cluster: Cluster, options: LinkerdOptions): Promise<Hook> {
  const { namespace, trustAnchors, issuer, injects } = options;
  const { ca } = cluster.plane;
  await cluster.namespace(namespace, { labels: { "config.linkerd.io/admission-webhooks": "disabled" } });
  const object = (kind: string, name: string, data: JsonObject): JsonObject => ({
    apiVersion: "v1",
    kind,
    metadata: { name, namespace },
    data,
  });
  await cluster.apply(object("ConfigMap", "linkerd-config", { values: toYaml(recorded) }));
  await cluster.apply(object("ConfigMap", "linkerd-identity-trust-roots", { "ca-bundle.crt": trustAnchors }));
  if (issuer !== undefined) {
    const data = { "crt.pem": base64(issuer.certificate), "key.pem": base64(issuer.key) };
    await cluster.apply(object("Secret", "linkerd-identity-issuer", data));
  }
  const pair = await ca.sign({ name: "linkerd", hosts: ["127.0.0.1"] });
  const hook = await startHook(pair, (call) => (injects.includes(call.namespace) ? injected(call, namespace) : {}));
  await cluster.apply(configuration(hook.port, ca.certificate));
  return hook;
}

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

function injected({ object }: Call, controlPlane: string): HookAnswer {
  if (sidecarOf(object) !== undefined) return {};
  const metadata = {
    annotations: { ...annotationsOf(object), "linkerd.io/created-by": "linkerd/proxy-injector" },
    labels: { ...labelsOf(object), "linkerd.io/control-plane-ns": controlPlane },
  };
  const added: readonly (readonly [string, Json])[] = [
    ["/spec/containers/-", { name: "linkerd-proxy", image: "cr.l5d.io/linkerd/proxy:1" }],
    ...Object.entries(metadata).map(([key, value]) => [`/metadata/${key}`, value] as const),
  ];
  return { patch: added.map(([path, value]) => ({ op: "add", path, value })) };
}

const configuration = (port: number, ca: string): JsonObject => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingWebhookConfiguration",
  metadata: { name: linkerdConfiguration },
  webhooks: [
    {
      name: "linkerd-proxy-injector.linkerd.io",
      clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle: base64(ca) },
      admissionReviewVersions: ["v1", "v1beta1"],
      sideEffects: "None",
      rules: [
        { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"], scope: "Namespaced" },
      ],
      namespaceSelector: {
        matchExpressions: [
          { key: "config.linkerd.io/admission-webhooks", operator: "NotIn", values: ["disabled"] },
          { key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["kube-system", "cert-manager"] },
        ],
      },
    },
  ],
});
