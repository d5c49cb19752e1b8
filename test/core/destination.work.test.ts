/** How much work endpoints are, counted as looks at endpoints: a tenant's Service may have 50,000, and any number of ports. */
import { expect } from "chai";
import { followEndpoints } from "../../src/core/destination/follow.ts";
import type { Endpoints } from "../../src/core/destination/endpoints.ts";
import { parseTarget } from "../../src/core/destination/target.ts";
import { mostOfMessage, updatesBetween } from "../../src/core/destination/updates.ts";
import { sliceView } from "../../src/core/view/from-objects.ts";
import { liveCluster } from "../../src/core/view/live.ts";
import type { EndpointView } from "../../src/core/view/objects.ts";
import { put } from "../support/view.ts";
import { addressesOf, endpoint, mesh, node, pod, service, slice } from "./destination/cluster.ts";

const [slices, perSlice] = [20, 100];
const ip = (index: number): string => `10.0.${index >> 8}.${index & 255}`;

/** `enough`: looks at endpoints in one piece of work. */
function cluster(enough = Infinity) {
  let looks = 0;
  const due: (() => void)[] = [];
  const piece = () => {
    const began = looks;
    return () => looks - began >= enough;
  };
  const live = liveCluster((run) => due.push(run), { piece });
  const counted = (of: EndpointView): EndpointView =>
    new Proxy(of, {
      get: (target, key) => {
        looks += 1;
        return Reflect.get(target, key) as unknown;
      },
    });
  const putSlice = (of: number, count = perSlice): void => {
    const all = Array.from({ length: count }, (_, index) => endpoint("web-1", ip(of * perSlice + index)));
    const made = sliceView(slice(all, {}, `web-${of}`));
    live.index.apply("EndpointSlice", `shop/web-${of}`, { ...made, endpoints: made.endpoints.map(counted) });
  };
  for (const object of [node("n1", "a"), service({ clusterIP: "None", ports: [] }), pod("web-1", ip(0))])
    put(live.index, object);
  for (let of = 0; of < slices; of += 1) putSlice(of);
  return {
    putSlice,
    follow: (port: number): readonly Endpoints[] => {
      const told: Endpoints[] = [];
      const target = parseTarget(`web.shop.svc.cluster.local:${port}`, mesh.clusterDomain);
      followEndpoints(live, mesh, target, { namespace: "shop", nodeName: "n1", pod: "c" }, (value) => told.push(value));
      return told;
    },
    /** Looks at endpoints in each piece. */
    settle: (): readonly number[] => {
      const pieces: number[] = [];
      for (let run = due.shift(); run !== undefined; run = due.shift()) {
        const began = looks;
        run();
        pieces.push(looks - began);
      }
      return pieces;
    },
    /** Since it was asked for last. */
    looks: (): number => {
      const count = looks;
      looks = 0;
      return count;
    },
  };
}

describe("endpoints of many ports", () => {
  it("are chosen once for all ports, at first and at each change", () => {
    const { follow, putSlice, settle, looks } = cluster();
    looks();
    const one = follow(80);
    expect(looks()).to.be.greaterThan(slices * perSlice);
    const all = Array.from({ length: 99 }, (_, index) => follow(81 + index));
    expect(looks()).to.equal(0);
    expect(new Set(all.map(([value]) => value?.kind === "endpoints" && value.chosen())).size).to.equal(1);
    putSlice(3, perSlice - 1);
    looks();
    settle();
    const ofAll = looks();
    const alone = cluster();
    alone.follow(80);
    alone.putSlice(3, perSlice - 1);
    alone.looks();
    alone.settle();
    expect([ofAll, one.length, all.every(({ length }) => length === 2)]).to.deep.equal([alone.looks(), 2, true]);
  });

  it("are read slice by slice, in pieces: at first, and only the slice that has changed later", () => {
    const { follow, putSlice, settle, looks } = cluster(perSlice);
    const told = follow(80);
    const first = [looks(), ...settle()];
    // Of a slice: what is read of an endpoint, whether it serves, its pod, its addresses. Of all: whether they are ready.
    const [ofOne, ofAll] = [10 * perSlice, 4 * slices * perSlice];
    expect(first.reduce((sum, each) => sum + each, 0)).to.be.greaterThan(ofAll);
    expect([told.length, first.filter((each) => each > ofOne).length <= 1]).to.deep.equal([1, true]);
    expect(Math.max(...first)).to.be.lessThan(ofAll);
    putSlice(3, perSlice - 1);
    const again = settle();
    expect([told.length, again.reduce((sum, each) => sum + each, 0) < ofAll + ofOne]).to.deep.equal([2, true]);
  });

  it("are compared once for all ports", () => {
    const { follow, putSlice, settle, looks } = cluster();
    const ports = Array.from({ length: 50 }, (_, index) => follow(80 + index));
    putSlice(3, perSlice - 1);
    settle();
    const step = (told: readonly Endpoints[] = []) => {
      looks();
      const [before, now] = told;
      const updates = now === undefined ? [] : updatesBetween(before, now);
      return { looks: looks(), updates: updates.map(({ make }) => make().remove?.addrs?.map(({ port }) => port)) };
    };
    step(ports[0]);
    expect(step(ports[7])).to.deep.equal({ looks: 0, updates: [[87]] });
  });

  it("become messages one by one, when they are sent", () => {
    const { follow, looks } = cluster();
    const [value] = follow(80);
    if (value?.kind !== "endpoints") throw new Error("it is a Service");
    looks();
    const updates = updatesBetween(undefined, value);
    expect([updates.length, looks()]).to.deep.equal([(slices * perSlice) / mostOfMessage, 0]);
    updates[0]?.make();
    expect(looks()).to.be.lessThan(2 * mostOfMessage + 1);
    expect(addressesOf(value).size).to.equal(slices * perSlice);
  });
});
