/**
 * `weft check` with a real API server and a replica at work. What a kubelet and the controllers would write, which are
 * not there, is written by the test: the Deployment's status and the EndpointSlice. There are no pods.
 */
import { expect } from "chai";
import { mirrorLabel } from "../../src/core/registration/entries.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { eventually, good, pathOf } from "./harness/cluster.ts";
import { weftCommand } from "./harness/command.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { installWeft } from "./harness/weft.ts";
import type { Weft } from "./harness/weft.ts";

const namespace = "check-weft";
const probes = "check-probes";
const linkerd = "check-linkerd";
const late = "/api/v1/namespaces/check-late";
const mutating = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/weft-injector";
const deployment = `/apis/apps/v1/namespaces/${namespace}/deployments/weft-injector`;

describeOnApi("weft check", (api) => {
  const checked = async (...flags: readonly string[]): Promise<{ readonly code: number; readonly text: string }> => {
    const where = [`--probe-namespace=${probes}`, `--linkerd-namespace=${linkerd}`];
    const { code, stdout } = await weftCommand(api(), ["check", "-o=short", ...where, ...flags]);
    return { code, text: stdout };
  };

  const patch = async (path: string, body: JsonObject): Promise<void> => {
    const contentType = "application/merge-patch+json";
    good(await api().ask({ method: "PATCH", path, body, contentType }), path);
  };

  before(async () => {
    await askNothing();
    await api().namespace(probes);
    await api().namespace(linkerd);
    await api().apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "linkerd-identity-trust-roots", namespace: linkerd },
      data: { "ca-bundle.crt": api().plane.ca.certificate },
    });
  });

  /** Namespaces of the suites before this one stay, as nobody is there to finish their deletion. */
  const askNothing = async (): Promise<void> => {
    const { items } = (await api().get("/api/v1/namespaces")) as unknown as { items: readonly JsonObject[] };
    const metadata = { annotations: { "linkerd.io/inject": null }, labels: { [mirrorLabel]: null } };
    for (const item of items) await patch(pathOf({ apiVersion: "v1", kind: "Namespace", ...item }), { metadata });
  };

  describe("--pre", () => {
    it("finds nothing wrong with a cluster that weft may be installed in", async () => {
      expect(await checked("--pre")).to.deep.equal({ code: 0, text: "Status check results are √\n" });
    });
  });

  describe("after installing", () => {
    let weft: Weft;
    before(async () => {
      weft = await installWeft(api(), {
        namespace,
        // Nobody repairs what a test breaks.
        certificates: "files",
        values: { webhookFailurePolicy: "Ignore", weft: { replicas: 1 } },
      });
      await writeStatus();
    });
    after(() => weft?.end());

    const writeStatus = async (): Promise<void> => {
      const { metadata } = (await api().get(deployment)) as unknown as { metadata: { generation: number } };
      const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
      const status = { ...counts, observedGeneration: metadata.generation };
      await patch(`${deployment}/status`, { status });
      await api().apply({
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name: "weft-injector-x", namespace, labels: { "kubernetes.io/service-name": "weft-injector" } },
        addressType: "IPv4",
        endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: true } }],
        ports: [{ name: "webhook", port: 8443 }],
      });
    };
    /** With every entry changed, and put back afterwards whatever comes of it. */
    const withEntries = async (edit: (entry: JsonObject) => JsonObject, look: () => Promise<void>): Promise<void> => {
      const { webhooks } = (await api().get(mutating)) as unknown as { webhooks: readonly JsonObject[] };
      await patch(mutating, { webhooks: webhooks.map(edit) });
      try {
        await look();
      } finally {
        await patch(mutating, { webhooks });
      }
    };

    it("finds nothing wrong where weft is at work", async () => {
      const { code, text } = await checked();
      expect({ code, text: withoutNetworks(text) }).to.deep.equal({ code: 0, text: "Status check results are √\n" });
    });

    it("leaves no pod behind", async () => {
      expect(await api().get(`/api/v1/namespaces/${probes}/pods`)).to.have.property("items").that.is.empty;
    });

    it("warns of Fail with one replica", () =>
      withEntries(
        (entry) => (String(entry["name"]).startsWith("inject-") ? { ...entry, failurePolicy: "Fail" } : entry),
        async () => {
          const { code, text } = await checked();
          expect(text).to.include("‼ the failure policy fits the number of replicas\n    it is Fail with one replica");
          expect(code).to.equal(0);
        },
      ));

    it("fails for a caBundle that the API server took and cannot use", () =>
      withEntries(
        (entry) => ({
          ...entry,
          clientConfig: { ...(entry["clientConfig"] as JsonObject), caBundle: "Z2FyYmFnZQ==" },
        }),
        async () => {
          const { code, text } = await checked();
          expect(text).to.include("× every entry has a CA that the API server trusts\n    inject-namespace.weft");
          expect(code).to.equal(1);
        },
      ));

    it("warns of a namespace whose label does not say what its annotation says", async () => {
      await api().namespace("check-late", { annotations: { "linkerd.io/inject": "enabled" } });
      await patch(late, { metadata: { labels: { [mirrorLabel]: null } } });
      // Mirrored again in that same request: what weft sees to cannot be broken while it is at work.
      expect(withoutNetworks((await checked()).text)).to.equal("Status check results are √\n");
      await withEntries(
        (entry) => ({ ...entry, namespaceSelector: { matchLabels: { never: "there" } } }),
        // Until the API server goes by the changed entries.
        async () => {
          await eventually("the label stays away", async () => {
            await patch(late, { metadata: { labels: { [mirrorLabel]: null } } });
            return !JSON.stringify(await api().get(late)).includes(`"${mirrorLabel}":"enabled"`);
          });
        },
      );
      const { code, text } = await checked();
      expect(text).to.include("namespace check-late has no such label");
      expect(text).to.include(`run weft backfill --namespace ${namespace}`);
      expect(code).to.equal(0);
      await patch(late, { metadata: { annotations: { "linkerd.io/inject": null } } });
    });

    it("fails at the proof when nobody answers", async () => {
      await Promise.all(weft.replicas().map((replica) => weft.stop(replica)));
      const { code, text } = await checked();
      expect(text).to.include("× a pod that asks for the proxy gets it");
      expect(code).to.equal(1);
    });
  });
});

/** Services of an API server for tests have addresses of loopback, which are outside of clusterNetworks. */
const withoutNetworks = (text: string): string =>
  text.replace(/^weft-settings\n-+\n‼ clusterNetworks contain all Services\n(?: {4}.*\n)+\n/m, "");
