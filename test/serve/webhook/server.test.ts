import { expect } from "chai";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { request } from "node:https";
import { fileURLToPath } from "node:url";
import { StartFailure } from "../../../src/serve/start-failure.ts";
import { webhook } from "../../../src/serve/webhook/server.ts";
import type { WebhookIo, WebhookParts, WebhookStarted } from "../../../src/serve/webhook/server.ts";
import { webhookOptions } from "../../../src/serve/webhook/flags.ts";
import type { Given } from "../../../src/serve/flags.ts";
import { servingPair } from "../../../src/certificates/webhook/serving-pair.ts";
import type { ServingPair } from "../../../src/certificates/webhook/serving-pair.ts";
import { liveCluster } from "../../../src/serve/webhook/cluster.ts";
import type { ClusterWorld, LiveCluster } from "../../../src/serve/webhook/cluster.ts";
import { sha256 } from "../../../src/files/sha256.ts";
import { fakeApi } from "../../support/api-server.ts";
import type { FakeApi } from "../../support/api-server.ts";
import { freePorts } from "../../api/harness/control-plane.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { defaultValues } from "../../../src/core/inject/settings/defaults.ts";
import type { AnswerReview } from "../../../src/webhook/answer.ts";
import { serverPair, testMesh } from "../../support/certificates.ts";
import { newFolder } from "../../support/folder.ts";
import { objectOr } from "../../support/injection.ts";
import type { Folder } from "../../support/folder.ts";
import { everywhere, record } from "../../support/serving.ts";
import { until } from "../../support/until.ts";

/** The answer says the proxy's version of the settings, and what namespace shop asks for. */
const parts = (answer?: AnswerReview): WebhookParts => ({
  version: "1.2.3",
  answers: ({ installation, namespaceNamed }) =>
    everywhere(async (body, deadline) => {
      const version = installation().settings["proxy.image.version"] || "default";
      const asked = (await namespaceNamed("shop", deadline))?.["linkerd.io/inject"];
      return answer?.(body, deadline) ?? { status: 200, body: [version, ...(asked ? [asked] : [])].join(), record };
    }),
});

const withProxy = (proxy: JsonObject): string =>
  JSON.stringify({ ...defaultValues, proxy: { ...objectOr(defaultValues["proxy"]), ...proxy } });
const settingsOf = (version: string): string => withProxy({ image: { name: "proxy", pullPolicy: "", version } });
const badSettings = withProxy({ uid: "bad" });
const shopAsking = (asked: string): string =>
  `{apiVersion: v1, kind: Namespace, metadata: {name: shop, annotations: {linkerd.io/inject: ${asked}}}}`;

let trusted: Folder;
function withAnchors(): void {
  before(async () => {
    trusted = await newFolder();
    await trusted.write("anchors", (await testMesh()).anchor.certificate);
  });
  after(() => trusted.destroy());
}

interface Running extends WebhookStarted {
  readonly log: () => string;
  readonly stop: () => Promise<void>;
  readonly post: (certificate?: string) => Promise<string>;
  readonly admin: (path: string) => Promise<string>;
}

const run = async (given: Given, answer?: AnswerReview, api?: FakeApi): Promise<Running> => {
  const options = webhookOptions(
    {
      address: "127.0.0.1:0",
      adminAddress: "127.0.0.1:0",
      gracePeriod: "0s",
      trustAnchors: trusted.at("anchors"),
      ...given,
    },
    {},
  );
  if ("issues" in options) throw new Error(JSON.stringify(options.issues));
  const controller = new AbortController();
  const ready = Promise.withResolvers<WebhookStarted>();
  let log = "";
  const io: WebhookIo = {
    now: () => new Date(),
    log: { write: (line) => (log += line) },
    signal: controller.signal,
    started: ready.resolve,
  };
  const cluster = api && {
    openCluster: async (world: ClusterWorld) => ({
      value: liveCluster(api, { ...options.value, instance: "weft-1" }, world),
    }),
  };
  const ended = webhook(options.value, { ...parts(answer), ...cluster }, io);
  const started = await Promise.race([ready.promise, ended.then(() => ready.promise)]);
  return {
    ...started,
    log: () => log,
    stop: () => (controller.abort(), ended),
    post: (certificate = started.certificate) => post(started, certificate),
    admin: async (path) => (await fetch(`http://127.0.0.1:${started.adminAddress.port}${path}`)).text(),
  };
};

const post = async ({ address }: Pick<WebhookStarted, "address">, ca: string): Promise<string> => {
  const headers = { "content-type": "application/json" };
  const sent = request({ host: "127.0.0.1", port: address.port, ca, method: "POST", agent: false, headers });
  sent.end("{}");
  const [response] = await once(sent, "response");
  const pieces: unknown[] = await response.setEncoding("utf8").toArray();
  return pieces.join("");
};

describe("weft webhook", () => {
  withAnchors();
  let folder: Folder;
  let running: Running | undefined;
  beforeEach(async () => (folder = await newFolder()));
  afterEach(async () => {
    await running?.stop();
    running = undefined;
    await folder.destroy();
  });

  it("answers with what its files say, and follows them", async () => {
    await folder.write("settings", settingsOf("one"));
    await folder.write("objects", shopAsking("enabled"));
    running = await run({ settings: folder.at("settings"), objects: [folder.at("objects")] });
    const { post: ask } = running;
    expect(await ask()).to.equal("one,enabled");
    await folder.write("settings", settingsOf("two"));
    await folder.write("objects", shopAsking("ingress"));
    await until(async () => (await ask()) === "two,ingress");
    expect(running.log()).to.match(/INFO {2}settings read again\n/);
  });

  it("follows the CA of API servers' certificates, and says what its bounds do", async () => {
    const [one, next] = await Promise.all([testMesh(), testMesh()]);
    await folder.mount({ ca: one.anchor.certificate });
    running = await run({ clientCa: folder.at("ca") });
    const { admin, log } = running;
    expect(await running.post()).to.equal("default");
    expect(await admin("/readyz?verbose")).to.match(
      /^\[\+\]client_ca in use since [^]*^\[\+\]connections reviews: \d+ open, turned nobody away; admin: \d+ open, turned nobody away\n\[\+\]reviews turned nobody away$/m,
    );
    expect(await admin("/metrics")).to.match(/^weft_connections\{listener="reviews"\} \d+$/m);
    await folder.mount({ ca: "none" });
    await until(async () => log().includes("client_ca changed and cannot be used"));
    await folder.mount({ ca: next.anchor.certificate });
    await until(async () => log().includes("client_ca read again"));
  });

  it("does not require certificates of a CA that it was not told of", async () => {
    const failure = await run({ clientCertificates: "required" }).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(StartFailure);
    expect(String(failure)).to.include("--client-certificates: required without --client-ca");
  });

  it("keeps the last good settings, says so everywhere, and stays ready", async () => {
    await folder.mount({ settings: settingsOf("one") });
    running = await run({ settings: folder.at("settings") });
    const { admin, log } = running;
    await folder.mount({ settings: badSettings });
    await until(async () => log().includes("cannot be used"));
    expect(await running.post()).to.equal("one");
    expect(await admin("/readyz")).to.equal("ok\n");
    expect(await admin("/readyz?verbose")).to.match(
      /^\[\+\]settings in use since .*; what was read at .* is broken: .*settings: proxy\.uid: .*$/m,
    );
    expect(await admin("/metrics")).to.match(/^weft_settings_reload_success 0\n/m);
    expect(log()).to.match(
      /ERROR settings changed and cannot be used, keeping what was read before issues=".*settings: proxy\.uid: /,
    );
  });

  it("uses the ConfigMaps that its files are mounted from, keeps what is good, and says which that is", async () => {
    const configMap = (name: string, data: JsonObject): JsonObject => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "weft" },
      data,
    });
    const values = (text: string): JsonObject => configMap("linkerd-config", { values: text });
    const anchors = async (): Promise<string> => (await testMesh()).anchor.certificate;
    const [first, second] = [await anchors(), await anchors()];
    const api = fakeApi(values(settingsOf("two")), configMap("roots", { anchors: first }));
    await folder.mount({ values: settingsOf("one") });
    const maps = { settingsConfigMap: "linkerd-config", trustAnchorsConfigMap: "roots" };
    running = await run({ settings: folder.at("values"), ...maps }, undefined, api);
    const { admin, log, post: ask } = running;
    // The kubelet has not brought it yet.
    expect(await ask()).to.equal("two");
    api.put(values(settingsOf("three")));
    api.put(configMap("roots", { anchors: second }));
    await until(async () => (await ask()) === "three");
    await until(async () =>
      (await admin("/metrics")).includes(`weft_trust_anchors_info{sha256="${sha256(second)}"} 1`),
    );
    const used = sha256(settingsOf("three"));
    expect(await admin("/metrics"))
      .to.include(`weft_settings_info{sha256="${used}"} 1`)
      .and.to.not.include(sha256(first));
    api.put(values(badSettings));
    await until(async () => log().includes("settings changed and cannot be used"));
    api.remove("/api/v1/namespaces/weft/configmaps/linkerd-config");
    await until(async () => log().includes("ConfigMap linkerd-config: is not there"));
    await folder.mount({ values: settingsOf("old") });
    expect(await ask()).to.equal("three");
    expect(await admin("/metrics"))
      .to.match(/^weft_settings_reload_success 0$/m)
      .and.to.include(used);
    expect(await admin("/readyz?verbose"))
      .to.match(
        new RegExp(`settings in use since .*, SHA-256 ${used}, trust anchors SHA-256 ${sha256(second)}; what was`),
      )
      .and.to.match(/^\[\+\]mounted objects ConfigMap linkerd-config, heard of \d s ago; ConfigMap roots, heard/m);
    api.put(values(settingsOf("four")));
    await until(async () => (await ask()) === "four");
  });

  it("takes a new certificate, and keeps the old one when the new one is bad", async () => {
    const [one, two] = await Promise.all([serverPair(["one", "127.0.0.1"]), serverPair(["two", "127.0.0.1"])]);
    const mount = (certificate: string, key: string) => folder.mount({ "tls.crt": certificate, "tls.key": key });
    await mount(one.certificate, one.key);
    running = await run({ tlsDir: folder.path });
    const { admin, post: ask, log } = running;
    await mount(two.certificate, one.key);
    await until(async () => (await admin("/readyz?verbose")).includes("is not the key of the certificate"));
    expect(await ask(one.certificate)).to.equal("default");
    await mount(two.certificate, two.key);
    await until(async () => log().includes("certificate read again"));
    expect(await ask(two.certificate)).to.equal("default");
    expect(await admin("/metrics")).to.match(/^weft_certificate_reload_failures_total 1$/m);
  });

  it("answers probes while nobody has made its certificate yet, and serves when somebody has", async () => {
    const [port = 0] = await freePorts(1);
    const options = webhookOptions(
      {
        address: "127.0.0.1:0",
        adminAddress: `127.0.0.1:${port}`,
        gracePeriod: "0s",
        trustAnchors: trusted.at("anchors"),
      },
      {},
    );
    if ("issues" in options) throw new Error(JSON.stringify(options.issues));
    const [made, pem] = [Promise.withResolvers<ServingPair>(), await serverPair(["localhost", "127.0.0.1"])];
    const pair = servingPair(pem, new Date());
    if ("issues" in pair) throw new Error(JSON.stringify(pair.issues));
    let current: ServingPair | undefined;
    const certificate = {
      current: () => current,
      first: made.promise,
      check: { name: "certificate", look: () => ({ fails: current === undefined, says: "there is none yet" }) },
      ended: Promise.resolve(),
    };
    const live = { lookups: {}, ready: () => true, checks: [], certificate, ended: Promise.resolve() };
    const cluster = { openCluster: async () => ({ value: live as unknown as LiveCluster }) };
    const [stop, serving] = [new AbortController(), Promise.withResolvers<WebhookStarted>()];
    const io = { now: () => new Date(), log: { write: () => true }, signal: stop.signal, started: serving.resolve };
    const ended = webhook(options.value, { ...parts(), ...cluster }, io);
    const page = async (path: string): Promise<string> =>
      fetch(`http://127.0.0.1:${port}${path}`).then(
        (answer) => answer.text(),
        () => "",
      );
    await until(async () => (await page("/livez")) === "pong\n");
    expect(await page("/readyz?verbose"))
      .to.include("[-]webhook starting\n")
      .and.include("[-]certificate there is none yet\n");
    current = pair.value;
    made.resolve(pair.value);
    expect((await serving.promise).certificate).to.equal(pem.certificate);
    expect(await page("/readyz")).to.equal("ok\n");
    stop.abort();
    await ended;
  });

  it("writes a line for each answer, and counts it", async () => {
    running = await run({});
    await running.post();
    expect(running.log()).to.match(
      /INFO {2}injected uid=u-1 kind=pod namespace=shop name=web- owner=deployment\/web milliseconds=[\d.]+ dryRun=false\n/,
    );
    expect(await running.admin("/metrics")).to.include(
      '\nweft_admission_requests_total{kind="pod",result="injected",reason=""} 1\n',
    );
  });

  it("writes the cause of a fault, and counts it", async () => {
    running = await run({}, async () => {
      throw new Error("our fault");
    });
    expect(await running.post()).to.include("internal error, see the log of weft");
    expect(running.log()).to.match(/ERROR internal error milliseconds=[\d.]+\n {4}Error: our fault\n {8}at /);
    expect(await running.admin("/metrics")).to.match(
      /^weft_admission_requests_total\{kind="",result="faulted",reason=""\} 1$/m,
    );
  });

  const errors: readonly [claim: string, given: () => Given, line: RegExp][] = [
    [
      "when files are missing, and names them all",
      () => ({
        settings: folder.at("s"),
        trustAnchors: folder.at("t"),
        objects: [folder.at("o")],
        tlsDir: folder.at("d"),
      }),
      /^(\S+\/(s|t|o|d\/tls\.crt|d\/tls\.key): there is no such file(; |$)){5}$/,
    ],
    [
      "when the address is not of this machine",
      () => ({ address: "192.0.2.1:0" }),
      /^cannot listen on 192\.0\.2\.1:0: this machine has no such address$/,
    ],
    [
      "when something else listens there",
      () => ({ address: `127.0.0.1:${running?.adminAddress.port ?? 0}` }),
      /^cannot listen on 127\.0\.0\.1:\d+: something else listens there$/,
    ],
  ];
  for (const [claim, given, line] of errors) {
    it(`does not start ${claim}`, async () => {
      running = await run({});
      const failure: unknown = await run(given()).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(StartFailure);
      if (!(failure instanceof StartFailure)) return;
      expect(failure.lines.join("\n")).to.match(line);
    });
  }
});

describe("weft webhook as a process", () => {
  withAnchors();
  const program = fileURLToPath(new URL("webhook-program.ts", import.meta.url));
  let child: ChildProcess | undefined;
  afterEach(() => child?.kill("SIGKILL"));

  const start = async (grace: string): Promise<WebhookStarted & { readonly exit: Promise<unknown[]> }> => {
    child = spawn(process.execPath, [program, grace, trusted.at("anchors")], { stdio: ["ignore", "pipe", "ignore"] });
    const exit = once(child, "exit");
    const [line]: unknown[] = await once(child.stdout ?? child, "data");
    return { ...(JSON.parse(String(line)) as WebhookStarted), exit };
  };
  /** The program says so when a review has come. */
  const asked = async (): Promise<unknown> => child?.stdout && once(child.stdout, "data");

  it("answers what is under way after SIGTERM, and exits with 0", async () => {
    const { exit, certificate, ...at } = await start("0s");
    const answer = post(at, certificate);
    await asked();
    child?.kill("SIGTERM");
    expect(await answer).to.equal('{"done":true}');
    expect(await exit).to.deep.equal([0, null]);
  });

  it("is not ready during the grace period, and exits at once at a second signal", async () => {
    const { exit, adminAddress } = await start("5m");
    const ready = () => fetch(`http://127.0.0.1:${adminAddress.port}/readyz`);
    expect((await ready()).status).to.equal(200);
    child?.kill("SIGTERM");
    await until(async () => (await ready()).status !== 200);
    child?.kill("SIGTERM");
    expect(await exit).to.deep.equal([143, null]);
  });
});
