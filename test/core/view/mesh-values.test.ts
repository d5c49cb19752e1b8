import { expect } from "chai";
import type { Json } from "../../../src/core/base/json/json.ts";
import { parseCidr } from "../../../src/core/base/scalars/subnets.ts";
import { meshValues } from "../../../src/core/view/mesh-values.ts";

const chartKeepAlive = { interval: 10, timeout: 3, whileIdle: true };
const defaultValue = {
  keepAlive: chartKeepAlive,
  upgradesHttp1: undefined,
  dialsOwnPorts: undefined,
  probeNetworks: undefined,
};
const http2 = (meshedHttp2ClientProtobuf: Json): Json => ({ destinationController: { meshedHttp2ClientProtobuf } });
const keep_alive = { interval: { seconds: 10 }, timeout: { seconds: 3 }, while_idle: true };

describe("view/mesh-values: values of the chart that the control plane heeds", () => {
  const heeded: readonly [claim: string, values: Json, expected: object][] = [
    ["none", {}, {}],
    ["blank ones", { enableH2Upgrade: null, proxy: { outboundTransportMode: "" } }, {}],
    [
      "other pings",
      http2({ keep_alive: { ...keep_alive, interval: { seconds: 60 } } }),
      { keepAlive: { ...chartKeepAlive, interval: 60 } },
    ],
    ["no pings", http2({}), { keepAlive: undefined }],
    [
      "pings while there are requests",
      http2({ keep_alive: { ...keep_alive, while_idle: false } }),
      { keepAlive: { interval: 10, timeout: 3, whileIdle: false } },
    ],
    ["HTTP/1 as it is", { enableH2Upgrade: false }, { upgradesHttp1: false }],
    ["the usual transport", { proxy: { outboundTransportMode: "transport-header" } }, { dialsOwnPorts: false }],
    ["endpoints on their own ports", { proxy: { outboundTransportMode: "transparent" } }, { dialsOwnPorts: true }],
    [
      "where probes come from",
      { policyController: { probeNetworks: ["10.0.0.0/8"] } },
      { probeNetworks: [parseCidr("10.0.0.0/8")] },
    ],
    ["probes from nowhere", { policyController: { probeNetworks: [] } }, { probeNetworks: [] }],
  ];
  for (const [claim, values, expected] of heeded) {
    it(claim, () => {
      expect(meshValues(values)).to.deep.equal({ value: { ...defaultValue, ...expected } });
    });
  }

  const pings = "destinationController.meshedHttp2ClientProtobuf";
  const refused: readonly [claim: string, values: Json, at: string][] = [
    ["a word for a boolean", { enableH2Upgrade: "no" }, "enableH2Upgrade"],
    ["a mode that is none", { proxy: { outboundTransportMode: "direct" } }, "proxy.outboundTransportMode"],
    ["a network that is none", { policyController: { probeNetworks: ["10.0.0.0"] } }, "policyController.probeNetworks"],
    ["networks as text", { policyController: { probeNetworks: "10.0.0.0/8" } }, "policyController.probeNetworks"],
    ["pings without a timeout", http2({ keep_alive: { interval: { seconds: 10 } } }), pings],
    ["pings every 0 s", http2({ keep_alive: { ...keep_alive, interval: { seconds: 0 } } }), pings],
    ["pings as text", http2("keep_alive"), pings],
  ];
  for (const [claim, values, at] of refused) {
    it(`${claim} is refused, with its path`, () => {
      const read = meshValues(values);
      expect("issues" in read ? read.issues.map((issue) => issue.at) : []).to.deep.equal([at]);
    });
  }
});
