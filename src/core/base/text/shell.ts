/** Words of commands that people copy into a shell. */

/** In quotes where a shell would make anything else of it. */
export const shellWord = (word: string): string =>
  /^[\w./:,=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
