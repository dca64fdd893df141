import { describe, expect, test } from "vitest";
import { recaptureConfigSchema } from "../../../shared/gateway/profile.ts";
import { selfieRecapture, VirtualSandbox } from "./virtual-sandbox.ts";

describe("recapture", () => {
  test("what may be sent back has a duplicate, and reasons by code and text", async () => {
    const world = new VirtualSandbox();
    const profile_id = await world.inStatus("review_required");
    const { body } = await world.http("GET", `/profiles/${profile_id}/recapture/config`);
    expect(recaptureConfigSchema.parse(body)).toEqual(body);
    const refs = body.configuration.resources.map((one: { ref_id: string }) => one.ref_id);
    expect(new Set(refs).size).toBeLessThan(refs.length);
    expect(body.configuration.tasks.length).toBeGreaterThan(0);
    expect(body.reasons).toContainEqual({
      code: "DOCUMENT_INSUFFICIENCY",
      comments_mandatory: false,
      reason: "Incorrect selfie",
    });
    expect(body.reasons).toContainEqual({
      code: "DOCUMENT_INSUFFICIENCY",
      comments_mandatory: true,
      reason: "Other",
    });
  });

  test("everything that is offered may be sent back at once, with the same link", async () => {
    const world = new VirtualSandbox();
    const profile_id = await world.inStatus("review_required");
    const at = `/profiles/${profile_id}`;
    const link = (await world.http("GET", `${at}/capture`)).body;
    const { configuration } = (await world.http("GET", `${at}/recapture/config`)).body;
    const body = { ...selfieRecapture, recapture_configuration: configuration };
    expect(await world.http("POST", `${at}/recapture/submit`, body)).toMatchObject({
      status: 200,
      body: {
        profile_id,
        code: "SUCCESSFUL",
        message: "Profile sent for recapture",
        status: "recapture_pending",
      },
    });
    expect((await world.http("GET", `${at}/capture`)).body).toEqual(link);
    const profile = (await world.http("GET", at)).body;
    expect(profile.status_description).toEqual(selfieRecapture.recapture_details);
    expect(profile.profile_data.performed_by).toMatchObject([{ action: "recapture" }]);
  });

  const { recapture_configuration, recapture_details } = selfieRecapture;
  const configured = (tasks: unknown[], resources: unknown[]) => ({
    ...selfieRecapture,
    recapture_configuration: { tasks, resources },
  });
  const described = (details: object) => ({ recapture_configuration, recapture_details: details });
  const other = { code: recapture_details.code, reason: "Other" };
  test.each([
    [
      "nothing at all",
      configured([], []),
      400,
      "recapture_configuration: name at least one task or resource",
    ],
    ["no configuration", { recapture_details }, 400, "recapture_configuration: is required"],
    [
      "an unknown resource",
      configured([], [{ attr: null, document_type: null, ref_id: "a.b.c.1.d", resource_type: "image" }]),
      422,
      "INVALID_RECAPTURE_CONFIGURATION",
    ],
    [
      "an unknown task",
      configured([{ task_key: "fiv_check", task_type: "other" }], []),
      422,
      "INVALID_RECAPTURE_CONFIGURATION",
    ],
    [
      "an unknown reason",
      described({ ...recapture_details, reason: "Because" }),
      422,
      "INVALID_RECAPTURE_REASON",
    ],
    ["an unknown code", described({ ...recapture_details, code: "X" }), 422, "INVALID_RECAPTURE_REASON"],
    ["no comments where they are due", described(other), 422, "COMMENTS_MANDATORY"],
    ["empty comments where they are due", described({ ...other, comments: " " }), 422, "COMMENTS_MANDATORY"],
  ])("a submit with %s is refused", async (_what, body, status, reason) => {
    const world = new VirtualSandbox();
    const profile_id = await world.inStatus("review_required");
    const answer = await world.http("POST", `/profiles/${profile_id}/recapture/submit`, body);
    expect(answer).toMatchObject({ status, body: { reason } });
    expect(await world.status(profile_id)).toBe("review_required");
  });

  test("the reason Other takes comments", async () => {
    const world = new VirtualSandbox();
    const profile_id = await world.inStatus("review_required");
    const body = described({ ...other, comments: "glare" });
    expect((await world.http("POST", `/profiles/${profile_id}/recapture/submit`, body)).status).toBe(200);
  });
});
