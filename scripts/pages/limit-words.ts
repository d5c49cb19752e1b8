/** Sections of docs/limits.md, and how numbers are written in them. */

export interface Section {
  readonly title: string;
  readonly text: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export const count = (value: number): string => value.toLocaleString("en-US");

export const binary = (value: number): readonly [unit: string, factor: number] =>
  value >= 2 ** 20 ? ["Mi", 2 ** 20] : ["Ki", 2 ** 10];

/** `256 bytes`, `64 KiB`, `3.5 MiB`. */
export function size(bytes: number): string {
  const [unit, factor] = bytes < 2 ** 10 ? ["bytes", 1] : binary(bytes);
  return `${count(bytes / factor)} ${unit}${factor === 1 ? "" : "B"}`;
}

/** `300 ms`, `2.5 s`, `10 minutes`. */
export function time(milliseconds: number): string {
  if (milliseconds >= 120_000) return `${milliseconds / 60_000} minutes`;
  return milliseconds >= 1000 ? `${milliseconds / 1000} s` : `${milliseconds} ms`;
}

export const likewise = "likewise";
