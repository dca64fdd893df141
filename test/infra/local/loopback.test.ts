import { describe, expect, test } from "vitest";
import { isLoopback, requireLoopback } from "../../../infra/local/loopback.ts";

describe("an endpoint of the local cloud", () => {
  test.each([
    "http://127.0.0.1:4566",
    "http://127.8.9.10",
    "http://localhost:4566/",
    "https://localhost",
    "http://[::1]:4566",
    "http://0x7f.1:4566",
    "http://2130706433",
  ])("%s is on this machine", (url) => expect(isLoopback(url)).toBe(true));

  test.each([
    "https://sqs.us-east-1.amazonaws.com",
    "http://127.0.0.1.example.com:4566",
    "http://localhost.example.com",
    "http://localhost@example.com",
    "http://127.0.0.1:4566@example.com",
    "http://user@127.0.0.1:4566",
    "http://user:word@127.0.0.1:4566@example.com",
    "http://example.com/127.0.0.1",
    "http://example.com#127.0.0.1",
    "http://0.0.0.0:4566",
    "http://[::2]:4566",
    "http://[::ffff:192.0.2.1]",
    "http://192.0.2.1:4566",
    "ftp://127.0.0.1",
    "127.0.0.1:4566",
    "",
  ])("%s is not, or not plainly", (url) => expect(isLoopback(url)).toBe(false));

  test("a refusal is one line that shows neither host nor user part", () => {
    expect(() => requireLoopback("https://key:word@example.com")).toThrow(
      /^AWS_ENDPOINT_URL is not on this machine.*$/,
    );
    expect(() => requireLoopback("https://key:word@example.com")).not.toThrow(/word|example/);
  });

  test("an accepted endpoint is used as its origin", () => {
    expect(requireLoopback("http://localhost:4566/")).toBe("http://localhost:4566");
  });
});
