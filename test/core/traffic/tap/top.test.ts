import { expect } from "chai";
import { tapEvent } from "../../../../src/core/traffic/tap/event.ts";
import type { TapEvent } from "../../../../src/core/traffic/tap/event.ts";
import { mostTopRows, TopTable } from "../../../../src/core/traffic/tap/top.ts";
import type { TopRow } from "../../../../src/core/traffic/tap/top.ts";
import type { TapMessage } from "../../../../src/core/proxy-api/tap.ts";
import { eventsIn } from "./recorded.ts";

const nobody = { hideSources: false, nameOf: () => undefined };

function rowsOf(
  events: readonly TapEvent[],
  how: ConstructorParameters<typeof TopTable>[0] = nobody,
): readonly TopRow[] {
  const table = new TopTable(how);
  for (const event of events) table.add(event, 0);
  return table.rows();
}

const told = (http: TapMessage["http"]): TapEvent => {
  const event = tapEvent({ namespace: "shop", name: "web" }, { http: http ?? {} });
  if (event === undefined) throw new Error("no event");
  return event;
};
const request = (stream: number, path: string): TapEvent =>
  told({ request_init: { id: { stream }, method: { registered: "GET" }, path } });
const response = (stream: number, status: number): TapEvent =>
  told({ response_init: { id: { stream }, http_status: status } });
const end = (stream: number, more: object = {}): TapEvent =>
  told({
    response_end: {
      id: { stream },
      since_request_init: { nanos: 1000 * (stream + 1) },
      since_response_init: { nanos: 1 },
      ...more,
    },
  });

describe("core/traffic/tap/top", () => {
  it("recorded requests are counted by who asked whom for what, most frequent first", () => {
    const table = rowsOf([...eventsIn("grpc", "backend"), ...eventsIn("plaintext-client", "backend")]);
    const side = { source: "10.99.0.2", destination: "10.99.0.3", method: "POST", tls: "true" };
    expect(table).to.deep.equal([
      {
        ...side,
        path: "/demo.Echo/Say",
        count: 3,
        best: 3870,
        worst: 51_693,
        last: 3870,
        succeeded: 2,
        judged: 3,
      },
      {
        ...side,
        path: "/demo.Echo/Many",
        count: 2,
        best: 60_573,
        worst: 153_412,
        last: 60_573,
        succeeded: 2,
        judged: 2,
      },
      {
        source: "10.99.0.4",
        destination: "10.99.0.3",
        method: "GET",
        path: "/plain",
        tls: "no_tls_from_remote",
        count: 1,
        best: 4024,
        worst: 4024,
        last: 4024,
        succeeded: 1,
        judged: 1,
      },
    ]);
  });

  it("pods have their names, and sources may be hidden", () => {
    const nameOf = (ip: string): string | undefined => (ip === "10.99.0.3" ? "backend" : undefined);
    expect(rowsOf(eventsIn("http1", "backend"), { hideSources: false, nameOf })[0]).to.include({
      source: "10.99.0.2",
      destination: "backend",
    });
    expect(rowsOf(eventsIn("http1", "backend"), { hideSources: true, nameOf })[0]).to.include({ source: "" });
  });

  const rates: readonly [claim: string, events: readonly TapEvent[], rate: readonly [number, number]][] = [
    ["an answer is a success", [request(0, "/"), response(0, 404), end(0)], [1, 1]],
    ["500 is none", [request(0, "/"), response(0, 500), end(0)], [0, 1]],
    ["a reset is none", [request(0, "/"), response(0, 200), end(0, { eos: { reset_error_code: 8 } })], [0, 1]],
    ["no answer is none", [request(0, "/"), end(0, { since_response_init: undefined })], [0, 1]],
    ["gRPC's not found is one", [request(0, "/"), response(0, 200), end(0, { eos: { grpc_status_code: 5 } })], [1, 1]],
    ["gRPC's internal is none", [request(0, "/"), response(0, 200), end(0, { eos: { grpc_status_code: 13 } })], [0, 1]],
    ["an answer whose status was lost is not judged", [request(0, "/"), end(0)], [0, 0]],
  ];
  for (const [claim, events, [succeeded, judged]] of rates)
    it(claim, () => expect(rowsOf(events)[0]).to.include({ count: 1, succeeded, judged }));

  it("an end whose beginning was lost is in no row", () =>
    expect(rowsOf([response(0, 200), end(0)])).to.deep.equal([]));

  it("the rarest rows go where there are too many, and it is known how many went", () => {
    const table = new TopTable(nobody);
    const ask = (stream: number, path: string): void => {
      for (const event of [request(stream, path), response(stream, 200), end(stream)]) table.add(event, 0);
    };
    for (let stream = 0; stream < 3; stream += 1) ask(stream, "/often");
    for (let stream = 3; stream < 3 + mostTopRows; stream += 1) ask(stream, `/${stream}`);
    const rows = table.rows();
    expect(rows).to.have.length(mostTopRows);
    expect(rows[0]).to.include({ path: "/often", count: 3 });
    expect(rows.at(-1)?.path).to.equal(`/${2 + mostTopRows}`);
    expect(table.leftOut).to.equal(1);
  });
});
