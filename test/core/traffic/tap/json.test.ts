import { expect } from "chai";
import { tapEvent } from "../../../../src/core/traffic/tap/event.ts";
import type { TapEvent } from "../../../../src/core/traffic/tap/event.ts";
import { tapJson, tapJsonText } from "../../../../src/core/traffic/tap/json.ts";
import type { TapMessage } from "../../../../src/core/proxy-api/tap.ts";
import { eventsIn } from "./recorded.ts";

const pod = { namespace: "shop", name: "backend" };

const told = (message: TapMessage): TapEvent => {
  const event = tapEvent(pod, message);
  if (event === undefined) throw new Error("no event");
  return event;
};

const header = (name: string, value: string | Uint8Array) => ({ name, value: Buffer.from(value) });
const withHeaders = told({
  http: {
    request_init: {
      method: { registered: "GET" },
      scheme: { registered: "HTTP" },
      authority: "web",
      path: "/a",
      headers: {
        headers: [
          header(":path", "/a?token=secret"),
          header("Authorization", "Bearer secret"),
          header("cookie", "secret"),
          header("proxy-authorization", "secret"),
          header("x-name", "Zoë"),
          header("x-bytes", Uint8Array.of(0xff, 0)),
        ],
      },
    },
  },
});

describe("core/traffic/tap/json", () => {
  it("an event has the keys of Linkerd's, and says which pod told it", () => {
    const [request, response, end] = eventsIn("grpc", "backend")
      .slice(3, 6)
      .map((event) => tapJson(event, false));
    expect(request).to.have.all.keys("pod", "source", "destination", "routeMeta", "proxyDirection", "requestInitEvent");
    expect(request).to.deep.include({ pod, proxyDirection: "INBOUND", routeMeta: {} });
    expect(request?.["source"]).to.deep.equal({
      ip: "10.99.0.2",
      port: 37_086,
      metadata: { tls: "true", client_id: "frontend.shop.serviceaccount.identity.weft.cluster.local" },
    });
    expect(request?.["requestInitEvent"]).to.deep.include({
      id: { base: 14, stream: 1 },
      method: "POST",
      scheme: "HTTP",
      authority: "10.98.0.10:82",
      path: "/demo.Echo/Say",
    });
    expect(response?.["responseInitEvent"]).to.have.all.keys("id", "sinceRequestInit", "httpStatus", "headers");
    expect(end?.["responseEndEvent"]).to.have.all.keys(
      "id",
      "sinceRequestInit",
      "sinceResponseInit",
      "responseBytes",
      "trailers",
      "grpcStatusCode",
    );
    expect(end).to.have.nested.property("responseEndEvent.grpcStatusCode", 14);
  });

  it("is indented by two blanks, one event behind the other", () => {
    const text = eventsIn("http1", "backend")
      .map((event) => tapJsonText(event, false))
      .join("");
    expect(text).to.match(/^\{\n {2}"pod": \{\n {4}"namespace": "shop",\n/);
    expect(text.split(/(?<=^\}\n)/m).map((each) => JSON.parse(each))).to.have.length(3);
  });

  it("credentials and queries are left out", () => {
    expect(tapJson(withHeaders, false))
      .to.have.nested.property("requestInitEvent.headers")
      .that.deep.equals([
        { name: ":path", valueStr: "/a" },
        { name: "x-name", valueStr: "Zoë" },
        { name: "x-bytes", valueBin: "/wA=" },
      ]);
    expect(tapJsonText(withHeaders, false)).to.not.include("secret");
  });

  it("unless they are asked for", () => {
    expect(tapJson(withHeaders, true)).to.have.nested.property("requestInitEvent.headers").that.deep.includes({
      name: "Authorization",
      valueStr: "Bearer secret",
    });
    expect(tapJsonText(withHeaders, true)).to.include("/a?token=secret");
  });
});
