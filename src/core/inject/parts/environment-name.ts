/** Names of environment variables made from the keys of `proxy.inbound` and `proxy.outbound`. */

/** One part in snake case and upper case: `keepAliveInterval` is `KEEP_ALIVE_INTERVAL`. */
export const environmentName = (part: string): string =>
  part
    // Digits stay with what precedes them, except when a lower-case letter follows: then they begin a word, and that
    // word runs on over further letters and digits (`a1B` is `A1_B`, `a1b2c` is `A_1B2C`). The look behind is for speed.
    .replaceAll(/(?<![0-9])[0-9]+[a-z][a-z0-9]*/g, (word, at: number) =>
      /[A-Za-z]/.test(part.charAt(at - 1)) ? `_${word}` : word,
    )
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_")
    .replaceAll(/[-\s]/g, "_")
    .toUpperCase();
