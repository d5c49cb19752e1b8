/** What an installation has where; that an API server takes it is tried in `test/api/install.api.ts`. */
import { expect } from "chai";
import { defaultValues } from "../../../src/core/inject/settings/defaults.ts";
import { itemsOf } from "../../../src/core/base/json/edit.ts";
import { inject } from "../../../src/core/inject/inject.ts";
import { readInstallation } from "../../../src/core/inject/settings/installation.ts";
import type { Installation } from "../../../src/core/inject/settings/installation.ts";
import { resolveOptions } from "../../../src/core/install/choices.ts";
import { terminationSeconds } from "../../../src/core/install/deployment.ts";
import { collectionPath, kinds, objectPath } from "../../../src/core/kubernetes/kinds.ts";
import { eventChoices } from "../../../src/core/inject/messages/event.ts";
import { installObjects, uninstallObjects } from "../../../src/core/install/objects.ts";
import { nameOf, shownName } from "../../../src/core/install/print.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { logFormats, logLevels } from "../../../src/observe/log.ts";
import { certificatesFlags, certificatesOptions } from "../../../src/serve/certificates/flags.ts";
import { controllerFlags, controllerOptions } from "../../../src/serve/controller/flags.ts";
import { webhookOptions } from "../../../src/serve/webhook/flags.ts";
import { defaultLimits } from "../../../src/webhook/limits.ts";
import type { InstallOptions } from "../../../src/core/install/chosen.ts";

const files = { certificate: "Q0VSVA==", key: "S0VZ", caBundle: "Q0E=" };

function options(weft: JsonObject): InstallOptions {
  const adopts = weft["adoptLinkerd"] === true;
  const given = { weft };
  const certificates = weft["certificates"] as JsonObject | undefined;
  const isOwn = weft["controlPlane"] === "own";
  const result = resolveOptions({
    namespace: adopts ? "linkerd" : "weft",
    version: "1.0.0",
    base: defaultValues,
    given,
    trustAnchors: "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n",
    issuer: isOwn ? { certificate: "Q0E=", key: "S0VZ" } : undefined,
    files: certificates?.["mode"] === "files" ? files : undefined,
    sha256: () => "0",
  });
  if ("issues" in result) throw new Error(result.issues.map(issueText).join("\n"));
  return result.value.options;
}

const objects = (weft: JsonObject = {}): readonly JsonObject[] => installObjects(options(weft));
const listed = (weft: JsonObject = {}): readonly string[] => objects(weft).map((object) => shownName(nameOf(object)));
const find = (kind: string, weft: JsonObject = {}): JsonObject | undefined =>
  objects(weft).find((object) => object["kind"] === kind);
const at = (value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined =>
  path.reduce<Json | undefined>((found, key) => (found as Record<string | number, Json> | undefined)?.[key], value);
const named = (name: string, weft: JsonObject): JsonObject | undefined =>
  objects(weft).find((object) => shownName(nameOf(object)) === name);
const containerOf = (name: string, weft: JsonObject) =>
  at(named(`deployment/${name}`, weft), "spec", "template", "spec", "containers", 0);
const admitted = (name: string, weft: JsonObject) =>
  itemsOf(at(named(`networkpolicy/${name}`, weft), "spec", "ingress")).flatMap((rule) => itemsOf(rule["ports"]));
const container = (weft: JsonObject = {}) => containerOf("weft-injector", weft);
const args = (weft: JsonObject = {}) => at(container(weft), "args") as readonly string[];

/** Flags as commander gives them. */
const given = (flags: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    flags.map((flag) => {
      const [, name = "", value = ""] = /^--([a-z-]+)=(.+)$/.exec(flag) ?? [];
      return [name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()), value];
    }),
  );

const variants: Readonly<Record<string, JsonObject>> = {
  defaultValue: {},
  "highly available": { highAvailability: true },
  "one replica": { replicas: 1 },
  "with cert-manager": { certificates: { mode: "cert-manager" } },
  "with files": { certificates: { mode: "files" } },
  "beside Linkerd": { adoptLinkerd: true },
  "with its own control plane": { controlPlane: "own" },
  "with TrafficSplits": { controlPlane: "own", trafficSplit: true },
  "with an issuer of cert-manager's": {
    controlPlane: "own",
    identity: { mode: "cert-manager", issuerRef: { name: "root" } },
  },
};

describe("objects of an installation", () => {
  it("come in the order in which they need each other, the registration last", () =>
    expect(listed()).to.deep.equal([
      "namespace/weft",
      "serviceaccount/weft-injector",
      "clusterrole/weft-injector",
      "clusterrolebinding/weft-injector",
      "role/weft-injector",
      "rolebinding/weft-injector",
      "validatingadmissionpolicy/weft-changes-only-ca-bundles",
      "validatingadmissionpolicybinding/weft-changes-only-ca-bundles",
      "serviceaccount/weft-certificates",
      "clusterrole/weft-certificates",
      "clusterrolebinding/weft-certificates",
      "role/weft-certificates",
      "rolebinding/weft-certificates",
      "clusterrole/weft-viewer",
      "clusterrole/weft-debug",
      "secret/weft-tls",
      "secret/weft-ca",
      "lease/weft-certificates",
      "configmap/weft-installation",
      "validatingadmissionpolicy/weft-keeps-trust-anchors",
      "validatingadmissionpolicybinding/weft-keeps-trust-anchors",
      "validatingadmissionpolicy/weft-keeps-installation",
      "validatingadmissionpolicybinding/weft-keeps-installation",
      "configmap/linkerd-config",
      "configmap/linkerd-identity-trust-roots",
      "deployment/weft-certificates",
      "networkpolicy/weft-certificates",
      "service/weft-injector",
      "deployment/weft-injector",
      "poddisruptionbudget/weft-injector",
      "networkpolicy/weft-injector",
      "mutatingwebhookconfiguration/weft-injector",
      "validatingwebhookconfiguration/weft-advice",
    ]));

  it("keep Node's heap below the container's limit of memory, where there is one", () => {
    const env = [{ name: "NODE_OPTIONS", value: "--max-old-space-size-percentage=65" }];
    for (const name of ["weft-injector", "weft-controller", "weft-certificates"])
      expect(at(containerOf(name, { controlPlane: "own" }), "env"), name).to.deep.equal(env);
    const defaultValue = options({});
    const unlimited = installObjects({
      ...defaultValue,
      weft: { ...defaultValue.weft, resources: { requests: { memory: "1Gi" } } },
    });
    const deployment = unlimited.find((each) => shownName(nameOf(each)) === "deployment/weft-injector");
    expect(at(deployment, "spec", "template", "spec", "containers", 0)).to.not.have.property("env");
  });

  it("have a control plane before what is injected", () => {
    const without = new Set(listed());
    expect(listed({ controlPlane: "own" }).filter((name) => !without.has(name))).to.deep.equal([
      "serviceaccount/weft-controller",
      "clusterrole/weft-controller",
      "clusterrolebinding/weft-controller",
      "role/weft-controller",
      "rolebinding/weft-controller",
      "clusterrole/weft-tap",
      "role/weft-certify",
      "customresourcedefinition/networkpolicies.policy.linkerd.io",
      "secret/linkerd-identity-issuer",
      "lease/weft-controller",
      "service/linkerd-identity-headless",
      "service/linkerd-dst-headless",
      "service/linkerd-policy",
      "deployment/weft-controller",
      "poddisruptionbudget/weft-controller",
      "networkpolicy/weft-controller",
      "validatingwebhookconfiguration/weft-policy",
    ]);
  });

  it("have a Service for each address that is written into pods, with that port alone", () => {
    const weft = { controlPlane: "own" };
    const { mesh, controlPlaneNamespace } = options(weft);
    expect(mesh.kind).to.equal("own");
    const read = readInstallation({
      values: mesh.kind === "own" ? mesh.values : null,
      trustAnchors: { pem: mesh.kind === "own" ? mesh.trustAnchors : "", sha256: "0" },
      controlPlaneNamespace,
      sha256: () => "0",
    });
    if ("issues" in read) throw new Error(read.issues.map(issueText).join("\n"));
    const addresses = injectedAddresses(read.value.installation);
    const services = objects(weft).filter(({ kind, spec }) => kind === "Service" && at(spec, "clusterIP") === "None");
    expect(services).to.have.length(3);
    expect(
      services.map((each) => {
        const [port, ...others] = itemsOf(at(each, "spec", "ports"));
        expect(others).to.deep.equal([]);
        return `${nameOf(each).name}.weft.svc.cluster.local.:${String(port?.["port"])}`;
      }),
    ).to.have.members(addresses);
    const open = itemsOf(at(containerOf("weft-controller", weft), "ports")).map((port) => port["containerPort"]);
    expect(admitted("weft-controller", weft).map(({ port }) => port)).to.have.members(open);
  });

  it("have an issuer in Linkerd's layout, in that of TLS Secrets, or cert-manager's", () => {
    const secret = (given: JsonObject) => {
      const { type, data } = named("secret/linkerd-identity-issuer", { controlPlane: "own", ...given }) ?? {};
      return { type, data };
    };
    expect(secret({})).to.deep.equal({ type: "Opaque", data: { "crt.pem": "Q0E=", "key.pem": "S0VZ" } });
    const weft = variants["with an issuer of cert-manager's"] ?? {};
    expect(named("secret/linkerd-identity-issuer", weft)).to.equal(undefined);
    expect(at(named("certificate/linkerd-identity-issuer", weft), "spec")).to.deep.include({
      secretName: "linkerd-identity-issuer",
      isCA: true,
      issuerRef: { kind: "Issuer", group: "cert-manager.io", name: "root" },
    });
  });

  it("tell each program where the control plane is", () => {
    for (const name of ["weft-injector", "weft-controller"])
      expect(at(containerOf(name, { controlPlane: "own" }), "args"), name).to.include("--control-plane-namespace=weft");
    expect(args({})).to.include("--control-plane-namespace=linkerd");
  });

  it("have the definition of TrafficSplit only where it is asked for", () => {
    const name = "customresourcedefinition/trafficsplits.split.smi-spec.io";
    expect(listed({ controlPlane: "own" })).to.not.include(name);
    const spec = at(named(name, { controlPlane: "own", trafficSplit: true }), "spec");
    const versions = itemsOf(at(spec, "versions")).map(({ name: version, storage }) => [version, storage]);
    expect(versions).to.deep.equal([
      ["v1alpha1", true],
      ["v1alpha2", false],
      ["v1alpha4", false],
    ]);
  });

  it("go in the opposite order; the trust anchors with their namespace", () => {
    const gone = uninstallObjects(options({})).map((object) => shownName(nameOf(object)));
    const anchors = "configmap/linkerd-identity-trust-roots";
    expect(gone).to.deep.equal(
      listed()
        .toReversed()
        .filter((name) => name !== anchors),
    );
    expect(gone).to.include("namespace/weft");
  });

  it("say which mesh they are of, where they hold what must not get into another one", () => {
    const weft = { controlPlane: "own" };
    const marked = objects(weft).filter(
      (object) => at(object, "metadata", "annotations", "weft.linkerd.io/mesh") === "0",
    );
    expect(marked.map((object) => shownName(nameOf(object)))).to.have.members([
      "configmap/weft-installation",
      "configmap/linkerd-config",
      "secret/linkerd-identity-issuer",
    ]);
  });

  it("leave Linkerd's objects and namespace alone beside a running Linkerd", () => {
    const names = listed({ adoptLinkerd: true });
    expect(names).to.include.members([
      "mutatingwebhookconfiguration/l5d-weft",
      "validatingwebhookconfiguration/l5d-weft-advice",
    ]);
    expect(names.filter((name) => /^namespace|linkerd/.test(name))).to.deep.equal([]);
    const mutating = find("MutatingWebhookConfiguration", { adoptLinkerd: true });
    const order = [String(at(mutating, "metadata", "name")), "linkerd-proxy-injector-webhook-config"];
    expect(order.toSorted()).to.deep.equal(order);
  });

  for (const [claim, weft] of Object.entries(variants)) {
    describe(claim, () => {
      it("are known kinds, where they belong", () => {
        const { namespace: own } = options(weft);
        for (const object of objects(weft)) {
          const { kind, namespace } = nameOf(object);
          const isNamespaced = kinds.find((each) => each.kind === kind)?.namespaced;
          expect(namespace, kind).to.equal(isNamespaced === true ? own : "");
          expect(() => objectPath(nameOf(object))).to.not.throw();
        }
      });

      it("carry labels by which they are found again", () => {
        for (const object of objects(weft)) {
          expect(at(object, "metadata", "labels"), shownName(nameOf(object))).to.include({
            "app.kubernetes.io/name": "weft",
            "app.kubernetes.io/part-of": "weft",
          });
        }
      });

      it("give the webhook flags that it takes", () => {
        const [command, ...flags] = args(weft);
        expect(command).to.equal("webhook");
        expect(webhookOptions(given(flags), {})).to.have.property("value");
      });

      it("give the controller flags that it takes", () => {
        const [command, ...flags] = (at(containerOf("weft-controller", weft), "args") ?? []) as readonly string[];
        expect(command).to.equal(weft["controlPlane"] === "own" ? "controller" : undefined);
        for (const flag of flags) expect(controllerFlags.map(({ name }) => name)).to.include(flag.split("=")[0]);
        expect(controllerOptions(given(flags), {})).to.have.property("value");
      });

      it("are the only ones of their name", () => {
        const all = objects(weft).map((object) => JSON.stringify(nameOf(object)));
        expect(new Set(all).size).to.equal(all.length);
      });

      it("kill no replica that is still stopping", () => {
        const { grace, drainStart, drain } = defaultLimits;
        expect(terminationSeconds(options(weft)) * 1000).to.be.greaterThan(grace + drainStart + drain + 2000);
      });
    });
  }

  it("have a budget only where a replica may go", () => {
    expect(find("PodDisruptionBudget", { replicas: 1 })).to.equal(undefined);
    expect(at(find("PodDisruptionBudget"), "spec", "minAvailable")).to.equal(1);
  });

  it("can be replaced one by one where no two replicas share a node", () => {
    const strategy = (weft: JsonObject) => at(find("Deployment", weft), "spec", "strategy", "rollingUpdate");
    expect(strategy({})).to.deep.equal({ maxUnavailable: 0, maxSurge: 1 });
    expect(strategy({ highAvailability: true })).to.deep.equal({ maxUnavailable: 1, maxSurge: 1 });
    expect(strategy({ replicas: 1, antiAffinity: "required" })).to.deep.equal({ maxUnavailable: 0, maxSurge: 1 });
  });

  it("give the webhook no right to its registration, and none to a Secret but to read the one that it serves", () => {
    for (const weft of [{}, { adoptLinkerd: true }, { highAvailability: true }]) {
      const rules = ["clusterrole", "role"].flatMap((kind) =>
        itemsOf(at(named(`${kind}/weft-injector`, weft), "rules")),
      );
      expect(rules.flatMap((rule) => rule["resources"])).to.have.members(
        [
          ["namespaces"],
          ["replicasets"],
          ["statefulsets"],
          ["daemonsets"],
          ["jobs"],
          ["events"],
          ["configmaps"],
          ["secrets"],
        ].flat(),
      );
      const secrets = rules.filter((rule) => JSON.stringify(rule["resources"]) === '["secrets"]');
      expect(secrets.map(({ resourceNames, verbs }) => ({ resourceNames, verbs }))).to.deep.equal([
        { resourceNames: ["weft-tls"], verbs: ["get", "watch"] },
      ]);
    }
  });

  it("have a certificate controller that nobody can reach but probes and scrapers", () => {
    const weft = { controlPlane: "own" };
    const services = objects(weft).filter(({ kind }) => kind === "Service");
    expect(JSON.stringify(services.map(({ spec }) => at(spec, "selector")))).not.to.include("certificates");
    expect(
      itemsOf(at(containerOf("weft-certificates", weft), "ports")).map((port) => port["containerPort"]),
    ).to.deep.equal([9995]);
    expect(admitted("weft-certificates", weft)).to.deep.equal([{ protocol: "TCP", port: 9995 }]);
    const volumes = itemsOf(at(named("deployment/weft-certificates", weft), "spec", "template", "spec", "volumes"));
    expect(volumes.map(({ name }) => name)).to.deep.equal(["token"]);
  });

  it("have one certificate controller, two when highly available", () => {
    const replicas = (weft: JsonObject) => at(named("deployment/weft-certificates", weft), "spec", "replicas");
    expect(replicas({})).to.equal(1);
    expect(replicas({ highAvailability: true })).to.equal(2);
    expect(replicas({ highAvailability: true, certificates: { replicas: 1 } })).to.equal(1);
    expect(listed({ highAvailability: true })).to.include("poddisruptionbudget/weft-certificates");
  });

  it("give the certificate controller flags that it takes", () => {
    for (const weft of [{}, { adoptLinkerd: true }, { logLevel: "debug" }]) {
      const [command, ...flags] = at(containerOf("weft-certificates", weft), "args") as readonly string[];
      expect(command).to.equal("certificates");
      const known = new Set(certificatesFlags.map(({ name }) => name));
      for (const flag of flags) expect(known).to.include(flag.split("=")[0]);
      expect(certificatesOptions(given(flags), {})).to.have.property("value");
    }
  });

  it("let API servers call the webhook from these networks alone, and probes from anywhere", () => {
    const weft = { networkPolicy: { webhookClients: ["10.1.2.3/24", "fd00::/64"] } };
    expect(at(named("networkpolicy/weft-injector", weft), "spec", "ingress")).to.deep.equal([
      {
        from: [{ ipBlock: { cidr: "10.1.2.0/24" } }, { ipBlock: { cidr: "fd00::/64" } }],
        ports: [{ protocol: "TCP", port: 8443 }],
      },
      { ports: [{ protocol: "TCP", port: 9995 }] },
    ]);
    for (const wrong of ["10.0.0.1", "10.0.0.0/33", "everybody"]) {
      expect(() => objects({ networkPolicy: { webhookClients: [wrong] } })).to.throw(
        "weft.networkPolicy.webhookClients: expected a list of networks such as 10.0.0.0/24 or fd00::/64",
      );
    }
  });

  it("ask API servers for a certificate of the CA that is given", () => {
    const webhookClientCa = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n";
    const weft = { webhookClientCa };
    expect(args(weft)).to.include("--client-ca=/var/run/weft/client-ca/ca.crt");
    expect(at(named("configmap/weft-webhook-client-ca", weft), "data")).to.deep.equal({ "ca.crt": webhookClientCa });
    const mounts = itemsOf(at(container(weft), "volumeMounts"));
    expect(mounts).to.deep.include({ name: "client-ca", mountPath: "/var/run/weft/client-ca", readOnly: true });
    expect(args().join()).not.to.include("client-ca");
    for (const wrong of ["", "x", `${webhookClientCa}-----BEGIN PRIVATE KEY-----`])
      expect(() => objects({ webhookClientCa: wrong })).to.throw("weft.webhookClientCa: ");
  });

  it("give nobody a right that the certificates do not need", () => {
    for (const mode of ["cert-manager", "files"]) {
      const weft = { certificates: { mode } };
      expect(
        listed(weft).filter((name) => /weft-certificates|secret\/weft-ca|weft-changes-only/.test(name)),
      ).to.deep.equal([]);
      const rules = itemsOf(at(find("ClusterRole", weft), "rules"));
      expect(rules.flatMap((rule) => rule["resources"])).to.deep.equal(
        [["namespaces"], ["replicasets"], ["statefulsets"], ["daemonsets"], ["jobs"], ["events"]].flat(),
      );
      expect(listed(weft).filter((name) => /^(role|rolebinding|lease)\//.test(name))).to.deep.equal([
        "role/weft-injector",
        "rolebinding/weft-injector",
      ]);
      const own = itemsOf(at(find("Role", weft), "rules"));
      expect(own.map(({ resources, resourceNames, verbs }) => [resources, resourceNames, verbs])).to.deep.equal([
        [["configmaps"], ["linkerd-config", "linkerd-identity-trust-roots"], ["list", "watch"]],
      ]);
    }
  });

  it("bind nobody to the roles of people", () => {
    const bound = objects({ controlPlane: "own" })
      .filter(({ kind }) => String(kind).endsWith("RoleBinding"))
      .map((binding) => at(binding, "roleRef", "name"));
    expect(new Set(bound)).to.deep.equal(new Set(["weft-injector", "weft-controller", "weft-certificates"]));
  });

  it("tell the reason of each right", () => {
    const roles = objects({ controlPlane: "own" }).filter(({ kind }) => kind === "ClusterRole" || kind === "Role");
    expect(roles).to.have.length(10);
    for (const role of roles) {
      const reasons = String(at(role, "metadata", "annotations", "weft.linkerd.io/reasons"));
      expect(reasons.trimEnd().split("\n")).to.have.length(itemsOf(role["rules"]).length);
    }
  });

  it("have a caBundle only when it is given", () => {
    const bundles = (weft: JsonObject) =>
      objects(weft)
        .flatMap(({ webhooks }) => itemsOf(webhooks))
        .map((webhook) => at(webhook, "clientConfig", "caBundle"));
    expect(new Set(bundles({}))).to.deep.equal(new Set([undefined]));
    expect(new Set(bundles({ certificates: { mode: "files" } }))).to.deep.equal(new Set(["Q0E="]));
  });

  it("tell cert-manager where the caBundle comes from", () => {
    const weft = { certificates: { mode: "cert-manager" } };
    for (const kind of ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]) {
      expect(at(find(kind, weft), "metadata", "annotations")).to.deep.equal({
        "cert-manager.io/inject-ca-from": "weft/weft-injector",
      });
    }
    expect(args(weft)).to.include("--tls-dir=/var/run/weft/tls");
    const issuer = { name: "corp", kind: "ClusterIssuer" };
    const own = objects({ certificates: { mode: "cert-manager", issuer } }).filter(
      ({ apiVersion }) => apiVersion === "cert-manager.io/v1",
    );
    expect(own.map((object) => at(object, "spec", "issuerRef"))).to.deep.equal([
      { group: "cert-manager.io", ...issuer },
    ]);
  });

  it("know the words of the webhook's flags", () => {
    for (const [path, words] of [
      ["logLevel", logLevels],
      ["logFormat", logFormats],
      ["events", eventChoices],
    ] as const) {
      for (const word of words) expect(() => options({ [path]: word }), word).to.not.throw();
    }
  });

  it("are listed and found under the API's paths", () => {
    const paths = kinds.map((kind) => collectionPath(kind, "weft"));
    expect(paths).to.include.members([
      "/api/v1/namespaces",
      "/api/v1/namespaces/weft/secrets",
      "/apis/apps/v1/namespaces/weft/deployments",
      "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    ]);
  });
});

/** `host:port` of everything of the control plane that an injected proxy dials. */
function injectedAddresses(installation: Installation): readonly string[] {
  const injection = inject({
    object: { apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, spec: { containers: [{ name: "a" }] } },
    namespace: { name: "shop", annotations: { "linkerd.io/inject": "enabled" } },
    owner: { kind: "pod", name: "" },
    installation,
    createdBy: "weft/webhook 0.1.0",
  });
  const text = JSON.stringify("object" in injection ? injection.object : {});
  return [...text.matchAll(/"LINKERD2_PROXY_[A-Z]+_SVC_ADDR","value":"([^"]*)"/g)].map(([, address = ""]) => address);
}
