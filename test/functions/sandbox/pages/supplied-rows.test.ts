import { expect, test } from "vitest";
import { suppliedRows } from "../../../../functions/sandbox/pages/supplied-rows.ts";

/** `value` within so many objects. */
const nested = (value: unknown, depth: number): unknown =>
  Array.from({ length: depth }).reduce((inner) => ({ a: inner }), value);

test("names say where a value is: fields as words, the entries of a list counted from 1", () => {
  const data = { name: { first_name: "Asha" }, addresses: [{ city: "Pune" }, { city: "Delhi" }] };
  expect(suppliedRows({ data, payload: { messages: ["Hello"], shown: true } })).toEqual([
    ["name › first name", "Asha"],
    ["addresses › 1 › city", "Pune"],
    ["addresses › 2 › city", "Delhi"],
    ["messages › 1", "Hello"],
    ["shown", "true"],
  ]);
});

test("what says nothing has no row", () => {
  expect(suppliedRows(null)).toEqual([]);
  expect(suppliedRows({})).toEqual([]);
  expect(suppliedRows({ data: { a: null, b: "", c: [], d: {}, e: 0, f: false } })).toEqual([
    ["e", "0"],
    ["f", "false"],
  ]);
});

test("long names and values are cut, and say how long they are", () => {
  const [[name, value] = []] = suppliedRows({ data: { ["n".repeat(300)]: "v".repeat(1000) } });
  expect(name).toMatch(/^n{200}… \(\d+ characters\)$/);
  expect(value).toBe(`${"v".repeat(200)}… (1000 characters)`);
  for (const [long] of suppliedRows({ data: nested({ b: 1 }, 19), payload: { ["p".repeat(5000)]: [1, 2] } }))
    expect(long.length).toBeLessThan(250);
});

test("there are at most 200 rows, the first ones", () => {
  const numbers = Array.from({ length: 150 }, (_, index) => index);
  const rows = suppliedRows({ data: { numbers }, payload: { numbers } });
  expect(rows).toHaveLength(200);
  expect(rows.at(-1)).toEqual(["numbers › 50", "49"]);
});

test("what nobody will see is not looked at", () => {
  const data = Array.from({ length: 200 }, () => "seen");
  const payload = {
    get secret(): never {
      throw new Error("looked at");
    },
  };
  expect(suppliedRows({ data, payload })).toHaveLength(200);
});

test("what lies deeper than twenty levels is only said to be there", () => {
  expect(suppliedRows({ data: nested("deep", 20) })).toEqual([
    [expect.stringMatching(/^a( › a){19}$/), "deep"],
  ]);
  const numbers = Array.from({ length: 40_000 }, (_, index) => index);
  for (const depth of [20, 500])
    expect(suppliedRows({ data: nested(numbers, depth) })).toEqual([
      [expect.stringMatching(/^a( › a){19}$/), "… (goes deeper)"],
    ]);
});
