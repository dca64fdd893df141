import { describe, expect, test } from "vitest";
import { actions } from "../../functions/actions/index.ts";
import { endpoints } from "../../shared/gateway/endpoints.ts";
import { ACCOUNT, OTHER_ACCOUNT } from "../functions/sandbox/virtual-sandbox.ts";
import { CloudInMemory, keyOf } from "../fuzz/cloud-in-memory.ts";
import { expectUnchanged } from "../fuzz/unharmed.ts";
import { accessCases, apiRoutes, closedPages, sandboxRoutes } from "./access-cases.ts";
import { type Asked, type Send, states, type World } from "./contract-case.ts";

const cloud = await CloudInMemory.withSubjects();
const before = cloud.kept();

const worldWith = (subject: World["subject"]): World => ({
  subject,
  reference_id: "order-new",
  config_id: "package-cancelled-by-caller",
  apiKey: keyOf(ACCOUNT),
  accountId: ACCOUNT,
  otherApiKey: keyOf(OTHER_ACCOUNT),
  otherAccountId: OTHER_ACCOUNT,
  cipher: cloud.virtual.cipherOf(ACCOUNT),
});

const split = ({ path, body }: Asked) => {
  const { pathname, searchParams, search } = new URL(path, "https://gateway.example.com");
  return {
    pathname,
    search,
    query: searchParams.size > 0 ? { queryStringParameters: Object.fromEntries(searchParams) } : {},
    sent: body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) },
  };
};

/** As the HTTP API routes a request to its function. */
const toApi: Send = async (asked) => {
  const { pathname, query, sent } = split(asked);
  for (const [name, { routes }] of Object.entries(actions))
    for (const { method, path } of routes) {
      const parameters: string[] = [];
      const pattern = path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => {
        parameters.push(parameter);
        return "([^/]+)";
      });
      const found = method === asked.method ? new RegExp(`^${pattern}$`).exec(pathname) : null;
      if (!found) continue;
      const values = found.slice(1).map((value, index) => [parameters[index], decodeURIComponent(value)]);
      return cloud.ask(name, {
        headers: asked.headers ?? {},
        pathParameters: Object.fromEntries(values),
        ...query,
        ...sent,
      });
    }
  return cloud.ask("unknownRoute", { headers: asked.headers ?? {}, ...query, ...sent });
};

const pageOf = (asked: Asked) => {
  const { pathname, search, sent } = split(asked);
  return cloud.askSandbox({
    method: asked.method,
    headers: asked.headers ?? {},
    rawPath: decodeURIComponent(pathname),
    rawQueryString: search.slice(1),
    ...sent,
  });
};
const toSandbox: Send = async (asked) => {
  const { status, body } = await pageOf(asked);
  return { status, body: JSON.parse(body) };
};

describe.each([
  ["our API", apiRoutes, toApi],
  ["the sandbox", sandboxRoutes, toSandbox],
])("%s", (_place, routes, send) => {
  test.each(routes)("$route answers nobody whose it is not, and changes nothing for them", async (route) => {
    for (const state of states) {
      const world = worldWith(cloud.subjects[state]);
      for (const { who, ask, status, body } of accessCases(route)) {
        const answer = await send(await ask(world));
        expect({ who, status: answer.status, body: answer.body }).toEqual({ who, status, body: body(world) });
        expectUnchanged(cloud, before);
      }
    }
  });

  test("answers its owner, so that credentials are all that was wrong", async () => {
    const world = worldWith(cloud.subjects.capture_pending);
    for (const { route, ask } of routes) {
      const answer = await send({
        ...(await ask(world)),
        headers: { "api-key": world.apiKey, "account-id": world.accountId },
      });
      cloud.restore(before);
      expect({ route, refused: [401, 403].includes(answer.status) }).toEqual({ route, refused: false });
    }
  });

  test("gives a reference to each account that wants it, and to neither the other's profile", async () => {
    const { reference_id, profile_id, config_id } = cloud.subjects.capture_pending;
    const headers = { "api-key": keyOf(OTHER_ACCOUNT), "account-id": OTHER_ACCOUNT };
    const body = { reference_id, config: { id: config_id } };
    for (const path of ["/sync/profiles", "/async/profiles"]) {
      const created = await send({ method: "POST", path, headers, body });
      expect(created.status).toBeLessThan(300);
      expect(JSON.stringify(created.body)).not.toContain(profile_id);
      cloud.restore(before);
    }
  });
});

test("what is open is listed and counted for the account that it belongs to, and for no other", async () => {
  const { records } = cloud.deps;
  const park = async (account_id: string, reference_id: string) => {
    const key = { account_id, reference_id };
    const [claim, record] = await Promise.all([records.claimOf(key), records.find(key)]);
    if (!claim || !record) throw new Error("both are there");
    await records.started(claim);
    const parking = { state: "Attention" as const, task_token: "token", waits_for: [], parked_at: 0 };
    await records.park(record, { ...parking, deadline_at: 1, due_at: 1 }, {});
  };
  const mine = states.map((state) => cloud.subjects[state].reference_id);
  for (const reference_id of mine) await park(ACCOUNT, reference_id);
  await park(OTHER_ACCOUNT, cloud.stranger.reference_id);
  const of = async (path: string, account: string) => {
    const headers = { "api-key": keyOf(account), "account-id": account };
    return JSON.parse(JSON.stringify((await toApi({ method: "GET", path, headers })).body));
  };
  for (const [account, its, others] of [
    [ACCOUNT, mine, [cloud.stranger.reference_id]],
    [OTHER_ACCOUNT, [cloud.stranger.reference_id], mine],
  ] as const) {
    const page = await of("/onboardings", account);
    expect(page.onboardings.map(({ reference_id }: World) => reference_id).sort()).toEqual([...its].sort());
    for (const other of others) expect(JSON.stringify(page)).not.toContain(`"${other}"`);
    expect((await of("/onboarding-counts", account)).total.count).toBe(its.length);
  }
  const first = await of("/onboardings?limit=1", ACCOUNT);
  const next = await of(`/onboardings?limit=1&next=${first.next}`, OTHER_ACCOUNT);
  expect(next).toMatchObject({ error: "bad_request", reason: expect.stringMatching(/^next: /) });
  cloud.restore(before);
});

test("every route that is no publication is in the table", () => {
  const listed = Object.values(actions).flatMap(({ routes, serves }) =>
    serves ? routes.map(({ method, path }) => (path === "$default" ? path : `${method} ${path}`)) : [],
  );
  expect([...new Set(apiRoutes.map(({ route }) => route))].sort()).toEqual(listed.sort());
  const own = Object.values(endpoints).map(({ method, path }) => `${method} ${path}`);
  expect(sandboxRoutes.map(({ route }) => route)).toEqual(expect.arrayContaining(own));
});

test("a key of the API opens none of the sandbox's pages", async () => {
  const world = worldWith(cloud.subjects.completed);
  for (const [path, status] of closedPages) {
    const headers = { "api-key": world.apiKey, "account-id": world.accountId };
    const answer = await pageOf({ method: "GET", path: path(world), headers });
    expect({ path: path(world), status: answer.status }).toEqual({ path: path(world), status });
    expect(answer.body).not.toContain(world.subject.reference_id);
  }
  expectUnchanged(cloud, before);
});
