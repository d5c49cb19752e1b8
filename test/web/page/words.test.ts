import { expect } from "chai";
import { graphOf } from "../../../src/web/page/graph.ts";
import { namesOf } from "../../../src/web/page/shown.ts";
import { arrowSaid, boxSaid } from "../../../src/web/page/words.ts";
import { because, edge, message, shop, workload } from "../../support/maps.ts";

describe("what is said", () => {
  it("of a box", () => {
    const map = shop(0);
    const { boxes } = graphOf(map, { measure: (text) => text.length });
    const said = boxes.map((box) => boxSaid(box, namesOf(map).get(box.id)));
    expect(said).to.include.members([
      "deployment search in shop, 1 of 2 pods meshed",
      "deployment mailer in platform, 0 of 1 pod meshed",
      "(not meshed), callers without a proxy",
    ]);
  });

  it("of an arrow", () => {
    const map = message(
      [workload("shop/deployment/a", 1), workload("shop/deployment/b", 1)],
      [
        edge("shop/deployment/a", "shop/deployment/b", { rps: 4.1, success: 1, p95: 4 }),
        edge("shop/deployment/b", "shop/deployment/a", { secured: 1, ...because("port_skipped") }),
      ],
    );
    const { arrows } = graphOf(map, { measure: (text) => text.length });
    expect(arrows.map((arrow) => arrowSaid(arrow, (id) => namesOf(map).get(id)?.name ?? ""))).to.deep.equal([
      "a to b, secured by mutual TLS, 4.1 requests a second, 100% successful, 95% within 4 ms",
      "b to a, 1 of 3 connections secured: Port Skipped",
    ]);
  });
});
