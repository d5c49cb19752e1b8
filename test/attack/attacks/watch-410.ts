import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { ServerAttack } from "../shape.ts";

const line = (value: object): string => `${JSON.stringify(value)}\n`;
const gone = line({
  type: "ERROR",
  object: { kind: "Status", apiVersion: "v1", status: "Failure", reason: "Expired", code: 410 },
});
const event = line({
  type: "BOOKMARK",
  object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { resourceVersion: "1" } },
});

/** The pieces in which "it is gone" may come. */
const shapes: readonly ((response: ServerResponse) => void)[] = [
  (response) => void response.end(gone),
  (response) => {
    response.write(gone);
    response.end();
  },
  (response) => {
    response.write(gone);
    setTimeout(() => response.end(), 20);
  },
  (response) => {
    response.write(event + gone);
    response.end();
  },
  (response) => {
    response.write(event);
    setTimeout(() => {
      response.write(gone);
      response.end();
    }, 50);
  },
  (response) => {
    response.write(event);
    setTimeout(() => response.end(gone), 50);
  },
];

/** A second, all kinds together: what a controller may ask an API server that answers so. */
const mostAsked = 60;

const attack = (https: boolean): ServerAttack => {
  let watches = 0;
  let isOn = false;
  return {
    name: `watch-410-${https ? "https" : "http"}`,
    claim: "A watch that is answered 410 Gone, in whatever pieces, is begun anew, at a rate.",
    victim: "controller",
    good: ["certificates", "streams"],
    seconds: 5,
    world: {
      https,
      answers: ({ url = "" }, response) => {
        if (!isOn || !url.includes("watch=true")) return false;
        response.writeHead(200, { "content-type": "application/json" });
        shapes[watches % shapes.length]?.(response);
        watches += 1;
        return true;
      },
    },
    inCluster: async ({ api }, over) => {
      isOn = true;
      watches = 0;
      while (!over.aborted) {
        api.endWatches();
        await pause(1000, undefined, { signal: over }).catch(() => undefined);
      }
      isOn = false;
      return { says: `${watches} watches answered in ${shapes.length} shapes`, happened: watches >= shapes.length };
    },
    wrong: ({ asked, seconds }) => {
      const rate = asked.filter(({ url }) => !url.includes("tokenreviews")).length / seconds;
      return rate > mostAsked ? [`the API server was asked ${Math.round(rate)} times a second`] : [];
    },
  };
};

export const watch410Http = attack(false);
export const watch410Https = attack(true);
