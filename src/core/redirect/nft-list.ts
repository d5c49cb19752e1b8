/** What `nft -j list ruleset` or `nft -j list table …` prints (libnftables-json(5)), as far as a check looks at it. */

/** A base chain or one that others jump to, with its rules in order. */
export interface ListedChain {
  readonly table: string;
  readonly name: string;
  /** As a script says it: `type nat hook prerouting priority -100; policy accept;`. `no hook` for one that others jump to. */
  readonly head: string;
  readonly rules: readonly ListedRule[];
}

export interface ListedRule {
  readonly comment: string;
  /** Matches and statements in order, without counters. */
  readonly expr: readonly unknown[];
}

/** All chains, `undefined` when the text is no such list. Tables are named with their family: `inet filter`. */
export function readNftList(list: string): readonly ListedChain[] | undefined {
  const items = objectsOf(parsed(list)?.["nftables"]);
  if (items === undefined) return undefined;
  const rules = items.flatMap(({ rule }) => objectsOf([rule]) ?? []);
  return items
    .flatMap(({ chain }) => objectsOf([chain]) ?? [])
    .map((chain) => ({
      table: tableOf(chain),
      name: text(chain["name"]),
      head: headOf(chain),
      rules: rules
        .filter((rule) => tableOf(rule) === tableOf(chain) && text(rule["chain"]) === text(chain["name"]))
        .map((rule) => ({ comment: text(rule["comment"]), expr: statements(rule["expr"]) })),
    }));
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The objects of an array; `undefined` when it is none. */
const objectsOf = (value: unknown): readonly Fields[] | undefined =>
  Array.isArray(value) ? value.filter(isFields) : undefined;

function parsed(list: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(list);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

const tableOf = ({ family, table }: Fields): string => `${text(family)} ${text(table)}`;

const headOf = ({ type, hook, prio, policy }: Fields): string =>
  hook === undefined
    ? "no hook"
    : `type ${text(type)} hook ${text(hook)} priority ${typeof prio === "number" ? prio : "?"}; policy ${text(policy)};`;

const statements = (expr: unknown): readonly unknown[] =>
  Array.isArray(expr) ? expr.filter((statement) => !(isFields(statement) && Object.hasOwn(statement, "counter"))) : [];
