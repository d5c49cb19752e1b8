import { expect } from "chai";
import { tellLeftOver } from "../../../src/cli/install/upgrade.ts";
import { commonLabels, names } from "../../../src/core/install/names.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { fakeApi } from "../../support/api-server.ts";
import { newFolder } from "../../support/folder.ts";
import { httpApi } from "../../support/api-http.ts";
import { run } from "../../../src/cli/program.ts";
import { readDocument } from "../../../src/core/documents/document.ts";
import { splitDocuments } from "../../../src/core/documents/stream.ts";
import { objectsAt, textAt } from "../../../src/core/base/json/read.ts";
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
    await tellLeftOver([kept], "weft", api.ask, io);
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
