/** Answers as tests look at them: each is one that the proxy takes. */
import { expect } from "chai";
import { inboundPolicy } from "../../../src/core/policy/inbound.ts";
import { outboundPolicy } from "../../../src/core/policy/outbound.ts";
import { ipText } from "../../../src/core/proxy-api/address.ts";
import type { Authz, Server } from "../../../src/core/proxy-api/inbound.ts";
import type { OutboundPolicy } from "../../../src/core/proxy-api/outbound.ts";
import type { ClusterView } from "../../../src/core/view/cluster.ts";
import type { MeshView } from "../../../src/core/view/mesh.ts";
import { mesh } from "../../support/view.ts";
import { outboundFaults, serverFaults } from "./valid.ts";

/** The answer about a pod. */
export function serverOf(view: ClusterView, port: number, pod = "web", of: MeshView = mesh): Server {
  const answer = inboundPolicy(view, of, { namespace: "shop", pod }, port);
  if (answer.kind !== "server") throw new Error(`the answer is ${answer.kind}`);
  expect(serverFaults(answer.server)).to.deep.equal([]);
  return answer.server;
}

/** Who gets in, short: `anyone`, `tls`, or identities, and from where. */
export const who = ({ networks = [], authentication }: Authz): string => {
  const { unauthenticated, meshTLS } = authentication ?? {};
  const { identities = [], suffixes = [] } = meshTLS?.identities ?? {};
  const names = [
    ...identities.map(({ name = "" }) => name.replace(".serviceaccount.identity.weft.cluster.local", "")),
    ...suffixes.map(({ parts = [] }) =>
      ["*", ...parts].join(".").replace(".serviceaccount.identity.weft.cluster.local", ""),
    ),
  ];
  const nets = networks.map(({ net, except = [] }) =>
    [net, ...except].map((each) => `${ipText(each?.ip ?? {})}/${each?.prefix_len}`).join(" but "),
  );
  const clients = unauthenticated ? "anyone" : meshTLS?.unauthenticated ? "tls" : names.join(" ");
  return `${clients} from ${nets.join(", ") === "0.0.0.0/0, ::/0" ? "everywhere" : nets.join(", ")}`;
};

/** The answer to a pod of namespace shop that reaches for an address. */
export function policyTo(view: ClusterView, ip: string, port: number, pod = "web"): OutboundPolicy {
  const answer = outboundPolicy(view, mesh, { namespace: "shop", pod }, { ip, port });
  if (answer.kind !== "policy") throw new Error(`the answer is ${answer.kind}`);
  expect(outboundFaults(answer.policy)).to.deep.equal([]);
  return answer.policy;
}
