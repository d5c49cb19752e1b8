/** Values that are longer than such a value may be: they are not used, and that is said; no port is opened by one. */
import { expect } from "chai";
import { explain } from "../../src/core/inject/explain.ts";
import { inject } from "../../src/core/inject/inject.ts";
import { mostNetworks, mostPorts, mostVariables } from "../../src/core/mesh/lists.ts";
import type { Annotations, JsonObject } from "../../src/core/base/json/json.ts";
import { advice } from "../../src/core/advice/advice.ts";
import {
  asking,
  exposing,
  injectedInto,
  installation,
  linesOf,
  pod,
  requestFor,
  variableIn,
  warningsFor,
} from "../support/injection.ts";

const config = (name: string): string => `config.linkerd.io/${name}`;
const list = (count: number, entry: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => entry(index)).join(",");
const ports = list(mostPorts + 1, (index) => String(10_000 + index));
const networks = list(mostNetworks + 1, (index) => `10.0.${index}.0/24`);
const variables = JSON.stringify(Array.from({ length: mostVariables + 1 }, (_, index) => ({ name: `A${index}` })));

const valueIn = (object: JsonObject, name: string): string => String(variableIn(object, name) ?? "");

const inNamespace = (annotations: Annotations) => ({ namespace: { name: "shop", annotations } });

describe("a value that is too long", () => {
  const rows: readonly [name: string, value: string, why: string][] = [
    ["skip-inbound-ports", ports, "is not used: it has more than 1000 entries"],
    ["skip-outbound-ports", ports, "is not used: it has more than 1000 entries"],
    ["skip-subnets", networks, "is not used: it has more than 128 entries"],
    ["opaque-ports", ports, "is not used: it has more than 1000 entries"],
    ["opaque-ports", "http ".repeat(13_000), "is not used: it has more than 64000 characters"],
    ["proxy-additional-env", variables, "is not used: it has more than 1000 entries"],
    ["proxy-additional-env", "[".repeat(64_001), "is not used: it has more than 64000 characters"],
    ["proxy-log-level", "x".repeat(4_097), "is not used: it has more than 4096 characters"],
    ["proxy-cpu-limit", "1".repeat(4_097), "is not used: it has more than 4096 characters"],
  ];
  for (const [name, value, why] of rows) {
    it(`${name}: ${why}`, () => {
      const annotations = { [config(name)]: value };
      const [asked, plain] = [asking({ annotations }), asking()];
      expect(warningsFor(asked)).to.deep.equal([`pod/web: ${config(name)} ${why}`]);
      expect(injectedInto(asked)["spec"]).to.deep.equal(injectedInto(plain)["spec"]);
      const told = explain(requestFor(asked));
      expect(told.warnings.map(({ text, rank }) => [text, rank])).to.deep.equal([[`${config(name)} ${why}`, 1]]);
      expect(
        told.annotations.filter(({ annotation }) => annotation === config(name)).map(({ used }) => used),
      ).to.not.include(true);
    });
    it(`${name} of the namespace: ${why}`, () => {
      const around = inNamespace({ [config(name)]: value });
      expect(warningsFor(asking(), around)).to.deep.equal([`pod/web: ${config(name)} (from the namespace) ${why}`]);
      expect(injectedInto(asking(), around)["spec"]).to.deep.equal(injectedInto(asking())["spec"]);
    });
    it(`${name}: ${why}, at apply time`, () => {
      const template = asking({ annotations: { [config(name)]: value } });
      const workload = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec: { template } };
      const namespace = {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "shop", annotations: { [config(name)]: value } },
      };
      for (const object of [workload, namespace] as readonly JsonObject[]) {
        const { warnings } = advice({
          object,
          namespace: { name: "shop", annotations: {}, labels: {} },
          installation: installation(),
        });
        expect(warnings.map(({ text }) => text.replace(" (from the namespace)", ""))).to.include(
          `${config(name)} ${why}`,
        );
      }
    });
  }

  it("proxy-require-identity-inbound-ports closes every port", () => {
    const name = config("proxy-require-identity-inbound-ports");
    const asked = asking({ annotations: { [name]: ports } });
    expect(warningsFor(asked)).to.deep.equal([
      `pod/web: ${name}: it has more than 1000 entries, and counts as 1-65535`,
    ]);
    expect(valueIn(injectedInto(asked), "INBOUND_PORTS_REQUIRE_IDENTITY")).to.equal("1-65535");
  });

  it("proxy-require-identity-inbound-ports closes every port for a NUL in it, too", () => {
    const name = config("proxy-require-identity-inbound-ports");
    const asked = asking({ annotations: { [name]: "80\0" } });
    expect(warningsFor(asked)).to.deep.equal([`pod/web: ${name}: it has a NUL character, and counts as 1-65535`]);
    expect(valueIn(injectedInto(asked), "INBOUND_PORTS_REQUIRE_IDENTITY")).to.equal("1-65535");
  });

  it("leaves what comes next in its place: the namespace's list, then the default", () => {
    const variable = "INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION";
    const own = asking({ annotations: { [config("opaque-ports")]: ports }, containers: [exposing(3306)] });
    const opaqueIn = (namespace: Annotations) => valueIn(injectedInto(own, inNamespace(namespace)), variable);
    expect(opaqueIn({ [config("opaque-ports")]: "9000" })).to.equal("9000");
    expect(opaqueIn({ [config("opaque-ports")]: ports })).to.equal("3306");
    const again = injectedInto(injectedInto(own), {});
    expect(again).to.deep.equal(injectedInto(own));
  });

  it("is said of a Service and of a pod that gets no proxy, too", () => {
    const annotations = { [config("opaque-ports")]: ports };
    const why = `${config("opaque-ports")} is not used: it has more than 1000 entries`;
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "db", annotations },
      spec: { ports: [{ port: 80 }] },
    };
    expect(linesOf(inject(requestFor(service)))).to.deep.equal([`service/db: ${why}`]);
    expect(warningsFor(pod({ annotations }))).to.deep.equal([`pod/web: ${why}`]);
  });

  it("trace attributes have room together", () => {
    const changes = {
      "proxy.tracing.enabled": true,
      "proxy.tracing.collector": { endpoint: "a:1", meshIdentity: { serviceAccountName: "a", namespace: "b" } },
    };
    const annotations = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`resource.opentelemetry.io/a${index}`, "x".repeat(1_000)]),
    );
    const around = { installation: installation(changes) };
    const asked = asking({ annotations });
    expect(valueIn(injectedInto(asked, around), "TRACE_EXTRA_ATTRIBUTES").length).to.be.lessThan(34_000);
    expect(warningsFor(asked, around)[0]).to.equal(
      "pod/web: resource.opentelemetry.io/a32 is left out: all have 32768 characters together",
    );
  });

  it("variables that are nested without end are none", () => {
    const deep = `${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}`;
    const text = `[{"name":"A","valueFrom":${deep}}]`;
    expect(warningsFor(asking({ annotations: { [config("proxy-additional-env")]: text } }))[0]).to.match(
      /is not a JSON list/,
    );
  });
});

describe("what is made of an object has a bound", () => {
  it("the ports that a proxy follows from its start", () => {
    const many = asking({ containers: [exposing(...Array.from({ length: 3_000 }, (_, index) => index + 1))] });
    expect(valueIn(injectedInto(many), "INBOUND_PORTS").split(",").length).to.equal(mostPorts);
  });

  it("warnings", () => {
    const strange = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [`config.linkerd.io/opaque-port${index}`, "1"]),
    );
    const injection = inject(requestFor(asking({ annotations: strange, labels: strange }), inNamespace(strange)));
    expect("warnings" in injection ? injection.warnings.length : 0).to.be.within(1, 100);
    const lines = linesOf(injection);
    expect(Math.max(...lines.map(({ length }) => length))).to.be.at.most(256);
  });

  it("issues of an object that is wrong in every place", () => {
    const injection = inject(requestFor(pod({ containers: Array.from({ length: 5_000 }, () => 1) })));
    expect("issues" in injection ? injection.issues.length : 0).to.equal(20);
  });

  it("a line about a name of any length", () => {
    const [line = ""] = warningsFor(
      asking({ annotations: { [config("proxy-await")]: "x" }, metadata: { name: "n".repeat(1e6) } }),
    );
    expect(line).to.equal(`pod/${"n".repeat(251)}…`);
  });
});
