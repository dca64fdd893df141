import { beforeAll, describe, expect, test } from "vitest";
import { configIdOf, credentials, endpoints, eventually, freshReference, http } from "./cloud.ts";
import { contractCases, SECRET_VALUE, type State, type Subject, type World } from "./contract-cases.ts";

/** Scripts under which nobody leaves the state by himself once it is reached, or not soon. */
const scriptFor: Record<State, string> = {
  capture_pending: "cancelled-by-caller",
  review_required: "review-approve",
  recapture_pending: "recapture-abandoned",
  completed: "straight-through",
  cancelled: "cancelled-by-caller",
  purged: "straight-through",
};

const { sandbox, api } = endpoints;
const at = (method: string, path: string, body?: unknown) => http(sandbox, method, path, { body });

/** A new profile in `state`, made at the sandbox: our own orchestration does not know it. */
async function subjectIn(state: State): Promise<Subject> {
  const reference_id = freshReference("contract");
  const created = await at("POST", "/sync/profiles", {
    reference_id,
    config: { id: configIdOf(scriptFor[state]) },
  });
  expect(created.status).toBe(200);
  const subject: Subject = { ...created.body, reference_id, purged_at: null };
  const path = `/profiles/${subject.profile_id}`;
  const until = async (status: string) => {
    const found = await eventually(
      () => at("GET", `${path}?status_only=true`),
      ({ body }) => body.status === status,
    );
    expect(found.body.status).toBe(status);
  };
  if (state === "review_required" || state === "completed") await until(state);
  if (state === "cancelled") await at("PUT", `${path}/cancel`);
  if (state === "recapture_pending") {
    await until("review_required");
    const tasks = [{ task_key: "fiv_check", task_type: "validate.face_liveness" }];
    await at("POST", `${path}/recapture/submit`, {
      recapture_configuration: { tasks, resources: [] },
      recapture_details: { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie" },
    });
  }
  if (state === "purged") {
    await until("completed");
    await at("POST", `${path}/purge`);
    const { body } = await at("GET", path);
    subject.purged_at = body.purged_at;
    expect(subject.purged_at).toEqual(expect.any(String));
  }
  return subject;
}

const shared = new Map<State, Subject>();
beforeAll(async () => {
  const states = Object.keys(scriptFor) as State[];
  await Promise.all(states.map(async (state) => shared.set(state, await subjectIn(state))));
}, 60_000);

describe.each([
  ["the sandbox", sandbox],
  ["our API", api],
])("%s", (_name, base) => {
  test.each(contractCases)("$name", { timeout: 40_000 }, async ({ ask, status, body, state, fresh }) => {
    const none: Subject = {
      profile_id: "",
      reference_id: "",
      capture_link: "",
      capture_expires_at: null,
      purged_at: null,
    };
    const subject = state ? (fresh ? await subjectIn(state) : (shared.get(state) ?? none)) : none;
    const world: World = {
      subject,
      reference_id: freshReference("contract"),
      config_id: configIdOf("cancelled-by-caller"),
      apiKey: endpoints.apiKey,
      accountId: endpoints.accountId,
      otherApiKey: endpoints.otherApiKey,
      otherAccountId: endpoints.otherAccountId,
    };
    const asked = ask(world);
    const answer = await http(base, asked.method, asked.path, {
      body: asked.body,
      headers: asked.headers ?? credentials,
    });
    expect(answer).toEqual({ status, body: typeof body === "function" ? body(world) : body });
    expect(JSON.stringify(answer.body)).not.toContain(SECRET_VALUE);
  });

  test("sync create answers a link that works, the same by E6", async () => {
    const reference_id = freshReference("contract");
    const created = await http(base, "POST", "/sync/profiles", {
      body: { reference_id, config: { id: configIdOf("cancelled-by-caller") } },
    });
    expect(created).toEqual({
      status: 200,
      body: {
        capture_expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        capture_link: expect.stringMatching(/^http.*\/captures\?t=[\w-]{12,}$/),
        profile_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
    const { profile_id } = created.body;
    expect(await http(base, "GET", `/profiles/${profile_id}/capture`)).toEqual(created);
    await http(base, "PUT", `/profiles/${profile_id}/cancel`);
  });

  test("async create answers the profile_id alone", async () => {
    const reference_id = freshReference("contract");
    const created = await http(base, "POST", "/async/profiles", {
      body: { reference_id, config: { id: configIdOf("cancelled-by-caller") } },
    });
    expect(created).toEqual({
      status: 202,
      body: { profile_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    const link = await eventually(
      () => http(base, "GET", `/profiles/${reference_id}/capture?query_type=reference_id`),
      ({ status }) => status === 200,
    );
    expect(link.body.profile_id).toBe(created.body.profile_id);
    await http(base, "PUT", `/profiles/${reference_id}/cancel?query_type=reference_id`);
  });
});

test("both show the same full profile, by either id", async () => {
  for (const state of ["capture_pending", "review_required", "cancelled", "purged"] as const) {
    const { profile_id, reference_id } = shared.get(state) as Subject;
    const expected = await at("GET", `/profiles/${profile_id}`);
    expect(expected).toMatchObject({ status: 200, body: { profile_id, reference_id, status: state } });
    for (const path of [
      `/profiles/${profile_id}`,
      `/profiles/${profile_id}?query_type=profile_id`,
      `/profiles/${reference_id}?query_type=reference_id`,
      `/profiles/${profile_id}?status_only=false`,
    ])
      expect(withoutLifetimes(await http(api, "GET", path))).toEqual(withoutLifetimes(expected));
  }
});

/** Every fetch signs its artifact links anew. */
const withoutLifetimes = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer).replaceAll(/"http[^"]*"/g, '"a link"'));

describe("where our API is more generous than the gateway", () => {
  const request = (reference_id: string) => ({
    reference_id,
    config: { id: configIdOf("cancelled-by-caller") },
  });

  test("the gateway refuses a reference that is taken, we answer the same request again", async () => {
    const atGateway = request(freshReference("contract"));
    expect((await http(sandbox, "POST", "/async/profiles", { body: atGateway })).status).toBe(202);
    expect(await http(sandbox, "POST", "/async/profiles", { body: atGateway })).toEqual({
      status: 422,
      body: { details: {}, error: "unprocessable_entity", reason: "DUPLICATE_REFERENCE_ID" },
    });
    const ours = request(freshReference("contract"));
    const first = await http(api, "POST", "/async/profiles", { body: ours });
    expect(first.status).toBe(202);
    expect(await http(api, "POST", "/async/profiles", { body: ours })).toEqual(first);
    await http(api, "PUT", `/profiles/${first.body.profile_id}/cancel`);
  });
});
