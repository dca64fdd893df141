import type { Table } from "../../shared/store/table.ts";
import type { MemoryTable } from "../shared/store/memory-table.ts";

type Item = Record<string, unknown>;

const WRITE_UNIT_BYTES = 1_024;
const READ_UNIT_BYTES = 4_096;

/** Bytes of an item as DynamoDB counts them: names and values in UTF-8, half a byte a digit, a few for structure. */
export const itemBytes = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);

function valueBytes(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "number") return Math.ceil(String(Math.abs(value)).length / 2) + 1 + Number(value < 0);
  if (value instanceof Uint8Array) return value.byteLength;
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + 1 + valueBytes(each), 3);
  if (typeof value === "object" && value !== null)
    return Object.entries(value).reduce(
      (sum, [name, each]) => sum + 1 + Buffer.byteLength(name) + valueBytes(each),
      3,
    );
  return 1;
}

const units = (bytes: number, unitBytes: number): number => Math.max(1, Math.ceil(bytes / unitBytes));

/** What an index keeps of an item; `null` for an item that is not in it. */
export type Projection = (item: Item) => Item | null;

/** Units that requests consume, computed from the items themselves (no emulator counts them). */
export class TableMeter {
  writeUnits = 0;
  readUnits = 0;
  /** The largest item that was ever written. */
  largestItemBytes = 0;
  /** Write units by what was written: sort key's kind, the index apart. */
  readonly writesBy = new Map<string, number>();
  readonly #memory: MemoryTable;
  readonly #projection: Projection;

  constructor(memory: MemoryTable, projection: Projection) {
    this.#memory = memory;
    this.#projection = projection;
  }

  /** The table with every request weighed. */
  wrap(table: Table): Table {
    return {
      ...table,
      put: (item, condition, values) =>
        this.#weigh(item as Item, () => table.put(item, condition, values), "put"),
      update: (pk, sk, set, more) =>
        this.#weigh({ pk, sk }, () => table.update(pk, sk, set, more), String(set["last_write"] ?? "update")),
      get: async (pk, sk) => {
        const item = await table.get(pk, sk);
        this.readUnits += units(item ? itemBytes(item) : 0, READ_UNIT_BYTES);
        return item;
      },
      query: async (pk, prefix) => {
        const items = await table.query(pk, prefix);
        this.readUnits += units(
          items.reduce((sum, item) => sum + itemBytes(item), 0),
          READ_UNIT_BYTES,
        );
        return items;
      },
    };
  }

  #item({ pk, sk }: Item): Item | undefined {
    return this.#memory.items.get(JSON.stringify([pk, sk]));
  }

  async #weigh(key: Item, write: () => Promise<boolean>, how: string): Promise<boolean> {
    const before = this.#item(key);
    const written = await write();
    const after = this.#item(key);
    const kind = `${String(key["sk"]).split("#")[0]} ${how}`;
    const larger = Math.max(before ? itemBytes(before) : 0, after ? itemBytes(after) : 0);
    this.largestItemBytes = Math.max(this.largestItemBytes, larger);
    this.#add(kind, units(larger, WRITE_UNIT_BYTES));
    if (written)
      this.#add("index", indexUnits(before && this.#projection(before), after && this.#projection(after)));
    return written;
  }

  #add(kind: string, count: number): void {
    this.writeUnits += count;
    this.writesBy.set(kind, (this.writesBy.get(kind) ?? 0) + count);
  }
}

/** A changed key is an entry taken out and one put in; another change is one write, none is free. */
function indexUnits(before: Item | null | undefined, after: Item | null | undefined): number {
  const of = (entry: Item) => units(itemBytes(entry), WRITE_UNIT_BYTES);
  if (!before) return after ? of(after) : 0;
  if (!after) return of(before);
  if (before["dueShard"] !== after["dueShard"] || before["dueAt"] !== after["dueAt"])
    return of(before) + of(after);
  return JSON.stringify(before) === JSON.stringify(after) ? 0 : Math.max(of(before), of(after));
}
