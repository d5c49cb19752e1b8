/** What a big cluster costs: 10,000 namespaces kept, 50,000 ReplicaSets asked for, and nothing that grows. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import type { ApiAnswer, AskApi, WatchEvent } from "../../src/kube/api.ts";
import { namespaces } from "../../src/serve/webhook/namespaces.ts";
import { owners } from "../../src/serve/webhook/owners.ts";
import { manualClock, settled } from "../support/manual-clock.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** MiB in use when all garbage is gone. */
const used = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

/**
 * An object as it comes from a server: parsed, nothing of it shared with another, and 3 kB of what nobody needs, of which
 * none is kept. 4,096 owners with it would be over the bound of 8 MiB. The bulk is numbers, which are quickly copied.
 */
function received(metadata: JsonObject): JsonObject {
  const object = JSON.parse(JSON.stringify({ metadata })) as { readonly metadata: JsonObject };
  return { metadata: { ...object.metadata, managedFields: bulk.slice() } };
}
const bulk = Array.from({ length: 400 }, (_, index) => index);
const lastApplied = "x".repeat(800);

const many = 10_000;
const namespace = (index: number): JsonObject =>
  received({
    name: `team-${index}`,
    resourceVersion: "7",
    annotations: {
      "kubectl.kubernetes.io/last-applied-configuration": lastApplied,
      ...(index % 2 === 0 ? { "linkerd.io/inject": "enabled", "config.linkerd.io/opaque-ports": `${index}` } : {}),
    },
    labels: { "kubernetes.io/metadata.name": `team-${index}`, team: `t${index}` },
  });

/** Lists namespaces in pages, made when they are asked for: the server's memory is not ours. */
const listing: AskApi = async ({ query }): Promise<ApiAnswer> => {
  const from = Number(query?.["continue"] ?? "0");
  const next = from + Number(query?.["limit"]);
  const items = Array.from({ length: Math.min(many, next) - from }, (_, index) => namespace(from + index));
  const metadata = { resourceVersion: "7", ...(next < many ? { continue: String(next) } : {}) };
  return { status: 200, body: { metadata, items } };
};

describe("memory", function () {
  this.timeout(60_000);

  it("of 10,000 namespaces is small, and the same after 20,000 changes and 10 lists", async () => {
    const ending = new AbortController();
    const clock = manualClock();
    let onEvent: (event: WatchEvent) => void = () => undefined;
    let forget: () => void = () => undefined;
    const watch = (_: unknown, told: typeof onEvent, signal: AbortSignal): Promise<void> => {
      onEvent = told;
      return new Promise((resolve) => {
        forget = () => {
          told({ type: "ERROR", object: { code: 410 } });
          resolve();
        };
        signal.addEventListener("abort", () => resolve());
      });
    };
    const before = used();
    let lists = 0;
    const { signal } = ending;
    const onListed = (): void => void (lists += 1);
    const kept = namespaces({ api: { ask: listing, watch }, clock, random: () => 0.5, signal, onListed });
    while (!kept.synced()) await settled();
    const whole = used();
    expect(kept.size()).to.equal(many);
    expect(whole - before, "MiB for all of them").to.be.below(8);

    for (let index = 0; index < 20_000; index += 1) {
      onEvent({ type: index % 3 === 0 ? "DELETED" : "MODIFIED", object: namespace(index % many) });
    }
    for (let times = 1; times < 10; times += 1) {
      forget();
      await clock.advance(31_000);
    }
    expect(lists).to.equal(10);
    expect(kept.size()).to.equal(many);
    expect(used() - whole, "MiB more").to.be.below(2);
    ending.abort();
    await kept.ended;
  });

  it("of owners stays the same from 5,000 ReplicaSets to 50,000", async () => {
    const ask: AskApi = async ({ path }) => {
      const name = path.slice(path.lastIndexOf("/") + 1);
      const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: `of-${name}`, uid: `uid-${name}` }];
      return { status: 200, body: received({ name, ownerReferences }) };
    };
    const ownerNamed = owners({ ask });
    const { signal } = new AbortController();
    const deadline = { at: Infinity, signal: () => signal };
    const before = used();
    const lookUp = async (from: number, to: number): Promise<void> => {
      for (let index = from; index < to; index += 1) {
        const found = await ownerNamed("ReplicaSet", "shop", `web-${index}`, deadline);
        if (found?.owners[0]?.name !== `of-web-${index}`) expect.fail(`web-${index} has another owner`);
      }
    };
    await lookUp(0, 5000);
    const some = used();
    expect(some - before, "MiB for a full cache").to.be.below(8);
    await lookUp(5000, 50_000);
    expect(used() - some, "MiB more").to.be.below(1);
  });
});
