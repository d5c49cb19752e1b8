/** What `weft tap` and `weft top` have in common: which pods, which requests, for how long. */
import type { Command } from "commander";
import { dnsLabel, isDnsSubdomain } from "../../core/base/scalars/dns-label.ts";
import { parseDuration, wholeMilliseconds } from "../../core/base/scalars/duration.ts";
import { quoted } from "../../core/base/text/quote.ts";
import { resources } from "../../core/kubernetes/kinds.ts";
import { meantResource, namedResource } from "../../core/kubernetes/resource-words.ts";
import { endpointLabel } from "../../core/traffic/tap/pods.ts";
import type { Asked } from "../../core/traffic/tap/pods.ts";
import { usageFailure } from "../io.ts";
import { namespaceIn, textsOf } from "../options.ts";
import type { TapAsked } from "./tapping.ts";

export const withTapFlags = (command: Command): Command =>
  command
    .argument("<resource>", "whose requests: deploy/web, deploy, pod/web-0, ns/shop")
    .argument("[name]", "of the resource: deploy web is deploy/web")
    .option("-n, --namespace <namespace>", "where it is (default: that of the kubeconfig, else default)")
    .option("-l, --selector <selector>", "of its pods those with these labels, such as app=web")
    .option("--to <resource>", "requests that its proxies send there: deploy/web, svc/web, ns/shop")
    .option("--to-namespace <namespace>", "where that is (default: as --namespace)")
    .option("--from <resource>", "requests that come from its pods, such as deploy/web or ns/shop")
    .option("--method <method>", "requests with this method, such as GET")
    .option("--path <prefix>", "requests whose path begins so; it has no query")
    .option("--authority <authority>", "requests to this host, as the client wrote it: web, web:8080")
    .option("--scheme <scheme>", "http or https")
    .option("--max-rps <number>", "requests a second, of all pods together (default 100)")
    .option("--for <duration>", "ends after so long, such as 1m (default: at Ctrl-C)");

/** `otherwise`: the namespace where no flag says one. */
export function tapAsked(command: Command, words: readonly string[], otherwise: string): TapAsked {
  const word = words.join("/");
  const { resource, namespace: ownNamespace } = resourceOf(word, "");
  if (resource.kind === resources.services)
    throw usageFailure(
      "a Service has no proxy: name what its pods are of, such as deploy/web; for requests to it see --to",
    );
  const given = namespaceIn(command, "--namespace", "namespace");
  if (given !== undefined && ownNamespace !== undefined && given !== ownNamespace)
    throw usageFailure(`--namespace ${given} and ${word}: one of them`);
  const namespace = ownNamespace ?? given ?? otherwise;
  return {
    namespace,
    resource,
    word,
    selector: textsOf(command, "selector").at(-1) ?? "",
    filter: {
      method: oneOf(command, "method"),
      path: oneOf(command, "path"),
      authority: oneOf(command, "authority"),
      scheme: oneOf(command, "scheme"),
      to: endpointOf(command, namespace),
    },
    from: callersOf(command, namespace),
    mostPerSecond: rateOf(command),
  };
}

/** Milliseconds; undefined: without end. */
export function durationOf(command: Command): number | undefined {
  const text = textsOf(command, "for").at(-1);
  if (text === undefined) return undefined;
  const duration = parseDuration(text);
  if (duration !== undefined && duration > 0n) return Number(wholeMilliseconds(duration));
  throw usageFailure(`--for: ${quoted(text)} is not a duration such as 30s or 2m`);
}

/** An empty text would match nothing that anybody means. */
function oneOf(command: Command, name: string): string | undefined {
  const text = textsOf(command, name).at(-1);
  if (text === "") throw usageFailure(`--${name}: is empty`);
  return text;
}

interface Meant {
  readonly resource: Asked;
  /** Where the resource is a namespace. */
  readonly namespace?: string;
}

function resourceOf(word: string, flag: string): Meant {
  const place = flag === "" ? "" : `${flag}: `;
  const [, ofNamespace] = /^(?:ns|namespaces?)\/(.+)$/.exec(word) ?? [];
  if (ofNamespace !== undefined && dnsLabel.test(ofNamespace))
    return { resource: { kind: undefined, name: undefined }, namespace: ofNamespace };
  const found = namedResource(word);
  if (found !== undefined && (found.name === undefined || isDnsSubdomain(found.name))) return { resource: found };
  const meant = meantResource(word);
  throw usageFailure(
    `${place}${quoted(word)} is no resource such as deploy/web, pod/web-0 or ns/shop${meant === undefined ? "" : `; did you mean ${meant}?`}`,
  );
}

/** Labels that endpoints have, as the control plane tells them. */
function endpointOf(command: Command, otherwise: string): Readonly<Record<string, string>> | undefined {
  const word = textsOf(command, "to").at(-1);
  const given = namespaceIn(command, "--to-namespace", "toNamespace");
  if (word === undefined) {
    if (given !== undefined) throw usageFailure("--to-namespace: is for --to; of a whole namespace write --to ns/NAME");
    return undefined;
  }
  const { resource, namespace } = resourceOf(word, "--to");
  const label = endpointLabel(resource);
  if (namespace !== undefined) return { namespace };
  if (label === undefined || resource.name === undefined)
    throw usageFailure(
      `--to: ${quoted(word)}: expected ${label === undefined ? "a kind that endpoints are known by, such as deploy, svc or pod" : `a name, such as ${word}/web`}`,
    );
  return { [label]: resource.name, namespace: given ?? otherwise };
}

function callersOf(command: Command, otherwise: string): TapAsked["from"] {
  const word = textsOf(command, "from").at(-1);
  if (word === undefined) return undefined;
  const { resource, namespace = otherwise } = resourceOf(word, "--from");
  if (resource.kind === resources.services)
    throw usageFailure("--from: a Service sends no requests; name what its pods are of, such as deploy/web");
  return { namespace, resource, word };
}

function rateOf(command: Command): number {
  const text = textsOf(command, "maxRps").at(-1) ?? "100";
  const rate = Number(text);
  if (text.trim() !== "" && rate > 0 && Number.isFinite(rate)) return rate;
  throw usageFailure(`--max-rps: ${quoted(text)} is not a number above 0`);
}
