import { expect } from "chai";
import { observeRequest } from "../../../../src/core/traffic/tap/match.ts";
import type { TapFilter } from "../../../../src/core/traffic/tap/match.ts";
import { serviceDefinition } from "../../../../src/grpc/protos.ts";

const rows: readonly [claim: string, filter: TapFilter, matches: readonly object[]][] = [
  ["everything", {}, []],
  ["a path by its beginning", { path: "/api" }, [{ http: { path: { prefix: "/api" } } }]],
  ["a method", { method: "GET" }, [{ http: { method: { registered: "GET" } } }]],
  ["a method that is none of the nine, as it is", { method: "get" }, [{ http: { method: { unregistered: "get" } } }]],
  ["an authority as a whole", { authority: "web:80" }, [{ http: { authority: { exact: "web:80" } } }]],
  ["a scheme", { scheme: "https" }, [{ http: { scheme: { registered: "HTTPS" } } }]],
  [
    "whom requests go to",
    { to: { deployment: "backend", namespace: "shop" } },
    [
      { destination_label: { key: "deployment", value: "backend" } },
      { destination_label: { key: "namespace", value: "shop" } },
    ],
  ],
  [
    "callers by their addresses",
    { from: ["10.0.0.1", "fd00::1"] },
    [
      {
        any: {
          matches: [
            { source: { netmask: { ip: { ipv4: 167_772_161 }, mask: 32 } } },
            { source: { netmask: { ip: { ipv6: { first: "18230571291595767808", last: "1" } }, mask: 128 } } },
          ],
        },
      },
    ],
  ],
];

describe("core/traffic/tap/match", () => {
  for (const [claim, filter, matches] of rows)
    it(claim, () => {
      const request = observeRequest(filter, 50);
      expect(request).to.deep.equal({ limit: 50, match: { all: { matches } }, extract: { http: { headers: {} } } });
      // And it survives the wire, where an empty message is one that is there.
      const observe = serviceDefinition("tap")["Observe"];
      const read: unknown = observe?.requestDeserialize(observe.requestSerialize(request));
      const plain = JSON.parse(JSON.stringify(read)) as object;
      expect(plain).to.deep.equal({
        ...request,
        match: { all: matches.length === 0 ? {} : { matches } },
      });
    });
});
