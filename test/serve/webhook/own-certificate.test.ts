import { expect } from "chai";
import { X509Certificate } from "node:crypto";
import type { ServingPair } from "../../../src/certificates/webhook/serving-pair.ts";
import { ownCertificate } from "../../../src/serve/webhook/own-certificate.ts";
import { createLog } from "../../../src/observe/log.ts";
import { manualClock } from "../../support/manual-clock.ts";
import type { ManualClock } from "../../support/manual-clock.ts";
import { until } from "../../support/until.ts";

const hour = 3_600_000;
const day = 24 * hour;
const options = { address: { host: "10.0.0.1", port: 8443 }, service: "weft-injector", namespace: "weft" };

describe("a certificate that weft makes for itself", () => {
  let clock: ManualClock;
  let set = 0;
  let text = "";
  const ending = new AbortController();
  const pairs: ServingPair[] = [];
  after(() => ending.abort());

  const now = (): Date => new Date(Date.parse("2026-01-01T00:00:00Z") + clock.now() + set);
  before(async () => {
    clock = manualClock();
    const log = createLog({ level: "info", format: "plain", sink: { write: (line) => (text += line) }, now });
    const made = await ownCertificate(options, {
      log,
      now,
      clock,
      signal: ending.signal,
      onPair: (pair) => pairs.push(pair),
      life: 9 * day,
    });
    expect("value" in made && made.value.check.look()).to.deep.equal({
      fails: false,
      says: "of weft's own making, expires 2026-01-10T00:00:00.000Z",
    });
  });

  /** It is made beside the clock. */
  const made = async (count: number): Promise<void> => {
    await until(() => pairs.length >= count);
    expect(pairs.length).to.equal(count);
  };

  it("holds the names by which it may be called, from an hour ago on", () => {
    const leaf = new X509Certificate(pairs[0]?.certificate ?? "");
    expect(leaf.subjectAltName).to.equal(
      "DNS:weft-injector.weft.svc, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:10.0.0.1",
    );
    expect(leaf.validFromDate.toISOString()).to.equal("2025-12-31T23:00:00.000Z");
  });

  it("is renewed at two thirds of its life, not before, and that is told", async () => {
    await clock.advance(6 * day - 1);
    expect([pairs.length, text]).to.deep.equal([1, ""]);
    await clock.advance(1);
    await made(2);
    expect(pairs[1]?.notAfter.toISOString()).to.equal("2026-01-16T00:00:00.000Z");
    expect(text).to.match(
      /^2026-01-07T00:00:00.000Z WARN  the certificate of weft's own making was renewed: .* expires=/,
    );
  });

  it("is renewed within an hour after the calendar was set", async () => {
    set = 30 * day;
    await clock.advance(hour);
    await made(3);
  });

  it("is left alone from the end on", async () => {
    ending.abort();
    await clock.advance(90 * day);
    expect([pairs.length, clock.waits()]).to.deep.equal([3, []]);
  });
});
