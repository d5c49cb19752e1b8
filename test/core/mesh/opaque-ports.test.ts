import { expect } from "chai";
import type { Annotations, JsonObject } from "../../../src/core/base/json/json.ts";
import { parsePortRange, splitList } from "../../../src/core/base/scalars/ports.ts";
import { isOpaqueOnPod, isOpaqueOnService } from "../../../src/core/policy/opaque.ts";
import { podView, serviceView } from "../../../src/core/view/from-objects.ts";
import { asking, exposing, injectedInto, installation, memberAt, variableIn } from "../../support/injection.ts";
import { mesh as someMesh, viewOf } from "../../support/view.ts";

const key = "config.linkerd.io/opaque-ports";
const switchKey = "linkerd.io/enable-opaque-ports";
const list = (text: string): Annotations => ({ [key]: text });
const off: Annotations = { [switchKey]: "false" };
const on: Annotations = { [switchKey]: "true" };
const overlong = list("80,".repeat(1_001));

/** Ports of the pod, and of the Service; of these 25 and 3306 are in the default list. */
const asked = [25, 80, 3306, 9000];
const settings = installation({ "proxy.opaquePorts": "25,3306,5432" });
const mesh = { ...someMesh, opaquePorts: [25, 3306, 5432].map((port) => ({ low: port, high: port })) };
const [everyPort, defaults] = [asked, [25, 3306]];

/** Own annotations, those of the namespace → ports that are opaque. From top to bottom: who is asked first. */
const rows: readonly [claim: string, own: Annotations, namespace: Annotations, opaque: readonly number[]][] = [
  ["an own list goes before everything", { ...list("80"), ...on }, { ...list("9000"), ...on }, [80]],
  ["an own list that is empty, too", list(""), { ...list("9000"), ...on }, []],
  ["an own switch goes before the namespace's list", on, list("9000"), everyPort],
  ["the namespace's list goes before its switch", {}, { ...list("9000"), ...on }, [9000]],
  ["the namespace's list that is empty, too", {}, { ...list(""), ...on }, []],
  ["an own switch that is off does not undo the namespace's list", off, list("9000"), [9000]],
  ["the namespace's switch", {}, on, everyPort],
  ["an own switch that is off undoes the namespace's", off, on, defaults],
  ["the default list", {}, {}, defaults],
  ["switches that are none say nothing", { [switchKey]: "yes" }, { [switchKey]: "" }, defaults],
  ["an own list that is too long says nothing", overlong, list("9000"), [9000]],
  ["one of the namespace, too", {}, overlong, defaults],
  ["an own list that is too long beside an own switch", { ...overlong, ...on }, list("9000"), everyPort],
  ["ranges, white space, and what is not a port", list(" 70-90, x, 9000"), {}, [80, 9000]],
];

const portsIn = (text: unknown): readonly number[] => {
  const ranges = splitList(typeof text === "string" ? text : "").flatMap((piece) => parsePortRange(piece) ?? []);
  return asked.filter((port) => ranges.some(({ low, high }) => low <= port && port <= high));
};

describe("who says that a port is opaque: the injector and the control plane agree", () => {
  for (const [claim, own, annotations, opaque] of rows) {
    const injecting = { installation: settings, namespace: { name: "shop", annotations } };
    const view = viewOf({ kind: "Namespace", metadata: { name: "shop", annotations } });
    const inShop = (object: JsonObject): JsonObject => ({
      ...object,
      metadata: { ...(object["metadata"] as JsonObject), namespace: "shop" },
    });

    it(`of a pod: ${claim}`, () => {
      const written = asking({ annotations: own, containers: [exposing(...asked)] });
      const injected = injectedInto(written, injecting);
      expect(portsIn(variableIn(injected, "INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION"))).to.deep.equal(opaque);
      for (const object of [written, injected]) {
        const pod = podView(inShop(object));
        expect(asked.filter((port) => isOpaqueOnPod(view, mesh, pod, port))).to.deep.equal(opaque);
      }
    });

    it(`of a Service: ${claim}`, () => {
      const written = {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web", annotations: own },
        spec: { ports: asked.map((port) => ({ port, name: `p${port}` })) },
      };
      const annotated = injectedInto(written, injecting);
      // What is too long stays as its author wrote it.
      if (own[key] !== overlong[key])
        expect(portsIn(memberAt(annotated, "metadata", "annotations", key))).to.deep.equal(opaque);
      for (const object of [written, annotated]) {
        const service = serviceView(inShop(object));
        expect(asked.filter((port) => isOpaqueOnService(view, mesh, service, port))).to.deep.equal(opaque);
      }
    });
  }

  it("a pod keeps the default ports that it was injected with, whatever the settings say now", () => {
    const injected = injectedInto(asking({ containers: [exposing(...asked)] }), { installation: settings });
    const later = { ...mesh, opaquePorts: [{ low: 9000, high: 9000 }] };
    const pod = podView(injected);
    expect(asked.filter((port) => isOpaqueOnPod(viewOf(), later, pod, port))).to.deep.equal(defaults);
    expect(portsIn(variableIn(injected, "INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION"))).to.deep.equal(defaults);
  });

  it("a name stands for the port of the container that has it", () => {
    const named = { name: "app", image: "app:1", ports: [{ containerPort: 9000, name: "db" }, { containerPort: 80 }] };
    const injected = injectedInto(asking({ annotations: list("db"), containers: [named] }), { installation: settings });
    expect(variableIn(injected, "INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION")).to.equal("9000");
    const pod = podView(injected);
    expect(asked.filter((port) => isOpaqueOnPod(viewOf(), mesh, pod, port))).to.deep.equal([9000]);
  });
});
