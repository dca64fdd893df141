import { describe, expect, test } from "vitest";
import { type ProfileStatus, profileStatuses } from "../../../shared/profile/status.ts";
import { selfieRecapture, VirtualSandbox } from "./virtual-sandbox.ts";

const requests = {
  fetch: { method: "GET", path: "" },
  "status only": { method: "GET", path: "?status_only=true" },
  "capture link": { method: "GET", path: "/capture" },
  "recapture config": { method: "GET", path: "/recapture/config" },
  "recapture submit": { method: "POST", path: "/recapture/submit", body: selfieRecapture },
  "complete profile": { method: "POST", path: "/complete_profile", body: { status: "approved" } },
  cancel: { method: "PUT", path: "/cancel" },
  "cancel by POST": { method: "POST", path: "/cancel" },
  purge: { method: "POST", path: "/purge" },
  "queue priority": {
    method: "PUT",
    path: "/config",
    body: { config: { overrides: { video_kyc_priority: 2 } } },
  },
} as const;
type Request = keyof typeof requests;

/** Contract §10.3, in the order of `profileStatuses`. */
const [P, CP, CE, IP, RR, RP, C, X, F, U] = profileStatuses;
const everywhere = Object.fromEntries(profileStatuses.map((status) => [status, 200]));
const all = (status: number): Record<string, number> =>
  Object.fromEntries(profileStatuses.map((one) => [one, status]));
const table: Record<Request, Record<string, number>> = {
  fetch: everywhere,
  "status only": everywhere,
  "capture link": { ...all(200), [P]: 404, [U]: 404 },
  "recapture config": { ...all(422), [RR]: 200, [RP]: 200 },
  "recapture submit": { ...all(422), [RR]: 200 },
  "complete profile": { ...all(422), [RR]: 200 },
  cancel: { ...all(405), [CP]: 200, [X]: 422 },
  "cancel by POST": { ...all(405), [CP]: 200, [X]: 422 },
  purge: { ...all(422), [C]: 200, [X]: 200, [CE]: 200, [F]: 200 },
  "queue priority": { ...all(422), [P]: 200, [CP]: 200, [IP]: 200, [RR]: 200, [RP]: 200 },
};

const cases = (Object.keys(requests) as Request[]).flatMap((request) =>
  profileStatuses.map((status) => ({ request, status, answer: table[request][status] })),
);

describe("the table of contract §10.3", () => {
  test.each(cases)("$request in $status is answered $answer", async ({ request, status, answer }) => {
    const world = new VirtualSandbox();
    const profileId = await world.inStatus(status);
    expect(await world.status(profileId)).toBe(status);
    const { method, path, ...more } = requests[request];
    const got = await world.http(
      method,
      `/profiles/${profileId}${path}`,
      "body" in more ? more.body : undefined,
    );
    expect(got.status).toBe(answer);
    if (answer === 405 || (answer === 422 && request !== "purge" && status !== "cancelled"))
      expect(JSON.stringify(got.body)).toContain(status);
    // A refusal changes nothing.
    if (answer !== 200) expect(await world.status(profileId)).toBe(status);
  });
});

const mayPurge: Record<"closed" | "completed_only" | "any", readonly ProfileStatus[]> = {
  closed: [C, X, CE, F],
  completed_only: [C],
  any: profileStatuses.filter((status) => status !== U),
};
describe.each(["closed", "completed_only", "any"] as const)("purge policy %s", (purgePolicy) => {
  test.each([...profileStatuses])("decides on a purge in %s", async (status) => {
    const world = new VirtualSandbox({ purgePolicy });

    const profileId = await world.inStatus(status);
    const { status: answer } = await world.http("POST", `/profiles/${profileId}/purge`);
    expect(answer).toBe(mayPurge[purgePolicy].includes(status) ? 200 : 422);
    await world.pass(60);
    if (answer === 200) expect(await world.status(profileId)).toBe(U);
  });
});
