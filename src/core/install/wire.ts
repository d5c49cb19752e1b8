/** A client-node model as wire JSON: dates are text, every field may be absent or null, nothing can be changed. */
export type Wire<T> = T extends string | number | boolean
  ? T
  : T extends Date
    ? string
    : T extends readonly (infer Item)[]
      ? readonly Wire<Item>[]
      : { readonly [Key in keyof T]?: Wire<NonNullable<T[Key]>> | null };
