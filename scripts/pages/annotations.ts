/** docs/annotations.md, made from the rows that the engine reads. */
import { annotationRows, settingText } from "../../src/core/inject/settings/annotation-settings.ts";
import type { AnnotationRow } from "../../src/core/inject/settings/annotation-settings.ts";
import type { Settings } from "../../src/core/inject/settings/settings.ts";
import { inheritedKeys, keys, traceAttributePrefix } from "../../src/core/mesh/annotations.ts";
import { longestValue, mostNetworks, mostPorts, mostVariables } from "../../src/core/mesh/lists.ts";
import { everyPort } from "../../src/core/base/scalars/ports.ts";

/** The page as Markdown. `settings`: the chart's, for the column of defaults. */
export function annotationsPage(settings: Settings): string {
  const rows = [...others, ...annotationRows.map((row) => rowOf(row, settings))];
  const table = rows
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, value, meaning, setting, defaultValue }) => {
      const inherited = inheritedKeys.includes(key) || key === keys.enableOpaquePorts ? "yes" : "";
      return `| \`${key}\` | ${value} | ${meaning} | ${setting} | ${defaultValue} | ${inherited} |`;
    });
  return `${[...head, ...table].join("\n")}\n`;
}

interface PageRow {
  readonly key: string;
  readonly value: string;
  readonly meaning: string;
  readonly setting: string;
  readonly defaultValue: string;
}

const head = [
  "# Annotations",
  "",
  "What weft reads on a pod (or pod template) and on its namespace. A value that cannot be used leaves the setting as it",
  "is and gives a warning. *Namespace* says whether a namespace hands the annotation to its pods; a pod's own wins.",
  "",
  `A list of ports may have ${mostPorts} entries, one of networks ${mostNetworks}, one of variables ${mostVariables}, each of 64 characters on average; another`,
  `value may have ${longestValue} characters. What is longer cannot be used. Too long a list`,
  `of \`${keys.proxyRequireIdentityInboundPorts}\` counts as every port: it never leaves one open.`,
  "",
  "<!-- Made from src/core/inject/settings/annotation-settings.ts by `make golden`. -->",
  "",
  "| annotation | value | meaning | setting | default | namespace |",
  "| --- | --- | --- | --- | --- | --- |",
];

function rowOf({ annotation, expects, meaning, sets }: AnnotationRow, settings: Settings): PageRow {
  const [path] = sets;
  const defaultValue = path === undefined || path === "debugSidecar" ? "" : settingText(settings[path]);
  return {
    key: annotation,
    value: expects,
    meaning,
    setting: sets
      .filter((each) => each !== "debugSidecar")
      .map((each) => `\`${each}\``)
      .join(", "),
    defaultValue: annotation === keys.inject || defaultValue === "" ? "" : `\`${defaultValue}\``,
  };
}

const others: readonly PageRow[] = [
  {
    key: keys.opaquePorts,
    value: "a comma-separated list of ports, ranges and names of container ports",
    meaning: "ports whose traffic the proxy forwards without reading it; empty: none",
    setting: "`proxy.opaquePorts`",
    defaultValue: "the listed ports that the pod exposes",
  },
  {
    key: keys.enableOpaquePorts,
    value: "true or false",
    meaning: `all TCP ports are opaque, as \`${keys.opaquePorts}: ${everyPort}\` says; an own list wins (weft's addition)`,
    setting: "",
    defaultValue: "`false`",
  },
  {
    key: keys.podInboundPorts,
    value: "anything",
    meaning: "no effect: inbound ports are those of the pod's containers",
    setting: "",
    defaultValue: "",
  },
  {
    key: `${traceAttributePrefix}<attribute>`,
    value: "one line of text",
    meaning: "attribute of the proxy's spans, where tracing is on",
    setting: "`proxy.tracing.labels`",
    defaultValue: "",
  },
];
