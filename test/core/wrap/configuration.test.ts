/** Configurations: the samples, each of which ran with linkerd 1.7.4, and what holds for all. */
import { expect } from "chai";
import fc from "fast-check";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { objectsAt, textAt } from "../../../src/core/base/json/read.ts";
import { isObject } from "../../../src/core/base/json/json.ts";
import { readDocument } from "../../../src/core/documents/document.ts";
import { configurationFindings } from "../../../src/core/wrap/check-configuration.ts";
import { discoveries, protocols, validations } from "../../../src/core/wrap/choices.ts";
import type { Choices } from "../../../src/core/wrap/choices.ts";
import { configurationText } from "../../../src/core/wrap/configuration.ts";
import { runs } from "../../support/properties.ts";
import { choices, golden } from "../../support/wrap.ts";

const prod = { namespace: "prod", namespaces: ["prod"], appPort: 8080 };

function read(text: string): JsonObject {
  const { value, issues } = readDocument(text);
  if (!isObject(value)) throw new Error(JSON.stringify(issues));
  return value;
}

describe("wrap: configurations", () => {
  const samples: readonly [file: string, text: string][] = [
    ["config-service.yaml", configurationText(prod, choices())],
    ["config-site.yaml", configurationText(prod, choices({ validation: "site" }))],
    ["config-none.yaml", configurationText(prod, choices({ validation: "none" }))],
    ["config-client-only.yaml", configurationText({ ...prod, appPort: undefined }, choices())],
  ];
  for (const [file, text] of samples) {
    it(`are ${file}`, () => {
      expect(text).to.equal(golden(file));
    });
  }

  it("of several namespaces name them, and route each by its own entries", () => {
    const given = choices({ commonName: "{service}.{namespace}" });
    const text = configurationText({ ...prod, namespaces: ["prod", "test"] }, given);
    expect(text).to.include('- prefix: "/#/ns/{namespace}/router/{service}"');
    expect(text).to.include('commonName: "{service}.{namespace}"');
    const dtab = textAt(objectsAt(read(text), "routers")[0], "dtab").replaceAll(/ +/g, " ");
    expect(dtab.split("\n").slice(0, 8)).to.deep.equal([
      "/host/prod => /#/ns/prod/router ;",
      "/host/svc/prod => /#/ns/prod/router ;",
      "/host/local/cluster/svc/prod => /#/ns/prod/router ;",
      "/host/test => /#/ns/test/router ;",
      "/host/svc/test => /#/ns/test/router ;",
      "/host/local/cluster/svc/test => /#/ns/test/router ;",
      "/name => /#/ns/prod/router ;",
      "/name => /$/io.buoyant.http.domainToPathPfx/host ;",
    ]);
  });

  it("by DNS go to the headless Service's name", () => {
    const text = configurationText(prod, choices({ discovery: "dns", clusterDomain: "mesh.test" }));
    expect(text).to.include('name: "/$/inet/{service}-router.prod.svc.mesh.test/4140"');
    expect(text).to.include('- prefix: "/$/inet/{service}-router.prod.svc.mesh.test/4140"');
    expect(text).to.not.include("io.l5d.k8s");
  });

  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
  const port = fc.integer({ min: 1, max: 65_535 });
  const any = fc.record({
    given: fc.record<Partial<Choices>>({
      validation: fc.constantFrom(...validations),
      clientAuth: fc.boolean(),
      protocol: fc.constantFrom(...protocols),
      discovery: fc.constantFrom(...discoveries),
      ports: fc.record({ outgoing: port, incoming: port, admin: port, api: port }),
      clusterDomain: fc.tuple(label, label).map((labels) => labels.join(".")),
    }),
    pattern: fc.constantFrom("{service}", "{service}.{namespace}", "{service}.{namespace}.svc"),
    namespaces: fc.uniqueArray(label, { minLength: 1, maxLength: 3 }),
    appPort: fc.option(port, { nil: undefined }),
  });

  it("say nothing that weft wrap check would object to, and catch what no prefix matches, first of all", () => {
    fc.assert(
      fc.property(any, ({ given, pattern, namespaces, appPort }) => {
        const { validation = "service" } = given;
        const all = choices({
          ...given,
          commonName: validation === "site" ? "linkerd" : pattern,
          clientAuth: given.clientAuth === true && validation !== "none",
        });
        const configuration = read(configurationText({ namespace: namespaces[0] ?? "", namespaces, appPort }, all));
        expect(configurationFindings(configuration, "x")).to.deep.equal([]);
        const [outgoing] = objectsAt(configuration, "routers");
        const [first] = objectsAt(outgoing, "client", "configs");
        if (validation === "service") expect(textAt(first, "prefix")).to.equal("/");
        else expect(first).to.equal(undefined);
      }),
      runs(200),
    );
  });
});
