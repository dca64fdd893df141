import { expect } from "vitest";
import type { ContractCase, Expected, State, World } from "../contract-case.ts";
import { aTimestamp, refused, succeeded } from "../documented.ts";
import { row } from "../requests.ts";

interface Decided {
  reviewer_action?: string;
  status_detail?: string;
}

/** What is known of the subject in each state; a purge keeps the decision and erases its reason (§5.6). */
const decided: [State, Decided?][] = [
  ["capture_pending"],
  ["review_required"],
  ["recapture_pending"],
  ["completed", { reviewer_action: "approved", status_detail: "auto-close" }],
  ["cancelled"],
  ["purged", { reviewer_action: "approved" }],
];

/** E5: exactly five keys. */
const statusIn = (status: State, { reviewer_action, status_detail }: Decided = {}): Expected =>
  succeeded(200, ({ subject: { profile_id, reference_id } }) => ({
    profile_id,
    reference_id,
    reviewer_action: reviewer_action ?? null,
    status,
    status_detail: status_detail ?? null,
  }));

const resourceLists = (some: unknown) => ({ documents: [], images: some, videos: some, text: some });

/** E3, E4: every field of §4.1. */
const profileIn = (status: State, { reviewer_action, status_detail }: Decided = {}): Expected => {
  const captured = ["review_required", "recapture_pending", "completed"].includes(status);
  const closed = status === "completed" || status === "purged";
  return succeeded(200, ({ subject }: World) => ({
    config: { id: subject.config_id, overrides: null },
    device_info: captured ? expect.objectContaining({ final_ipv4: expect.any(String) }) : {},
    group_id: null,
    profile_data: {
      completed_at: closed ? aTimestamp : null,
      created_at: aTimestamp,
      email_ids: [],
      mobile_numbers: [],
      notes: null,
      performed_by: expect.any(Array),
      purged_at: subject.purged_at,
    },
    profile_id: subject.profile_id,
    purged_at: subject.purged_at,
    reference_id: subject.reference_id,
    relay_data: null,
    resources: resourceLists(captured ? expect.arrayContaining([aResource]) : []),
    reviewer_action: reviewer_action ?? null,
    schema_version: "1.0.0",
    status,
    status_description: expect.any(Object),
    status_detail: status_detail ?? null,
    tag: null,
    tasks: status === "purged" ? [] : expect.arrayContaining([aTask]),
    version: "v1.1",
  }));
};
const aResource = expect.objectContaining({
  ref_id: expect.stringMatching(/^([\w-]+\.){3}\d+\.[\w-]+$/),
  source: expect.any(Number),
  metadata: expect.any(Object),
});
const aTask = expect.objectContaining({
  task_id: expect.any(String),
  task_type: expect.any(String),
  key: expect.any(String),
  status: expect.any(String),
});

const pending = profileIn("capture_pending");
const profiles: ContractCase[] = [
  ...decided.flatMap(([state, decision]) => [
    row("E3", `in ${state}`, profileIn(state, decision), { state }),
    row("E4", `in ${state}`, profileIn(state, decision), { state }),
    row("E5", `in ${state}`, statusIn(state, decision), { state }),
    row("E5", `in ${state}, by reference`, statusIn(state, decision), {
      state,
      id: ({ subject }) => subject.reference_id,
      query: { query_type: "reference_id" },
    }),
  ]),
  ...(
    [
      ["query_type", "profile_id"],
      ["status_only", "false"],
      ["status_only", "TRUE"],
    ] as const
  ).map(([parameter, value]) =>
    row("E3", `asked for with ${parameter}=${value}`, pending, {
      state: "capture_pending",
      query: { [parameter]: value },
    }),
  ),
];

const link = succeeded(200, ({ subject: { capture_expires_at, capture_link, profile_id } }) => ({
  capture_expires_at,
  capture_link,
  profile_id,
}));
const linked: State[] = ["capture_pending", "review_required", "recapture_pending", "completed", "cancelled"];
const links: ContractCase[] = [
  ...linked.flatMap((state) => [
    row("E6", `in ${state}`, link, { state }),
    row("E7", `in ${state}`, link, { state }),
  ]),
  row("E6", "asked for with query_type=profile_id", link, {
    state: "capture_pending",
    query: { query_type: "profile_id" },
  }),
  row("E6", "in purged", refused.unknownProfile(), { state: "purged" }),
  row("E7", "in purged", refused.unknownProfile(), { state: "purged" }),
];

/** E3 to E7. */
export const fetches: ContractCase[] = [...profiles, ...links];
