/**
 * Changing the CAs of a mesh while it runs. A trust anchor is changed in three steps, an issuer in one of them:
 *
 * 1. add: the bundle has the new anchor beside the old one. Proxies read it when they start, so pods are restarted.
 * 2. issue: an issuer below the new anchor takes the old one's place. Certificates are renewed within their life.
 * 3. drop: the old anchor leaves the bundle.
 *
 * Where a rotation stands is read in the cluster: the bundle, with a note of what is changed into what, and the issuer.
 * So whoever goes on may be somebody else, after a crash too. No step is taken after which a pod would not trust what
 * another pod, or the control plane, presents.
 */
import type { Issue } from "../base/text/issue.ts";
import type { LeafLife, Validity } from "./validity.ts";

/** SHA-256 of a certificate, lower-case hex. */
export type Fingerprint = string;

export interface AnchorFacts extends Validity {
  readonly fingerprint: Fingerprint;
  readonly subject: string;
}

export interface RotationFacts {
  readonly bundle: Bundle;
  /** Undefined: there is none that can be read. */
  readonly issuer: IssuerFacts | undefined;
  /** Every pod that has a proxy of this mesh, be it ready or not, but not those that have ended. */
  readonly pods: readonly PodTrust[];
  /** Of the webhook and of the control plane. */
  readonly replicas: readonly ReplicaView[];
  readonly leaf: LeafLife;
  readonly now: number;
}

interface Bundle {
  readonly anchors: readonly AnchorFacts[];
  /** Of its text, as pods are annotated with (S-24). */
  readonly sha256: string;
  /** Undefined: not known. */
  readonly changed: number | undefined;
  readonly rotation: Rotation | undefined;
}

/** Noted in the bundle's ConfigMap from the first step to the last. */
export interface Rotation {
  readonly from: readonly Fingerprint[];
  readonly to: Fingerprint;
}

export interface IssuerFacts extends Validity {
  readonly fingerprint: Fingerprint;
  readonly subject: string;
  /** Those of the bundle that its chain leads to. */
  readonly anchors: readonly Fingerprint[];
  readonly changed: number | undefined;
  /** Somebody else who makes and renews it, such as cert-manager. */
  readonly manager: string | undefined;
}

export interface PodTrust {
  readonly namespace: string;
  readonly name: string;
  /** Whom to restart, such as `deployment/web`. */
  readonly owner: string;
  /** The annotation `linkerd.io/trust-root-sha256`; blank when there is none. */
  readonly trustRoot: string;
  /** In its proxy's environment; undefined: not to be read there. */
  readonly anchors: readonly Fingerprint[] | undefined;
}

export interface ReplicaView {
  readonly name: string;
  /** When the issuer that it signs with ends; undefined: it could not be asked, or signs nothing. */
  readonly issuerEnds: number | undefined;
  /** SHA-256 of the text of the bundle in use; undefined: it does not say. */
  readonly bundle: string | undefined;
}

export type Step =
  | { readonly kind: "add" }
  /** An issuer below this anchor takes the place of the one that is there. */
  | { readonly kind: "issue"; readonly under: Fingerprint }
  | { readonly kind: "drop" };

export interface Obstacle extends Issue {
  /** Somebody who knows better may take the step all the same. */
  readonly yields: boolean;
}

/**
 * How long until every replica, of the webhook and of the control plane, has what was written, where they do not say so.
 * Milliseconds: kubelets look once a minute, at what they keep for another one.
 */
export const propagation = 5 * 60_000;
/** The same where all of them say so: reviews that were under way end, which last for 30 s at most. */
export const underWay = 30_000;

export type Phase =
  | { readonly kind: "steady" }
  /** The bundle was put back by somebody: what the note says is not in it any more. */
  | { readonly kind: "lost"; readonly rotation: Rotation }
  | { readonly kind: "added"; readonly rotation: Rotation }
  | { readonly kind: "issued"; readonly rotation: Rotation };

export function phaseOf({ bundle, issuer }: RotationFacts): Phase {
  const { rotation } = bundle;
  if (rotation === undefined) return { kind: "steady" };
  if (!has(bundle, rotation.to)) return { kind: "lost", rotation };
  return { kind: issuer?.anchors.includes(rotation.to) === true ? "issued" : "added", rotation };
}

/** The step that comes next; undefined: none is under way. */
export function nextStep(facts: RotationFacts): Step | undefined {
  const phase = phaseOf(facts);
  switch (phase.kind) {
    case "steady":
    case "lost":
      return undefined;
    case "added":
      return { kind: "issue", under: phase.rotation.to };
    case "issued":
      return { kind: "drop" };
  }
}

/** Everything that speaks against a step now; none: it is safe. */
export function obstacles(step: Step, facts: RotationFacts): readonly Obstacle[] {
  const managed = managedIssuer(facts);
  if (managed.length > 0) return managed;
  switch (step.kind) {
    case "add":
      return addObstacles(facts);
    case "issue":
      return issueObstacles(step.under, facts);
    case "drop":
      return dropObstacles(facts);
  }
}

const never = (at: string, message: string): Obstacle => ({ at, message, yields: false });
const notYet = (at: string, message: string): Obstacle => ({ at, message, yields: true });

function managedIssuer({ issuer }: RotationFacts): readonly Obstacle[] {
  return issuer?.manager === undefined
    ? []
    : [never("issuer", `is made and renewed by ${issuer.manager}: weft leaves it, and its anchors, alone`)];
}

/** Typed where the issuer is of no use, with the key of an anchor that is in the bundle. */
export const anotherIssuer = "weft identity rotate issuer --start --anchor-key-file FILE";

function addObstacles(facts: RotationFacts): readonly Obstacle[] {
  const phase = phaseOf(facts);
  const isUnderWay = phase.kind === "added" || phase.kind === "issued";
  return [
    ...(facts.issuer === undefined || facts.issuer.anchors.length === 0
      ? [never("issuer", `leads to none of the trust anchors: ${anotherIssuer} mends that`)]
      : []),
    ...(isUnderWay ? [never("rotation", `is under way, to trust anchor ${shortened(phase.rotation.to)}`)] : []),
  ];
}

function issueObstacles(under: Fingerprint, facts: RotationFacts): readonly Obstacle[] {
  const { bundle, issuer, now } = facts;
  const anchor = bundle.anchors.find(({ fingerprint }) => fingerprint === under);
  if (anchor === undefined) return [never("anchor", "is none of the trust anchors in the bundle")];
  const expired = now > anchor.notAfter ? [never("anchor", "has expired")] : [];
  const isInUse = issuer?.anchors.includes(under) === true;
  return [...expired, ...(isInUse ? [] : spreading(facts)), ...lacking(under, facts)];
}

/** Not before the last certificate has ended that the old issuer signed: by a replica that heard of the new one late. */
function dropObstacles(facts: RotationFacts): readonly Obstacle[] {
  const phase = phaseOf(facts);
  const { issuer, leaf, now, replicas } = facts;
  if (phase.kind === "steady") return [never("rotation", "of the trust anchor is not under way")];
  if (phase.kind === "lost") return [never("bundle", `has lost trust anchor ${shortened(phase.rotation.to)}`)];
  if (phase.kind === "added")
    return [never("issuer", "is still below the old trust anchor: without that, nobody would be trusted")];
  const wait = propagation + leaf.lifetime + leaf.clockSkew;
  return [
    ...waiting("issuer", "every certificate of the one before has ended", issuer?.changed, wait, now),
    ...replicas.flatMap((replica) => behind(replica, facts)),
    ...lacking(phase.rotation.to, facts),
  ];
}

/** Pods get the bundle from whichever replica injects them. */
function spreading({ bundle, replicas, now }: RotationFacts): readonly Obstacle[] {
  if (replicas.length > 0 && replicas.every((replica) => replica.bundle === bundle.sha256))
    return waiting("bundle", "reviews that were under way have ended", bundle.changed, underWay, now);
  const others = replicas.filter((replica) => replica.bundle !== undefined && replica.bundle !== bundle.sha256);
  return [
    ...waiting("bundle", "every replica has read it", bundle.changed, propagation, now),
    ...others.map(({ name }) => notYet(`pod/${name}`, "still uses another bundle of trust anchors: see its log")),
  ];
}

function waiting(
  at: string,
  until: string,
  changed: number | undefined,
  wait: number,
  now: number,
): readonly Obstacle[] {
  if (changed === undefined)
    return [notYet(at, `was changed nobody knows when; it takes ${span(wait)} until ${until}`)];
  const left = changed + wait - now;
  return left <= 0
    ? []
    : [notYet(at, `was changed ${span(now - changed)} ago; it takes ${span(left)} more until ${until}`)];
}

function behind({ name, issuerEnds }: ReplicaView, { issuer, bundle }: RotationFacts): readonly Obstacle[] {
  if (issuer === undefined || issuerEnds === undefined) return [];
  const above = bundle.anchors.filter(({ fingerprint }) => issuer.anchors.includes(fingerprint));
  const ends = [issuer.notAfter, ...above.map(({ notAfter }) => Math.min(issuer.notAfter, notAfter))];
  // Certificates have whole seconds.
  return ends.some((end) => Math.abs(end - issuerEnds) < 1000)
    ? []
    : [notYet(`pod/${name}`, "still signs with another issuer: see its log")];
}

function lacking(anchor: Fingerprint, facts: RotationFacts): readonly Obstacle[] {
  const owners = byOwner(facts.pods.filter((pod) => !trusts(pod, anchor, facts)));
  return owners.map(({ at, pods }) =>
    notYet(at, `${pods} ${pods === 1 ? "pod does" : "pods do"} not trust anchor ${shortened(anchor)}: restart it`),
  );
}

/** A proxy whose environment cannot be read has what its annotation says, where that is the bundle of now. */
export function trusts({ anchors, trustRoot }: PodTrust, anchor: Fingerprint, { bundle }: RotationFacts): boolean {
  return anchors === undefined ? trustRoot === bundle.sha256 && has(bundle, anchor) : anchors.includes(anchor);
}

export interface OwnerPods {
  /** Such as `shop deployment/web`. */
  readonly at: string;
  readonly pods: number;
}

/** Most pods first. */
export const byOwner = (pods: readonly PodTrust[]): readonly OwnerPods[] =>
  [...Map.groupBy(pods, ({ namespace, owner }) => `${namespace} ${owner}`)]
    .map(([at, found]) => ({ at, pods: found.length }))
    .toSorted((a, b) => b.pods - a.pods || (a.at < b.at ? -1 : 1));

/** What is noted and what goes, when a rotation begins with this anchor. */
export const begun = ({ issuer }: RotationFacts, to: Fingerprint): Rotation => ({ from: issuer?.anchors ?? [], to });

/** What stays in the bundle at the end. */
export function remaining({ bundle }: RotationFacts): readonly AnchorFacts[] {
  const gone = bundle.rotation?.from ?? [];
  return bundle.anchors.filter(({ fingerprint }) => !gone.includes(fingerprint));
}

const has = ({ anchors }: Bundle, anchor: Fingerprint): boolean =>
  anchors.some(({ fingerprint }) => fingerprint === anchor);

/** Enough to tell two apart. */
export const shortened = (fingerprint: Fingerprint): string => fingerprint.slice(0, 12);

/** `3 h`, `12 min`, `40 s`, rounded up. */
export function span(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 2 * 3600 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`;
}
