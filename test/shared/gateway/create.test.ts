import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRequestSchema, fieldProblem, isBase64 } from "../../../shared/gateway/create.ts";

const minimal = { reference_id: "r", config: { id: "c" } };
const problem = (body: unknown) => {
  const { error } = createRequestSchema.safeParse(body);
  return error ? fieldProblem(error) : null;
};

describe("createRequestSchema (contract §3.1)", () => {
  test.each([
    ["the minimum", minimal],
    [
      "empty strings where they are allowed",
      { ...minimal, group_id: "", config: { id: "c", reference_profile_id: "" } },
    ],
    ["null overrides", { ...minimal, config: { id: "c", overrides: null } }],
    ["an integer id_number", { ...minimal, data: { ind_pan_details: { id_number: 1 } } }],
    ["several address types", { ...minimal, data: { addresses: [{ type: ["permanent", "current"] }] } }],
    ["a document that is no URL", { ...minimal, data: { ind_passport_details: { document_1: "string" } } }],
    ["unknown fields", { ...minimal, data: { later: { deep: 1 } }, more: [1] }],
  ])("accepts %s and keeps it as it is", (_name, body) => {
    expect(createRequestSchema.parse(body)).toEqual(body);
  });

  test("read_text has at most 1000 characters, digits any number", () => {
    const template = (type: string, length: number) => ({
      ...minimal,
      payload: { self_video_activity_templates: [{ type, data: "x".repeat(length) }] },
    });
    expect(problem(template("read_text", 1000))).toBeNull();
    expect(problem(template("read_random_digits", 1001))).toBeNull();
    expect(problem(template("read_text", 1001))).toMatch(
      /^payload\.self_video_activity_templates\.0\.data: /,
    );
  });

  test("(category, page) is unique, and no joined text of the two", () => {
    const details = (...pairs: [string, string][]) => ({
      ...minimal,
      data: {
        additional_details: pairs.map(([category, page]) => ({ category, page, value: "v", type: "text" })),
      },
    });
    expect(problem(details(["a", "bc"], ["ab", "c"], ["a", "b"]))).toBeNull();
    expect(problem(details(["a", "1"], ["b", "1"], ["a", "1"]))).toBe(
      "data.additional_details: each (category, page) may occur once",
    );
  });

  test("a problem names the field and never the value", async () => {
    const secret = "very-secret-value";
    const wrong = fc.constantFrom<unknown>(secret, { [secret]: secret }, [secret], null);
    const field = fc.constantFrom(
      "name",
      "email_ids",
      "videos",
      "addresses",
      "ind_pan_details",
      "selfies",
      "dob",
    );
    await fc.assert(
      fc.property(field, wrong, (name, value) => {
        const text = problem({ ...minimal, data: { [name]: value } });
        if (text === null) return;
        expect(text).toMatch(new RegExp(`^data\\.${name}`));
        expect(text).not.toContain(secret);
      }),
    );
  });
});

test.each([
  ["", true],
  ["YQ==", true],
  ["YWI=", true],
  ["YWJj", true],
  ["YQ", false],
  ["YQ=", false],
  ["YW=j", false],
  ["YW Jj", false],
  ["_w==", false],
])("isBase64(%j) is %s", (text, expected) => {
  expect(isBase64(text)).toBe(expected);
});
