import { expect } from "chai";
import { leftOver, tellLeftOver } from "../../../src/cli/install/upgrade.ts";
import { commonLabels, names } from "../../../src/core/install/names.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { fakeApi } from "../../support/api-server.ts";
import { newFolder } from "../../support/folder.ts";
import type { Folder } from "../../support/folder.ts";
import { httpApi } from "../../support/api-http.ts";
import type { HttpApi } from "../../support/api-http.ts";
import { upgradeJson } from "../../../src/cli/install/upgrade-text.ts";
import type { Upgrade } from "../../../src/cli/install/upgrade-text.ts";
import { sha256 } from "../../../src/files/sha256.ts";
import { run } from "../../../src/cli/program.ts";
import { readDocument } from "../../../src/core/documents/document.ts";
import { splitDocuments } from "../../../src/core/documents/stream.ts";
import { annotationsOf, objectsAt, textAt } from "../../../src/core/base/json/read.ts";
import { recordingIo } from "../../support/recording-io.ts";

describe("weft upgrade", () => {
  const configMap = (name: string, namespace: string): JsonObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace, labels: commonLabels },
  });

  it("says how to delete what is not part of weft any more, with its namespace", async () => {
    const kept = configMap(names.given, "weft");
    const io = recordingIo();
    const api = fakeApi(kept, configMap(names.clientCa, "weft"), configMap(names.clientCa, "elsewhere"));
    tellLeftOver(await leftOver([kept], "weft", api.ask), io);
    expect(io.written.stderr).to.equal(
      "weft: configmap/weft-webhook-client-ca is not part of weft any more: kubectl --namespace weft delete configmap/weft-webhook-client-ca\n",
    );
  });
});

describe("weft upgrade where everything is as it would be", () => {
  it("says so, and exits with 0", async () => {
    const folder = await newFolder();
    const installed = recordingIo();
    await run(
      ["install", "--offline", "--image", "example.org/weft", "--anchor-key-file", folder.at("key")],
      installed,
    );
    const cluster = await httpApi(objectsIn(installed.written.stdout));
    await folder.write("config", cluster.kubeconfig);
    const io = recordingIo();
    const exit = await run(["upgrade", "--kubeconfig", folder.at("config"), "--exit-code"], io);
    await cluster.stop();
    await folder.destroy();
    expect({ exit, ...io.written }).to.deep.equal({ exit: 0, stdout: "", stderr: "weft: nothing would change\n" });
  });
});

const objectsIn = (text: string): readonly JsonObject[] =>
  splitDocuments(text).map((document) => readDocument(document.text).value as JsonObject);

const imagesIn = (text: string): readonly string[] => [
  ...new Set(
    objectsIn(text)
      .filter(({ kind }) => kind === "Deployment")
      .flatMap((object) => objectsAt(object, "spec", "template", "spec", "containers"))
      .map((container) => textAt(container, "image")),
  ),
];

describe("weft upgrade of what weft install of an older version printed", () => {
  /** What the older one printed, with these flags; then what the newer one says about it. */
  async function upgraded(
    flags: readonly string[],
    change = (object: JsonObject) => object,
    more: readonly string[] = [],
  ) {
    const folder = await newFolder();
    const older = recordingIo({ version: "0.1.0" });
    const key = ["--anchor-key-file", folder.at("anchor.key")];
    expect(await run(["install", "--offline", ...key, ...flags], older)).to.equal(0);
    const cluster = await httpApi(objectsIn(older.written.stdout).map(change));
    await folder.write("config", cluster.kubeconfig);
    const newer = recordingIo({ version: "0.2.0" });
    const exit = await run(["upgrade", "--kubeconfig", folder.at("config"), "-o", "yaml", ...more], newer);
    await cluster.stop();
    await folder.destroy();
    return { exit, ...newer.written };
  }

  const rows: readonly [
    claim: string,
    flags: readonly string[],
    images: readonly string[],
    stderr: RegExp,
    more?: readonly string[],
  ][] = [
    ["a registry's image follows", ["--image", "example.org/weft"], ["example.org/weft:0.2.0"], /^$/],
    ["so does one with the tag of then", ["--image", "example.org/weft:0.1.0"], ["example.org/weft:0.2.0"], /^$/],
    ["a tag of one's own stays", ["--image", "example.org/weft:old"], ["example.org/weft:old"], /tag old is pinned/],
    [
      "until it is taken back",
      ["--image", "example.org/weft:old"],
      ["example.org/weft:0.2.0"],
      /^$/,
      ["--set", "weft.image.tag=null"],
    ],
    ["an image without a name is to be put on the nodes", [], ["weft:0.2.0"], /no image is named: weft:0\.2\.0/],
    [
      "a text of an older version is read",
      ["--set", "weft.image=example.org/weft:0.1.0"],
      ["example.org/weft:0.2.0"],
      /^$/,
    ],
  ];
  for (const [claim, flags, images, stderr, more] of rows) {
    it(claim, async () => {
      const found = await upgraded(flags, undefined, more);
      expect({ exit: found.exit, images: imagesIn(found.stdout) }).to.deep.equal({ exit: 0, images });
      expect(found.stderr).to.match(stderr);
    });
  }

  it("reads an image as one text, as older versions kept it", async () => {
    const asText = (object: JsonObject): JsonObject =>
      textAt(object, "metadata", "name") === names.given
        ? { ...object, data: { values: "weft:\n  image: example.org/weft:0.1.0\n" } }
        : object;
    expect(imagesIn((await upgraded([], asText)).stdout)).to.deep.equal(["example.org/weft:0.2.0"]);
  });

  it("stays of the mesh that it is of, whatever its trust anchors are by now", async () => {
    const ofMesh = (object: JsonObject): JsonObject =>
      annotationsOf(object)["weft.linkerd.io/mesh"] === undefined
        ? object
        : {
            ...object,
            metadata: { ...(object["metadata"] as JsonObject), annotations: { "weft.linkerd.io/mesh": "x" } },
          };
    const { stdout } = await upgraded([], ofMesh);
    const meshes = objectsIn(stdout).map((object) => annotationsOf(object)["weft.linkerd.io/mesh"]);
    expect(meshes.filter((mesh) => mesh !== undefined)).to.deep.equal(["x", "x", "x"]);
  });

  it("prints nothing over an installation that Helm keeps, and names its command", async () => {
    const byHelm = (object: JsonObject): JsonObject => ({
      ...object,
      metadata: {
        ...(object["metadata"] as JsonObject),
        annotations: { "meta.helm.sh/release-name": "mesh", "meta.helm.sh/release-namespace": "ops" },
      },
    });
    const { exit, stdout, stderr } = await upgraded([], byHelm);
    expect({ exit, stdout }).to.deep.equal({ exit: 1, stdout: "" });
    expect(stderr).to.equal(
      "weft: Helm keeps this installation: helm upgrade mesh CHART --namespace ops; nothing was printed\n",
    );
  });
});

describe("weft upgrade --wait", () => {
  let folder: Folder;
  let cluster: HttpApi;
  /** Pod → its page of metrics. */
  const pages = new Map<string, string>();
  beforeEach(async () => {
    folder = await newFolder();
    pages.clear();
    const installed = recordingIo({ version: "0.2.0" });
    const flags = ["--image", "example.org/weft", "--anchor-key-file", folder.at("key")];
    await run(["install", "--offline", ...flags], installed);
    cluster = await httpApi(objectsIn(installed.written.stdout));
    cluster.api.answerWith(({ path }) => {
      const [, pod = ""] = /\/pods\/(.*):9995\/proxy\/metrics$/.exec(path) ?? [];
      const text = pages.get(pod);
      return text === undefined ? undefined : { status: 200, body: null, text };
    });
    await folder.write("config", cluster.kubeconfig);
  });
  afterEach(async () => {
    await cluster.stop();
    await folder.destroy();
  });

  const deployment = (name: string): string => `/apis/apps/v1/namespaces/weft/deployments/${name}`;
  const rolledOut = (name: string, available: number): void => {
    const status = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: available };
    cluster.api.put({ ...cluster.api.stored(deployment(name)), status });
  };
  const replica = (component: string, settings: string): void => {
    const labels = { "app.kubernetes.io/name": "weft", "app.kubernetes.io/component": component };
    const metadata = { name: `${component}-a`, namespace: "weft", labels };
    const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
    cluster.api.put({ apiVersion: "v1", kind: "Pod", metadata, status });
    pages.set(`${component}-a`, `weft_settings_info{sha256="${sha256(settings)}"} 1\n`);
  };
  const stored = (): string =>
    textAt(cluster.api.stored("/api/v1/namespaces/weft/configmaps/linkerd-config"), "data", "values");
  const atWork = (settings: string): void => {
    for (const name of ["weft-injector", "weft-controller", "weft-certificates"]) rolledOut(name, 2);
    for (const component of ["injector", "controller"]) replica(component, settings);
  };
  const upgrade = async (version: string, ...flags: readonly string[]) => {
    const io = recordingIo({ version });
    // Shorter than the pause between two looks: one look.
    const exit = await run(["upgrade", "--kubeconfig", folder.at("config"), "--wait", "1s", ...flags], io);
    return { exit, ...io.written };
  };

  it("is over when every replica is of this version and uses what is stored", async () => {
    atWork(stored());
    expect(await upgrade("0.2.0")).to.deep.equal({
      exit: 0,
      stdout: "",
      stderr: "weft: nothing would change, and every replica uses what is stored\n",
    });
  });

  const hint = "weft: applied, and not in use everywhere yet; waited 1s\n";
  const failing: readonly (readonly [claim: string, breaks: () => void, stderr: string])[] = [
    [
      "a Deployment that is not rolled out",
      () => rolledOut("weft-controller", 1),
      "weft: deployment/weft-controller: 1 of 2 pods are ready\n",
    ],
    [
      "a replica that uses something else",
      () => replica("injector", "old"),
      "weft: injector-a: settings: cba06b5736fa… in use, HASH… stored (SHA-256)\n",
    ],
  ];
  for (const [claim, breaks, stderr] of failing) {
    it(`fails in the end with ${claim}`, async () => {
      atWork(stored());
      breaks();
      const expected = stderr.replace("HASH", sha256(stored()).slice(0, 12));
      expect(await upgrade("0.2.0")).to.deep.equal({ exit: 1, stdout: "", stderr: `${expected}${hint}` });
    });
  }

  it("fails with what would change where it was not applied, and says how", async () => {
    atWork(stored());
    const { exit, stdout, stderr } = await upgrade("0.3.0");
    expect(exit).to.equal(1);
    expect(stdout).to.include("+        image: example.org/weft:0.3.0");
    expect(stderr).to.equal("weft: not applied yet: weft upgrade -o yaml | kubectl apply -f -; waited 1s\n");
  });

  it("is not for what is to be applied", async () => {
    const { exit, stderr } = await upgrade("0.2.0", "-o", "yaml");
    expect(exit).to.equal(2);
    expect(stderr).to.match(
      /^weft: --wait: comes after it: weft upgrade -o yaml \| kubectl apply -f - && weft upgrade --wait 2m\n/,
    );
  });

  it("tells programs the same by -o json", async () => {
    atWork(stored());
    rolledOut("weft-certificates", 0);
    const { exit, stdout } = await upgrade("0.3.0", "-o", "json");
    const found = JSON.parse(stdout) as {
      readonly changes: readonly JsonObject[];
      readonly waiting: readonly string[];
    };
    expect(exit).to.equal(1);
    expect(found.waiting).to.deep.equal(["deployment/weft-certificates: 0 of 1 pods are ready"]);
    expect(found.changes.map(({ object }) => object)).to.deep.equal([
      "deployment/weft-controller",
      "deployment/weft-certificates",
      "deployment/weft-injector",
    ]);
  });
});

describe("weft upgrade -o json", () => {
  const options = { installed: "0.1.0", version: "0.2.0", keeper: undefined, waiting: undefined } as const;
  const injector = { apiVersion: "apps/v1", kind: "Deployment", name: "weft-injector", namespace: "weft" };
  const rows: readonly (readonly [claim: string, upgrade: Partial<Upgrade>, shown: JsonObject])[] = [
    ["nothing", {}, {}],
    ["an installation that does not say its version", { installed: undefined }, { installed: null }],
    [
      "who keeps it",
      { keeper: { tool: "Helm", command: "helm upgrade" } },
      { keeper: { tool: "Helm", command: "helm upgrade" } },
    ],
    [
      "a change, by its lines",
      {
        changes: [
          { name: injector, kind: "changed", hunks: [{ range: "", place: "", lines: [" a", "-b: 1", "+b: 2"] }] },
        ],
      },
      {
        changes: [
          { object: "deployment/weft-injector", namespace: "weft", change: "changed", lines: ["-b: 1", "+b: 2"] },
        ],
      },
    ],
    [
      "a refusal",
      { refusals: [{ name: injector, why: "quota" }] },
      { refused: [{ object: "deployment/weft-injector", namespace: "weft", why: "quota" }] },
    ],
    [
      "what is left over",
      { leftOver: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "weft" } }] },
      {
        leftOver: [{ object: "configmap/a", namespace: "weft", delete: "kubectl --namespace weft delete configmap/a" }],
      },
    ],
    ["what is waited for", { waiting: [] }, { waiting: [] }],
  ];
  const nothing = { installed: "0.1.0", command: "0.2.0", keeper: null, changes: [], refused: [], leftOver: [] };
  for (const [claim, upgrade, shown] of rows) {
    it(`has ${claim}`, () => {
      const text = upgradeJson({ ...options, changes: [], refusals: [], leftOver: [], ...upgrade });
      expect(JSON.parse(text)).to.deep.equal({ ...nothing, ...shown });
    });
  }
});
