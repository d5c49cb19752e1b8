import { expect } from "chai";
import { tapEvent } from "../../../../src/core/traffic/tap/event.ts";
import type { TapEvent } from "../../../../src/core/traffic/tap/event.ts";
import { exchangeBounds, Exchanges } from "../../../../src/core/traffic/tap/exchanges.ts";

const told = (name: string, stream: number, kind: "request_init" | "response_end", path = "/"): TapEvent => {
  const http = { [kind]: { id: { stream }, method: { registered: "GET" }, path } };
  const event = tapEvent({ namespace: "shop", name }, { http });
  if (event === undefined) throw new Error("no event");
  return event;
};

describe("core/traffic/tap/exchanges", () => {
  it("a request is that of its own pod: others count from 0, too", () => {
    const exchanges = new Exchanges();
    exchanges.with(told("a", 0, "request_init", "/a"), 0);
    expect(exchanges.with(told("b", 0, "response_end"), 0).path).to.equal(undefined);
    expect(exchanges.with(told("a", 0, "response_end"), 0).path).to.equal("/a");
    expect(exchanges.size).to.equal(0);
  });

  it("one whose end is never told is forgotten after a minute", () => {
    const exchanges = new Exchanges();
    exchanges.with(told("a", 0, "request_init"), 0);
    exchanges.with(told("a", 1, "request_init"), exchangeBounds.keptFor - 1);
    expect(exchanges.size).to.equal(2);
    expect(exchanges.with(told("a", 0, "response_end"), exchangeBounds.keptFor).path).to.equal(undefined);
    expect(exchanges.size).to.equal(1);
  });

  it("so many are kept, the newest", () => {
    const exchanges = new Exchanges();
    for (let stream = 0; stream < exchangeBounds.most + 5; stream += 1)
      exchanges.with(told("a", stream, "request_init", `/${stream}`), 0);
    expect(exchanges.size).to.equal(exchangeBounds.most);
    expect(exchanges.with(told("a", 4, "response_end"), 0).path).to.equal(undefined);
    expect(exchanges.with(told("a", 6, "response_end"), 0).path).to.equal("/6");
  });

  it("of a long path the beginning is kept", () => {
    const exchange = new Exchanges().with(told("a", 0, "request_init", `/${"é".repeat(100_000)}`), 0);
    expect(exchange.path).to.have.length(exchangeBounds.characters);
    expect(exchange.path).to.match(/^\/é+…$/);
  });
});
