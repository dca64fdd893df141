import { type ContractCase, SECRET_VALUE, unknownId } from "../contract-case.ts";
import { refused, succeeded } from "../documented.ts";
import { ask, row } from "../requests.ts";

const freed = succeeded(200, ({ subject: { reference_id } }) => ({ reference_id, state: "cancelled" }));
const appointments: ContractCase[] = [
  row("E14", "a booked slot", freed, { state: "booked", fresh: true }),
  row("E14", "a second time", refused.unknownAppointment(), {
    state: "booked",
    fresh: true,
    before: ask("E14"),
  }),
  row("E14", "nothing was booked", refused.unknownAppointment(), { state: "capture_pending" }),
  row("E14", "nothing is left of it", refused.unknownAppointment(), { state: "purged" }),
  row("E14", "nobody has this reference", refused.unknownAppointment(), {
    body: { reference_id: "nobody-has-this" },
  }),
  row("E14", "a profile_id is no reference", refused.unknownAppointment(), {
    state: "booked",
    body: ({ subject }) => ({ reference_id: subject.profile_id }),
  }),
  row("E14", "the slot of another account", refused.unknownAppointment(), {
    state: "booked",
    headers: ({ otherApiKey, otherAccountId }) => ({ "api-key": otherApiKey, "account-id": otherAccountId }),
  }),
  ...[
    {},
    [],
    null,
    { reference_id: 7 },
    { reference_id: "" },
    { reference_id: null, secret: SECRET_VALUE },
  ].map((body) =>
    row("E14", `a wrong body: ${JSON.stringify(body)}`, refused.invalidAppointmentRequest(), { body }),
  ),
];

const assignee = [{ action: "video_call", email: "agent@example.com" }];
const routed = (overrides: object, more: object = {}) => ({ config: { overrides }, ...more });
const updated = succeeded(200, ({ subject: { profile_id } }) => ({ profile_id }));
const state = "capture_pending";
const routing: ContractCase[] = [
  row("E15", "a queue", updated, { state, fresh: true, body: routed({ video_kyc_priority: 1 }) }),
  row("E15", "agents", updated, { state, fresh: true, body: routed({ assignee }) }),
  row("E15", "all that may be said", updated, {
    state,
    fresh: true,
    body: ({ subject: { profile_id, reference_id } }) =>
      routed({ video_kyc_priority: 1, assignee }, { profile_id, reference_id, relay_data: "aGk=" }),
  }),
  row("E15", "with an appointment", updated, { state: "booked", fresh: true }),
  row("E15", "in review_required", updated, { state: "review_required", fresh: true }),
  row("E15", "in recapture_pending", updated, { state: "recapture_pending", fresh: true }),
  ...(["completed", "cancelled", "purged"] as const).map((state) =>
    row("E15", `in ${state}: the state comes before the body`, refused.wrongState(state), {
      state,
      body: {},
    }),
  ),
  ...(
    [
      ["no config", "config: is required", {}],
      ["no overrides", "config.overrides: is required", { config: {} }],
      ["nothing to change", "config.overrides: video_kyc_priority or assignee is required", routed({})],
      [
        "the priority is no integer",
        "config.overrides.video_kyc_priority: Invalid input: expected int, received number",
        routed({ video_kyc_priority: 1.5 }),
      ],
      [
        "an assignee's action is unknown",
        'config.overrides.assignee.0.action: Invalid input: expected "video_call"',
        routed({ assignee: [{ ...assignee[0], action: SECRET_VALUE }] }),
      ],
      [
        "an assignee has no address",
        "config.overrides.assignee.0.email: is required",
        routed({ assignee: [{ action: "video_call" }] }),
      ],
      [
        "reference_id is a number",
        "reference_id: Invalid input: expected string, received number",
        routed({ assignee }, { reference_id: 7 }),
      ],
    ] as const
  ).map(([name, reason, body]) => row("E15", name, refused.badRequest(reason), { state, body })),
  row(
    "E15",
    "another profile_id than the path's",
    refused.badRequest("profile_id: must be that of the path"),
    {
      state,
      body: routed({ assignee }, { profile_id: unknownId }),
    },
  ),
  row("E15", "relay_data is no base64", refused.invalidBase64(), {
    state,
    body: routed({ assignee }, { relay_data: "no base64!" }),
  }),
];

/** Each different set of fields that a queue has, with their types. */
const fieldsOf = async ({ queue_metrics }: { queue_metrics: object[] }): Promise<unknown> => ({
  queue_metrics: [
    ...new Set(
      queue_metrics.map((queue) =>
        Object.entries(queue)
          .map(([field, value]) => `${field}: ${Number.isInteger(value) ? "integer" : typeof value}`)
          .sort()
          .join(", "),
      ),
    ),
  ],
});
const everyQueue = [
  "label: string",
  "operators_available: integer",
  "operators_busy: integer",
  "users_queued: integer",
  "video_kyc_priority: integer",
].join(", ");
const metrics: ContractCase[] = [
  row(
    "E16",
    "every queue has the five fields",
    succeeded(200, () => ({ queue_metrics: [everyQueue] })),
    {
      read: fieldsOf,
    },
  ),
  ...["query_type", "page"].map((parameter) =>
    row("E16", `a query: ${parameter}`, refused.badRequest("query: no parameters are accepted"), {
      query: { [parameter]: "1" },
    }),
  ),
];

/** E14 to E16. */
export const videoCalls: ContractCase[] = [...appointments, ...routing, ...metrics];
