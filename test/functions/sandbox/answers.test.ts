import { describe, expect, test } from "vitest";
import { fullProfileSchema, profileStatusAnswerSchema } from "../../../shared/gateway/profile.ts";
import { ACCOUNT, VirtualSandbox } from "./virtual-sandbox.ts";

describe("fetches", () => {
  test("status only has exactly the five captured keys", async () => {
    const world = new VirtualSandbox();
    const profileId = await world.inStatus("completed");
    const { body } = await world.http("GET", `/profiles/${profileId}?status_only=true`);
    expect(profileStatusAnswerSchema.strict().parse(body)).toEqual({
      profile_id: profileId,
      reference_id: expect.any(String),
      reviewer_action: "approved",
      status: "completed",
      status_detail: "auto-close",
    });
    expect(Object.keys(body)).toEqual([...Object.keys(body)].sort());
  });

  test("a full profile has what the create brought and what the customer captured", async () => {
    const world = new VirtualSandbox();
    const data = {
      name: { first_name: "Test", last_name: "Customer" },
      email_ids: ["test@customer.example.com"],
      mobile_numbers: ["+910000000000"],
      dob: "1990-01-01",
      ind_pan_details: { id_number: 12, document_1: "https://documents.example.com/pan" },
      ind_aadhaar_details: { document_2: "string" },
      videos: [{ type: "agent", value: "string" }],
      selfies: ["https://documents.example.com/selfie"],
      additional_details: [{ category: "deed", page: "1", type: "document", value: "string" }],
    };
    const { profile_id } = await world.create("straight-through", { data, group_id: "" });
    await world.pass(10);
    const { body } = await world.http("GET", `/profiles/${profile_id}`);
    expect(fullProfileSchema.parse(body)).toEqual(body);
    expect(body).toMatchObject({ group_id: "", schema_version: "1.0.0", status: "completed" });
    expect(body.profile_data).toMatchObject({
      created_at: "2026-01-05T09:00:00.000Z",
      completed_at: "2026-01-05T09:00:04.000Z",
      purged_at: null,
      email_ids: data.email_ids,
      mobile_numbers: data.mobile_numbers,
    });
    const found = (collection: string) =>
      body.resources[collection].map((one: { ref_id: string }) => one.ref_id);
    expect(found("images")).toEqual([
      "nil.ind_aadhaar.nil.0.back",
      "nil.ind_pan.nil.0.front",
      "nil.selfie.nil.0.nil",
      "nil.selfie.nil.1.nil",
      "nil.ind_pan.nil.1.front",
    ]);
    expect(found("videos")).toEqual(["nil.nil.agent.0.nil", "nil.nil.self.1.nil"]);
    expect(found("documents")).toEqual(["dynamic.deed.nil.0.1"]);
    expect(found("text")).toEqual([
      "nil.nil.name.0.nil",
      "nil.nil.dob.0.nil",
      "nil.ind_pan.id_number.0.nil",
      "nil.ind_pan.id_number.1.nil",
    ]);
    expect(body.resources.text[2].value).toBe("12");
    expect(body.tasks.map((task: { status: string }) => task.status)).toEqual(["completed", "completed"]);
  });

  test("a profile of a megabyte comes back whole", async () => {
    const world = new VirtualSandbox();
    const value = "x".repeat(1_000_000);
    const data = { additional_details: [{ category: "c", page: "1", type: "text", value }] };
    const { profile_id } = await world.create("straight-through", { data });
    const { body } = await world.http("GET", `/profiles/${profile_id}`);
    expect(body.resources.text[0].value).toBe(value);
  });
});

describe("path ids", () => {
  test("a reference is found where the contract reads query_type, whatever characters it has", async () => {
    const world = new VirtualSandbox();
    const reference = "a/b c?d%41/capture é";
    const { profile_id } = await world.create("cancelled-by-caller", { reference_id: reference });
    await world.pass(2);
    const at = `/profiles/${encodeURIComponent(reference)}`;
    const byReference = "query_type=reference_id";
    const full = await world.http("GET", `${at}?${byReference}`);
    expect(full.body).toMatchObject({ profile_id, reference_id: reference });
    expect((await world.http("GET", `${at}?${byReference}&status_only=true`)).body.profile_id).toBe(
      profile_id,
    );
    expect((await world.http("GET", `${at}/capture?${byReference}`)).body.profile_id).toBe(profile_id);
    expect((await world.http("PUT", `${at}/cancel?${byReference}`)).body).toEqual({
      reference_id: reference,
      profile_id,
      code: "SUCCESSFUL",
      message: "Profile cancelled successfully",
      status: "cancelled",
    });
  });

  test("the capture link of a reference is no fetch of a longer reference", async () => {
    const world = new VirtualSandbox();
    const { reference_id } = await world.create("straight-through");
    await world.pass(1);
    const answer = await world.http("GET", `/profiles/${reference_id}/capture?query_type=reference_id`);
    expect(Object.keys(answer.body)).toEqual(["capture_expires_at", "capture_link", "profile_id"]);
  });
});

describe("action results", () => {
  test("completing keeps the decision, its reason and who took it", async () => {
    const world = new VirtualSandbox();
    const profile_id = await world.inStatus("review_required");
    const status_description = { code: "C1", reason: "Face match inconsistent", comments: "none" };
    const answer = await world.http("POST", `/profiles/${profile_id}/complete_profile`, {
      status: "rejected",
      status_description,
    });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        code: "SUCCESSFUL",
        message: "Profile completed successfully",
        status: "completed",
        profile_id,
      },
    });
    const { body } = await world.http("GET", `/profiles/${profile_id}`);
    expect(body).toMatchObject({
      reviewer_action: "rejected",
      status_detail: status_description.reason,
      status_description,
    });
    expect(body.profile_data.performed_by).toMatchObject([{ action: "review", account_id: ACCOUNT }]);
  });

  test("a completion's ill-typed description is named", async () => {
    const world = new VirtualSandbox();
    const profile_id = await world.inStatus("review_required");
    const body = { status: "approved", status_description: "why" };
    const answer = await world.http("POST", `/profiles/${profile_id}/complete_profile`, body);
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.body.reason).toMatch(/^status_description: /);
  });
});
