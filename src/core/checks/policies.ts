/** Policies that hold nothing, or another thing than they say. Nothing of it where Linkerd's control plane keeps them. */
import { skipped, warningIf, given } from "./check.ts";
import type { Category, Outcome } from "./check.ts";
import type { Facts, PoliciesFound } from "./facts.ts";
import { cut } from "./lines.ts";
import { annotationsCheck } from "./not-taken-up.ts";

const found =
  (lines: (policies: PoliciesFound) => readonly string[]) =>
  ({ policies }: Facts): Outcome =>
    policies === undefined ? skipped : given(policies, (known) => warningIf(cut(lines(known))));

export const policyChecks: Category<Facts> = {
  name: "weft-policies",
  checks: [
    {
      id: "policies-held",
      says: "every policy can be read, and holds for somebody",
      needs: ["control-plane"],
      about:
        "Each line: an object, the place in it, and why nothing comes of it. What cannot be read allows nothing; a default policy that is none, such as `Deny`, closes nothing; a NetworkPolicy without its Service, a Server that selects no pod in the mesh and an authorization without its Server hold for nobody; a NetworkPolicy has no effect on a port that a Server decides about, that is the proxy's own or that passes the proxy by; a Server with a route attached lets nobody in; a TrafficSplit or TCPRoute does nothing for a Service that is not there or that another one decides about, and sends nothing to a backend without the port. See [policy.md](policy.md), [splits.md](splits.md).",
      look: found(({ unheld }) => unheld),
    },
    {
      id: "policies-contested",
      says: "no two Servers select one port of a pod",
      needs: ["control-plane"],
      about:
        "The Server that was created first decides, then the first by name; the others, and what is authorized for them, count for nothing.",
      look: found(({ contested }) => contested),
    },
    {
      id: "kubelet-calls",
      says: "kubelet's probes and hooks get in",
      needs: ["control-plane"],
      about:
        "Kubelet has no identity. Where strangers are refused it gets in by HTTP and gRPC, at the paths that the pod names; not by HTTPS, and not on an opaque port: the pod never gets ready, or is restarted. Ask by HTTP, by gRPC, by `exec` or `tcpSocket`, or another port.",
      look: found(({ refused }) => refused),
    },
    {
      id: "kinds-not-taken-up",
      says: "there is no resource of Linkerd's that weft does not take up",
      needs: ["control-plane"],
      about:
        "weft's control plane makes nothing of these objects: what they say holds for nobody. All kinds, and what is missing: [not-taken-up.md](not-taken-up.md).",
      look: found(({ notTakenUp }) => notTakenUp),
    },
    annotationsCheck,
  ],
};
