/** Suites on a real API server: one for the whole run, started by the first suite that needs it. */
import { assets } from "./assets.ts";
import { clusterOf } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { startControlPlane } from "./control-plane.ts";

const found = assets();
if ("missing" in found) process.stderr.write(`test:api: skipped, ${found.missing}\n`);

let cluster: Promise<Cluster> | undefined;

const started = async (folder: string): Promise<Cluster> => clusterOf(await startControlPlane(folder), folder);

after(async () => (await cluster)?.plane.stop());

/** A suite whose tests ask for the cluster when they run. Without the binaries it is skipped. */
export function describeOnApi(title: string, body: (this: Mocha.Suite, api: () => Cluster) => void): void {
  if ("missing" in found) {
    describe.skip(title, function skipped() {
      body.call(this, absent);
    });
    return;
  }
  describe(title, function suite() {
    this.timeout(60_000);
    let current: Cluster | undefined;
    before(async () => (current = await (cluster ??= started(found.folder))));
    body.call(this, () => current ?? absent());
  });
}

const absent = (): never => {
  throw new Error("the API server is there while tests run, not before");
};
