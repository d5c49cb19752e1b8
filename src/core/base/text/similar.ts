/** What a mistyped word most probably meant. */

/**
 * The candidate that `text` resembles most, `undefined` when none resembles enough. Letter case, `_` for `-` and missing
 * dashes do not count; a few wrong, missing, doubled or swapped letters do, and so do words in another order, one word too
 * many or too few, singular for plural. Of equal candidates the first wins.
 */
export function closest(text: string, candidates: readonly string[]): string | undefined {
  const longest = Math.max(0, ...candidates.map((candidate) => candidate.length));
  if (text.length > 2 * longest) return undefined;
  const typed = keyOf(text);
  const rated = candidates.flatMap((candidate) => {
    const cost = candidate === text ? -1 : keyCost(typed, keyOf(candidate));
    return cost === undefined ? [] : [{ candidate, cost }];
  });
  return rated.toSorted((a, b) => a.cost - b.cost)[0]?.candidate;
}

/** An annotation key has a prefix such as `config.linkerd.io`; a plain word has none. */
interface Key {
  readonly prefix: string;
  readonly name: Words;
}
interface Words {
  readonly words: readonly string[];
  /** All words in one. */
  readonly letters: string;
}

const keyOf = (text: string): Key => {
  const slash = text.lastIndexOf("/");
  return { prefix: text.slice(0, Math.max(0, slash)).toLowerCase(), name: wordsOf(text.slice(slash + 1)) };
};

const wordsOf = (text: string): Words => {
  const words = text
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "-")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
  return { words, letters: words.join("") };
};

/** A wrong prefix costs as much as a wrong letter; the name alone says which key was meant. */
function keyCost(typed: Key, candidate: Key): number | undefined {
  if (!prefixesResemble(typed.prefix, candidate.prefix)) return undefined;
  const costs = [letterCost(typed.name, candidate.name), wordCost(typed.name, candidate.name)].filter(
    (cost) => cost !== undefined,
  );
  return costs.length === 0 ? undefined : Math.min(...costs) + (typed.prefix === candidate.prefix ? 0 : 1);
}

function prefixesResemble(typed: string, candidate: string): boolean {
  if (typed === candidate || typed === "") return true;
  if (`.${typed}`.endsWith(`.${candidate}`) || `.${candidate}`.endsWith(`.${typed}`)) return true;
  const [a, b] = [wordsOf(typed), wordsOf(candidate)];
  return letterCost(a, b) !== undefined || wordCost(a, b) !== undefined;
}

/** How many slips a word of this length may have and still be recognised. */
const allowance = (length: number): number => (length < 3 ? 0 : length < 6 ? 1 : length < 12 ? 2 : 3);

/** Slips of single letters over the whole text, word boundaries ignored. */
function letterCost(a: Words, b: Words): number | undefined {
  const limit = allowance(Math.min(a.letters.length, b.letters.length));
  const distance = editDistance(a.letters, b.letters, limit);
  return distance <= limit ? distance : undefined;
}

/** Slips of whole words: two words and three fifths of all letters must find a partner, one word may be left over. */
function wordCost(a: Words, b: Words): number | undefined {
  if (Math.abs(a.words.length - b.words.length) > 1) return undefined;
  const left = [...b.words];
  let [pairs, paired, slips] = [0, 0, 0];
  for (const word of a.words) {
    const costs = left.map((other) => wordSlips(word, other));
    const least = Math.min(...costs);
    if (least === Infinity) continue;
    const [partner = ""] = left.splice(costs.indexOf(least), 1);
    pairs += 1;
    paired += Math.max(word.length, partner.length);
    slips += least;
  }
  const unpaired = a.words.length + b.words.length - 2 * pairs;
  const longer = Math.max(a.letters.length, b.letters.length);
  return pairs < 2 || unpaired > 1 || paired * 5 < longer * 3 ? undefined : 1 + slips + 2 * unpaired;
}

function wordSlips(a: string, b: string): number {
  if (a === b) return 0;
  const limit = Math.min(2, allowance(Math.min(a.length, b.length)));
  const distance = editDistance(a, b, limit);
  return distance <= limit ? distance : Infinity;
}

/** Damerau–Levenshtein (neighbours swapped count once), or anything above `limit` as soon as it must be above. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const oneSide = Math.min(last[j] ?? 0, row[j - 1] ?? 0) + 1;
      const both = (last[j - 1] ?? 0) + (same ? 0 : 1);
      row.push(Math.min(oneSide, both, swapped ? (before[j - 2] ?? 0) + 1 : both));
    }
    if (Math.min(...row) > limit) return limit + 1;
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
