/** A rotation told to whoever does it: what is there, who trusts whom, and what comes next. */
import { anotherIssuer, byOwner, nextStep, obstacles, phaseOf, shortened, trusts } from "./rotation.ts";
import type { AnchorFacts, Obstacle, Phase, PodTrust, RotationFacts } from "./rotation.ts";

export function statusText(facts: RotationFacts): string {
  const { bundle, issuer } = facts;
  const blocks = [
    ["trust anchors", ...bundle.anchors.map((anchor) => anchorLine(anchor, facts))],
    [
      "issuer",
      issuer === undefined
        ? "none that can be read"
        : `${issuer.subject} ${shortened(issuer.fingerprint)}, ${endText(issuer, facts.now)}, below ${
            issuer.anchors.length === 0 ? "none of the anchors" : issuer.anchors.map(shortened).join(" and ")
          }${issuer.manager === undefined ? "" : `, made by ${issuer.manager}`}`,
    ],
    ["pods", ...podLines(facts)],
    ["rotation", ...phaseLines(facts)],
  ];
  return blocks.map(([title = "", ...lines]) => `${title}\n${lines.map((line) => `  ${line}\n`).join("")}`).join("");
}

function anchorLine(anchor: AnchorFacts, { bundle: { rotation }, issuer, now }: RotationFacts): string {
  const { fingerprint, subject } = anchor;
  const roles = [
    ...(issuer?.anchors.includes(fingerprint) === true ? ["above the issuer"] : []),
    ...(rotation?.to === fingerprint ? ["new"] : []),
    ...(rotation?.from.includes(fingerprint) === true ? ["to be dropped"] : []),
  ];
  return [`${subject} ${shortened(fingerprint)}, ${endText(anchor, now)}`, ...roles].join(", ");
}

const endText = ({ notAfter }: { readonly notAfter: number }, now: number): string =>
  now > notAfter
    ? `expired at ${new Date(notAfter).toISOString()}`
    : `ends at ${new Date(notAfter).toISOString().slice(0, 10)}`;

/** One line for each bundle that pods carry. */
function podLines(facts: RotationFacts): readonly string[] {
  if (facts.pods.length === 0) return ["none has a proxy of this mesh"];
  const groups = [...Map.groupBy(facts.pods, ({ trustRoot }) => trustRoot)].toSorted(
    ([, a], [, b]) => b.length - a.length,
  );
  return groups.map(([hash, pods]) => {
    const which = hash === facts.bundle.sha256 ? "the bundle of now" : `of ${ownersText(pods)}`;
    return `${pods.length} with trust-root-sha256 ${hash === "" ? "unknown" : shortened(hash)}: ${which}${lackText(pods, facts)}`;
  });
}

function lackText(pods: readonly PodTrust[], facts: RotationFacts): string {
  const anchors = facts.bundle.anchors.filter(({ fingerprint }) =>
    pods.some((pod) => !trusts(pod, fingerprint, facts)),
  );
  return anchors.length === 0 ? "" : `; without ${anchors.map(({ fingerprint }) => shortened(fingerprint)).join(", ")}`;
}

const most = 5;

function ownersText(pods: readonly PodTrust[]): string {
  const owners = byOwner(pods);
  const shown = owners.slice(0, most).map((owner) => `${owner.at} (${owner.pods})`);
  return [...shown, ...(owners.length > most ? [`${owners.length - most} more`] : [])].join(", ");
}

function phaseLines(facts: RotationFacts): readonly string[] {
  const step = nextStep(facts);
  const against = step === undefined ? [] : obstacles(step, facts);
  const ready = against.length === 0;
  return [...phaseWords(phaseOf(facts), ready), ...obstacleLines(against), ...uselessIssuer(facts)];
}

/** What another `weft install` leaves behind, applied over this one. */
const uselessIssuer = ({ issuer }: RotationFacts): readonly string[] =>
  issuer === undefined || issuer.anchors.length > 0 || issuer.manager !== undefined
    ? []
    : [`the issuer is below none of the anchors, so no certificate of it is trusted: ${anotherIssuer} makes another`];

function phaseWords(phase: Phase, ready: boolean): readonly string[] {
  switch (phase.kind) {
    case "steady":
      return ["none is under way"];
    case "lost":
      return [`the bundle has lost the new anchor ${shortened(phase.rotation.to)}: begin again`];
    case "added":
      return ready
        ? [
            "every pod trusts the new anchor: weft identity rotate issuer --start --anchor-key-file <key of the new anchor>",
          ]
        : ["the new anchor is in the bundle; before the issuer can be changed:"];
    case "issued":
      return ready
        ? ["nobody uses the old anchor any more: weft identity rotate anchor --finish"]
        : ["the issuer is below the new anchor; before the old one can be dropped:"];
  }
}

/** The first few; the rest is a number. */
export function obstacleLines(against: readonly Obstacle[]): readonly string[] {
  const lines = against.map(({ at, message }) => `${at}: ${message}`);
  return lines.length <= 10 ? lines : [...lines.slice(0, 9), `and ${lines.length - 9} more`];
}
