import { describe, expect, test } from "vitest";
import { selfieRecapture, VirtualSandbox } from "./virtual-sandbox.ts";

describe("recapture", () => {
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
});
