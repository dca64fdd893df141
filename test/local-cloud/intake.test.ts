import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { ListExecutionsCommand } from "@aws-sdk/client-sfn";
import { SendMessageBatchCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { clients, configIdOf, endpoints, eventually, freshReference, http } from "./cloud.ts";

const { api, sandbox, accountId } = endpoints;
const unknownConfig = "00000000-0000-4000-8000-00000000dead";
const duplicate = {
  status: 422,
  body: { details: {}, error: "unprocessable_entity", reason: "DUPLICATE_REFERENCE_ID" },
};

const requestOf = (reference_id: string, configId = configIdOf("cancelled-by-caller")) => ({
  reference_id,
  config: { id: configId },
  data: { name: { first_name: "Sample", last_name: "Customer" } },
});
type Request = ReturnType<typeof requestOf>;

const post = (path: string) => (body: Request) => http(api, "POST", path, { body });
const byQueue = (request: Request) =>
  clients.sqs.send(
    new SendMessageCommand({
      QueueUrl: endpoints.intakeQueue,
      MessageBody: JSON.stringify({ account_id: accountId, request }),
    }),
  );
const byEvent = (request: Request) =>
  clients.eventbridge.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: endpoints.eventBus,
          Source: "crm",
          DetailType: "OnboardingRequested",
          Detail: JSON.stringify({ account_id: accountId, request }),
        },
      ],
    }),
  );

const readOnboarding = (reference_id: string) => http(api, "GET", `/onboardings/${reference_id}`);

/** The onboarding once its profile is known. */
const created = (reference_id: string) =>
  eventually(
    () => readOnboarding(reference_id),
    ({ status, body }) => status === 200 && body.profile_id !== null,
  );

/** Executions of the onboarding, whichever attempt: their names differ only in what follows the last hyphen. */
async function executionsOf(executionArn: string): Promise<string[]> {
  const name = executionArn.slice(executionArn.lastIndexOf(":") + 1);
  const prefix = name.slice(0, name.lastIndexOf("-"));
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await clients.sfn.send(
      new ListExecutionsCommand({
        stateMachineArn: endpoints.stateMachineArn,
        ...(nextToken && { nextToken }),
      }),
    );
    for (const execution of page.executions ?? [])
      if (execution.name?.startsWith(prefix)) names.push(execution.name);
    nextToken = page.nextToken;
  } while (nextToken);
  return names;
}

const cancel = (profileId: string) => http(api, "PUT", `/profiles/${profileId}/cancel`);

describe("one reference, one onboarding", { timeout: 90_000 }, () => {
  test("twenty times the same request, by every way in, at once", async () => {
    const reference_id = freshReference("intake");
    const request = requestOf(reference_id);
    const ways = [post("/onboardings"), post("/async/profiles"), post("/sync/profiles"), byQueue, byEvent];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => ways[index % ways.length]?.(request)),
    );
    const record = await created(reference_id);
    const { profile_id, execution_arn } = record.body;
    expect(profile_id).toEqual(expect.any(String));

    for (const [index, answer] of answers.entries()) {
      if (!answer || !("status" in answer)) continue;
      expect.soft({ index, status: answer.status }).toEqual({ index, status: [202, 202, 200][index % 5] });
      if (answer.body.profile_id !== null) expect.soft(answer.body.profile_id).toBe(profile_id);
      if (index % 5 === 0) expect.soft(answer.body.execution_arn).toBe(execution_arn);
    }
    const atGateway = await http(
      sandbox,
      "GET",
      `/profiles/${reference_id}?query_type=reference_id&status_only=true`,
    );
    expect(atGateway).toMatchObject({ status: 200, body: { profile_id } });
    expect(await executionsOf(execution_arn)).toHaveLength(1);
    await cancel(profile_id);
  });

  test("the same request again gets the same answer by each way, and another one is refused by all", async () => {
    const reference_id = freshReference("intake");
    const first = await post("/async/profiles")(requestOf(reference_id));
    expect(first.status).toBe(202);
    const { profile_id } = first.body;
    expect(await post("/async/profiles")(requestOf(reference_id))).toEqual(first);
    expect(await post("/onboardings")(requestOf(reference_id))).toEqual({
      status: 202,
      body: { reference_id, profile_id, execution_arn: expect.any(String) },
    });
    const bySync = await post("/sync/profiles")(requestOf(reference_id));
    expect(bySync).toMatchObject({ status: 200, body: { profile_id, capture_link: expect.any(String) } });

    const other = { ...requestOf(reference_id), group_id: "other" };
    for (const path of ["/async/profiles", "/sync/profiles", "/onboardings"])
      expect(await post(path)(other)).toEqual(duplicate);
    await byQueue(other as Request);
    expect((await readOnboarding(reference_id)).body.profile_id).toBe(profile_id);
    await cancel(profile_id);
  });

  test("the order of a body's fields does not make another request", async () => {
    const reference_id = freshReference("intake");
    const { data, config } = requestOf(reference_id);
    const first = await post("/async/profiles")(requestOf(reference_id));
    expect(await post("/async/profiles")({ data, config, reference_id })).toEqual(first);
    await cancel(first.body.profile_id);
  });

  test("another account has references of its own", async () => {
    const reference_id = freshReference("intake");
    const ours = await post("/async/profiles")(requestOf(reference_id));
    const headers = { "api-key": endpoints.otherApiKey, "account-id": endpoints.otherAccountId };
    expect((await http(api, "GET", `/onboardings/${reference_id}`, { headers })).status).toBe(404);
    const theirs = await http(api, "POST", "/async/profiles", {
      body: { ...requestOf(reference_id), group_id: "theirs" },
      headers,
    });
    expect(theirs.status).toBe(202);
    expect(theirs.body.profile_id).not.toBe(ours.body.profile_id);
    await cancel(ours.body.profile_id);
    await http(api, "PUT", `/profiles/${theirs.body.profile_id}/cancel`, { headers });
  });
});

describe("a request that the gateway refuses", { timeout: 60_000 }, () => {
  test.each(["/async/profiles", "/onboardings"])("can be corrected at %s", async (path) => {
    const reference_id = freshReference("intake");
    const refused = await post("/async/profiles")(requestOf(reference_id, unknownConfig));
    expect(refused).toEqual({
      status: 422,
      body: { details: {}, error: "unprocessable_entity", reason: "INVALID_PACKAGE_ID" },
    });
    const corrected = await post(path)(requestOf(reference_id));
    expect(corrected.status).toBe(202);
    const { body } = await created(reference_id);
    expect(body.profile_id).toEqual(expect.any(String));
    expect(await executionsOf(body.execution_arn)).toHaveLength(1);
    await cancel(body.profile_id);
  });

  test("and was accepted by /onboardings can be corrected once it was refused", async () => {
    const reference_id = freshReference("intake");
    expect((await post("/onboardings")(requestOf(reference_id, unknownConfig))).status).toBe(202);
    // 500 in the moment in which the refused request is erased: ask again.
    const corrected = await eventually(
      () => post("/onboardings")(requestOf(reference_id)),
      ({ status }) => status !== 422 && status !== 500,
    );
    expect(corrected.status).toBe(202);
    const { body } = await created(reference_id);
    expect(body.profile_id).toEqual(expect.any(String));
    await cancel(body.profile_id);
  });
});

describe("an intake message", { timeout: 60_000 }, () => {
  test.each([
    ["the queue", byQueue],
    ["an event", byEvent],
  ])("starts an onboarding by %s", async (_name, send) => {
    const reference_id = freshReference("intake");
    await send(requestOf(reference_id));
    const { body } = await created(reference_id);
    expect(body).toMatchObject({ reference_id, profile_id: expect.any(String) });
    await cancel(body.profile_id);
  });

  test("that can never start one holds up none of its batch", async () => {
    const good = [freshReference("intake"), freshReference("intake")];
    const bodies = [
      "{",
      JSON.stringify({ account_id: accountId, request: requestOf(good[0] ?? "") }),
      JSON.stringify({ account_id: "nobody/1", request: requestOf(freshReference("intake")) }),
      JSON.stringify({ account_id: accountId, request: { reference_id: "no workflow" } }),
      JSON.stringify({ account_id: accountId, request: requestOf(good[1] ?? "") }),
    ];
    await clients.sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: endpoints.intakeQueue,
        Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
      }),
    );
    for (const reference_id of good) {
      const { body } = await created(reference_id);
      expect(body).toMatchObject({ reference_id, profile_id: expect.any(String) });
      expect(await executionsOf(body.execution_arn)).toHaveLength(1);
      await cancel(body.profile_id);
    }
  });
});
