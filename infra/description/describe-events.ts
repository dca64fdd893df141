import { eventSource } from "../../shared/events/bus.ts";
import {
  type EventAddition,
  type EventDetail,
  type EventType,
  eventDetailSchema,
  eventDetailSchemas,
  eventTypes,
} from "../../shared/events/published.ts";
import { exampleOf, fakeValues } from "./examples.ts";
import { type Json, type JsonObject, jsonSchema } from "./json-schemas.ts";

/** When each type is published, and what an example of it says besides the usual. */
const told: {
  [Type in EventType]: {
    when: string;
    example: EventAddition<Type> & Partial<Pick<EventDetail, "status" | "reviewer_action" | "round">>;
  };
} = {
  CaptureLinkReady: {
    when: "the capture link is known; once more when an operator has it resent",
    example: {
      status: "capture_pending",
      capture_link: fakeValues.capture_link,
      capture_expires_at: fakeValues.capture_expires_at,
    },
  },
  CaptureReminderDue: {
    when: "the customer has not finished and is to be reminded, by time or on an operator's word: reminder number `reminder` of at most `of` in this wait",
    example: { status: "capture_pending", reminder: 1, of: 3 },
  },
  CaptureSessionEnded: {
    when: "the gateway says (W4) that a customer's session ended; a hint, not verified",
    example: { status: "capture_pending", session_status: "incomplete", reason: "customer_drop" },
  },
  AppointmentScheduled: {
    when: "the gateway says (W5) that a customer booked a video-call slot; a hint, not verified",
    example: {
      status: "capture_pending",
      appointment: {
        action: fakeValues.action,
        scheduled_at: fakeValues.scheduled_at,
        start_time: fakeValues.start_time,
        end_time: fakeValues.end_time,
      },
    },
  },
  AppointmentMissed: {
    when: "a booked slot is over and the gateway told of no session (W4) since it began; a hint, not verified",
    example: {
      status: "capture_pending",
      appointment: {
        scheduled_at: fakeValues.scheduled_at,
        start_time: fakeValues.start_time,
        end_time: fakeValues.end_time,
      },
    },
  },
  ReviewRequired: { when: "a person must decide", example: {} },
  ReviewOverdue: { when: "nobody has decided for `reviewOverdueSeconds`; once for each review", example: {} },
  RecaptureRequested: {
    when: "a recapture round began; the link is the same",
    example: { status: "recapture_pending", round: 1 },
  },
  OnboardingCompleted: {
    when: "closed, not rejected",
    example: { status: "completed", reviewer_action: "approved" },
  },
  OnboardingRejected: {
    when: "closed with `reviewer_action` `rejected`",
    example: { status: "completed", reviewer_action: "rejected" },
  },
  OnboardingCancelled: { when: "cancelled before capture", example: { status: "cancelled" } },
  OnboardingExpired: {
    when: "the link or our own limit ran out",
    example: { status: "capture_expired" },
  },
  OnboardingFailed: {
    when: "failed at the gateway (then without `reason`), refused by it at creation, or given up",
    example: { status: null, reason: "the gateway refused the request" },
  },
  ProfilePurged: { when: "erased at the gateway and here", example: { status: "purged" } },
  AttentionNeeded: {
    when: "the onboarding is stuck and waits for a person",
    example: { reason: "a step failed repeatedly" },
  },
};

/** What the fields of every detail mean. */
const fields: Record<keyof typeof eventDetailSchema.shape, string> = {
  event_id: "the same on a repetition",
  account_id: "",
  reference_id: "the caller's",
  profile_id: "null before the gateway made one",
  config_id: "the workflow",
  status: "of the profile, as last known",
  reviewer_action: "`approved`, `rejected`",
  round: "recapture rounds begun",
};

/** An event as a rule's target gets it, without the bus's own fields. */
export function eventExample(type: EventType): { source: string; "detail-type": string; detail: JsonObject } {
  const usual = exampleOf(jsonSchema(eventDetailSchema)) as JsonObject;
  return {
    source: eventSource,
    "detail-type": type,
    detail: { ...usual, ...(told[type].example as JsonObject) },
  };
}

interface ObjectSchema extends JsonObject {
  properties: Record<string, JsonObject>;
  required: string[];
}
const common = jsonSchema(eventDetailSchema) as ObjectSchema;

/** What the detail of a type has that not every event has. */
function additionOf(type: EventType): Pick<ObjectSchema, "properties" | "required"> {
  const { properties, required } = jsonSchema(eventDetailSchemas[type]) as ObjectSchema;
  const isAdded = (field: string) => !(field in common.properties);
  return {
    properties: Object.fromEntries(Object.entries(properties).filter(([field]) => isAdded(field))),
    required: required.filter(isAdded),
  };
}

/** The JSON Schema of an event that we publish. */
export function eventsSchema(): JsonObject {
  const added = eventTypes.filter((type) => Object.keys(additionOf(type).properties).length > 0);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: {
      source: { const: eventSource },
      "detail-type": { enum: eventTypes },
      detail: { $ref: "#/$defs/detail" },
    },
    required: ["source", "detail-type", "detail"],
    allOf: added.map((type) => ({
      if: { properties: { "detail-type": { const: type } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
      then: { properties: { detail: { $ref: `#/$defs/${type}` } } },
    })),
    $defs: {
      detail: common,
      ...Object.fromEntries(
        added.map((type) => {
          const { properties, required } = additionOf(type);
          return [type, { properties, ...(required.length > 0 && { required }) }];
        }),
      ),
    },
  };
}

/** The generated part of docs/events.md. */
export function describeEvents(): string {
  return [
    table(
      ["Detail type", "Published when", "Adds"],
      eventTypes.map((type) => {
        const { properties, required } = additionOf(type);
        const adds = Object.keys(properties).map(
          (field) => `\`${field}\`${required.includes(field) ? "" : " (may be missing)"}`,
        );
        return [`\`${type}\``, told[type].when, adds.join(", ")];
      }),
    ),
    "Every detail has:",
    table(
      ["Field", "Type", ""],
      Object.entries(fields).map(([field, meaning]) => [
        `\`${field}\``,
        [common.properties[field]?.["type"]].flat().join(" or "),
        meaning,
      ]),
    ),
    "An example:",
    code(eventExample("AppointmentScheduled")),
    "The JSON Schema of all of them:",
    code(eventsSchema()),
  ].join("\n\n");
}

const code = (value: Json): string => `\`\`\`json\n${inLines(value)}\n\`\`\``;

const LINE_WIDTH = 110;

/** JSON with what fits into a line in one line. */
function inLines(value: Json, indent = "", before = 0): string {
  const flat = JSON.stringify(value, null, 1)
    .replaceAll(/\n\s*/g, " ")
    .replaceAll(/\[ | \]/g, (bracket) => bracket.trim());
  if (typeof value !== "object" || value === null || indent.length + before + flat.length < LINE_WIDTH)
    return flat;
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const parts = Object.entries(value).map(([key, one]) => {
    const label = Array.isArray(value) ? "" : `${JSON.stringify(key)}: `;
    return `${indent}  ${label}${inLines(one as Json, `${indent}  `, label.length)}`;
  });
  return `${open}\n${parts.join(",\n")}\n${indent}${close}`;
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)].join(
    "\n",
  );
}
