import { expect } from "chai";
import { domainsOf } from "../../../src/core/mesh/control-plane.ts";
import { identityOf } from "../../../src/core/mesh/identity.ts";
import { meshView } from "../../../src/serve/controller/mesh-settings.ts";
import { asking, injectedInto, installation, values, variableIn } from "../../support/injection.ts";

describe("domains of a mesh: the injector and the control plane agree", () => {
  const rows: readonly [claim: string, given: Readonly<Record<string, string>>, cluster: string, trust: string][] = [
    ["the chart's", {}, "cluster.local", "cluster.local"],
    ["the trust domain is the cluster's where it is blank", { clusterDomain: "a.example" }, "a.example", "a.example"],
    ["both", { clusterDomain: "a.example", identityTrustDomain: "b.example" }, "a.example", "b.example"],
    ["a blank cluster domain is the chart's", { clusterDomain: "" }, "cluster.local", "cluster.local"],
    [
      "beside a trust domain, too",
      { clusterDomain: "", identityTrustDomain: "b.example" },
      "cluster.local",
      "b.example",
    ],
  ];
  for (const [claim, given, clusterDomain, trustDomain] of rows)
    it(claim, () => {
      const settings = installation(given);
      const read = meshView({ installation: settings, values: values(given) }, undefined);
      if ("issues" in read) throw new Error(JSON.stringify(read.issues));
      const { controlPlaneNamespace: namespace } = read.value;
      expect(read.value).to.deep.include({ clusterDomain, trustDomain });
      expect(domainsOf(values(given))).to.deep.equal({ clusterDomain, trustDomain });
      const pod = injectedInto(asking(), { installation: settings });
      const account = { namespace, serviceAccount: "linkerd-identity" };
      expect(variableIn(pod, "IDENTITY_SVC_NAME")).to.equal(identityOf(account, read.value));
      expect(variableIn(pod, "IDENTITY_SVC_ADDR")).to.equal(
        `linkerd-identity-headless.${namespace}.svc.${clusterDomain}.:8080`,
      );
      expect(variableIn(pod, "DESTINATION_PROFILE_SUFFIXES")).to.equal(`svc.${clusterDomain}.`);
    });
});
