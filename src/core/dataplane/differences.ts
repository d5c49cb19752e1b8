/**
 * What of the mesh's containers in a stored pod is otherwise than in one that is injected now. The API server adds
 * defaults, and other webhooks what is theirs: so only what weft writes is looked for.
 */
import { equal } from "../base/json/equal.ts";
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { objectsAt, textAt } from "../base/json/read.ts";
import { billionths } from "../base/scalars/quantity.ts";
import { anchorsVariable, containerNames } from "../mesh/sidecar.ts";

export interface Difference {
  readonly container: string;
  /** Such as `image`, `resources.limits.cpu`, `env.LINKERD2_PROXY_LOG`; blank: the container itself. */
  readonly field: string;
  /** Undefined: it has none. */
  readonly is: Json | undefined;
  /** Undefined: it would get none. */
  readonly wouldBe: Json | undefined;
}

/** Trust anchors aside, which are told by themselves. */
export function differences(pod: JsonObject, injected: JsonObject): readonly Difference[] {
  return Object.values(containerNames).flatMap((container) => {
    const [is, wouldBe] = [containerOf(pod, container), containerOf(injected, container)];
    if (is === undefined && wouldBe === undefined) return [];
    if (is === undefined || wouldBe === undefined)
      return [{ container, field: "", is: is?.["image"], wouldBe: wouldBe?.["image"] }];
    return [...differing(is, wouldBe, []), ...surplus(is, wouldBe)]
      .filter(({ field }) => field !== `env.${anchorsVariable}`)
      .map((each) => ({ container, ...each }));
  });
}

const containerOf = (pod: JsonObject, name: string): JsonObject | undefined =>
  ["initContainers", "containers"]
    .flatMap((list) => objectsAt(pod, "spec", list))
    .find((each) => textAt(each, "name") === name);

type Found = Omit<Difference, "container">;

function differing(is: Json | undefined, wouldBe: Json, path: readonly string[]): readonly Found[] {
  const field = path.join(".");
  if (is === undefined) return isZero(wouldBe) ? [] : [{ field, is, wouldBe }];
  if (isObject(wouldBe) && isObject(is))
    return Object.entries(wouldBe).flatMap(([key, value]) =>
      value === undefined ? [] : differing(is[key], value, [...path, key]),
    );
  if (isKeyed(path.at(-1)) && isList(wouldBe) && isList(is)) return inList(is, wouldBe, path);
  return equal(wellFormed(is), wellFormed(wouldBe)) || isDefault(wouldBe, path) || isAmount(is, wouldBe, path)
    ? []
    : [{ field, is, wouldBe }];
}

/** Lists whose items are told apart by a key, whatever stands between them. */
const listKeys = new Map([
  ["env", "name"],
  ["ports", "name"],
  ["volumeMounts", "mountPath"],
]);

const isKeyed = (list: string | undefined): boolean => list !== undefined && listKeys.has(list);

function inList(is: readonly Json[], wouldBe: readonly Json[], path: readonly string[]): readonly Found[] {
  const key = listKeys.get(path.at(-1) ?? "") ?? "";
  // The last of a name is the one that counts.
  const found = new Map(is.map((item) => [textAt(item, key), item]));
  const wanted = new Map(wouldBe.map((item) => [textAt(item, key), item]));
  return [...wanted].flatMap(([name, item]) => {
    const has = found.get(name);
    // A variable is told as a whole.
    const [a, b] = path.at(-1) === "env" ? [valueOf(has), valueOf(item) ?? ""] : [has, item];
    return differing(a, b, [...path, name]);
  });
}

const valueOf = (variable: Json | undefined): Json | undefined =>
  isObject(variable) ? (variable["value"] ?? variable["valueFrom"]) : undefined;

/** What an API server leaves out when it is written. */
const isZero = (value: Json): boolean =>
  value === "" || value === 0 || value === false || (isList(value) && value.length === 0) || isEmpty(value);

const isEmpty = (value: Json): boolean =>
  isObject(value) && Object.values(value).every((each) => each === undefined || isZero(each));

/** Half of a surrogate pair is stored as U+FFFD. */
const wellFormed = (value: Json): Json => (typeof value === "string" ? value.toWellFormed() : value);

/** Zero is where an API server puts a default of its own. */
const isDefault = (wouldBe: Json, path: readonly string[]): boolean =>
  wouldBe === 0 && (path.at(-2) ?? "").endsWith("Probe");

/** `1000m` is stored as `1`, what is finer than a thousandth as one, and what is beyond 64 bits as the largest. */
function isAmount(is: Json, wouldBe: Json, path: readonly string[]): boolean {
  if (path[0] !== "resources" && path.at(-1) !== "divisor") return false;
  const [a, b] = [storedAmount(is), storedAmount(wouldBe)];
  return a !== undefined && a === b;
}

/** In thousandths (apimachinery, Quantity; core/v1, ResourceList). */
function storedAmount(value: Json): bigint | undefined {
  const amount = typeof value === "string" || typeof value === "number" ? billionths(String(value)) : undefined;
  if (amount === undefined) return undefined;
  const thousandths = (amount + 999_999n) / 1_000_000n;
  return thousandths < largest ? thousandths : largest;
}

const largest = (2n ** 63n - 1n) * 1000n;

/** What weft writes with some settings alone: variables of the proxy, and these fields. */
function surplus(is: JsonObject, wouldBe: JsonObject): readonly Found[] {
  const names = new Set(objectsAt(wouldBe, "env").map((each) => textAt(each, "name")));
  return [
    ...objectsAt(is, "env")
      .filter((each) => textAt(each, "name").startsWith("LINKERD2_PROXY_") && !names.has(textAt(each, "name")))
      .map((each) => ({ field: `env.${textAt(each, "name")}`, is: valueOf(each), wouldBe: undefined })),
    ...["lifecycle", "restartPolicy", "startupProbe"]
      .filter((field) => is[field] !== undefined && wouldBe[field] === undefined)
      .map((field) => ({ field, is: is[field], wouldBe: undefined })),
  ];
}
