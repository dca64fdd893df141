import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { describeEvents, eventExample, eventsSchema } from "../../../infra/description/describe-events.ts";
import { withGenerated } from "../../../infra/description/generated-part.ts";
import { eventDetailSchemas, eventTypes } from "../../../shared/events/published.ts";

const validate = new Ajv2020({ strict: false }).compile(eventsSchema());

describe.each(eventTypes)("%s", (type) => {
  const example = eventExample(type);

  test("has an example that is one", () => {
    expect(eventDetailSchemas[type].safeParse(example.detail).error).toBeUndefined();
    expect(validate(example), JSON.stringify(validate.errors)).toBe(true);
  });

  test("has the required fields of its own in the schema", () => {
    const required = Object.entries(eventDetailSchemas[type].shape).filter(
      ([, field]) => !field.isOptional(),
    );
    for (const [field] of required) {
      const { [field]: _, ...rest } = example.detail;
      expect(validate({ ...example, detail: rest }), field).toBe(false);
    }
  });
});

test("other sources and types are no events of ours", () => {
  expect(validate({ ...eventExample("ProfilePurged"), source: "aws.s3" })).toBe(false);
  expect(validate({ ...eventExample("ProfilePurged"), "detail-type": "ProfileLost" })).toBe(false);
});

test("a detail may get more fields", () => {
  const example = eventExample("ProfilePurged");
  expect(validate({ ...example, detail: { ...example.detail, more: 1 } })).toBe(true);
});

test("docs/events.md says what the schemas say: `npm run docs` rewrites it", () => {
  const text = readFileSync(new URL("../../../docs/events.md", import.meta.url), "utf8");
  expect(text).toBe(withGenerated(text, describeEvents()));
});
