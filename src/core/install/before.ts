/**
 * What speaks against installing weft in a cluster: weft is there, or the CAs of a mesh are. Each `weft install` makes
 * CAs of its own; applied over those that are there, no pod trusts the control plane any more.
 */
import { labels } from "../mesh/annotations.ts";
import { entries } from "../registration/entries.ts";
import { labelsOf, objectsAt, textAt } from "../base/json/read.ts";
import type { JsonObject } from "../base/json/json.ts";
import { keeperOf, keeperText } from "./keeper.ts";
import { names } from "./names.ts";
import { nameOf, shownName } from "./print.ts";

/** What was found in the cluster. */
export interface Found {
  /** ConfigMaps and Deployments with weft's labels, in all namespaces. */
  readonly labelled: readonly JsonObject[];
  /** All MutatingWebhookConfigurations. */
  readonly mutating: readonly JsonObject[];
  /** Where weft would go: the ConfigMap with the trust anchors and the Secret with the issuer, as far as they are there. */
  readonly authorities: readonly JsonObject[];
}

/** What mends an installation, and brings nothing new. */
const installCommand = "weft install > weft.yaml && kubectl apply -f weft.yaml";

/** What to say where there is none; undefined: in no namespace. */
export const notInstalled = (namespace: string | undefined, why = ""): readonly string[] => [
  `weft is not installed${namespace === undefined ? "" : ` in namespace ${namespace}`}${why}; install it with: ${installCommand}`,
];

export const upgradeCommand = "weft upgrade -o yaml | kubectl apply -f -";

/** Lines for people; none: nothing speaks against it. A Linkerd that is adopted has CAs, which stay as they are. */
export function againstInstalling(found: Found, adopts: boolean): readonly string[] {
  const installed = found.labelled.find((object) => isOneOf(object, installationNames));
  if (installed !== undefined) return [...thereLines(installed), ...mendLines(found.labelled)];
  const registered = found.mutating.find(hasEntry);
  if (registered !== undefined) return registeredLines(registered);
  const [authority] = found.authorities;
  return authority === undefined || adopts ? [] : authorityLines(authority);
}

/** Left-overs such as the definition of a kind, or a Lease, are no installation. */
const installationNames: ReadonlySet<string> = new Set([
  names.given,
  names.injector,
  names.controller,
  names.certificates,
]);

const isOneOf = (object: JsonObject, some: ReadonlySet<string>): boolean => some.has(nameOf(object).name);

const thereLines = (object: JsonObject): readonly string[] => [
  `weft is installed already: there is ${shownName(nameOf(object))} in namespace ${nameOf(object).namespace}. Nothing was printed: a second weft install makes another trust anchor, which no running pod trusts`,
];

function mendLines(labelled: readonly JsonObject[]): readonly string[] {
  const given = labelled.find((object) => nameOf(object).name === names.given);
  const keeper = given === undefined ? undefined : keeperOf(given);
  if (keeper !== undefined) return [keeperText(keeper)];
  return given === undefined
    ? [`it was not installed by weft install, which leaves configmap/${names.given}: apply again what it was made of`]
    : [`to change it, or to put it right: ${upgradeCommand}`];
}

const registeredLines = (configuration: JsonObject): readonly string[] => [
  `${shownName(nameOf(configuration))} has entries of weft's, which call Service ${calledBy(configuration)}: a second registration would inject each pod twice. Nothing was printed`,
  "weft check says what is there; of one that is to go: weft uninstall | kubectl delete -f -",
];

const authorityLines = (object: JsonObject): readonly string[] => {
  const { namespace } = nameOf(object);
  const isLinkerds = labelsOf(object)[labels.controlPlaneNamespace] !== undefined;
  return [
    `${shownName(nameOf(object))} in namespace ${namespace} belongs to a mesh that is there${isLinkerds ? ", Linkerd's" : ""}. Nothing was printed: pods would not trust another trust anchor or issuer`,
    `beside a running Linkerd: weft install --adopt-linkerd; else another --namespace, or delete what a mesh before has left there`,
  ];
};

const entryNames: ReadonlySet<string> = new Set(Object.values(entries).map(({ name }) => name));

const hasEntry = (configuration: JsonObject): boolean =>
  objectsAt(configuration, "webhooks").some((webhook) => entryNames.has(textAt(webhook, "name")));

function calledBy(configuration: JsonObject): string {
  const webhook = objectsAt(configuration, "webhooks").find((each) => entryNames.has(textAt(each, "name")));
  const [name, namespace] = ["name", "namespace"].map((key) => textAt(webhook, "clientConfig", "service", key));
  return name === "" ? "of another address" : `${name} in namespace ${namespace}`;
}
