import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Progress } from "../../../infra/local/progress.ts";

describe("progress", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const collect = (isTTY: boolean) => {
    const written: string[] = [];
    return { written, progress: new Progress({ isTTY, columns: 60, write: (text) => written.push(text) }) };
  };
  const elapsed = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

  test("a finished phase is one line with its seconds", async () => {
    const { written, progress } = collect(false);
    const done = progress.phase(
      "install",
      () => elapsed(4100),
      () => "installed",
    );
    await vi.advanceTimersByTimeAsync(4100);
    await done;
    expect(written).toEqual(["✓ installed 4.1 s\n"]);
  });

  test("without a terminal, a long wait gives a sign every ten seconds", async () => {
    const { written, progress } = collect(false);
    const done = progress.phase("deploy", (note) => {
      note("2 stacks done");
      return elapsed(25_000);
    });
    await vi.advanceTimersByTimeAsync(25_000);
    await done;
    expect(written).toHaveLength(3);
    expect(written[0]).toMatch(/^ {2}… deploy: 2 stacks done 10\.\d s\n$/);
  });

  test("on a terminal, the last line is rewritten and never longer than it is wide", async () => {
    const { written, progress } = collect(true);
    const done = progress.phase(
      "a phase with a name that is far longer than sixty columns could ever hold",
      () => elapsed(1000),
    );
    await vi.advanceTimersByTimeAsync(1000);
    await done;
    expect(written.filter((text) => text === "\r\u001b[2K").length).toBeGreaterThan(3);
    for (const text of written.slice(0, -1)) expect(text.length).toBeLessThan(60);
  });

  test("a phase that tells its share has a bar on a terminal, and none elsewhere", async () => {
    for (const isTTY of [true, false]) {
      const { written, progress } = collect(isTTY);
      const done = progress.phase("send", (note) => {
        note("11 of 40 rows", 11 / 40);
        return elapsed(11_000);
      });
      await vi.advanceTimersByTimeAsync(11_000);
      await done;
      const bar = `send ${"█".repeat(5)}${"░".repeat(15)}: 11 of 40 rows`;
      expect(written.some((text) => text.includes(bar))).toBe(isTTY);
      if (!isTTY) expect(written[0]).toMatch(/^ {2}… send: 11 of 40 rows 10\.\d s\n$/);
    }
  });

  test("a failed phase is marked, and its error passed on", async () => {
    const { written, progress } = collect(false);
    await expect(progress.phase("deploy", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(written).toEqual(["✗ deploy 0.0 s\n"]);
  });
});
