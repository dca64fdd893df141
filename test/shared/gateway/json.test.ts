import { describe, expect, test } from "vitest";
import { isTooDeep, jsonProblem, MAX_DEPTH, parseJson } from "../../../shared/gateway/json.ts";

const nested = (depth: number, open = "[", close = "]"): unknown =>
  parseJson(`${open.repeat(depth)}1${close.repeat(depth)}`)?.value;

describe.each([
  ["lists", "[", "]"],
  ["objects", '{"a":', "}"],
])("nested %s", (_what, open, close) => {
  test("are too deep beyond the limit, however deep", () => {
    expect(isTooDeep(nested(MAX_DEPTH, open, close))).toBe(false);
    expect(jsonProblem(nested(MAX_DEPTH, open, close))).toBeNull();
    for (const depth of [MAX_DEPTH + 1, 5_000, 1_000_000]) {
      expect(isTooDeep(nested(depth, open, close))).toBe(true);
      expect(jsonProblem(nested(depth, open, close))).toBe("nested deeper than 500 levels");
    }
  });

  test("are found beside much that is flat", () => {
    expect(isTooDeep([...Array(200_000).fill("flat"), nested(MAX_DEPTH + 1, open, close)])).toBe(true);
  });
});

test("at the limit JSON can be written again from deep in the stack", () => {
  const write = (calls: number): string =>
    calls === 0 ? JSON.stringify(nested(MAX_DEPTH)) : write(calls - 1);
  expect(write(1_000)).toHaveLength(2 * MAX_DEPTH + 1);
});

test.each([
  ['{"a":["\\ud800"]}', "a text in it is not Unicode"],
  ['{"a":{"\\udc00":1}}', "a text in it is not Unicode"],
  ['"\\udc00\\ud800"', "a text in it is not Unicode"],
  ["[1e999]", "a number in it is out of range"],
  ["-1e999", "a number in it is out of range"],
  ['{"__proto__":{"a":1e400}}', "a number in it is out of range"],
])("%s is JSON that cannot be handed on", (text, problem) => {
  expect(jsonProblem(parseJson(text)?.value)).toBe(problem);
});

test.each(["null", "[]", '"\\ud83d\\ude00"', '{"":0}', "1e308", "1e-999", '{"__proto__":null}'])(
  "%s is handed on",
  (text) => {
    expect(jsonProblem(parseJson(text)?.value)).toBeNull();
  },
);
