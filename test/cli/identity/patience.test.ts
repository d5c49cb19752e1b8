import { expect } from "chai";
import { oncePossible } from "../../../src/cli/identity/patience.ts";
import type { Gathered } from "../../../src/cli/identity/gather.ts";
import type { RotationFacts } from "../../../src/core/identity/rotation.ts";
import { defaultLife } from "../../../src/core/identity/validity.ts";

const [old, fresh] = ["a".repeat(64), "b".repeat(64)];
const valid = { notBefore: 0, notAfter: Number.MAX_SAFE_INTEGER };
const anchor = (fingerprint: string) => ({ ...valid, fingerprint, subject: "root" });

/** The bundle has both anchors; of the pods those that were restarted trust the new one. */
const added = (now: number, restarted: boolean, manager?: string): RotationFacts => ({
  bundle: { anchors: [anchor(old), anchor(fresh)], sha256: "s", changed: 0, rotation: { from: [old], to: fresh } },
  issuer: { ...anchor("i"), anchors: [old], changed: 0, manager },
  pods: [
    {
      namespace: "shop",
      name: "web",
      owner: "deployment/web",
      trustRoot: "",
      anchors: restarted ? [old, fresh] : [old],
    },
  ],
  replicas: [{ name: "x", issuerEnds: undefined, bundle: "s" }],
  leaf: defaultLife,
  now,
});

describe("weft identity rotate --wait", () => {
  let time: number;
  let told: readonly string[][];
  const tried = async (facts: (now: number) => RotationFacts, wait = 600_000, kind: "issue" | "drop" = "issue") => {
    [time, told] = [0, []];
    await oncePossible(kind, async () => ({ facts: facts(time) }) as Gathered, {
      wait,
      between: 2000,
      clock: () => time,
      pause: async (milliseconds) => (time += milliseconds),
      onFailing: (lines) => (told = [...told, [...lines]]),
    });
    return time;
  };

  it("takes the step at once when nothing speaks against it", async () => {
    expect(await tried(() => added(60_000, true))).to.equal(0);
    expect(told).to.deep.equal([]);
  });
  it("waits for pods to be restarted, and tells once what is missing", async () => {
    expect(await tried((now) => added(now, now >= 20_000))).to.equal(30_000);
    expect(told.map((lines) => lines.map((line) => line.split(":")[0]))).to.deep.equal([
      ["bundle", "shop deployment/web"],
      ["bundle"],
    ]);
  });
  it("does not wait for longer than it may", async () => {
    expect(await tried((now) => added(now, false), 10_000)).to.equal(10_000);
    expect(await tried((now) => added(now, false), 0)).to.equal(0);
  });
  it("does not wait for what does not pass, nor for another step's turn", async () => {
    expect(await tried((now) => added(now, false, "cert-manager"))).to.equal(0);
    expect(await tried((now) => added(now, false), 600_000, "drop")).to.equal(0);
  });
});
