/** A bound on bytes held, shared by all who hold some. */

export interface Room {
  /** False: there is no room for so many more, and none of it was taken. */
  readonly take: (bytes: number) => boolean;
  readonly give: (bytes: number) => void;
}

export function room(most: number): Room {
  let held = 0;
  return {
    take: (bytes) => {
      if (held + bytes > most) return false;
      held += bytes;
      return true;
    },
    give: (bytes) => {
      held -= bytes;
    },
  };
}

export const mebibyte = 2 ** 20;
