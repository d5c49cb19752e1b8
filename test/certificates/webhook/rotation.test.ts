import { expect } from "chai";
import { entriesOf } from "../../../src/core/renewal/bundle-patch.ts";
import type { PatchOperation } from "../../../src/core/renewal/bundle-patch.ts";
import { defaultPacing } from "../../../src/core/renewal/pace.ts";
import { defaultRenewal } from "../../../src/core/renewal/settings.ts";
import type { RenewalSettings } from "../../../src/core/renewal/settings.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { rotateCertificates } from "../../../src/certificates/webhook/rotation.ts";
import type { RotationEvent, RotationNeeds, StoredSecret } from "../../../src/certificates/webhook/rotation-needs.ts";
import { pemBlocks } from "../../../src/certificates/x509/pem.ts";
import type { SecretTexts } from "../../../src/certificates/webhook/shared-secret.ts";

const settings: RenewalSettings = { ...defaultRenewal, names: ["weft-injector.weft.svc"] };
const day = 86_400_000;

/** What is stored: both Secrets, one configuration; who else has a hand in it. */
class Store {
  secret: StoredSecret | undefined = { texts: {}, version: "1" };
  served: StoredSecret | undefined = { texts: {}, version: "1" };
  caBundle = "";
  version = 1;
  readonly calls: string[] = [];
  /** Comes before each call; what it throws the API server says. */
  before: (call: string) => void = () => undefined;
  /** What becomes of a caBundle that is written. */
  admit = (caBundle: string): string => caBundle;
  isThere = true;

  call(what: string): void {
    this.calls.push(what);
    this.before(what);
  }

  write(texts: SecretTexts, version: string): boolean {
    if (this.secret?.version !== version) return false;
    this.put(texts);
    return true;
  }

  put(texts: SecretTexts): void {
    this.version += 1;
    this.secret = { texts, version: String(this.version) };
  }

  handOut(texts: SecretTexts, version: string): boolean {
    if (this.served?.version !== version) return false;
    this.putServed(texts);
    return true;
  }

  putServed(texts: SecretTexts): void {
    this.version += 1;
    this.served = { texts, version: String(this.version) };
  }

  setBundle(caBundle: string): void {
    this.version += 1;
    this.caBundle = caBundle;
  }

  get texts(): SecretTexts {
    return this.secret?.texts ?? {};
  }

  get configuration(): JsonObject {
    const clientConfig = this.caBundle === "" ? {} : { caBundle: this.caBundle };
    return {
      metadata: { resourceVersion: `${this.caBundle.length}.${this.version}` },
      webhooks: [{ name: "inject", clientConfig }],
    };
  }

  patch(operations: readonly PatchOperation[]): boolean {
    const [test, add] = operations;
    const { resourceVersion } = this.configuration["metadata"] as JsonObject;
    if (test?.value !== resourceVersion) return false;
    this.setBundle(this.admit(add?.value ?? ""));
    return true;
  }

  get trusted(): number {
    const [entry] = entriesOf(this.configuration);
    return pemBlocks(Buffer.from(entry?.caBundle ?? "", "base64").toString()).length;
  }
}

class Replica {
  readonly events: RotationEvent[] = [];
  readonly served: string[] = [];
  writes = true;
  time = Date.parse("2026-01-01T00:00:00Z");
  elapsed = 0;
  private resume: (() => void) | undefined;
  private waiting = Promise.withResolvers<number>();
  private readonly ending = new AbortController();
  private readonly ended: Promise<void>;

  constructor(store: Store, needs: Partial<RotationNeeds> = {}) {
    this.ended = rotateCertificates(
      {
        settings,
        pacing: defaultPacing,
        secret: {
          name: "Secret weft-ca",
          read: async () => (store.call("read Secret"), store.secret),
          write: async (texts, version) => (store.call("write Secret"), store.write(texts, version)),
        },
        served: {
          name: "Secret weft-tls",
          read: async () => (store.call("read served"), store.served),
          write: async (texts, version) => (store.call("write served"), store.handOut(texts, version)),
        },
        configurations: [
          {
            name: "configuration",
            read: async () => (store.call("read configuration"), store.isThere ? store.configuration : undefined),
            patch: async (operations) => (store.call("patch"), store.patch(operations)),
          },
        ],
        writes: () => this.writes,
        now: () => new Date(this.time),
        elapsed: () => this.elapsed,
        random: () => 0.5,
        every: 10_000,
        onServing: ({ certificate }) => this.served.push(certificate),
        onEvent: (event) => this.events.push(event),
        wait: (milliseconds) =>
          new Promise((resolve) => {
            this.resume = resolve;
            if (this.ending.signal.aborted) resolve();
            this.waiting.resolve(milliseconds);
          }),
        ...needs,
      },
      this.ending.signal,
    );
  }

  /** One round; how long it means to wait after it. */
  async round(): Promise<number> {
    const wait = await this.waiting.promise;
    this.elapsed += wait;
    this.time += wait;
    this.waiting = Promise.withResolvers();
    this.resume?.();
    return wait;
  }

  /** Rounds, until so many milliseconds have gone by. */
  async during(milliseconds: number): Promise<number> {
    const end = this.elapsed + milliseconds;
    let rounds = 0;
    for (; this.elapsed < end; rounds += 1) await this.round();
    return rounds;
  }

  /** Resolves when the round that is under way has ended. */
  async stop(): Promise<void> {
    this.ending.abort();
    this.resume?.();
    await this.ended;
  }

  kinds(kind: RotationEvent["kind"]): readonly RotationEvent[] {
    return this.events.filter((event) => event.kind === kind);
  }

  get failures(): readonly string[] {
    return this.events.flatMap((event) => (event.kind === "failed" ? [event.reason] : []));
  }
}

describe("the keeper of certificates", () => {
  let store: Store;
  const replicas: Replica[] = [];
  const start = (needs: Partial<RotationNeeds> = {}): Replica => {
    const replica = new Replica(store, needs);
    replicas.push(replica);
    return replica;
  };
  beforeEach(() => {
    store = new Store();
  });
  afterEach(() => Promise.all(replicas.splice(0).map((replica) => replica.stop())));

  const calm = async (): Promise<Replica> => {
    const replica = start();
    await replica.during(30_000);
    expect([replica.failures, store.trusted, replica.served.length]).to.deep.equal([[], 1, 1]);
    store.calls.splice(0);
    replica.events.splice(0);
    return replica;
  };

  it("makes CA and leaf in one write, then one patch, then hands out the leaf, and then only looks", async () => {
    const replica = start();
    await replica.during(600_000);
    const writes = store.calls.filter((call) => !call.startsWith("read"));
    expect(writes).to.deep.equal(["write Secret", "patch", "write served"]);
    const kinds = replica.events.map(({ kind }) => kind);
    expect(kinds).to.deep.equal(["trusted", "stepped", "authority", "patched", "trusted", "handed out"]);
    expect(store.served?.texts).to.deep.equal({
      "tls.crt": store.texts["tls.crt"],
      "tls.key": store.texts["tls.key"],
    });
  });

  it("does nothing but serve where another one writes", async () => {
    await calm();
    const replica = start();
    replica.writes = false;
    store.setBundle("");
    await replica.during(60_000);
    expect(store.calls.filter((call) => !call.startsWith("read"))).to.deep.equal([]);
    expect(replica.served.length).to.equal(1);
  });

  it("writes no bundle that is older than the one it found, whatever another writer does meanwhile", async () => {
    const first = await calm();
    const old = { texts: store.texts, caBundle: store.caBundle };
    store.put({ ...old.texts, "signer.crt": "" });
    await first.during(20_000);
    const next = { texts: store.texts, caBundle: store.caBundle };
    expect(store.trusted).to.equal(2);
    await first.stop();
    store.put(old.texts);
    store.setBundle(old.caBundle);
    store.putServed(old.texts);
    const stale = start();
    await stale.during(20_000);
    const written: string[] = [];
    store.admit = (caBundle) => {
      written.push(caBundle);
      return caBundle;
    };
    // Somebody took the old bundle away, so there is something to write; and between two looks another writer is faster.
    let looks = 0;
    store.setBundle("");
    store.before = (call) => {
      if (call.startsWith("read")) looks += 1;
      if (looks !== 2) return;
      looks += 1;
      store.put(next.texts);
      store.setBundle(next.caBundle);
    };
    await stale.during(60_000);
    expect(looks).to.be.greaterThan(2);
    expect(written.filter((caBundle) => caBundle === old.caBundle)).to.deep.equal([]);
    expect(store.caBundle).to.equal(next.caBundle);
  });

  it("gives up no round because a patch has no effect: it waits longer each time", async () => {
    const replica = await calm();
    store.admit = () => "";
    store.setBundle("");
    await replica.during(60_000);
    expect(store.calls.filter((call) => call === "patch").length).to.be.within(5, 7);
    expect(replica.kinds("patched").length).to.be.within(5, 7);
  });

  it("puts a revert right at once, and ever more slowly when it comes back", async () => {
    const replica = await calm();
    const at: number[] = [];
    const began = replica.elapsed;
    store.before = (call) => {
      if (call === "patch") at.push(Math.round((replica.elapsed - began) / 1000));
      if (call === "read configuration") store.setBundle("");
    };
    await replica.during(120_000);
    expect(at[0]).to.be.at.most(10);
    const waits = at.slice(1).map((each, index) => each - (at[index] ?? 0));
    expect(waits.slice(0, 6)).to.deep.equal([1, 2, 4, 8, 16, 32]);
    const counts = replica.events.flatMap((event) => (event.kind === "patched" ? [event.reverted] : []));
    expect(counts.slice(0, 4)).to.deep.equal([1, 2, 3, 4]);
  });

  it("begins anew after ten quiet minutes", async () => {
    const replica = await calm();
    for (let episode = 0; episode < 2; episode += 1) {
      store.setBundle("");
      await replica.during(11 * 60_000);
      expect(store.trusted).to.equal(1);
    }
    const counts = replica.events.flatMap((event) => (event.kind === "patched" ? [event.reverted] : []));
    expect(counts).to.deep.equal([1, 1]);
  });

  it("does not fight for the Secret with one who empties it again and again", async () => {
    const replica = await calm();
    store.before = (call) => {
      if (call === "read configuration") store.put({});
    };
    await replica.during(60_000);
    expect(store.calls.filter((call) => call === "write Secret").length).to.be.within(5, 10);
    expect(replica.served.length).to.equal(1);
  });

  const refusals: readonly [claim: string, call: string, kept: boolean][] = [
    ["the Secret cannot be written", "write Secret", true],
    ["the caBundle cannot be written", "patch", false],
  ];
  for (const [claim, refused, bundleKept] of refusals) {
    it(`tells once that ${claim}, tries again, and does the rest`, async () => {
      const replica = await calm();
      store.before = (call) => {
        if (call === refused) throw new Error(`${refused} was answered 403`);
      };
      store.put({ ...store.secret?.texts, "ca.key": "" });
      store.setBundle("");
      await replica.during(60_000);
      expect(replica.failures).to.deep.equal([`${refused} was answered 403`]);
      expect(store.trusted > 0).to.equal(bundleKept);
      expect(store.calls.filter((call) => call === refused).length).to.be.within(4, 8);
      store.before = () => undefined;
      await replica.during(120_000);
      expect(store.trusted).to.equal(2);
    });
  }

  it("keeps trusted what it remembers while the Secret is not there, serves on, and puts it back", async () => {
    const replica = await calm();
    const before = store.texts;
    store.secret = undefined;
    store.setBundle("");
    await replica.during(60_000);
    expect(replica.failures).to.deep.equal([
      "Secret weft-ca is not there: weft upgrade -o yaml | kubectl apply -f - puts it back",
    ]);
    expect([store.trusted, store.calls.includes("write Secret")]).to.deep.equal([1, false]);
    store.put({});
    await replica.during(20_000);
    expect(store.texts).to.deep.equal(before);
    expect(replica.served.length).to.equal(1);
  });

  it("puts no empty bundle where there is no CA yet", async () => {
    store.secret = undefined;
    const replica = start();
    await replica.during(60_000);
    expect(store.calls.filter((call) => !call.startsWith("read"))).to.deep.equal([]);
  });

  it("tells that a configuration is not there, and sets its caBundle when it is", async () => {
    const replica = await calm();
    store.isThere = false;
    store.setBundle("");
    await replica.during(60_000);
    expect(replica.failures).to.deep.equal(["configuration is not there"]);
    store.isThere = true;
    await replica.during(20_000);
    expect(store.trusted).to.equal(1);
  });

  it("serves on while the API server is away, and tells that once", async () => {
    const replica = await calm();
    store.before = () => {
      throw new Error("connection refused");
    };
    await replica.during(600_000);
    expect(replica.failures).to.deep.equal(["connection refused"]);
    store.before = () => undefined;
    store.setBundle("");
    await replica.during(20_000);
    expect(store.trusted).to.equal(1);
  });

  it("hands out no leaf before every configuration trusts it", async () => {
    store.admit = () => "";
    const replica = start();
    await replica.during(60_000);
    expect(store.served?.texts).to.deep.equal({});
    store.admit = (caBundle) => caBundle;
    await replica.during(120_000);
    expect(store.served?.texts["tls.crt"]).to.equal(store.texts["tls.crt"]);
  });

  it("puts back what is handed out, and ever more slowly when it is changed again", async () => {
    const replica = await calm();
    const texts = { ...store.served?.texts };
    store.before = (call) => {
      if (call === "read served") store.putServed({ ...texts, "tls.key": "garbage", other: "kept" });
    };
    await replica.during(60_000);
    expect(store.calls.filter((call) => call === "write served").length).to.be.within(5, 8);
    expect(replica.kinds("handed out")).to.deep.include({ kind: "handed out", repair: true });
    store.before = () => undefined;
    await replica.during(120_000);
    expect(store.served?.texts).to.deep.equal({ ...texts, other: "kept" });
    expect(store.trusted).to.equal(1);
  });

  it("tells that it cannot hand out, and tries again", async () => {
    store.before = (call) => {
      if (call === "write served") throw new Error("write served was answered 403");
    };
    const replica = start();
    await replica.during(60_000);
    expect(replica.failures).to.deep.equal(["write served was answered 403"]);
    store.before = () => undefined;
    await replica.during(120_000);
    expect(store.served?.texts["tls.crt"]).to.equal(store.texts["tls.crt"]);
  });

  it("takes over what versions before kept in the Secret that is served from, and takes the CA's key out of it", async () => {
    await (await calm()).stop();
    const own = store.texts;
    const { caBundle } = store;
    store.put({});
    store.putServed({ ...own, other: "kept" });
    const served: (string | undefined)[] = [];
    store.before = () => void served.push(store.served?.texts["tls.crt"]);
    const replica = start();
    await replica.during(60_000);
    const steps = replica.events.flatMap((event) => (event.kind === "stepped" ? [event.step] : []));
    expect(steps).to.deep.equal(["take over"]);
    expect(store.texts).to.deep.equal(own);
    expect(store.served?.texts).to.deep.equal({ "tls.crt": own["tls.crt"], "tls.key": own["tls.key"], other: "kept" });
    expect([new Set(served), store.caBundle]).to.deep.equal([new Set([own["tls.crt"]]), caBundle]);
  });

  it("leaves the key where it is until the CA is taken over", async () => {
    await (await calm()).stop();
    const old = store.texts;
    store.secret = undefined;
    store.putServed(old);
    await start().during(60_000);
    expect(store.served?.texts).to.deep.equal(old);
  });

  it("renews over two years without a day on which what serves is not trusted", async () => {
    const replica = start({ every: day / 4 });
    const broken: string[] = [];
    while (replica.elapsed < 730 * day) {
      await replica.round();
      const certificate = store.served?.texts["tls.crt"];
      if (certificate === undefined || store.trusted === 0) continue;
      const [, ca = ""] = pemBlocks(certificate);
      const bundle = Buffer.from(store.caBundle, "base64").toString();
      if (!bundle.includes(ca)) broken.push(new Date(replica.time).toISOString());
    }
    expect(broken).to.deep.equal([]);
    const steps = replica.events.flatMap((event) => (event.kind === "stepped" ? [event.step] : []));
    const counted = Object.fromEntries(
      [...new Set(steps)].map((step) => [step, steps.filter((each) => each === step).length]),
    );
    // CAs live 8 months, so two follow the first, each with a leaf at once; leaves 60 days; each old CA is dropped.
    expect(counted["make authority"]).to.equal(3);
    expect(counted["set bundle"]).to.equal(2);
    expect(counted["issue leaf"]).to.be.within(12, 14);
    expect(replica.failures).to.deep.equal([]);
  });
});
