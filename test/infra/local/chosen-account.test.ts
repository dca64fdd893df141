import { expect, test } from "vitest";
import { chosenAccount } from "../../../infra/local/chosen-account.ts";

test("the only account need not be named", () => {
  expect(chosenAccount(["a/1"], undefined)).toBe("a/1");
  expect(chosenAccount(["a/1", "b/2"], "b/2")).toBe("b/2");
});

test.each<[string, string[], string | undefined, RegExp]>([
  ["no account at all", [], undefined, /run setup first/],
  ["one of several that nobody named", ["a/1", "b/2"], undefined, /--account ID, one of a\/1, b\/2/],
  ["one that is not there", ["a/1"], "c/3", /has no account "c\/3"; it has a\/1/],
])("%s is refused", (_, known, asked, message) => {
  expect(() => chosenAccount(known, asked)).toThrow(message);
});
