import { X509Certificate } from "node:crypto";
import { basename } from "node:path";
import { expect } from "chai";
import { controllerIdentity } from "../../../src/serve/controller/identity.ts";
import type { ControllerIdentity, ControllerIdentityOptions } from "../../../src/serve/controller/identity.ts";
import type { PemPair } from "../../../src/certificates/x509/pem.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { listenGrpc } from "../../../src/grpc/listener.ts";
import type { Listener } from "../../../src/grpc/listener.ts";
import type { EventToSend } from "../../../src/kube/event-sink.ts";
import type { Origin } from "../../../src/files/reloaded.ts";
import { sha256 } from "../../../src/files/sha256.ts";
import { createLog } from "../../../src/observe/log.ts";
import { createControllerMetrics } from "../../../src/observe/controller-metrics.ts";
import { makeIssuer } from "../../../src/certificates/mesh/authority.ts";
import { domain, identityNamed, testMesh, trustDomain } from "../../support/certificates.ts";
import type { TestMesh } from "../../support/certificates.ts";
import type { AskApi } from "../../../src/kube/api.ts";
import { newFolder } from "../../support/folder.ts";
import type { Folder } from "../../support/folder.ts";
import { certifiedProxy, proxyClient } from "../../support/proxy-client.ts";
import { httpApi } from "../../support/api-http.ts";
import type { HttpApi } from "../../support/api-http.ts";
import { manualClock } from "../../support/manual-clock.ts";
import type { ManualClock } from "../../support/manual-clock.ts";
import { until } from "../../support/until.ts";

const hour = 3_600_000;
const start = Date.now();
const name = identityNamed("linkerd-identity", "linkerd");
const identity = identityNamed("web", "shop");

const deployment = { apiVersion: "apps/v1", kind: "Deployment", namespace: "linkerd", name: "weft", uid: "u-d" };

interface Running {
  readonly run: ControllerIdentity;
  readonly listener: Listener;
  readonly clock: ManualClock;
  readonly events: readonly EventToSend[];
  readonly log: () => string;
  readonly metrics: () => Promise<string>;
}

describe("cli/controller-identity", () => {
  let folder: Folder;
  let mesh: TestMesh;
  let api: HttpApi;
  let ending: AbortController;
  let listener: Listener | undefined;
  beforeEach(async () => {
    folder = await newFolder();
    mesh = await testMesh(start, 1000 * hour);
    api = await httpApi([]);
    ending = new AbortController();
    await mount(mesh.issuerPem, mesh.anchor.certificate);
    api.tokens.set("first token", "system:serviceaccount:shop:web");
  });
  afterEach(async () => {
    ending.abort();
    await listener?.close();
    await api.stop();
    await folder.destroy();
  });

  /** As a kubelet does with a Secret and a ConfigMap. */
  const mount = ({ certificate, key }: PemPair, anchors: string): Promise<void> =>
    folder.mount({ "tls.crt": certificate, "tls.key": key, "ca.crt": anchors });

  /** 20 h of skew, so that what is made hours later is valid now. */
  const options = (): ControllerIdentityOptions => ({
    issuerDir: folder.path,
    trustAnchors: folder.at("ca.crt"),
    mesh: domain,
    lifetime: hour,
    clockSkew: 20 * hour,
    spiffe: false,
  });

  const begin = async (clock: ManualClock = manualClock(), ask: AskApi = api.api.ask, mounted?: Origin) => {
    let log = "";
    const now = (): Date => new Date(start + clock.now());
    const events: EventToSend[] = [];
    const none = (): number => 0;
    const metrics = createControllerMetrics("1", {
      connections: () => ({}),
      streams: none,
      turningAway: () => ({}),
      targets: none,
      objects: () => ({}),
      leftOut: () => ({ policies: {}, others: {} }),
      missed: none,
      staleness: none,
      linesLost: none,
    });
    const started = await controllerIdentity(options(), {
      log: createLog({ level: "info", format: "plain", sink: { write: (line) => (log += line) }, now }),
      metrics,
      now,
      signal: ending.signal,
      poll: 20,
      ask,
      mounted,
      clock,
      record: (event) => void events.push(event),
      deployment: () => deployment,
    });
    return { started, clock, events, log: () => log, metrics: async () => (await metrics.page()).text, now };
  };

  const serve = async (): Promise<Running & { readonly now: () => Date }> => {
    const { started, ...rest } = await begin();
    if ("issues" in started) throw new Error(started.issues.map(issueText).join("; "));
    const { value: run } = started;
    listener = await listenGrpc({
      address: { host: "127.0.0.1", port: 0 },
      identity: run.identity(),
      clientCertificates: "optional",
      services: [run.service],
    });
    run.onIdentity(listener.useIdentity);
    return { ...rest, run, listener };
  };

  const proxy = ({ listener: { address }, clock, now }: Awaited<ReturnType<typeof serve>>, token: () => string) =>
    certifiedProxy({
      address,
      name,
      anchors: mesh.anchor.certificate,
      identity,
      token: () => Promise.resolve(token()),
      now,
      wait: clock.wait,
      signal: ending.signal,
    });

  it("a proxy is certified, and again at 70 % of its certificate's life, with the token as it is then", async () => {
    const running = await serve();
    const { clock, events, log, metrics } = running;
    let token = "first token";
    const client = await proxy(running, () => token);
    const before = client.certificate().chain;
    token = "second token";
    api.tokens.delete("first token");
    api.tokens.set("second token", "system:serviceaccount:shop:web");
    // 70 % of 21 h: a minute before nothing happens.
    await clock.advance(14.7 * hour - 60_000);
    expect(client.certifications()).to.equal(1);
    await clock.advance(120_000);
    await until(() => client.certifications() === 2);
    expect(client.certificate().chain).to.not.equal(before);
    expect(api.reviews()).to.equal(2);
    expect(
      events.map(({ reason, component, involvedObject }) => [reason, component, involvedObject.kind]),
    ).to.deep.equal(Array.from({ length: 2 }, () => ["IssuedLeafCertificate", "weft-controller", "ServiceAccount"]));
    expect(log()).to.match(/INFO {2}issued a certificate identity=web\.shop\..*expires=/);
    expect(await metrics()).to.match(/^weft_identity_certify_total{result="issued",reason=""} 2$/m);
  });

  it("a proxy that is refused keeps its certificate, and tries again", async () => {
    const running = await serve();
    const client = await proxy(running, () => "first token");
    const before = client.certificate().chain;
    api.tokens.clear();
    await running.clock.advance(14.8 * hour);
    await until(() => client.failures() === 1);
    expect(client.certificate().chain).to.equal(before);
    api.tokens.set("first token", "system:serviceaccount:shop:web");
    await running.clock.advance(4.5 * hour);
    await until(() => client.certifications() === 2);
    expect(running.log()).to.match(/WARN {2}refused a certificate identity=web\.shop\..* reason=token_refused/);
    expect(await running.metrics()).to.match(
      /^weft_identity_certify_total{result="refused",reason="token_refused"} 1$/m,
    );
  });

  const shown = async ({ listener: { address } }: Running): Promise<X509Certificate> => {
    const client = await proxyClient({ address, name, anchors: mesh.anchor.certificate });
    client.close();
    return client.peer;
  };

  it("the control plane's own certificate has the names that proxies expect, and is renewed at 70 %", async () => {
    const running = await serve();
    const first = await shown(running);
    expect(first.subjectAltName).to.equal(`DNS:${name}, DNS:${identityNamed("linkerd-destination", "linkerd")}`);
    const before = running.run.identity();
    await running.clock.advance(14.6 * hour);
    expect(running.run.identity()).to.equal(before);
    await running.clock.advance(0.2 * hour);
    await until(() => running.run.identity() !== before);
    const second = await shown(running);
    expect(second.fingerprint256).to.not.equal(first.fingerprint256);
    expect(await running.metrics()).to.match(/^weft_control_plane_certificate_expiry_timestamp_seconds \d/m);
    expect(running.run.checks.map(({ name: of, look }) => [of, look().fails])).to.deep.equal([
      ["issuer", false],
      ["control plane certificate", false],
      ["token reviews", false],
    ]);
  });

  it("is not ready without the right to review tokens, says so once, and is when it has been given", async () => {
    let allowed = false;
    const { started, clock, log } = await begin(manualClock(), async (call) =>
      call.path === "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        ? { status: 201, body: { status: { allowed } } }
        : api.api.ask(call),
    );
    if ("issues" in started) throw new Error(started.issues.map(issueText).join("; "));
    const look = () => started.value.checks.find(({ name: of }) => of === "token reviews")?.look();
    await until(() => look()?.fails === true);
    expect(look()?.says).to.match(/^may not create tokenreviews \(authentication.k8s.io\): nobody is certified/);
    await clock.advance(31_000);
    allowed = true;
    await clock.advance(31_000);
    await until(() => look()?.fails === false);
    expect(look()?.says).to.equal("may review tokens");
    expect(
      log()
        .split("\n")
        .filter((line) => line.includes("may not create tokenreviews")),
    ).to.have.length(1);
  });

  it("another issuer is used at once, also for the control plane's own certificate", async () => {
    const running = await serve();
    const other = await testMesh(start, 1000 * hour);
    const before = running.run.identity();
    // The new anchor beside the old one: whoever trusts the old one alone goes on.
    const anchors = mesh.anchor.certificate + other.anchor.certificate;
    await mount(mesh.issuerPem, anchors);
    await until(() => running.run.identity() !== before);
    expect(running.run.identity().anchors).to.include(other.anchor.certificate);
    expect(running.events, "the issuer is the same").to.deep.equal([]);
    await mount(other.issuerPem, anchors);
    await until(() => running.events.some(({ reason }) => reason === "IssuerUpdated"));
    const [issuer] = [new X509Certificate(other.issuerPem.certificate)];
    await until(() => new X509Certificate(running.run.identity().certificate).verify(issuer.publicKey));
    const client = await certifiedProxy({
      address: running.listener.address,
      name,
      anchors: other.anchor.certificate,
      identity,
      token: () => Promise.resolve("first token"),
      now: running.now,
      wait: running.clock.wait,
      signal: ending.signal,
    });
    expect(new X509Certificate(client.certificate().chain).verify(issuer.publicKey)).to.equal(true);
  });

  it("the Secret and the ConfigMap that the files are mounted from count before the files, and which is told", async () => {
    const other = await testMesh(start, 1000 * hour);
    const found: Record<string, string> = {};
    let tell = (): void => undefined;
    const { started, metrics, log } = await begin(undefined, undefined, {
      found: (path) => {
        const text = found[basename(path)];
        return text === undefined ? undefined : { text };
      },
      asked: Promise.resolve(),
      onChange: (told) => (tell = told),
    });
    if ("issues" in started) throw new Error(started.issues.map(issueText).join("; "));
    found["ca.crt"] = mesh.anchor.certificate + other.anchor.certificate;
    found["tls.crt"] = other.issuerPem.certificate;
    found["tls.key"] = other.issuerPem.key;
    tell();
    await until(() => log().includes("another issuer is in use"));
    const { fingerprint256 } = new X509Certificate(other.issuerPem.certificate);
    const fingerprint = fingerprint256.replaceAll(":", "").toLowerCase();
    expect(await metrics())
      .to.include(`weft_issuer_info{sha256="${fingerprint}"} 1`)
      .and.to.include(`weft_trust_anchors_info{sha256="${sha256(found["ca.crt"])}"} 1`);
    expect(started.value.checks[0]?.look().says)
      .to.include(`SHA-256 ${fingerprint}`)
      .and.to.include(`trust anchors SHA-256 ${sha256(found["ca.crt"])}`);
  });

  it("an issuer that is broken is told, and the one before stays", async () => {
    const running = await serve();
    await mount(
      { ...mesh.issuerPem, certificate: (await testMesh(start)).issuerPem.certificate },
      mesh.anchor.certificate,
    );
    await until(() => running.events.length > 0);
    const [event] = running.events;
    expect(event).to.deep.include({ type: "Warning", reason: "IssuerUpdateSkipped", involvedObject: deployment });
    expect(event?.message).to.match(/tls\.key: is not the key of the certificate in .*tls\.crt; .*trust anchors/);
    await proxy(running, () => "first token");
    expect(running.run.checks[0]?.look().says).to.match(/is broken: /);
    expect(await running.metrics()).to.match(/^weft_issuer_reload_success 0$/m);
  });

  it("CAs of another mesh are told, and those that pods trust stay", async () => {
    const running = await serve();
    const other = await testMesh(start, 1000 * hour);
    await mount(other.issuerPem, other.anchor.certificate);
    await until(() => running.events.length > 0);
    expect(running.events[0]).to.deep.include({ type: "Warning", reason: "IssuerUpdateSkipped" });
    expect(running.events[0]?.message).to.include("has none of the trust anchors of before");
    const chain = new X509Certificate((await proxy(running, () => "first token")).certificate().chain);
    expect(chain.verify(new X509Certificate(mesh.issuerPem.certificate).publicKey)).to.equal(true);
  });

  it("an issuer of tomorrow is in use when its time has come, and that is said before", async () => {
    const running = await serve();
    const from = Math.floor(start / 1000) * 1000 + 2 * hour;
    const validity = { notBefore: new Date(from), notAfter: new Date(start + 900 * hour) };
    const next = await makeIssuer({ anchor: mesh.anchor, trustDomain, validity });
    await mount(next, mesh.anchor.certificate);
    await until(() => running.events.length > 0);
    const says = () => running.run.checks[0]?.look().says ?? "";
    expect(says()).to.include(`; it is used from ${new Date(from).toISOString()}`);
    expect(running.log()).to.match(new RegExp(`ERROR issuer changed .* usedFrom=.?${new Date(from).toISOString()}`));
    await running.clock.advance(from - start - 1000);
    expect(says()).to.include("is broken");
    await running.clock.advance(1000);
    expect(says()).to.not.include("is broken");
    await until(() => running.events.some(({ reason }) => reason === "IssuerUpdated"));
    const { publicKey } = new X509Certificate(next.certificate);
    await until(() => new X509Certificate(running.run.identity().certificate).verify(publicKey));
  });

  it("an issuer that expires while it is in use refuses, and says whom", async () => {
    mesh = await testMesh(start, hour);
    await mount(mesh.issuerPem, mesh.anchor.certificate);
    const running = await serve();
    expect(await running.metrics()).to.match(/^issuer_cert_ttl_seconds 3(600|599(\.\d+)?)$/m);
    await running.clock.advance(hour + 1000);
    const failed = await proxy(running, () => "first token").catch((error: unknown) => String(error));
    expect(failed).to.match(/gRPC status 2: the issuer, or a CA above it, has expired/);
    const [event] = running.events;
    expect(event).to.deep.include({ type: "Warning", reason: "IssuerValidationFailed" });
    expect(event?.message).to.match(/asked by web\.shop\./);
    await until(async () => {
      await running.clock.advance(1000);
      return running.log().includes("cannot be renewed, trying again in a minute");
    });
  });

  it("a refusal is an Event: of who showed a good token, else of the control plane, in words of weft's own", async () => {
    api.tokens.set("token of another", "system:serviceaccount:shop:db");
    const running = await serve();
    await proxy(running, () => "nobody's token").catch(() => undefined);
    await until(() => running.events.length > 0);
    expect(running.events[0]).to.deep.include({
      type: "Warning",
      reason: "CertificateRefused",
      message: "token_refused: the token is not valid; the log says what was asked for",
      involvedObject: deployment,
    });
    await proxy(running, () => "token of another").catch(() => undefined);
    await until(() => running.events.length > 1);
    expect(running.events[1]).to.deep.include({ type: "Warning", reason: "CertificateRefused" });
    expect(running.events[1]?.involvedObject).to.deep.include({ kind: "ServiceAccount", name: "db" });
    expect(running.events[1]?.message).to.match(/^identity_mismatch: /);
  });

  it("names of Linkerd's own kind of Secret", async () => {
    for (const file of ["tls.crt", "tls.key"]) await folder.remove(file);
    await folder.write("crt.pem", mesh.issuerPem.certificate);
    await folder.write("key.pem", mesh.issuerPem.key);
    const client = await proxy(await serve(), () => "first token");
    expect(client.certifications()).to.equal(1);
  });

  const refused: readonly [claim: string, spoil: () => Promise<unknown>, issue: RegExp][] = [
    [
      "no issuer",
      () => folder.remove("tls.crt"),
      /: has no issuer that can be read: expected tls.crt and tls.key, or crt/,
    ],
    ["no key", () => folder.remove("tls.key"), /tls\.key: there is no such file/],
    ["no anchors", () => folder.write("ca.crt", ""), /ca\.crt: has no PEM certificate/],
  ];
  for (const [claim, spoil, issue] of refused)
    it(`does not start: ${claim}`, async () => {
      await spoil();
      const { started } = await begin();
      expect("issues" in started ? started.issues.map(issueText).join("; ") : "").to.match(issue);
    });
});
