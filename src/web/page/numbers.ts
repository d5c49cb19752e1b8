/** Numbers as they stand on the page. What is not known is a dash; what is not whole never looks as if it were. */

export const unknown = "–";

/** `4.1`, `120`, `1.2k`; a rate of next to nothing is not none. */
export function rateText(rate: number | null): string {
  if (rate === null) return unknown;
  if (rate > 0 && rate < 0.1) return "<0.1";
  if (rate < 99.95) return trimmed(rate);
  if (rate < 999.5) return String(Math.round(rate));
  return `${trimmed(rate / 1000)}k`;
}

/** `100%` only where nothing failed, `0%` only where all did. */
export function shareText(share: number | null): string {
  if (share === null) return unknown;
  const percent = share * 100;
  if (percent > 99.9 && percent < 100) return "99.9%";
  if (percent > 0 && percent < 0.1) return "0.1%";
  return `${trimmed(percent)}%`;
}

/** Of milliseconds. */
export function latencyText(milliseconds: number | null): string {
  if (milliseconds === null) return unknown;
  if (milliseconds < 1) return "<1 ms";
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  return `${trimmed(milliseconds / 1000)} s`;
}

/** Of bytes in a second. */
export function bytesText(bytes: number | null): string {
  if (bytes === null) return unknown;
  const unit = units.findLast(([, size]) => bytes >= size * 0.9995) ?? units[0];
  return `${trimmed(bytes / unit[1])} ${unit[0]}/s`;
}

const units: readonly [readonly [name: string, size: number], ...(readonly [name: string, size: number])[]] = [
  ["B", 1],
  ["kB", 1e3],
  ["MB", 1e6],
  ["GB", 1e9],
];

/** One digit behind the point, and none that says nothing. */
const trimmed = (value: number): string => value.toFixed(value < 99.95 ? 1 : 0).replace(/\.0$/, "");

/** `1 pod`, `2 pods`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
