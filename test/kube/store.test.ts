import { expect } from "chai";
import { fairPlaces, placesIn } from "../../src/kube/places.ts";
import type { Places } from "../../src/kube/places.ts";
import { room } from "../../src/kube/room.ts";
import { HeldValues, Store } from "../../src/kube/store.ts";

describe("kube/store", () => {
  const most = 10_000;
  const [large, small] = ["x".repeat(2_000), "x"];
  const kinds: readonly [kind: string, places: () => Places][] = [
    ["fair", () => fairPlaces(most)],
    ["all together", () => placesIn(room(most))],
  ];
  for (const [kind, makePlaces] of kinds) {
    /** A store that holds one large value, and whether so many bytes find a place beside it. */
    const world = () => {
      const places = makePlaces();
      const store = new Store<string>({ holder: new HeldValues(), places });
      store.set("shop/web", large);
      const fits = (bytes: number): boolean => {
        try {
          return places.take("other", bytes, () => undefined) !== undefined;
        } catch {
          return false;
        }
      };
      return { store, fits };
    };
    it(`${kind}: what shrinks in a list that breaks off is as large as before, and nobody has its room meanwhile`, () => {
      const { store, fits } = world();
      const draft = store.draft();
      draft.add("shop/web", small);
      expect(fits(most - 1_000)).to.equal(false);
      draft.drop();
      expect([store.get("shop/web"), fits(most - 1_000)]).to.deep.equal([large, false]);
    });
    it(`${kind}: what shrinks in a list leaves its room to others as soon as the list is in use`, async () => {
      const { store, fits } = world();
      const draft = store.draft();
      draft.add("shop/web", small);
      await draft.use({ rest: () => undefined });
      expect([store.get("shop/web"), fits(most - 1_000)]).to.deep.equal([small, true]);
    });
    it(`${kind}: what grows in a list that breaks off is as small as before`, () => {
      const { store, fits } = world();
      store.set("shop/web", small);
      const draft = store.draft();
      draft.add("shop/web", large);
      draft.drop();
      expect([store.get("shop/web"), fits(most - 1_000)]).to.deep.equal([small, true]);
    });
  }

  it("what has another name in a list is held under it before it goes under the old one", async () => {
    const changes: string[] = [];
    const onChange = (key: string, value?: string): number => changes.push(`${key}: ${value ?? "gone"}`);
    const store = new Store<string>({ holder: new HeldValues(onChange), places: fairPlaces(most) });
    store.set("shop/old", small);
    const draft = store.draft();
    draft.add("shop/new", small);
    const rest = (): Promise<void> => {
      changes.push("others");
      return Promise.resolve();
    };
    await draft.use({ rest });
    expect(changes).to.deep.equal(["shop/old: x", "others", "shop/new: x", "others", "shop/old: gone"]);
  });
});
