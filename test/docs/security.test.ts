import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const read = (file: string): string => readFileSync(join(import.meta.dirname, "../..", file), "utf8");

test("SECURITY.md names the one function that may use a key other than through a service", () => {
  const stacks = JSON.parse(read("test/infra/roles.golden.json")) as Record<
    string,
    Record<string, Record<string, string>>
  >;
  const free = Object.values(stacks).flatMap((roles) =>
    Object.entries(roles)
      .filter(([, rights]) =>
        Object.entries(rights).some(
          ([action, keys]) =>
            action.startsWith("kms:") && keys.split(", ").some((key) => !/ \(via \w+\)$/.test(key)),
        ),
      )
      .map(([role]) => role),
  );
  expect(free).toEqual(["Resume"]);
  expect(read("SECURITY.md").replaceAll(/\s+/g, " ")).toMatch(
    /One exception: the function that resumes onboardings/,
  );
});
