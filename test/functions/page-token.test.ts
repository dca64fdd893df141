import { expect, test } from "vitest";
import { openPageStart, type PageStart, sealPageStart } from "../../functions/page-token.ts";
import { onboardingPk } from "../../shared/store/keys.ts";
import { hashKey } from "./onboarding-in-memory.ts";

const about = ["acme/1", "", "true", "2d"];
const after = {
  pk: onboardingPk({ account_id: "other/9", reference_id: "order-of-somebody-else" }),
  sk: "profile",
  dueAt: 1_767_607_200_000,
};
const start: PageStart = { shard: 7, after };

test("a token gives back where the page ended, to whom it was given", () => {
  for (const each of [start, { shard: 15, after: null }])
    expect(openPageStart(sealPageStart(each, hashKey, about), hashKey, about)).toEqual(each);
});

test("it says nothing of what it holds, not even how long that is", () => {
  const token = sealPageStart(start, hashKey, about);
  const text = token + Buffer.from(token, "base64url").toString("latin1");
  for (const word of ["other", "order", "profile", "1767607200000"]) expect(text).not.toContain(word);
  expect(sealPageStart({ shard: 0, after: null }, hashKey, about)).toHaveLength(token.length);
  expect(sealPageStart(start, hashKey, about)).not.toBe(token);
});

test.each([
  ["another account", ["acme/2", "", "true", "2d"]],
  ["another question", ["acme/1", "", "true", "3d"]],
  ["the same words in other places", ["acme/1", "true", "", "2d"]],
  ["nothing", []],
])("it opens nothing to %s", (_who, other) => {
  expect(openPageStart(sealPageStart(start, hashKey, about), hashKey, other)).toBeNull();
});

test("it opens nothing in another stage, or changed anywhere", () => {
  const token = sealPageStart(start, hashKey, about);
  const otherKey = Buffer.alloc(32, 8).toString("base64");
  expect(openPageStart(token, otherKey, about)).toBeNull();
  const bytes = Buffer.from(token, "base64url");
  for (const at of [0, 11, 12, 100, bytes.length - 16, bytes.length - 1]) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(openPageStart(changed.toString("base64url"), hashKey, about)).toBeNull();
  }
});

test.each(["", "A", "next", token(27), token(28), token(60)])("%j is no token", (text) => {
  expect(openPageStart(text, hashKey, about)).toBeNull();
});

function token(bytes: number): string {
  return Buffer.alloc(bytes, 1).toString("base64url");
}
