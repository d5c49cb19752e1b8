import { large, listed, podText, review } from "../bodies.ts";
import { postOverAndOver, postedWords } from "../posting.ts";
import type { ServerAttack } from "../shape.ts";

const most = large - 4000;
const texts: readonly (() => string)[] = [
  () => podText({ spec: `,"x":[${"{},".repeat(Math.floor(most / 3))}{}]` }),
  () => podText({ spec: `,"x":{${listed(most, (index) => `"${index.toString(36)}":1`)}}` }),
  () => podText({ spec: `,"x":${'{"a":'.repeat(Math.floor(most / 6))}1${"}".repeat(Math.floor(most / 6))}` }),
  () => podText({ spec: `,"initContainers":[${listed(most, (index) => `{"name":"c${index}","image":"b"}`)}]` }),
  () => podText({ container: `,"ports":[${listed(most, (index) => `{"containerPort":${(index % 65_535) + 1}}`)}]` }),
  () => podText({ annotations: `,${listed(most, (index) => `"config.linkerd.io/x${index.toString(36)}":"y"`)}` }),
  () => podText({ spec: `,"x":"${"a".repeat(most)}"` }),
  () => podText({ spec: `,"x":"${"\\u2028".repeat(Math.floor(most / 6))}"` }),
  () => podText({ annotations: `,"config.linkerd.io/skip-inbound-ports":"${listed(most, () => "1-65535")}"` }),
  () => podText({ spec: `,"x":[${listed(most, (index) => `${index}e${index % 300}`)}]` }),
];

export const oddBodies: ServerAttack = {
  name: "odd-bodies",
  claim: "Large bodies of any kind do not take all memory, and are not read while others wait.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 6,
  attack: async ({ ports }, over) => {
    const bodies = texts.map((text) => Buffer.from(review(text())));
    const body = (index: number): Buffer => bodies[index % bodies.length] ?? Buffer.alloc(0);
    const posted = await postOverAndOver({ port: ports.webhook, parallel: 10, body }, over);
    return {
      says: `${postedWords(posted)}, of ${bodies.length} kinds, 10 at once`,
      happened: posted.sent >= bodies.length,
    };
  },
};
