import { describe, expect, test } from "vitest";
import * as z from "zod";
import { checkBody } from "../../../shared/gateway/check-body.ts";
import { fieldProblem } from "../../../shared/gateway/create.ts";

const schema = z.object({ name: z.string().min(1).max(9), list: z.array(z.int()).min(1).optional() });

describe("a body", () => {
  test("is what its schema says", () => {
    expect(checkBody(schema, { name: "n", more: 1 })).toEqual({ success: true, data: { name: "n" } });
    const { error } = checkBody(schema, { name: 7 });
    expect(error && fieldProblem(error)).toBe("name: Invalid input: expected string, received number");
  });

  test.each([
    '{"name":{"length":{"toString":0}}}',
    '{"name":{"length":{"valueOf":null,"toString":null}}}',
    '{"name":"n","list":{"length":{"toString":"secret"}}}',
  ])("that the schema's own checks die of is wrong, and is not quoted: %s", (text) => {
    const body: unknown = JSON.parse(text);
    expect(() => schema.safeParse(body)).toThrow(TypeError);
    const { success, error } = checkBody(schema, body);
    expect([success, error && fieldProblem(error)]).toEqual([false, "body: a field is of another type"]);
  });
});
