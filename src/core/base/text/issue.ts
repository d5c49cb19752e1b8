/** A problem with an input, with its place. Core returns issues; a throw means a bug of ours. */
export interface Issue {
  /** Where: a path such as `proxy.ports.inbound`, a JSON Pointer, an annotation key, or a flag. */
  readonly at: string;
  /** What is wrong and what was expected, without the place, no newline. */
  readonly message: string;
}

export const issueText = ({ at, message }: Issue): string => (at === "" ? message : `${at}: ${message}`);
