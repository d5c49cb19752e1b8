/** One fact about a cluster: a value, or why it could not be had. */

export type Fact<Value> = Known<Value> | Unknown;

export interface Known<Value> {
  readonly kind: "known";
  readonly value: Value;
}

export interface Unknown {
  /** The user may not; there is none; nobody answered; the server answered with something else. */
  readonly kind: "forbidden" | "absent" | "silent" | "refused";
  /** What was asked about, such as `Deployment weft-injector in namespace weft`. */
  readonly what: string;
  /** The server's words, one line. */
  readonly text: string;
}

export const known = <Value>(value: Value): Known<Value> => ({ kind: "known", value });

export const valueOf = <Value>(fact: Fact<Value>): Value | undefined =>
  fact.kind === "known" ? fact.value : undefined;
