/**
 * The identity part of the control plane: issuer and trust anchors followed in their files, `Certify`, and the
 * certificate that the control plane shows to proxies, which is of the same issuer.
 */
import { join } from "node:path";
import { libraries } from "../../certificates/x509/asn1.ts";
import type { Libraries } from "../../certificates/x509/asn1.ts";
import { meshIssuer } from "../../certificates/mesh/issuer.ts";
import type { MeshIssuer } from "../../certificates/mesh/issuer.ts";
import type { LeafLife } from "../../core/identity/validity.ts";
import { controlPlaneServices } from "../../core/mesh/control-plane.ts";
import { issuerLayouts, issuerSchemes } from "../../core/mesh/issuer-secret.ts";
import { identityOf } from "../../core/mesh/identity.ts";
import type { IdentityDomain } from "../../core/mesh/identity.ts";
import { readFiles } from "../../files/read.ts";
import type { FileSource, Origin } from "../../files/reloaded.ts";
import { sha256 } from "../../files/sha256.ts";
import { identityService } from "../../grpc/identity-service.ts";
import type { GrpcService, ListenerIdentity } from "../../grpc/listener.ts";
import type { AskApi } from "../../kube/api.ts";
import type { Clock } from "../../async/clock.ts";
import type { EventToSend } from "../../kube/event-sink.ts";
import { selfAccessReview } from "../../kube/self-access-review.ts";
import { TokenReviews } from "./token-reviews.ts";
import type { ControllerMetrics } from "../../observe/controller-metrics.ts";
import type { Check, CheckState } from "../../net/admin-server.ts";
import { controllerEvents } from "./identity-telemetry.ts";
import { ownLeaf } from "./leaf.ts";
import { resources } from "../../core/kubernetes/kinds.ts";
import type { MountedObject } from "../mounted-objects.ts";
import { hashText, watchedFile } from "../watched-files.ts";
import type { Follower } from "../watched-files.ts";
import { anchorDoubts } from "../../certificates/x509/anchor-doubts.ts";
import { issueText } from "../../core/base/text/issue.ts";
import type { Result } from "../../core/base/text/result.ts";
import { failed } from "../../core/base/text/result.ts";
import { fingerprintsIn } from "../../certificates/mesh/facts.ts";
import type { Fingerprint } from "../../core/identity/rotation.ts";
import { brokenSuccession } from "../../core/identity/succession.ts";
import { anchorsFile } from "../installation.ts";

/** Lifetime and clock skew are those of workloads' certificates, and of the control plane's own. */
export interface ControllerIdentityOptions extends LeafLife {
  /** With `tls.crt` and `tls.key`, or `crt.pem` and `key.pem`. */
  readonly issuerDir: string;
  /** A PEM file. */
  readonly trustAnchors: string;
  readonly mesh: IdentityDomain;
  /** Certificates get a SPIFFE name beside their DNS name. */
  readonly spiffe: boolean;
}

export interface ControllerIdentityWorld extends Omit<Follower, "metrics"> {
  readonly metrics: Pick<ControllerMetrics, "reloaded" | "inUse" | "identity">;
  /** What issuer and trust anchors are mounted from, where that is watched. */
  readonly mounted?: Origin | undefined;
  /** The cluster that reviews tokens. */
  readonly ask: AskApi;
  readonly clock: Pick<Clock, "wait">;
  /** Takes Events; absent: none are told. */
  readonly record?: ((event: EventToSend) => void) | undefined;
  /** The control plane's Deployment, as Events about the issuer refer to it; undefined: not known, so none. */
  readonly deployment?: (() => EventToSend["involvedObject"] | undefined) | undefined;
}

export interface ControllerIdentity {
  /** `Certify`. */
  readonly service: GrpcService;
  /** What listeners show and whom they trust, now. */
  readonly identity: () => ListenerIdentity;
  /** Calls with each one that follows: the certificate was renewed, or issuer or anchors are others. */
  readonly onIdentity: (use: (identity: ListenerIdentity) => void) => void;
  readonly checks: readonly Check[];
}

/** At work until the signal aborts; or everything that is wrong with issuer and anchors. */
export async function controllerIdentity(
  options: ControllerIdentityOptions,
  world: ControllerIdentityWorld,
): Promise<Result<ControllerIdentity>> {
  const { now, ask } = world;
  const files = await issuerFiles(options, world, await libraries());
  if ("issues" in files) return files;
  const metrics = world.metrics.identity(now);
  const tell = controllerEvents({ ...world, metrics });
  let before: MeshIssuer | undefined;
  let renewLeaf = (): void => undefined;
  const issuer = await watchedFile(
    "issuer",
    files.value,
    { ...world, wait: world.clock.wait },
    {
      onValue: (value) => {
        metrics.issuerExpires(new Date(value.validity.notAfter));
        world.metrics.inUse("issuer", value.fingerprint);
        world.metrics.inUse("trust_anchors", sha256(value.anchors));
        const warnings = anchorDoubts(value.anchors, anchorsFile(options.trustAnchors), now());
        for (const doubt of warnings.issues) world.log.warn(issueText(doubt));
        if (before !== undefined) tell.reloaded(value, before);
        before = value;
        renewLeaf();
      },
      onBroken: tell.broken,
      describe: ({ subject, fingerprint, validity, anchors }) =>
        `, ${subject}, ${hashText(fingerprint)}, expires ${new Date(validity.notAfter).toISOString()}, trust anchors ${hashText(sha256(anchors))}`,
    },
  );
  if ("issues" in issuer) return issuer;
  const { current } = issuer.value;
  const reviews = new TokenReviews({ ask, now });
  const names = serviceAccounts.map((serviceAccount) =>
    identityOf({ namespace: options.mesh.controlPlaneNamespace, serviceAccount }, options.mesh),
  );
  const leaf = await ownLeaf({ ...world, issuer: current, names, life: options, onExpiry: metrics.certificateExpires });
  renewLeaf = leaf.renew;
  return {
    value: {
      service: identityService({
        domain: options.mesh,
        life: options,
        spiffe: options.spiffe,
        issuer: current,
        review: (token, caller) => reviews.review(token, caller),
        refusedUnseen: (token, caller) => reviews.refusedUnseen(token, caller),
        onBadRequest: (caller) => reviews.onBadRequest(caller),
        now,
        onCertified: tell.certified,
        onRefused: tell.refused,
      }),
      identity: leaf.current,
      onIdentity: leaf.onNext,
      checks: [issuer.value.check, leaf.check, reviewCheck(world)],
    },
  };
}

/** Linkerd does not start without this right; weft is not ready before it has been given it. */
function reviewCheck({ ask, clock, signal, log }: ControllerIdentityWorld): Check {
  const right = { verb: "create", group: "authentication.k8s.io", resource: "tokenreviews" };
  let state: CheckState = { fails: false, says: "not known yet whether tokens may be reviewed" };
  const refusal = "may not create tokenreviews (authentication.k8s.io): nobody is certified without that right";
  void selfAccessReview({ ask, clock, signal }, right, (allowed) => {
    if (allowed === undefined) return;
    if (!allowed && !state.fails) log.error(refusal);
    state = allowed ? { fails: false, says: "may review tokens" } : { fails: true, says: refusal };
  });
  return { name: "token reviews", look: () => state };
}

const serviceAccounts = [...new Set(controlPlaneServices.map(({ account }) => account))];

/** Which files there are is found out once: a Secret keeps its type. */
async function issuerFiles(
  { issuerDir, trustAnchors }: Pick<ControllerIdentityOptions, "issuerDir" | "trustAnchors">,
  { now, mounted }: Pick<ControllerIdentityWorld, "now" | "mounted">,
  loaded: Libraries,
): Promise<Result<FileSource<MeshIssuer>>> {
  const found = await readFiles(pairs.map(({ certificate }) => join(issuerDir, certificate)));
  const pair = pairs.find((_, index) => {
    const file = found[index];
    return file !== undefined && "text" in file;
  });
  if (pair === undefined) {
    const expected = pairs.map(({ certificate, key }) => `${certificate} and ${key}`).join(", or ");
    return { issues: [{ at: issuerDir, message: `has no issuer that can be read: expected ${expected}` }] };
  }
  const [certificate, key] = [join(issuerDir, pair.certificate), join(issuerDir, pair.key)];
  const names = { certificate, key, anchors: trustAnchors };
  let trusted: readonly Fingerprint[] = [];
  return {
    value: {
      paths: [certificate, key, trustAnchors],
      origin: mounted,
      parse: ([certificate = "", key = "", anchors = ""]) => {
        const read = meshIssuer(loaded, { certificate, key, anchors, names }, now());
        if ("issues" in read) return read;
        const next = fingerprintsIn(anchors);
        const broken = brokenSuccession(trusted, next);
        if (broken !== undefined) return failed(anchorsFile(trustAnchors), broken);
        trusted = next;
        return read;
      },
    },
  };
}

const pairs = [issuerLayouts[issuerSchemes.kubernetes], issuerLayouts[issuerSchemes.linkerd]];

/** The Secret with the issuer: of its files there are those of either layout. */
export const issuerObject = (name: string, folder: string): MountedObject => ({
  kind: resources.secrets,
  name,
  paths: pairs.flatMap(({ certificate, key }) => [join(folder, certificate), join(folder, key)]),
});
