import { expect } from "chai";
import {
  containerState,
  ephemeralPatch,
  newName,
  usableContainer,
  whyNot,
  wirePodOf,
} from "../../../src/core/debug/container.ts";
import type { ContainerState } from "../../../src/core/debug/container.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { objectsAt } from "../../../src/core/base/json/read.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const image = "weft-debug:1";

const running = (startedAt = "2026-01-01T11:50:00Z"): JsonObject => ({ running: { startedAt } });
const waiting = (reason: string, message?: string): JsonObject => ({
  waiting: { reason, ...(message === undefined ? {} : { message }) },
});
const ended: JsonObject = { terminated: { reason: "Completed", exitCode: 0 } };

interface Given {
  readonly name?: string;
  readonly image?: string;
  readonly state?: Json;
}

/** With an ephemeral container for each, unless it is the sidecar. */
function podWith(...given: readonly Given[]): JsonObject {
  const of = given.map((each) => ({ name: "weft-debug-aaaaa", image, ...each }));
  const statuses = (isSidecar: boolean): JsonObject[] =>
    of
      .filter(({ name, state }) => (name === "linkerd-debug") === isSidecar && state !== undefined)
      .map(({ name, state = null }) => ({ name, state }));
  return {
    metadata: { name: "web" },
    spec: {
      containers: of
        .filter(({ name }) => name === "linkerd-debug")
        .map(({ name, image: used }) => ({ name, image: used })),
      ephemeralContainers: of.filter(({ name }) => name !== "linkerd-debug").map(({ state: _, ...each }) => each),
    },
    status: { phase: "Running", ephemeralContainerStatuses: statuses(false), containerStatuses: statuses(true) },
  };
}

describe("a debug container", () => {
  it("is an ephemeral one that ends by itself, as root, without what such a container may not have", () => {
    const patch = ephemeralPatch({ name: "weft-debug-x7k2p", image, pullPolicy: "IfNotPresent", netRaw: false });
    expect(patch).to.deep.equal({
      spec: {
        ephemeralContainers: [
          {
            name: "weft-debug-x7k2p",
            image,
            imagePullPolicy: "IfNotPresent",
            command: ["sleep", "3600"],
            securityContext: { runAsUser: 0, runAsNonRoot: false },
            terminationMessagePolicy: "FallbackToLogsOnError",
          },
        ],
      },
    });
  });

  it("asks for NET_RAW where it is told to, and leaves the pull policy to the API server where none is set", () => {
    const patch = ephemeralPatch({ name: "weft-debug-x7k2p", image, pullPolicy: "", netRaw: true });
    const [container] = objectsAt(patch, "spec", "ephemeralContainers");
    expect(container).to.not.have.property("imagePullPolicy");
    expect(container?.["securityContext"]).to.deep.equal({
      runAsUser: 0,
      runAsNonRoot: false,
      capabilities: { add: ["NET_RAW"] },
    });
  });

  const states: readonly (readonly [claim: string, state: Json | undefined, expected: ContainerState])[] = [
    ["runs", running(), { kind: "running", startedAt: "2026-01-01T11:50:00Z" }],
    ["has no status yet", undefined, { kind: "starting", text: "the kubelet has not begun with it" }],
    ["is being made", waiting("ContainerCreating"), { kind: "starting", text: "ContainerCreating" }],
    [
      "has an image that is not there",
      waiting("ErrImagePull", "not found"),
      { kind: "failed", text: "ErrImagePull: not found" },
    ],
    [
      "may not be root",
      waiting("CreateContainerConfigError", "container has runAsNonRoot"),
      { kind: "failed", text: "CreateContainerConfigError: container has runAsNonRoot" },
    ],
    ["has ended", ended, { kind: "failed", text: "Completed" }],
  ];
  for (const [claim, state, expected] of states) {
    it(`${claim}: ${expected.kind}`, () => {
      expect(containerState(podWith(state === undefined ? {} : { state }), "weft-debug-aaaaa")).to.deep.equal(expected);
    });
  }

  const late = running("2026-01-01T11:05:00Z");
  const usable: readonly (readonly [
    claim: string,
    pod: JsonObject,
    wanted: string | undefined,
    name: string | undefined,
  ])[] = [
    ["none there", podWith(), image, undefined],
    ["one that runs", podWith({ state: running() }), image, "weft-debug-aaaaa"],
    ["one that runs, whatever its image", podWith({ state: running() }), undefined, "weft-debug-aaaaa"],
    ["one of another image", podWith({ state: running(), image: "other:1" }), image, undefined],
    ["somebody else's", podWith({ name: "debugger-x", state: running() }), image, undefined],
    ["one that ends soon", podWith({ state: late }), image, undefined],
    ["one that has ended", podWith({ state: ended }), image, undefined],
    ["one that failed", podWith({ state: waiting("ImagePullBackOff") }), image, undefined],
    ["one that starts", podWith({ state: waiting("ContainerCreating") }), image, "weft-debug-aaaaa"],
    ["one that nobody has begun with", podWith({}), image, "weft-debug-aaaaa"],
    [
      "of an ended and a running one",
      podWith({ state: ended }, { name: "weft-debug-bbbbb", state: running() }),
      image,
      "weft-debug-bbbbb",
    ],
    ["the sidecar", podWith({ name: "linkerd-debug", state: running() }), image, "linkerd-debug"],
    [
      "the sidecar, before one that starts",
      podWith({ state: waiting("ContainerCreating") }, { name: "linkerd-debug", state: running() }),
      image,
      "linkerd-debug",
    ],
  ];
  for (const [claim, pod, wanted, name] of usable) {
    it(`${claim}: ${name ?? "a new one"}`, () =>
      expect(usableContainer(pod, { image: wanted, netRaw: false }, now)).to.equal(name));
  }

  it("with NET_RAW is not one without", () => {
    const wanted = { image: undefined, netRaw: true };
    const pod = podWith({ state: running() });
    expect(usableContainer(pod, wanted, now)).to.equal(undefined);
    const [container = {}] = objectsAt(pod, "spec", "ephemeralContainers");
    const added = { ...container, securityContext: { capabilities: { add: ["NET_RAW"] } } };
    expect(usableContainer({ ...pod, spec: { ephemeralContainers: [added] } }, wanted, now)).to.equal(
      "weft-debug-aaaaa",
    );
  });

  it("has a name that no container of the pod has", () => {
    const suffixes = ["aaaaa", "aaaaa", "bbbbb"];
    expect(newName(podWith({}), () => suffixes.shift() ?? expect.fail("two were enough"))).to.equal("weft-debug-bbbbb");
  });

  it("knows of the pod where it is, where its proxy is dialled, and where somebody listens", () => {
    const proxy = { name: "linkerd-proxy", ports: [{ name: "linkerd-proxy", containerPort: 5143 }] };
    const pod = {
      spec: { containers: [{ name: "web", ports: [{ containerPort: 8080 }] }], initContainers: [proxy] },
      status: { podIP: "10.99.0.3", podIPs: [{ ip: "10.99.0.3" }, { ip: "fd00::3" }] },
    };
    expect(wirePodOf(pod)).to.deep.equal({
      addresses: ["10.99.0.3", "fd00::3"],
      inboundPort: 5143,
      ports: [8080, 5143],
    });
    expect(wirePodOf({ status: { podIP: "10.99.0.4" } })).to.deep.equal({
      addresses: ["10.99.0.4"],
      inboundPort: 4143,
      ports: [],
    });
  });

  const pods: readonly (readonly [pod: JsonObject, why: string | undefined])[] = [
    [{ status: { phase: "Running" } }, undefined],
    [{ status: { phase: "Pending" } }, "it is Pending, not Running"],
    [{ status: {} }, "it is not running"],
    [{ metadata: { deletionTimestamp: "2026-01-01T11:50:00Z" }, status: { phase: "Running" } }, "it is being deleted"],
  ];
  for (const [pod, why] of pods) {
    it(`is not for a pod when ${why ?? "nothing speaks against it"}`, () => expect(whyNot(pod)).to.equal(why));
  }
});
