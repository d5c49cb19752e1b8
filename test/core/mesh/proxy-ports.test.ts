import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { spokenWith } from "../../../src/core/destination/weighted.ts";
import { besideRunning } from "../../../src/core/inject/messages/beside-the-proxy.ts";
import { isProxyPort, proxyPortsOf, sidecarPorts } from "../../../src/core/mesh/proxy-ports.ts";
import type { ProxyPorts } from "../../../src/core/mesh/proxy-ports.ts";
import { restrictions } from "../../../src/core/policy/network-policy.ts";
import { isOpaqueOnPod } from "../../../src/core/policy/opaque.ts";
import { podView } from "../../../src/core/view/from-objects.ts";
import { asking, containerIn, injectedInto, installation, memberAt } from "../../support/injection.ts";
import { mesh as someMesh, viewOf } from "../../support/view.ts";

const then: ProxyPorts = { inbound: 4143, admin: 4191, control: 4190 };
const now: ProxyPorts = { inbound: 5143, admin: 5191, control: 5190 };
const mesh = { ...someMesh, proxyPorts: now };
const annotation = (name: string): string => `config.linkerd.io/${name}`;

const settingsWith = (ports: ProxyPorts) =>
  installation(
    Object.fromEntries(Object.entries(ports).map(([name, port]) => [`proxy.ports.${name}`, Number(port)])),
    mesh.controlPlaneNamespace,
  );

/** A pod as the injector made it, whose every port is opaque and listed by a NetworkPolicy; and its address. */
const running = (injected: JsonObject): JsonObject => ({
  ...injected,
  metadata: { ...(injected["metadata"] as JsonObject), namespace: "shop" },
  status: { phase: "Running", podIP: "10.1.0.1" },
});

const app = (ports: readonly JsonObject[] = []): JsonObject => ({ name: "app", image: "app:1", ports });

const policies = (ports: readonly number[]): readonly JsonObject[] => [
  { kind: "Service", metadata: { name: "web" }, spec: { selector: { app: "web" } } },
  {
    kind: "NetworkPolicy",
    metadata: { name: "all" },
    spec: {
      targetRef: { kind: "Service", name: "web" },
      ingress: [{ from: [{ selector: {} }], ports: ports.map((port) => ({ port, protocol: "TCP" })) }],
    },
  },
];

interface Given {
  /** Ports of the settings with which the pod was injected. */
  readonly ports?: ProxyPorts;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly namespace?: Readonly<Record<string, string>>;
  readonly container?: JsonObject;
  /** What was made of the pod after its injection. */
  readonly change?: (pod: JsonObject) => JsonObject;
}

const annotated =
  (added: Readonly<Record<string, string>>) =>
  (pod: JsonObject): JsonObject => ({
    ...pod,
    metadata: {
      ...(pod["metadata"] as JsonObject),
      annotations: { ...(memberAt(pod, "metadata", "annotations") as JsonObject), ...added },
    },
  });

const withoutNames = (pod: JsonObject): JsonObject =>
  JSON.parse(
    JSON.stringify(pod)
      .replaceAll('"linkerd-admin"', '"a"')
      .replaceAll(/("containerPort":\d+,"name":)"linkerd-proxy"/g, '$1"b"'),
  ) as JsonObject;

const withoutContainers = (pod: JsonObject): JsonObject => ({ ...pod, spec: { containers: [app()] } });

const rows: readonly [claim: string, given: Given, expected: ProxyPorts][] = [
  ["injected with today's settings", { ports: now }, now],
  ["injected before the settings changed", {}, then],
  [
    "injected with an annotation of its own",
    { annotations: { [annotation("inbound-port")]: "6143" } },
    { ...then, inbound: 6143 },
  ],
  [
    "injected with an annotation of its namespace, which stands on no pod",
    { namespace: { [annotation("inbound-port")]: "6143", [annotation("control-port")]: "6190" } },
    { ...then, inbound: 6143, control: 6190 },
  ],
  [
    "an annotation that came after the injection",
    { change: annotated({ [annotation("admin-port")]: "7191", [annotation("control-port")]: "7190" }) },
    then,
  ],
  ["a sidecar whose ports have other names listens where it was told to", { change: withoutNames }, then],
  [
    "a port of another container, called like the proxy's",
    {
      container: app([
        { containerPort: 8080, name: "linkerd-admin" },
        { containerPort: 8081, name: "linkerd-proxy" },
      ]),
    },
    then,
  ],
  [
    "no sidecar: the annotations",
    { annotations: { [annotation("admin-port")]: "6191" }, change: withoutContainers },
    { ...now, admin: 6191 },
  ],
  [
    "no sidecar, and an annotation that is not a port",
    { annotations: { [annotation("admin-port")]: "0" }, change: withoutContainers },
    now,
  ],
];

/** Every port that a row names, and the app's. */
const asked = [4143, 4190, 4191, 5143, 5190, 5191, 6143, 6190, 6191, 7190, 7191, 8080, 8081];

describe("ports of a pod's proxy: the injector and the control plane agree", () => {
  for (const [claim, given, expected] of rows) {
    const injected = injectedInto(
      asking({
        labels: { app: "web" },
        annotations: { [annotation("opaque-ports")]: "1-65535", ...given.annotations },
        containers: [given.container ?? app()],
      }),
      {
        installation: settingsWith(given.ports ?? then),
        namespace: { name: "shop", annotations: given.namespace ?? {} },
      },
    );
    const object = running((given.change ?? ((pod) => pod))(injected));
    const own = new Set<number>(Object.values({ ...expected }));
    const pod = podView(object);

    it(`${claim}: the table`, () => {
      expect(proxyPortsOf(now, pod)).to.deep.equal(expected);
      expect(asked.filter((port) => isProxyPort(now, pod, port))).to.deep.equal(asked.filter((port) => own.has(port)));
    });

    it(`${claim}: policies`, () => {
      const view = viewOf({ ...object, kind: "Pod" }, ...policies(asked));
      const others = asked.filter((port) => !own.has(port));
      expect(asked.filter((port) => isOpaqueOnPod(view, mesh, pod, port))).to.deep.equal(others);
      expect(asked.filter((port) => restrictions(view, mesh, pod, port).length > 0)).to.deep.equal(others);
    });

    it(`${claim}: destinations`, () => {
      const view = viewOf({ ...object, kind: "Pod" });
      const hints = asked.map((port) => spokenWith(view, mesh, { pod, ip: "10.1.0.1", port }).protocol_hint);
      expect(hints).to.deep.equal(
        asked.map((port) => {
          const transport = { opaque_transport: { inbound_port: expected.inbound } };
          if (port === expected.admin || port === expected.control) return { h2: {} };
          return port === expected.inbound ? { h2: {}, ...transport } : { opaque: {}, ...transport };
        }),
      );
    });

    if (containerIn(object, "linkerd-proxy") !== undefined)
      it(`${claim}: the injector's eye on running pods`, () => {
        const beside = (port: number) => {
          const spec = object["spec"] as JsonObject;
          return besideRunning({ ...object, spec: { ...spec, containers: [app([{ containerPort: port }])] } });
        };
        expect(asked.filter((port) => beside(port).length > 0)).to.deep.equal(asked.filter((port) => own.has(port)));
      });
  }

  it("what the sidecar says of no port is left open", () => {
    const none = { inbound: undefined, outbound: undefined, control: undefined, admin: undefined };
    expect(sidecarPorts({ name: "linkerd-proxy" })).to.deep.equal(none);
    const odd = [
      { containerPort: 0, name: "linkerd-proxy" },
      { containerPort: "1", name: "linkerd-admin" },
    ];
    expect(sidecarPorts({ ports: odd, env: [{ name: "LINKERD2_PROXY_ADMIN_LISTEN_ADDR", value: "x" }] })).to.deep.equal(
      none,
    );
  });
});
