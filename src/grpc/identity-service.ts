/** `Certify`: a workload's token and request become a certificate, or a refusal with its code. */
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { refusal } from "../core/identity/refusals.ts";
import type { Refusal } from "../core/identity/refusals.ts";
import { refusedCall, refusedRequest, refusedToken } from "../core/identity/request.ts";
import type { CsrFacts } from "../core/identity/request.ts";
import { tokenOwner } from "../core/identity/token.ts";
import type { TokenOwner } from "../core/identity/token.ts";
import { leafValidity, lifeOf } from "../core/identity/validity.ts";
import type { LeafLife, Validity } from "../core/identity/validity.ts";
import type { Json } from "../core/base/json/json.ts";
import { FairSemaphore } from "../async/fair-semaphore.ts";
import type { FairCaller, FairSemaphoreLimits } from "../async/fair-semaphore.ts";
import { semaphore } from "../async/semaphore.ts";
import { identityOf, spiffeId } from "../core/mesh/identity.ts";
import type { IdentityDomain } from "../core/mesh/identity.ts";
import type { CertifyRequest, CertifyResponse } from "../core/proxy-api/identity.ts";
import type { GrpcService } from "./listener.ts";
import type { Peer } from "./peers.ts";
import { serviceDefinition } from "./protos.ts";

export interface IdentityServiceNeeds {
  readonly domain: IdentityDomain;
  readonly life: LeafLife;
  /** Leaves get a SPIFFE name beside their DNS name. */
  readonly spiffe: boolean;
  /** The one in use now; undefined: none is loaded. */
  readonly issuer: () => Issuer | undefined;
  /** Rejects when the API server did not review it. */
  readonly review: (token: string, caller: FairCaller) => Promise<Reviewed>;
  /** Why it would refuse the token without asking anybody; undefined: it would ask. */
  readonly refusedUnseen?: (token: string, caller: FairCaller) => Refusal | undefined;
  /** A request was read for nothing: it counts as a token that was refused. */
  readonly onBadRequest?: (caller: FairCaller) => void;
  readonly now: () => Date;
  readonly onCertified: (certified: Certified) => void;
  readonly onRefused: (refused: Refused) => void;
  /** At once, and in the queue behind them. */
  readonly limits?: FairSemaphoreLimits;
}

/** `status` of a TokenReview, or why there was none. */
export type Reviewed = { readonly status: Json } | { readonly refusal: Refusal };

/** What signs. */
interface Issuer {
  readonly validity: Validity;
  /** DER, what goes along with each leaf. */
  readonly intermediates: readonly Uint8Array[];
  readonly readRequest: (der: Uint8Array) => Request | { readonly malformed: string };
}

interface Request {
  readonly facts: CsrFacts;
  readonly sign: (leaf: {
    readonly dnsName: string;
    readonly uri?: string | undefined;
    readonly validity: Validity;
  }) => Promise<Uint8Array>;
}

export interface Certified {
  readonly identity: string;
  readonly owner: TokenOwner;
  readonly notAfter: Date;
  /** SHA-256 of the leaf, in hexadecimal. */
  readonly fingerprint: string;
  readonly milliseconds: number;
}

export interface Refused {
  /** As it was asked for; a stranger's words, empty when there was none. */
  readonly identity: string;
  readonly refusal: Refusal;
  /** Who asked, where the token was good. */
  readonly owner?: TokenOwner | undefined;
  readonly milliseconds: number;
  /** What went wrong on our side, with its stack. */
  readonly error?: unknown;
}

// A proxy that is turned away comes back after 10 s; one that waits costs less than that, and 10,000 that did took the
// process to 350 MiB.
export const defaultLimits: FairSemaphoreLimits = { most: 64, mostOfStrangers: 48, mostWaiting: 4096 };

export function identityService(needs: IdentityServiceNeeds): GrpcService {
  const turns = new FairSemaphore(needs.limits ?? defaultLimits);
  const step = oneByOne();
  const certify = async (
    call: ServerUnaryCall<CertifyRequest, CertifyResponse>,
    peer: Peer,
    callback: sendUnaryData<CertifyResponse>,
  ): Promise<void> => {
    const caller = { key: peer.address, isKnown: peer.isKnown() };
    const started = performance.now();
    const identity = call.request.identity ?? "";
    const milliseconds = (): number => performance.now() - started;
    const outcome: Outcome = (await turns.run(
      caller,
      () => answerTo(call.request, caller, needs, step).catch(fault),
      () => call.cancelled,
    )) ?? { refusal: refusal("overloaded") };
    // A proxy that has gone is told nothing, and counts as nothing.
    if (call.cancelled) return;
    if ("refusal" in outcome) {
      const { code, message } = outcome.refusal;
      callback({ code: status[code], details: message });
      needs.onRefused({ identity, milliseconds: milliseconds(), ...outcome });
      return;
    }
    peer.prove();
    callback(null, outcome.response);
    needs.onCertified({ ...outcome.certified, milliseconds: milliseconds() });
  };
  return {
    definition: serviceDefinition("identity"),
    implementation: {
      Certify: (
        call: ServerUnaryCall<CertifyRequest, CertifyResponse>,
        peer: Peer,
        callback: sendUnaryData<CertifyResponse>,
      ): void => void certify(call, peer, callback),
    },
  };
}

type Outcome =
  | { readonly response: CertifyResponse; readonly certified: Omit<Certified, "milliseconds"> }
  | Pick<Refused, "refusal" | "owner" | "error">;

/** A bug of ours must not end the process: 10,000 proxies would ask its successor for the same. */
const fault = (error: unknown): Outcome => ({ refusal: refusal("signing_failed"), error });

/** Runs something that takes the processor for a while. */
type Step = <Value>(work: () => Value | Promise<Value>) => Promise<Value | undefined>;

/** One step between two looks at the sockets: a thousand in a row would hold up every stream of the process. */
function oneByOne(): Step {
  const processor = semaphore({ most: 1, mostWaiting: Infinity });
  return (work) =>
    processor.run(async () => {
      await setImmediate();
      return work();
    });
}

/** Rejects only by a bug of ours. */
async function answerTo(
  asked: CertifyRequest,
  caller: FairCaller,
  needs: IdentityServiceNeeds,
  step: Step,
): Promise<Outcome> {
  const { identity = "", token: bytes = new Uint8Array(), certificate_signing_request: der = new Uint8Array() } = asked;
  const issuer = needs.issuer();
  const lengths = { tokenLength: bytes.length, requestLength: der.length };
  const facts = { issuer: issuer?.validity, identity, ...lengths, now: needs.now().getTime() };
  const token = (): string => Buffer.from(bytes).toString("utf8");
  // What costs nothing to find comes before the request is read, and that before anybody is asked.
  const early = refusedCall(facts) ?? needs.refusedUnseen?.(token(), caller);
  if (early !== undefined) return { refusal: early };
  // The rows have refused what has none.
  if (issuer === undefined) throw new Error("a row let it pass");
  const read = (await step(() => issuer.readRequest(der))) ?? { malformed: "it was not read" };
  const refused = refusedRequest({ identity, request: "facts" in read ? read.facts : read });
  if (refused !== undefined) {
    needs.onBadRequest?.(caller);
    return { refusal: refused };
  }
  if ("malformed" in read) throw new Error("a row let it pass");
  const reviewed = await reviewOf(token(), caller, needs);
  if ("refusal" in reviewed) return reviewed;
  const { owner } = reviewed;
  const mismatch = refusedToken({ identity, tokenIdentity: identityOf(owner, needs.domain), key: read.facts.key });
  if (mismatch !== undefined) return { refusal: mismatch, owner };
  return (await step(() => signed(read, issuer, owner, needs))) ?? { refusal: refusal("signing_failed"), owner };
}

async function reviewOf(
  token: string,
  caller: FairCaller,
  { review }: IdentityServiceNeeds,
): Promise<{ readonly owner: TokenOwner } | { readonly refusal: Refusal; readonly error?: unknown }> {
  try {
    const reviewed = await review(token, caller);
    return "refusal" in reviewed ? reviewed : tokenOwner(reviewed.status);
  } catch (error) {
    // Its words are of the API server, and for the log; the proxy's log is no place for them.
    return { refusal: refusal("review_failed"), error };
  }
}

async function signed(
  request: Request,
  { intermediates, validity: above }: Issuer,
  owner: TokenOwner,
  { domain, life, spiffe, now }: IdentityServiceNeeds,
): Promise<Outcome> {
  const dnsName = identityOf(owner, domain);
  const validity = leafValidity(now().getTime(), lifeOf(owner.serviceAccount, life), above);
  const uri = spiffe ? spiffeId(owner, domain.trustDomain) : undefined;
  try {
    const leaf = await request.sign({ dnsName, uri, validity });
    const fingerprint = createHash("sha256").update(leaf).digest("hex");
    return {
      response: {
        leaf_certificate: leaf,
        intermediate_certificates: intermediates,
        valid_until: { seconds: validity.notAfter / 1000 },
      },
      certified: { identity: dnsName, owner, notAfter: new Date(validity.notAfter), fingerprint },
    };
  } catch (error) {
    return { refusal: refusal("signing_failed"), owner, error };
  }
}
