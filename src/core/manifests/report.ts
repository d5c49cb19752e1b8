/** What `weft inject` and `weft uninject` say about each object, to the letter as Linkerd does. */

import { oneLine } from "../base/text/quote.ts";
import type { Colours } from "../base/text/terminal.ts";

/** What became of one object. */
export interface ObjectReport {
  /** Lower case; empty when the document has none. */
  readonly kind: string;
  readonly name: string;
  readonly outcome: "injected" | "annotated" | "skipped" | "uninjected";
  readonly hostNetwork: boolean;
  readonly sidecar: boolean;
  readonly udp: boolean;
  /** The pod says `linkerd.io/inject: disabled`. */
  readonly disabled: boolean;
  readonly automountRefused: boolean;
  /** Runs on Windows; weft's own. */
  readonly windows: boolean;
  /** A mirror pod; weft's own. */
  readonly mirror: boolean;
  /** Can be injected, or is a Service or Namespace. */
  readonly supported: boolean;
}

export interface ReportStyle {
  /** Checks that found nothing get a line too. */
  readonly verbose: boolean;
  readonly colours: Colours;
}

/** An object that nothing is known about but its name. */
export const untouched = (kind: string, name: string): ObjectReport => ({
  kind,
  name,
  outcome: "skipped",
  hostNetwork: false,
  sidecar: false,
  udp: false,
  disabled: false,
  automountRefused: false,
  windows: false,
  mirror: false,
  supported: false,
});

/** Empty line, checks, empty line when a check found something, one line an object, empty line. */
export function injectReport(objects: readonly ObjectReport[], style: ReportStyle): string {
  const checks = checkLines(objects, style);
  const found = objects.some((object) => facts.some((fact) => object[fact])) || !objects.some(isSupported);
  return text(["", ...checks, ...(style.verbose || found ? [""] : []), ...objects.map(objectLine), ""]);
}

/** Empty line, one line an object, empty line. */
export const uninjectReport = (objects: readonly ObjectReport[]): string => text(["", ...objects.map(objectLine), ""]);

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

const objectLine = ({ kind, name, outcome }: ObjectReport): string =>
  kind === "" ? 'document missing "kind" field, skipped' : `${oneLine(`${kind} "${name}"`)} ${outcome}`;

const facts = ["hostNetwork", "sidecar", "udp", "disabled", "automountRefused", "windows", "mirror"] as const;
type Fact = (typeof facts)[number];

const isSupported = (object: ObjectReport): boolean => object.supported;

interface Check {
  /** Objects with this fact get a warning; `supported`: a warning when there is no such object. */
  readonly fact: Fact | "supported";
  readonly warning: ((list: string, count: number) => string) | undefined;
  /** Absent for those that Linkerd does not have: what it says stays as it is. */
  readonly ok?: string;
}

const checks: readonly Check[] = [
  {
    fact: "hostNetwork",
    warning: (list) => `"hostNetwork: true" detected in ${list}`,
    ok: "pods do not use host networking",
  },
  {
    fact: "sidecar",
    warning: (list) => `known 3rd party sidecar detected in ${list}`,
    ok: "pods do not have a 3rd party proxy or initContainer already injected",
  },
  {
    fact: "disabled",
    warning: (list) => `"linkerd.io/inject: disabled" annotation set on ${list}`,
    ok: "pods are not annotated to disable injection",
  },
  {
    fact: "supported",
    warning: () => "no supported objects found",
    ok: "at least one resource can be injected or annotated",
  },
  {
    fact: "udp",
    warning: (list, count) => `${list} ${count > 1 ? "use" : "uses"} "protocol: UDP"`,
    ok: "pod specs do not include UDP ports",
  },
  {
    fact: "automountRefused",
    warning: undefined,
    ok: 'pods do not have automountServiceAccountToken set to "false" or service account token projection is enabled',
  },
  { fact: "windows", warning: (list) => `pods that run on Windows detected in ${list}` },
  { fact: "mirror", warning: (list) => `mirror pods detected in ${list}` },
];

function checkLines(objects: readonly ObjectReport[], { verbose, colours }: ReportStyle): readonly string[] {
  const painted = (sign: string, colour: number): string =>
    colours === undefined ? sign : `${colours}${colour};1m${sign}${colours}0m`;
  const [ok, warning] = [painted("√", 32), painted("‼", 33)];
  return checks.flatMap((check) => {
    const holders = objects.filter((object) => object[check.fact]);
    const isBad = check.fact === "supported" ? holders.length === 0 : holders.length > 0;
    if (!isBad) return verbose && check.ok !== undefined ? [`${ok} ${check.ok}`] : [];
    const list = holders.map(({ kind, name }) => oneLine(`${kind}/${name}`)).join(", ");
    return check.warning === undefined ? [] : [`${warning} ${check.warning(list, holders.length)}`];
  });
}
