import type { FullProfile, RecaptureConfig } from "../../shared/gateway/profile.ts";
import { pointIn, type StubPoint, stubIds } from "./stub-onboardings.ts";

const at = "2026-01-05T09:00:00.000Z";
const captureLink = "https://127.0.0.1/captures?t=example";

/** A full profile of the usual size (contract §4.1): eight documents, six tasks. */
const fullProfile = (point: StubPoint): FullProfile => {
  const { profile_id, reference_id } = stubIds(point);
  const image = (number: number) => ({
    ref_id: `nil.ind_pan.nil.1.${number}`,
    type: "ind_pan",
    attr: null,
    source: 1,
    value: `https://files.example.com/${number}.jpg`,
    tags: ["front"],
    metadata: {},
  });
  const task = (number: number) => ({
    task_id: `00000000-0000-4000-8000-00000000000${number}`,
    task_type: "fiv_check",
    key: `fiv_check.${number}`,
    status: "completed",
    resources: [image(number).ref_id],
    result: { automated_response: { confidence: 81 + number, match: true }, manual_response: null },
  });
  return {
    profile_id,
    reference_id,
    group_id: "",
    config: { id: "a-package", overrides: null },
    status: point,
    status_detail: null,
    reviewer_action: point === "completed" ? "approved" : null,
    profile_data: { created_at: at, completed_at: null, purged_at: null, performed_by: [] },
    resources: { documents: [], images: [1, 2, 3, 4, 5, 6, 7, 8].map(image), videos: [], text: [] },
    tasks: [1, 2, 3, 4, 5, 6].map(task),
    relay_data: null,
    purged_at: null,
    schema_version: "1.0.0",
  };
};

const offer: RecaptureConfig = {
  configuration: {
    resources: [
      { attr: null, document_type: "ind_pan", ref_id: "nil.ind_pan.nil.1.1", resource_type: "image" },
    ],
    tasks: [],
  },
  reasons: [{ code: "DOCUMENT_INSUFFICIENCY", comments_mandatory: false, reason: "Incorrect selfie" }],
};

/** What the gateway says to a request: the success that the contract has for it, about the profile that the path names. */
export function gatewayAnswer(method: string, path: string, body: string): object {
  const point = pointIn(path + body);
  const { profile_id, reference_id } = stubIds(point);
  const status = point.startsWith("requested") ? "capture_pending" : point;
  const link = { capture_link: captureLink, capture_expires_at: null, profile_id };
  if (path.includes("/recapture/config")) return offer;
  if (path.endsWith("/capture") || path.endsWith("/profiles")) return link;
  if (path.includes("status_only=true"))
    return { profile_id, reference_id, reviewer_action: null, status, status_detail: null };
  if (path.endsWith("/call_metrics"))
    return {
      queue_metrics: [
        { video_kyc_priority: 1, label: "a", operators_busy: 0, operators_available: 1, users_queued: 0 },
      ],
    };
  if (path.includes("/appointments/")) return { reference_id, state: "cancelled" };
  if (method !== "GET") return { profile_id, reference_id, code: "SUCCESSFUL", message: "done", status };
  const profile = fullProfile(point);
  if (!path.includes("/enc/")) return profile;
  const { profile_data: _data, resources: _resources, tasks: _tasks, ...clear } = profile;
  const token = "a token of the size that these have ".repeat(20);
  return {
    ...clear,
    encrypted_profile_data: token,
    encrypted_resources: token,
    encrypted_tasks: token,
  };
}
