import { expect } from "chai";
import type { Annotations } from "../../../src/core/base/json/json.ts";
import { entries } from "../../../src/core/registration/entries.ts";
import type { Entry } from "../../../src/core/registration/entries.ts";
import type { Deadline } from "../../../src/async/until.ts";
import { requestNamespace } from "../../../src/webhook/reviews/request-namespace.ts";
import type { KnownNamespace } from "../../../src/webhook/reviews/request-namespace.ts";

const enabled: Annotations = { "linkerd.io/inject": "enabled" };
const ingress: Annotations = { "linkerd.io/inject": "ingress" };
const silent: Annotations = {};
const forever: Deadline = { at: Infinity, signal: () => new AbortController().signal };

describe("the namespace of a pod's request", () => {
  /** What is used, and how often it was read afresh. */
  const used = async (
    entry: Entry | undefined,
    heard: Annotations | undefined,
    fresh: Annotations | undefined,
  ): Promise<readonly [KnownNamespace, number]> => {
    let looks = 0;
    const freshNamespace = async (): Promise<Annotations | undefined> => ((looks += 1), fresh);
    const { ofPod } = requestNamespace({ namespaceNamed: () => heard, freshNamespace }, entry);
    return [await ofPod("shop", forever), looks];
  };

  const rows: readonly [
    claim: string,
    entry: Entry | undefined,
    heard: Annotations | undefined,
    fresh: Annotations | undefined,
    looks: number,
  ][] = [
    ["that asked a moment ago is read afresh", entries.injectNamespace, silent, enabled, 1],
    ["that is new is read afresh", entries.injectNamespace, undefined, ingress, 1],
    ["that stopped asking a moment ago is read afresh", entries.rest, enabled, silent, 1],
    ["whose label was set by hand is read afresh, and does not ask", entries.injectNamespace, silent, silent, 1],
    ["whose label is missing is read afresh, and asks", entries.rest, enabled, enabled, 1],
    ["that asks, as its label says, is known", entries.injectNamespace, enabled, silent, 0],
    ["that asks with ingress, as its label says, is known", entries.injectNamespace, ingress, silent, 0],
    ["that does not ask, as its label says, is known", entries.rest, silent, enabled, 0],
    ["does not matter where the pod asks by itself", entries.injectPod, enabled, silent, 0],
    ["does not matter where the pod declines", entries.restNamespace, silent, enabled, 0],
    ["is what was heard where nothing tells of its label", undefined, silent, enabled, 0],
  ];
  for (const [claim, entry, heard, fresh, looks] of rows) {
    it(claim, async () => {
      expect(await used(entry, heard, fresh)).to.deep.equal([{ annotations: looks === 0 ? heard : fresh }, looks]);
    });
  }

  it("is what was heard where nothing is fresher", async () => {
    const { ofPod } = requestNamespace({ namespaceNamed: () => silent }, entries.injectNamespace);
    expect(await ofPod("shop", forever)).to.deep.equal({ annotations: silent });
  });

  it("is never read afresh for a Service", async () => {
    const freshNamespace = () => Promise.reject(new Error("asked"));
    const { ofOther } = requestNamespace({ namespaceNamed: () => enabled, freshNamespace }, entries.rest);
    expect(await ofOther("shop", forever)).to.deep.equal({ annotations: enabled });
  });

  it("is also checked when it had to be waited for", async () => {
    const needs = { namespaceNamed: async () => silent, freshNamespace: async () => enabled };
    expect(await requestNamespace(needs, entries.injectNamespace).ofPod("shop", forever)).to.deep.equal({
      annotations: enabled,
    });
  });

  it("is read afresh again where the pod must not run unmeshed and there is time", async () => {
    let looks = 0;
    const freshNamespace = async (): Promise<Annotations> => {
      looks += 1;
      if (looks < 3) throw new Error("refused");
      return enabled;
    };
    const { ofPod } = requestNamespace({ namespaceNamed: () => silent, freshNamespace }, entries.injectNamespace);
    expect(await ofPod("shop", { ...forever, at: performance.now() + 5000 })).to.deep.equal({ annotations: enabled });
  });

  describe("that cannot be read afresh", () => {
    const failures: readonly [claim: string, look: () => Promise<undefined>, deadline: Deadline, message: string][] = [
      [
        "as the look failed",
        () => Promise.reject(new Error("refused")),
        { ...forever, at: performance.now() + 100 },
        "refused",
      ],
      [
        "before the deadline",
        () => new Promise(() => undefined),
        { at: performance.now() + 20, signal: () => AbortSignal.timeout(20) },
        "no answer in time",
      ],
    ];
    for (const [claim, freshNamespace, deadline, message] of failures) {
      it(`${claim}, is unknown where the pod must not run unmeshed`, async () => {
        const { ofPod } = requestNamespace({ namespaceNamed: () => silent, freshNamespace }, entries.injectNamespace);
        const known = await ofPod("shop", deadline);
        expect("unknown" in known && String(known.unknown)).to.equal(`Error: ${message}`);
      });
      it(`${claim}, is what was heard where the pod waits for nobody`, async () => {
        const { ofPod } = requestNamespace({ namespaceNamed: () => enabled, freshNamespace }, entries.rest);
        expect(await ofPod("shop", deadline)).to.deep.equal({ annotations: enabled });
      });
    }
  });
});
