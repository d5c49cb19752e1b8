import { expect } from "chai";
import { tapLinesOf } from "../../../src/cli/dashboard/tap-lines.ts";
import type { TapTold } from "../../../src/web/server.ts";
import type { TapQuery } from "../../../src/web/tap-query.ts";
import { exchangeTold, tapMeshWorld } from "../../support/tap-world.ts";
import type { TapMeshWorld } from "../../support/tap-world.ts";
import { until } from "../../support/until.ts";

const web: TapQuery = { resource: "deployment/web", namespace: "shop", path: undefined, method: undefined };

describe("taps of the dashboard", () => {
  let mesh: TapMeshWorld;
  beforeEach(async () => {
    mesh = await tapMeshWorld();
  });
  afterEach(() => mesh.close());

  /** So many of what is told, or all; the page has gone then. */
  const told = async (query: TapQuery, count = Infinity): Promise<readonly TapTold[]> => {
    const ending = new AbortController();
    const all: TapTold[] = [];
    for await (const each of tapLinesOf(mesh.world)(query, ending.signal)) {
      all.push(each);
      if (all.length >= count) break;
    }
    ending.abort();
    return all;
  };

  it("lines as weft tap has them, with their pod; nothing is open when the page has gone", async () => {
    await mesh.addPod("web-1", {
      on: (call) => {
        for (const message of exchangeTold(0, "/a\n<b>", "10.0.0.7")) call.tell(message);
      },
    });
    const about = "id=0:0 proxy=in  src=10.0.0.7:40000 dst=10.0.0.1:8080 tls=true";
    const lines = await told(web, 3);
    expect(lines.map(({ event, data }) => [event, "text" in data ? data.text : ""])).to.deep.equal([
      ["line", `req ${about} :method=GET :authority=web :path=/a\\x0a<b>`],
      ["line", `rsp ${about} :status=200 latency=1000µs`],
      ["line", `end ${about} duration=2000µs`],
    ]);
    expect(lines[0]?.data).to.deep.include({ kind: "req", pod: "shop/web-1", id: "0:0" });
    expect(lines[0]?.data).to.have.nested.property("event.requestInitEvent.method", "GET");
    await until(() => mesh.open().length === 0);
  });

  it("why there is nothing to tap", async () => {
    expect(await told(web)).to.deep.equal([
      { event: "end", data: { text: "there is no running meshed pod of deployment/web in namespace shop" } },
    ]);
  });

  it("a kind without pods", async () => {
    expect(await told({ ...web, resource: "service/web" })).to.deep.equal([
      { event: "end", data: { text: "service/web has no proxy of its own" } },
    ]);
  });
});
