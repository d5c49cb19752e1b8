/** White space as Go's strings.TrimSpace sees it: Unicode's White_Space, so with U+0085 and without U+FEFF. */

export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charAt(start))) start += 1;
  while (end > start && isSpace(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

const isSpace = (character: string): boolean => /^\p{White_Space}$/u.test(character);
