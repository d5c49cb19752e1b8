import { setTimeout as pause } from "node:timers/promises";
import type { ServerAttack } from "../shape.ts";
import type { World } from "../world.ts";

/** A second: a watch, or a list, that does not go on is asked for again more and more seldom. */
const mostAsked = 20;

const attack = (name: string, claim: string, answers: () => NonNullable<World["answers"]>): ServerAttack => {
  let isOn = false;
  const answer = answers();
  return {
    name,
    claim,
    victim: "webhook",
    good: ["reviews"],
    seconds: 4,
    world: { answers: (request, response) => isOn && answer(request, response) },
    inCluster: async ({ api, asked }, over) => {
      isOn = true;
      const before = asked.length;
      api.endWatches();
      await pause(60_000, undefined, { signal: over }).catch(() => undefined);
      isOn = false;
      return { says: `the API server was asked ${asked.length - before} times`, happened: asked.length > before };
    },
    wrong: ({ asked, seconds }) => {
      const rate = asked.length / seconds;
      return rate > mostAsked ? [`the API server was asked ${Math.round(rate)} times a second`] : [];
    },
  };
};

/** In turn a bookmark and an event, and then no more. */
const event = (version: number) => ({
  type: version % 2 === 0 ? "BOOKMARK" : "MODIFIED",
  object: {
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: { name: `n${version % 7}`, resourceVersion: String(version) },
  },
});

export const watchesThatEnd = attack(
  "watches-that-end",
  "Watches that end after an event are not asked for in a loop.",
  () => {
    let version = 1000;
    return ({ url = "" }, response) => {
      if (!url.includes("watch=true")) return false;
      version += 1;
      response.writeHead(200, { "content-type": "application/json" });
      response.end(`${JSON.stringify(event(version))}\n`);
      return true;
    };
  },
);

export const listWithoutEnd = attack("list-without-end", "A list that always has one more page ends.", () => {
  const metadata = { resourceVersion: "5", continue: "again" };
  const items = [{ metadata: { name: "n5", resourceVersion: "5" } }];
  const page = JSON.stringify({ kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items });
  return ({ url = "" }, response) => {
    if (url.includes("watch=true")) {
      // It has to list anew.
      response.writeHead(410, { "content-type": "application/json" });
      response.end('{"kind":"Status","code":410}');
      return true;
    }
    if (!url.startsWith("/api/v1/namespaces?")) return false;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(page);
    return true;
  };
});
