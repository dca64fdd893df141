import { type DueEntry, type DuePosition, dueProjection, type Table } from "../../../shared/store/table.ts";

type Item = Record<string, unknown>;

/** A write as the table's stream tells it. */
export interface TableChange {
  kind: "INSERT" | "MODIFY";
  image: Item;
}

/**
 * The table in memory, for the simulation: the same reads and conditional writes with the same conditions, held to
 * the real one by test/shared/store/store-conformance.ts.
 */
export class MemoryTable implements Table {
  readonly items = new Map<string, Item>();
  /** Told of every write that took place, in order. */
  onChange: (change: TableChange) => void = () => {};

  put: Table["put"] = async (item, condition, values = {}) => {
    const kept = clone(item);
    return this.#write(keyOf(kept), condition, values as Item, () => kept);
  };

  get: Table["get"] = async (pk, sk) => {
    const item = this.items.get(keyOf({ pk, sk }));
    return item && clone(item);
  };

  update: Table["update"] = async (pk, sk, set, { condition, values = {}, add } = {}) =>
    this.#write(keyOf({ pk, sk }), condition, values, (before) => {
      const after: Item = { pk, sk, ...before };
      for (const [name, value] of Object.entries(set)) {
        if (value === null) delete after[name];
        else if (value !== undefined) after[name] = value;
      }
      if (add) after[add] = Number(after[add] ?? 0) + 1;
      return clone(after);
    });

  query: Table["query"] = async (pk, prefix) =>
    [...this.items.values()]
      .filter((item) => item["pk"] === pk && String(item["sk"]).startsWith(prefix))
      .sort((one, other) => (String(one["sk"]) < String(other["sk"]) ? -1 : 1))
      .map(clone);

  queryDue: Table["queryDue"] = async (shard, now, limit) =>
    [...this.items.values()]
      .filter((item) => item["dueShard"] === `due#${shard}` && Number(item["dueAt"]) <= now)
      .sort((one, other) => Number(one["dueAt"]) - Number(other["dueAt"]))
      .slice(0, limit)
      .map(entryOf);

  pageDue: Table["pageDue"] = async (shard, limit, after) => {
    const left = [...this.items.values()]
      .filter((item) => item["dueShard"] === `due#${shard}`)
      .sort((one, other) => inIndexOrder(positionOf(one), positionOf(other)))
      .filter((item) => !after || inIndexOrder(positionOf(item), after) > 0);
    const page = left.slice(0, limit);
    const last = left.length >= limit ? page.at(-1) : undefined;
    return {
      entries: page.map(entryOf),
      next: last ? positionOf(last) : null,
    };
  };

  #write(
    key: string,
    condition: string | undefined,
    values: Item,
    after: (before: Item | undefined) => Item,
  ): boolean {
    const before = this.items.get(key);
    if (condition && !holds(condition, before ?? {}, values)) return false;
    const image = after(before);
    this.items.set(key, image);
    this.onChange({ kind: before ? "MODIFY" : "INSERT", image: clone(image) });
    return true;
  }
}

const keyOf = ({ pk, sk }: Item): string => JSON.stringify([pk, sk]);

const positionOf = ({ pk, sk, dueAt }: Item): DuePosition => ({
  pk: String(pk),
  sk: String(sk),
  dueAt: Number(dueAt),
});

/** Soonest first; the order of what is due at the same moment is the database's own, and stays. */
const inIndexOrder = (one: DuePosition, other: DuePosition): number =>
  one.dueAt - other.dueAt ||
  (keyOf({ ...one }) < keyOf({ ...other }) ? -1 : Number(keyOf({ ...one }) !== keyOf({ ...other })));

/** What the index has of an item. */
export const projected = (item: Item): Item =>
  clone(
    Object.fromEntries(["pk", "sk", "dueShard", "dueAt", ...dueProjection].map((name) => [name, item[name]])),
  );

const entryOf = (item: Item): DueEntry => ({ ...projected(item), ...positionOf(item) });

/** What DynamoDB makes of a value: `undefined` goes, everything else is copied. */
const clone = (value: object): Item => copyOf(value) as Item;

function copyOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(kept.map(([name, each]) => [name, copyOf(each)]));
}

/** Whether a condition expression holds: comparisons, existence, AND, OR and parentheses, as far as we use them. */
export function holds(expression: string, item: Item, values: Item): boolean {
  const tokens = expression.match(/<=|attribute_(?:not_)?exists|AND|OR|[()=<>]|[#:]?\w+/g) ?? [];
  let at = 0;
  const take = () => tokens[at++] ?? "";
  const expect = (token: string) => {
    if (take() !== token) throw new Error(`a condition without ${token}: ${expression}`);
  };
  const operand = (token: string): unknown =>
    token.startsWith(":") ? values[token] : item[token.replace(/^#/, "")];
  const primary = (): boolean => {
    const token = take();
    if (token === "(") {
      const inner = either();
      expect(")");
      return inner;
    }
    if (token === "attribute_exists" || token === "attribute_not_exists") {
      expect("(");
      const exists = operand(take()) !== undefined;
      expect(")");
      return exists === (token === "attribute_exists");
    }
    const left = operand(token);
    const comparison = take();
    const right = operand(take());
    // An absent attribute compares with nothing.
    if (left === undefined || right === undefined) return false;
    if (comparison === "=") return left === right;
    if (comparison === "<=") return (left as number) <= (right as number);
    if (comparison === "<") return (left as number) < (right as number);
    throw new Error(`a condition that this table does not know: ${expression}`);
  };
  const both = (): boolean => {
    let result = primary();
    while (tokens[at] === "AND") {
      at++;
      const next = primary();
      result = result && next;
    }
    return result;
  };
  const either = (): boolean => {
    let result = both();
    while (tokens[at] === "OR") {
      at++;
      const next = both();
      result = result || next;
    }
    return result;
  };
  const result = either();
  if (at !== tokens.length) throw new Error(`a condition with something left: ${expression}`);
  return result;
}
