/** The first few in words: a status is to be read by people, and kept by the API server. */
export function some<Item>(items: readonly Item[], words: (item: Item) => string, separator = ", "): string {
  const shown = items.slice(0, 5).map(words).join(separator);
  return items.length > 5 ? `${shown} and ${items.length - 5} more` : shown;
}
