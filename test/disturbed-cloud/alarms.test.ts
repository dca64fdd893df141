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
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  SendTaskFailureCommand,
  StopExecutionCommand,
  UpdateStateMachineCommand,
} from "@aws-sdk/client-sfn";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { captureItems } from "../../functions/sandbox/captures.ts";
import { dynamoStore } from "../../functions/sandbox/dynamo-store.ts";
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
  sandboxSecretSchema,
  webhooksSecretSchema,
} from "../../shared/store/secrets.ts";
import {
  clients,
  configIdOf,
  endpoints,
  eventually,
  freshReference,
  http,
  sweep,
} from "../local-cloud/cloud.ts";
import {
  alarmsLeft,
  emittedByAws,
  functionOf,
  invoke,
  stateAfter,
  typeWhatItSays,
  typingLeft,
  valuesSince,
  watches,
} from "./watched.ts";

const { api, sandbox, webhooks, accountId, stateMachineArn } = endpoints;
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

async function created(scenario: string): Promise<Onboarding> {
  const reference = freshReference("alarm");
  const { status, body } = await http(api, "POST", "/async/profiles", {
    body: { reference_id: reference, config: { id: configIdOf(scenario) } },
  });
  expect(status).toBe(202);
  return { reference, profile_id: body.profile_id };
}

const recheck = ({ reference }: Onboarding) =>
  http(api, "POST", `/onboardings/${reference}/actions`, {
    body: { action: "recheck", by: "ann", reason: "a test" },
  });

/** An onboarding that waits for its customer, who never acts. */
async function waiting(scenario = "cancelled-by-caller"): Promise<Onboarding> {
  const onboarding = await created(scenario);
  // A look that fails comes again on AWS and not here, and no sweep makes up for it.
  const seen = await eventually(
    async () => {
      const now = await read(onboarding);
      if (now.body.waiting_for !== null && now.body.status === "pending") await recheck(onboarding);
      return now;
    },
    ({ body }) => body.waiting_for !== null && body.status === "capture_pending",
    40,
  );
  expect(seen.body).toMatchObject({ status: "capture_pending", waiting_for: expect.any(String) });
  return onboarding;
}

/** An onboarding whose customer is done, and that waits for somebody to review it. */
async function inReview(): Promise<Onboarding> {
  const onboarding = await waiting("by-hand");
  const { body: link } = await http(api, "GET", `/profiles/${onboarding.profile_id}/capture`);
  const asked = captureItems
    .filter(({ usual }) => usual)
    .map(({ ref_id }) => ({ act: "sample", item: ref_id }));
  for (const form of [...asked, { act: "finish", item: "" }]) {
    const body = new URLSearchParams(form);
    const answer = await fetch(link.capture_link, { method: "POST", body, redirect: "manual" });
    expect(answer.status).toBe(303);
  }
  const { body } = await until(onboarding, (now) => now["state"] === "Review" && now["waiting_for"] !== null);
  expect(body.status).toBe("review_required");
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

/** Of an API by its base URL, or of a queue. */
const apiIdIn = (url: string) => /execute-api\/(\w+)/.exec(url)?.[1];
const nameIn = (queueUrl: string | null) => queueUrl?.split("/").at(-1);

/** What the hourly function says of the stage, when it is asked now. */
async function census(): Promise<(name: string, dimensions?: Record<string, string>) => Promise<number>> {
  const since = Date.now();
  expect(await invoke(watchFunction, {})).toBeNull();
  return async (name, dimensions = {}) => {
    const [value = Number.NaN] = await valuesSince(since, { name, dimensions });
    return value;
  };
}

/** A task of the definition, as far as it is changed here. */
interface TaskState {
  TimeoutSeconds?: number;
  Retry: { IntervalSeconds: number; BackoffRate: number }[];
}

/** Does something while executions that start have other patience: what takes a year or a minute takes seconds. */
async function withStates<Done>(
  change: (states: Record<"OpenCapture" | "Attention", TaskState>) => void,
  work: () => Promise<Done>,
): Promise<Done> {
  const { definition = "" } = await clients.sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  const define = (text: string) =>
    clients.sfn.send(new UpdateStateMachineCommand({ stateMachineArn, definition: text }));
  const changed = JSON.parse(definition);
  change(changed.States);
  await define(JSON.stringify(changed));
  try {
    return await work();
  } finally {
    await define(definition);
  }
}

const executionStatus = async (executionArn: string) =>
  (await clients.sfn.send(new DescribeExecutionCommand({ executionArn }))).status;

describe("an execution that is gone", () => {
  const arnOf = async (onboarding: Onboarding): Promise<string> =>
    (await read(onboarding)).body.execution_arn;
  /** The alarms on executions are on metrics of AWS, which the emulator does not emit. */
  const expectWatched = async (alarm: string) =>
    expect(await watches(alarm)).toEqual({ metric: `AWS/States ${alarm}`, of: stateMachineArn });
  const expectEnd = async (executionArn: string, status: string) =>
    expect(
      await eventually(
        () => executionStatus(executionArn),
        (now) => now !== "RUNNING",
      ),
    ).toBe(status);

  /** An onboarding whose execution failed. */
  async function failed(): Promise<Onboarding> {
    const onboarding = await waiting();
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
    await expectEnd(await arnOf(onboarding), "FAILED");
    return onboarding;
  }

  /** Restarted as an entry says, it waits for its customer again. */
  async function expectRestart(entry: string, onboarding: Onboarding): Promise<void> {
    const before = await arnOf(onboarding);
    await typeWhatItSays(entry, onboarding);
    const { body } = await until(
      onboarding,
      (now) => now["execution_arn"] !== before && now["state"] !== null,
    );
    expect(body.execution_arn).not.toBe(before);
    const waits = await until(onboarding, (now) => now["state"] === "OpenCapture");
    expect(waits.body).toMatchObject({ state: "OpenCapture", waiting_for: expect.any(String) });
    expect(await executionStatus(body.execution_arn)).toBe("RUNNING");
  }

  test("ExecutionsFailed: even Attention failed; restart goes on from there", async () => {
    await expectWatched("ExecutionsFailed");
    const onboarding = await failed();
    await expectRestart("ExecutionsFailed", onboarding);
    await end(onboarding);
  });

  test("ExecutionsTimedOut: its last wait is over; restart goes on from there", async () => {
    await expectWatched("ExecutionsTimedOut");
    const machine = await clients.sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(JSON.parse(machine.definition ?? "")).toMatchObject({ TimeoutSeconds: 364 * 86_400 });
    // The emulator ends no execution for its age. That of a wait which nothing catches leaves an onboarding alike.
    const onboarding = await withStates(
      ({ OpenCapture, Attention }) => {
        OpenCapture.TimeoutSeconds = 3;
        Attention.TimeoutSeconds = 3;
      },
      async () => {
        const begun = await waiting();
        await expectEnd(await arnOf(begun), "FAILED");
        return begun;
      },
    );
    const { error } = await clients.sfn.send(
      new DescribeExecutionCommand({ executionArn: await arnOf(onboarding) }),
    );
    expect(error).toBe("States.Timeout");
    await expectRestart("ExecutionsTimedOut", onboarding);
    await end(onboarding);
  });

  test("TokenSpent: news comes for an execution that failed; restart goes on from there", async () => {
    const onboarding = await failed();
    const execution_arn = await arnOf(onboarding);
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
    await expectWatched("ExecutionsAborted");
    const onboarding = await waiting();
    const executionArn = await arnOf(onboarding);
    await clients.sfn.send(new StopExecutionCommand({ executionArn }));
    expect(await executionStatus(executionArn)).toBe("ABORTED");
    await expectRestart("ExecutionsAborted", onboarding);
    await end(onboarding);
  });
});

describe("an onboarding that does not go on", () => {
  /** A review's deadline has passed, and a person is asked. */
  async function attended(onboarding: Onboarding): Promise<void> {
    const passed = Date.now() - MINUTE_MS;
    await rewrite(onboarding, { state: "Review", deadline_at: passed, dueAt: passed });
    await sweep();
    const { body } = await until(
      onboarding,
      (now) => now["state"] === "Attention" && now["waiting_for"] !== null,
    );
    expect(body.state).toBe("Attention");
    expect(JSON.stringify(body)).toContain("AttentionNeeded");
  }
  const untilClosed = async (onboarding: Onboarding) =>
    (await until(onboarding, ({ outcome }) => outcome !== null)).body.outcome;

  test("AttentionNeeded: a review's deadline passes, a person is asked; cancelling ends it", async () => {
    const onboarding = await waiting();
    const since = Date.now();
    await attended(onboarding);
    expect(
      await valuesSince(since, { name: "EventPublished", dimensions: { type: "AttentionNeeded" } }),
    ).toContain(1);
    expect(await stateAfter("AttentionNeeded", since)).toBe("ALARM");
    expect(await (await census())("Stuck")).toBeGreaterThanOrEqual(1);

    await typeWhatItSays("AttentionNeeded", { ...onboarding, only: " cancel " });
    await untilCancelled(onboarding);
    await end(onboarding);
  });

  test("AttentionNeeded: a webhook was lost; recheck finds what it would have told", async () => {
    const onboarding = await waiting();
    await attended(onboarding);
    await faults({ seed: 1, webhooks: { drop: 1 } });
    expect((await http(sandbox, "PUT", `/profiles/${onboarding.profile_id}/cancel`)).status).toBe(200);
    await faults({});
    expect((await read(onboarding)).body.state).toBe("Attention");
    await typeWhatItSays("AttentionNeeded", { ...onboarding, only: " recheck " });
    await untilCancelled(onboarding);
    await end(onboarding);
  });

  test.each([
    ["approve", "completed"],
    ["reject", "rejected"],
  ])("AttentionNeeded: nobody decided about a review; %s decides", async (action, outcome) => {
    const onboarding = await inReview();
    await attended(onboarding);
    await typeWhatItSays("AttentionNeeded", { ...onboarding, only: ` ${action} ` });
    expect(await untilClosed(onboarding)).toBe(outcome);
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

  test.each(["recheck", "purge"])(
    "PurgeOverdue: a retention date was passed two hours ago; %s purges",
    async (action) => {
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

      await typeWhatItSays("PurgeOverdue", { ...onboarding, only: ` ${action} ` });
      expect((await until(onboarding, ({ status }) => status === "purged")).body.status).toBe("purged");
      expect(await (await census())("PurgeOverdue")).toBe(before);
    },
  );
});

describe("dead letters", () => {
  const visible = async (queue: QueueName) => countOf(await openDeadLetters("local"), queue);
  /** Five tries take half an hour: the message is put where it would have ended, which is what the alarm watches. */
  const die = async (alarm: string, queue: QueueName, body: unknown) => {
    const { urls } = await openDeadLetters("local");
    const QueueUrl = urls[queue].deadLetters;
    expect(await watches(alarm)).toEqual({
      metric: "AWS/SQS ApproximateNumberOfMessagesVisible",
      of: nameIn(QueueUrl),
    });
    await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(body) }));
    expect(await visible(queue)).toBeGreaterThanOrEqual(1);
  };

  test("IntakeDeadLetters: a request that was given up is taken in after a redrive", async () => {
    const reference = freshReference("dead");
    await die("IntakeDeadLetters", "intake", {
      account_id: accountId,
      request: { reference_id: reference, config: { id: configIdOf("cancelled-by-caller") } },
    });
    expect((await read({ reference })).status).toBe(404);

    await typeWhatItSays("IntakeDeadLetters");
    const kindsOf = ({ events = [] }: { events?: { kind: string }[] }) => events.map(({ kind }) => kind);
    // The record's status may be the one of a moment before the link was there.
    const { body } = await until({ reference }, (now) => kindsOf(now).includes("CaptureLinkReady"));
    expect(kindsOf(body)).toEqual(
      expect.arrayContaining(["OperatorAsked", "RedrivenByOperator", "CaptureLinkReady"]),
    );
    expect(await visible("intake")).toBe(0);
    await end({ reference, profile_id: body.profile_id });
  });

  test.each([
    ["LookDeadLetters", "looks"],
    ["SignalDeadLetters", "signals"],
  ] as const)("%s: there are none after a redrive", async (name, queue) => {
    const onboarding = await waiting();
    await die(name, queue, { account_id: accountId, reference_id: onboarding.reference });
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
    await typeWhatItSays("IntakeRefused");
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
    const since = Date.now();
    await withoutTable(await functionOf("webhooks", "Ingest"), async () => {
      // The sandbox sends its webhook, and has none to send afterwards.
      await faults({ seed: 1, api: {} });
      expect((await http(sandbox, "PUT", `/profiles/${onboarding.profile_id}/cancel`)).status).toBe(200);
      expect(await valuesSince(since, { name: "WebhookFailed" })).toContain(1);
      expect(await stateAfter("WebhooksFailed", since)).toBe("ALARM");
      // Each of those was answered 500: the emulator emits no metrics of APIs.
      expect(await watches("WebhookApiFailing")).toEqual({
        metric: "AWS/ApiGateway 5xx",
        of: apiIdIn(webhooks),
      });
      expect((await read(onboarding)).body.status).toBe("capture_pending");
      await typeWhatItSays("WebhooksFailed", { ...onboarding, only: " recheck " });
      await untilCancelled(onboarding);
    });
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
    expect(await watches("ApiFailing")).toEqual({ metric: "AWS/ApiGateway 5xx", of: apiIdIn(api) });
    expect(await typeWhatItSays("RequestsFailing")).toContain(`✗ gateway, as ${accountId}: `);
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
    await typeWhatItSays("ApiFailing", { only: " deploy " });
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
    const { urls } = await openDeadLetters("local");
    expect(await watches("LooksLate")).toEqual({
      metric: "AWS/SQS ApproximateAgeOfOldestMessage",
      of: nameIn(urls.looks.source),
    });
    expect(await watches("SignalsLate")).toEqual({
      metric: "AWS/Lambda IteratorAge",
      of: await functionOf("onboarding", "ResumeFunction"),
    });
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
      await typeWhatItSays("GatewayRefusesCredentials");
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

  test("LinkRefused: a link of it is a stranger's; once the link is on a trusted host, recheck announces it", async () => {
    const gateway = await functionOf("sandbox", "ApiFunction");
    /** What it says from now on of itself; a profile keeps what it said at its creation. */
    const callItself = async (baseUrl: string) => {
      await changeSecret(target.secrets, target.sandbox?.secret ?? "", (before) => ({
        ...sandboxSecretSchema.parse(before),
        baseUrl,
      }));
      await restart(gateway);
    };
    const since = Date.now();
    const onboarding = await withStates(
      ({ OpenCapture }) => {
        for (const retry of OpenCapture.Retry) Object.assign(retry, { IntervalSeconds: 1, BackoffRate: 1 });
      },
      async () => {
        await callItself("https://stranger.example.com");
        try {
          return await created("cancelled-by-caller");
        } finally {
          await callItself(sandbox);
        }
      },
    );
    const asking = await until(
      onboarding,
      (now) => now["state"] === "Attention" && now["waiting_for"] !== null,
    );
    expect(asking.body).toMatchObject({ state: "Attention", status: "capture_pending" });
    // By the first try and by each of five more, and by a look that came in between.
    const refused = await valuesSince(since, { name: "LinkRefused" }, { atLeast: 6 });
    expect(refused.length).toBeGreaterThanOrEqual(6);
    expect(await stateAfter("LinkRefused", since)).toBe("ALARM");
    const failed = { name: "StepFailed", dimensions: { state: "OpenCapture" } };
    expect(await valuesSince(since, failed, { atLeast: 6 })).toHaveLength(6);

    // What the runbook has deployed (`captureHosts`) is the same for all: here the link comes to a host of the list.
    const { Environment } = await clients.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: gateway }),
    );
    const store = dynamoStore(clients.dynamodb, Environment?.Variables?.["SANDBOX_TABLE"] ?? "");
    const profile = await store.read(onboarding.profile_id);
    if (!profile) throw new Error("the gateway has no such profile");
    expect(await store.replace({ ...profile, origin: sandbox, version: profile.version + 1 })).toBe(true);
    const isLinked = ({ events }: Record<string, unknown>) =>
      JSON.stringify(events).includes("CaptureLinkReady");
    expect(isLinked((await read(onboarding)).body)).toBe(false);
    await typeWhatItSays("LinkRefused", onboarding);
    expect(isLinked((await until(onboarding, isLinked)).body)).toBe(true);
    await end(onboarding);
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
  test("FunctionErrors: what a function cannot even read is an error of the function; doctor looks why", async () => {
    const crashing = [
      ["ResumeErrors", await functionOf("onboarding", "ResumeFunction")],
      ["WebhookErrors", await functionOf("webhooks", "Ingest")],
      ["IntakeErrors", await functionOf("onboarding", "IntakeFunction")],
    ] as const;
    for (const [alarm, name] of crashing) {
      const before = await emittedByAws(alarm);
      expect(await invoke(name, null)).not.toBeNull();
      expect(await emittedByAws(alarm), alarm).toBe(before + 1);
    }
    const before = await emittedByAws("SweepErrors");
    await withoutTable(endpoints.sweepFunction, async () => {
      expect(await invoke(endpoints.sweepFunction, {})).not.toBeNull();
    });
    expect(await emittedByAws("SweepErrors")).toBe(before + 1);
    expect(await typeWhatItSays("FunctionErrors")).toMatch(/\d+ well/);
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

  test("SweepsMissing, WatchMissing: what they miss is emitted by a sweep and by a count", async () => {
    const before = await emittedByAws("SweepsMissing");
    await sweep();
    expect(await emittedByAws("SweepsMissing")).toBe(before + 1);
    const since = Date.now();
    await census();
    expect(await stateAfter("WatchMissing", since)).toBe("OK");
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

describe("of all that there is", () => {
  test("no alarm was left out", async () => {
    expect(await alarmsLeft()).toEqual([]);
  });

  test("no command of the runbook was left untyped", () => {
    expect(typingLeft()).toEqual([]);
  });
});

/** Has a function start anew, as a deployment does. */
async function restart(FunctionName: string, environment?: Record<string, string>): Promise<void> {
  const { Timeout } = await clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const Environment = environment && { Variables: environment };
  await clients.lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName, Timeout, ...(Environment && { Environment }) }),
  );
  await eventually(
    () => clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName })),
    ({ LastUpdateStatus }) => LastUpdateStatus === "Successful",
  );
}

/** Does something while a function cannot reach its table. */
async function withoutTable(FunctionName: string, work: () => Promise<void>): Promise<void> {
  const { Environment } = await clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const variables = Environment?.Variables ?? {};
  await restart(FunctionName, { ...variables, PROFILE_TABLE: `no-table-${randomUUID()}` });
  try {
    await work();
  } finally {
    await restart(FunctionName, variables);
  }
}
