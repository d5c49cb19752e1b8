/** manifests/: kubectl renders base and overlays, and a real API server takes them. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { certManagerKinds } from "./harness/cert-manager.ts";
import { describeOnApi } from "./harness/on-api.ts";

const overlays = ["base", "overlays/kind", "overlays/ha", "overlays/cert-manager"];
const manifests = fileURLToPath(new URL("../../manifests/", import.meta.url));

describeOnApi("manifests/", (api) => {
  let folder = "";

  before(async () => {
    folder = join(api().plane.folder, "manifests");
    cpSync(manifests, folder, { recursive: true });
    // A dry run keeps no namespace, and what is inside would be refused for that alone.
    await api().apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "weft" } });
    await certManagerKinds(api());
  });

  for (const overlay of overlays) {
    it(`${overlay} is taken`, async () => {
      const rendered = await api().kubectl(["kustomize", join(folder, overlay)]);
      expect(rendered.code, rendered.stderr).to.equal(0);
      const { code, stderr } = await api().kubectl(["apply", "--server-side", "--dry-run=server", "-f", "-"], {
        input: rendered.stdout,
      });
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    });
  }
});
