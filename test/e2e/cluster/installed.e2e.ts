/** weft itself in the cluster, from the output of `weft install`. */
import { expect } from "chai";
import { apply, read, weft } from "./kubectl.ts";
import { isReady, pod, podsOf } from "./objects.ts";

interface Configuration {
  readonly webhooks: readonly { readonly name: string; readonly clientConfig: { readonly caBundle?: string } }[];
}

describe("weft in the cluster", () => {
  it("every replica is ready, and none was restarted", async () => {
    const { spec } = await read<{
      readonly spec: { readonly replicas: number; readonly selector: { readonly matchLabels: Record<string, string> } };
    }>("deployment", "-n", "weft", "weft-injector");
    const selector = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
    const pods = await podsOf("weft", selector.join(","));
    expect(pods).to.have.length(spec.replicas);
    for (const each of pods) {
      expect(isReady(each)).to.equal(true);
      expect(each.status?.containerStatuses?.map(({ restartCount }) => restartCount)).to.deep.equal([0]);
    }
  });

  it("its namespace takes only restricted pods, and weft's are", async () => {
    const { metadata } = await read<{ readonly metadata: { readonly labels: Readonly<Record<string, string>> } }>(
      "namespace",
      "weft",
    );
    expect(metadata.labels).to.include({ "pod-security.kubernetes.io/enforce": "restricted" });
    const refused = await apply([pod("weft", "unrestricted", { args: ["serve", "8080"] })]).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(refused).to.include('violates PodSecurity "restricted');
  });

  for (const [kind, name] of [
    ["mutatingwebhookconfiguration", "weft-injector"],
    ["validatingwebhookconfiguration", "weft-advice"],
  ] as const) {
    it(`each entry of ${name} has the CA that weft is served with`, async () => {
      const { webhooks } = await read<Configuration>(kind, name);
      const secret = await read<{ readonly data: Readonly<Record<string, string>> }>("secret", "-n", "weft", "weft-ca");
      const trusted = secret.data["ca.crt"] ?? "";
      expect(Buffer.from(trusted, "base64").toString()).to.match(/^-----BEGIN CERTIFICATE-----\n/m);
      expect(webhooks).to.not.deep.equal([]);
      for (const each of webhooks) expect(each.clientConfig.caBundle, each.name).to.equal(trusted);
    });
  }

  it("weft check finds nothing wrong", async () => {
    const { out } = await weft(["check"]);
    expect(out).to.not.include("×");
  });

  it("installing again would change nothing, other values would", async () => {
    await weft(["upgrade", "--exit-code"]);
    const other = await weft(["upgrade", "--exit-code", "--set", "weft.replicas=5"]).catch(String);
    expect(other).to.match(/^\+ +replicas: 5$/m);
  });
});
