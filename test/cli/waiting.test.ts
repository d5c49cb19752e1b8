import { expect } from "chai";
import { CommandFailure } from "../../src/cli/io.ts";
import { untilInUse } from "../../src/cli/waiting.ts";
import { textAt } from "../../src/core/base/json/read.ts";
import { sha256 } from "../../src/files/sha256.ts";
import { healthyCluster, material, page } from "../support/check-cluster.ts";
import type { FakeCluster } from "../support/check-cluster.ts";

const stored = "/api/v1/namespaces/weft/configmaps/linkerd-config";

describe("waiting until every replica uses what is stored", () => {
  let cluster: FakeCluster;
  let time: number;
  before(async () => (cluster = healthyCluster(await material())));
  beforeEach(() => (time = 0));
  const uses = (name: string, hash: string): void =>
    page(cluster, `weft-injector-${name}`, "metrics", `weft_settings_info{sha256="${hash}"} 1\n`);
  const wait = (onPause: () => void, told: string[] = []): Promise<unknown> =>
    untilInUse({ server: "https://10.0.0.1:6443", ask: cluster.api.ask }, "weft", {
      wait: 10_000,
      between: 2000,
      clock: () => time,
      pause: async (milliseconds) => {
        time += milliseconds;
        onPause();
      },
      onFailing: (lines) => told.push(...lines),
    }).catch((error: unknown) => (error instanceof CommandFailure ? error.lines : Promise.reject(error)));

  it("ends when the last one does", async () => {
    const now = sha256(textAt(cluster.api.stored(stored), "data", "values"));
    for (const name of ["a", "b"]) uses(name, now);
    uses("c", sha256("old"));
    const told: string[] = [];
    expect(await wait(() => uses("c", now), told)).to.equal(undefined);
    expect([time, told]).to.deep.equal([2000, ["every replica uses the settings and CAs that are stored"]]);
  });
  it("fails with those that do not in time", async () => {
    uses("b", sha256("old"));
    const lines = (await wait(() => undefined)) as readonly string[];
    expect(time).to.equal(10_000);
    expect(lines[0]).to.match(/^weft-injector-b: settings: [0-9a-f]{12}… in use, /);
    expect(lines.at(-1)).to.equal(
      "it is stored, but not every replica used it in time: weft check --for settings --wait 2m looks again",
    );
  });
});
