/** Texts of the recording, read without weft's own parsers: what is tested cannot be its own measure. */
import { isIP } from "node:net";

export const isPort = (number: number): boolean => Number.isInteger(number) && number >= 1 && number <= 65_535;

/** An entry of a skip list; 0 counts, as it does for opaque ports. */
export const isPortOrRange = (entry: string): boolean => {
  const [low, high = low, ...more] = entry.split("-");
  const isNumber = (text: string | undefined): boolean =>
    text !== undefined && /^\+?[0-9]+$/.test(text) && Number(text) <= 65_535;
  return isNumber(low) && isNumber(high) && more.length === 0 && Number(low) <= Number(high);
};

/** A network; blanks around it are harmless to the init container. */
export const isSubnet = (entry: string): boolean => {
  const [address = "", prefix = "", ...more] = entry.trim().split("/");
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return /^[0-9]{1,3}$/.test(prefix) && Number(prefix) <= longest && more.length === 0;
};

/** A number as Linkerd prints it into text: from a million up in scientific form. */
export const linkerdNumber = (number: number): string =>
  Math.abs(number) < 1_000_000 ? String(number) : number.toExponential().replace(/e\+(\d)$/, "e+0$1");

/** `1.00066e+09` as the whole number it stands for; any other text as it is. */
export const plainNumber = (text: string): string => {
  const [, sign, whole = "", fraction = "", exponent] = /^(-?)(\d)(?:\.(\d+))?e\+(\d+)$/.exec(text) ?? [];
  return exponent === undefined ? text : `${sign}${whole}${fraction.padEnd(Number(exponent), "0")}`;
};

const units = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["µs", 1_000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);

/** A duration such as `1m30.5s`; `undefined` for what is none. */
export const nanoseconds = (text: string): bigint | undefined => {
  const terms = [...text.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|ms|s|m|h)/g)];
  if (terms.length === 0 || terms.map(([term]) => term).join("") !== text.replace(/^[+-]/, "")) return undefined;
  const total = terms.reduce((sum, [, whole = "", fraction = "", unit = ""]) => {
    const size = units.get(unit) ?? 0n;
    return sum + BigInt(whole || 0) * size + (BigInt(fraction || 0) * size) / 10n ** BigInt(fraction.length);
  }, 0n);
  return text.startsWith("-") ? -total : total;
};
