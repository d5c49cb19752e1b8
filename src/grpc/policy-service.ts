/** Who may reach a workload's ports, and how a workload reaches others, as streams. */
import { status } from "@grpc/grpc-js";
import type { sendUnaryData } from "@grpc/grpc-js";
import { perObject } from "../core/base/memory/memo.ts";
import { parseTarget } from "../core/destination/target.ts";
import { followOutbound } from "../core/policy/follow.ts";
import { inboundPolicy } from "../core/policy/inbound.ts";
import type { InboundAnswer } from "../core/policy/inbound.ts";
import type { OutboundAnswer } from "../core/policy/outbound.ts";
import { ipText } from "../core/proxy-api/address.ts";
import type { PortSpec } from "../core/proxy-api/inbound.ts";
import type { TrafficSpec } from "../core/proxy-api/outbound.ts";
import { parseWorkload } from "../core/view/workload.ts";
import type { Workload } from "../core/view/workload.ts";
import { refusalOf } from "./callers.ts";
import type { StreamNeeds } from "./destination-service.ts";
import { encodedService } from "./encoded.ts";
import type { Deferred } from "./encoded.ts";
import type { Following, GrpcFault, LatestCall } from "./following.ts";
import type { HoldBack } from "./held-back.ts";
import type { GrpcService } from "./listener.ts";
import type { Peer } from "./peers.ts";

export interface PolicyNeeds extends StreamNeeds {
  readonly holdBack: HoldBack;
}

export const inboundService = (needs: PolicyNeeds): GrpcService =>
  policyService<PortSpec, InboundAnswer>(needs, {
    name: "inbound",
    methods: { stream: "WatchPort", unary: "GetPort" },
    messageOf: (answer) => (answer.kind === "server" ? answer.server : faultOf(answer, "this pod is not known")),
    read: ({ workload: text = "", port = 0 }) => {
      const workload = parseWorkload(text);
      if (workload === undefined) return notAWorkload;
      const key = JSON.stringify(["inbound", workload.namespace, workload.pod, port]);
      return {
        workload,
        follow: (onValue) => {
          const mesh = needs.mesh();
          return needs.live.follow(key, (view) => inboundPolicy(view, mesh, workload, port), onValue);
        },
      };
    },
  });

export const outboundService = (needs: PolicyNeeds): GrpcService =>
  policyService<TrafficSpec, OutboundAnswer>(needs, {
    name: "outbound",
    methods: { stream: "Watch", unary: "Get" },
    messageOf: (answer) => (answer.kind === "policy" ? answer.policy : faultOf(answer, "no policy of its own")),
    read: (request) => {
      const text = request.source_workload ?? "";
      const workload = parseWorkload(text);
      if (workload === undefined && text !== "") return notAWorkload;
      return {
        workload: workload ?? nobody,
        follow: (onValue) => followTraffic(needs, workload, request, onValue),
        heldBack: { about: ipText(request.addr?.ip ?? {}) ?? "", isDoubtful: ({ kind }) => kind === "nobody" },
      };
    },
  });

function followTraffic(
  { live, mesh }: StreamNeeds,
  workload: Workload | undefined,
  { addr, authority = "" }: TrafficSpec,
  onValue: (value: OutboundAnswer) => void,
): () => void {
  const ip = ipText(addr?.ip ?? {});
  const target = ip === undefined ? parseTarget(authority, mesh().clusterDomain) : { ip, port: addr?.port ?? 0 };
  if ("ip" in target) return followOutbound(live, mesh(), workload, target, onValue);
  // Names are what gateways ask for: the profile of the name says all that there is.
  onValue(target.kind === "invalid" ? target : { kind: "not_found" });
  return () => undefined;
}

/** Both services: what a request follows, and what an answer is as a message. */
interface Policies<Request, Answer> {
  readonly name: "inbound" | "outbound";
  readonly methods: { readonly stream: string; readonly unary: string };
  readonly read: (request: Request) => Asked<Answer> | GrpcFault;
  readonly messageOf: (answer: Answer) => object | GrpcFault;
}

interface Asked<Answer> extends Pick<Following<Answer>, "follow"> {
  readonly workload: Workload;
  /** Which answers a stream begins with only after a moment. */
  readonly heldBack?: { readonly about: string; readonly isDoubtful: (answer: Answer) => boolean };
}

interface Call<Request> {
  readonly request: Request;
}

function policyService<Request, Answer extends object>(
  needs: PolicyNeeds,
  { name, methods, read, messageOf }: Policies<Request, Answer>,
): GrpcService {
  const { definition, encode } = encodedService(name);
  const encoded = perObject((answer: Answer): Deferred | GrpcFault => {
    const message = messageOf(answer);
    if (isFault(message)) return message;
    const deferred: Deferred = needs.encodings.deferred(
      () => deferred.encode().length,
      () => encode(methods.stream, message),
    );
    return deferred;
  });
  const followOf = ({ follow, heldBack }: Asked<Answer>, { key }: Peer): Asked<Answer>["follow"] =>
    heldBack === undefined ? follow : needs.holdBack(key, heldBack.about, follow, heldBack.isDoubtful);
  const following = (method: string, call: Call<Request>, peer: Peer): Following<Answer> | GrpcFault => {
    const asked = read(call.request);
    if (isFault(asked)) return asked;
    const full = `${serviceNamed[name]}/${method}`;
    return {
      method: full,
      refusal: () => refusalOf(needs, full, peer, asked.workload),
      // Who asks once is answered at once.
      follow: method === methods.stream ? followOf(asked, peer) : asked.follow,
      step: (sent, now) => {
        const message = encoded(now);
        if (isFault(message)) return message;
        const before = sent === undefined ? undefined : encoded(sent);
        const isSaid = before !== undefined && !isFault(before) && before.encode().equals(message.encode());
        return isSaid ? [] : [message];
      },
    };
  };
  return {
    definition,
    implementation: {
      [methods.stream]: (call: Call<Request> & LatestCall, peer: Peer) => {
        const asked = following(methods.stream, call, peer);
        if (isFault(asked)) call.emit("error", asked);
        else needs.streams.open(call, peer, asked);
      },
      [methods.unary]: (call: Call<Request>, peer: Peer, answer: sendUnaryData<Buffer>) => {
        const asked = following(methods.unary, call, peer);
        if (isFault(asked)) answer(asked);
        else needs.streams.once(peer, asked, answer);
      },
    },
  };
}

const serviceNamed = { inbound: "InboundServerPolicies", outbound: "OutboundPolicies" } as const;

const isFault = (value: object): value is GrpcFault => "code" in value && "details" in value;

const faultOf = (
  answer: { readonly kind: "not_found" | "nobody" } | { readonly kind: "invalid"; readonly message: string },
  notFound: string,
): GrpcFault =>
  answer.kind === "invalid"
    ? { code: status.INVALID_ARGUMENT, details: answer.message }
    : { code: status.NOT_FOUND, details: notFound };

const nobody: Workload = { namespace: "", pod: "" };

const notAWorkload: GrpcFault = {
  code: status.INVALID_ARGUMENT,
  details: 'workload: expected {"ns": "<namespace>", "pod": "<pod>"} or <namespace>:<pod>',
};
