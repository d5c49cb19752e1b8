/** What an upgrade would change: as differences for people, and as JSON. */
import { nameOf, shownName } from "../../core/install/print.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { paint } from "../../core/base/text/paint.ts";
import type { Colours } from "../../core/base/text/terminal.ts";
import type { ObjectName } from "../../core/kubernetes/kinds.ts";
import type { Keeper } from "../../core/install/keeper.ts";
import { differenceText } from "../../core/print/difference.ts";
import type { Hunk } from "../../core/print/difference.ts";

export const upgradeFormats = ["diff", "yaml", "json"] as const;

export interface Change {
  readonly name: ObjectName;
  /** `created`: it is not there. */
  readonly kind: "created" | "changed";
  readonly hunks: readonly Hunk[];
}

export interface Refusal {
  readonly name: ObjectName;
  /** What the API server says to it. */
  readonly why: string;
}

export interface Upgrade {
  /** Of the weft that is installed; undefined: its Deployment does not say. */
  readonly installed: string | undefined;
  /** Of the command. */
  readonly version: string;
  readonly keeper: Keeper | undefined;
  readonly changes: readonly Change[];
  readonly refusals: readonly Refusal[];
  /** Of weft, and not part of it any more. */
  readonly leftOver: readonly JsonObject[];
  /** With `--wait`: why not every replica runs that, and uses what is stored; undefined: nobody looked. */
  readonly waiting: readonly string[] | undefined;
}

export function changesText(changes: readonly Change[], colours: Colours): string {
  const painted = paint(colours);
  return changes
    .map(({ name, kind, hunks }) => {
      const shown = shownName(name);
      const before = `${shown} ${kind === "created" ? "(not there)" : "as it is"}`;
      return differenceText(hunks, { before, after: `${shown} as it would be` }, painted);
    })
    .join("");
}

/** What takes away an object that is left over. */
export const deletionOf = ({ namespace, ...name }: ObjectName): string =>
  [
    "kubectl",
    ...(namespace === "" ? [] : ["--namespace", namespace]),
    "delete",
    shownName({ namespace, ...name }),
  ].join(" ");

/** For programs; with a newline at the end. */
export function upgradeJson(upgrade: Upgrade): string {
  const { installed = null, version, keeper = null, changes, refusals, leftOver, waiting } = upgrade;
  const where = (name: ObjectName) => ({ object: shownName(name), namespace: name.namespace });
  const shown = {
    installed,
    command: version,
    keeper,
    changes: changes.map(({ name, kind, hunks }) => ({
      ...where(name),
      change: kind,
      lines: hunks.flatMap(({ lines }) => lines.filter((line) => !line.startsWith(" "))),
    })),
    refused: refusals.map(({ name, why }) => ({ ...where(name), why })),
    leftOver: leftOver.map((object) => ({ ...where(nameOf(object)), delete: deletionOf(nameOf(object)) })),
    ...(waiting === undefined ? {} : { waiting }),
  };
  return `${JSON.stringify(shown, undefined, 2)}\n`;
}
