import { expect } from "chai";
import type { KubeApi } from "../../src/kube/api.ts";
import { watchedWait } from "../../src/kube/watched-wait.ts";
import { manualClock } from "../support/manual-clock.ts";

describe("waiting for a change", () => {
  const path = "/api/v1/namespaces/weft/secrets/weft-tls";
  const rows: readonly [claim: string, watch: KubeApi["watch"]][] = [
    ["tells of the object", async (_, onEvent) => onEvent({ type: "ADDED", object: {} })],
    ["tells nothing", async () => undefined],
    ["breaks", () => Promise.reject(new Error("cut"))],
  ];
  for (const [claim, watch] of rows) {
    it(`asks seldom where each watch ${claim} and ends`, async () => {
      const clock = manualClock();
      const ending = new AbortController();
      let watches = 0;
      const api: Pick<KubeApi, "watch"> = { watch: (...call) => ((watches += 1), watch(...call)) };
      watchedWait({ api, paths: [path], clock, random: () => 0.5, signal: ending.signal });
      await clock.advance(10 * 60_000);
      ending.abort();
      // Pauses of 0.75, 1.5, 3, 6, 12, 24, 45 s …
      expect(watches).to.be.within(10, 20);
    });
  }

  it("asks for one object, and for no newer state of it than the API server has at hand", async () => {
    const asked: Parameters<KubeApi["watch"]>[0][] = [];
    const watch: KubeApi["watch"] = async (call) => void asked.push(call);
    const ending = new AbortController();
    watchedWait({ api: { watch }, paths: [path], clock: manualClock(), random: () => 0.5, signal: ending.signal });
    ending.abort();
    expect(asked.map(({ path: collection, query }) => [collection, query])).to.deep.equal([
      ["/api/v1/namespaces/weft/secrets", { fieldSelector: "metadata.name=weft-tls", resourceVersion: "0" }],
    ]);
  });

  it("ends at once where the watch tells of one", async () => {
    const clock = manualClock();
    const ending = new AbortController();
    let tell = (): void => undefined;
    const watch: KubeApi["watch"] = (_, onEvent, signal) => {
      tell = () => onEvent({ type: "MODIFIED", object: {} });
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    };
    const { wait } = watchedWait({ api: { watch }, paths: [path], clock, random: () => 0.5, signal: ending.signal });
    let done = false;
    const waiting = wait(3_600_000).then(() => (done = true));
    await clock.advance(1000);
    expect(done).to.equal(false);
    tell();
    await clock.advance(100);
    await waiting;
    ending.abort();
  });
});
