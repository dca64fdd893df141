import { expect, test } from "vitest";
import { lineOf } from "../../../../infra/operate/doctor/finding.ts";
import { judgeKeyAges } from "../../../../infra/operate/doctor/key-ages.ts";

const DAY_MS = 86_400_000;
const now = Date.parse("2026-06-01T00:00:00Z");
const daysAgo = (days: number) => now - days * DAY_MS;
const hash = (digit: string) => digit.repeat(64);
const stage = { name: "prod", gatewayAccounts: {}, maxKeyAgeDays: 90 };

const linesOf = (days: number, undated = false) =>
  judgeKeyAges(
    stage,
    {
      callers: {
        hashKey: "very-secret",
        callers: [
          {
            accountId: "a/1",
            keyHashes: [hash("1"), hash("2")],
            issuedAt: { [hash("1")]: daysAgo(days), ...(!undated && { [hash("2")]: daysAgo(1) }) },
          },
        ],
      },
      webhooks: {
        slots: [
          {
            accountId: "a/1",
            slot: "scheduling",
            tokenHashes: [hash("3")],
            issuedAt: { [hash("3")]: daysAgo(days) },
          },
        ],
      },
      gateway: {
        accounts: {
          "a/1": {
            baseUrl: "https://gateway.example.com",
            apiKey: "very-secret",
            accountId: "a/1",
            contentKeys: [{ kid: "k", cek: "very-secret", encrypts_from: daysAgo(days), retires_at: null }],
          },
        },
      },
    },
    now,
  ).map(lineOf);

test("keys within their age are not worth a line", () => {
  expect(linesOf(90)).toEqual([]);
});

test("older ones are told by kind and account, with what to type", () => {
  expect(linesOf(91)).toEqual([
    "✗ api-keys of a/1: 1 in use for more than 90 days: `npm run setup -- --stage prod`, hand the new one over, then `npm run callers -- revoke --stage prod --account a/1 --keep-newest`",
    "✗ webhook URLs of a/1: 1 in use for more than 90 days: `npm run webhooks -- rotate --stage prod --account a/1`, hand the new ones over, then once more",
    "✗ content keys of a/1: 1 in use for more than 90 days: `npm run keys -- rotate --stage prod --account a/1`",
  ]);
});

test("those without a date are neither old nor well", () => {
  expect(linesOf(1, true)).toEqual([
    "? api-keys of a/1: 1 issued before dates were kept, so nobody knows how old: `npm run setup -- --stage prod`, hand the new one over, then `npm run callers -- revoke --stage prod --account a/1 --keep-newest`",
  ]);
});
