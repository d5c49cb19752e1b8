/** What `weft wrap check` says of objects: Secrets, ConfigMaps, workloads. */
import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { checked } from "../../../src/core/wrap/check.ts";
import type { CheckWorld } from "../../../src/core/wrap/check.ts";
import { findingText } from "../../../src/core/wrap/rules.ts";
import type { SecretFacts } from "../../../src/core/wrap/secrets.ts";
import type { Choices } from "../../../src/core/wrap/choices.ts";
import { wrapPlan } from "../../../src/core/wrap/plan.ts";
import { choices, golden, service, workload } from "../../support/wrap.ts";

const day = 86_400_000;
const now = Date.UTC(2026, 11, 1);
const good: Extract<SecretFacts, { kind: "read" }> = {
  kind: "read",
  certificates: 1,
  commonName: "web",
  names: ["web"],
  notBefore: now,
  notAfter: now + 90 * day,
  usages: ["serverAuth", "clientAuth"],
  keyFits: true,
  isPkcs8: true,
  isSignedByRoot: false,
};

const pem = "-----BEGIN PRIVATE KEY-----";
const secret = (data: JsonObject = {}, name = "web"): JsonObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: `l5d-${name}`, namespace: "prod", labels: { "linkerd.io/wrap": name } },
  stringData: { "certificate.pem": "C", "key.pem": pem, "cacertificate.pem": "R", ...data },
});

const planned = (given: Partial<Choices> = {}) => {
  const plan = wrapPlan([service(), workload()], choices(given), () => "0".repeat(64));
  if ("issues" in plan) throw new Error("nothing speaks against it");
  return plan;
};
const plan = planned();
const wrapped = plan.value.change(workload());
const [configMap = {}] = plan.value.added;
const injected = (given: Partial<Choices>): readonly JsonObject[] => {
  const { change, added } = planned(given).value;
  return [change(workload()), ...added];
};

const findings = (
  objects: readonly JsonObject[],
  facts: SecretFacts = good,
  given: Partial<CheckWorld> = {},
): readonly string[] => {
  const world = {
    facts: () => facts,
    keysIn: () => [],
    publicKeysIn: () => [],
    now,
    renewBefore: undefined,
    knowsSecrets: true,
  };
  return checked(
    objects.map((object) => ({ from: "app.yaml", object })),
    { ...world, ...given },
  ).map(findingText);
};

describe("wrap check: objects", () => {
  it("says nothing of what weft makes", () => {
    expect(findings([service(), wrapped, ...plan.value.added, secret()])).to.deep.equal([]);
  });

  const facts: readonly [claim: string, facts: Partial<SecretFacts>, finding: string | undefined, at?: number][] = [
    ["W-15: it has ended", {}, "error: its certificate ended 2027-03-01 (W-15)", now + 90 * day],
    [
      "W-15: it ends soon",
      {},
      "error: its certificate ends 2027-03-01; weft wrap certs makes another (W-15)",
      now + 60 * day,
    ],
    ["W-15: not yet", {}, undefined, now + 60 * day - 1],
    ["W-16: another's key", { keyFits: false }, "error: key and certificate do not belong together (W-16)"],
    ["W-16: another's name", { names: ["wbe"] }, "error: its certificate is for wbe, not web (W-16)"],
    ["W-16: a longer name", { names: ["web.prod.svc"] }, undefined],
    [
      "W-16: a chain",
      { certificates: 2 },
      "error: certificate.pem has a chain, of which linkerd sends the first alone (W-16)",
    ],
    [
      "W-16: nothing",
      { kind: "unreadable", why: "certificate.pem has no certificate" },
      "error: certificate.pem has no certificate (W-16)",
    ],
  ];
  for (const [claim, changed, finding, at = now] of facts) {
    it(claim, () => {
      const found = findings([secret()], { ...good, ...changed } as SecretFacts, { now: at });
      expect(found).to.deep.equal(finding === undefined ? [] : [`app.yaml: secret/l5d-web: ${finding}`]);
    });
  }

  const rows: readonly [claim: string, objects: readonly JsonObject[], finding: string, given?: Partial<CheckWorld>][] =
    [
      [
        "W-17: other roots",
        [secret(), secret({ "cacertificate.pem": "R2" }, "other")],
        "app.yaml: secret/l5d-other: warning: trusts other roots than secret/l5d-web: some calls are refused, unless a rotation is under way (W-17)",
      ],
      [
        "W-18: the root's key in a ConfigMap",
        [
          secret(),
          { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "backup", namespace: "prod" }, data: { all: "K" } },
        ],
        "app.yaml: configmap/backup: all: error: holds the key of a root: whoever reads it can be any Service; rotate the root (W-18)",
        { keysIn: (text) => (text === "K" ? ["public"] : []), publicKeysIn: () => ["public"] },
      ],
      [
        "W-19: no Secret",
        [wrapped],
        "app.yaml: deployment/web: error: there is no Secret l5d-web: its pods do not start; weft wrap certs makes it (W-19)",
      ],
      [
        "W-27: a key in another form",
        [wrapped, configMap, secret({ "key.pem": "-----BEGIN EC PRIVATE KEY-----" })],
        "app.yaml: configmap/l5d-web: config.yaml: routers[1].servers[0].tls.keyPath: error: /io.buoyant/linkerd/certs/key.pem is not a key in PKCS#8 (BEGIN PRIVATE KEY), the only form that linkerd reads (W-27)",
      ],
      [
        "W-27: a file that is not there",
        [
          wrapped,
          { ...configMap, data: { "config.yaml": golden("config-service.yaml").replaceAll("/key.pem", "/kye.pem") } },
          secret(),
        ],
        "app.yaml: configmap/l5d-web: config.yaml: routers[1].servers[0].tls.keyPath: error: /io.buoyant/linkerd/certs/kye.pem is not in the Secret that is mounted there (W-27)",
      ],
      [
        "a rule of configurations, in a ConfigMap of whoever's",
        [
          {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: "l5d", namespace: "prod" },
            data: { "l5d.yaml": golden("old-0.1.yaml") },
          },
        ],
        "app.yaml: configmap/l5d: l5d.yaml: routers[0].client.tls: error: tls.kind is of linkerd 0.x, and 1.x does not start; weft wrap convert makes its form (W-20)",
      ],
    ];
  for (const [claim, objects, finding, given] of rows) {
    it(claim, () => {
      expect(findings(objects, good, given)).to.include(finding);
    });
  }

  const named: readonly [claim: string, given: Partial<Choices>, names: readonly string[], expected?: string][] = [
    ["the name of another pattern", { commonName: "{service}.{namespace}" }, ["web"], "web.prod"],
    ["by DNS", { commonName: "{service}.{namespace}", discovery: "dns" }, ["web"], "web.prod"],
    ["a longer name", {}, ["web.prod"], "web"],
    ["in mode site", { validation: "site" }, ["mesh"], "linkerd"],
    ["the right name", { commonName: "{service}.{namespace}" }, ["web.prod"]],
    ["the right name by DNS", { commonName: "{service}.{namespace}", discovery: "dns" }, ["web.prod"]],
    ["a name for all of a level", { commonName: "x.{service}" }, ["web", "*.web"]],
    ["the right name in mode site", { validation: "site" }, ["linkerd"]],
    ["any name, without validation", { validation: "none" }, ["web.prod"]],
    ["another's name is W-16 alone", { commonName: "{service}.{namespace}" }, ["wbe"]],
  ];
  for (const [claim, given, names, expected] of named) {
    it(`W-37: ${claim}`, () => {
      const site = given.validation === "site" ? "site" : "web";
      const found = findings([service(), ...injected(given), secret({}, site)], { ...good, names });
      expect(found.filter((line) => line.endsWith("(W-37)"))).to.deep.equal(
        expected === undefined
          ? []
          : [
              `app.yaml: secret/l5d-${site}: error: its certificate is for ${names.join(", ")}, and configmap/l5d-web expects ${expected}: calls are refused; give weft wrap certs and inject the same --common-name (W-37)`,
            ],
      );
    });
  }

  it("W-37 is not told of a Service that the configuration does not lead to", () => {
    const others = injected({ commonName: "{service}.x" }).map(
      (object) => JSON.parse(JSON.stringify(object).replaceAll("prod", "other")) as JsonObject,
    );
    expect(findings([wrapped, secret(), ...others])).to.deep.equal([
      "app.yaml: deployment/web: error: there is no Secret l5d-web: its pods do not start; weft wrap certs makes it (W-19)",
    ]);
  });

  it("W-19 is not told where nobody knows the Secrets", () => {
    expect(findings([wrapped], good, { knowsSecrets: false })).to.deep.equal([]);
  });
});
