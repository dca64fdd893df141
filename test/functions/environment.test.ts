import { describe, expect, test } from "vitest";
import { late, resource } from "../../functions/environment.ts";

describe("late", () => {
  test("builds on first use, once, and not when it is only handed on", () => {
    let built = 0;
    const deps = { vault: late(() => ({ size: ++built, name: () => "vault" })) };
    const { vault } = { ...deps };
    expect(built).toBe(0);
    expect([vault.name(), vault.size, vault.name()]).toEqual(["vault", 1, "vault"]);
    expect(built).toBe(1);
  });

  test("a function without a grant learns so only when it reaches for what the grant is for", () => {
    const deps = { vault: late(() => ({ bucket: resource("vault:read") })) };
    expect(() => ({ ...deps })).not.toThrow();
    expect(() => deps.vault.bucket).toThrow("the environment variable VAULT_BUCKET is missing");
  });
});
