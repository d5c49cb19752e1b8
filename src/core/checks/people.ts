/** Who may look at the mesh, and tap it: the user of this command, and whoever is bound to weft's roles for it. */
import { bindingCommand, certifyRules, tokenRules, viewerRules } from "../install/people-rights.ts";
import { names } from "../install/names.ts";
import { objectsAt, textAt } from "../base/json/read.ts";
import type { JsonObject } from "../base/json/json.ts";
import { tapAccount } from "../mesh/tap.ts";
import { unread, warning } from "./check.ts";
import type { Check } from "./check.ts";
import type { Unknown } from "./fact.ts";
import { valueOf } from "./fact.ts";
import type { Bound, PeopleFacts, Right, RightFact } from "./facts.ts";
import { rightsOf } from "./rights.ts";

/** Namespaces that are asked about one by one. */
export const mostPlaces = 10;

export const lookingRights = (namespace: string | undefined): readonly Right[] =>
  viewerRules.flatMap((rule) => rightsOf(rule, namespace));
export const tappingRights = (namespace: string | undefined): readonly Right[] =>
  tokenRules.flatMap((rule) => rightsOf(rule, namespace));
export const certifyingRights = (namespace: string): readonly Right[] =>
  certifyRules.flatMap((rule) => rightsOf(rule, namespace));

/** A RoleBinding or ClusterRoleBinding; undefined: of another role. */
export function boundBy(binding: JsonObject): Bound | undefined {
  const role = textAt(binding, "roleRef", "name");
  const isOurs = textAt(binding, "roleRef", "kind") === "ClusterRole" && (role === names.viewer || role === names.tap);
  if (!isOurs) return undefined;
  const subjects = objectsAt(binding, "subjects").map((subject) => {
    const [kind, name, namespace] = ["kind", "name", "namespace"].map((key) => textAt(subject, key));
    return `${kind} ${namespace ? `${namespace}/` : ""}${name}`;
  });
  return { role, namespace: textAt(binding, "metadata", "namespace") || undefined, subjects };
}

export const peopleCheck: Check<{ readonly people: PeopleFacts }> = {
  id: "who-may-look",
  says: "you may look at the mesh",
  needs: ["objects"],
  about:
    "`weft edges`, `weft stat` and `weft dashboard` show what your own rights let them, and so does `weft tap`. The line says where you may, who else is bound to the roles `weft-viewer` and `weft-tap`, and in which namespaces somebody has turned tap on. Other roles, such as `edit` and `cluster-admin`, may have the same rights. Whoever lacks a right gets the command by which an administrator gives it. See [tap.md](tap.md#who-may-tap).",
  look: ({ people }) => {
    const unknown = rightsIn(people).find(({ allowed }) => allowed.kind !== "known")?.allowed;
    if (unknown !== undefined && unknown.kind !== "known") return unread(unknown);
    const line = [...yourParts(people), ...othersParts(people)].join("; ");
    const missing = missingRole(people);
    return missing === undefined ? { kind: "ok", found: line } : warning([line], missing);
  },
};

const rightsIn = ({ places, certify = [] }: PeopleFacts): readonly RightFact[] => [
  ...places.flatMap(({ look, tap }) => [...look, ...tap]),
  ...certify,
];

const may = (rights: readonly RightFact[]): boolean => rights.every(({ allowed }) => valueOf(allowed) === true);

type Does = "look" | "tap";

const placesOf = ({ places }: PeopleFacts, does: Does): readonly (string | undefined)[] =>
  places.filter((place) => may(place.look) && (does === "look" || may(place.tap))).map(({ namespace }) => namespace);

function yourParts(people: PeopleFacts): readonly string[] {
  const { certify } = people;
  const looks = whereText(placesOf(people, "look"));
  if (certify === undefined) return [looks];
  const taps = placesOf(people, "tap");
  return [
    `${looks}, and tap it ${whereText(may(certify) ? taps : [])}`,
    ...(taps.length > 0 && !may(certify) ? ["you may not reach the identity service, which certifies a tapper"] : []),
  ];
}

function whereText(places: readonly (string | undefined)[]): string {
  if (places.includes(undefined)) return "everywhere";
  return places.length === 0 ? "nowhere" : `in ${listText(places.map(String))}`;
}

function othersParts({ bound, accounts, certify }: PeopleFacts): readonly string[] {
  const roles = certify === undefined ? [names.viewer] : [names.viewer, names.tap];
  return [
    ...(bound.kind === "known"
      ? roles.map((role) => `${role} is bound to ${boundText(bound.value.filter((each) => each.role === role))}`)
      : [`who is bound to ${roles.join(" and ")} ${notToBeRead(bound)}`]),
    ...(certify === undefined ? [] : [accountsText(accounts)]),
  ];
}

function accountsText(accounts: PeopleFacts["accounts"]): string {
  if (accounts.kind !== "known") return `where there is a ServiceAccount ${tapAccount} ${notToBeRead(accounts)}`;
  return accounts.value.length === 0
    ? `no namespace has ServiceAccount ${tapAccount}, which turns tap on`
    : `tap is turned on in ${listText(accounts.value)}`;
}

const notToBeRead = ({ kind, text }: Unknown): string =>
  kind === "forbidden" ? "is not for you to read" : `could not be read: ${text}`;

function boundText(bound: readonly Bound[]): string {
  const subjects = bound.flatMap((each) =>
    each.subjects.map(
      (subject) => `${subject} ${each.namespace === undefined ? "everywhere" : `in ${each.namespace}`}`,
    ),
  );
  return subjects.length === 0 ? "nobody" : listText(subjects);
}

const mostNamed = 5;
const listText = (texts: readonly string[]): string => {
  const more = texts.length > mostNamed ? ` and ${texts.length - mostNamed} more` : "";
  return `${texts.slice(0, mostNamed).join(", ")}${more}`;
};

/** The command that gives the first right that is missing; undefined: none is. */
function missingRole(people: PeopleFacts): string | undefined {
  const { places, certify } = people;
  const where = (does: Does): string =>
    places.find(({ namespace, look, tap }) => namespace !== undefined && !(may(look) && (does === "look" || may(tap))))
      ?.namespace ?? "NAMESPACE";
  if (!isEverywhere(people, "look")) return bindingCommand(where("look"), "clusterrole", names.viewer);
  if (certify === undefined) return undefined;
  if (!isEverywhere(people, "tap")) return bindingCommand(where("tap"), "clusterrole", names.tap);
  const refused = certify.find(({ allowed }) => valueOf(allowed) !== true);
  return refused && bindingCommand(refused.right.namespace ?? "NAMESPACE", "role", names.certify);
}

/** In all namespaces, or in each of those that were asked about. */
function isEverywhere(people: PeopleFacts, does: Does): boolean {
  const there = placesOf(people, does);
  const named = people.places.filter(({ namespace }) => namespace !== undefined);
  return there.includes(undefined) || (named.length > 0 && named.every(({ namespace }) => there.includes(namespace)));
}
