/** Oddities of Linkerd and what weft does about them, where no other test shows it. */
import { expect } from "chai";
import { inject } from "../../src/core/inject/inject.ts";
import { injectManually } from "../../src/core/inject/manual.ts";
import { keys } from "../../src/core/mesh/annotations.ts";
import type { Annotations, Json, JsonObject } from "../../src/core/base/json/json.ts";
import type { InjectRequest } from "../../src/core/inject/request.ts";
import {
  asking,
  containerIn,
  exposing,
  flagIn,
  injectedInto,
  installation,
  itemsAt,
  memberAt,
  namesIn,
  patched,
  pod,
  requestFor,
  variableIn,
  warningsFor,
} from "../support/injection.ts";

const config = (name: string): string => `config.linkerd.io/${name}`;
/** The pod of one that asks, with these annotations under `config.linkerd.io/`. */
const withConfig = (names: Annotations, changes: Partial<InjectRequest> = {}): JsonObject =>
  injectedInto(
    asking({ annotations: Object.fromEntries(Object.entries(names).map(([name, value]) => [config(name), value])) }),
    changes,
  );
const underSettings = (changes: Readonly<Record<string, Json | undefined>>): Partial<InjectRequest> => ({
  installation: installation(changes),
});
const inNamespace = (annotations: Annotations): Partial<InjectRequest> => ({
  namespace: { name: "shop", annotations },
});
const proxyOf = (object: JsonObject): JsonObject => containerIn(object, "linkerd-proxy") ?? {};
const initOf = (object: JsonObject): JsonObject => containerIn(object, "linkerd-init") ?? {};

describe("numbers", () => {
  it("S-01: whole numbers are written out, in text and as numbers", () => {
    const after = withConfig({ "proxy-uid": "1000650000", "proxy-gid": "1000000", "proxy-cpu-limit": "1M" });
    expect(flagIn(after, "--proxy-uid")).to.equal("1000650000");
    expect(flagIn(after, "--proxy-gid")).to.equal("1000000");
    expect(memberAt(proxyOf(after), "securityContext", "runAsUser")).to.equal(1_000_650_000);
    expect(variableIn(after, "CORES_MAX")).to.equal("1000000");
    const waiting = underSettings({ "proxy.nativeSidecar": false, "proxy.waitBeforeExitSeconds": 1_000_000 });
    expect(memberAt(proxyOf(injectedInto(asking(), waiting)), "lifecycle", "preStop", "exec", "command", 1)).to.equal(
      "1000000",
    );
  });

  it("S-07: a port that is none keeps the setting, entries of skip lists that are none are left out", () => {
    const after = withConfig({
      "inbound-port": "70000",
      "skip-inbound-ports": "foo bar",
      "skip-outbound-ports": "80, 90-80,443",
      "skip-subnets": "10.0.0.0/8,10.0.0.1",
    });
    expect(flagIn(after, "--incoming-proxy-port")).to.equal("4143");
    expect(flagIn(after, "--inbound-ports-to-ignore")).to.equal("4190,4191");
    expect(flagIn(after, "--outbound-ports-to-ignore")).to.equal("80,443");
    expect(flagIn(after, "--subnets-to-ignore")).to.equal("10.0.0.0/8");
  });

  it("S-08: milliseconds are exact, and a discovery timeout below one second stays one", () => {
    const after = withConfig({
      "proxy-inbound-connect-timeout": "1001ms",
      "proxy-outbound-discovery-cache-unused-timeout": "500ms",
      "proxy-inbound-discovery-cache-unused-timeout": "1500ms",
    });
    expect(variableIn(after, "INBOUND_CONNECT_TIMEOUT")).to.equal("1001ms");
    expect(variableIn(after, "OUTBOUND_DISCOVERY_IDLE_TIMEOUT")).to.equal("500ms");
    expect(variableIn(after, "INBOUND_DISCOVERY_IDLE_TIMEOUT")).to.equal("1s");
  });

  it("S-12: a ratio that is none is ignored, and 1 is one", () => {
    const ratio = (text: string): Json | undefined =>
      variableIn(withConfig({ "proxy-cpu-ratio-limit": text }), "CORES_MAX_RATIO");
    expect(["NaN", "inf", "0", "1.01", "0.25", "1.0"].map(ratio)).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
      "0.25",
      "1",
    ]);
  });

  it("S-14: a cpu request of 0, or one that is not a number of cores, removes CORES", () => {
    const cores = (text: string): Json | undefined => variableIn(withConfig({ "proxy-cpu-request": text }), "CORES");
    expect(["0", "1.5Ki", "10E", "1m"].map(cores)).to.deep.equal([undefined, undefined, undefined, "1"]);
  });

  it("S-21: inbound ports are sorted as text", () => {
    const after = injectedInto(asking({ containers: [exposing(9090, 80, 5353, 100, 53, 8081)] }));
    expect(variableIn(after, "INBOUND_PORTS")).to.equal("100,53,5353,80,8081,9090");
  });
});

describe("kinds", () => {
  it("S-02: a kind of another API group is left alone", () => {
    const template = {
      metadata: { annotations: { [keys.inject]: "enabled" } },
      spec: { containers: [exposing(3306)] },
    };
    const job = {
      apiVersion: "batch.volcano.sh/v1alpha1",
      kind: "Job",
      metadata: { name: "train" },
      spec: { template },
    };
    expect(inject(requestFor(job))).to.deep.include({ kind: "skipped", reasons: ["unsupported_resource"] });
    expect(inject(requestFor({ ...job, apiVersion: "batch/v1" })).kind).to.equal("injected");
  });

  it("S-04: leftovers of weft's own are not doubled, and stay as they are", () => {
    const validator = { name: "linkerd-network-validator", image: "old" };
    const debug = { name: "linkerd-debug", image: "old" };
    const object = asking({
      annotations: { [config("enable-debug-sidecar")]: "true" },
      initContainers: [{ name: "first" }, validator, { name: "last" }],
      containers: [debug],
      spec: { volumes: [{ name: "linkerd-identity-end-entity", emptyDir: { medium: "Memory" } }] },
    });
    const after = injectedInto(object, underSettings({ cniEnabled: true }));
    expect(namesIn(after, "initContainers")).to.deep.equal([
      "first",
      "linkerd-network-validator",
      "linkerd-proxy",
      "last",
    ]);
    expect(namesIn(after, "containers")).to.deep.equal(["linkerd-debug"]);
    expect(namesIn(after, "volumes")).to.deep.equal(["linkerd-identity-end-entity", "linkerd-identity-token"]);
    expect([containerIn(after, "linkerd-network-validator"), containerIn(after, "linkerd-debug")]).to.deep.equal([
      validator,
      debug,
    ]);
    expect(warningsFor(object, underSettings({ cniEnabled: true })).join("\n")).to.include(
      "linkerd-debug is in the pod already",
    );
  });

  it("S-04: a regular container with the init container's name makes injection impossible, without CNI", () => {
    const object = asking({ containers: [{ name: "linkerd-init" }] });
    expect(inject(requestFor(object))).to.deep.include({ kind: "skipped", reasons: ["sidecar_already_exists"] });
    expect(warningsFor(object)[0]).to.equal(
      "pod/web: is not injected: a container is named linkerd-init, as the init container would be",
    );
    expect(inject(requestFor(object, underSettings({ cniEnabled: true }))).kind).to.equal("injected");
  });
});

describe("annotations", () => {
  it("S-06: some annotations are not inherited", () => {
    const notInherited = [
      "close-wait-timeout",
      "debug-image",
      "debug-image-version",
      "debug-image-pull-policy",
      "enable-gateway",
      "proxy-cpu-ratio-limit",
    ].map(config);
    const others = [keys.proxyEnableNativeSidecarBeta, "resource.opentelemetry.io/team", config("no-such-setting")];
    const namespace = Object.fromEntries([...notInherited, ...others].map((key) => [key, "false"]));
    const after = injectedInto(asking(), inNamespace(namespace));
    expect(after).to.deep.equal(injectedInto(asking()));
  });

  it("S-11: a bad log-http-headers, or a close-wait timeout without root, changes nothing", () => {
    const parts = (object: JsonObject): unknown => object["spec"];
    expect(parts(withConfig({ "proxy-log-http-headers": "on" }))).to.deep.equal(parts(injectedInto(asking())));
    expect(parts(withConfig({ "close-wait-timeout": "90s" }))).to.deep.equal(parts(injectedInto(asking())));
    const asRoot = withConfig({ "close-wait-timeout": "90s" }, underSettings({ "proxyInit.runAsRoot": true }));
    expect(flagIn(asRoot, "--timeout-close-wait-secs")).to.equal("90");
    expect(memberAt(initOf(asRoot), "securityContext", "privileged")).to.equal(true);
  });

  const tracing = {
    "proxy.tracing.enabled": true,
    "proxy.tracing.collector.endpoint": "collector:4317",
    "proxy.tracing.collector.meshIdentity.serviceAccountName": "collector",
    "proxy.tracing.collector.meshIdentity.namespace": "tracing",
    "proxy.tracing.labels": {},
  };

  it("S-13: a trace attribute of more than one line is left out, and an image name is text", () => {
    const object = asking({
      annotations: {
        "resource.opentelemetry.io/good": "a=b: c",
        "resource.opentelemetry.io/bad": "a\nevil=1",
        [config("proxy-image")]: 'x: {y: "z"} # c',
      },
      labels: { "app.kubernetes.io/name": "web", "app.kubernetes.io/instance": "web-1" },
    });
    const after = injectedInto(object, underSettings(tracing));
    expect(variableIn(after, "TRACE_EXTRA_ATTRIBUTES")).to.equal("good=a=b: c\nservice.name=web-1\n");
    expect(proxyOf(after)["image"]).to.equal('x: {y: "z"} # c:edge-26.8.3');
    expect(warningsFor(object, underSettings(tracing)).join("\n")).to.include(
      "resource.opentelemetry.io/bad is left out",
    );
  });

  it("S-20: the trace annotations path is written, the volume has labels only", () => {
    const after = injectedInto(asking(), underSettings(tracing));
    expect(variableIn(after, "TRACE_ANNOTATIONS_PATH")).to.equal("/var/run/linkerd/podinfo/annotations");
    const podInfo = itemsAt(after, "spec", "volumes").find(({ name }) => name === "linkerd-podinfo");
    expect(itemsAt(podInfo, "downwardAPI", "items").map(({ path }) => path)).to.deep.equal(["labels"]);
  });

  it("S-15: the additional environment of a template counts, over that of its workload", () => {
    const env = (value: string): Annotations => ({
      [config("proxy-additional-env")]: `[{"name":"A","value":"${value}"},{"name":"${value}"}]`,
    });
    const template = {
      metadata: { annotations: { [keys.inject]: "enabled", ...env("pod") } },
      spec: { containers: [] },
    };
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", annotations: env("workload") },
      spec: { template },
    };
    const injection = inject(requestFor(deployment));
    const after = "object" in injection ? memberAt(injection.object, "spec", "template") : undefined;
    const added = itemsAt(containerIn(after as JsonObject, "linkerd-proxy"), "env").slice(-3);
    expect(added).to.deep.equal([{ name: "A", value: "pod" }, { name: "workload" }, { name: "pod" }]);
  });

  it("S-16: any text of the namespace is inherited, and its additional environment works", () => {
    const namespace = {
      [config("proxy-additional-env")]: '[{"name":"TZ","value":"a\\"b"}]',
      [config("proxy-log-level")]: 'linkerd[name="inbound"]=trace',
      [config("access-log")]: "two\nlines\\",
    };
    const injection = inject(requestFor(asking(), inNamespace(namespace)));
    const after = patched(asking(), "patch" in injection ? injection.patch : []);
    expect(memberAt(after, "metadata", "annotations")).to.include(namespace);
    expect(variableIn(after, "LOG")).to.equal('linkerd[name="inbound"]=trace,[{headers}]=off,[{request}]=off');
    expect(itemsAt(proxyOf(after), "env").at(-1)).to.deep.equal({ name: "TZ", value: 'a"b' });
  });

  it("S-37: the namespace's opaque ports are written as they are", () => {
    const text = `"80" & 'x' <81>+\\`;
    const after = injectedInto(pod(), inNamespace({ [keys.opaquePorts]: text }));
    expect(memberAt(after, "metadata", "annotations", keys.opaquePorts)).to.equal(text);
  });

  it("S-38: text that looks like the end of a list is text", () => {
    const text = 'x"},\n ]}, ]';
    const after = withConfig({ "proxy-log-level": text, "proxy-version": text, "skip-subnets": text });
    expect(variableIn(after, "LOG")).to.equal(`${text},[{headers}]=off,[{request}]=off`);
    expect(proxyOf(after)["image"]).to.equal(`cr.l5d.io/linkerd/proxy:${text}`);
  });

  it("S-17: the namespace's stable native-sidecar key beats older keys of the pod", () => {
    const older = asking({
      annotations: { [keys.proxyEnableNativeSidecarAlpha]: "false", [keys.proxyEnableNativeSidecarBeta]: "false" },
    });
    expect(namesIn(injectedInto(older), "containers")).to.include("linkerd-proxy");
    expect(
      namesIn(injectedInto(older, inNamespace({ [keys.proxyEnableNativeSidecar]: "true" })), "initContainers"),
    ).to.include("linkerd-proxy");
    const bad = asking({
      annotations: { [keys.proxyEnableNativeSidecar]: "x", [keys.proxyEnableNativeSidecarBeta]: "false" },
    });
    expect(namesIn(injectedInto(bad), "initContainers")).to.include("linkerd-proxy");
  });

  it("S-51: with a native sidecar the wait does nothing, and without await there is no startup probe", () => {
    const waits = { "config.alpha.linkerd.io/proxy-wait-before-exit-seconds": "30" };
    const proxy = proxyOf(injectedInto(asking({ annotations: { ...waits, [config("proxy-await")]: "disabled" } })));
    expect([proxy["lifecycle"], proxy["startupProbe"]]).to.deep.equal([undefined, undefined]);
    expect(proxyOf(injectedInto(asking()))["startupProbe"]).not.to.equal(undefined);
  });
});

describe("containers and volumes", () => {
  it("S-22: the validator listens on the outbound port", () => {
    const listens = (changes: Readonly<Record<string, Json>>): Json | undefined =>
      flagIn(
        withConfig({ "outbound-port": "5140" }, underSettings({ cniEnabled: true, ...changes })),
        "--listen-addr",
        "linkerd-network-validator",
      );
    expect(listens({})).to.equal("0.0.0.0:5140");
    expect(listens({ disableIPv6: false })).to.equal("[::]:5140");
    expect(listens({ "networkValidator.listenAddr": "1.2.3.4:5" })).to.equal("1.2.3.4:5");
  });

  it("S-23: the lock's volume and its mount have one name", () => {
    const after = injectedInto(
      asking(),
      underSettings({ "proxyInit.xtMountPath": { name: "lock", mountPath: "/lock" } }),
    );
    expect(namesIn(after, "volumes")[0]).to.equal("lock");
    expect(itemsAt(initOf(after), "volumeMounts")[0]).to.deep.equal({ name: "lock", mountPath: "/lock" });
  });

  it("S-25: by hand, a pod without namespace has an empty workload namespace", () => {
    const object = asking();
    const injection = injectManually({ object, installation: installation(), added: {}, createdBy: "weft/cli 1.0.0" });
    expect(memberAt("object" in injection ? injection.object : undefined, "metadata", "labels")).to.deep.equal({
      "linkerd.io/control-plane-ns": "linkerd",
      "linkerd.io/workload-ns": "",
    });
  });

  it("S-48: capabilities are those of the first container alone", () => {
    const first = {
      name: "a",
      securityContext: { capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL", "NET_RAW"] } },
    };
    const second = { name: "b", securityContext: { capabilities: { drop: ["KILL"] } } };
    const after = injectedInto(asking({ containers: [first, second] }));
    expect(memberAt(proxyOf(after), "securityContext", "capabilities")).to.deep.equal({
      add: ["NET_BIND_SERVICE"],
      drop: ["ALL", "NET_RAW"],
    });
    expect(memberAt(initOf(after), "securityContext", "capabilities")).to.deep.equal({
      add: ["NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE"],
      drop: ["ALL"],
    });
    const other = injectedInto(asking({ containers: [{ name: "a" }, second] }));
    expect(memberAt(proxyOf(other), "securityContext", "capabilities")).to.equal(undefined);
  });

  it("S-49: the init container has the proxy's resources", () => {
    const after = withConfig({ "proxy-cpu-limit": "2", "proxy-memory-request": "64Mi" });
    const resources = { limits: { cpu: "2" }, requests: { memory: "64Mi" } };
    expect([proxyOf(after)["resources"], initOf(after)["resources"]]).to.deep.equal([resources, resources]);
  });

  for (const name of ["CAP_SYS_ADMIN", "SYS_ADMIN", "cap_sys_admin", "Cap_Sys_Admin"]) {
    it(`S-63: ${name} is not copied from the first container`, () => {
      const object = asking({
        containers: [
          { name: "app", securityContext: { capabilities: { add: [name, "NET_BIND_SERVICE"], drop: ["ALL"] } } },
        ],
      });
      const after = injectedInto(object);
      const added = (container: JsonObject) => memberAt(container, "securityContext", "capabilities", "add");
      expect(added(proxyOf(after))).to.deep.equal(["NET_BIND_SERVICE"]);
      expect(added(initOf(after))).to.deep.equal(["NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE"]);
      expect(warningsFor(object)).to.deep.equal([
        `pod/web: ${name} of container app is not given to what weft adds, as others are`,
      ]);
    });
  }

  it("S-50: the application's token mount is copied into proxy and init container", () => {
    const mount = { name: "kube-api", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true };
    const after = injectedInto(asking({ containers: [{ name: "a", volumeMounts: [mount] }] }));
    expect(itemsAt(proxyOf(after), "volumeMounts").at(-1)).to.deep.equal(mount);
    expect(itemsAt(initOf(after), "volumeMounts").at(-1)).to.deep.equal(mount);
  });

  it("S-53: the redirection spares the user of proxy.securityContext", () => {
    const context = { runAsUser: 5000, runAsNonRoot: true };
    const after = injectedInto(asking(), underSettings({ "proxy.securityContext": context }));
    expect(proxyOf(after)["securityContext"]).to.deep.equal(context);
    expect(flagIn(after, "--proxy-uid")).to.equal("5000");
    const without = injectedInto(asking(), underSettings({ "proxy.securityContext": { runAsNonRoot: true } }));
    expect(flagIn(without, "--proxy-uid")).to.equal("2102");
  });

  it("S-56: the debug container has a security context where the settings give one", () => {
    const debug = (changes: Readonly<Record<string, Json>>): Json | undefined =>
      containerIn(withConfig({ "enable-debug-sidecar": "true" }, underSettings(changes)), "linkerd-debug")?.[
        "securityContext"
      ];
    expect(debug({})).to.equal(undefined);
    expect(debug({ "debugContainer.securityContext": { runAsNonRoot: true } })).to.deep.equal({ runAsNonRoot: true });
  });
});
