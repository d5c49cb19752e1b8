import { expect } from "chai";
import { X509Certificate } from "node:crypto";
import { rotatedCertificates } from "../../../src/serve/certificates/server.ts";
import type { RotationOptions } from "../../../src/serve/certificates/server.ts";
import { servedCertificate } from "../../../src/serve/webhook/shared-certificates.ts";
import type { ServingPair } from "../../../src/certificates/webhook/serving-pair.ts";
import { isObject } from "../../../src/core/base/json/json.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { entriesOf } from "../../../src/core/renewal/bundle-patch.ts";
import {
  mutatingConfiguration,
  defaultTimeouts,
  validatingConfiguration,
} from "../../../src/core/registration/webhooks.ts";
import type { Registration } from "../../../src/core/registration/webhooks.ts";
import type { KubeApi } from "../../../src/kube/api.ts";
import type { EventToSend } from "../../../src/kube/event-sink.ts";
import { createLog } from "../../../src/observe/log.ts";
import { fakeApi } from "../../support/api-server.ts";
import type { FakeApi } from "../../support/api-server.ts";
import { manualClock } from "../../support/manual-clock.ts";
import type { ManualClock } from "../../support/manual-clock.ts";

const secretPath = "/api/v1/namespaces/weft/secrets/weft-ca";
const servedPath = "/api/v1/namespaces/weft/secrets/weft-tls";
const mutatingPath = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/weft-injector";
const validatingPath = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/weft-advice";

const registration: Registration = {
  namespace: "weft",
  mutating: "weft-injector",
  validating: "weft-advice",
  server: { service: { name: "weft-injector", port: 443 } },
  failurePolicy: "Fail",
  timeoutSeconds: defaultTimeouts,
};
const secretOf = (name: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Secret",
  type: "Opaque",
  metadata: { namespace: "weft", name, labels: { kept: "yes" } },
});
const secret = secretOf("weft-ca");
const served = secretOf("weft-tls");
const lease: JsonObject = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { namespace: "weft", name: "weft-certificates" },
};

const hours = (count: number): number => count * 3_600_000;

const begun = Date.parse("2026-01-01T00:00:00Z");

const defaultValue: RotationOptions = {
  namespace: "weft",
  service: "weft-injector",
  caSecret: "weft-ca",
  certificatesSecret: "weft-tls",
  caLife: hours(8760),
  certificateLife: hours(2160),
  mutatingConfiguration: ["weft-injector"],
  validatingConfiguration: ["weft-advice"],
};

/** A certificate controller, and a replica of the webhook beside it. */
interface Replica {
  readonly pairs: ServingPair[];
  readonly counts: string[];
  readonly events: EventToSend[];
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

describe("certificates that the replicas share", function () {
  this.timeout(60_000);
  let api: FakeApi;
  let clock: ManualClock;
  const replicas: Replica[] = [];
  beforeEach(() => {
    clock = manualClock();
    api = fakeApi(secret, served, lease, mutatingConfiguration(registration), validatingConfiguration(registration));
  });
  afterEach(async () => void (await Promise.all(replicas.splice(0).map(({ stop }) => stop()))));

  const begin = (options: Partial<RotationOptions> = {}, through: KubeApi = api): Replica => {
    const ending = new AbortController();
    const { signal } = ending;
    const pairs: ServingPair[] = [];
    const counts: string[] = [];
    const events: EventToSend[] = [];
    let text = "";
    const now = (): Date => new Date(begun + clock.now());
    const log = createLog({ level: "debug", format: "plain", sink: { write: (line) => (text += line) }, now });
    const kept = rotatedCertificates(
      through,
      { ...defaultValue, ...options },
      {
        log,
        now,
        clock,
        instance: "weft",
        signal,
        record: (event) => events.push(event),
        metrics: {
          leads: (leads) => counts.push(leads ? "leads" : "follows"),
          certificateExpires: () => undefined,
          authorityExpires: () => undefined,
          renewal: (result) => counts.push(result),
          bundleRepair: () => counts.push("bundle repaired"),
        },
      },
    );
    const webhook = servedCertificate(
      through,
      { namespace: "weft", secret: "weft-tls" },
      { log, now, clock, end: signal, onPair: (pair) => pairs.push(pair) },
    );
    const replica: Replica = {
      pairs,
      counts,
      events,
      log: () => text,
      stop: async () => {
        ending.abort();
        await Promise.all([kept.ended, webhook.ended]).catch(() => undefined);
      },
    };
    replicas.push(replica);
    return replica;
  };
  const serving = async (all: readonly Replica[]): Promise<void> =>
    until("each has a certificate", () => all.every(({ pairs }) => pairs.length > 0));
  const start = async (options?: Partial<RotationOptions>, through?: KubeApi): Promise<Replica> => {
    const replica = begin(options, through);
    await serving([replica]);
    return replica;
  };

  /** Keys are made beside the clock, so that a bound is for what needs none. */
  const until = async (what: string, holds: () => boolean, milliseconds = Infinity): Promise<void> => {
    const end = clock.now() + milliseconds;
    while (!holds() && clock.now() < end) await clock.advance(20);
    expect(holds(), what).to.equal(true);
  };
  const textOf = (key: string): string => {
    const data = api.stored(secretPath)?.["data"];
    return Buffer.from(isObject(data) ? String(data[key] ?? "") : "", "base64").toString("utf8");
  };
  const authorities = (pem: string): readonly X509Certificate[] =>
    (pem.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g) ?? []).map((block) => new X509Certificate(block));
  const bundlesOf = (path: string): readonly string[] =>
    entriesOf(api.stored(path) ?? {}).map(({ caBundle = "" }) => Buffer.from(caBundle, "base64").toString("utf8"));
  /** Asked at each of many moments, of the same bundles and certificates. */
  const known = new Map<string, boolean>();
  const trusts = (bundle: string, certificate: string): boolean => {
    const key = `${bundle} ${certificate}`;
    const answer =
      known.get(key) ?? authorities(bundle).some((ca) => new X509Certificate(certificate).verify(ca.publicKey));
    known.set(key, answer);
    return answer;
  };
  const isTrusted = (pair: ServingPair | undefined): boolean =>
    pair !== undefined &&
    [mutatingPath, validatingPath].flatMap(bundlesOf).every((bundle) => trusts(bundle, pair.certificate));
  const withBundle = (path: string, caBundle: string | undefined): JsonObject => {
    const configuration = api.stored(path) ?? {};
    const webhooks = (configuration["webhooks"] as readonly JsonObject[]).map((webhook) => {
      const { caBundle: old, ...where } = webhook["clientConfig"] as JsonObject;
      if (old === caBundle) return webhook;
      return { ...webhook, clientConfig: caBundle === undefined ? where : { ...where, caBundle } };
    });
    return api.put({ ...configuration, webhooks });
  };

  it("begin with one CA and one certificate when three start at once on an empty Secret", async () => {
    const three = [begin(), begin(), begin()] as const;
    await serving(three);
    await until("all bundles are there", () => isTrusted(three[0].pairs.at(-1)));
    expect(new Set(three.map(({ pairs }) => pairs.at(-1)?.fingerprint)).size).to.equal(1);
    expect(three.flatMap(({ pairs }) => pairs).length).to.equal(3);
    expect(three.flatMap(({ counts }) => counts).toSorted()).to.deep.equal(["leads", "repaired"]);
    expect(authorities(textOf("ca.crt")).length).to.equal(1);
    expect(api.stored(secretPath)?.["metadata"]).to.deep.include({ labels: { kept: "yes" } });
    const [leaf] = three[0].pairs;
    expect(leaf?.names).to.contain("DNS:weft-injector.weft.svc");
    expect(authorities(leaf?.certificate ?? "").length).to.equal(2);
  });

  it("keep what others put into the Secret, also when it is not text", async () => {
    api.put({ ...secret, data: { other: "/wD/", text: "aGVsbG8=" } });
    await start();
    expect(api.stored(secretPath)?.["data"]).to.deep.include({ other: "/wD/", text: "aGVsbG8=" });
  });

  it("are taken over by a replica that starts later, without a write", async () => {
    const first = await start();
    await until("trusted", () => isTrusted(first.pairs[0]));
    await first.stop();
    const before = [api.stored(secretPath), api.stored(servedPath)];
    const second = await start();
    expect(second.pairs[0]?.fingerprint).to.equal(first.pairs[0]?.fingerprint);
    await until("it leads", () => second.counts.includes("leads"));
    await clock.advance(300);
    expect([api.stored(secretPath), api.stored(servedPath)]).to.deep.equal(before);
  });

  it("are renewed, CA and certificate, and at every moment what serves is trusted everywhere", async () => {
    const lives = { caLife: 180_000, certificateLife: 60_000 };
    const two = [begin(lives), begin(lives)] as const;
    await serving(two);
    await until("trusted", () => isTrusted(two[0].pairs.at(-1)));
    const end = clock.now() + 160_000;
    while (clock.now() < end) {
      await clock.advance(500);
      for (const { pairs } of two) expect(isTrusted(pairs.at(-1)), "what serves is trusted").to.equal(true);
    }
    const [one] = two;
    expect(one.pairs.length).to.be.within(3, 7);
    const signers = new Set(one.pairs.map(({ certificate }) => authorities(certificate)[1]?.fingerprint256));
    expect(signers.size).to.equal(2);
    expect(authorities(textOf("ca.crt")).length).to.equal(2);
    expect(two.flatMap(({ counts }) => counts)).not.to.include("bundle repaired");
    expect(two.flatMap(({ counts }) => counts)).not.to.include("failed");
  });

  const reverts: readonly [claim: string, caBundle: string | undefined, says: string][] = [
    ["is taken away", undefined, "has no caBundle"],
    ["is garbage", "Z2FyYmFnZQ==", "has a caBundle that holds no certificate"],
  ];
  for (const [claim, caBundle, says] of reverts) {
    it(`are trusted again when a caBundle ${claim}, and that is told`, async () => {
      const replica = await start();
      await until("trusted", () => isTrusted(replica.pairs[0]));
      await clock.advance(300);
      withBundle(mutatingPath, caBundle);
      await until("trusted again", () => isTrusted(replica.pairs[0]), 3000);
      await until("told", () => replica.events.length === 1);
      expect(replica.events[0]).to.deep.include({ type: "Warning", reason: "CABundleReverted" });
      expect(replica.events[0]?.message).to.contain(`inject-namespace.weft.linkerd.io: ${says}`);
      expect(replica.events[0]?.involvedObject).to.deep.include({
        kind: "MutatingWebhookConfiguration",
        name: "weft-injector",
        namespace: "",
      });
      expect(replica.counts).to.deep.equal(["leads", "repaired", "bundle repaired"]);
      expect(replica.log()).to.contain("was changed by somebody, and put right");
    });
  }

  it("do not fight for the caBundle with somebody who changes it again and again", async () => {
    const replica = await start();
    await until("trusted", () => isTrusted(replica.pairs[0]));
    await clock.advance(300);
    const end = clock.now() + 6000;
    while (clock.now() < end) {
      if (isTrusted(replica.pairs[0])) withBundle(mutatingPath, undefined);
      await clock.advance(20);
    }
    // At once, then after 1, 2 and 4 s.
    expect(replica.counts.filter((count) => count === "bundle repaired").length).to.be.within(3, 4);
    expect(replica.log().match(/WARN .*was changed by somebody/g)?.length).to.equal(1);
  });

  const damages: readonly [claim: string, data: (old: JsonObject) => JsonObject, sameLeaf: boolean][] = [
    ["emptied", () => ({}), true],
    ["with a key that belongs to nothing", (old) => ({ ...old, "tls.key": old["ca.key"] }), false],
    ["with garbage for a CA", (old) => ({ ...old, "signer.crt": "Z2FyYmFnZQ==" }), true],
    ["without its bundle", ({ "ca.crt": _, ...rest }) => rest, true],
  ];
  for (const [claim, data, sameLeaf] of damages) {
    it(`are repaired in a Secret ${claim}, and what serves stays trusted`, async () => {
      const replica = await start();
      await until("trusted", () => isTrusted(replica.pairs[0]));
      await clock.advance(300);
      const stored = api.stored(secretPath) ?? {};
      api.put({ ...stored, data: data(stored["data"] as JsonObject) });
      await until("repaired", () => replica.counts.filter((count) => count === "repaired").length >= 2);
      await clock.advance(300);
      expect(isTrusted(replica.pairs.at(-1))).to.equal(true);
      expect(replica.pairs.length === 1).to.equal(sameLeaf);
      for (const key of ["ca.crt", "signer.crt", "ca.key", "tls.crt", "tls.key"]) expect(textOf(key)).not.to.equal("");
      expect(Object.keys((api.stored(servedPath)?.["data"] ?? {}) as JsonObject)).to.have.members([
        "tls.crt",
        "tls.key",
      ]);
    });
  }

  it("serve on while the API server is away, and while the Secret is not there", async () => {
    const replica = await start();
    await until("trusted", () => isTrusted(replica.pairs[0]));
    api.remove(secretPath);
    await until("told", () => replica.log().includes("Secret weft-ca is not there"));
    api.put(secret);
    await until("put back", () => textOf("tls.crt") !== "", 15_000);
    expect(authorities(textOf("tls.crt"))[0]?.fingerprint256.replaceAll(":", "").toLowerCase()).to.equal(
      replica.pairs[0]?.fingerprint,
    );
    expect(replica.pairs.length).to.equal(1);
  });

  it("are waited for by a replica that does not lead, until another has made them", async () => {
    api.put({
      ...lease,
      spec: { holderIdentity: "another", leaseDurationSeconds: 3600, renewTime: "2026-01-01T00:00:00.000000Z" },
    });
    const other = fakeApi(secret, served, lease);
    const maker = await start({ mutatingConfiguration: [], validatingConfiguration: [] }, other);
    const waiting = begin();
    await clock.advance(300);
    expect(waiting.pairs).to.deep.equal([]);
    api.put(other.stored(servedPath) ?? {});
    await serving([waiting]);
    expect(waiting.pairs[0]?.fingerprint).to.equal(maker.pairs[0]?.fingerprint);
  });

  it("refuse lives that do not fit", async () => {
    const failed: unknown = await start({ caLife: 20_000, certificateLife: 10_000 }).catch((error: unknown) => error);
    expect(failed)
      .to.be.instanceOf(Error)
      .with.property("message")
      .that.matches(/leafLife: is more than a third/);
  });
});
