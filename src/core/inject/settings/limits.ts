/**
 * A request above its limit, which Kubernetes refuses (core/v1, ValidateResourceRequirements): the limit is raised to
 * the request, so that the container gets what it asks for. It takes two annotations, or one and the installation.
 */
import { keys } from "../../mesh/annotations.ts";
import { billionths, parseQuantity, wholeCores } from "../../base/scalars/quantity.ts";
import { quoted } from "../../base/text/quote.ts";
import { initMode } from "./init-mode.ts";
import type { AnnotationRow, Override, Reading } from "./annotation-settings.ts";
import type { SettingPath, Settings, PodSettings, ResourceName } from "./settings.ts";
import { resourceNames } from "./settings.ts";

type Of = "proxy" | "proxyInit";

/** A limit that is below its request. */
export interface LowLimit {
  readonly name: ResourceName;
  readonly of: Of;
  readonly request: string;
  readonly limit: string;
}

export const lowLimits = (settings: Settings): readonly LowLimit[] =>
  // Linkerd's init container has the proxy's (S-49).
  (initMode(settings) === "linkerd" ? (["proxy"] as const) : (["proxy", "proxyInit"] as const)).flatMap((of) =>
    resourceNames.flatMap((name) => {
      const request = settings[`${of}.resources.${name}.request`];
      const limit = settings[`${of}.resources.${name}.limit`];
      const [asked, most] = [billionths(request), billionths(limit)];
      return asked === undefined || most === undefined || asked <= most ? [] : [{ name, of, request, limit }];
    }),
  );

/** In words, after the path or the annotation. */
export const lowLimitText = ({ request, limit }: LowLimit): string =>
  `the request of ${quoted(request)} is over the limit of ${quoted(limit)}, which is raised to ${quoted(request)}`;

interface AnnotationRead {
  readonly row: AnnotationRow;
  readonly reading: Reading | undefined;
}

/** What limits are raised in. */
interface Read<One extends AnnotationRead> {
  readonly settings: PodSettings;
  readonly reads: readonly One[];
}

/** The settings without such limits; each that an annotation has a part in is told with that annotation. */
export const withRaisedLimits = <One extends AnnotationRead>(read: Read<One>): Read<One> =>
  lowLimits(read.settings).reduce((before, low) => raised(before, low), read);

function raised<One extends AnnotationRead>(resolved: Read<One>, low: LowLimit): Read<One> {
  const override = raise(resolved.settings, low);
  const told = toldWith(resolved.reads, low);
  return {
    ...resolved,
    settings: { ...resolved.settings, ...override },
    reads: resolved.reads.map((read) => {
      if (read !== told) return read;
      const { override: own = {}, doubt } = read.reading ?? {};
      const warnings = [...(doubt === undefined ? [] : [doubt]), lowLimitText(low)];
      return { ...read, reading: { override: { ...own, ...override }, doubt: warnings.join("; "), isPartial: true } };
    }),
  };
}

/** The limit as high as the request; most workers then are as many as the fewest. */
function raise(settings: Settings, { name, of, request }: LowLimit): Override {
  const limit = { [`${of}.resources.${name}.limit`]: request };
  const most = settings["proxy.runtime.workers.maximum"];
  const parsed = parseQuantity(request);
  const cores = parsed === undefined ? undefined : wholeCores(parsed);
  const isMore = of === "proxy" && name === "cpu" && cores !== undefined && Number(most) > 0 && cores > Number(most);
  return isMore ? { ...limit, ["proxy.runtime.workers.maximum" satisfies SettingPath]: cores } : limit;
}

/** The annotation that said the limit, else the one that said the request. */
function toldWith(reads: readonly AnnotationRead[], { name, of }: LowLimit): AnnotationRead | undefined {
  if (of !== "proxy") return undefined;
  const by = (annotation: string): AnnotationRead | undefined =>
    reads.findLast(({ row, reading }) => row.annotation === annotation && reading !== undefined);
  const [limit, request] = annotationsOf[name];
  return by(limit) ?? by(request);
}

const annotationsOf: Readonly<Record<ResourceName, readonly [limit: string, request: string]>> = {
  cpu: [keys.proxyCpuLimit, keys.proxyCpuRequest],
  memory: [keys.proxyMemoryLimit, keys.proxyMemoryRequest],
  "ephemeral-storage": [keys.proxyEphemeralStorageLimit, keys.proxyEphemeralStorageRequest],
};
