import { expect } from "chai";
import { inject } from "../../../../src/core/inject/inject.ts";
import { portList } from "../../../../src/core/inject/pod/opaque-ports.ts";
import type { Annotations, Json, JsonObject } from "../../../../src/core/base/json/json.ts";
import {
  asking,
  exposing,
  injectedInto,
  installation,
  memberAt,
  pod,
  requestFor,
  variableIn,
  viewOf,
  warningsFor,
} from "../../../support/injection.ts";

const key = "config.linkerd.io/opaque-ports";
const switchKey = "linkerd.io/enable-opaque-ports";
const defaults = "25,587,3306,4444,5432,6379,9300,11211";
const annotationOf = (object: JsonObject): Json | undefined => memberAt(object, "metadata", "annotations", key);
const environmentOf = (object: JsonObject): Json | undefined =>
  variableIn(object, "INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION");
const inNamespace = (annotations: Annotations): { readonly namespace: { name: string; annotations: Annotations } } => ({
  namespace: { name: "shop", annotations },
});

describe("the list of an annotation", () => {
  const named = pod({
    initContainers: [{ name: "i", ports: [{ containerPort: 1, name: "init" }] }],
    containers: [
      {
        name: "a",
        ports: [
          { containerPort: 80, name: "http" },
          { containerPort: 81, name: "twice" },
        ],
      },
      { name: "b", ports: [{ containerPort: 82, name: "twice" }] },
    ],
  });
  const rows: readonly [claim: string, text: string, list: string, unusable: readonly string[]][] = [
    ["numbers in their order, duplicates kept", "5432,25,5432", "5432,25,5432", []],
    ["ranges, one of a single port as that port", "1-5,7-7,0-65535", "1-5,7,0-65535", []],
    ["white space around pieces and one trailing comma do not count", " 80 ,\t81\n, 82,", "80,81,82", []],
    ["names of container ports become numbers", "http,init", "80,1", []],
    ["the last definition of a name wins", "twice", "82", []],
    ["a plus sign and leading zeros are accepted", "+80,0080,+1-0005", "80,80,1-5", []],
    ["whatever else is left out", "65536,-1,5-1,1-2-3,web,1.5,80", "80", ["65536", "-1", "5-1", "1-2-3", "web", "1.5"]],
    ["empty pieces are left out", "80,,81,,", "80,81", ["", ""]],
    ["nothing at all is an empty list", "", "", []],
    ["a comma alone is an empty list", ",", "", []],
  ];
  for (const [claim, text, list, unusable] of rows) {
    it(`${claim}: ${JSON.stringify(text)}`, () => {
      expect(portList(text, viewOf(named))).to.deep.equal({ text: list, unusable });
    });
  }
});

describe("opaque ports of an injected pod", () => {
  const rows: readonly [
    claim: string,
    own: string | undefined,
    namespace: string | undefined,
    ports: readonly number[],
    annotation: string | undefined,
    environment: string | undefined,
  ][] = [
    ["its own list", "25, 80-90", "1", [3306], "25, 80-90", "25,80-90"],
    ["an own empty list switches the defaults off", "", "1", [3306], "", undefined],
    ["the namespace's list", undefined, "99,x", [3306], "99,x", "99"],
    ["an empty list of the namespace", undefined, "", [3306], "", undefined],
    ["the default ports that it exposes", undefined, undefined, [80, 5432, 3306], "5432,3306", "5432,3306"],
    ["the whole default list where none matches", undefined, undefined, [80], undefined, defaults],
  ];
  for (const [claim, own, namespace, ports, annotation, environment] of rows) {
    it(claim, () => {
      const object = asking({
        ...(own === undefined ? {} : { annotations: { [key]: own } }),
        containers: [exposing(...ports)],
      });
      const after = injectedInto(object, inNamespace(namespace === undefined ? {} : { [key]: namespace }));
      expect([annotationOf(after), environmentOf(after)]).to.deep.equal([annotation, environment]);
    });
  }

  it("S-27: a port that is TCP and UDP is listed once", () => {
    const both = { name: "a", ports: [{ containerPort: 3306 }, { containerPort: 3306, protocol: "UDP" }] };
    const after = injectedInto(asking({ containers: [both, exposing(25, 3306)] }));
    expect([annotationOf(after), environmentOf(after)]).to.deep.equal(["3306,25", "3306,25"]);
  });

  it("pieces of the default list are compared as they are: no trimming, no ranges", () => {
    const odd = installation({ "proxy.opaquePorts": "3000-4000, 5000,6000" });
    const object = asking({ containers: [exposing(3500, 5000)] });
    const after = injectedInto(object, { installation: odd });
    expect([annotationOf(after), environmentOf(after)]).to.deep.equal([undefined, "3000-4000, 5000,6000"]);
    const listed = injectedInto(asking({ containers: [exposing(6000)] }), { installation: odd });
    expect(annotationOf(listed)).to.equal("6000");
  });

  it("names are those of the pod's init containers and containers, also for the namespace's list", () => {
    const object = asking({ containers: [{ name: "a", ports: [{ containerPort: 7070, name: "db" }] }] });
    expect(environmentOf(injectedInto(object, inNamespace({ [key]: "db" })))).to.equal("7070");
  });
});

describe("opaque ports of a pod that is not injected", () => {
  const rows: readonly [
    claim: string,
    own: Annotations,
    namespace: Annotations,
    ports: readonly number[],
    kind: string,
    annotation: string | undefined,
  ][] = [
    ["S-28: a default port is written on pods that never asked", {}, {}, [3306], "annotated", "3306"],
    ["an own list stays", { [key]: "1" }, { [key]: "2" }, [3306], "skipped", "1"],
    ["an own empty list stays", { [key]: "" }, { [key]: "2" }, [3306], "skipped", ""],
    ["the namespace's text as it is", {}, { [key]: ' <a>, "b"\n' }, [3306], "annotated", ' <a>, "b"\n'],
    ["nothing matches", {}, {}, [80], "skipped", undefined],
  ];
  for (const [claim, annotations, namespace, ports, kind, annotation] of rows) {
    it(claim, () => {
      const object = pod({ annotations, containers: [exposing(...ports)] });
      expect(inject(requestFor(object, inNamespace(namespace))).kind).to.equal(kind);
      expect(annotationOf(injectedInto(object, inNamespace(namespace)))).to.equal(annotation);
    });
  }

  it("also where the reason is another one", () => {
    const object = asking({ spec: { hostNetwork: true }, containers: [exposing(3306)] });
    expect(inject(requestFor(object))).to.deep.include({ kind: "annotated", reasons: ["host_network_enabled"] });
  });

  it("a workload that is not injected gets the namespace's list on its own metadata, and no defaults", () => {
    const template = { spec: { containers: [exposing(3306)] } };
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec: { template } };
    expect(inject(requestFor(deployment)).kind).to.equal("skipped");
    expect(annotationOf(injectedInto(deployment, inNamespace({ [key]: "1" })))).to.equal("1");
  });
});

describe("opaque ports of a Service", () => {
  const service = (ports: readonly JsonObject[], annotations: Annotations = {}): JsonObject => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "db", annotations },
    spec: { ports },
  });
  const rows: readonly [claim: string, ports: readonly JsonObject[], annotation: string | undefined][] = [
    ["without targetPort the port counts", [{ port: 3306 }], "3306"],
    ["targetPort 0 is as good as none", [{ port: 3306, targetPort: 0 }], "3306"],
    ["a numeric targetPort counts, and the port is listed", [{ port: 80, targetPort: 3306 }], "80"],
    ["a targetPort that is not a default", [{ port: 3306, targetPort: 80 }], undefined],
    ["a named targetPort never matches", [{ port: 3306, targetPort: "mysql" }], undefined],
    ["any protocol, in order, each once", [{ port: 25, protocol: "UDP" }, { port: 3306 }, { port: 25 }], "25,3306"],
  ];
  for (const [claim, ports, annotation] of rows) {
    it(claim, () => {
      expect(annotationOf(injectedInto(service(ports)))).to.equal(annotation);
    });
  }

  it("an own annotation stays, whatever it is", () => {
    expect(inject(requestFor(service([{ port: 3306 }], { [key]: "" }), inNamespace({ [key]: "1" }))).kind).to.equal(
      "skipped",
    );
  });

  it("the namespace's text as it is, names and ranges too", () => {
    expect(annotationOf(injectedInto(service([]), inNamespace({ [key]: "mysql, 1-5" })))).to.equal("mysql, 1-5");
  });

  it("is read from the kind of the request when the object does not say it", () => {
    const { metadata, spec } = service([{ port: 3306 }]);
    const object = { metadata, spec } as JsonObject;
    expect(annotationOf(injectedInto(object, { requestKind: { group: "", kind: "Service" } }))).to.equal("3306");
  });
});

describe("linkerd.io/enable-opaque-ports (weft's own)", () => {
  const every = "1-65535";
  const rows: readonly [own: Annotations, namespace: Annotations, annotation: string | undefined][] = [
    [{ [switchKey]: "true" }, {}, every],
    [{ [switchKey]: "True" }, {}, every],
    [{}, { [switchKey]: "true" }, every],
    [{ [switchKey]: "false" }, { [switchKey]: "true" }, undefined],
    [{ [switchKey]: "true" }, { [switchKey]: "false" }, every],
    [{ [switchKey]: "true", [key]: "25" }, {}, "25"],
    [{ [switchKey]: "true", [key]: "" }, {}, ""],
    [{ [key]: "25" }, { [switchKey]: "true" }, "25"],
    [{ [switchKey]: "true" }, { [key]: "25" }, every],
    [{}, { [switchKey]: "true", [key]: "25" }, "25"],
    [{ [switchKey]: "false" }, { [key]: "25" }, "25"],
    [{ [switchKey]: "yes" }, {}, undefined],
    [{}, { [switchKey]: "" }, undefined],
    [{ [switchKey]: "yes" }, { [switchKey]: "true" }, every],
  ];
  for (const [own, namespace, annotation] of rows) {
    it(`pod ${JSON.stringify(own)}, namespace ${JSON.stringify(namespace)}`, () => {
      const injected = injectedInto(asking({ annotations: own }), inNamespace(namespace));
      const skipped = injectedInto(pod({ annotations: own }), inNamespace(namespace));
      const list = annotation === undefined ? defaults : annotation === "" ? undefined : annotation;
      expect([annotationOf(injected), environmentOf(injected), annotationOf(skipped)]).to.deep.equal([
        annotation,
        list,
        annotation,
      ]);
    });
  }

  it("holds for a Service of such a namespace, too", () => {
    const service = { apiVersion: "v1", kind: "Service", metadata: { name: "db" }, spec: { ports: [{ port: 80 }] } };
    expect(annotationOf(injectedInto(service, inNamespace({ [switchKey]: "true" })))).to.equal(every);
  });

  it("warns where it is not a boolean", () => {
    expect(warningsFor(asking({ annotations: { [switchKey]: "yes" } }))).to.deep.equal([
      'pod/web: linkerd.io/enable-opaque-ports: "yes" is not true or false; it is ignored',
    ]);
    expect(warningsFor(pod(), inNamespace({ [switchKey]: "on" }))).to.deep.equal([
      'pod/web: linkerd.io/enable-opaque-ports (from the namespace): "on" is not true or false; it is ignored',
    ]);
  });
});
