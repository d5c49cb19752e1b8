import { expect } from "chai";
import { inject } from "../../../../src/core/inject/inject.ts";
import { warningLine, warningLines } from "../../../../src/core/inject/messages/warnings.ts";
import type { Annotations, JsonObject, Labels } from "../../../../src/core/base/json/json.ts";
import {
  asking,
  containerIn,
  flagIn,
  injectedInto,
  installation,
  pod,
  requestFor,
  variableIn,
  warningsFor,
} from "../../../support/injection.ts";

const config = (name: string): string => `config.linkerd.io/${name}`;
const inNamespace = (annotations: Annotations): { readonly namespace: { name: string; annotations: Annotations } } => ({
  namespace: { name: "shop", annotations },
});
const warningsOf = (annotations: Annotations): readonly string[] =>
  warningsFor(asking({ annotations })).map((line) => line.replace(/^pod\/web: /, ""));

describe("service accounts", () => {
  const warned = (serviceAccountName: string) => warningsFor(asking({ spec: { serviceAccountName } }));
  it("one that cannot be an identity is named first, others are not", () => {
    expect(warned("web")).to.deep.equal([]);
    expect(warned("my.dotted.sa")).to.deep.equal([
      'pod/web: gets no certificate: service account "my.dotted.sa", of which no identity can be made: expected at most 63 characters and no dots',
    ]);
  });
});

describe("S-09: values that cannot be used", () => {
  const rows: readonly [annotation: string, value: string, warning: string][] = [
    ["inbound-port", "web", `"web" is not a port from 1 to 65535; proxy.ports.inbound stays 4143`],
    ["admin-port", "70000", `"70000" is not a port from 1 to 65535; proxy.ports.admin stays 4191`],
    ["control-port", " 80", `" 80" is not a port from 1 to 65535; proxy.ports.control stays 4190`],
    ["outbound-port", "0", `"0" is not a port from 1 to 65535; proxy.ports.outbound stays 4140`],
    ["proxy-admin-shutdown", "true", `"true" is not enabled or disabled; proxy.enableShutdownEndpoint stays false`],
    ["proxy-log-http-headers", "on", `"on" is not off or insecure; proxy.logHTTPHeaders stays "off"`],
    ["proxy-metrics-hostname-labels", "yes", `"yes" is not true or false; proxy.metrics.hostnameLabels stays false`],
    [
      "proxy-outbound-connect-timeout",
      "5",
      `"5" is not a duration such as 500ms, 10s or 1m30s; proxy.outboundConnectTimeout stays "1000ms"`,
    ],
    [
      "shutdown-grace-period",
      "1d",
      `"1d" is not a duration such as 500ms, 10s or 1m30s; proxy.shutdownGracePeriod stays unset`,
    ],
    [
      "proxy-cpu-request",
      "1K",
      `"1K" is not a Kubernetes quantity such as 100m, 2 or 64Mi; proxy.resources.cpu.request stays unset`,
    ],
    [
      "proxy-memory-limit",
      "",
      `"" is not a Kubernetes quantity such as 100m, 2 or 64Mi; proxy.resources.memory.limit stays unset`,
    ],
    [
      "proxy-cpu-ratio-limit",
      "NaN",
      `"NaN" is not a number above 0 and at most 1; proxy.runtime.workers.maximumCPURatio stays 0`,
    ],
    ["proxy-uid", "root", `"root" is not a user id from 0 to 2147483647; proxy.uid stays 2102`],
    ["proxy-uid", "4294967296", `"4294967296" is not a user id from 0 to 2147483647; proxy.uid stays 2102`],
    ["proxy-uid", "-1", `"-1" is not a user id from 0 to 2147483647; proxy.uid stays 2102`],
    ["proxy-gid", "2147483648", `"2147483648" is not a group id up to 2147483647; proxy.gid stays -1`],
    [
      "proxy-memory-limit",
      "-1",
      `"-1" is not a Kubernetes quantity such as 100m, 2 or 64Mi; proxy.resources.memory.limit stays unset`,
    ],
    [
      "image-pull-policy",
      "always",
      `"always" is not Always, IfNotPresent or Never; proxy.image.pullPolicy stays unset`,
    ],
    ["proxy-image", " x", `" x" is not an image name without tag; proxy.image.name stays "cr.l5d.io/linkerd/proxy"`],
    [
      "proxy-image",
      "reg/proxy:v1",
      `"reg/proxy:v1" is not an image name without tag; proxy.image.name stays "cr.l5d.io/linkerd/proxy"`,
    ],
    ["proxy-version", "v1\n", `"v1\\n" is not an image tag; proxy.image.version stays unset`],
    ["proxy-log-level", "a\0b", "is not used: it has a NUL character"],
    [
      "proxy-additional-env",
      '[{"name":"A=B"}]',
      `"A=B" is left out: a name has printable ASCII characters other than "="`,
    ],
    [
      "proxy-additional-env",
      '[{"name":"A","valueFrom":{}}]',
      `"A" is left out: valueFrom is not one of fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef`,
    ],
    [
      "proxy-additional-env",
      '[{"name":"A","valueFrom":{"secretKeyRef":{"name":"S_bad","key":"k"}}}]',
      `"A" is left out: valueFrom.secretKeyRef.name "S_bad" is not a name of an object`,
    ],
    ["proxy-enable-native-sidecar", "no", `"no" is not true or false; proxy.nativeSidecar stays true`],
    [
      "default-inbound-policy",
      "allow",
      `"allow" is not one of all-unauthenticated, all-authenticated, cluster-unauthenticated, cluster-authenticated, deny, audit; proxy.defaultInboundPolicy stays "all-unauthenticated"`,
    ],
    ["enable-debug-sidecar", "yes", `"yes" is not true or false; it is ignored`],
    [
      "close-wait-timeout",
      "soon",
      `"soon" is not a duration such as 500ms, 10s or 1m30s; proxyInit.closeWaitTimeoutSecs stays 0`,
    ],
    [
      "proxy-additional-env",
      "TZ=UTC",
      `"TZ=UTC" is not a JSON list of environment variables such as [{"name":"TZ","value":"UTC"}]; proxy.additionalEnv stays "[]"`,
    ],
  ];
  for (const [annotation, value, warning] of rows) {
    it(`${annotation}: ${JSON.stringify(value)}`, () => {
      expect(warningsOf({ [config(annotation)]: value })).to.deep.equal([
        `${config(annotation)}${warning.startsWith("is ") ? "" : ":"} ${warning}`,
      ]);
    });
  }

  it("are told with their place when they come from the namespace", () => {
    expect(warningsFor(asking(), inNamespace({ [config("proxy-await")]: "yes" }))).to.deep.equal([
      'pod/web: config.linkerd.io/proxy-await (from the namespace): "yes" is not enabled or disabled; proxy.await stays true',
    ]);
  });
});

describe("values that are used, but doubtful", () => {
  const rows: readonly [claim: string, annotation: string, value: string, warning: RegExp][] = [
    ["less than a millisecond", "proxy-inbound-connect-timeout", "100us", /less than a millisecond and becomes 0/],
    ["cores that cannot be told", "proxy-cpu-limit", "10E", /cannot be turned into a number of cores/],
    ["an access log that the proxy does not know", "access-log", "xml", /"xml" is not one of apache, json/],
    ["S-07: entries of a skip list", "skip-inbound-ports", "80,http,90", /"http" is left out: not a port or a range/],
    ["S-07: entries that are no network", "skip-subnets", "10.0.0.1", /"10.0.0.1" is left out: not a network/],
    ["entries of opaque ports", "opaque-ports", "80,web", /"web" is left out: not a port, a range or the name/],
    [
      "so many cores",
      "proxy-cpu-limit",
      "100M",
      /^config.linkerd.io\/proxy-cpu-limit: "100M" is 100000000 cores; did you mean 100m\?$/,
    ],
    ["so little memory", "proxy-memory-request", "1m", /: "1m" is less than a byte; did you mean 1Mi\?$/],
    ["bytes", "proxy-memory-request", "20", /: "20" is 20 bytes; did you mean 20Mi\?$/],
    ["little storage", "proxy-ephemeral-storage-limit", "64k", /: "64k" is 64000 bytes; did you mean 64Mi\?$/],
    [
      "all ports that come in",
      "skip-inbound-ports",
      "1-65535",
      /"1-65535" is every port: all inbound traffic bypasses the proxy, and the mesh$/,
    ],
    ["all ports that go out, in two halves", "skip-outbound-ports", "0-100,90-65535", /all outbound traffic bypasses/],
    ["all networks", "skip-subnets", "10.0.0.0/8,::/0", /"::\/0" is every network: all inbound traffic bypasses/],
    ["half a second", "close-wait-timeout", "500ms", /close-wait-timeout does nothing: "500ms" is less than a second/],
    ["a close-wait timeout without root", "close-wait-timeout", "90s", /is not used: it needs proxyInit.runAsRoot/],
  ];
  for (const [claim, annotation, value, warning] of rows) {
    it(claim, () => {
      const lines = warningsOf({ [config(annotation)]: value });
      expect(lines).to.have.length(1);
      expect(lines[0]).to.match(warning);
    });
  }
});

describe("values that are used, and with which the pod will not run", () => {
  const rows: readonly [claim: string, annotation: string, value: string, why: string][] = [
    ["root", "proxy-uid", "0", "0 is root, and the proxy must not run as root"],
    ["no tag", "proxy-version", "a b", '"a b" is not an image tag, and such an image cannot be pulled'],
    [
      "no image",
      "proxy-image",
      "UPPER",
      '"UPPER" is not an image name without tag, and such an image cannot be pulled',
    ],
    ["no text", "proxy-image", "", '"" is not an image name without tag, and such an image cannot be pulled'],
    [
      "less than no time",
      "proxy-inbound-connect-timeout",
      "-1s",
      '"-1s" is negative, and the proxy does not start with it',
    ],
  ];
  for (const [claim, annotation, value, why] of rows) {
    it(claim, () => {
      const injection = inject(requestFor(asking({ annotations: { [config(annotation)]: value } })));
      const [warning, ...more] = "warnings" in injection ? injection.warnings : [];
      expect(more).to.deep.equal([]);
      expect(warning).to.deep.equal({
        about: config(annotation),
        rank: 1,
        isFatal: true,
        text: `${config(annotation)}: ${why}: the pod will not run`,
      });
    });
  }
});

describe("values of quantities that nobody doubts", () => {
  for (const [annotation, value] of [
    ["proxy-cpu-limit", "100m"],
    ["proxy-cpu-limit", "64"],
    ["proxy-memory-request", "20Mi"],
    ["proxy-memory-request", "20000000"],
    ["proxy-memory-limit", "0"],
    ["skip-inbound-ports", "2-65535"],
    ["close-wait-timeout", "0s"],
  ] as const)
    it(`${annotation}: ${value}`, () => expect(warningsOf({ [config(annotation)]: value })).to.deep.equal([]));
});

describe("annotations that nothing follows from", () => {
  const rows: readonly [claim: string, annotations: Annotations, about: string][] = [
    ["S-10: pod-inbound-ports", { [config("pod-inbound-ports")]: "80" }, config("pod-inbound-ports")],
    [
      "S-51: a wait before exit with a native sidecar",
      { "config.alpha.linkerd.io/proxy-wait-before-exit-seconds": "30" },
      "config.alpha.linkerd.io/proxy-wait-before-exit-seconds",
    ],
    ["a debug image without debug container", { [config("debug-image")]: "x" }, config("debug-image")],
    [
      "an older key beside the stable one",
      { [config("proxy-enable-native-sidecar")]: "true", "config.beta.linkerd.io/proxy-enable-native-sidecar": "true" },
      "config.beta.linkerd.io/proxy-enable-native-sidecar",
    ],
  ];
  for (const [claim, annotations, about] of rows) {
    it(claim, () => {
      expect(warningsOf(annotations).join("\n"))
        .to.match(/^[^\n]+ has no effect: [^\n]+$/)
        .and.to.include(`${about} has no effect`);
    });
  }

  it("are not mentioned where something does", () => {
    const wait = {
      "config.alpha.linkerd.io/proxy-wait-before-exit-seconds": "20",
      [config("proxy-enable-native-sidecar")]: "false",
    };
    expect(warningsOf(wait)).to.deep.equal([]);
    expect(warningsOf({ [config("debug-image")]: "x", [config("enable-debug-sidecar")]: "true" })).to.deep.equal([]);
  });
});

describe("keys that nobody knows: did you mean", () => {
  const rows: readonly [claim: string, key: string, value: string, meant: string][] = [
    ["a letter too few", config("proxy-cpu-reqest"), "1", config("proxy-cpu-request")],
    ["words in another order", config("proxy-request-cpu"), "1", config("proxy-cpu-request")],
    ["underscores", config("proxy_log_level"), "info", config("proxy-log-level")],
    ["capitals", config("proxyLogLevel"), "info", config("proxy-log-level")],
    ["singular for plural", config("opaque-port"), "80", config("opaque-ports")],
    ["the wrong family", "linkerd.io/opaque-ports", "80", config("opaque-ports")],
    ["the wrong family the other way", config("inject"), "enabled", "linkerd.io/inject"],
    ["a family that is none", "config.linkerd.com/proxy-log-level", "info", config("proxy-log-level")],
    ["a value that belongs to another", "linkerd.io/mesh", "ingress", "linkerd.io/inject"],
    ["one of weft wrap's", "linkerd.io/wrap-servce", "web", "linkerd.io/wrap-service"],
    ["one of weft wrap's in another family", config("wrap-app-port"), "80", "linkerd.io/wrap-app-port"],
    ["a policy under another name", config("policy"), "all-authenticated", config("default-inbound-policy")],
  ];
  for (const [claim, key, value, meant] of rows) {
    it(`${claim}: ${key}`, () => {
      expect(warningsOf({ [key]: value })).to.deep.equal([`annotation "${key}" is unknown; did you mean ${meant}?`]);
    });
  }

  const silent: readonly [claim: string, annotations: Annotations, labels: Labels][] = [
    ["other families", { "example.test/proxy-log-level": "info", "prometheus.io/port": "80", plain: "x" }, {}],
    [
      "nothing alike in Linkerd's families",
      { "config.linkerd.io/no-such-setting": "x", "viz.linkerd.io/tap-enabled": "true" },
      {},
    ],
    [
      "keys of other parts of Linkerd",
      { "linkerd.io/extension": "viz", "linkerd.io/cni-resource": "true" },
      { "linkerd.io/control-plane-ns": "linkerd" },
    ],
    ["what injection writes", {}, { "linkerd.io/workload-ns": "shop", "linkerd.io/proxy-deployment": "web" }],
    [
      "what weft wrap reads and writes",
      {
        "linkerd.io/wrap-service": "web",
        "linkerd.io/wrap-app-port": "http",
        "linkerd.io/wrap-config": "0123456789ab",
      },
      { "linkerd.io/wrap": "web" },
    ],
    ["other labels", {}, { app: "web", "app.kubernetes.io/name": "enabled" }],
  ];
  for (const [claim, annotations, labels] of silent) {
    it(`not for ${claim}`, () => {
      expect(warningsFor(asking({ annotations, labels }))).to.deep.equal([]);
    });
  }

  it("an annotation written as a label", () => {
    expect(
      warningsFor(pod({ labels: { "linkerd.io/inject": "enabled", [config("proxy-log-levl")]: "x" } })),
    ).to.deep.equal([
      'pod/web: label "linkerd.io/inject" has no effect; did you mean the annotation linkerd.io/inject?',
      'pod/web: label "config.linkerd.io/proxy-log-levl" has no effect; did you mean the annotation config.linkerd.io/proxy-log-level?',
    ]);
  });
});

describe("pods that asked and were skipped", () => {
  const rows: readonly [claim: string, object: JsonObject, namespace: Annotations, warnings: readonly string[]][] = [
    [
      "hostNetwork",
      asking({ spec: { hostNetwork: true } }),
      {},
      ["asked for injection, but is not injected: hostNetwork is enabled"],
    ],
    [
      "several reasons",
      asking({ spec: { hostNetwork: true }, containers: [{ name: "istio-proxy" }] }),
      {},
      ["asked for injection, but is not injected: hostNetwork is enabled, pod has a sidecar injected already"],
    ],
    [
      "the namespace asked",
      pod({ spec: { hostNetwork: true } }),
      { "linkerd.io/inject": "enabled" },
      ["asked for injection, but is not injected: hostNetwork is enabled"],
    ],
    [
      "a typo of its own",
      pod({ annotations: { "linkerd.io/inject": "enabeld" } }),
      {},
      [
        'linkerd.io/inject of the pod: "enabeld" is not enabled, disabled or ingress, so nothing is injected; did you mean "enabled"?',
      ],
    ],
    [
      "true",
      pod({ annotations: { "linkerd.io/inject": "true" } }),
      {},
      ['linkerd.io/inject of the pod: "true" is not enabled, disabled or ingress, so nothing is injected'],
    ],
    [
      "a typo of the namespace",
      asking(),
      { "linkerd.io/inject": "Enabled" },
      [
        'linkerd.io/inject of the namespace: "Enabled" is not enabled, disabled or ingress, so nothing is injected; did you mean "enabled"?',
      ],
    ],
    ["nobody asked", pod({ spec: { hostNetwork: true } }), {}, []],
    [
      "it said no",
      pod({ annotations: { "linkerd.io/inject": "disabled" }, spec: { hostNetwork: true } }),
      { "linkerd.io/inject": "enabled" },
      [],
    ],
  ];
  for (const [claim, object, namespace, warnings] of rows) {
    it(claim, () => {
      expect(warningsFor(object, inNamespace(namespace))).to.deep.equal(warnings.map((text) => `pod/web: ${text}`));
    });
  }

  it("S-31: a namespace that was not found", () => {
    expect(warningsFor(pod(), { namespace: { name: "new", annotations: {}, missing: true } })).to.deep.equal([
      'pod/web: namespace "new" was not found, so its annotations could not be read',
    ]);
  });
});

describe("lines", () => {
  const subject = { kind: "pod", name: "web" };

  it("are one line each, whatever the text", () => {
    const line = warningLine(subject, { about: "x", rank: 1, text: "a\nb\u0000c\u202ed" });
    expect(line).to.equal(String.raw`pod/web: a\nb\u0000c\u202ed`);
  });

  it("have at most 256 characters, cut between characters", () => {
    for (const text of ["😀".repeat(300), `x${"😀".repeat(300)}`]) {
      const line = warningLine(subject, { about: "x", rank: 1, text });
      expect(line.length).to.be.within(255, 256);
      expect(line).to.match(/😀…$/u);
    }
  });

  it("go as far as 4,096 characters, most important first, each text once", () => {
    const many = Array.from({ length: 40 }, (_, index) => ({
      about: "x",
      rank: 3 as const,
      text: `${index}${"x".repeat(300)}`,
    }));
    const lines = warningLines(subject, [many[0] ?? { about: "x", rank: 0 as const, text: "" }, ...many]);
    expect(lines).to.have.length(16);
    expect(lines[0]?.startsWith("pod/web: 0x")).to.equal(true);
    expect(new Set(lines).size).to.equal(16);
  });

  it("say the most important first", () => {
    const annotations = {
      [config("access-log")]: "xml",
      [config("proxy-cpu-reqest")]: "1",
      [config("proxy-await")]: "yes",
    };
    const words = warningsOf(annotations).map((line) => /proxy-await|proxy-cpu-reqest|access-log/.exec(line)?.[0]);
    expect(words).to.deep.equal(["proxy-await", "proxy-cpu-reqest", "access-log"]);
  });

  it("never change what comes out", () => {
    const bad = { [config("proxy-await")]: "yes", [config("skip-outbound-ports")]: "x", [config("proxy-uid")]: "root" };
    const without = injectedInto(asking({ annotations: { [config("skip-outbound-ports")]: "" } }));
    const after = injectedInto(asking({ annotations: bad }));
    expect(containerIn(after, "linkerd-proxy")).to.deep.equal(containerIn(without, "linkerd-proxy"));
    expect(flagIn(after, "--outbound-ports-to-ignore")).to.equal(undefined);
    expect(variableIn(after, "LOG")).to.equal(variableIn(without, "LOG"));
  });

  it("use the generateName of a pod without name", () => {
    const nameless = asking({
      annotations: { [config("proxy-await")]: "yes" },
      metadata: { name: null, generateName: "web-" },
    });
    expect(warningsFor(nameless, { installation: installation() })[0]).to.match(/^pod\/web-: /);
  });
});
