import { expect } from "chai";
import fc from "fast-check";
import { tapEvent } from "../../../../src/core/traffic/tap/event.ts";
import type { TapEvent } from "../../../../src/core/traffic/tap/event.ts";
import { Exchanges } from "../../../../src/core/traffic/tap/exchanges.ts";
import { tapLine } from "../../../../src/core/traffic/tap/line.ts";
import { ipAddress } from "../../../../src/core/proxy-api/address.ts";
import type { TapMessage } from "../../../../src/core/proxy-api/tap.ts";
import { runs } from "../../../support/properties.ts";
import { eventsIn, expectedLines } from "./recorded.ts";

const lines = (events: readonly TapEvent[], wide = false): readonly string[] => {
  const exchanges = new Exchanges();
  return events.map((event) => tapLine(event, exchanges.with(event, 0), wide));
};

const pod = { namespace: "shop", name: "web" };
const told = (message: TapMessage): TapEvent => {
  const event = tapEvent(pod, message);
  if (event === undefined) throw new Error("no event");
  return event;
};
const base: TapMessage = {
  source: { ip: ipAddress("fd00::1") ?? {}, port: 40_000 },
  destination: { ip: ipAddress("10.0.0.2") ?? {}, port: 80 },
  source_meta: { labels: { tls: "true", client_id: "a" } },
  destination_meta: { labels: { tls: "loopback", route_name: "default" } },
  proxy_direction: "INBOUND",
};
const http = (event: TapMessage["http"]): TapMessage => ({ ...base, http: event ?? {} });
const request = (method: string, path = "/"): TapMessage =>
  http({ request_init: { method: { unregistered: method }, authority: "web", path } });
const length = (status: number, value: string): TapMessage =>
  http({
    response_init: {
      since_request_init: { nanos: 1999 },
      http_status: status,
      headers: { headers: [{ name: "Content-Length", value: Buffer.from(value) }] },
    },
  });
const end = (more: object = {}): TapMessage =>
  http({
    response_end: { since_request_init: { seconds: "2", nanos: 5999 }, since_response_init: { nanos: 1999 }, ...more },
  });
const start = "id=0:0 proxy=in  src=[fd00::1]:40000 dst=10.0.0.2:80 tls=true";

describe("core/traffic/tap/line", () => {
  const sections = expectedLines().split(/^# tap-(.*)\.json\n/m);
  for (let index = 1; index < sections.length; index += 2) {
    const [name = "", text = ""] = [sections[index], sections[index + 1]];
    it(`${name}, as recorded from the real proxy`, () => {
      const pods = text.split(/^# (.*)\n/m).slice(1);
      const written = pods.map((each, at) =>
        at % 2 === 0
          ? `# ${each}\n`
          : lines(eventsIn(name, pods[at - 1] ?? ""))
              .map((line) => `${line}\n`)
              .join(""),
      );
      expect(written.join("")).to.equal(text);
    });
  }

  for (const name of ["echo-tcp", "opaque-tcp", "loopback", "probe-and-metrics", "refused-by-policy"])
    it(`${name} is in no event at all`, () => {
      expect([...eventsIn(name, "backend"), ...eventsIn(name, "frontend")]).to.deep.equal([]);
    });

  const rows: readonly [claim: string, events: readonly TapMessage[], expected: readonly string[]][] = [
    [
      "an end without an answer took as long as all of it",
      [end({ since_response_init: undefined })],
      [`end ${start} duration=2000005µs`],
    ],
    [
      "the proxy's own number of bytes comes first",
      [request("GET"), length(200, "7"), end({ response_bytes: "12" })],
      [
        `req ${start} :method=GET :authority=web :path=/`,
        `rsp ${start} :status=200 latency=1µs`,
        `end ${start} duration=1µs response-length=12B`,
      ],
    ],
    [
      "then the length that was announced",
      [length(200, "7"), end()],
      [`rsp ${start} :status=200 latency=1µs`, `end ${start} duration=1µs response-length=7B`],
    ],
    [
      "of HEAD nothing came",
      [request("HEAD"), length(200, "7"), end()],
      [
        `req ${start} :method=HEAD :authority=web :path=/`,
        `rsp ${start} :status=200 latency=1µs`,
        `end ${start} duration=1µs`,
      ],
    ],
    ["nor of 304", [length(304, "7"), end()], [`rsp ${start} :status=304 latency=1µs`, `end ${start} duration=1µs`]],
    [
      "what is no length is none",
      [length(200, "7, 7"), end()],
      [`rsp ${start} :status=200 latency=1µs`, `end ${start} duration=1µs`],
    ],
    [
      "nothing is a length, too",
      [length(200, "0"), end()],
      [`rsp ${start} :status=200 latency=1µs`, `end ${start} duration=1µs response-length=0B`],
    ],
    [
      "gRPC's status has its name",
      [end({ eos: { grpc_status_code: 16 } })],
      [`end ${start} grpc-status=Unauthenticated duration=1µs`],
    ],
    ["or its number", [end({ eos: { grpc_status_code: 17 } })], [`end ${start} grpc-status=Code(17) duration=1µs`]],
    ["a reset has its code", [end({ eos: { reset_error_code: 8 } })], [`end ${start} reset-error=8 duration=1µs`]],
    [
      "a line break of a caller's is an escape",
      [request("GET", "/a\nreq id=\u001b[2J\u0085")],
      [String.raw`req ${start} :method=GET :authority=web :path=/a\x0areq id=\x1b[2J\x85`],
    ],
    [
      "an answer to another request is not this one's",
      [
        length(200, "7"),
        { ...end(), http: { response_end: { id: { base: 1 }, since_response_init: { nanos: 1000 } } } },
      ],
      [`rsp ${start} :status=200 latency=1µs`, `end ${start.replace("0:0", "1:0")} duration=1µs`],
    ],
  ];
  for (const [claim, events, expected] of rows)
    it(claim, () => expect(lines(events.map(told))).to.deep.equal(expected));

  it("wide lines have the labels of both sides, sorted", () => {
    const message = { ...request("GET"), route_meta: { labels: { route: "r" } } };
    expect(lines([told(message)], true)).to.deep.equal([
      `req ${start} :method=GET :authority=web :path=/ src_client_id=a src_tls=true dst_route_name=default dst_tls=loopback rt_route=r`,
    ]);
  });

  it("no text of a caller's has an effect on a terminal, nor makes a line of its own", () => {
    const anything = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(anything, anything, anything, (method, authority, path) => {
        const message = http({ request_init: { method: { unregistered: method }, authority, path } });
        const [line = ""] = lines([told({ ...message, source_meta: { labels: { tls: path } } })], true);
        expect(line).to.not.match(/\p{Cc}/u);
      }),
      runs(300),
    );
  });
});
