import { expect, test } from "vitest";
import * as z from "zod";
import { jsonSchemas } from "../../../infra/description/json-schemas.ts";
import { captureLinkSchema, taskSchema } from "../../../shared/gateway/profile.ts";

test("a schema has the name of its export, or the one that it is given", () => {
  const own = z.object({ link: captureLinkSchema });
  const { schemas, refOf } = jsonSchemas([{ name: "Own", schema: own, as: "answered" }]);
  expect(refOf(own)).toEqual({ $ref: "#/components/schemas/Own" });
  expect(Object.keys(schemas)).toEqual(["CaptureLink", "Own"]);
  expect(schemas["Own"]?.["properties"]).toEqual({ link: { $ref: "#/components/schemas/CaptureLink" } });
});

test("only what is used is there, recursive or not", () => {
  expect(Object.keys(jsonSchemas([{ name: "x", schema: taskSchema, as: "answered" }]).schemas)).toEqual([
    "Task",
  ]);
});

test("what we answer may grow; what we take says whether it may", () => {
  const open = { name: "Open", schema: z.object({ a: z.int() }) };
  const closed = { name: "Closed", schema: z.strictObject({ a: z.int() }) };
  const properties = { a: { type: "integer" } };
  const made = jsonSchemas([
    { ...open, as: "answered" },
    { ...closed, as: "taken" },
  ]).schemas;
  expect(made["Open"]).toEqual({ type: "object", properties, required: ["a"] });
  expect(made["Closed"]).toEqual({
    type: "object",
    properties,
    required: ["a"],
    additionalProperties: false,
  });
});

test("one name for two shapes is refused", () => {
  const schema = z.object({ a: z.int().default(1) });
  expect(() =>
    jsonSchemas([
      { name: "Both", schema, as: "taken" },
      { name: "Both", schema, as: "answered" },
    ]),
  ).toThrow("Both differs by direction");
});

test("a schema that is no body has no name", () => {
  const { refOf } = jsonSchemas([]);
  expect(() => refOf(z.string())).toThrow("no body");
});
