/**
 * A replica that cannot answer yet, or no more, says 503 with Retry-After: the API server asks again, on a new
 * connection, and the pod is none the worse. The balancer goes on giving connections to it,
 * as a node does that has not heard.
 */
import { expect } from "chai";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import type { ApiAnswer } from "../../src/kube/api.ts";
import { startApiProxy } from "./harness/api-proxy.ts";
import type { ApiProxy } from "./harness/api-proxy.ts";
import { eventually, messageOf } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { asking, isMeshed, pod } from "./harness/pods.ts";
import { installWeft } from "./harness/weft.ts";
import type { Weft } from "./harness/weft.ts";

const namespace = "ready-shop";

describeOnApi("replicas that are not ready", (api) => {
  let proxy: ApiProxy;
  let weft: Weft;

  before(async () => {
    proxy = await startApiProxy(api().plane);
    const options = {
      namespace: "ready-weft",
      certificates: "files",
      server: proxy.server,
      mayBeUnready: true,
    } as const;
    weft = await installWeft(api(), options);
    await eventually("the first replica is ready", async () => weft.replicas()[0]?.ready());
    await api().namespace(namespace);
  });
  after(async () => {
    await weft?.end();
    await proxy?.close();
  });

  const create = (annotations = {}): Promise<ApiAnswer> =>
    api().create(pod(namespace, { annotations }), { dryRun: true });

  it("a replica that knows no namespaces yet is not ready, and says why", async () => {
    proxy.away(true);
    const second = await weft.start();
    expect(await second.ready()).to.equal(false);
    expect((await second.page("/readyz?verbose")).text).to.match(/namespaces/);
    expect(await weft.replicas()[0]?.ready()).to.equal(true);
  });

  it("pods that asked are all created meshed, some after a second on the other replica", async () => {
    const begun = performance.now();
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(asking)));
    for (const answer of answers) {
      expect(answer.status, messageOf(answer)).to.equal(201);
      expect(isMeshed(answer.body as JsonObject)).to.equal(true);
    }
    expect(performance.now() - begun).to.be.within(1000, 9000);
    expect(await turnedAway(weft, 1)).to.be.greaterThan(0);
    expect(await turnedAway(weft, 0)).to.equal(0);
  });

  it("pods that did not ask are not kept waiting", async () => {
    const begun = performance.now();
    const answers = await Promise.all(Array.from({ length: 20 }, () => create()));
    expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 201));
    expect(performance.now() - begun).to.be.lessThan(1500);
  });

  it("a pod waits for the only replica until that is ready", async () => {
    weft.use(weft.replicas().slice(1));
    const [first] = weft.replicas();
    first?.process.kill("SIGKILL");
    await eventually("its connections are closed", () => weft.balancer.open(first?.port ?? 0) === 0);
    const waiting = create(asking);
    await eventually(
      "it was turned away once",
      async () => turnedAway(weft, 1),
      (count) => count > 0,
    );
    proxy.away(false);
    const answer = await waiting;
    expect(answer.status, messageOf(answer)).to.equal(201);
    expect(isMeshed(answer.body as JsonObject)).to.equal(true);
  });

  it("a replica that drains is served by the other one", async () => {
    const [, second] = weft.replicas();
    const third = await weft.start();
    await eventually("the third replica is ready", third.ready);
    if (second === undefined) throw new Error("the second replica is there");
    weft.use([second, third]);
    second.process.kill("SIGTERM");
    const outcomes: ApiAnswer[] = [];
    // Nodes hear of it late, but within the grace period of 5 s.
    const heard = performance.now() + 4000;
    while (second.process.running()) {
      if (performance.now() > heard) weft.use([third]);
      outcomes.push(await create(asking));
    }
    expect(outcomes.length).to.be.greaterThan(100);
    expect(outcomes.filter(({ status }) => status !== 201).map(messageOf)).to.deep.equal([]);
  });
});

/** How many reviews a replica has answered with 503. */
async function turnedAway(weft: Weft, index: number): Promise<number> {
  const page = await weft.replicas()[index]?.page("/metrics");
  const lines = (page?.text ?? "").split("\n").filter((line) => /code="503"/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}
