import { keys } from "../../../src/core/mesh/annotations.ts";
import { listed, podText, review } from "../bodies.ts";
import { postOverAndOver, postedWords } from "../posting.ts";
import type { ServerAttack } from "../shape.ts";

/** As much as an API server stores. */
const most = 250 * 1024;
const values: readonly string[] = [
  listed(most, () => "1-65535"),
  listed(most, (index) => String((index % 65_535) + 1)),
  listed(most, () => "0-"),
  listed(most, () => "10.0.0.0/8"),
  listed(most, () => "::ffff:10.0.0.1/104"),
  listed(most, (index) => `A${index}=x`),
  "9".repeat(most),
  "1h".repeat(most / 2),
  `1${"e9".repeat(most / 2)}`,
  ",".repeat(most),
  " ".repeat(most),
  `${"0".repeat(most)}x`,
  "[".repeat(most),
];

export const costlyAnnotations: ServerAttack = {
  name: "costly-annotations",
  claim: "Each annotation with each kind of long value is read in time that others can wait.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 4,
  attack: async ({ ports }, over) => {
    const names = Object.values(keys);
    const body = (index: number): string => {
      const name = names[index % names.length] ?? "";
      const value = values[Math.floor(index / names.length) % values.length] ?? "";
      return review(podText({ annotations: `,${JSON.stringify(name)}:"${value}"` }));
    };
    const posted = await postOverAndOver({ port: ports.webhook, parallel: 4, body }, over);
    const kinds = names.length * values.length;
    return { says: `${postedWords(posted)}, of ${kinds} kinds, 4 at once`, happened: posted.sent > names.length };
  },
};
