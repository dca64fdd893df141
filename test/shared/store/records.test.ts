import { expect, test } from "vitest";
import { claimsIn } from "../../../shared/store/claims.ts";
import { historyIn } from "../../../shared/store/history.ts";
import { holdsIn } from "../../../shared/store/holds.ts";
import { openIn } from "../../../shared/store/open-onboardings.ts";
import { recordsOver } from "../../../shared/store/records.ts";
import { MemoryTable } from "./memory-table.ts";

test("each part of the table has names of its own: none takes another's place", () => {
  const table = new MemoryTable();
  const records = recordsOver(table);
  const parts = [claimsIn, holdsIn, openIn, historyIn].flatMap((part) => Object.entries(part(table)));
  expect(parts.map(([name]) => name)).toEqual([...new Set(parts.map(([name]) => name))]);
  // The hot item's own methods, which stand beside them, are none of these.
  for (const [name, method] of parts)
    expect(String(records[name as keyof typeof records]), name).toBe(String(method));
});
