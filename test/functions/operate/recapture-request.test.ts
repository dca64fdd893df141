import { expect, test } from "vitest";
import { recaptureRequest } from "../../../functions/operate/recapture-request.ts";
import type { RecaptureConfig } from "../../../shared/gateway/profile.ts";
import { type Decision, decisionSchema } from "../../../shared/profile/policy.ts";

const item = (ref_id: string) => ({
  attr: null,
  document_type: null,
  ref_id,
  resource_type: "image" as const,
});
const task = (task_key: string) => ({ task_key, task_type: "t" });
const offer: RecaptureConfig = {
  configuration: { resources: [item("a"), item("b"), item("a")], tasks: [task("one"), task("two")] },
  reasons: [
    { code: "c", comments_mandatory: false, reason: "first" },
    { code: "c", comments_mandatory: true, reason: "second" },
  ],
};
const decision = (more: object = {}) =>
  decisionSchema.parse({ kind: "recapture", reason: { code: "c", reason: "first" }, ...more }) as Extract<
    Decision,
    { kind: "recapture" }
  >;

test("all: everything that is offered, each item once", () => {
  expect(recaptureRequest(decision(), offer)).toEqual({
    recapture_configuration: { tasks: [task("one"), task("two")], resources: [item("a"), item("b")] },
    recapture_details: { code: "c", reason: "first" },
  });
});

test("named items, as far as they are offered", () => {
  const items = { task_keys: ["two", "gone"], ref_ids: ["b"] };
  expect(recaptureRequest(decision({ items }), offer)?.recapture_configuration).toEqual({
    tasks: [task("two")],
    resources: [item("b")],
  });
});

test.each([
  ["nothing of it is offered", { items: { task_keys: ["gone"] } }],
  ["the reason is not offered", { reason: { code: "c", reason: "third" } }],
  ["the code is another", { reason: { code: "d", reason: "first" } }],
  ["comments are mandatory", { reason: { code: "c", reason: "second" } }],
])("no request when %s", (_name, more) => {
  expect(recaptureRequest(decision(more), offer)).toBeNull();
});

test("comments go along", () => {
  const reason = { code: "c", reason: "second", comments: "why" };
  expect(recaptureRequest(decision({ reason }), offer)?.recapture_details).toEqual(reason);
});
