/**
 * A YAML or JSON document as a tree of places in its text: where each key, marker and value begins and ends. Comments
 * and spaces have no node; they are what lies between the nodes.
 */

/** A place is a pair of offsets; `end` is the first character that does not belong to it. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

interface Properties {
  readonly anchor?: string;
  /** In full: `tag:yaml.org,2002:str` for `!!str`. */
  readonly tag?: string;
}

export type Scalar = Place & Properties & { readonly kind: "scalar"; readonly plain: boolean; readonly source: string };
/** The target is undefined where the alias stands inside what it names. */
export type Alias = Place & Properties & { readonly kind: "alias"; readonly name: string; readonly target?: Syntax };
export type Collection = Place &
  Properties & {
    readonly kind: "map" | "seq";
    /** Block style, flow style (in brackets), or `bare`: the map in `[a: b]`, flow style without brackets. */
    readonly style: "block" | "flow" | "bare";
    readonly entries: readonly Entry[];
  };
export type Syntax = Scalar | Alias | Collection;

/** An anchor or a tag. */
export type Property = Place & { readonly kind: "anchor" | "tag" };

/** An item of a sequence or a pair of a map. Its place begins with its `-`, `?`, key, or property, and ends with its content. */
export interface Entry extends Place {
  readonly key: Syntax | undefined;
  /** End of the `-` or `:`; undefined where there is none. */
  readonly mark: number | undefined;
  /** Anchor and tag of the value, in order. */
  readonly properties: readonly Property[];
  readonly value: Syntax;
}

/** Nothing is written where this value is, as in `annotations:`. */
export const isEmpty = (value: Syntax): boolean => value.kind === "scalar" && value.start === value.end;
