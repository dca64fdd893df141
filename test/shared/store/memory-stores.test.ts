import { expect, test } from "vitest";
import { holds, MemoryTable } from "./memory-table.ts";
import { MemoryVault } from "./memory-vault.ts";
import { tableConformance, vaultConformance } from "./store-conformance.ts";

const table = new MemoryTable();
const vault = new MemoryVault();
tableConformance(() => table);
vaultConformance(() => vault);

test.each(["#a <> :b", "size(#a) = :b", "#a = :b #c", "(#a = :b"])(
  "the table in memory refuses a condition that it does not know: %s",
  (condition) => {
    expect(() => holds(condition, { a: 1 }, { ":b": 1 })).toThrow();
  },
);
