import { expect } from "chai";
import {
  decide,
  defaultValues,
  explain,
  explanationText,
  inject,
  injectManifest,
  issueText,
  parseSettings,
  uninject,
  warningLines,
} from "../src/index.ts";
import type { InjectOptions } from "../src/index.ts";
import { reviewer } from "../src/webhook/reviews/inject.ts";

const parsed = parseSettings(undefined, { trustAnchors: "anchors" });
if ("issues" in parsed) throw new Error("the default values are good");
const { settings } = parsed;

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "shop", labels: { app: "web" } },
  spec: { containers: [{ name: "app", image: "app:1" }] },
};
const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "shop" },
  spec: { template: { metadata: { annotations: { "linkerd.io/inject": "enabled" } }, spec: pod.spec } },
};
const meshed: InjectOptions = { settings, namespace: { annotations: { "linkerd.io/inject": "enabled" } } };

describe("the library", () => {
  describe("parseSettings", () => {
    it("reads text as it reads an object", () => {
      const text = parseSettings("proxy: {image: {name: p}}\nidentityTrustAnchorsPEM: a\n");
      const object = parseSettings({ proxy: { image: { name: "p" } }, identityTrustAnchorsPEM: "a" });
      expect(text).to.deep.equal(object);
      expect(text).to.have.nested.property("settings.trustAnchors.pem", "a");
    });

    it("hashes the trust anchors as they are (sha256 of RFC 6234's example)", () => {
      const read = parseSettings(defaultValues, { trustAnchors: "abc", controlPlaneNamespace: "l5d" });
      expect(read).to.have.nested.property(
        "settings.trustAnchors.sha256",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      );
      expect(read).to.have.nested.property("settings.controlPlaneNamespace", "l5d");
    });

    it("warns of trust anchors that are no certificates", () => {
      const read = parseSettings(undefined, { trustAnchors: "nonsense" });
      expect("warnings" in read && read.warnings.map(issueText)).to.deep.equal([
        "identityTrustAnchorsPEM: is not PEM text with certificates; proxies will not trust anybody",
      ]);
    });

    const broken: readonly [claim: string, values: string | object, places: readonly string[]][] = [
      ["every value of a wrong type", { proxy: { uid: "x", await: 1 } }, ["proxy.await", "proxy.uid"]],
      ["text that is not YAML", "a: [", ["line 1, column 4"]],
    ];
    for (const [claim, values, places] of broken) {
      it(`gives the issues of ${claim}`, () => {
        const read = parseSettings(values);
        expect("issues" in read && read.issues.map(({ at }) => at).toSorted()).to.deep.equal(places);
      });
    }

    it("warns of what makes injection impossible, and such an injection says it again", () => {
      const read = parseSettings(defaultValues);
      if ("issues" in read) throw new Error("only warnings");
      const text = "identityTrustAnchorsPEM: Please provide the identity trust anchors";
      expect(read.warnings.map(issueText)).to.deep.equal([text]);
      const injection = inject(pod, { ...meshed, settings: read.settings });
      expect(injection.kind === "faulted" && injection.issues.map(issueText)).to.deep.equal([text]);
    });
  });

  describe("inject", () => {
    it("does what the webhook does", async () => {
      const answer = reviewer({
        installation: () => settings,
        namespaceNamed: () => ({ "linkerd.io/inject": "enabled" }),
        ownerNamed: () => undefined,
        version: "1",
      });
      const request = {
        uid: "1",
        kind: { group: "", kind: "Pod" },
        namespace: "shop",
        operation: "CREATE",
        object: pod,
      };
      const review = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request };
      const deadline = { at: Infinity, signal: () => new AbortController().signal };
      const { body } = await answer(Buffer.from(JSON.stringify(review)), deadline);
      const { response } = JSON.parse(body) as { readonly response: { readonly patch: string } };
      const own = inject(pod, { ...meshed, createdBy: "weft/webhook 1" });
      expect("patch" in own && own.patch).to.deep.equal(JSON.parse(Buffer.from(response.patch, "base64").toString()));
    });

    it("gives an object of the type it got, and leaves that one alone", () => {
      const before = structuredClone(deployment);
      const injection = inject(deployment, { settings });
      if (injection.kind !== "injected") throw new Error(injection.kind);
      // The compiler checks this line: the type is that of the deployment.
      const name: string = injection.object.spec.template.spec.containers[0]?.name ?? "";
      expect(name).to.equal("app");
      expect(injection.object).to.have.nested.property("spec.template.spec.initContainers").with.length(2);
      expect(injection.object.spec.template.metadata.annotations).to.have.property(
        "linkerd.io/created-by",
        "weft/library 0.1.0",
      );
      expect(deployment).to.deep.equal(before);
    });

    it("gives each caller objects of its own: changing one result changes no other", () => {
      const result = () => {
        const injection = inject(pod, meshed);
        if (injection.kind !== "injected") throw new Error(injection.kind);
        return injection;
      };
      const text = JSON.stringify(result());
      const spoil = (value: unknown): void => {
        if (typeof value !== "object" || value === null) return;
        for (const [key, item] of Object.entries(value)) {
          spoil(item);
          if (typeof item === "string") Object.assign(value, { [key]: "spoiled" });
        }
      };
      const first = result();
      spoil(first.patch);
      spoil(first.object);
      expect(JSON.stringify(result())).to.equal(text);
    });

    it("skips what it injected before", () => {
      const first = inject(pod, meshed);
      if (first.kind !== "injected") throw new Error(first.kind);
      expect(inject(first.object, meshed)).to.deep.include({ kind: "skipped", reasons: ["sidecar_already_exists"] });
    });

    it("takes the owner of the options, else the pod's", () => {
      const owned = {
        ...pod,
        metadata: { ...pod.metadata, ownerReferences: [{ kind: "StatefulSet", name: "db" }] },
      };
      const label = (options: InjectOptions): unknown => {
        const injection = inject(owned, options);
        return "object" in injection ? injection.object.metadata.labels : undefined;
      };
      expect(label(meshed)).to.include({ "linkerd.io/proxy-statefulset": "db", "linkerd.io/workload-ns": "shop" });
      const owner = { kind: "deployment", name: "web" };
      const namespace = { ...meshed.namespace, name: "other" };
      expect(label({ ...meshed, owner, namespace })).to.include({
        "linkerd.io/proxy-deployment": "web",
        "linkerd.io/workload-ns": "other",
      });
    });
  });

  it("decide and explain tell why", () => {
    expect(decide(deployment, { settings })).to.deep.equal({
      inject: true,
      reasons: [],
      text: "",
      askedBy: "workload",
    });
    expect(decide(pod, { settings })).to.deep.equal({
      inject: false,
      reasons: ["injection_enable_annotation_absent"],
      text: 'neither the namespace nor the pod have the annotation "linkerd.io/inject:enabled"',
      askedBy: "",
    });
    const { subject, owner, outcome } = explain(deployment, { settings });
    expect({ subject, owner, outcome }).to.deep.equal({
      subject: { kind: "pod", name: "web-" },
      owner: { kind: "deployment", name: "web" },
      outcome: "injected",
    });
  });

  it("explanationText needs nothing but an explanation", () => {
    const explanation = explain(deployment, { settings });
    expect(explanationText(explanation))
      .to.match(/^pod\/web-/)
      .and.contain("linkerd-proxy");
    expect(explanationText(explanation)).to.equal(
      explanationText(explanation, { colours: undefined, all: false, manifest: explanation.subject }),
    );
  });

  const noObjects: readonly [value: unknown, message: string][] = [
    [undefined, "expected an object, got undefined"],
    [null, "expected an object, got null"],
    ["x", "expected an object, got x"],
    [[], "expected an object, got a list"],
  ];
  for (const [value, message] of noObjects)
    it(`throws nothing at ${JSON.stringify(value)}, and says so`, () => {
      const given = value as object;
      const issues = [{ at: "", message }];
      expect(inject(given, meshed)).to.deep.equal({ kind: "refused", issues });
      expect(explain(given, meshed)).to.deep.include({ outcome: "refused", issues });
      expect(decide(given, meshed).inject).to.equal(false);
      expect(uninject(given).kind).to.equal("skipped");
    });

  it("injectManifest throws nothing at what is no text", () => {
    expect(injectManifest(null as unknown as string, meshed)).to.deep.equal({
      issues: [{ at: "", message: "expected text, got object" }],
    });
  });

  it("uninject gives back what was injected", () => {
    const injection = inject(pod, meshed);
    if (injection.kind !== "injected") throw new Error(injection.kind);
    const { kind, object, removed } = uninject(injection.object);
    expect(kind).to.equal("uninjected");
    expect(object).to.deep.equal(pod);
    expect(removed).to.include("init container linkerd-proxy");
  });

  describe("injectManifest", () => {
    const text = `# The shop.
kind: Namespace
apiVersion: v1
metadata: {name: shop, annotations: {linkerd.io/inject: enabled}}
---
kind: Deployment # its front
apiVersion: apps/v1
metadata:
  name: web
  namespace: shop
spec:
  replicas: 0x2
  template:
    spec:
      containers:
        # The application.
        - {name: 'app', image: "app:1"}
---
# Nothing.
---
kind: ConfigMap
metadata: { name:   untouched }
`;

    it("splices the proxy in and leaves everything else as it was", () => {
      const result = injectManifest(text, { settings });
      if ("issues" in result) throw new Error(JSON.stringify(result.issues));
      const kept = text.split("\n").filter((line) => line !== "---" && line !== "");
      const lines = result.text.split("\n");
      expect(kept.filter((line) => !lines.includes(line))).to.deep.equal([]);
      expect(result.text).to.include("name: linkerd-proxy\n");
      expect(result.objects.map(({ kind, name, outcome }) => `${kind}/${name} ${outcome}`)).to.deep.equal([
        "namespace/shop skipped",
        "deployment/web injected",
        "/ skipped",
        "configmap/untouched skipped",
      ]);
    });

    it("lets the options' annotations win over the manifest's", () => {
      const result = injectManifest(text, {
        settings,
        namespace: { annotations: { "linkerd.io/inject": "disabled" } },
      });
      expect("text" in result && result.text).not.to.include("linkerd-proxy");
    });

    it("gives every issue with its place, and no text", () => {
      const bad = "kind: Pod\nmetadata: {name: web}\nspec: {containers: 1}\n";
      expect(injectManifest(`${bad}---\n${bad}`, meshed)).to.deep.equal({
        issues: [
          { at: "manifest, document 1, line 1, pod/web, /spec/containers", message: "expected a list, got 1" },
          { at: "manifest, document 2, line 5, pod/web, /spec/containers", message: "expected a list, got 1" },
        ],
      });
    });
  });

  it("warningLines begin with the object, as the webhook's do", () => {
    const odd = { ...pod, metadata: { ...pod.metadata, annotations: { "config.linkerd.io/proxy-uid": "me" } } };
    const injection = inject(odd, meshed);
    if (injection.kind !== "injected") throw new Error(injection.kind);
    expect(warningLines(injection.subject, injection.warnings)).to.deep.equal([
      'pod/web: config.linkerd.io/proxy-uid: "me" is not a user id from 0 to 2147483647; proxy.uid stays 2102',
    ]);
  });
});
