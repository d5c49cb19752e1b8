/** Bounds of what people write: annotations, policies and routes. */
import { longestKey, longestValue as longestLabelValue } from "../../src/core/install/network-policy-crd.ts";
import { largestPattern, longestPattern } from "../../src/core/base/text/pattern.ts";
import { longestValue, mostNetworks, mostPorts, mostVariables, policyBounds } from "../../src/core/mesh/lists.ts";
import { splitBounds } from "../../src/core/mesh/split-bounds.ts";
import { mostClients } from "../../src/core/policy/rate-limit.ts";
import { longestTexts, mostOfRoute } from "../../src/core/policy/route/route.ts";
import { mostAttached } from "../../src/core/policy/routes.ts";
import { mostOfRoutes } from "../../src/core/policy/server-routes.ts";
import { mostAuthorizations } from "../../src/core/policy/linkerd.ts";
import { mostEntries } from "../../src/core/policy/reading.ts";
import { mostAsked } from "../../src/core/policy/server.ts";
import { count, likewise, size } from "./limit-words.ts";
import type { Section } from "./limit-words.ts";

export const policyLimits: Section = {
  title: "Annotations and policies",
  text: "Who writes a list chooses its length, and everybody pays for reading it. What becomes of a policy over a bound: [Policy](policy.md#how-much-a-policy-may-hold).",
  columns: ["what", "how much", "beyond it"],
  rows: [
    [
      "a list in an annotation, each entry of 64 characters on average",
      `${count(mostPorts)} ports, ${mostNetworks} networks, ${count(mostVariables)} variables`,
      "it cannot be used, and its author is warned",
    ],
    ["another value of an annotation", `${count(longestValue)} characters`, likewise],
    ["rules of `ingress`, of `egress` of a NetworkPolicy", count(policyBounds.rules), "refused"],
    ["`ports` of a rule, each port of a range", count(policyBounds.portsOfRule), likewise],
    ["elements of `from`, of `to`", count(policyBounds.peers), likewise],
    ["`matchLabels`, `matchExpressions`, `values` of one of these", count(policyBounds.labels), likewise],
    [
      "labels and expressions in all selectors of `ingress`",
      `${count(policyBounds.requirements)}, as each of them is asked of each pod`,
      "the policy lets nobody in",
    ],
    ["backends of a TrafficSplit or a TCPRoute", count(splitBounds.backends), "it is not used"],
    [
      "another list in a policy, such as one of identities or networks",
      `${count(mostEntries)} entries`,
      "it allows nothing",
    ],
    [
      "labels and expressions in the `podSelector` of a Server",
      count(mostEntries),
      "its port is closed on every pod of the namespace",
    ],
    [
      "different labels and expressions that Servers have a pod asked for, of those found by the same label",
      count(mostAsked),
      "the oldest Servers count; each other closes its port on every pod of the namespace",
    ],
    ["authorizations of one Server, of one route", count(mostAuthorizations), "the first count, by kind and name"],
    ["elements of all lists of a route attached to a Server", count(mostOfRoute), "its Server is closed"],
    [
      "routes attached to one Server",
      `${count(mostAttached.routes)}; ${size(mostAttached.bytes)} of message, a 32nd of what their patterns are compiled to with it`,
      "the Server is closed",
    ],
    ["authorizations of all routes of one Server", size(mostOfRoutes), "the first count; the others let nobody in"],
    ["texts of a route", `${count(longestTexts)} characters`, "it cannot be read: its Server is closed"],
    [
      "a pattern of a route",
      `${count(longestPattern)} characters, ${size(largestPattern)} when it is compiled`,
      "it cannot be read: its Server is closed",
    ],
    ["clients in the `overrides` of a rate limit", count(mostClients), "it limits nothing"],
    [
      "a label's key, its value",
      `${longestKey.maxLength} and ${longestLabelValue.maxLength} characters, as Kubernetes has it for both`,
      "refused",
    ],
  ],
};
