import type { Table } from "../../shared/store/table.ts";
import type { VirtualSandbox } from "../functions/sandbox/virtual-sandbox.ts";

/** What DynamoDB and SQS take (in bytes); what is more they refuse, which our code would not survive. */
const PARTITION_KEY = 2_048;
const SORT_KEY = 1_024;
const ITEM = 400 * 1_024;
const ITEM_DEPTH = 32;
const MESSAGE = 256 * 1_024;

class Refused extends Error {
  override readonly name = "ValidationException";
}

const bytes = (text: string): number => Buffer.byteLength(text);

function key(text: string, most: number): void {
  if (text === "" || bytes(text) > most) throw new Refused("the key is empty or too long");
}

/** Texts that are not Unicode are refused as well: nobody says what a store makes of them. */
function attributes(value: unknown, depth = 0): void {
  if (depth > ITEM_DEPTH) throw new Refused("the item is nested too deeply");
  if (typeof value === "string" && !value.isWellFormed()) throw new Refused("a text is not Unicode");
  if (typeof value === "number" && !Number.isFinite(value)) throw new Refused("a number is none");
  if (typeof value === "object" && value !== null)
    for (const [name, inner] of Object.entries(value)) {
      attributes(name, depth + 1);
      attributes(inner, depth + 1);
    }
}

function item(value: object): void {
  attributes(value);
  if (bytes(JSON.stringify(value)) > ITEM) throw new Refused("the item is too large");
}

/** The table with the limits of a real one. */
export function limitedTable(table: Table): Table {
  const keys = (pk: string, sk: string) => {
    attributes([pk, sk]);
    key(pk, PARTITION_KEY);
    key(sk, SORT_KEY);
  };
  return {
    put: async (one, condition, values) => {
      const { pk = "", sk = "" } = one as Record<string, string>;
      keys(pk, sk);
      item(one);
      return table.put(one, condition, values);
    },
    get: async (pk, sk) => {
      keys(pk, sk);
      return table.get(pk, sk);
    },
    update: async (pk, sk, set, more) => {
      keys(pk, sk);
      item({ ...set, ...more?.values });
      return table.update(pk, sk, set, more);
    },
    query: async (pk, prefix) => {
      keys(pk, prefix);
      return table.query(pk, prefix);
    },
    queryDue: table.queryDue,
    pageDue: table.pageDue,
  };
}

/** Gives the sandbox's store and queue the limits of the real ones: a record is one item, as text. */
export function limitSandbox({ store, sandbox }: VirtualSandbox): void {
  const limited = <Input extends unknown[], Result>(
    write: (...input: Input) => Promise<Result>,
    most: number,
    written: (...input: Input) => unknown[],
  ) => {
    const bound = write.bind(store);
    return async (...input: Input): Promise<Result> => {
      for (const one of written(...input))
        if (bytes(JSON.stringify(one) ?? "") > most) throw new Refused("the item is too large");
      return bound(...input);
    };
  };
  store.create = limited(store.create, ITEM, (record) => [record]);
  store.replace = limited(store.replace, ITEM, (record, switchboard) => [record, switchboard]);
  store.saveWebhooks = limited(store.saveWebhooks, ITEM, (_, webhooks) => [webhooks]);
  store.saveFaults = limited(store.saveFaults, ITEM, (_, faults) => [faults]);
  store.saveDeskSession = limited(store.saveDeskSession, ITEM, (_, session) => [session]);
  sandbox.schedule.add = limited(sandbox.schedule.add, MESSAGE, (job) => [job]);
}
