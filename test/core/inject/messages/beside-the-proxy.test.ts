import { expect } from "chai";
import { explain } from "../../../../src/core/inject/explain.ts";
import { injectManually } from "../../../../src/core/inject/manual.ts";
import type { Annotations, Json, JsonObject } from "../../../../src/core/base/json/json.ts";
import { linesFor } from "../../../support/advice.ts";
import { asking, exposing, installation, linesOf, requestFor, warningsFor } from "../../../support/injection.ts";
import type { PodParts } from "../../../support/injection.ts";

const config = (name: string): string => `config.linkerd.io/${name}`;
const running = (name: string, runAsUser: number, more: JsonObject = {}): JsonObject => ({
  name,
  image: "app:1",
  securityContext: { runAsUser },
  ...more,
});
const spared = (name: string, user = "2102"): string =>
  `container ${name} runs as user ${user}, as the proxy does: what it sends goes past the proxy; use another runAsUser, or config.linkerd.io/proxy-uid`;
const taken = (name: string, port: number, which: string): string =>
  `container ${name} listens on port ${port}, the proxy's ${which} port: one of them cannot start; config.linkerd.io/${which}-port moves the proxy's`;

const rows: readonly [
  claim: string,
  parts: PodParts,
  lines: readonly string[],
  changes?: Readonly<Record<string, Json>>,
][] = [
  ["users of their own", { spec: { securityContext: { runAsUser: 1000 } } }, []],
  ["the pod's user", { spec: { securityContext: { runAsUser: 2102 } } }, [spared("app")]],
  ["a container's user", { containers: [running("web", 2102), running("db", 1000)] }, [spared("web")]],
  [
    "a container's own user in place of the pod's",
    { spec: { securityContext: { runAsUser: 2102 } }, containers: [running("web", 1000), { name: "db" }] },
    [spared("db")],
  ],
  ["an init container's user", { initContainers: [running("migrate", 2102)] }, [spared("migrate")]],
  [
    "an init container that ends before the proxy starts",
    { initContainers: [running("migrate", 2102)], annotations: { [config("proxy-enable-native-sidecar")]: "false" } },
    [],
  ],
  [
    "a native sidecar beside an ordinary proxy",
    {
      initContainers: [running("logs", 2102, { restartPolicy: "Always" })],
      annotations: { [config("proxy-enable-native-sidecar")]: "false" },
    },
    [spared("logs")],
  ],
  [
    "the annotation that makes them equal",
    { containers: [running("web", 1000)], annotations: { [config("proxy-uid")]: "1000" } },
    [spared("web", "1000")],
  ],
  [
    "the annotation that makes them different",
    { containers: [running("web", 2102)], annotations: { [config("proxy-uid")]: "2103" } },
    [],
  ],
  [
    "the user of proxy.securityContext (S-53)",
    { containers: [running("web", 5000)] },
    [spared("web", "5000")],
    { "proxy.securityContext": { runAsUser: 5000 } },
  ],
  [
    "a group that the redirection spares",
    {
      spec: { securityContext: { runAsGroup: 2102 } },
      annotations: { [config("proxy-gid")]: "2102" },
    },
    [
      "container app runs as group 2102, as the proxy does: what it sends goes past the proxy; use another runAsGroup, or config.linkerd.io/proxy-gid",
    ],
  ],
  ["a group, where the proxy has none", { spec: { securityContext: { runAsGroup: 0 } } }, []],
  ["the control port", { containers: [exposing(4190)] }, [taken("app", 4190, "control")]],
  ["the admin port", { containers: [exposing(4191)] }, [taken("app", 4191, "admin")]],
  [
    "inbound and outbound port",
    { containers: [exposing(4140, 4143)] },
    [taken("app", 4143, "inbound"), taken("app", 4140, "outbound")],
  ],
  ["the same number of UDP", { containers: [{ name: "app", ports: [{ containerPort: 4190, protocol: "UDP" }] }] }, []],
  [
    "a port that an annotation moves onto the application's",
    { containers: [exposing(8080)], annotations: { [config("admin-port")]: "8080" } },
    [taken("app", 8080, "admin")],
  ],
  [
    "a port that an annotation moves away",
    { containers: [exposing(4190)], annotations: { [config("control-port")]: "14190" } },
    [],
  ],
  [
    "two ports of the proxy that are made equal",
    { annotations: { [config("admin-port")]: "4143" } },
    [
      "the proxy's inbound and admin port are both 4143, so that it cannot start; give config.linkerd.io/inbound-port and config.linkerd.io/admin-port different ports",
    ],
  ],
  [
    "two ports of the proxy that change places",
    { annotations: { [config("inbound-port")]: "4140", [config("outbound-port")]: "4143" } },
    [],
  ],
  [
    "the node's name servers",
    { spec: { dnsPolicy: "Default" } },
    [
      "spec.dnsPolicy is Default: the proxy asks the node's name servers for the control plane, and gets no certificate where they do not know the cluster's names; use ClusterFirst",
    ],
  ],
  ["the cluster's name servers", { spec: { dnsPolicy: "ClusterFirst" } }, []],
  ["name servers of its own", { spec: { dnsPolicy: "None", dnsConfig: { nameservers: ["10.96.0.10"] } } }, []],
  [
    "a wait that outlasts the pod",
    {
      annotations: {
        [config("proxy-enable-native-sidecar")]: "false",
        "config.alpha.linkerd.io/proxy-wait-before-exit-seconds": "60",
      },
    },
    ["the proxy waits 60 s before it ends, but the pod is killed after 30 s: give terminationGracePeriodSeconds more"],
  ],
  [
    "a wait within the pod's time",
    {
      annotations: {
        [config("proxy-enable-native-sidecar")]: "false",
        "config.alpha.linkerd.io/proxy-wait-before-exit-seconds": "60",
      },
      spec: { terminationGracePeriodSeconds: 90 },
    },
    [],
  ],
];

describe("what stands in the way of the proxy beside it", () => {
  for (const [claim, parts, lines, changes = {}] of rows) {
    it(claim, () => {
      const [pod, around] = [asking(parts), { installation: installation(changes) }];
      expect(warningsFor(pod, around)).to.deep.equal(lines.map((line) => `pod/web: ${line}`));
    });
  }

  it("is said first, at apply time, by explain and by inject --manual", () => {
    const parts = { spec: { securityContext: { runAsUser: 2102 } }, annotations: { [config("proxy-await")]: "x" } };
    const template = asking(parts);
    const workload = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec: { template } };
    expect(linesFor(workload)[0]).to.equal(`deployment/web: ${spared("app")}`);
    expect(explain(requestFor(template)).warnings[0]).to.include({ text: spared("app"), rank: 0 });
    const manual = { object: workload, installation: installation(), added: {} as Annotations, createdBy: "weft" };
    expect(linesOf(injectManually(manual))[0]).to.equal(`deployment/web: ${spared("app")}`);
  });
});
