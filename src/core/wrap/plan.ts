/**
 * Manifests → what `weft wrap inject` makes of each of them, and what it adds; or everything that speaks against it, at
 * once.
 */
import type { JsonObject } from "../base/json/json.ts";
import { nameOf, textAt } from "../base/json/read.ts";
import { dnsLabel } from "../base/scalars/dns-label.ts";
import type { Issue } from "../base/text/issue.ts";
import { issuesOf } from "../base/text/result.ts";
import type { Result } from "../base/text/result.ts";
import type { Choices } from "./choices.ts";
import { namesNamespaces } from "./choices.ts";
import { configurationText } from "./configuration.ts";
import type { Configured } from "./configuration.ts";
import {
  applicationPort,
  membershipOf,
  isService,
  neededSecrets,
  serviceKey,
  servicesIn,
  shown,
  workloadOf,
} from "./identities.ts";
import type { Member, Workload } from "./identities.ts";
import { headlessName, isOwn, objectName, siteIdentity } from "./names.ts";
import { broughtUpToDate, configMap, headlessService, placeOf, rights } from "./objects.ts";
import { servicePortIssue, withRouterPort, workloadIssues, wrapped } from "./workload.ts";

export interface WrapPlan {
  /** An object of the inputs as it shall be written. */
  readonly change: (object: JsonObject) => JsonObject;
  /** What is not among the inputs yet, in the order of kinds and names. */
  readonly added: readonly JsonObject[];
  /** Lines for people: what becomes of each workload and Service. */
  readonly report: readonly string[];
}

/** `digest` of a text, in lower-case hexadecimal. */
export function wrapPlan(
  objects: readonly JsonObject[],
  choices: Choices,
  digest: (text: string) => string,
): Result<WrapPlan> {
  const services = servicesIn(objects, choices.namespace);
  const found = objects.map((object) => membershipOf(object, services, choices));
  const members = found.flatMap((each) => (each.kind === "member" ? [each] : []));
  const namespaces = [...new Set(members.map(({ workload }) => workload.namespace))].toSorted();
  const accounts = new Map(
    objects.flatMap((object) =>
      object["kind"] === "ServiceAccount" ? [[placeOf(object, choices.namespace), object] as const] : [],
    ),
  );
  const placed = members.map((member) => placedMember(member, { namespaces, accounts }, choices));
  const needed = neededSecrets(members, choices);
  const issues = [...found, ...placed, needed].flatMap(issuesOf);
  const distinct = new Map(
    [...issues, ...serviceIssues(members, choices)].map((issue) => [`${issue.at} ${issue.message}`, issue]),
  );
  if (distinct.size > 0) return { issues: [...distinct.values()] };
  const wholes = placed.flatMap((each) => ("value" in each ? [each.value] : []));
  const texts = new Map(wholes.map((member) => [member, configurationText(member.configured, choices)] as const));
  const made = new Map(
    madeFor(wholes, texts, choices).map((object) => [placeOf(object, choices.namespace), object] as const),
  );
  const conflicts = [...twoConfigurations(wholes, texts), ...strangers(objects, made, choices)];
  if (conflicts.length > 0) return { issues: conflicts };
  return { value: planOf(objects, { members: wholes, texts, made }, choices, digest) };
}

/** What is not weft's is not written over. */
const strangers = (
  objects: readonly JsonObject[],
  made: ReadonlyMap<string, JsonObject>,
  { namespace }: Choices,
): readonly Issue[] =>
  objects
    .filter((object) => made.has(placeOf(object, namespace)) && !isOwn(object))
    .map((object) => ({
      at: shown({ kind: textAt(object, "kind").toLowerCase(), name: nameOf(object) }),
      message: "is there already, not by weft wrap; rename it",
    }));

interface PlacedMember extends Member {
  readonly configured: Configured;
}

interface Around {
  readonly namespaces: readonly string[];
  /** ServiceAccounts by their places. */
  readonly accounts: ReadonlyMap<string, JsonObject>;
}

function placedMember(member: Member, { namespaces, accounts }: Around, choices: Choices): Result<PlacedMember> {
  const { workload, service } = member;
  const port = service === undefined ? undefined : applicationPort({ ...member, service });
  const { namespace } = workload;
  const account = accounts.get(["ServiceAccount", namespace, member.account].join("/"));
  const issues = [...issuesOf(port), ...workloadIssues(workload, choices, account)];
  if (issues.length > 0) return { issues };
  const appPort = port !== undefined && "value" in port ? port.value : undefined;
  return { value: { ...member, configured: { namespace, namespaces, appPort } } };
}

function serviceIssues(members: readonly Member[], { ports, discovery }: Choices): readonly Issue[] {
  return members.flatMap(({ service }) => {
    if (service === undefined) return [];
    const at = `service/${nameOf(service)}`;
    const headless = headlessName(nameOf(service));
    const message = servicePortIssue(service, ports.incoming);
    return [
      ...(message === undefined ? [] : [{ at, message }]),
      ...(discovery === "dns" && !dnsLabel.test(headless)
        ? [
            {
              at,
              message: `its headless Service ${headless} needs ${headless.length} characters, and a Service's name has 63 at most`,
            },
          ]
        : []),
    ];
  });
}

/** Workloads of one Service have one ConfigMap. */
function twoConfigurations(
  members: readonly PlacedMember[],
  texts: ReadonlyMap<PlacedMember, string>,
): readonly Issue[] {
  const first = new Map<string, PlacedMember>();
  return members.flatMap((member) => {
    const { workload, identity, configured } = member;
    const key = `${workload.namespace}/${identity}`;
    const other = first.get(key) ?? member;
    first.set(key, other);
    if (texts.get(other) === texts.get(member)) return [];
    const message = `is Service ${identity} as ${shown(other.workload)} is, and takes requests at ${String(configured.appPort)}, not ${String(other.configured.appPort)}: one configuration serves both`;
    return [{ at: shown(workload), message }];
  });
}

interface Made {
  readonly members: readonly PlacedMember[];
  readonly texts: ReadonlyMap<PlacedMember, string>;
  /** Objects by their places. */
  readonly made: ReadonlyMap<string, JsonObject>;
}

function planOf(
  objects: readonly JsonObject[],
  { members, texts, made }: Made,
  choices: Choices,
  digest: (text: string) => string,
): WrapPlan {
  const { namespace, validation, ports } = choices;
  const byPlace = new Map(members.map((member) => [workloadPlace(member.workload), member] as const));
  const called = new Set(
    members.flatMap(({ service }) => (service === undefined ? [] : [serviceKey(service, namespace)])),
  );
  const change = (object: JsonObject): JsonObject => {
    const wanted = made.get(placeOf(object, namespace));
    if (wanted !== undefined) return broughtUpToDate(object, wanted);
    if (isService(object) && called.has(serviceKey(object, namespace))) return withRouterPort(object, ports.incoming);
    const found = workloadOf(object, namespace);
    const member = found === undefined ? undefined : byPlace.get(workloadPlace(found));
    if (member === undefined) return object;
    const { identity, workload, service, configured } = member;
    const sidecar = {
      identity,
      secret: objectName(validation === "site" ? siteIdentity : identity),
      isCalled: service !== undefined,
      digest: digest(texts.get(member) ?? "").slice(0, 12),
      namespaces: isWide(members, choices) ? configured.namespaces : [configured.namespace],
    };
    return wrapped(object, workload, sidecar, choices);
  };
  const present = new Set(objects.map((object) => placeOf(object, namespace)));
  const added = [...made].flatMap(([place, object]) => (present.has(place) ? [] : [object]));
  return { change, added, report: members.map(reportLine) };
}

const workloadPlace = ({ kind, namespace, name }: Workload): string => [kind, namespace, name].join("/");

/** Services of other namespaces are called, too. */
const isWide = (members: readonly PlacedMember[], choices: Choices): boolean =>
  namesNamespaces(choices) || (members[0]?.configured.namespaces.length ?? 0) > 1;

function madeFor(
  members: readonly PlacedMember[],
  texts: ReadonlyMap<PlacedMember, string>,
  choices: Choices,
): readonly JsonObject[] {
  const namespaces = [...new Set(members.flatMap(({ configured }) => configured.namespaces))];
  const configs = members.map((member) =>
    configMap(member.identity, member.configured.namespace, texts.get(member) ?? ""),
  );
  const others =
    choices.discovery === "k8s"
      ? namespaces.flatMap((namespace) => rights(namespace, members))
      : members.flatMap(({ service, configured }) =>
          service === undefined ? [] : [headlessService(service, configured.namespace, choices)],
        );
  return [...configs, ...others].toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

const orderOf = (object: JsonObject): string => placeOf(object, "");

const reportLine = ({ workload, service, configured }: PlacedMember): string =>
  service === undefined
    ? `${shown(workload)}: calls are wrapped; no Service selects it`
    : `${shown(workload)}: is Service ${nameOf(service)}; requests go to port ${String(configured.appPort)}`;
