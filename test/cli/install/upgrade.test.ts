import { expect } from "chai";
import { tellLeftOver } from "../../../src/cli/install/upgrade.ts";
import { commonLabels, names } from "../../../src/core/install/names.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { fakeApi } from "../../support/api-server.ts";
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
