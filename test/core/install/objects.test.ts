/** What an installation has where; that an API server takes it is tried in `test/api/install.api.ts`. */
import { expect } from "chai";
import { defaultValues } from "../../../src/core/inject/defaults.ts";
import { itemsOf } from "../../../src/core/inject/edit.ts";
import { settled } from "../../../src/core/install/choices.ts";
import type { Choices } from "../../../src/core/install/choices.ts";
import { terminationSeconds } from "../../../src/core/install/deployment.ts";
import { collectionPath, kinds, objectPath } from "../../../src/core/install/kinds.ts";
import { eventChoices } from "../../../src/core/inject/report.ts";
import { installObjects, uninstallObjects } from "../../../src/core/install/objects.ts";
import { nameOf, shownName } from "../../../src/core/install/print.ts";
import type { Json, JsonObject } from "../../../src/core/mesh/api.ts";
import { issueText } from "../../../src/core/mesh/issue.ts";
import { logFormats, logLevels } from "../../../src/observe/log.ts";
import { webhookOptions } from "../../../src/cli/webhook-options.ts";
import { usualLimits } from "../../../src/webhook/limits.ts";

const files = { certificate: "Q0VSVA==", key: "S0VZ", caBundle: "Q0E=" };

function choices(weft: JsonObject): Choices {
  const adopts = weft["adoptLinkerd"] === true;
  const given = { weft };
  const certificates = weft["certificates"] as JsonObject | undefined;
  const result = settled({
    namespace: adopts ? "linkerd" : "weft",
    version: "1.0.0",
    base: defaultValues,
    given,
    trustAnchors: "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n",
    files: certificates?.["mode"] === "files" ? files : undefined,
    sha256: () => "0",
  });
  if ("issues" in result) throw new Error(result.issues.map(issueText).join("\n"));
  return result.choices;
}

const objects = (weft: JsonObject = {}): readonly JsonObject[] => installObjects(choices(weft));
const listed = (weft: JsonObject = {}): readonly string[] => objects(weft).map((object) => shownName(nameOf(object)));
const find = (kind: string, weft: JsonObject = {}): JsonObject | undefined =>
  objects(weft).find((object) => object["kind"] === kind);
const at = (value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined =>
  path.reduce<Json | undefined>((found, key) => (found as Record<string | number, Json> | undefined)?.[key], value);
const container = (weft: JsonObject = {}) => at(find("Deployment", weft), "spec", "template", "spec", "containers", 0);
const args = (weft: JsonObject = {}) => at(container(weft), "args") as readonly string[];

const variants: Readonly<Record<string, JsonObject>> = {
  usual: {},
  "highly available": { highAvailability: true },
  "one replica": { replicas: 1 },
  "with cert-manager": { certificates: { mode: "cert-manager" } },
  "with files": { certificates: { mode: "files" } },
  "beside Linkerd": { adoptLinkerd: true },
};

describe("objects of an installation", () => {
  it("come in the order in which they need each other, the registration last", () =>
    expect(listed()).to.deep.equal([
      "namespace/weft",
      "serviceaccount/weft-injector",
      "clusterrole/weft-injector",
      "clusterrolebinding/weft-injector",
      "role/weft-injector",
      "rolebinding/weft-injector",
      "secret/weft-tls",
      "lease/weft-injector",
      "configmap/weft-installation",
      "configmap/linkerd-config",
      "configmap/linkerd-identity-trust-roots",
      "service/weft-injector",
      "deployment/weft-injector",
      "poddisruptionbudget/weft-injector",
      "networkpolicy/weft-injector",
      "mutatingwebhookconfiguration/weft-injector",
      "validatingwebhookconfiguration/weft-advice",
    ]));

  it("go in the opposite order", () =>
    expect(uninstallObjects(choices({})).map(nameOf)).to.deep.equal(objects().map(nameOf).toReversed()));

  it("leave Linkerd's objects and namespace alone beside a running Linkerd", () => {
    const names = listed({ adoptLinkerd: true });
    expect(names).to.include.members([
      "mutatingwebhookconfiguration/l5d-weft",
      "validatingwebhookconfiguration/l5d-weft-advice",
    ]);
    expect(names.filter((name) => /^namespace|linkerd/.test(name))).to.deep.equal([]);
    const mutating = find("MutatingWebhookConfiguration", { adoptLinkerd: true });
    const order = [String(at(mutating, "metadata", "name")), "linkerd-proxy-injector-webhook-config"];
    expect(order.toSorted()).to.deep.equal(order);
  });

  for (const [claim, weft] of Object.entries(variants)) {
    describe(claim, () => {
      it("are known kinds, where they belong", () => {
        const { namespace: own } = choices(weft);
        for (const object of objects(weft)) {
          const { kind, namespace } = nameOf(object);
          const isNamespaced = kinds.find((each) => each.kind === kind)?.namespaced;
          expect(namespace, kind).to.equal(isNamespaced === true ? own : "");
          expect(() => objectPath(nameOf(object))).to.not.throw();
        }
      });

      it("carry labels by which they are found again", () => {
        for (const object of objects(weft)) {
          expect(at(object, "metadata", "labels"), shownName(nameOf(object))).to.include({
            "app.kubernetes.io/name": "weft",
            "app.kubernetes.io/part-of": "weft",
          });
        }
      });

      it("give the webhook flags that it takes", () => {
        const [command, ...flags] = args(weft);
        expect(command).to.equal("webhook");
        const given = flags.map((flag): readonly [string, string] => {
          const [, name = "", value = ""] = /^--([a-z-]+)=(.+)$/.exec(flag) ?? [];
          return [name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()), value];
        });
        expect(webhookOptions(Object.fromEntries(given), {})).to.have.property("value");
      });

      it("kill no replica that is still stopping", () => {
        const { grace, lastCall, drain } = usualLimits;
        expect(terminationSeconds(choices(weft)) * 1000).to.be.greaterThan(grace + lastCall + drain + 2000);
      });
    });
  }

  it("have a budget only where a replica may go", () => {
    expect(find("PodDisruptionBudget", { replicas: 1 })).to.equal(undefined);
    expect(at(find("PodDisruptionBudget"), "spec", "minAvailable")).to.equal(1);
  });

  it("can be replaced one by one where no two replicas share a node", () => {
    const strategy = (weft: JsonObject) => at(find("Deployment", weft), "spec", "strategy", "rollingUpdate");
    expect(strategy({})).to.deep.equal({ maxUnavailable: 0, maxSurge: 1 });
    expect(strategy({ highAvailability: true })).to.deep.equal({ maxUnavailable: 1, maxSurge: 1 });
    expect(strategy({ replicas: 1, antiAffinity: "required" })).to.deep.equal({ maxUnavailable: 0, maxSurge: 1 });
  });

  it("give nobody a right that the certificates do not need", () => {
    for (const mode of ["cert-manager", "files"]) {
      const weft = { certificates: { mode } };
      const rules = itemsOf(at(find("ClusterRole", weft), "rules"));
      expect(rules.flatMap((rule) => rule["resources"])).to.deep.equal(
        [["namespaces"], ["replicasets"], ["jobs"], ["events"]].flat(),
      );
      expect(listed(weft).filter((name) => /^(role|rolebinding|lease)\//.test(name))).to.deep.equal([]);
    }
  });

  it("tell the reason of each right", () => {
    for (const kind of ["ClusterRole", "Role"]) {
      const reasons = String(at(find(kind), "metadata", "annotations", "weft.linkerd.io/reasons"));
      expect(reasons.trimEnd().split("\n")).to.have.length(itemsOf(find(kind)?.["rules"]).length);
    }
  });

  it("have a caBundle only when it is given", () => {
    const bundles = (weft: JsonObject) =>
      objects(weft)
        .flatMap(({ webhooks }) => itemsOf(webhooks))
        .map((webhook) => at(webhook, "clientConfig", "caBundle"));
    expect(new Set(bundles({}))).to.deep.equal(new Set([undefined]));
    expect(new Set(bundles({ certificates: { mode: "files" } }))).to.deep.equal(new Set(["Q0E="]));
  });

  it("tell cert-manager where the caBundle comes from", () => {
    const weft = { certificates: { mode: "cert-manager" } };
    for (const kind of ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]) {
      expect(at(find(kind, weft), "metadata", "annotations")).to.deep.equal({
        "cert-manager.io/inject-ca-from": "weft/weft-injector",
      });
    }
    expect(args(weft)).to.include("--tls-dir=/var/run/weft/tls");
    const issuer = { name: "corp", kind: "ClusterIssuer" };
    const own = objects({ certificates: { mode: "cert-manager", issuer } }).filter(
      ({ apiVersion }) => apiVersion === "cert-manager.io/v1",
    );
    expect(own.map((object) => at(object, "spec", "issuerRef"))).to.deep.equal([
      { group: "cert-manager.io", ...issuer },
    ]);
  });

  it("know the words of the webhook's flags", () => {
    for (const [path, words] of [
      ["logLevel", logLevels],
      ["logFormat", logFormats],
      ["events", eventChoices],
    ] as const) {
      for (const word of words) expect(() => choices({ [path]: word }), word).to.not.throw();
    }
  });

  it("are listed and found under the API's paths", () => {
    const paths = kinds.map((kind) => collectionPath(kind, "weft"));
    expect(paths).to.include.members([
      "/api/v1/namespaces",
      "/api/v1/namespaces/weft/secrets",
      "/apis/apps/v1/namespaces/weft/deployments",
      "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    ]);
  });
});
