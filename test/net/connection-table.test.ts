import { expect } from "chai";
import { ConnectionTable } from "../../src/net/connection-table.ts";
import type { ConnectionBounds } from "../../src/net/connection-table.ts";

const wide: ConnectionBounds = { open: 100, openOfOne: 100, reserved: 0, perSecond: 100_000, waiting: 100 };

/** Connections are texts such as `a1`: the first of address `a`. */
function tableOf(bounds: Partial<ConnectionBounds>) {
  const taken: string[] = [];
  const cut: string[] = [];
  const table = new ConnectionTable<string>(
    { ...wide, ...bounds },
    {
      take: (connection) => void taken.push(connection),
      cut: (connection, reason) => void cut.push(`${connection} ${reason}`),
    },
  );
  let now = 0;
  const come = (...connections: readonly string[]): void => {
    for (const connection of connections) {
      table.arrived(connection, connection.slice(0, 1));
      table.serve(now);
    }
  };
  const pass = (milliseconds: number) => table.serve((now += milliseconds));
  return { table, taken, cut, come, pass };
}

describe("net: which connections are taken on", () => {
  it("all of them while there is room", () => {
    const { come, taken, cut, table } = tableOf({});
    come("a1", "b1", "a2");
    expect(taken).to.deep.equal(["a1", "b1", "a2"]);
    expect(cut).to.deep.equal([]);
    expect(table.counts()).to.deep.equal({ open: 3, waiting: 0, known: 0 });
  });

  it("of one address the oldest without a request goes", () => {
    const { come, cut, table } = tableOf({ openOfOne: 2 });
    come("a1", "a2");
    table.mark("a1", "busy");
    come("a3", "b1");
    expect(cut).to.deep.equal(["a2 TOO_MANY_CONNECTIONS_OF_ONE"]);
  });

  it("also where it was the last one of the address of the newcomer", () => {
    const { come, cut } = tableOf({ open: 1 });
    come("a1", "a2", "a3");
    expect(cut).to.deep.equal(["a1 TOO_MANY_CONNECTIONS", "a2 TOO_MANY_CONNECTIONS"]);
  });

  it("then the one that has been idle for longest", () => {
    const { come, cut, table } = tableOf({ openOfOne: 3 });
    come("a1", "a2", "a3");
    for (const each of ["a1", "a2", "a3"]) table.mark(each, "busy");
    for (const each of ["a2", "a1"]) table.mark(each, "idle");
    come("a4");
    expect(cut).to.deep.equal(["a2 TOO_MANY_CONNECTIONS_OF_ONE"]);
  });

  it("who is busy stays, and the newcomer goes", () => {
    const { come, cut, taken, table } = tableOf({ openOfOne: 1 });
    come("a1");
    table.mark("a1", "busy");
    come("a2");
    expect([taken, cut]).to.deep.equal([["a1"], ["a2 TOO_MANY_CONNECTIONS_OF_ONE"]]);
    expect(table.counts().open).to.equal(1);
  });

  it("in all: of the address that holds most", () => {
    const { come, cut } = tableOf({ open: 4 });
    come("a1", "b1", "b2", "c1", "d1");
    expect(cut).to.deep.equal(["b1 TOO_MANY_CONNECTIONS"]);
  });

  it("strangers that each have one connection take turns", () => {
    const { come, cut } = tableOf({ open: 3 });
    come("a1", "b1", "c1", "d1", "e1");
    expect(cut).to.deep.equal(["a1 TOO_MANY_CONNECTIONS", "b1 TOO_MANY_CONNECTIONS"]);
  });

  it("strangers never cut who is known, nor fill the room kept for them", () => {
    const { come, cut, taken, table } = tableOf({ open: 4, reserved: 2 });
    come("a1");
    table.prove("a1");
    table.mark("a1", "idle");
    come("b1", "c1", "d1");
    expect(cut).to.deep.equal(["b1 TOO_MANY_CONNECTIONS"]);
    come("a2", "a3");
    expect(taken.slice(-2)).to.deep.equal(["a2", "a3"]);
    expect(cut.slice(1)).to.deep.equal(["c1 TOO_MANY_CONNECTIONS"]);
  });

  it("an address stays known when its connections have gone", () => {
    const { come, taken, cut, table } = tableOf({ open: 2, reserved: 1 });
    come("a1");
    table.prove("a1");
    table.left("a1");
    come("b1", "a2");
    table.mark("b1", "busy");
    come("c1");
    expect(taken).to.deep.equal(["a1", "b1", "a2"]);
    expect(cut).to.deep.equal(["c1 TOO_MANY_CONNECTIONS"]);
    expect(table.counts()).to.deep.equal({ open: 2, waiting: 0, known: 1 });
  });

  it("the known cut each other when they alone are there", () => {
    const { come, cut, table } = tableOf({ open: 2 });
    come("a1", "b1");
    for (const each of ["a1", "b1"]) table.prove(each);
    come("c1");
    expect(cut).to.deep.equal(["c1 TOO_MANY_CONNECTIONS"]);
    come("b2");
    expect(cut.slice(1)).to.deep.equal(["a1 TOO_MANY_CONNECTIONS"]);
  });

  // Of 32 connections two are left to strangers.
  const room = { open: 32, openOfOne: 20, reserved: 8 };
  const many = (name: string, count: number): readonly string[] =>
    Array.from({ length: count }, (_, each) => `${name}${each}`);

  it("the known leave a sixteenth to strangers, who take turns there", () => {
    const { come, cut, table } = tableOf(room);
    for (const each of ["a0", "b0"]) {
      come(each);
      table.prove(each);
    }
    come(...many("a", 20).slice(1), ...many("b", 11).slice(1));
    expect(cut).to.deep.equal(["a0 TOO_MANY_CONNECTIONS"]);
    come("x1", "y1", "z1");
    expect(cut.slice(1)).to.deep.equal(["x1 TOO_MANY_CONNECTIONS"]);
    expect(table.counts().open).to.equal(32);
  });

  it("who became known and holds more than that gives it back, whoever holds most", () => {
    const { come, cut, table } = tableOf(room);
    come(...many("a", 20));
    table.prove("a0");
    come(...many("b", 12));
    table.prove("b0");
    expect(cut).to.deep.equal([]);
    come("x1", "y1", "z1");
    expect(cut).to.deep.equal(["a0 TOO_MANY_CONNECTIONS", "a1 TOO_MANY_CONNECTIONS", "x1 TOO_MANY_CONNECTIONS"]);
  });

  it("who is exempt counts nowhere and is never cut", () => {
    const { come, cut, taken, table } = tableOf({ open: 1, openOfOne: 1 });
    come("a1");
    table.exempt("a1");
    come("a2", "a3");
    table.left("a1");
    expect(taken).to.deep.equal(["a1", "a2", "a3"]);
    expect(cut).to.deep.equal(["a2 TOO_MANY_CONNECTIONS_OF_ONE"]);
    expect(table.counts()).to.deep.equal({ open: 1, waiting: 0, known: 0 });
  });

  it("so many in a second, in turn by address, and each counts as three without a request", () => {
    const { come, pass, taken } = tableOf({ perSecond: 30 });
    come("a1", "a2", "a3", "b1");
    expect(taken).to.deep.equal(["a1"]);
    expect(pass(50)).to.equal(50);
    expect(pass(50)).to.equal(100);
    expect(taken).to.deep.equal(["a1", "b1"]);
    pass(100);
    expect(pass(100)).to.equal(undefined);
    expect(taken).to.deep.equal(["a1", "b1", "a2", "a3"]);
  });

  for (const [claim, does] of [
    ["a request", (table, connection) => table.mark(connection, "busy")],
    ["credentials", (table, connection) => table.exempt(connection)],
  ] as readonly (readonly [string, (table: ConnectionTable<string>, connection: string) => void])[])
    it(`with ${claim} it counts as one`, () => {
      const { come, pass, taken, table } = tableOf({ perSecond: 30 });
      come("a1", "b1", "c1");
      does(table, "a1");
      does(table, "a1");
      expect(pass(33)).to.equal(1);
      pass(1);
      expect(taken).to.deep.equal(["a1", "b1"]);
      expect(pass(0)).to.equal(100);
    });

  it("connections for nothing never hold up the next for longer than one of them counts", () => {
    const { come, pass, taken, table } = tableOf({ perSecond: 600 });
    const many = Array.from({ length: 50 }, (_, index) => `a${index}`);
    come(...many);
    for (let milliseconds = 0; milliseconds < 300; milliseconds += 5) pass(5);
    expect(taken).to.have.length(50);
    for (const each of many) table.left(each);
    come("b1");
    pass(5);
    expect(taken.at(-1)).to.equal("b1");
  });

  it("an address that owes a request waits behind those that do not, for a minute", () => {
    const { come, pass, taken, table } = tableOf({ perSecond: 30 });
    come("a1");
    table.left("a1");
    come("a2", "b1", "a3", "c1");
    for (let times = 0; times < 4; times += 1) pass(100);
    expect(taken).to.deep.equal(["a1", "b1", "c1", "a2", "a3"]);
    pass(60_000);
    come("d1", "a4", "e1");
    expect(taken.at(-1)).to.equal("d1");
    pass(100);
    expect(taken.at(-1)).to.equal("a4");
  });

  it("no more once it had one, also while it waits", () => {
    const { come, pass, taken, table } = tableOf({ perSecond: 30 });
    come("a1", "a2", "b1");
    table.mark("a1", "busy");
    come("c1");
    for (let times = 0; times < 3; times += 1) pass(100);
    expect(taken).to.deep.equal(["a1", "b1", "a2", "c1"]);
  });

  it("the known before others, those behind them that owe a request", () => {
    const { come, pass, taken, table } = tableOf({ perSecond: 30 });
    come("j1", "k1");
    pass(100);
    for (const each of ["j1", "k1"]) table.prove(each);
    table.mark("k1", "idle");
    pass(100);
    come("a1", "j2", "j3", "b1", "k2", "k3");
    expect(taken.slice(2)).to.deep.equal(["a1", "j2"]);
    pass(100);
    expect(taken.slice(4)).to.deep.equal(["k2", "b1"]);
    pass(100);
    expect(taken.slice(6)).to.deep.equal(["j3"]);
    pass(100);
    expect(taken.slice(7)).to.deep.equal(["k3"]);
  });

  it("what strangers do for nothing holds up no known one", () => {
    const { come, taken, table } = tableOf({ perSecond: 30 });
    come("k1");
    table.prove("k1");
    come("a1", "b1", "k2");
    expect(taken).to.deep.equal(["k1", "k2"]);
  });

  it("so many wait, and of the address of which most wait the last goes", () => {
    const { come, cut, table } = tableOf({ perSecond: 10, waiting: 3 });
    come("x1", "a1", "a2", "b1", "b2", "a3");
    expect(cut).to.deep.equal(["a2 TOO_MANY_AT_ONCE", "a3 TOO_MANY_AT_ONCE"]);
    expect(table.counts().waiting).to.equal(3);
  });

  it("strangers that wait go before the known that wait", () => {
    const { come, cut, table } = tableOf({ perSecond: 10, waiting: 2 });
    come("k1");
    table.prove("k1");
    come("k2", "k3", "a1", "k4");
    expect(cut).to.deep.equal(["a1 TOO_MANY_AT_ONCE"]);
  });

  it("who leaves while it waits is not taken on", () => {
    const { come, pass, taken, table } = tableOf({ perSecond: 10 });
    come("a1", "a2", "b1");
    table.left("a2");
    pass(1000);
    expect(taken).to.deep.equal(["a1", "b1"]);
  });

  it("nothing stays of who has gone", () => {
    const { come, table } = tableOf({ openOfOne: 2 });
    for (let i = 0; i < 10; i += 1) {
      come("a1", "b1");
      table.mark("a1", "busy");
      table.left("a1");
      table.left("b1");
      table.left("b1");
    }
    expect(table.counts()).to.deep.equal({ open: 0, waiting: 0, known: 0 });
  });
});
