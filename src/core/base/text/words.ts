/** What was thrown, in words: libraries throw more than errors. */
export const wordsOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** Its first line: OpenSSL's and the kubeconfig reader's go on for several. */
export const firstLineOf = (thrown: unknown): string => wordsOf(thrown).split("\n", 1)[0] ?? "";
