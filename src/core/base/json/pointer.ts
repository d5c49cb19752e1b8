/** JSON Pointer (RFC 6901). */
import { perText } from "../memory/memo.ts";

// "~" goes first, or the "~1" made from "/" would be escaped a second time (RFC 6901, section 3).
const escaped = perText((key) => key.replaceAll("~", "~0").replaceAll("/", "~1"), { most: 1024, longest: 256 });

/** The pointer that leads through these keys: `pointer("metadata", "linkerd.io/inject")` is `/metadata/linkerd.io~1inject`. */
export const pointer = (...path: readonly (string | number)[]): string => {
  let text = "";
  for (const key of path) text += `/${typeof key === "number" ? key : escaped(key)}`;
  return text;
};

/** The keys of a pointer; array positions stay text. `undefined` when it is neither empty nor begins with a slash. */
export const pointerKeys = (text: string): readonly string[] | undefined => {
  if (text === "") return [];
  if (!text.startsWith("/")) return undefined;
  return text.slice(1).split("/").map(unescaped);
};

/** One key as it was before it went into a pointer. */
export const unescaped = (key: string): string =>
  key.includes("~") ? key.replaceAll("~1", "/").replaceAll("~0", "~") : key;
