import type * as z from "zod";
import type { OnboardingCounts } from "../../functions/actions/count-onboardings.ts";
import type { Onboarding } from "../../functions/actions/fetch-onboarding.ts";
import type { OnboardingsPage } from "../../functions/actions/list-onboardings.ts";
import type { DecisionAnswer } from "../../functions/decisions/decision-answer.ts";
import type { Answer } from "../../shared/gateway/answers.ts";
import { successes } from "../../shared/gateway/answers.ts";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import type { EndpointName } from "../../shared/gateway/endpoints.ts";
import type { CompletionRequest, FullProfile } from "../../shared/gateway/profile.ts";
import type { ConfigUpdate } from "../../shared/gateway/video-calls.ts";
import type { webhooks } from "../../shared/gateway/webhooks.ts";
import { operatorActionWords } from "../../shared/profile/operations.ts";
import type { Json, JsonObject } from "./json-schemas.ts";

/** Whom all examples are about: nobody. */
export const fakeIds = {
  reference_id: "order-1042",
  profile_id: "00000000-0000-4000-8000-000000001042",
};

const jwe = "EXAMPLE-HEADER..EXAMPLE-IV.EXAMPLE-CIPHERTEXT.EXAMPLE-TAG";

/** What a field holds in examples, by its name. */
export const fakeValues = {
  ...fakeIds,
  id: "00000000-0000-4000-8000-0000000000c1",
  config_id: "00000000-0000-4000-8000-0000000000c1",
  account_id: "example/00000000-0000-4000-8000-0000000000a1",
  event_id: "EXAMPLE-EVENT-00000001",
  execution_arn: "arn:aws:states:eu-west-1:000000000000:execution:onboarding-example:EXAMPLE",
  capture_link: "https://capture.example.com/captures?t=EXAMPLE",
  capture_expires_at: "2026-02-14T09:30:00.000Z",
  at: "2026-01-15T09:30:00.000Z",
  created_at: "2026-01-15T09:30:00.000Z",
  completed_at: "2026-01-15T10:05:00.000Z",
  performed_at: "2026-01-15T10:05:00.000Z",
  purged_at: "2026-03-01T00:00:00.000Z",
  requested_at: "2026-01-15T09:30:00.000Z",
  waiting_since: "2026-01-15T09:45:00.000Z",
  waiting_until: "2026-01-22T09:45:00.000Z",
  scheduled_at: "2026-01-15T09:40:00.000Z",
  start_time: "2026-01-16T14:00:00.000Z",
  end_time: "2026-01-16T14:30:00.000Z",
  action: "scheduled",
  status: "review_required",
  status_detail: null,
  reviewer_action: null,
  outcome: null,
  state: "cancelled",
  waiting_for: "a person to approve, reject or ask for recapture",
  allowed_actions: ["completeProfile", "submitRecapture"],
  kind: "ReviewRequired",
  by: "orchestrator",
  detail: { status: "review_required", reviewer_action: null, round: 0 },
  round: 0,
  schema_version: "1.0.0",
  ref_id: "nil.ind_pan.nil.1.front",
  attr: null,
  document_type: "ind_pan",
  task_key: "vkyc.assisted_vkyc",
  task_type: "vkyc.assisted_vkyc",
  code: "DOCUMENT_INSUFFICIENCY",
  reason: "Incorrect selfie",
  label: "Example queue",
  video_kyc_priority: 1,
  operators_busy: 2,
  operators_available: 3,
  users_queued: 1,
  encrypted_data: jwe,
  encrypted_profile_data: jwe,
  encrypted_resources: jwe,
  encrypted_tasks: jwe,
} satisfies Record<string, Json>;

const createRequest: CreateRequest = {
  reference_id: fakeIds.reference_id,
  config: { id: fakeValues.id },
  data: {
    name: { first_name: "Example", last_name: "Customer" },
    email_ids: ["customer@example.com"],
    mobile_numbers: ["+910000000000"],
  },
};

const fullProfile: FullProfile = {
  ...fakeIds,
  group_id: "",
  config: { id: fakeValues.id, overrides: null },
  status: "completed",
  status_detail: null,
  reviewer_action: "approved",
  profile_data: {
    created_at: fakeValues.created_at,
    completed_at: fakeValues.completed_at,
    purged_at: null,
    performed_by: [{ performed_at: fakeValues.performed_at, action: "review" }],
  },
  resources: {
    documents: [],
    images: [
      {
        ref_id: fakeValues.ref_id,
        type: "ind_pan",
        attr: null,
        source: 1,
        value: "https://files.example.com/EXAMPLE.jpg",
        tags: ["front"],
        metadata: {},
      },
    ],
    videos: [],
    text: [],
  },
  tasks: [
    {
      task_id: "00000000-0000-4000-8000-0000000000f1",
      task_type: "vkyc.assisted_vkyc",
      key: "vkyc.assisted_vkyc",
      status: "completed",
      resources: [fakeValues.ref_id],
      result: { automated_response: null, manual_response: { status: "verified" } },
      tasks: [],
    },
  ],
  relay_data: null,
  purged_at: null,
  schema_version: fakeValues.schema_version,
};

const waiting = (count: number) => ({
  count,
  stuck: 0,
  age_seconds: { p50: 3_600, p90: 7_200, p99: 7_200, max: 7_200 },
});

const decisionAnswer: DecisionAnswer = {
  reference_id: fakeIds.reference_id,
  status: "review_required",
  round: 0,
  max_rounds: 3,
  decides: "rules",
  act: "recapture",
  rule: "another face",
  because: null,
  facts_read: ["face_mismatch"],
  rules: [
    {
      name: "another face",
      when: "face_mismatch",
      act: "recapture",
      outcome: "matches",
      facts: ["face_mismatch"],
    },
    {
      name: "all verified",
      when: "all_verified",
      act: "approve",
      outcome: "not-asked",
      facts: ["all_verified"],
    },
  ],
  facts: {
    round: 0,
    all_verified: false,
    face_mismatch: true,
    tasks: ["fiv_check", "vkyc.assisted_vkyc"],
    verified: ["vkyc.assisted_vkyc"],
    rejected: ["fiv_check"],
    unable_to_verify: [],
    undecided: [],
    failed: [],
    unfinished: [],
    documents: ["selfie", "ind_pan"],
    scores: { "fiv_check.confidence": 41 },
    answers: {},
  },
  would_apply: true,
};

const onboarding: Onboarding = {
  ...fakeIds,
  config_id: fakeValues.config_id,
  created_at: fakeValues.created_at,
  status: fakeValues.status,
  reviewer_action: null,
  outcome: null,
  state: "Review",
  why: "The gateway asks for a decision, and it is left to a person. If nothing happens in time, a person is asked to look at it.",
  stuck: false,
  waiting_for: fakeValues.waiting_for,
  waiting_since: fakeValues.waiting_since,
  waiting_until: fakeValues.waiting_until,
  next_check_at: "2026-01-15T10:00:00.000Z",
  appointment: null,
  round: 0,
  reminders: 0,
  held: null,
  decision: null,
  allowed_actions: fakeValues.allowed_actions,
  may_do: [{ action: "approve", does: operatorActionWords.approve }],
  execution_arn: fakeValues.execution_arn,
  console_url: `https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/${encodeURIComponent(fakeValues.execution_arn)}`,
  steps_note: null,
  events: [
    {
      at: fakeValues.waiting_since,
      kind: fakeValues.kind,
      by: fakeValues.by,
      detail: { ...fakeValues.detail, calls: "fetchStatus" },
      says: "A person has to decide: approve, reject or send the customer back. (event ReviewRequired)",
    },
  ],
};

/** Bodies by the name of their schema, where required fields alone would be a poor example. */
const written: Record<string, unknown> = {
  IntakeRequest: createRequest,
  FullProfile: fullProfile,
  CompletionRequest: { status: "approved", status_description: {} } satisfies CompletionRequest,
  W4: {
    profile_id: fakeIds.profile_id,
    status: "capture_pending",
    session_status: "incomplete",
    reason: "customer_drop",
    pending_resources: {},
    video_call: { status: null, agent_remark: null },
    profile_data: { created_at: fakeValues.created_at },
  } satisfies z.input<typeof webhooks.W4.body>,
  W6: {
    profile_id: fakeIds.profile_id,
    status: "capture_pending",
    data: { name: "Example Customer" },
    config: { id: fakeValues.id },
  } satisfies z.input<typeof webhooks.W6.body>,
  FetchOnboardingAnswer: onboarding,
  FetchDecisionAnswer: decisionAnswer,
  ConfigUpdate: { config: { overrides: { video_kyc_priority: 2 } } } satisfies ConfigUpdate,
  ListOnboardingsAnswer: {
    onboardings: [
      {
        ...fakeIds,
        status: fakeValues.status,
        waiting_for: fakeValues.waiting_for,
        waiting_since: fakeValues.waiting_since,
        waiting_until: fakeValues.waiting_until,
        requested_at: fakeValues.requested_at,
        stuck: false,
        reason: null,
        held: false,
        config_id: fakeValues.config_id,
      },
    ],
    next: "EXAMPLE-NEXT",
  } satisfies OnboardingsPage,
  CountOnboardingsAnswer: {
    at: fakeValues.at,
    complete: true,
    total: waiting(3),
    statuses: [{ status: fakeValues.status, ...waiting(3) }],
  } satisfies OnboardingCounts,
};

/** What the endpoints answer that all have the same schema. */
export const successExamples: Partial<Record<string, Answer>> = {
  submitRecapture: successes.sentForRecapture(fakeIds),
  completeProfile: successes.completed(fakeIds),
  cancelProfile: successes.cancelled(fakeIds),
  purgeProfile: successes.purged(fakeIds),
} satisfies Partial<Record<EndpointName, Answer>>;

/**
 * A value that a JSON Schema of ours allows: the one written above for its name, else its required fields with the
 * values that they have by name.
 */
export function exampleOf(schema: JsonObject, schemas: Record<string, JsonObject> = {}, field = ""): Json {
  const ref = schema["$ref"];
  if (typeof ref === "string") {
    const name = ref.split("/").at(-1) ?? "";
    return name in written ? (written[name] as Json) : exampleOf(schemas[name] ?? {}, schemas, field);
  }
  const [first] = (schema["enum"] ?? schema["anyOf"] ?? []) as Json[];
  if (schema["const"] !== undefined) return schema["const"];
  if (schema["enum"] && first !== undefined) return first;
  if (field in fakeValues) return fakeValues[field as keyof typeof fakeValues];
  if (first !== undefined) return exampleOf(first as JsonObject, schemas, field);
  const properties = (schema["properties"] ?? {}) as Record<string, JsonObject>;
  switch ([schema["type"]].flat()[0]) {
    case "object":
      return Object.fromEntries(
        ((schema["required"] ?? []) as string[]).map((key) => [
          key,
          exampleOf(properties[key] ?? {}, schemas, key),
        ]),
      );
    case "array":
      return [exampleOf(schema["items"] as JsonObject, schemas, field)];
    case "integer":
    case "number":
      return 0;
    case "boolean":
      return false;
    default:
      return "example";
  }
}
