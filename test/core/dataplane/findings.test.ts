/** What is told of pods, and the command that mends it. */
import { expect } from "chai";
import { findingsOf } from "../../../src/core/dataplane/findings.ts";
import type { Meshed, PodState, Unmeshed } from "../../../src/core/dataplane/state.ts";

const now = Date.parse("2026-03-01T12:00:00Z");

const common = {
  namespace: "shop",
  name: "web-1",
  controller: { kind: "Deployment", name: "web" },
  made: now - 3_600_000,
  readiness: { kind: "ready" },
  annotations: {},
} as const;

const meshed = (changes: Partial<Meshed> = {}): Meshed => ({
  ...common,
  kind: "meshed",
  by: { kind: "weft", maker: "weft/webhook 0.1.0" },
  controlPlaneNamespace: "weft",
  isOfMesh: true,
  proxy: { image: "proxy:1", version: "1", isNative: true, adminPort: 4191 },
  trust: { kind: "stored" },
  now: { kind: "same" },
  ...changes,
});

const unmeshed = (changes: Partial<Unmeshed> = {}): Unmeshed => ({
  ...common,
  kind: "unmeshed",
  asked: "namespace",
  why: { kind: "passed by" },
  ...changes,
});

const log = { container: "linkerd-proxy", field: "env.LINKERD2_PROXY_LOG", is: "warn", wouldBe: "debug" };
const image = { container: "linkerd-proxy", field: "image", is: "registry:5000/l5d/proxy:1", wouldBe: "proxy:2" };
const differs: Meshed["now"] = { kind: "differs", differences: [log] };
const container = { name: "linkerd-init", restarts: 0, last: undefined } as const;
const ended = { kind: "ended", reason: "Error", exitCode: 1 } as const;
const restart = "kubectl -n shop rollout restart deployment/web";
const anchor = "0123456789abcdef";

describe("what is told of pods", () => {
  const rows: readonly (readonly [claim: string, PodState, text: string | undefined, command?: string])[] = [
    ["as it should be", meshed(), undefined],
    ["ended", meshed({ now: differs, readiness: { kind: "ended" } }), undefined],
    ["being deleted", unmeshed({ readiness: { kind: "ending" } }), undefined],
    ["did not ask", unmeshed({ asked: "", why: { kind: "not asked" } }), undefined],
    [
      "without its image",
      meshed({
        readiness: {
          kind: "init",
          since: now,
          container: { ...container, state: { kind: "waiting", reason: "ImagePullBackOff", message: "" } },
        },
      }),
      "stuck: stuck in Init: linkerd-init waits (ImagePullBackOff)",
      "kubectl -n shop describe pod web-1",
    ],
    [
      "fails again and again",
      meshed({
        readiness: {
          kind: "init",
          since: now,
          container: {
            ...container,
            state: { kind: "waiting", reason: "CrashLoopBackOff", message: "" },
            restarts: 5,
            last: ended,
          },
        },
      }),
      "stuck: stuck in Init: linkerd-init waits (CrashLoopBackOff), ended last with exit code 1",
      "kubectl -n shop logs web-1 -c linkerd-init --previous",
    ],
    [
      "its proxy is not certified",
      meshed({
        readiness: {
          kind: "init",
          since: now - 600_000,
          container: { ...container, name: "linkerd-proxy", state: { kind: "running" } },
        },
      }),
      "stuck: stuck in Init: linkerd-proxy runs and is not ready",
      "kubectl -n shop logs web-1 -c linkerd-proxy",
    ],
    [
      "on no node",
      meshed({ readiness: { kind: "unscheduled", since: now - 600_000, message: "0/1 nodes are available" } }),
      "stuck: on no node: 0/1 nodes are available",
      "kubectl -n shop describe pod web-1",
    ],
    [
      "lacks an anchor",
      meshed({ trust: { kind: "other", lacking: [anchor], surplus: [] } }),
      "untrusting: does not trust anchor 0123456789ab",
      restart,
    ],
    [
      "trusts an old anchor",
      meshed({ trust: { kind: "other", lacking: [], surplus: [anchor] } }),
      "older anchors: still trusts anchor 0123456789ab, which is not stored any more",
      restart,
    ],
    [
      "older settings",
      meshed({ now: differs }),
      "older settings: not restarted since its settings changed: LINKERD2_PROXY_LOG of linkerd-proxy",
      restart,
    ],
    [
      "an older proxy",
      meshed({ now: { kind: "differs", differences: [image, { ...image, container: "linkerd-init" }] } }),
      "older proxy: runs proxy:1; made now it would run proxy:2",
      restart,
    ],
    [
      "older settings of all kinds",
      meshed({
        now: {
          kind: "differs",
          differences: [{ ...image, container: "linkerd-init" }, { ...log, field: "" }, log, log, log],
        },
      }),
      "older settings: not restarted since its settings changed: image of linkerd-init, it has linkerd-proxy, LINKERD2_PROXY_LOG of linkerd-proxy, and 2 more",
      restart,
    ],
    [
      "put in by hand",
      meshed({ now: differs, by: { kind: "manual", maker: "weft/cli 0.1.0" } }),
      "older settings: not restarted since its settings changed: LINKERD2_PROXY_LOG of linkerd-proxy",
      "kubectl -n shop get deployment/web -o yaml | weft uninject - | weft inject - | kubectl apply -f -",
    ],
    [
      "a bare pod, put in by hand",
      meshed({ now: differs, by: { kind: "manual", maker: "weft/cli 0.1.0" }, controller: undefined }),
      "older settings: not restarted since its settings changed: LINKERD2_PROXY_LOG of linkerd-proxy",
      "kubectl -n shop get pod/web-1 -o yaml | weft uninject - | weft inject - | kubectl replace --force -f -",
    ],
    [
      "of another control plane",
      meshed({ now: differs, isOfMesh: false, controlPlaneNamespace: "linkerd" }),
      "elsewhere: looks for its control plane in namespace linkerd",
      restart,
    ],
    ["passed by", unmeshed(), "missed: made while the webhook was away", restart],
    [
      "older than weft",
      unmeshed({ why: { kind: "older", than: "registration", since: now } }),
      "missed: made before weft was installed",
      restart,
    ],
    [
      "a StatefulSet's",
      unmeshed({ controller: { kind: "StatefulSet", name: "db" } }),
      "missed: made while the webhook was away",
      "kubectl -n shop rollout restart statefulset/db",
    ],
    [
      "of a kind that kubectl cannot restart",
      unmeshed({ controller: { kind: "Rollout", name: "db" } }),
      "missed: made while the webhook was away",
      "kubectl -n shop delete pod web-1",
    ],
    [
      "a StatefulSet's of another group",
      unmeshed({ controller: { kind: "StatefulSet", name: "db", group: "apps.kruise.io" } }),
      "missed: made while the webhook was away",
      "kubectl -n shop delete pod web-1",
    ],
    [
      "of an owner whose name is none",
      unmeshed({ controller: { kind: "Deployment", name: "../x; touch y" } }),
      "missed: made while the webhook was away",
      "kubectl -n shop delete pod web-1",
    ],
    [
      "put in by hand, of an owner whose name is none",
      meshed({
        now: differs,
        by: { kind: "manual", maker: "weft/cli 0.1.0" },
        controller: { kind: "A", name: "$(b) 'c" },
      }),
      "older settings: not restarted since its settings changed: LINKERD2_PROXY_LOG of linkerd-proxy",
      String.raw`kubectl -n shop get 'a/$(b) '\''c' -o yaml | weft uninject - | weft inject - | kubectl apply -f -`,
    ],
    [
      "bare",
      unmeshed({ controller: undefined }),
      "missed: made while the webhook was away",
      "kubectl -n shop get pod web-1 -o yaml | kubectl replace --force -f -",
    ],
    [
      "left out",
      unmeshed({ why: { kind: "skipped", reasons: ["host_network_enabled"] } }),
      "left out: left out: hostNetwork is enabled",
      "weft explain pod/web-1 -n shop",
    ],
  ];
  for (const [claim, state, text, command] of rows) {
    it(claim, () => {
      const found = findingsOf([state], now).map((each) => [`${each.kind}: ${each.text}`, each.command]);
      expect(found).to.deep.equal(text === undefined ? [] : [[text, command]]);
    });
  }

  it("is told once for the pods of a workload, errors first", () => {
    const older = [meshed({ now: differs }), meshed({ now: differs, name: "web-2" })];
    const found = findingsOf([...older, unmeshed({ name: "web-3" })], now);
    expect(found.map(({ kind, pods }) => [kind, pods])).to.deep.equal([
      ["missed", ["web-3"]],
      ["older settings", ["web-1", "web-2"]],
    ]);
  });
});
