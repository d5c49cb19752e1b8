/**
 * Which entry a real API server calls: for every combination of namespace and object the one that the model of the
 * registration names, and no other. Called is a webhook that records; nothing is kept, all
 * objects are created as a dry run.
 */
import { expect } from "chai";
import { entries, mirrorLabel } from "../../src/core/registration/entries.ts";
import { entryFor } from "../../src/core/registration/entry-for.ts";
import {
  mutatingConfiguration,
  defaultTimeouts,
  validatingConfiguration,
} from "../../src/core/registration/webhooks.ts";
import type { Registration } from "../../src/core/registration/webhooks.ts";
import type { JsonObject, Labels } from "../../src/core/base/json/json.ts";
import { eventually, good, pathOf } from "./harness/cluster.ts";
import type { Cluster } from "./harness/cluster.ts";
import { startHook } from "./harness/hook.ts";
import type { Hook } from "./harness/hook.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { serviceAddress, servicePort } from "./harness/service.ts";

/** Namespaces stay when a suite ends, as nobody finalizes them: each suite has its own. */
const own = (name: string): string => `sel-${name}`;

/** Labels of the namespaces; `kube-system` is there already. */
const namespaces: Readonly<Record<string, Labels>> = {
  [own("plain")]: {},
  [own("enabled")]: { [mirrorLabel]: "enabled" },
  [own("ingress")]: { [mirrorLabel]: "ingress" },
  [own("other-value")]: { [mirrorLabel]: "disabled" },
  [own("switched-off")]: { "config.linkerd.io/admission-webhooks": "disabled", [mirrorLabel]: "enabled" },
  [own("switched-on")]: { "config.linkerd.io/admission-webhooks": "enabled", [mirrorLabel]: "enabled" },
  "cert-manager": { [mirrorLabel]: "enabled" },
  [own("weft")]: { [mirrorLabel]: "enabled" },
  "kube-system": {},
};

const inject = (value: string): JsonObject => ({ annotations: { "linkerd.io/inject": value } });

const mirror = (annotations: JsonObject): JsonObject => ({
  annotations: { ...annotations, "kubernetes.io/config.mirror": "0123456789abcdef" },
});

const objects: readonly [what: string, kind: "Pod" | "Service", metadata: JsonObject][] = [
  ["a pod without annotations", "Pod", {}],
  ["a pod with other annotations", "Pod", { annotations: { "example.com/inject": "enabled" } }],
  ["a pod that says nothing", "Pod", inject("")],
  ["a pod that asks", "Pod", inject("enabled")],
  ["a pod that asks for ingress mode", "Pod", inject("ingress")],
  ["a pod that declines", "Pod", inject("disabled")],
  ["a pod with a value that is none", "Pod", inject("true")],
  [
    "a pod of the control plane that asks",
    "Pod",
    { ...inject("enabled"), labels: { "linkerd.io/control-plane-component": "destination" } },
  ],
  ["a pod of CNI", "Pod", { labels: { "linkerd.io/cni-resource": "true" } }],
  ["a mirror pod", "Pod", mirror({})],
  ["a mirror pod that asks", "Pod", mirror({ "linkerd.io/inject": "enabled" })],
  ["a mirror pod that declines", "Pod", mirror({ "linkerd.io/inject": "disabled" })],
  ["a Service", "Service", {}],
  ["a Service with the annotation of mirror pods", "Service", mirror({})],
  ["a Service with the annotation", "Service", inject("enabled")],
  ["a Service of the control plane", "Service", { labels: { "linkerd.io/control-plane-component": "identity" } }],
];

const specs = {
  // A mirror pod has a node.
  Pod: { containers: [{ name: "web", image: "web:1" }], nodeName: "node1" },
  Service: { ports: [{ port: 80 }] },
} satisfies Record<string, JsonObject>;

const updates: readonly [claim: string, before: JsonObject, after: JsonObject, called: boolean][] = [
  ["another number of replicas", {}, { spec: { replicas: 3 } }, false],
  ["a label of its own", {}, { metadata: { labels: { tier: "front" } } }, false],
  ["an annotation of its own", {}, { metadata: { annotations: { note: "new" } } }, true],
  ["an annotation that goes", { note: "old" }, { metadata: { annotations: { note: null } } }, true],
  ["its template", {}, { spec: { template: { metadata: { annotations: { note: "new" } } } } }, true],
];

describeOnApi("selectors and conditions, on an API server", (api) => {
  let hook: Hook;
  const reach = { namespace: own("weft") };

  before(async () => {
    const cluster = api();
    for (const [name, labels] of Object.entries(namespaces)) {
      if (name === "kube-system") await serviceAccount(cluster, name);
      else await cluster.namespace(name, { labels });
    }
    hook = await recorder(cluster);
    const registration = await registrationFor(cluster);
    await cluster.apply(mutatingConfiguration(registration));
    await cluster.apply(validatingConfiguration(registration));
    await eventually("the registration is used", async () => {
      await created("Pod", own("enabled"), {});
      return hook.calls.length;
    });
  });

  after(async () => {
    await api().remove(
      "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/weft-injector",
      "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/weft-advice",
    );
    await hook?.close();
  });

  /** The paths that were called for it. */
  const created = async (
    kind: "Pod" | "Service",
    namespace: string,
    metadata: JsonObject,
  ): Promise<readonly string[]> => {
    hook.forget();
    const object = { apiVersion: "v1", kind, metadata: { ...metadata, name: "it", namespace }, spec: specs[kind] };
    good(await api().create(object, { dryRun: true }), kind);
    return hook.calls.filter(({ path }) => path !== entries.advise.path).map(({ path }) => path);
  };

  for (const [namespace, labels] of Object.entries(namespaces)) {
    for (const [what, kind, metadata] of objects) {
      const entry = entryFor({ name: namespace, labels }, { kind, metadata }, reach);
      it(`${what} in ${namespace} reaches ${entry ?? "nobody"}`, async () => {
        expect(await created(kind, namespace, metadata)).to.deep.equal(
          entry === undefined ? [] : [entries[entry].path],
        );
      });
    }
  }

  for (const annotation of [undefined, "enabled", "ingress", "disabled", "true", ""]) {
    for (const label of [undefined, "enabled", "ingress", "other"]) {
      const metadata = {
        name: "sel-new",
        ...(annotation === undefined ? {} : inject(annotation)),
        ...(label === undefined ? {} : { labels: { [mirrorLabel]: label } }),
      };
      const object = { apiVersion: "v1", kind: "Namespace", metadata };
      const entry = entryFor({ name: "sel-new", labels: {} }, object, reach);
      it(`a Namespace with annotation ${annotation} and label ${label} reaches ${entry ?? "nobody"}`, async () => {
        hook.forget();
        good(await api().create(object, { dryRun: true }), "namespace");
        const paths = hook.calls.map(({ path }) => path).filter((path) => path !== entries.advise.path);
        expect(paths).to.deep.equal(entry === undefined ? [] : [entries[entry].path]);
      });
    }
  }

  for (const [claim, annotations, change, called] of updates) {
    it(`advice is ${called ? "" : "not "}asked for when a Deployment gets ${claim}`, async () => {
      const deployment = { ...web, metadata: { ...web.metadata, annotations } };
      good(await api().create(deployment), "deployment");
      hook.forget();
      const path = pathOf(deployment);
      await api().ask({ method: "PATCH", path, body: change, contentType: "application/merge-patch+json" });
      await api().remove(path);
      expect(hook.calls.map(({ path }) => path)).to.deep.equal(called ? [entries.advise.path] : []);
    });
  }
});

const web = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: own("plain") },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: specs.Pod },
  },
};

async function recorder(cluster: Cluster): Promise<Hook> {
  const host = await serviceAddress(cluster, own("weft"), "weft-injector");
  const pair = await cluster.plane.ca.sign({ name: `weft-injector.${own("weft")}.svc` });
  return startHook(pair, () => ({}), { host, port: await servicePort() });
}

const registrationFor = async ({ plane }: Cluster): Promise<Registration> => ({
  namespace: own("weft"),
  mutating: "weft-injector",
  validating: "weft-advice",
  server: { service: { name: "weft-injector", port: await servicePort() } },
  caBundle: Buffer.from(plane.ca.certificate).toString("base64"),
  failurePolicy: "Fail",
  timeoutSeconds: defaultTimeouts,
});

async function serviceAccount(cluster: Cluster, namespace: string): Promise<void> {
  await cluster.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace } });
}
