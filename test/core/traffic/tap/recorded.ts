/** Events as the real proxy told them (test/fixtures/tap), a file for each kind of traffic, by the pod that told. */
import { readFileSync } from "node:fs";
import { tapEvent } from "../../../../src/core/traffic/tap/event.ts";
import type { TapEvent } from "../../../../src/core/traffic/tap/event.ts";
import type { TapMessage } from "../../../../src/core/proxy-api/tap.ts";

const fixture = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/tap/${name}`, import.meta.url), "utf8");

type Recording = Readonly<Record<string, readonly TapMessage[]>>;

/** Values of headers were recorded as text; on the wire they are bytes. */
const asBytes = (key: string, value: unknown): unknown =>
  key === "value" && typeof value === "string" ? Buffer.from(value) : value;

export const messagesIn = (name: string): Recording => JSON.parse(fixture(`${name}.json`), asBytes) as Recording;

export function eventsIn(name: string, pod: string): readonly TapEvent[] {
  return (messagesIn(name)[pod] ?? []).flatMap((message) => tapEvent({ namespace: "shop", name: pod }, message) ?? []);
}

/** What `weft tap` prints of them: `# <recording>.json`, then for each pod `# <pod>` and its lines. */
export const expectedLines = (): string => fixture("expected-tap-lines.txt");
