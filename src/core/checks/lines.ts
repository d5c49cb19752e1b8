/** Findings of which there may be thousands: the first few, and how many more. */
const most = 10;

export const cut = (lines: readonly string[]): readonly string[] =>
  lines.length <= most ? lines : [...lines.slice(0, most - 1), `and ${lines.length - most + 1} more`];
