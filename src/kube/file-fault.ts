/** Why a file could not be read, in words. */

export const fileFault = (error: unknown): string => words.get(codeOf(error)) ?? String(error);

export const isMissing = (error: unknown): boolean => codeOf(error) === "ENOENT";

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

const words: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such file"],
  ["ENOTDIR", "there is no such file"],
  ["EACCES", "may not be read"],
  ["EISDIR", "is a folder"],
]);
