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
  namespaceOf,
  neededSecrets,
  serviceKey,
  servicesIn,
  shown,
} from "./identities.ts";
import type { Member, Workload } from "./identities.ts";
import { headlessName, objectName, siteIdentity } from "./names.ts";
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
  const conflicts = twoConfigurations(wholes, choices);
  if (conflicts.length > 0) return { issues: conflicts };
  return { value: planOf(objects, wholes, choices, digest) };
}

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
function twoConfigurations(members: readonly PlacedMember[], choices: Choices): readonly Issue[] {
  const first = new Map<string, PlacedMember>();
  return members.flatMap((member) => {
    const { workload, identity, configured } = member;
    const key = `${workload.namespace}/${identity}`;
    const other = first.get(key) ?? member;
    first.set(key, other);
    if (configurationText(other.configured, choices) === configurationText(configured, choices)) return [];
    const message = `is Service ${identity} as ${shown(other.workload)} is, and takes requests at ${String(configured.appPort)}, not ${String(other.configured.appPort)}: one configuration serves both`;
    return [{ at: shown(workload), message }];
  });
}

function planOf(
  objects: readonly JsonObject[],
  members: readonly PlacedMember[],
  choices: Choices,
  digest: (text: string) => string,
): WrapPlan {
  const { namespace, validation, ports } = choices;
  const texts = new Map(members.map((member) => [member, configurationText(member.configured, choices)] as const));
  const made = new Map(madeFor(members, texts, choices).map((object) => [placeOf(object, namespace), object] as const));
  const byPlace = new Map(members.map((member) => [workloadPlace(member.workload), member] as const));
  const called = new Set(
    members.flatMap(({ service }) => (service === undefined ? [] : [serviceKey(service, namespace)])),
  );
  const change = (object: JsonObject): JsonObject => {
    const wanted = made.get(placeOf(object, namespace));
    if (wanted !== undefined) return broughtUpToDate(object, wanted);
    if (object["kind"] === "Service" && called.has(serviceKey(object, namespace)))
      return withRouterPort(object, ports.incoming);
    const member = byPlace.get(objectPlace(object, namespace));
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
const objectPlace = (object: JsonObject, otherwise: string): string =>
  [textAt(object, "kind").toLowerCase(), namespaceOf(object, otherwise), nameOf(object)].join("/");

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
