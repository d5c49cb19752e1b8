/**
 * The certificate of a tapper: ServiceAccount `weft-tap` of a namespace, certified by weft's identity service as a pod
 * would be, with a token that the API server gives to whoever may have it. All of it is in memory alone.
 */
import { ownRequest, pemText } from "../../certificates/mesh/own-request.ts";
import { renewalAfter } from "../../core/identity/validity.ts";
import { components, names, podSelectorText } from "../../core/install/names.ts";
import { bindingCommand } from "../../core/install/people-rights.ts";
import { at, nameOf, objectsAt, textAt } from "../../core/base/json/read.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { firstLineOf } from "../../core/base/text/words.ts";
import type { Unknown } from "../../core/checks/fact.ts";
import { collectionPath, namedPath, resources } from "../../core/kubernetes/kinds.ts";
import { controlPlane, tokenAudience } from "../../core/mesh/control-plane.ts";
import { tapAccount } from "../../core/mesh/tap.ts";
import type { ProxyNames } from "../../core/mesh/tap.ts";
import { withTimeout } from "../../async/limit.ts";
import { certify } from "../../grpc/certify-client.ts";
import { channelOver } from "../../grpc/client.ts";
import type { ClientCertificate } from "../../grpc/client.ts";
import type { TapWorld } from "./world.ts";
import { TapRefused } from "./world.ts";

export interface TapperAsked {
  readonly namespace: string;
  /** As the API server has it: no pod says where its tapper's token is sent. */
  readonly controlPlaneNamespace: string;
  readonly identity: string;
  readonly proxy: Pick<ProxyNames, "identityService" | "anchors">;
}

export interface Tapper {
  /** Made when there is none that is good for a while; one for all who ask meanwhile. Rejects with `TapRefused`. */
  readonly certificate: () => Promise<ClientCertificate>;
  /** This one was refused; who asks then gets another. */
  readonly refused: (certificate: ClientCertificate) => void;
}

/** Milliseconds for a certificate, all in all. */
const certifiedWithin = 20_000;

export function tapper(world: TapWorld, asked: TapperAsked, signal: AbortSignal): Tapper {
  let made: Made | undefined;
  let making: Promise<Made> | undefined;
  const make = async (): Promise<Made> => {
    try {
      made = await withTimeout(signal, certifiedWithin, (within) => certificateOf(world, asked, within));
      return made;
    } finally {
      making = undefined;
    }
  };
  return {
    certificate: async () => {
      if (made !== undefined && world.date() < made.renewAt) return made.certificate;
      making ??= make();
      return (await making).certificate;
    },
    refused: (certificate) => {
      if (made?.certificate === certificate) made = undefined;
    },
  };
}

interface Made {
  readonly certificate: ClientCertificate;
  readonly renewAt: number;
}

async function certificateOf(world: TapWorld, asked: TapperAsked, signal: AbortSignal): Promise<Made> {
  const { identity, proxy, controlPlaneNamespace } = asked;
  const [token, pod, own] = await Promise.all([
    tokenOf(world, asked),
    controllerPod(world, asked),
    ownRequest(identity),
  ]);
  const port = controlPlane.identity.port.number;
  const who = { namespace: controlPlaneNamespace, name: pod };
  try {
    const stream = await world.forward(who, port, signal);
    const channel = await channelOver(stream, { name: proxy.identityService, anchors: proxy.anchors }, signal);
    try {
      const request = { identity, token: Buffer.from(token), certificate_signing_request: own.request };
      const { chain, validUntil } = await certify(channel, request, signal);
      const now = world.date();
      return {
        certificate: { chain: chain.map((der) => pemText(der, "CERTIFICATE")).join(""), key: own.key },
        renewAt: now + renewalAfter(validUntil, now),
      };
    } finally {
      channel.close();
    }
  } catch (error) {
    throw new TapRefused([
      `no certificate for ${identity}: pod ${pod} in namespace ${controlPlaneNamespace}, port ${port}: ${firstLineOf(error)}`,
    ]);
  }
}

async function tokenOf({ reach }: TapWorld, { namespace }: TapperAsked): Promise<string> {
  const path = `${namedPath(resources.serviceAccounts, tapAccount, namespace)}/token`;
  const answer = await reach.post(`a token of ServiceAccount ${tapAccount} in namespace ${namespace}`, path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { audiences: [tokenAudience], expirationSeconds: 600 },
  });
  if (answer.kind !== "known") throw new TapRefused(noToken(answer, namespace));
  return textAt(answer.value.object, "status", "token");
}

function noToken({ kind, what, text }: Unknown, namespace: string): readonly string[] {
  if (kind === "absent")
    return [
      `nobody can tap namespace ${namespace}: it has no ServiceAccount ${tapAccount}`,
      `whoever may turns tap on there: kubectl -n ${namespace} create serviceaccount ${tapAccount}`,
    ];
  return [
    `${what}: ${text}`,
    ...(kind === "forbidden"
      ? [`an administrator lets somebody tap: ${bindingCommand(namespace, "clusterrole", names.tap)}`]
      : []),
  ];
}

/** One that is ready: it has an issuer, and reviews tokens. */
async function controllerPod({ reach }: TapWorld, { controlPlaneNamespace: namespace }: TapperAsked): Promise<string> {
  const what = `pods of weft's control plane in namespace ${namespace}`;
  const query = { labelSelector: podSelectorText(components.controller) };
  const pods = await reach.list(what, collectionPath(resources.pods, namespace), { query });
  if (pods.kind !== "known")
    throw new TapRefused([
      `${what}: ${pods.text}`,
      ...(pods.kind === "forbidden"
        ? [`an administrator lets somebody be certified: ${bindingCommand(namespace, "role", names.certify)}`]
        : []),
    ]);
  const ready = pods.value.find(isReady);
  if (ready === undefined)
    throw new TapRefused([
      `${what}: ${pods.value.length === 0 ? "there is none" : "none is ready"}; weft check says more`,
    ]);
  return nameOf(ready);
}

const isReady = (pod: JsonObject): boolean =>
  at(pod, "metadata", "deletionTimestamp") === undefined &&
  objectsAt(pod, "status", "conditions").some(({ type, status }) => type === "Ready" && status === "True");
