import { expect } from "chai";
import fc from "fast-check";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { textOf } from "../../src/kube/metadata.ts";
import { reflect } from "../../src/kube/reflector.ts";
import { HeldValues } from "../../src/kube/store.ts";
import { fakeApi, status } from "../support/api-server.ts";
import { manualClock, settled } from "../support/manual-clock.ts";
import { runs } from "../support/properties.ts";

const path = "/api/v1/namespaces";
const names = ["a", "b", "c", "d", "e"];
const namespace = (name: string, uid: number): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, uid: String(uid) },
});

type Step =
  | { readonly kind: "put" | "remove"; readonly name: string }
  /** A watch breaks; the API server forgets what was; the next page of a list fails. */
  | { readonly kind: "cut" | "compact" | "fail" }
  | { readonly kind: "wait"; readonly seconds: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("put", "remove"), name: fc.constantFrom(...names) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("cut", "compact", "fail") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait"), seconds: fc.constantFrom(1, 60, 2400) }) },
);

describe("a collection kept, whatever comes while it is taken up", () => {
  it("ends up as the API server has it, and nothing gets older or lost on the way", async () => {
    let [taken, lists] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        // How many of them come while a list is taken up, before each of its objects.
        fc.array(fc.nat(2), { maxLength: 20 }),
        fc.boolean(),
        async (steps, meanwhile, isPaged) => {
          const fake = fakeApi(...names.map((name) => namespace(name, 0)));
          const [clock, ending] = [manualClock(), new AbortController()];
          let [version, fails] = [0, 0];
          const resting = new Set<Promise<void>>();
          fake.answerWith(({ query }) => {
            if (query?.["watch"] === "true" || fails === 0) return undefined;
            fails -= 1;
            return status(500, "InternalError", "not now");
          });
          const act = (each: Step): void => {
            if (each.kind === "put") fake.put(namespace(each.name, (version += 1)));
            else if (each.kind === "remove") fake.remove(`${path}/${each.name}`);
            else if (each.kind === "compact") fake.compact();
            else if (each.kind === "fail") fails += 1;
            if (each.kind === "cut" || each.kind === "compact") fake.endWatches(new Error("cut"));
          };
          const [waiting, bursts] = [[...steps], [...meanwhile]];
          const rest = (): Promise<void> => {
            for (let count = bursts.shift() ?? 0; count > 0; count -= 1) {
              const next = waiting.shift();
              if (next === undefined) break;
              taken += 1;
              act(next);
            }
            const rested = settled();
            resting.add(rested);
            void rested.then(() => resting.delete(rested));
            return rested;
          };
          const newest = new Map<string, number>();
          const held = new Map<string, number>();
          const faults: string[] = [];
          const holder = new HeldValues<number>((key, value) => {
            if (value === undefined) {
              if (!steps.some((each) => each.kind === "remove" && each.name === key)) faults.push(`${key}: lost`);
              return void held.delete(key);
            }
            if (!isPaged && value < (newest.get(key) ?? 0)) faults.push(`${key}: ${value} is older`);
            newest.set(key, value);
            held.set(key, value);
          });
          const kept = reflect<number>({
            // The stand-in's pages are not all of one moment.
            api: isPaged
              ? { ...fake, ask: (call) => fake.ask({ ...call, query: { ...call.query, limit: "2" } }) }
              : fake,
            path,
            keep: (metadata) => Number(textOf(metadata, "uid")),
            clock,
            random: () => 0.5,
            signal: ending.signal,
            holder,
            pieces: { rest },
            onListed: () => (lists += 1),
          });
          for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
            act(next);
            await (next.kind === "wait" ? clock.advance(next.seconds * 1000) : settled());
          }
          for (let round = 0; round < 5; round += 1) {
            await clock.advance(30_000);
            while (resting.size > 0) await Promise.all(resting);
          }
          const stored = names.flatMap((name) => {
            const uid = (fake.stored(`${path}/${name}`)?.["metadata"] as JsonObject | undefined)?.["uid"];
            return uid === undefined ? [] : [[name, Number(uid)]];
          });
          expect([names.flatMap((name) => (held.has(name) ? [[name, held.get(name)]] : [])), faults]).to.deep.equal([
            stored,
            [],
          ]);
          expect([...kept.keys()].toSorted()).to.deep.equal(stored.map(([name]) => name));
          ending.abort();
          await kept.ended;
          expect([fake.watches(), clock.waits()]).to.deep.equal([0, []]);
        },
      ),
      runs(150),
    );
    expect([taken > 0, lists > 150], "seen").to.deep.equal([true, true]);
  });
});
