/** `weft install` and `weft uninstall` without a cluster. With one: `test/api/install.api.ts`. */
import { valuesIn } from "../../../src/core/cluster/values-file.ts";
import { X509Certificate, createPrivateKey, generateKeyPairSync } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { expect } from "chai";
import { newAuthorities } from "../../../src/cli/issuer-files.ts";
import { run } from "../../../src/cli/program.ts";
import { throwAwayAnchor } from "../../support/certificates.ts";
import { selfSigned } from "../../../src/certificates/x509/self-signed.ts";
import { readDocument } from "../../../src/core/documents/document.ts";
import { splitDocuments } from "../../../src/core/documents/stream.ts";
import { asObject } from "../../../src/core/base/json/edit.ts";
import { nameOf, shownName } from "../../../src/core/install/print.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { newFolder } from "../../support/folder.ts";
import type { Folder } from "../../support/folder.ts";
import { recordingIo } from "../../support/recording-io.ts";
import { leftBehind } from "../../../src/cli/install/uninstall.ts";
import { defaultValues } from "../../../src/core/inject/settings/defaults.ts";
import { resolveOptions } from "../../../src/core/install/choices.ts";
import { uninstallObjects } from "../../../src/core/install/objects.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";

const day = 86_400_000;
const lifetime = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) };

async function ran(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const io = recordingIo({ version: "1.0.0", env });
  const exit = await run(args, io);
  return { exit, ...io.written };
}

/** Nothing to say about the cluster, and about the image. */
const usual = ["--offline", "--image", "example.test/weft"];

const objectsIn = (text: string): readonly JsonObject[] =>
  splitDocuments(text).map((document) => readDocument(document.text).value as JsonObject);

describe("weft install", () => {
  let folder: Folder;
  before(async () => {
    folder = await newFolder();
    await folder.write("anchors.crt", await throwAwayAnchor(lifetime));
    await folder.write("values.yaml", "proxy: { logLevel: debug }\nweft: { replicas: 4 }\n");
    await folder.write("more.yaml", "weft:\n  replicas: 5\n");
    await folder.write("list.yaml", "- 1\n");
    await folder.write("wrong.yaml", "weft:\n  replicas: many\n");
    await folder.write("broken.yaml", "a: [\n");
    for (const [name, host] of [
      ["good", "weft-injector.weft.svc"],
      ["foreign", "weft-injector.mesh.svc"],
    ] as const) {
      const { certificate, key } = await selfSigned({ names: [host], ...lifetime });
      await folder.write(`${name}.crt`, certificate);
      await folder.write(`${name}.key`, key);
    }
  });
  after(() => folder.destroy());

  const install = (args: readonly string[], env?: Readonly<Record<string, string>>) =>
    ran(["install", ...usual, "--trust-anchors", folder.at("anchors.crt"), ...args], env);
  const objectNamed = async (name: string, args: readonly string[]): Promise<JsonObject | undefined> => {
    const { exit, stdout, stderr } = await install(args);
    expect({ exit, stderr }).to.deep.equal({ exit: 0, stderr: "" });
    return objectsIn(stdout).find((object) => shownName(nameOf(object)) === name);
  };
  const replicas = async (args: readonly string[]) =>
    asObject((await objectNamed("deployment/weft-injector", args))?.["spec"])?.["replicas"];

  it("prints the same text each time", async () => expect(await install([])).to.deep.equal(await install([])));

  it("lays values files, single values and flags over each other", async () => {
    const files = ["--values", folder.at("values.yaml")];
    expect(await replicas(files)).to.equal(4);
    expect(await replicas([...files, "-f", folder.at("more.yaml")])).to.equal(5);
    expect(await replicas([...files, "--set", "weft.replicas=6"])).to.equal(6);
    expect(await replicas([...files, "--ha"])).to.equal(4);
    expect(await replicas(["--ha"])).to.equal(3);
    expect(await replicas(["--ha", "--ha=false"])).to.equal(2);
  });

  it("keeps what it was given, for weft upgrade", async () => {
    const kept = await objectNamed("configmap/weft-installation", [
      "--values",
      folder.at("values.yaml"),
      "--image",
      "example.test/weft:2",
    ]);
    expect(kept?.["data"]).to.deep.equal({
      values:
        'proxy:\n  logLevel: debug\nweft:\n  replicas: 4\n  image:\n    registry: example.test\n    name: weft\n    tag: "2"\n',
    });
  });

  it("says where the image has to be when none is named", async () => {
    const { stderr } = await ran(["install", "--offline", "--trust-anchors", folder.at("anchors.crt")]);
    expect(stderr).to.equal(
      "weft: no image is named: weft:1.0.0 has to be on every node, as no registry has it. Build it (docker build --tag REGISTRY/weft:1.0.0 --file images/weft/Dockerfile .), push it (docker push REGISTRY/weft:1.0.0) and say --image REGISTRY/weft\n",
    );
  });

  it("tells typing mistakes in Linkerd's values, where they were typed", async () => {
    await folder.write("typos.yaml", "proxy: { logLevl: debug }\n");
    const inFile = ["-f", folder.at("typos.yaml")];
    const warned = await install(inFile);
    expect({ exit: warned.exit, stderr: warned.stderr }).to.deep.equal({
      exit: 0,
      stderr: `weft: ${folder.at("typos.yaml")}: proxy.logLevl: there is no value proxy.logLevl in Linkerd's chart; did you mean proxy.logLevel?\n`,
    });
    const keyFile = folder.at("never.key");
    const { exit, stdout, stderr } = await ran([
      "install",
      ...usual,
      "--anchor-key-file",
      keyFile,
      ...inFile,
      "--set",
      "proxy.imagee.name=x",
      "--set",
      "proxy.logLevel=5",
    ]);
    expect(await stat(keyFile).catch(() => "not there")).to.equal("not there");
    expect({ exit, stdout, lines: stderr.trimEnd().split("\n") }).to.deep.equal({
      exit: 2,
      stdout: "",
      lines: [
        "weft: --set proxy.imagee.name: there is no value proxy.imagee in Linkerd's chart; did you mean proxy.image?",
        "weft: --set proxy.logLevel: expected text, got 5",
      ],
    });
  });

  it("goes where it is told", async () => {
    const { stdout } = await install(["--namespace", "mesh", "-L", "linkerd-edge"]);
    const found = objectsIn(stdout).map(nameOf);
    expect(found[0]).to.include({ kind: "Namespace", name: "mesh" });
    expect(new Set(found.map(({ namespace }) => namespace))).to.deep.equal(new Set(["", "mesh"]));
    expect(stdout).to.include("--control-plane-namespace=linkerd-edge");
    expect((await install([], { LINKERD_NAMESPACE: "other" })).stdout).to.include("--control-plane-namespace=other");
  });

  it("narrows who may call the webhook, and asks them for a certificate", async () => {
    const flags = ["--webhook-clients", "10.0.0.9/24", "--webhook-client-ca", folder.at("anchors.crt")];
    const policy = await objectNamed("networkpolicy/weft-injector", flags);
    expect(JSON.stringify(policy)).to.include(
      '"from":[{"ipBlock":{"cidr":"10.0.0.0/24"}}],"ports":[{"protocol":"TCP","port":8443}]',
    );
    const pem = await readFile(folder.at("anchors.crt"), "utf8");
    expect((await objectNamed("configmap/weft-webhook-client-ca", flags))?.["data"]).to.deep.equal({ "ca.crt": pem });
    const kept = await objectNamed("configmap/weft-installation", flags);
    const image = { registry: "example.test", name: "weft" };
    expect(valuesIn({ name: "", text: String(asObject(kept?.["data"])?.["values"]) })).to.deep.equal({
      value: { weft: { image, networkPolicy: { webhookClients: ["10.0.0.9/24"] }, webhookClientCa: pem } },
    });
  });

  it("takes a certificate that API servers will believe", async () => {
    const files = ["--tls-cert", "good.crt", "--tls-key", "good.key", "--ca-bundle", "good.crt"];
    const secret = await objectNamed("secret/weft-tls-given", ["--certificates", "files", ...inFolder(folder, files)]);
    expect(Object.keys(secret?.["data"] as JsonObject)).to.deep.equal(["tls.crt", "tls.key"]);
  });

  const rows: readonly [claim: string, args: readonly string[], exit: number, stderr: string][] = [
    [
      "every problem at once",
      ["--set", "weft.replcas=3", "--set", "proxy.uid=x", "--failure-policy", "Maybe"],
      2,
      [
        "--set weft.replcas: is not known; did you mean weft.replicas?",
        '--failure-policy: expected Ignore or Fail, got "Maybe"',
        '--set proxy.uid: expected a whole number, got "x"',
      ].join("\n"),
    ],
    [
      "which file a value is in",
      ["-f", "FOLDER/wrong.yaml"],
      1,
      'FOLDER/wrong.yaml: weft.replicas: expected a whole number from 1 to 100, got "many"',
    ],
    [
      "the flag that was typed",
      ["--certificates", "x"],
      2,
      '--certificates: expected self or cert-manager or files, got "x"',
    ],
    ["what is no value", ["--set", "foo"], 2, '--set: "foo" is not path=value'],
    [
      "files that cannot be used",
      ["-f", "FOLDER/none.yaml", "-f", "FOLDER/list.yaml", "-f", "FOLDER/broken.yaml", "--set", "weft.replicas"],
      2,
      [
        "FOLDER/none.yaml: there is no such file",
        "FOLDER/list.yaml: the values must be a map",
        'FOLDER/broken.yaml: line 1, column 4: "[" is not closed',
        '--set: "weft.replicas" is not path=value',
      ].join("\n"),
    ],
    [
      "a certificate without its key",
      ["--tls-cert", "FOLDER/good.crt"],
      2,
      "--tls-key: is needed beside the others\n--ca-bundle: is needed beside the others",
    ],
    [
      "a certificate for another name, of a CA that is not given",
      [
        "--certificates",
        "files",
        "--tls-cert",
        "FOLDER/foreign.crt",
        "--tls-key",
        "FOLDER/foreign.key",
        "--ca-bundle",
        "FOLDER/good.crt",
      ],
      1,
      [
        "FOLDER/foreign.crt: is not for weft-injector.weft.svc, by which API servers call weft",
        "FOLDER/foreign.crt: is not signed by a certificate in FOLDER/good.crt",
      ].join("\n"),
    ],
    [
      "callers of the webhook that are no networks",
      ["--webhook-clients", "10.0.0.0/24,10.0.0.1"],
      2,
      '--webhook-clients: expected a list of networks such as 10.0.0.0/24 or fd00::/64, got ["10.0.0.0/24","10.0.0.1"]',
    ],
    [
      "callers of the webhook that are blank",
      ["--webhook-clients", ""],
      2,
      '--webhook-clients: expected a list of networks such as 10.0.0.0/24 or fd00::/64, got [""]',
    ],
    [
      "a certificate of the webhook's callers in place of their CA",
      ["--webhook-client-ca", "FOLDER/good.crt"],
      1,
      "FOLDER/good.crt: is not a CA",
    ],
    [
      "a CA of the webhook's callers that is none",
      ["--webhook-client-ca", "FOLDER/good.key"],
      1,
      "FOLDER/good.key (--webhook-client-ca): holds a private key; settings are for everybody to read, so keep it in a Secret",
    ],
    ["a name that is none", ["--namespace", "Weft"], 2, '--namespace: "Weft" is not the name of a namespace'],
    ["a flag that is none", ["--adopt-linked"], 2, "unknown flag --adopt-linked; did you mean --adopt-linkerd?"],
  ];
  for (const [claim, args, exit, stderr] of rows) {
    it(`tells ${claim}, and prints nothing`, async () => {
      const told = await install(args.map((arg) => arg.replace("FOLDER", folder.path)));
      const lines = stderr.split("\n").map((line) => `weft: ${line.replaceAll("FOLDER", folder.path)}\n`);
      expect(told).to.deep.equal({ exit, stdout: "", stderr: lines.join("") });
    });
  }

  it("makes the CAs of a mesh where none are given, and keeps the anchor's key out of what it prints", async () => {
    const file = folder.at("anchor.key");
    const { exit, stdout, stderr } = await ran(["install", ...usual, "--anchor-key-file", file]);
    expect({ exit, stderr }).to.deep.equal({
      exit: 0,
      stderr: `weft: a new trust anchor: its key is in ${file}, and nowhere else. Keep it safe, and not in the cluster: weft identity rotate needs it once a year\n`,
    });
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    const key = await readFile(file, "utf8");
    expect(stdout).to.not.include(key.split("\n")[1]);
    const found = (name: string) => objectsIn(stdout).find((object) => shownName(nameOf(object)) === name);
    const data = (name: string) => asObject(found(name)?.["data"]) ?? {};
    const anchor = new X509Certificate(String(data("configmap/linkerd-identity-trust-roots")["ca-bundle.crt"]));
    const secret = data("secret/linkerd-identity-issuer");
    const issuer = new X509Certificate(Buffer.from(String(secret["crt.pem"]), "base64"));
    expect(issuer.verify(anchor.publicKey)).to.equal(true);
    expect(issuer.checkPrivateKey(createPrivateKey(Buffer.from(String(secret["key.pem"]), "base64")))).to.equal(true);
    expect(anchor.checkPrivateKey(createPrivateKey(key))).to.equal(true);
    const years = (certificate: X509Certificate): number =>
      (certificate.validToDate.getTime() - Date.now()) / (365 * day);
    expect(years(anchor)).to.be.closeTo(10, 0.01);
    expect(years(issuer)).to.be.closeTo(1, 0.01);
    expect(stdout).to.include("--control-plane-namespace=weft");
  });

  it("writes no key over another, and prints nothing then", async () => {
    await folder.write("there.key", "mine");
    const { exit, stdout, stderr } = await ran(["install", ...usual, "--anchor-key-file", folder.at("there.key")]);
    expect({ exit, stdout }).to.deep.equal({ exit: 1, stdout: "" });
    expect(stderr).to.include("there.key: is there already");
    expect(stderr).to.include("the shell has emptied that file").and.include("weft upgrade -o yaml");
    expect(await readFile(folder.at("there.key"), "utf8")).to.equal("mine");
  });

  it("refuses trust anchors that are of no use, and names one among good ones", async () => {
    const old = await throwAwayAnchor({ notBefore: new Date(0), notAfter: new Date(day) });
    const leaf = (await selfSigned({ names: ["web"], ...lifetime })).certificate;
    const good = await throwAwayAnchor(lifetime);
    await folder.write("bad.crt", leaf + old);
    await folder.write("mixed.crt", good + old);
    const [bad, mixed] = [folder.at("bad.crt"), folder.at("mixed.crt")];
    const refused = await ran(["install", ...usual, "--trust-anchors", bad]);
    expect(refused).to.deep.equal({
      exit: 1,
      stdout: "",
      stderr: [
        `weft: ${bad} (--trust-anchors), certificate 1: CN=web is not a CA, and so no trust anchor\n`,
        `weft: ${bad} (--trust-anchors), certificate 2: CN=root.linkerd.cluster.local expired at 1970-01-02T00:00:00.000Z\n`,
      ].join(""),
    });
    const warned = await ran(["install", ...usual, "--trust-anchors", mixed]);
    expect({ ...warned, stdout: "" }).to.deep.equal({
      exit: 0,
      stdout: "",
      stderr: `weft: ${mixed} (--trust-anchors), certificate 2: CN=root.linkerd.cluster.local expired at 1970-01-02T00:00:00.000Z\n`,
    });
  });

  it("names the file and the flag of a private key that would be published", async () => {
    const key = "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n";
    await folder.write("key.pem", (await throwAwayAnchor(lifetime)) + key);
    for (const flag of ["--trust-anchors", "--webhook-client-ca"]) {
      const { exit, stderr } = await ran(["install", flag, folder.at("key.pem")]);
      expect(exit).to.equal(1);
      expect(stderr).to.include(`weft: ${folder.at("key.pem")} (${flag}): holds a private key; `);
    }
  });

  it("names the file of a private key in values, wherever in them it stands", async () => {
    const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "der" });
    const text = key.toString("base64");
    const values = {
      proxy: { additionalEnv: [{ name: "A", value: text }], podAnnotations: { "a.b/c": text } },
      weft: { [text]: 1 },
    };
    await folder.write("values-v1.yaml", JSON.stringify(values));
    const { exit, stderr } = await ran(["install", ...usual, "--values", folder.at("values-v1.yaml")]);
    expect(exit).to.equal(1);
    expect(stderr).to.not.include(text.slice(0, 40));
    const refusal = "holds a private key; settings are for everybody to read, so keep it in a Secret";
    expect(stderr.split("\n").filter((line) => line !== "")).to.deep.equal(
      ["proxy.additionalEnv.0.value:", "proxy.podAnnotations.a.b/c:", "weft: a name in it"].map(
        (place) => `weft: ${folder.at("values-v1.yaml")}: ${place} ${refusal}`,
      ),
    );
  });

  it("refuses an issuer's key without its certificate, and says that one is not used that nobody asked for", async () => {
    const withTls = (tls: object): string => JSON.stringify({ identity: { issuer: { tls } } });
    await folder.write("alone.yaml", withTls({ keyPEM: "key" }));
    const alone = await ran(["install", ...usual, "--values", folder.at("alone.yaml")]);
    expect(alone.exit).to.equal(1);
    expect(alone.stderr).to.include("identity.issuer.tls.keyPEM: has no crtPEM beside it");
    await folder.write("pair.yaml", withTls({ keyPEM: "key", crtPEM: "certificate" }));
    const key = ["--anchor-key-file", folder.at("pair-anchor.key")];
    const pair = await ran(["install", ...usual, ...key, "--values", folder.at("pair.yaml")]);
    expect(pair.stderr).to.include("identity.issuer.tls: is not used; with weft.controlPlane: own it is");
  });

  it("takes CAs that are given, and goes where the control plane is said to be", async () => {
    const { anchor, issuer } = await newAuthorities("cluster.local", new Date());
    await folder.write("root.crt", anchor.certificate);
    await folder.write("issuer.crt", issuer.certificate);
    await folder.write("issuer.key", issuer.key);
    const files = ["--issuer-cert", folder.at("issuer.crt"), "--issuer-key", folder.at("issuer.key")];
    const { exit, stdout, stderr } = await ran([
      "install",
      ...usual,
      "--trust-anchors",
      folder.at("root.crt"),
      ...files,
      "-L",
      "mesh",
    ]);
    expect(exit).to.equal(0);
    expect(stderr).to.match(/^weft: weft's own control plane goes into namespace mesh; of a Linkerd .*\n$/);
    expect(new Set(objectsIn(stdout).map((object) => nameOf(object).namespace))).to.deep.equal(new Set(["", "mesh"]));
    expect(stdout).to.include("--control-plane-namespace=mesh");
    const foreign = await install(files);
    expect(foreign.exit).to.equal(1);
    expect(foreign.stderr).to.match(/issuer\.crt: is signed by .*, and leads to none of the trust anchors/);
    const half = await install(files.slice(0, 2));
    expect(half.stderr).to.equal("weft: --issuer-key: is needed beside the other\n");
  });

  it("is taken back by weft uninstall --offline with the same flags", async () => {
    const flags = [
      "--trust-anchors",
      folder.at("anchors.crt"),
      "--namespace",
      "mesh",
      "--certificates",
      "cert-manager",
    ];
    const made = objectsIn((await ran(["install", ...flags])).stdout).map(nameOf);
    const { exit, stdout, stderr } = await ran(["uninstall", "--offline", ...flags]);
    expect(exit).to.equal(0);
    const anchors = ({ kind, name }: ReturnType<typeof nameOf>): boolean =>
      kind === "ConfigMap" && name === "linkerd-identity-trust-roots";
    expect(objectsIn(stdout).map(nameOf)).to.deep.equal(made.toReversed().filter((each) => !anchors(each)));
    expect(stderr).to.include("weft backfill --remove").and.not.include("--webhook-client-ca");
  });
});

describe("weft uninstall --offline", () => {
  const result = resolveOptions({
    namespace: "linkerd",
    version: "1.0.0",
    base: defaultValues,
    given: { weft: { adoptLinkerd: true } },
    trustAnchors: "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n",
    issuer: undefined,
    files: undefined,
    sha256: () => "0",
  });

  it("names the CA of the webhook's callers where its namespace stays, unless it is deleted", () => {
    if ("issues" in result) throw new Error(result.issues.map(issueText).join());
    const { options } = result.value;
    expect(leftBehind(options, uninstallObjects(options))).to.equal(
      "installed with --webhook-client-ca there is configmap/weft-webhook-client-ca, too: kubectl --namespace linkerd delete configmap/weft-webhook-client-ca",
    );
    const asked = { ...options, weft: { ...options.weft, webhookClientCa: "PEM" } };
    const objects = uninstallObjects(asked);
    expect(leftBehind(asked, objects)).to.equal(undefined);
    expect(objects.map((object) => nameOf(object).name)).to.include("weft-webhook-client-ca");
    expect(leftBehind(options, [{ kind: "Namespace" }])).to.equal(undefined);
  });
});

const inFolder = (folder: Folder, args: readonly string[]): readonly string[] =>
  args.map((arg) => (arg.startsWith("--") ? arg : folder.at(arg)));
