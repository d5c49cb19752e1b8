/** The rules of one object that the recorded command lines do not show, and those where weft means to differ. */
import { expect } from "chai";
import { defaultValues } from "../../../src/core/inject/settings/defaults.ts";
import { readInstallation, withSettings } from "../../../src/core/inject/settings/installation.ts";
import type { Installation } from "../../../src/core/inject/settings/installation.ts";
import { manifestWarnings } from "../../../src/core/admission/manifest.ts";
import { injectManually } from "../../../src/core/inject/manual.ts";
import { readFlags } from "../../../src/core/manifests/flags.ts";
import { injectObject } from "../../../src/core/manifests/inject.ts";
import type { InjectHow } from "../../../src/core/manifests/inject.ts";
import type { ChangedObject } from "../../../src/core/manifests/transform.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";

const installation = (more: JsonObject = {}): Installation => {
  const values = { ...defaultValues, identityTrustAnchorsPEM: "anchors", ...more };
  const read = readInstallation({ values, sha256: () => "hash" });
  if ("issues" in read) throw new Error("the defaults are settings");
  return read.value.installation;
};

function how(words: Readonly<Record<string, string>> = {}, manual = false, base = installation()): InjectHow {
  const flags = readFlags(new Map(Object.entries(words).map(([name, text]) => [name, [text]])), base.settings);
  if ("issues" in flags) throw new Error(JSON.stringify(flags.issues));
  const flagged = withSettings(base, flags.settings);
  return {
    flags,
    ingress: words["ingress"] === undefined ? undefined : words["ingress"] === "true",
    overwriteDisabled: false,
    advise: (object) => manifestWarnings(object, base),
    manually: manual
      ? (object, added) => injectManually({ object, installation: flagged, added, createdBy: "weft/cli test" })
      : undefined,
  };
}

const deployment = (template: JsonObject): JsonObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: { template },
});
const annotated = (annotations: JsonObject, spec: JsonObject = { containers: [] }): JsonObject =>
  deployment({ metadata: { annotations }, spec });

const done = (object: JsonObject, request: InjectHow): ChangedObject => {
  const result = injectObject(object, request);
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  return result;
};
const annotationsOf = (object: JsonObject): unknown =>
  (object as { spec: { template: { metadata: { annotations: unknown } } } }).spec.template.metadata.annotations;
const environment = (object: JsonObject, name: string): Json | undefined => {
  const { initContainers } = (
    object as {
      spec: { template: { spec: { initContainers: { name: string; env: { name: string; value: Json }[] }[] } } };
    }
  ).spec.template.spec;
  return initContainers.find((each) => each.name === "linkerd-proxy")?.env.find((each) => each.name === name)?.value;
};

describe("injectObject", () => {
  it("keeps ingress when it is run again (S-45)", () => {
    const result = done(annotated({ "linkerd.io/inject": "ingress" }), how());
    expect(annotationsOf(result.object)).to.deep.equal({ "linkerd.io/inject": "ingress" });
  });

  it("takes ingress away when told so", () => {
    const result = done(annotated({ "linkerd.io/inject": "ingress" }), how({ ingress: "false" }));
    expect(annotationsOf(result.object)).to.deep.equal({ "linkerd.io/inject": "enabled" });
  });

  it("keeps ingress and disabled on a Namespace, and overwrites disabled when told so", () => {
    const namespace = (value: string): JsonObject => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "n", annotations: { "linkerd.io/inject": value } },
    });
    expect(done(namespace("ingress"), how()).object).to.deep.equal(namespace("ingress"));
    const disabled = done(namespace("disabled"), how({ "proxy-uid": "1" }));
    expect(disabled.object).to.deep.equal(namespace("disabled"));
    expect(disabled.report).to.include({ outcome: "skipped", disabled: true, supported: true });
    const told = { ...how(), overwriteDisabled: true };
    expect(done(namespace("disabled"), told).object).to.deep.equal(namespace("enabled"));
    expect(done(namespace("enabled"), how({ ingress: "true" })).object).to.deep.equal(namespace("ingress"));
  });

  it("writes ingress beside every proxy (S-44)", () => {
    for (const name of ["a", "b"]) {
      const object = { ...annotated({}), metadata: { name } };
      const result = done(object, how({ ingress: "true" }, true));
      expect(annotationsOf(result.object)).to.include({ "linkerd.io/inject": "ingress" });
      expect(environment(result.object, "LINKERD2_PROXY_INGRESS_MODE")).to.equal("true");
    }
  });

  it("resolves port names of --opaque-ports (S-29)", () => {
    const spec = { containers: [{ name: "c", ports: [{ name: "mysql", containerPort: 3307 }] }] };
    const result = done(annotated({}, spec), how({ "opaque-ports": "25,mysql,nobody" }, true));
    expect(environment(result.object, "LINKERD2_PROXY_INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION")).to.equal("25,3307");
    expect(annotationsOf(result.object)).to.include({ "config.linkerd.io/opaque-ports": "25,mysql,nobody" });
  });

  it("reads proxy-additional-env from the template and from the workload, the template wins (S-15)", () => {
    const variables = (value: string, more: string): string =>
      JSON.stringify([
        { name: "A", value },
        { name: more, value: "1" },
      ]);
    const key = "config.linkerd.io/proxy-additional-env";
    const object = {
      ...annotated({ [key]: variables("template", "T") }),
      metadata: { annotations: { [key]: variables("workload", "W") } },
    };
    const result = done(object, how({}, true));
    expect(["A", "T", "W"].map((name) => environment(result.object, name))).to.deep.equal(["template", "1", "1"]);
  });

  const disabled = { "linkerd.io/inject": "disabled" };
  const alone: readonly [claim: string, object: JsonObject][] = [
    ["disabled", annotated(disabled)],
    ["disabled, on the host network (S-57)", annotated(disabled, { hostNetwork: true })],
    [
      "disabled, with UDP (S-57)",
      annotated(disabled, { containers: [{ ports: [{ containerPort: 53, protocol: "UDP" }] }] }),
    ],
    ["disabled, with another mesh's proxy (S-57)", annotated(disabled, { containers: [{ name: "istio-proxy" }] })],
  ];
  for (const [claim, object] of alone) {
    it(`leaves an object alone that is ${claim}, also with flags (S-46)`, () => {
      for (const manual of [false, true]) {
        const result = done(object, how({ "proxy-uid": "1" }, manual));
        expect(result.object).to.equal(object);
        expect(result.report).to.include({ outcome: "skipped", disabled: true });
      }
    });
  }

  const elsewhere: readonly [claim: string, object: JsonObject, report: object, why: string][] = [
    ["runs on Windows (S-60)", annotated({}, { os: { name: "windows" } }), { windows: true }, "runs on Windows"],
    [
      "is a mirror pod (S-61)",
      annotated({ "kubernetes.io/config.mirror": "x" }),
      { mirror: true },
      "is a mirror pod, which only shows what the kubelet runs from a file",
    ],
  ];
  for (const [claim, object, report, why] of elsewhere) {
    it(`leaves an object alone that ${claim}, and says why`, () => {
      for (const manual of [false, true]) {
        const result = done(object, how({}, manual));
        expect(result.object).to.equal(object);
        expect(result.report).to.include({ outcome: "skipped", ...report });
        expect(result.warnings.map(({ text }) => text)).to.deep.equal([
          `asked for injection, but is not injected: ${why}`,
        ]);
      }
    });
  }

  it("leaves a skipped pod as it is, with what asks for injection and what was injected before", () => {
    const object = annotated(
      { "linkerd.io/inject": "enabled", "linkerd.io/created-by": "linkerd/cli" },
      { os: { name: "windows" }, containers: [{ name: "linkerd-proxy" }] },
    );
    for (const manual of [false, true]) expect(done(object, how({}, manual)).object).to.equal(object);
  });

  const mistyped = { "linkerd.io/ineject": "enabled" };
  const hint = 'annotation "linkerd.io/ineject" is unknown; did you mean linkerd.io/inject?';
  const gone = `annotation "linkerd.io/ineject" is left out, as what begins with linkerd.io is taken for an earlier injection's`;
  const left = "is left out: not a port, a range or the name of a container port";
  const opaque = (list: string): JsonObject => ({ "config.linkerd.io/opaque-ports": list });
  const bare = (kind: string, annotations: JsonObject, spec: JsonObject = {}): JsonObject => ({
    apiVersion: "v1",
    kind,
    metadata: { name: "x", annotations },
    spec,
  });
  const windows = { os: { name: "windows" } };
  const warned: readonly [claim: string, object: JsonObject, texts: readonly string[]][] = [
    ["a mistyped key of a template, which is taken out", annotated(mistyped), [hint, gone]],
    ["one of the workload itself", { ...annotated({}), metadata: { name: "w", annotations: mistyped } }, [hint, gone]],
    ["one of a Pod", bare("Pod", mistyped, { containers: [] }), [hint, gone]],
    ["one of a Service", bare("Service", mistyped), [hint, gone]],
    ["one of a Namespace", bare("Namespace", mistyped), [hint, gone]],
    [
      "one of a pod that is skipped",
      annotated(mistyped, windows),
      ["asked for injection, but is not injected: runs on Windows", hint],
    ],
    ["one of a pod that says disabled", annotated({ ...mistyped, "linkerd.io/inject": "disabled" }), [hint, gone]],
    ["an entry of opaque ports", annotated(opaque("25,80o")), [`config.linkerd.io/opaque-ports: "80o" ${left}`]],
    ["one of a Namespace's", bare("Namespace", opaque("80-")), [`config.linkerd.io/opaque-ports: "80-" ${left}`]],
    [
      "a Service's that is not a port of it",
      bare("Service", opaque("25"), { ports: [{ port: 80 }] }),
      ['config.linkerd.io/opaque-ports: "25" is not a port of this Service'],
    ],
    [
      "an annotation for pods on the workload",
      { ...annotated({}), metadata: { name: "w", annotations: opaque("25") } },
      [
        "config.linkerd.io/opaque-ports has no effect here: pods get the annotations in spec.template.metadata.annotations",
      ],
    ],
  ];
  for (const [claim, object, texts] of warned) {
    it(`says what the webhook would say: ${claim}`, () => {
      expect(done(object, how()).warnings.map(({ text }) => text)).to.deep.equal(texts);
    });
  }

  it("says it with --manual, too", () => {
    const { warnings } = done(annotated({ ...mistyped, ...opaque("80o") }), how({}, true));
    expect(warnings.map(({ text }) => text)).to.deep.equal([
      `config.linkerd.io/opaque-ports: "80o" ${left}`,
      hint,
      gone,
    ]);
  });

  it("says what becomes of a name that is not a label value (S-62)", () => {
    const long = { ...annotated({}), metadata: { name: "x".repeat(64) } };
    for (const manual of [false, true]) {
      expect(done(long, how({}, manual)).warnings.map(({ about }) => about)).to.deep.equal([
        "linkerd.io/proxy-deployment",
      ]);
    }
  });

  const untokened = installation({ identity: { serviceAccountTokenProjection: false } });
  const refused: readonly [claim: string, object: JsonObject, request: InjectHow, message: string][] = [
    ["the host network", annotated({}, { hostNetwork: true }), how(), "failed to inject: hostNetwork is enabled"],
    [
      "all obstacles, in Linkerd's order",
      annotated(
        {},
        {
          hostNetwork: true,
          automountServiceAccountToken: false,
          containers: [{ name: "istio-proxy", ports: [{ protocol: "UDP" }] }],
        },
      ),
      how({}, false, untokened),
      'failed to inject: automountServiceAccountToken set to "false", with Values.identity.serviceAccountTokenProjection set to "false", hostNetwork is enabled, pod has a sidecar injected already, UDP port(s) configured on pod spec',
    ],
    ["a workload without a template", { kind: "Deployment", spec: {} }, how(), "has no pod template at spec.template"],
    [
      "the control plane without --manual",
      deployment({ metadata: { labels: { "linkerd.io/control-plane-component": "x" } } }),
      how(),
      "--manual must be set when injecting control plane components",
    ],
  ];
  for (const [claim, object, request, message] of refused) {
    it(`refuses ${claim}`, () => {
      expect(injectObject(object, request)).to.deep.equal({ issues: [{ at: "", message }] });
    });
  }

  it("refuses a field of the wrong type, with its place", () => {
    const result = injectObject(annotated({}, { containers: "c" }), how());
    expect("issues" in result && result.issues.map(({ at }) => at)).to.deep.equal(["/spec/template/spec/containers"]);
  });

  it("warns about an annotation that cannot be used, with and without --manual", () => {
    for (const manual of [false, true]) {
      const { warnings } = done(annotated({ "config.linkerd.io/proxy-cpu-limit": "much" }), how({}, manual));
      expect(warnings.map(({ about }) => about)).to.deep.equal(["config.linkerd.io/proxy-cpu-limit"]);
    }
  });

  it("gives Services the opaque ports and nothing else", () => {
    const service = { apiVersion: "v1", kind: "Service", metadata: { name: "s" } };
    expect(done(service, how({ "proxy-uid": "1" })).object).to.equal(service);
    expect(done(service, how({ "opaque-ports": "25" })).object["metadata"]).to.deep.equal({
      name: "s",
      annotations: { "config.linkerd.io/opaque-ports": "25" },
    });
  });

  it("leaves a Knative Service alone (S-02)", () => {
    const service = { apiVersion: "serving.knative.dev/v1", kind: "Service", metadata: { name: "s" } };
    const result = done(service, how({ "opaque-ports": "25" }));
    expect(result.object).to.equal(service);
    expect(result.report).to.include({ outcome: "skipped", supported: false });
  });
});
