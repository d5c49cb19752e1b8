import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { standsStill, written } from "../policies.ts";
import { custom, networkPolicy, pods, service } from "../tenant.ts";
import type { ServerAttack } from "../shape.ts";

const port = (index: number) => ({ port: (index % 65_535) + 1, protocol: "TCP" });
const numbered = <Of>(count: number, of: (index: number) => Of): readonly Of[] =>
  Array.from({ length: count }, (_, index) => of(index));

const attack = (name: string, claim: string, count: number, policies: () => readonly JsonObject[]): ServerAttack => ({
  name,
  claim,
  victim: "controller",
  good: ["certificates", "streams"],
  seconds: 5,
  world: { objects: [...pods(count), service], custom },
  inCluster: written(policies),
  wrong: standsStill,
});

const servers = (count: number, podSelector: (index: number) => JsonObject): readonly JsonObject[] =>
  numbered(count, (index) => ({
    apiVersion: "policy.linkerd.io/v1beta3",
    kind: "Server",
    metadata: { name: `s${index}`, namespace: "evil" },
    spec: { podSelector: podSelector(index), port: index % 2 === 0 ? "http" : index + 1 },
  }));

export const policyPorts = attack(
  "policy-ports",
  "A NetworkPolicy of 40,000 ports for 300 pods neither ends nor stops whoever writes its status.",
  300,
  () => [networkPolicy("p", [{ ports: numbered(40_000, port) }])],
);

export const policyCrowd = attack(
  "policy-crowd",
  "1,000 small policies for 300 pods cost little at a change of one pod.",
  300,
  () =>
    numbered(1000, (index) =>
      networkPolicy(`p${index}`, [
        { from: [{ selector: { matchLabels: { app: "x" } } }], ports: [{ port: 8080, protocol: "TCP" }] },
      ]),
    ),
);

export const policyRules = attack(
  "policy-rules",
  "The same for a policy of 5,000 rules, one with a selector of 20,000 values, and 5,000 Servers.",
  300,
  () => [
    networkPolicy(
      "rules",
      numbered(5000, (index) => ({
        from: [{ selector: { matchExpressions: [{ key: "n", operator: "NotIn", values: ["a", "b"] }] } }],
        ports: [port(index)],
      })),
    ),
    networkPolicy("values", [
      {
        from: [
          {
            selector: {
              matchExpressions: [{ key: "n", operator: "In", values: numbered(20_000, (index) => `v${index}`) }],
            },
          },
        ],
        ports: [{ port: 8080, protocol: "TCP" }],
      },
    ]),
    ...servers(5000, (index) => ({ matchLabels: { n: `zz${index}` } })),
  ],
);

export const policyServers = attack(
  "policy-servers",
  "5,000 Servers, each of which selects all but another one of 1,000 pods, cost little at a change of one pod.",
  1000,
  () => [
    networkPolicy("p", [{ ports: [{ port: 8080, protocol: "TCP" }] }]),
    ...servers(5000, (index) => ({
      matchExpressions: [{ key: "n", operator: "NotIn", values: [`n${index % 1000}`, `m${index}`] }],
    })),
  ],
);
