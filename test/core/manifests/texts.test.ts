import { expect } from "chai";
import { withTexts } from "../../../src/core/manifests/texts.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";

const deployment = (metadata: JsonObject, template: JsonObject): JsonObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata,
  spec: { template },
});

describe("withTexts", () => {
  it("gives text where injection expects text", () => {
    const read = withTexts(
      deployment(
        { name: true, namespace: 7, annotations: { a: false, b: 1.1 } },
        {
          metadata: { labels: { version: 2, canary: true } },
          spec: {
            containers: [
              {
                name: 1,
                image: 2,
                ports: [{ name: 3, containerPort: 4, protocol: "TCP" }],
                volumeMounts: [{ name: 5, mountPath: 6, readOnly: true }],
              },
            ],
            volumes: [{ name: 7 }],
          },
        },
      ),
    );
    expect(read).to.deep.equal(
      deployment(
        { name: "true", namespace: "7", annotations: { a: "false", b: "1.1" } },
        {
          metadata: { labels: { version: "2", canary: "true" } },
          spec: {
            containers: [
              {
                name: "1",
                image: "2",
                ports: [{ name: "3", containerPort: 4, protocol: "TCP" }],
                volumeMounts: [{ name: "5", mountPath: "6", readOnly: true }],
              },
            ],
            volumes: [{ name: "7" }],
          },
        },
      ),
    );
  });

  it("is the object itself where all is text, or of a shape it does not know", () => {
    for (const object of [
      deployment({ name: "a", labels: { b: "c" } }, { spec: { containers: [{ name: "d" }] } }),
      deployment({ annotations: ["a"] }, { metadata: "b", spec: { containers: "c", volumes: [1, null] } }),
      { kind: "Thing", spec: { template: { spec: { containers: [{ name: 1 }] } } } },
      {},
    ]) {
      expect(withTexts(object)).to.equal(object);
    }
  });
});
