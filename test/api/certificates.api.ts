/**
 * Certificates that look after themselves, on a real API server: begun by three controllers at once, renewed while pods
 * are created, put right when somebody changes a caBundle or a Secret, taken over from the version before.
 */
import { expect } from "chai";
import { X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { pemBlocks } from "../../src/certificates/x509/pem.ts";
import { configurationNames, names } from "../../src/core/install/names.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { entriesOf } from "../../src/core/renewal/bundle-patch.ts";
import { eventually, good, messageOf } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { asking, isMeshed, pod } from "./harness/pods.ts";
import type { Running } from "./harness/replica.ts";
import { installWeft } from "./harness/weft.ts";
import type { Weft } from "./harness/weft.ts";

const shop = "certificates-shop";
const registration = "/apis/admissionregistration.k8s.io/v1";
const { mutating, validating } = configurationNames(false);
const configurations = [
  `${registration}/mutatingwebhookconfigurations/${mutating}`,
  `${registration}/validatingwebhookconfigurations/${validating}`,
] as const;

interface Uid {
  readonly uid: string;
}
const uidOf = (object: JsonObject = {}): string => (object["metadata"] as unknown as Uid).uid;

/** Of a leaf, as a client sees it that trusts the bundle; or why it does not. */
const handshake = (port: number, bundle: string, host: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", ca: bundle, servername: host }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? "no certificate");
      socket.destroy();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(`refused: ${error.code ?? error.message}`));
  });

describeOnApi("certificates of weft's own", (api) => {
  let weft: Weft;
  before(async () => void (await api().namespace(shop)));
  afterEach(async () => {
    await weft?.end();
    await api().remove(`/api/v1/namespaces/${weft.namespace}`);
  });

  const install = async (namespace: string, flags: readonly string[] = []): Promise<void> => {
    weft = await installWeft(api(), { namespace, replicas: 3, controllers: 3, controllerFlags: flags });
  };
  const secretPath = (name: string): string => `/api/v1/namespaces/${weft.namespace}/secrets/${name}`;
  const texts = async (name: string = names.caSecret): Promise<Readonly<Record<string, string>>> => {
    const { data = {} } = ((await api().get(secretPath(name))) ?? {}) as { data?: Readonly<Record<string, string>> };
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decoded(value)]));
  };
  /** Of every entry of every configuration. */
  const bundles = async (): Promise<readonly string[]> => {
    const found = await Promise.all(configurations.map((path) => api().get(path)));
    return found.flatMap((object) => entriesOf(object ?? {})).map(({ caBundle = "" }) => decoded(caBundle));
  };
  const handshakes = async (): Promise<readonly string[]> => {
    const every = [...new Set(await bundles())];
    const host = `${names.injector}.${weft.namespace}.svc`;
    return Promise.all(weft.replicas().flatMap(({ port }) => every.map((bundle) => handshake(port, bundle, host))));
  };
  const injected = async (): Promise<string> => {
    const answer = await api().create(pod(shop, { annotations: asking }), { dryRun: true });
    if (answer.status >= 300) return messageOf(answer);
    return isMeshed(good(answer, "pod")) ? "injected" : "not injected";
  };
  const leaders = async (): Promise<readonly Running[]> => {
    const running = weft.controllers().filter(({ process }) => process.running());
    const pages = await Promise.all(running.map(({ page }) => page("/metrics")));
    return running.filter((_, index) => /^weft_leader 1$/m.test(pages[index]?.text ?? ""));
  };
  const logged = (what: string): number =>
    weft.controllers().flatMap(({ log }) => log().filter(({ msg }) => msg.includes(what))).length;
  const withBundle = async (path: string, caBundle: string | undefined): Promise<void> => {
    const object = (await api().get(path)) ?? {};
    const webhooks = (object["webhooks"] as readonly JsonObject[]).map((webhook) => {
      const { service = null } = webhook["clientConfig"] as JsonObject;
      return { ...webhook, clientConfig: { service, ...(caBundle === undefined ? {} : { caBundle }) } };
    });
    good(await api().ask({ method: "PUT", path, body: { ...object, webhooks } }), path);
  };

  const put = async (name: string, data: Readonly<Record<string, string>>): Promise<void> => {
    const secret = (await api().get(secretPath(name))) ?? {};
    const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
    const body = { ...secret, data: Object.fromEntries(encoded) as JsonObject };
    good(await api().ask({ method: "PUT", path: secretPath(name), body }), "Secret");
  };

  it("begin with one CA and one certificate when three controllers start at once, and pods are injected", async () => {
    await install("certs-begin");
    const { "ca.crt": ca = "", "tls.crt": leaf = "" } = await texts();
    expect(pemBlocks(ca).length).to.equal(1);
    expect(new Set(await bundles())).to.deep.equal(new Set([ca]));
    const { fingerprint256 } = new X509Certificate(leaf);
    expect(new Set(await handshakes())).to.deep.equal(new Set([fingerprint256]));
    expect(Object.keys(await texts(names.servedSecret))).to.have.members(["tls.crt", "tls.key"]);
    expect(logged("certificates: make authority")).to.equal(1);
    expect(await injected()).to.equal("injected");
    expect(await leaders()).to.have.lengthOf(1);
  });

  it("are kept by another controller when the one that did it is killed", async () => {
    await install("certs-killed");
    const [leader] = await eventually("one leads", leaders, ({ length }) => length === 1);
    leader?.process.kill("SIGKILL");
    await leader?.process.ended;
    const before = await bundles();
    await withBundle(configurations[0], undefined);
    // A Lease lasts 15 s, and is asked for every 2.
    await eventually("bundles are as they were", bundles, (now) => now.join() === before.join(), { within: 25_000 });
    await eventually("pods are injected", injected, (what) => what === "injected", { within: 5000 });
  });

  it("are trusted again within seconds when somebody changes a caBundle, and an Event says so", async () => {
    await install("certs-reverted");
    const before = await bundles();
    const garbage = Buffer.from("garbage").toString("base64");
    for (const [path, caBundle] of [
      [configurations[0], undefined],
      [configurations[1], garbage],
    ] as const) {
      await withBundle(path, caBundle);
    }
    await eventually("bundles are as they were", bundles, (now) => now.join() === before.join(), { within: 5000 });
    await eventually("pods are injected", injected, (what) => what === "injected", { within: 5000 });
    const ours = await Promise.all(configurations.map(async (path) => uidOf(await api().get(path))));
    const events = async (): Promise<readonly JsonObject[]> => {
      const { items } = (await api().get("/api/v1/namespaces/default/events")) as { items: readonly JsonObject[] };
      // Other suites have had configurations of these names.
      const isOurs = ({ involvedObject }: JsonObject): boolean => ours.includes((involvedObject as unknown as Uid).uid);
      return items.filter((event) => event["reason"] === "CABundleReverted" && isOurs(event));
    };
    const found = await eventually("both are told", events, ({ length }) => length === 2);
    expect(found.map(({ message }) => String(message).slice(0, 78)).toSorted()).to.deep.equal([
      "somebody changed the caBundle, and weft put it right: advise.weft.linkerd.io: ",
      "somebody changed the caBundle, and weft put it right: inject-namespace.weft.li",
    ]);
    await eventually(
      "both are logged",
      () => logged("was changed by somebody"),
      (count) => count === 2,
    );
  });

  it("survive Secrets that are emptied, and one whose CA is garbage", async () => {
    await install("certs-broken");
    const before = await texts();
    const served = await texts(names.servedSecret);
    await put(names.servedSecret, {});
    const handedOut = (): Promise<Readonly<Record<string, string>>> => texts(names.servedSecret);
    expect(await eventually("it is handed out again", handedOut, (now) => now["tls.key"] !== undefined)).to.deep.equal(
      served,
    );
    await put(names.caSecret, {});
    expect(await eventually("it is put back", texts, (now) => now["tls.key"] !== undefined)).to.deep.equal(before);
    expect(await injected()).to.equal("injected");
    await put(names.caSecret, { ...before, "signer.crt": "garbage" });
    const after = await eventually("another CA", texts, (now) => pemBlocks(now["ca.crt"] ?? "").length === 2);
    expect(after["tls.crt"]).to.equal(before["tls.crt"]);
    await eventually("it is trusted", bundles, (now) => now.every((bundle) => bundle === after["ca.crt"]));
    expect(await injected()).to.equal("injected");
  });

  it("are taken over from the version before, while no handshake fails, and the CA's key leaves the webhook's Secret", async () => {
    await install("certs-before");
    for (const controller of weft.controllers()) await weft.stopController(controller);
    const { "ca.crt": ca = "", ...before } = await texts();
    await put(names.servedSecret, { "ca.crt": ca, ...before });
    await put(names.caSecret, {});
    const bundlesBefore = await bundles();
    const served = new Set<string>();
    const looking = new AbortController();
    const look = async (): Promise<void> => {
      while (!looking.signal.aborted) {
        for (const one of await handshakes()) served.add(one);
        await sleep(20);
      }
    };
    const looked = look();
    await weft.startController();
    const keys = async (): Promise<string> =>
      Object.keys(await texts(names.servedSecret))
        .toSorted()
        .join();
    await eventually("the key is gone", keys, (now) => now === "tls.crt,tls.key");
    await sleep(1000);
    looking.abort();
    await looked;
    expect(await texts()).to.deep.equal({ "ca.crt": ca, ...before });
    expect([...served]).to.deep.equal([new X509Certificate(before["tls.crt"] ?? "").fingerprint256]);
    expect(await bundles()).to.deep.equal(bundlesBefore);
    expect(await injected()).to.equal("injected");
  });

  it("are renewed, CA and certificate, while no handshake fails and every pod is injected", async function () {
    this.timeout(90_000);
    await install("certs-renewed", ["--ca-life=30s", "--certificate-life=10s"]);
    const served = new Set<string>();
    const answers = new Map<string, number>();
    const authorities = new Set<string>();
    const end = performance.now() + 45_000;
    const look = async (): Promise<void> => {
      while (performance.now() < end) {
        for (const one of await handshakes()) served.add(one);
        for (const pem of pemBlocks((await texts())["ca.crt"] ?? "")) authorities.add(pem);
        await sleep(100);
      }
    };
    const create = async (): Promise<void> => {
      while (performance.now() < end) {
        const answer = await injected();
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
        await sleep(20);
      }
    };
    await Promise.all([look(), create()]);
    expect([...served].filter((one) => one.startsWith("refused"))).to.deep.equal([]);
    expect([...answers.keys()]).to.deep.equal(["injected"]);
    expect(answers.get("injected")).to.be.greaterThan(100);
    // A CA is due after 20 s, a certificate after 6.7.
    expect(authorities.size).to.be.within(3, 4);
    expect(served.size).to.be.within(5, 12);
    expect(logged("was changed by somebody")).to.equal(0);
  });
});

const decoded = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");
