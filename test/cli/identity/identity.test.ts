/** `weft identity`: CAs made as files, and a rotation from its first step to its last against an API server in memory. */
import { X509Certificate, createPrivateKey } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { expect } from "chai";
import { gatherRotation } from "../../../src/cli/identity/gather.ts";
import { addAnchor, changeIssuer, dropAnchors } from "../../../src/cli/identity/steps.ts";
import type { StepWorld } from "../../../src/cli/identity/steps.ts";
import { CommandFailure } from "../../../src/cli/io.ts";
import { base64, newAuthorities } from "../../../src/cli/issuer-files.ts";
import { run } from "../../../src/cli/program.ts";
import { phaseOf, propagation } from "../../../src/core/identity/rotation.ts";
import { asObject } from "../../../src/core/base/json/edit.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { newFolder } from "../../support/folder.ts";
import type { Folder } from "../../support/folder.ts";
import { fakeApi } from "../../support/api-server.ts";
import type { FakeApi } from "../../support/api-server.ts";
import { recordingIo } from "../../support/recording-io.ts";

const start = new Date();
const day = 86_400_000;
const later = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);

describe("weft identity", () => {
  let folder: Folder;
  let authorities: Awaited<ReturnType<typeof newAuthorities>>;
  before(async () => {
    folder = await newFolder();
    authorities = await newAuthorities("cluster.local", start);
    await folder.write("anchor.key", authorities.anchor.key);
  });
  after(() => folder.destroy());

  it("makes CAs as files that weft install takes, and never over others", async () => {
    const made = await newFolder();
    const io = recordingIo();
    expect(await run(["identity", "make", made.at("keys"), "--trust-domain", "mesh.test"], io)).to.equal(0);
    expect((await stat(made.at("keys/anchor.key"))).mode & 0o777).to.equal(0o600);
    const text = (name: string) => readFile(made.at(`keys/${name}`), "utf8");
    const anchor = new X509Certificate(await text("ca-bundle.crt"));
    expect(anchor.subject).to.equal("CN=root.linkerd.mesh.test");
    expect(anchor.checkPrivateKey(createPrivateKey(await text("anchor.key")))).to.equal(true);
    const flags = ["--trust-anchors=ca-bundle.crt", "--issuer-cert=crt.pem", "--issuer-key=key.pem"];
    const paths = flags.map((flag) => flag.replace("=", `=${made.path}/keys/`));
    expect(await run(["install", ...paths, "--set", "identityTrustDomain=mesh.test"], recordingIo())).to.equal(0);
    const again = recordingIo();
    expect(await run(["identity", "make", made.at("keys")], again)).to.equal(1);
    expect(again.written.stderr).to.equal(`weft: ${made.at("keys/anchor.key")}: is there already\n`);
    await made.destroy();
  });

  const usage: readonly [args: readonly string[], stderr: string][] = [
    [
      [],
      [
        "say what to do:",
        "  weft identity status          shows trust anchors, issuer, and what comes next",
        "  weft identity rotate issuer   changes the issuer; with --start",
        "  weft identity rotate anchor   changes the trust anchor, in steps; with --start and --finish",
        "  weft identity make FOLDER     writes the CAs of a new mesh as files",
      ].join("\nweft: "),
    ],
    [["status", "-o", "yaml"], '--output: unsupported format "yaml", expected text or json'],
    [["renew"], '"renew" is not status, rotate or make'],
    [["rotate"], "rotate: say which, anchor or issuer"],
    [["status", "-n", "A_b"], '--namespace: "A_b" is not the name of a namespace'],
    [["make", "keys", "--trust-domain", "a b"], '--trust-domain: "a b" is not a domain'],
    [["make"], "make: say where the keys go, in a folder: weft identity make FOLDER"],
    [["rotate", "anchor", "--start", "--finish"], "rotate: one of --status, --start and --finish, not 2"],
  ];
  for (const [args, stderr] of usage) {
    it(`tells what is wrong with ${args.join(" ")}`, async () => {
      const io = recordingIo();
      expect(await run(["identity", ...args], io)).to.equal(2);
      expect(io.written.stderr).to.equal(`weft: ${stderr}\n`);
    });
  }

  const mesh = (...more: readonly JsonObject[]): FakeApi =>
    fakeApi(
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "weft-controller", namespace: "weft" },
        spec: { template: { spec: { containers: [{ args: ["controller", "--identity-lifetime=1h"] }] } } },
      },
      configMap("linkerd-config", { values: "{}\n" }),
      configMap("linkerd-identity-trust-roots", { "ca-bundle.crt": authorities.anchor.certificate }),
      issuerSecret(),
      ...more,
    );
  const issuerSecret = (annotations: JsonObject = {}): JsonObject => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "linkerd-identity-issuer", namespace: "weft", annotations },
    data: { "crt.pem": base64(authorities.issuer.certificate), "key.pem": base64(authorities.issuer.key) },
  });

  const worldOf = (api: FakeApi, now: Date, changes: Partial<StepWorld> = {}): StepWorld => {
    const io = recordingIo();
    return { ask: api.ask, io, namespace: "weft", now, dryRun: false, force: false, ...changes };
  };
  const gathered = (api: FakeApi, now: Date) => gatherRotation(api.ask, "weft", now);
  const bundle = (api: FakeApi): string =>
    String(
      asObject(api.stored("/api/v1/namespaces/weft/configmaps/linkerd-identity-trust-roots")?.["data"])?.[
        "ca-bundle.crt"
      ],
    );
  const issuer = (api: FakeApi): X509Certificate => {
    const data = asObject(api.stored("/api/v1/namespaces/weft/secrets/linkerd-identity-issuer")?.["data"]);
    return new X509Certificate(Buffer.from(String(data?.["crt.pem"]), "base64"));
  };
  /** As an API server notes it. */
  const noted = (api: FakeApi, path: string, at: Date): void => {
    const object = api.stored(`/api/v1/namespaces/weft/${path}`) ?? {};
    const managedFields = [{ manager: "x", time: at.toISOString(), fieldsV1: { "f:data": {} } }];
    api.put({ ...object, metadata: { ...asObject(object["metadata"]), managedFields } });
  };

  it("changes the anchor of a mesh, step by step, with the keys in files", async () => {
    const api = mesh(pod("web", authorities.anchor.certificate));
    const keyFile = folder.at("second.key");
    await addAnchor(await gathered(api, start), keyFile, worldOf(api, start));
    noted(api, "configmaps/linkerd-identity-trust-roots", start);
    expect(bundle(api).match(/BEGIN/g)).to.have.length(2);
    const second = await readFile(keyFile, "utf8");
    expect(
      JSON.stringify(api.stored("/api/v1/namespaces/weft/configmaps/linkerd-identity-trust-roots")),
    ).to.not.include(second.split("\n")[1]);

    const then = later(propagation);
    const change = async (now: Date) => changeIssuer(await gathered(api, now), keyFile, worldOf(api, now));
    expect(await told(change(then))).to.match(/shop pod\/web: 1 pod does not trust anchor .*--force/s);
    api.put(pod("web", bundle(api)));
    expect(await told(change(start))).to.match(/^bundle: was changed 0 s ago; it takes 5 min more/);
    await change(then);
    noted(api, "secrets/linkerd-identity-issuer", then);
    const [, anchor = ""] = bundle(api).split(/(?<=-----END CERTIFICATE-----\n)/);
    expect(issuer(api).verify(new X509Certificate(anchor).publicKey)).to.equal(true);

    const drop = async (now: Date) => dropAnchors(await gathered(api, now), worldOf(api, now));
    expect(await told(drop(then))).to.match(/^issuer: was changed 0 s ago; it takes 66 min more/);
    await drop(later(2 * day));
    expect(bundle(api)).to.equal(anchor);
    expect(phaseOf((await gathered(api, later(2 * day))).facts)).to.deep.equal({ kind: "steady" });
  });

  it("changes the issuer below the anchor whose key is given", async () => {
    const api = mesh(pod("web", authorities.anchor.certificate));
    const before = issuer(api).fingerprint256;
    await changeIssuer(await gathered(api, start), folder.at("anchor.key"), worldOf(api, start));
    expect(issuer(api).fingerprint256).to.not.equal(before);
    expect(issuer(api).verify(new X509Certificate(authorities.anchor.certificate).publicKey)).to.equal(true);
    await folder.write("other.key", (await newAuthorities("cluster.local", start)).anchor.key);
    const other = changeIssuer(
      await gathered(api, start),
      folder.at("other.key"),
      worldOf(api, start, { force: true }),
    );
    expect(await told(other)).to.equal("anchor: is none of the trust anchors in the bundle");
  });

  it("passes over what yields when it is forced to, and says so", async () => {
    const api = mesh(pod("web", "nothing"));
    const world = worldOf(api, start, { force: true, io: recordingIo() });
    await changeIssuer(await gathered(api, start), folder.at("anchor.key"), world);
    const io = recordingIo();
    await changeIssuer(await gathered(api, start), folder.at("anchor.key"), worldOf(api, start, { force: true, io }));
    expect(io.written.stderr).to.match(/^weft: passed over: shop pod\/web: 1 pod does not trust anchor/);
  });

  it("does nothing in a dry run", async () => {
    const api = mesh();
    const before = [bundle(api), issuer(api).fingerprint256];
    const world = worldOf(api, start, { dryRun: true });
    await addAnchor(await gathered(api, start), folder.at("never.key"), world);
    await changeIssuer(await gathered(api, start), folder.at("anchor.key"), world);
    expect([bundle(api), issuer(api).fingerprint256]).to.deep.equal(before);
    expect(await stat(folder.at("never.key")).catch(() => "none")).to.equal("none");
  });

  it("leaves what somebody else has changed meanwhile", async () => {
    const api = mesh();
    const seen = await gathered(api, start);
    api.put(configMap("linkerd-identity-trust-roots", { "ca-bundle.crt": "another" }));
    const world = worldOf(api, start);
    expect(await told(addAnchor(seen, folder.at("late.key"), world))).to.include("was changed meanwhile");
    expect(bundle(api)).to.equal("another");
  });

  it("leaves an issuer of cert-manager's alone, forced or not", async () => {
    const api = mesh();
    api.put(issuerSecret({ "cert-manager.io/certificate-name": "linkerd-identity-issuer" }));
    const world = worldOf(api, start, { force: true });
    const expected =
      "issuer: is made and renewed by cert-manager (Certificate linkerd-identity-issuer): weft leaves it, and its anchors, alone";
    expect(await told(addAnchor(await gathered(api, start), folder.at("no.key"), world))).to.equal(expected);
    expect(await told(changeIssuer(await gathered(api, start), folder.at("anchor.key"), world))).to.equal(expected);
  });

  it("is not for meshes with Linkerd's control plane", async () =>
    expect(await told(gathered(fakeApi(), start))).to.match(
      /^there is no deployment\/weft-controller in namespace weft/,
    ));
});

const told = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "",
    (error: unknown) => (error instanceof CommandFailure ? error.lines.join("\n") : Promise.reject(error)),
  );

const configMap = (name: string, data: JsonObject): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "weft" },
  data,
});

const pod = (name: string, anchors: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "shop", labels: { "linkerd.io/control-plane-ns": "weft" } },
  spec: {
    containers: [{ name: "linkerd-proxy", env: [{ name: "LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS", value: anchors }] }],
  },
});
