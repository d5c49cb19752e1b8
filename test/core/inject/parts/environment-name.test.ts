import { expect } from "chai";
import { environmentName } from "../../../../src/core/inject/parts/environment-name.ts";

describe("environment names", () => {
  // The first as Linkerd's tests have it; the rest as the Go library answers it.
  const rows: readonly [part: string, expected: string][] = [
    ["keepAliveInterval", "KEEP_ALIVE_INTERVAL"],
    ["maxConcurrentStreams", "MAX_CONCURRENT_STREAMS"],
    ["HTTPServer", "HTTP_SERVER"],
    ["dataV2Pool", "DATA_V2_POOL"],
    ["a1B", "A1_B"],
    ["numbers123abc", "NUMBERS_123ABC"],
    ["with.dot", "WITH.DOT"],
    ["http2", "HTTP2"],
    ["HTTP2", "HTTP2"],
    ["http2KeepAlive", "HTTP2_KEEP_ALIVE"],
    ["ABCDef", "ABC_DEF"],
    ["keepAlive2Timeout", "KEEP_ALIVE2_TIMEOUT"],
    ["a1b", "A_1B"],
    ["with-dash", "WITH_DASH"],
    ["with space", "WITH_SPACE"],
    ["already_snake", "ALREADY_SNAKE"],
    ["a1aa22a", "A_1AA22A"],
    ["Ca3a1bA", "CA_3A1B_A"],
    ["2a3bX", "2A3B_X"],
    ["", ""],
  ];
  for (const [part, expected] of rows) {
    it(`${JSON.stringify(part)} becomes ${JSON.stringify(expected)}`, () => {
      expect(environmentName(part)).to.equal(expected);
    });
  }
});
