import { type ContractCase, SECRET_VALUE, type State } from "../contract-case.ts";
import { acted, refused, succeeded } from "../documented.ts";
import { row, selfie, selfieRecapture } from "../requests.ts";

const closedOrWaiting: State[] = ["capture_pending", "completed", "cancelled", "purged"];
const state = "review_required";

const code = "DOCUMENT_INSUFFICIENCY";
const offer = {
  configuration: {
    resources: [
      selfie,
      { attr: null, document_type: null, ref_id: "exterior1.nil.nil.1.nil", resource_type: "image" },
      selfie,
      { attr: "self", document_type: null, ref_id: "nil.nil.self.1.nil", resource_type: "video" },
      { attr: null, document_type: "ind_pan", ref_id: "nil.ind_pan.nil.1.front", resource_type: "image" },
    ],
    tasks: [
      { task_key: "fiv_check", task_type: "validate.face_liveness" },
      { task_key: "self_video.capture_and_verify", task_type: "self_video.capture_and_verify" },
    ],
  },
  reasons: [
    { code, comments_mandatory: false, reason: "Incorrect business location photo" },
    { code, comments_mandatory: false, reason: "Incorrect selfie" },
    { code, comments_mandatory: false, reason: "Incorrect business location photo and selfie" },
    { code, comments_mandatory: false, reason: "Incorrect video" },
    { code, comments_mandatory: true, reason: "Other" },
  ],
};
const offers: ContractCase[] = [
  ...(["review_required", "recapture_pending"] as const).map((state) =>
    row(
      "E8",
      `in ${state}`,
      succeeded(200, () => offer),
      { state },
    ),
  ),
  ...closedOrWaiting.map((state) => row("E8", `in ${state}`, refused.wrongState(state), { state })),
];

const { recapture_configuration, recapture_details } = selfieRecapture;
const items = (tasks: object[], resources: object[]) => ({
  recapture_configuration: { tasks, resources },
  recapture_details,
});
const because = (details: object) => ({ recapture_configuration, recapture_details: details });
const sent = acted("Profile sent for recapture", "recapture_pending");
const submits: ContractCase[] = [
  row("E9", "an item and a reason that are offered", sent, { state, fresh: true }),
  row("E9", "everything that is offered", sent, {
    state,
    fresh: true,
    body: items(offer.configuration.tasks, offer.configuration.resources),
  }),
  row("E9", "a reason with its comments", sent, {
    state,
    fresh: true,
    body: because({ code, reason: "Other", comments: "glare" }),
  }),
  row("E9", "no configuration", refused.badRequest("recapture_configuration: is required"), {
    state,
    body: { recapture_details },
  }),
  row("E9", "no reason", refused.badRequest("recapture_details.reason: is required"), {
    state,
    body: because({ code: SECRET_VALUE }),
  }),
  row("E9", "no items", refused.badRequest("recapture_configuration: name at least one task or resource"), {
    state,
    body: items([], []),
  }),
  row("E9", "a task that is not offered", refused.invalidRecaptureConfiguration(), {
    state,
    body: items([{ task_key: "fiv_check", task_type: SECRET_VALUE }], []),
  }),
  row("E9", "a resource that is not offered", refused.invalidRecaptureConfiguration(), {
    state,
    body: items([], [{ ...selfie, ref_id: "nil.selfie.nil.2.nil" }]),
  }),
  row("E9", "a reason that is not offered", refused.invalidRecaptureReason(), {
    state,
    body: because({ code, reason: SECRET_VALUE }),
  }),
  row("E9", "a code that is not offered", refused.invalidRecaptureReason(), {
    state,
    body: because({ ...recapture_details, code: SECRET_VALUE }),
  }),
  row("E9", "mandatory comments are missing", refused.commentsMandatory(), {
    state,
    body: because({ code, reason: "Other" }),
  }),
  row("E9", "mandatory comments are blank", refused.commentsMandatory(), {
    state,
    body: because({ code, reason: "Other", comments: " " }),
  }),
  ...closedOrWaiting.map((state) =>
    row("E9", `in ${state}: the state comes before the body`, refused.wrongState(state), { state, body: {} }),
  ),
  row("E9", "in recapture_pending", refused.wrongState("recapture_pending"), { state: "recapture_pending" }),
];

const completed = acted("Profile completed successfully", "completed");
const completions: ContractCase[] = [
  ...["approved", "rejected"].map((status) =>
    row("E10", status, completed, { state, fresh: true, body: { status, status_description: {} } }),
  ),
  row("E10", "without a description", completed, { state, fresh: true, body: { status: "rejected" } }),
  ...[{}, [], { status: "completed" }, { status: null }, { status: SECRET_VALUE, status_description: 5 }].map(
    (body) => row("E10", `no decision: ${JSON.stringify(body)}`, refused.completionStatus(), { state, body }),
  ),
  row(
    "E10",
    "the description is a number",
    refused.badRequest("status_description: Invalid input: expected object, received number"),
    { state, body: { status: "approved", status_description: 5 } },
  ),
  ...[...closedOrWaiting, "recapture_pending" as const].map((state) =>
    row("E10", `in ${state}: the state comes before the body`, refused.wrongState(state), {
      state,
      body: { status: "other" },
    }),
  ),
];

/** E8 to E10. */
export const review: ContractCase[] = [...offers, ...submits, ...completions];
