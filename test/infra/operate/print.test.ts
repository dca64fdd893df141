import { afterEach, describe, expect, test, vi } from "vitest";
import { printJson, printLines } from "../../../infra/operate/print.ts";
import { refusalOf } from "../../../infra/operate/stage-api.ts";

const hostile = {
  "an escape sequence": "\u001b]0;mine\u0007",
  "an escape sequence in one character": "\u009b2J",
  "a line of its own": "x\r\n✓ order-8: the profile is approved",
  "a line separator": "x\u2028y\u2029",
  "a text that runs the other way": "\u202edevorppa\u2066",
};

describe("what others typed reaches the terminal without steering it", () => {
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  afterEach(() => printed.mockClear());
  const said = (): string => printed.mock.calls.map(([text]) => String(text)).join("");

  test.each(Object.entries(hostile))("%s", (_, text) => {
    printLines([text]);
    printJson(text);
    expect(said() + refusalOf(400, { reason: text })).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u);
  });

  test("and JSON stays the same data", () => {
    printJson({ hostile, list: [1, null] });
    expect(JSON.parse(said())).toEqual({ hostile, list: [1, null] });
  });

  test("and other letters stay as they are", () => {
    printLines(["Zoë Ünal — 東京 👩‍👩‍👧"]);
    expect(said()).toBe("Zoë Ünal — 東京 👩‍👩‍👧");
  });
});
