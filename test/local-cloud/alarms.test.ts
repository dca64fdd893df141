import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  ListRulesCommand,
} from "@aws-sdk/client-eventbridge";
import { GetFunctionConfigurationCommand, UpdateFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { DescribeExecutionCommand, SendTaskFailureCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { sha256Hex } from "../../infra/local/new-key.ts";
import { changeSecret } from "../../infra/local/secret-values.ts";
import { setUpAccount } from "../../infra/local/set-up-account.ts";
import { findTarget } from "../../infra/local/stage-target.ts";
import { countOf, openDeadLetters, type QueueName } from "../../infra/operate/dead-letter-queues.ts";
import { onboardingPk } from "../../shared/store/keys.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import { dynamoRecords } from "../../shared/store/records.ts";
import {
  callersSecretSchema,
  gatewaySecretSchema,
  webhooksSecretSchema,
} from "../../shared/store/secrets.ts";
import { clients, configIdOf, endpoints, eventually, freshReference, http, sweep } from "./cloud.ts";
import { functionOf, invoke, stateAfter, typeWhatItSays, valuesSince } from "./watched.ts";

const { api, sandbox, webhooks, accountId } = endpoints;
const records = dynamoRecords(clients.dynamodb, endpoints.profileTable);
const target = await findTarget("local");
const watchFunction = await functionOf("onboarding", "WatchFunction");
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** The schedules of the stage: nothing is swept or counted but by these tests. */
let schedules: string[] = [];
const scheduled = async () =>
  ((await clients.eventbridge.send(new ListRulesCommand({}))).Rules ?? []).flatMap(
    ({ Name, ScheduleExpression }) => (Name && ScheduleExpression ? [Name] : []),
  );

beforeAll(async () => {
  schedules = await scheduled();
  for (const Name of schedules) await clients.eventbridge.send(new DisableRuleCommand({ Name }));
});
afterAll(async () => {
  for (const Name of schedules) await clients.eventbridge.send(new EnableRuleCommand({ Name }));
  await sweep();
});

/** Sets or, with `{}`, ends the sandbox's faults for the first account. */
const faults = async (body: object) =>
  expect((await http(sandbox, "PUT", "/sandbox/faults", { body })).status).toBe(200);
afterEach(() => faults({}));

interface Onboarding {
  reference: string;
  profile_id: string;
}
const read = ({ reference }: Pick<Onboarding, "reference">) => http(api, "GET", `/onboardings/${reference}`);
const until = (onboarding: Pick<Onboarding, "reference">, done: (body: Record<string, unknown>) => boolean) =>
  eventually(
    () => read(onboarding),
    ({ body }) => done(body),
    40,
  );

/** It is retained for two seconds: a busy machine may have purged it before it is read. */
const untilCancelled = async (onboarding: Onboarding) => {
  const { body } = await until(onboarding, ({ status }) => status === "cancelled" || status === "purged");
  expect(body.status).toMatch(/^(cancelled|purged)$/);
  return body;
};

/** An onboarding that waits for its customer, who never acts. */
async function waiting(): Promise<Onboarding> {
  const reference = freshReference("alarm");
  const { status, body } = await http(api, "POST", "/async/profiles", {
    body: { reference_id: reference, config: { id: configIdOf("cancelled-by-caller") } },
  });
  expect(status).toBe(202);
  const onboarding = { reference, profile_id: body.profile_id };
  const seen = await until(
    onboarding,
    (now) => now["waiting_for"] !== null && now["status"] === "capture_pending",
  );
  expect(seen.body).toMatchObject({ status: "capture_pending", waiting_for: expect.any(String) });
  return onboarding;
}

const recordOf = async ({ reference }: Onboarding): Promise<ProfileRecord> => {
  const record = await records.find({ account_id: accountId, reference_id: reference });
  if (!record) throw new Error("there is no record");
  return record;
};

/** Rewrites attributes of a record as if time had passed, or somebody had lost something. */
async function rewrite({ reference }: Onboarding, attributes: Record<string, unknown>): Promise<void> {
  const pk = onboardingPk({ account_id: accountId, reference_id: reference });
  const names = Object.keys(attributes);
  await clients.dynamodb.send(
    new UpdateItemCommand({
      TableName: endpoints.profileTable,
      Key: marshall({ pk, sk: "profile" }),
      UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(", ")}`,
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: marshall(
        Object.fromEntries(names.map((name) => [`:${name}`, attributes[name]])),
      ),
    }),
  );
}

/** Cancelled by its caller and swept until it is purged: nothing of a test is left for the next one. */
async function end(onboarding: Onboarding): Promise<void> {
  await http(sandbox, "PUT", `/profiles/${onboarding.profile_id}/cancel`);
  const { body } = await eventually(
    async () => {
      await sweep();
      return read(onboarding);
    },
    ({ body: now }) => now.status === "purged",
    60,
  );
  expect(body.status).toBe("purged");
}

/** What the hourly function says of the stage, when it is asked now. */
async function census(): Promise<(name: string, dimensions?: Record<string, string>) => Promise<number>> {
  const since = Date.now();
  expect(await invoke(watchFunction, {})).toBeNull();
  return async (name, dimensions = {}) => {
    const [value = Number.NaN] = await valuesSince(since, { name, dimensions });
    return value;
  };
}

const executionStatus = async (executionArn: string) =>
  (await clients.sfn.send(new DescribeExecutionCommand({ executionArn }))).status;

describe("an execution that is gone", () => {
  test("ExecutionsFailed, TokenSpent: news comes for an execution that failed; restart goes on from there", async () => {
    const onboarding = await waiting();
    const { execution_arn } = (await read(onboarding)).body;
    // A fault that no rule of the machine knows: of any other step it ends in Attention, which nothing catches.
    const failStep = async () => {
      const taskToken = (await recordOf(onboarding)).task_token ?? "";
      await clients.sfn.send(new SendTaskFailureCommand({ taskToken, error: "NoFaultOfOurs" }));
    };
    await failStep();
    const asking = await eventually(
      () => recordOf(onboarding),
      ({ state }) => state === "Attention",
    );
    expect(asking.state).toBe("Attention");
    await failStep();
    expect(
      await eventually(
        () => executionStatus(execution_arn),
        (status) => status === "FAILED",
      ),
    ).toBe("FAILED");

    const since = Date.now();
    expect((await http(sandbox, "PUT", `/profiles/${onboarding.profile_id}/cancel`)).status).toBe(200);
    expect(await valuesSince(since, { name: "TokenSpent" })).toContain(1);
    expect(await stateAfter("TokenSpent", since)).toBe("ALARM");
    expect((await read(onboarding)).body.status).toBe("capture_pending");

    await typeWhatItSays("TokenSpent", onboarding);
    const body = await untilCancelled(onboarding);
    expect(body.execution_arn).not.toBe(execution_arn);
    expect(await executionStatus(body.execution_arn)).toMatch(/^(RUNNING|SUCCEEDED)$/);
    await end(onboarding);
  });

  test("ExecutionsAborted: somebody stops an execution; restart starts another one", async () => {
    const onboarding = await waiting();
    const { execution_arn } = (await read(onboarding)).body;
    await clients.sfn.send(new StopExecutionCommand({ executionArn: execution_arn }));
    expect(await executionStatus(execution_arn)).toBe("ABORTED");
    await typeWhatItSays("ExecutionsAborted", onboarding);
    const { body } = await until(onboarding, (now) => now["execution_arn"] !== execution_arn);
    expect(await executionStatus(body.execution_arn)).toMatch(/^(RUNNING|SUCCEEDED)$/);
    await until(onboarding, (now) => now["waiting_for"] !== null);
    await end(onboarding);
  });
});

describe("an onboarding that does not go on", () => {
  test("AttentionNeeded: a review's deadline passes, a person is asked; cancelling ends it", async () => {
    const onboarding = await waiting();
    const since = Date.now();
    await rewrite(onboarding, { state: "Review", deadline_at: since - MINUTE_MS, dueAt: since - MINUTE_MS });
    await sweep();
    const { body } = await until(onboarding, (now) => JSON.stringify(now).includes("AttentionNeeded"));
    expect(JSON.stringify(body)).toContain("AttentionNeeded");
    expect(
      await valuesSince(since, { name: "EventPublished", dimensions: { type: "AttentionNeeded" } }),
    ).toContain(1);
    expect(await stateAfter("AttentionNeeded", since)).toBe("ALARM");
    expect(await (await census())("Stuck")).toBeGreaterThanOrEqual(1);

    await until(onboarding, (now) => now["waiting_for"] !== null);
    await typeWhatItSays("AttentionNeeded", { ...onboarding, only: " cancel " });
    await untilCancelled(onboarding);
    await end(onboarding);
  });

  test("Stuck: nothing happened at a deadline; recheck does what was due", async () => {
    const onboarding = await waiting();
    const before = await (await census())("Stuck");
    await rewrite(onboarding, { deadline_at: Date.now() - HOUR_MS, dueAt: Date.now() + HOUR_MS });
    const since = Date.now();
    expect(await (await census())("Stuck")).toBe(before + 1);
    expect(await stateAfter("Stuck", since)).toBe("ALARM");

    await typeWhatItSays("Stuck", onboarding);
    await untilCancelled(onboarding);
    expect(await (await census())("Stuck")).toBe(before);
    await end(onboarding);
  });

  test("PurgeOverdue: a retention date was passed two hours ago; recheck purges", async () => {
    const onboarding = await waiting();
    expect((await http(api, "PUT", `/profiles/${onboarding.profile_id}/cancel`)).status).toBe(200);
    await eventually(
      () => recordOf(onboarding),
      ({ state }) => state === "Retain",
    );
    const before = await (await census())("PurgeOverdue");
    const passed = Date.now() - 2 * HOUR_MS;
    await rewrite(onboarding, { deadline_at: passed, retain_until: passed, dueAt: passed });
    const since = Date.now();
    expect(await (await census())("PurgeOverdue")).toBe(before + 1);
    expect(await stateAfter("PurgeOverdue", since)).toBe("ALARM");

    await typeWhatItSays("PurgeOverdue", { ...onboarding, only: " recheck " });
    expect((await until(onboarding, ({ status }) => status === "purged")).body.status).toBe("purged");
    expect(await (await census())("PurgeOverdue")).toBe(before);
  });
});

describe("dead letters", () => {
  const visible = async (queue: QueueName) => countOf(await openDeadLetters("local"), queue);
  /** Five tries take half an hour: the message is put where it would have ended. */
  const die = async (queue: QueueName, body: unknown) => {
    const { urls } = await openDeadLetters("local");
    const QueueUrl = urls[queue].deadLetters;
    await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(body) }));
    expect(await visible(queue)).toBeGreaterThanOrEqual(1);
  };

  test("IntakeDeadLetters: a request that was given up is taken in after a redrive", async () => {
    const reference = freshReference("dead");
    await die("intake", {
      account_id: accountId,
      request: { reference_id: reference, config: { id: configIdOf("cancelled-by-caller") } },
    });
    expect((await read({ reference })).status).toBe(404);

    await typeWhatItSays("IntakeDeadLetters");
    const { body } = await until({ reference }, (now) => now["status"] === "capture_pending");
    expect(body.status).toBe("capture_pending");
    expect(await visible("intake")).toBe(0);
    await end({ reference, profile_id: body.profile_id });
  });

  test.each([
    ["LookDeadLetters", "looks"],
    ["SignalDeadLetters", "signals"],
  ] as const)("%s: there are none after a redrive", async (name, queue) => {
    const onboarding = await waiting();
    await die(queue, { account_id: accountId, reference_id: onboarding.reference });
    await typeWhatItSays(name, onboarding);
    const left = await eventually(
      () => visible(queue),
      (count) => count === 0,
    );
    expect(left).toBe(0);
    await end(onboarding);
  });

  test("IntakeRefused: a message that is no request is counted; what was dead is sent again", async () => {
    const since = Date.now();
    await clients.sqs.send(
      new SendMessageCommand({ QueueUrl: endpoints.intakeQueue, MessageBody: '{"account_id":"nobody"}' }),
    );
    expect(await valuesSince(since, { name: "IntakeRefused", dimensions: { why: "refused" } })).toContain(1);
    expect(await stateAfter("IntakeRefused", since)).toBe("ALARM");
    await typeWhatItSays("IntakeRefused", { only: " redrive " });
  });
});

describe("webhooks", () => {
  test("WebhooksRefused: ten at an URL that nobody knows; a rotation gives the provider one that works", async () => {
    const since = Date.now();
    for (let sent = 0; sent < 10; sent++)
      expect(
        (await http(webhooks, "POST", "/webhooks/profile-status/lost", { body: {}, headers: {} })).status,
      ).toBe(404);
    const refused = { name: "WebhookRefused", dimensions: { reason: "token" } };
    expect(await valuesSince(since, refused, { atLeast: 10 })).toHaveLength(10);
    await valuesSince(since, { name: "WebhookRefused" }, { atLeast: 10 });
    expect(await stateAfter("WebhooksRefused", since)).toBe("ALARM");

    await typeWhatItSays("WebhooksRefused", { account: accountId });
    const after = Date.now();
    const onboarding = await waiting();
    const { body } = await until(onboarding, (now) => JSON.stringify(now).includes('"W6"'));
    expect(JSON.stringify(body)).toContain('"W6"');
    expect(await valuesSince(after, refused, { seconds: 1 })).toEqual([]);
    await end(onboarding);
  });

  test("WebhooksFailed: the table cannot be reached; recheck finds what the webhook would have told", async () => {
    const onboarding = await waiting();
    const FunctionName = await functionOf("webhooks", "Ingest");
    const { Environment } = await clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const Variables = Environment?.Variables ?? {};
    const configure = async (variables: Record<string, string>) => {
      await clients.lambda.send(
        new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables: variables } }),
      );
      await eventually(
        () => clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName })),
        ({ LastUpdateStatus }) => LastUpdateStatus === "Successful",
      );
    };
    const since = Date.now();
    await configure({ ...Variables, PROFILE_TABLE: `no-table-${randomUUID()}` });
    try {
      // The sandbox sends its webhook, and has none to send afterwards.
      await faults({ seed: 1, api: {} });
      expect((await http(sandbox, "PUT", `/profiles/${onboarding.profile_id}/cancel`)).status).toBe(200);
      expect(await valuesSince(since, { name: "WebhookFailed" })).toContain(1);
      expect(await stateAfter("WebhooksFailed", since)).toBe("ALARM");
      expect((await read(onboarding)).body.status).toBe("capture_pending");
      await typeWhatItSays("WebhooksFailed", { ...onboarding, only: " recheck " });
      await untilCancelled(onboarding);
    } finally {
      await configure(Variables);
    }
    await end(onboarding);
  });
});

describe("the gateway", () => {
  test("GatewayFailing, RequestsFailing, ApiFailing, StepsFailing: it is down; recheck goes on once it is back", async () => {
    const onboarding = await waiting();
    const since = Date.now();
    await faults({ seed: 1, api: { errorRate: 1, statuses: [503] } });
    const ask = () => http(api, "GET", `/profiles/${onboarding.profile_id}?status_only=true`);
    for (const { status } of await Promise.all(Array.from({ length: 5 }, ask))) expect(status).toBe(500);
    const failing = await valuesSince(since, { name: "GatewayFailed" }, { atLeast: 5 });
    expect(failing.length).toBeGreaterThanOrEqual(5);
    expect(await stateAfter("GatewayFailing", since)).toBe("ALARM");
    expect(await valuesSince(since, { name: "RequestFailed" }, { atLeast: 5 })).toHaveLength(5);
    expect(await stateAfter("RequestsFailing", since)).toBe("ALARM");
    const close = await functionOf("onboarding", "CloseFunction");
    const input = { account_id: accountId, reference_id: onboarding.reference, attempt: 1 };
    for (const fault of await Promise.all(Array.from({ length: 5 }, () => invoke(close, { input }))))
      expect(fault).not.toBeNull();
    const failed = { name: "StepFailed", dimensions: { state: "Close" } };
    expect(await valuesSince(since, failed, { atLeast: 5 })).toHaveLength(5);
    expect(await stateAfter("StepsFailing", since)).toBe("ALARM");

    await faults({});
    const after = Date.now();
    await typeWhatItSays("StepsFailing", { ...onboarding, only: " recheck " });
    await typeWhatItSays("ApiFailing", { ...onboarding, only: " recheck " });
    expect((await http(sandbox, "PUT", `/profiles/${onboarding.profile_id}/cancel`)).status).toBe(200);
    await typeWhatItSays("GatewayFailing", onboarding);
    await untilCancelled(onboarding);
    for (const name of ["GatewayFailed", "RequestFailed", "StepFailed"])
      expect(await valuesSince(after, { name }, { seconds: 1 }), name).toEqual([]);
    await end(onboarding);
  });

  test("LooksLate: it takes its time; whoever cannot wait is looked at by a recheck", async () => {
    const onboarding = await waiting();
    await faults({ seed: 1, api: { latencyMs: 2_000 } });
    expect((await http(sandbox, "PUT", `/profiles/${onboarding.profile_id}/cancel`)).status).toBe(200);
    await faults({});
    await typeWhatItSays("LooksLate", { ...onboarding, only: " recheck " });
    await untilCancelled(onboarding);
    await end(onboarding);
  });

  test("GatewayRefusesCredentials: our key is wrong; setting the account up with the right one mends it", async () => {
    const { otherAccountId, otherApiKey } = endpoints;
    const headers = { "api-key": otherApiKey, "account-id": otherAccountId };
    const ask = () => http(api, "GET", `/profiles/${randomUUID()}`, { headers });
    expect((await ask()).status).toBe(404);
    const account = { accountId: otherAccountId, baseUrl: sandbox, apiKey: otherApiKey };
    const give = (apiKey: string) =>
      changeSecret(target.secrets, target.gatewaySecret, (before) => {
        const secret = gatewaySecretSchema.parse(before);
        const known = secret.accounts[otherAccountId];
        if (!known) throw new Error("the other account is not set up");
        account.baseUrl = known.baseUrl;
        return { ...secret, accounts: { ...secret.accounts, [otherAccountId]: { ...known, apiKey } } };
      });
    const since = Date.now();
    await give("wrong");
    try {
      // What a warm function remembers is right: another one has to start.
      await restart(await functionOf("api", "FetchProfile"));
      expect((await ask()).status).toBe(500);
      expect(await valuesSince(since, { name: "GatewayRefusedCredentials" })).toContain(1);
      expect(await stateAfter("GatewayRefusesCredentials", since)).toBe("ALARM");
    } finally {
      // `npm run setup` asks a person and is for AWS accounts: this is what it does with the answers.
      await setUpAccount(target, {
        accountId: otherAccountId,
        callerKey: null,
        gateway: account,
        webhookKind: "W3",
        rotateWebhooks: false,
      });
    }
    // A secret is read again at most once a second.
    expect((await eventually(ask, ({ status }) => status === 404)).status).toBe(404);
    const after = Date.now();
    expect((await ask()).status).toBe(404);
    expect(await valuesSince(after, { name: "GatewayRefusedCredentials" }, { seconds: 1 })).toEqual([]);
  });

  test("UnknownStatus: it has lost a profile; once that is back, a recheck finds it", async () => {
    const onboarding = await waiting();
    const since = Date.now();
    await rewrite(onboarding, { profile_id: randomUUID(), dueAt: since - MINUTE_MS });
    await sweep();
    const lost = { name: "UnknownStatus", dimensions: { why: "no-profile" } };
    expect(await valuesSince(since, lost)).toContain(1);
    expect(await stateAfter("UnknownStatus", since)).toBe("ALARM");

    await rewrite(onboarding, { profile_id: onboarding.profile_id });
    const after = Date.now();
    await typeWhatItSays("UnknownStatus", { ...onboarding, only: " recheck " });
    await end(onboarding);
    expect(await valuesSince(after, lost, { seconds: 1 })).toEqual([]);
  });
});

describe("keys", () => {
  const longAgo = Date.now() - 400 * DAY_MS;
  const oldest = async (kind: string) => {
    // A secret is read again at most once a second.
    await sleep(1_100);
    return (await census())("OldestKeyDays", { kind });
  };

  test("CallerKeysOld: a key of last year is still valid; revoking it leaves the newest", async () => {
    await changeSecret(target.secrets, target.callersSecret, (before) => {
      const secret = callersSecretSchema.parse(before);
      const old = sha256Hex("a key of last year");
      const callers = secret.callers.map((caller) =>
        caller.accountId === accountId
          ? {
              ...caller,
              keyHashes: [...caller.keyHashes, old],
              issuedAt: { ...caller.issuedAt, [old]: longAgo },
            }
          : caller,
      );
      return { ...secret, callers };
    });
    const since = Date.now();
    expect(await oldest("caller")).toBeGreaterThan(399);
    expect(await stateAfter("CallerKeysOld", since)).toBe("ALARM");
    await typeWhatItSays("CallerKeysOld", { account: accountId });
    expect(await oldest("caller")).toBeLessThan(1);
    expect((await http(api, "GET", "/onboardings")).status).toBe(200);
  });

  test("WebhookUrlsOld: URLs of last year are still valid; two rotations end them", async () => {
    await changeSecret(target.secrets, target.webhooksSecret, (before) => {
      const secret = webhooksSecretSchema.parse(before);
      const slots = secret.slots.map((slot) => ({
        ...slot,
        ...(slot.accountId === accountId && {
          issuedAt: Object.fromEntries(slot.tokenHashes.map((hash) => [hash, longAgo])),
        }),
      }));
      return { ...secret, slots };
    });
    const since = Date.now();
    expect(await oldest("webhook")).toBeGreaterThan(399);
    expect(await stateAfter("WebhookUrlsOld", since)).toBe("ALARM");
    await typeWhatItSays("WebhookUrlsOld", { account: accountId });
    expect(await oldest("webhook")).toBeGreaterThan(399);
    await typeWhatItSays("WebhookUrlsOld", { account: accountId });
    expect(await oldest("webhook")).toBeLessThan(1);
  });

  test("ContentKeysOld: a key of last year encrypts; a rotation retires it", async () => {
    await changeSecret(target.secrets, target.gatewaySecret, (before) => {
      const secret = gatewaySecretSchema.parse(before);
      const known = secret.accounts[accountId];
      if (!known) throw new Error("the account is not set up");
      const contentKeys = known.contentKeys.map((key) => ({ ...key, encrypts_from: longAgo }));
      return { ...secret, accounts: { ...secret.accounts, [accountId]: { ...known, contentKeys } } };
    });
    const since = Date.now();
    expect(await oldest("content")).toBeGreaterThan(399);
    expect(await stateAfter("ContentKeysOld", since)).toBe("ALARM");
    await typeWhatItSays("ContentKeysOld", { account: accountId });
    expect(await oldest("content")).toBeLessThan(1);
  });
});

describe("what should run by itself", () => {
  // What RequestsFailing says to type is the same.
  test("FunctionErrors: what a function cannot even read is an error of the function; doctor looks why", async () => {
    expect(await invoke(await functionOf("onboarding", "ResumeFunction"), {})).not.toBeNull();
    expect(await typeWhatItSays("FunctionErrors", { only: " doctor " })).toMatch(/\d+ well/);
  });

  test("SweepLate: what was due twenty minutes ago is found; the next sweep finds nothing late", async () => {
    const onboarding = await waiting();
    await sweep();
    await rewrite(onboarding, { dueAt: Date.now() - 20 * MINUTE_MS });
    const since = Date.now();
    await sweep();
    const [late = 0] = await valuesSince(since, { name: "SweepLagSeconds" });
    expect(late).toBeGreaterThanOrEqual(1_200);
    expect(await stateAfter("SweepLate", since)).toBe("ALARM");
    await typeWhatItSays("SweepLate", { only: "enable-rule" });
    const Name = schedules.find((name) => name.endsWith("-every-minute")) ?? "";
    await clients.eventbridge.send(new DisableRuleCommand({ Name }));
    const after = Date.now();
    await sweep();
    const [now = Number.NaN] = await valuesSince(after, { name: "SweepLagSeconds" });
    expect(now).toBeLessThan(900);
    await end(onboarding);
  });

  test.each([
    ["SweepsMissing", "every-minute"],
    ["WatchMissing", "every-hour"],
  ])("%s: its rule is disabled, and enabled again", async (entry, rule) => {
    const Name = schedules.find((name) => name.includes(rule)) ?? "";
    const state = async () => (await clients.eventbridge.send(new DescribeRuleCommand({ Name }))).State;
    expect(await state()).toBe("DISABLED");
    await typeWhatItSays(entry);
    expect(await state()).toBe("ENABLED");
    await clients.eventbridge.send(new DisableRuleCommand({ Name }));
  });
});

/** Has a function start anew, as a deployment does. */
async function restart(FunctionName: string): Promise<void> {
  const { Timeout } = await clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  await clients.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout }));
  await eventually(
    () => clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName })),
    ({ LastUpdateStatus }) => LastUpdateStatus === "Successful",
  );
}
