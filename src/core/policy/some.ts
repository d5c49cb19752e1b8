/** The first few in words: a status is to be read by people, and kept by the API server. */
export function some<Item>(items: readonly Item[], words: (item: Item) => string, separator = ", ", most = 5): string {
  const shown = items.slice(0, most).map(words).join(separator);
  return items.length > most ? `${shown} and ${items.length - most} more` : shown;
}
