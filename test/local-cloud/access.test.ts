import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createContentCipher } from "../../shared/gateway/encryption.ts";
import { accessCases, apiRoutes, closedPages, sandboxRoutes } from "../contract/access-cases.ts";
import { noSubject, type Subject, type World } from "../contract/contract-case.ts";
import { configIdOf, credentials, endpoints, eventually, freshReference, http } from "./cloud.ts";

const { api, sandbox } = endpoints;
const config_id = configIdOf("cancelled-by-caller");
const keys = async () => endpoints.contentKeys;
const cipher = createContentCipher({ get: keys, refresh: keys });
const timeout = 60_000;

/** An onboarding of the first account that waits for its customer; the sandbox has its profile. */
let subject: Subject = noSubject;
const world = (): World => ({
  subject,
  reference_id: freshReference("access"),
  config_id,
  apiKey: endpoints.apiKey,
  accountId: endpoints.accountId,
  otherApiKey: endpoints.otherApiKey,
  otherAccountId: endpoints.otherAccountId,
  cipher,
});

/** What the gateway says of the profile, and what callers did to it. */
async function standing() {
  const { body: profile } = await http(api, "GET", `/profiles/${subject.profile_id}`);
  const { body: onboarding } = await http(api, "GET", `/onboardings/${subject.reference_id}`);
  const events: { kind: string; by: string }[] = onboarding.events;
  return { profile, byCallers: events.filter(({ by }) => by === "caller").map(({ kind }) => kind) };
}
let before: Awaited<ReturnType<typeof standing>>;

beforeAll(async () => {
  const reference_id = freshReference("access");
  const created = await http(api, "POST", "/sync/profiles", {
    body: { reference_id, config: { id: config_id } },
  });
  expect(created.status).toBe(200);
  subject = { ...created.body, reference_id, config_id, purged_at: null };
  await eventually(
    () => http(api, "GET", `/onboardings/${reference_id}`),
    ({ body }) => body.waiting_for !== null && body.status === "capture_pending",
  );
  before = await standing();
  expect(before).toMatchObject({
    profile: { status: "capture_pending" },
    byCallers: ["OnboardingRequested"],
  });
}, 120_000);

afterAll(async () => {
  expect((await http(api, "PUT", `/profiles/${subject.profile_id}/cancel`)).status).toBe(200);
});

describe.each([
  ["our API", api, apiRoutes],
  ["the sandbox", sandbox, sandboxRoutes],
] as const)("%s", (_place, base, routes) => {
  test.each(routes)("$route answers nobody whose it is not", { timeout }, async (route) => {
    const asking = world();
    const cases = accessCases(route);
    const answers = await Promise.all(
      cases.map(async ({ who, ask }) => {
        const { method, path, ...rest } = await ask(asking);
        return { who, ...(await http(base, method, path, rest)) };
      }),
    );
    expect(answers).toEqual(cases.map(({ who, status, body }) => ({ who, status, body: body(asking) })));
  });
});

test("what is open is listed for the account that it belongs to, and for no other", { timeout }, async () => {
  const { otherApiKey, otherAccountId } = endpoints;
  const listed = async (headers: Record<string, string>) => {
    const references: string[] = [];
    let next: string | null = null;
    do {
      const query: string = next ? `&next=${next}` : "";
      const { status, body } = await http(api, "GET", `/onboardings?limit=100${query}`, { headers });
      expect(status).toBe(200);
      references.push(...body.onboardings.map(({ reference_id }: Subject) => reference_id));
      next = body.next;
    } while (next);
    return references;
  };
  expect(await listed(credentials)).toContain(subject.reference_id);
  const others = await listed({ "api-key": otherApiKey, "account-id": otherAccountId });
  expect(others).not.toContain(subject.reference_id);
});

test("a key of the API opens none of the sandbox's pages", { timeout }, async () => {
  const asking = world();
  for (const [path, status] of closedPages) {
    const answer = await fetch(sandbox + path(asking), {
      headers: credentials,
      redirect: "manual",
      signal: AbortSignal.timeout(35_000),
    });
    const shown = await answer.text();
    expect({ path: path(asking), status: answer.status }).toEqual({ path: path(asking), status });
    expect(shown).not.toContain(asking.subject.reference_id);
  }
});

test("all of it has changed nothing", { timeout }, async () => {
  expect(withoutLifetimes(await standing())).toEqual(withoutLifetimes(before));
});

/** Every fetch signs its artifact links anew. */
const withoutLifetimes = (seen: unknown): unknown =>
  JSON.parse(JSON.stringify(seen).replaceAll(/"http[^"]*"/g, '"a link"'));
