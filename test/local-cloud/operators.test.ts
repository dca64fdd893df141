import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { sleep } from "../../functions/environment.ts";
import { repository } from "../../infra/local/local-paths.ts";
import { countOf, openDeadLetters, peek } from "../../infra/operate/dead-letter-queues.ts";
import { redrive } from "../../infra/operate/redrive.ts";
import { vaultPrefix } from "../../shared/store/keys.ts";
import { clients, configIdOf, endpoints, eventually, freshReference, http, sweep } from "./cloud.ts";

const { api, accountId } = endpoints;
const timeout = 120_000;
/** The retention of the local workflows is over by then. */
const RETENTION_SECONDS = 15;

const requestOf = (reference_id: string) => ({
  reference_id,
  config: { id: configIdOf("cancelled-by-caller") },
  data: { name: { first_name: "Sample", last_name: "Customer" } },
});
const show = async (reference_id: string) => (await http(api, "GET", `/onboardings/${reference_id}`)).body;
const act = (reference_id: string, action: string) =>
  http(api, "POST", `/onboardings/${reference_id}/actions`, {
    body: { action, by: "ann@example.com", reason: "Sample Customer called", ticket: "OPS-7" },
  });
const inVault = async (reference_id: string): Promise<number> => {
  const Prefix = vaultPrefix({ account_id: accountId, reference_id });
  const { Contents = [] } = await clients.s3.send(
    new ListObjectsV2Command({ Bucket: endpoints.vaultBucket, Prefix }),
  );
  return Contents.length;
};

/** What it shows once `done` likes it, with everything that is due done meanwhile. */
const until = (
  reference_id: string,
  done: (shown: Awaited<ReturnType<typeof show>>) => boolean,
  seconds = 30,
) =>
  eventually(
    async () => {
      await sweep();
      return show(reference_id);
    },
    done,
    seconds,
  );

/** An onboarding whose customer is waited for, until somebody cancels it. */
async function waiting(prefix: string) {
  const reference_id = freshReference(prefix);
  expect((await http(api, "POST", "/onboardings", { body: requestOf(reference_id) })).status).toBe(202);
  const shown = await until(reference_id, ({ state }) => state === "OpenCapture");
  expect(shown.state).toBe("OpenCapture");
  return { reference_id, shown };
}

const kindsOf = ({ events }: { events: { kind: string }[] }) => events.map(({ kind }) => kind);

describe("an operator", () => {
  test("holds what is to be erased, and releases it", { timeout }, async () => {
    const { reference_id, shown } = await waiting("held");
    expect(await act(reference_id, "hold")).toMatchObject({ status: 200, body: { done: true } });
    expect(await act(reference_id, "cancel")).toMatchObject({ status: 200, body: { status: "cancelled" } });
    await until(reference_id, ({ state }) => state === "Retain");
    expect(await http(api, "POST", `/profiles/${shown.profile_id}/purge`)).toMatchObject({
      status: 422,
      body: { code: "NOT_ALLOWED" },
    });
    expect((await act(reference_id, "purge")).status).toBe(409);

    const later = await until(reference_id, ({ status }) => status === "purged", RETENTION_SECONDS);
    expect(later).toMatchObject({ status: "cancelled", held: { by: "ann@example.com" } });
    expect(await inVault(reference_id)).toBeGreaterThan(0);

    expect((await act(reference_id, "release")).status).toBe(200);
    const ended = await until(reference_id, ({ status }) => status === "purged");
    expect(ended.status).toBe("purged");
    expect(await inVault(reference_id)).toBe(0);
    expect(kindsOf(ended)).toEqual(
      expect.arrayContaining([
        "HeldByOperator",
        "CancelledByOperator",
        "PurgeHeldBack",
        "RefusedToOperator",
        "ReleasedByOperator",
        "ProfilePurged",
      ]),
    );
    // Who and when stay; why they did it was erased with the customer's data.
    expect(JSON.stringify(later.events)).toContain("Sample Customer called");
    expect(JSON.stringify(ended.events)).not.toContain("Sample Customer called");
  });

  test("restarts what was stopped in the console, where it stood", { timeout }, async () => {
    const { reference_id, shown } = await waiting("stopped");
    expect((await act(reference_id, "restart")).status).toBe(409);
    await clients.sfn.send(new StopExecutionCommand({ executionArn: shown.execution_arn }));
    expect(await act(reference_id, "recheck")).toMatchObject({
      status: 409,
      body: { reason: expect.stringContaining("restart") },
    });
    expect(await act(reference_id, "restart")).toMatchObject({ status: 200, body: { done: true } });
    const restarted = await until(reference_id, ({ waiting_since }) => waiting_since > shown.waiting_since);
    expect(restarted).toMatchObject({ state: "OpenCapture", status: "capture_pending" });
    expect(restarted.execution_arn).toBe(shown.execution_arn.replace(/-1$/, "-2"));
    expect((await act(reference_id, "resend-link")).status).toBe(200);
    expect((await act(reference_id, "cancel")).status).toBe(200);
    const ended = await until(reference_id, ({ status }) => status === "purged", 60);
    expect(ended).toMatchObject({ status: "purged", outcome: "cancelled" });
  });

  test("sends dead letters back, without having seen what is in them", { timeout }, async () => {
    const reference_id = freshReference("redriven");
    const queues = await openDeadLetters();
    await clients.sqs.send(
      new SendMessageCommand({
        QueueUrl: queues.urls.intake.deadLetters,
        MessageBody: JSON.stringify({ account_id: accountId, request: requestOf(reference_id) }),
      }),
    );
    expect(
      await eventually(
        () => countOf(queues, "intake"),
        (count) => count > 0,
      ),
    ).toBeGreaterThan(0);
    const letters = await peek(queues, "intake", 100);
    expect(letters.length).toBeGreaterThan(0);
    expect(JSON.stringify(letters)).not.toMatch(/Sample|redriven/);
    const { records, vault } = queues;
    const asked = { who: "ann@example.com", ticket: "OPS-7", reason: "Sample Customer called" };
    const deps = {
      records,
      vault,
      takeBack: vault.remove,
      now: () => Date.now(),
      sleep,
      newId: randomUUID,
    };
    expect(await redrive(queues, "intake", asked, deps)).toEqual({ done: letters.length, reasons_kept: 0 });
    const shown = await until(reference_id, ({ state }) => state === "OpenCapture");
    expect(shown.reference_id).toBe(reference_id);
    // It was written down before there was an onboarding.
    expect(shown.events[0]).toMatchObject({
      kind: "OperatorAsked",
      says: "The operator ann@example.com asked for: redrive (intake), ticket OPS-7.",
    });
    expect(kindsOf(shown)).toEqual(expect.arrayContaining(["OnboardingRequested", "RedrivenByOperator"]));

    // Of one that has a profile the reason is kept as well, until the purge.
    await clients.sqs.send(
      new SendMessageCommand({
        QueueUrl: queues.urls.looks.deadLetters,
        MessageBody: JSON.stringify({ account_id: accountId, reference_id }),
      }),
    );
    await eventually(
      () => countOf(queues, "looks"),
      (count) => count > 0,
    );
    const looked = await redrive(queues, "looks", asked, deps);
    expect(looked.done).toBeGreaterThan(0);
    expect(looked.reasons_kept).toBeGreaterThan(0);
    expect((await show(reference_id)).events.map(({ says }: { says: string }) => says)).toContain(
      "The operator ann@example.com asked for: redrive (looks), ticket OPS-7. Why: Sample Customer called.",
    );
    const commands = join(repository, "infra/operate/commands.ts");
    const { stdout } = await execa(process.execPath, [commands, "dead-letters", "looks"], {
      cwd: repository,
    });
    expect(stdout).toContain("The operator ann@example.com asked for: redrive (looks), ticket OPS-7.");
    expect(stdout).toMatch(/had dead letters redriven: \d+ of looks sent back\.$/);
    expect(stdout).not.toContain("Sample Customer");
    expect((await act(reference_id, "cancel")).status).toBe(200);
  });
});
