import { expect } from "chai";
import { timeoutOfUrl } from "../../src/webhook/timeout.ts";

describe("the timeout of an API server", () => {
  const rows: readonly [claim: string, url: string, milliseconds: number][] = [
    ["is ten seconds when nothing is said", "/", 10_000],
    ["is what the API server says", "/inject?timeout=3s", 3000],
    ["may be a part of a second", "/?timeout=1.5s", 1500],
    ["may stand after other parameters", "/?a=b&timeout=2s", 2000],
    ["may be written with escapes", "/?timeout=%32s", 2000],
    ["is at most thirty seconds", "/?timeout=1h", 30_000],
    ["is at most thirty seconds, even if it is the largest of all", "/?timeout=9223372036854775807ns", 30_000],
    ["is ten seconds when it is not a duration", "/?timeout=soon", 10_000],
    ["is ten seconds when it is empty", "/?timeout=", 10_000],
    ["is ten seconds when it is zero", "/?timeout=0s", 10_000],
    ["is ten seconds when it is negative", "/?timeout=-5s", 10_000],
    ["is a millisecond when it is less", "/?timeout=1ns", 1],
  ];
  for (const [claim, url, milliseconds] of rows) {
    it(claim, () => expect(timeoutOfUrl()(url)).to.equal(milliseconds));
  }
  it("is the same when asked again, also after many others", () => {
    const timeoutOf = timeoutOfUrl();
    const urls = Array.from({ length: 100 }, (_, index) => `/?timeout=${index + 1}ms`);
    const twice = [urls, urls].map((all) => all.map((url) => timeoutOf(url)));
    expect(twice[0]).to.deep.equal(urls.map((_, index) => index + 1));
    expect(twice[1]).to.deep.equal(twice[0]);
  });
});
