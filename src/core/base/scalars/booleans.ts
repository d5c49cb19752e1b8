/** Yes and no as annotation text. Nothing is trimmed, letter case counts. */

/** `1 t T true True TRUE` and `0 f F false False FALSE`, as Go's strconv.ParseBool reads them. */
export const parseBool = (text: string): boolean | undefined => boolTexts.get(text);

/** Exactly `enabled` or `disabled`. */
export const parseOnOff = (text: string): boolean | undefined => onOffTexts.get(text);

const boolTexts: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "true", "True", "TRUE"].map((text) => [text, true] as const),
  ...["0", "f", "F", "false", "False", "FALSE"].map((text) => [text, false] as const),
]);

const onOffTexts: ReadonlyMap<string, boolean> = new Map([
  ["enabled", true],
  ["disabled", false],
]);
