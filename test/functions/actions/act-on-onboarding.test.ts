import type { Context } from "aws-lambda";
import { describe, expect, test, vi } from "vitest";
import { answerFor, toHandler } from "../../../functions/action.ts";
import { actOnOnboarding, operationAnswerSchema } from "../../../functions/actions/act-on-onboarding.ts";
import { purgeProfile } from "../../../functions/actions/purge-profile.ts";
import { withReasons } from "../../../functions/operate/operator-audit.ts";
import { purge } from "../../../functions/steps/purge.ts";
import { refusals, successes } from "../../../shared/gateway/answers.ts";
import { Transient } from "../../../shared/gateway/errors.ts";
import type { OperatorAction } from "../../../shared/profile/operations.ts";
import { vaultPrefix } from "../../../shared/store/keys.ts";
import { settle } from "../../shared/store/settle.ts";
import {
  type Answers,
  callOf,
  hashKey,
  ids,
  key,
  onboardingInMemory,
  profile_id,
  START,
  state,
  statusAnswer,
} from "../onboarding-in-memory.ts";

const asking = { by: "ann@example.com", reason: "The customer Jo Example called." };
const link = (capture_expires_at: string | null = null) => ({
  status: 200,
  body: { capture_link: "https://capture.example.com/c?t=x", capture_expires_at, profile_id },
});

function operating(answers: Answers = {}) {
  const onboarding = onboardingInMemory(answers);
  const { deps, records, claimed } = onboarding;
  let acts = 0;
  const actionDeps = { ...deps, captureHosts: ["example.com"], newId: () => `act-${++acts}` };
  const call = (action: OperatorAction, more: object = {}, subject?: string) =>
    callOf({
      id: key.reference_id,
      body: { action, ...asking, ...more },
      ...(subject && { subject }),
    });
  return {
    ...onboarding,
    deps: actionDeps,
    /** The answer as the handler would give it. */
    async act(action: OperatorAction, more: object = {}, subject?: string) {
      try {
        return await actOnOnboarding.run(call(action, more, subject), actionDeps);
      } catch (error) {
        return answerFor(error, actOnOnboarding.serves);
      }
    },
    /** What the timeline has of operators, oldest first: kind, and a part of the detail. */
    async audit(): Promise<Record<string, unknown>[]> {
      const lines = (await records.history(key, profile_id)).filter(({ kind }) => /Operator/.test(kind));
      return lines.map(({ kind, by, detail }) => ({ kind, by, ...detail }));
    },
    claimed,
    /** A profile whose record is as if the gateway had this status, and whose wait was parked in this state. */
    async parked(status: string, wait: "OpenCapture" | "Review" | "Recapture" | "Retain" = "Review") {
      const claim = await onboarding.created();
      const record = await onboarding.record();
      await records.park(
        record,
        {
          state: wait,
          parked_at: START,
          task_token: "token",
          waits_for: [],
          deadline_at: START + 1e9,
          due_at: START + 1e6,
        },
        { status: status as "completed", link_ready: true },
      );
      return claim;
    },
  };
}

test("an attempt is written down with who, what and the ticket before anything is asked of the gateway", async () => {
  const onboarding = operating({
    async completeProfile() {
      expect(await onboarding.audit()).toEqual([
        {
          kind: "OperatorAsked",
          by: "operator",
          action: "approve",
          who: asking.by,
          subject: "subject-1",
          ticket: "OPS-12",
          audit_id: "act-1",
          reason_kept: 1,
        },
      ]);
      return successes.completed(ids);
    },
  });
  await onboarding.parked("review_required");
  const answer = await onboarding.act("approve", { ticket: "OPS-12" }, "subject-1");
  expect(answer).toEqual({
    status: 200,
    body: {
      reference_id: key.reference_id,
      action: "approve",
      done: true,
      says: "the profile is approved",
      status: "completed",
      audit_id: "act-1",
      reason_kept: true,
    },
  });
  expect(operationAnswerSchema.parse(answer.body)).toEqual(answer.body);
  expect((await onboarding.audit())[1]).toEqual({
    kind: "ApprovedByOperator",
    by: "operator",
    action: "approve",
    who: asking.by,
    subject: "subject-1",
    ticket: "OPS-12",
    audit_id: "act-1",
    result: "done",
    says: "the profile is approved",
  });
});

test("nothing is done that cannot be written down", async () => {
  const onboarding = operating();
  await onboarding.parked("review_required");
  const record = vi.fn(async () => {
    throw new Error("throttled");
  });
  const deps = { ...onboarding.deps, records: { ...onboarding.records, record } };
  const call = callOf({ id: key.reference_id, body: { action: "approve", ...asking } });
  await expect(actOnOnboarding.run(call, deps)).rejects.toThrow("throttled");
  expect(onboarding.asked).toEqual([]);
});

describe("the reason", () => {
  test("lies in the vault, is shown while it is there, and is nowhere in the table", async () => {
    const onboarding = operating({ cancelProfile: () => successes.cancelled(ids) });
    await onboarding.parked("capture_pending", "OpenCapture");
    await onboarding.act("cancel");
    expect(JSON.stringify([...onboarding.table.items.values()])).not.toContain("Jo Example");
    const lines = await onboarding.records.history(key, profile_id);
    const shown = async () =>
      (await withReasons(key, lines, onboarding.vault)).map(({ detail }) => detail["reason"]);
    expect(await shown()).toEqual([asking.reason, undefined]);
    await onboarding.vault.erase(key);
    expect(await shown()).toEqual([undefined, undefined]);
  });

  test("is kept nowhere where no purge would find it: without a profile, during the purge and after it", async () => {
    const onboarding = operating();
    const kept = async () => {
      const answer = await onboarding.act("recheck");
      const [asked] = (await onboarding.audit()).slice(-2);
      const inVault = [...onboarding.vault.objects.keys()].filter((name) => name.includes("reason-"));
      return { status: answer.status, reason_kept: asked?.["reason_kept"], inVault };
    };
    await onboarding.claimed();
    expect(await kept()).toEqual({ status: 200, reason_kept: 0, inVault: [] });
    await onboarding.parked("completed", "Retain");
    await onboarding.records.beginPurge(key, START);
    expect(await kept()).toEqual({ status: 200, reason_kept: 0, inVault: [] });
    await settle(onboarding.records, key, { status: "purged", purged_at: START });
    expect(await kept()).toEqual({ status: 409, reason_kept: 0, inVault: [] });
  });

  test("that is being put into the vault keeps a purge from beginning; an erasure takes it along", async () => {
    const onboarding = operating({
      purgeProfile: () => successes.purged(ids),
      fetchProfile: () => statusAnswer("purged"),
    });
    await onboarding.parked("completed", "Retain");
    const { vault } = onboarding;
    let purged: unknown;
    const put: typeof vault.put = async (of, name, value) => {
      purged = await purge.run(state, onboarding.deps, "").catch((error: Error) => error.message);
      await vault.put(of, name, value);
    };
    const deps = { ...onboarding.deps, vault: { ...vault, put } };
    await actOnOnboarding.run(callOf({ id: key.reference_id, body: { action: "recheck", ...asking } }), deps);
    expect(purged).toMatch(/put into the vault/);
    expect(onboarding.asked).toEqual([]);
    await purge.run(state, onboarding.deps, "");
    expect([...vault.objects.keys()]).toEqual([]);
  });
});

describe("what is refused", () => {
  test("by us is 409 with the reason, and is written down as refused", async () => {
    const onboarding = operating();
    await onboarding.parked("completed", "Retain");
    await onboarding.records.hold(key, { by: "bob", at: START });
    expect(await onboarding.act("purge")).toEqual(
      refusals.notNow("it is under legal hold: release it first"),
    );
    expect((await onboarding.audit())[1]).toMatchObject({
      kind: "RefusedToOperator",
      action: "purge",
      result: "refused",
      says: "it is under legal hold: release it first",
    });
    expect(onboarding.asked).toEqual([]);
  });

  test.each<[OperatorAction, object, Answers, object]>([
    [
      "approve",
      {},
      { completeProfile: () => refusals.wrongState("in_progress") },
      refusals.wrongState("in_progress"),
    ],
    [
      "cancel",
      {},
      { cancelProfile: () => refusals.cancelNotAllowed(ids, "in_progress") },
      refusals.cancelNotAllowed(ids, "in_progress"),
    ],
    ["reject", {}, { completeProfile: () => ({ status: 404, body: null }) }, refusals.unknownProfile()],
    [
      "purge",
      {},
      { purgeProfile: () => refusals.purgeNotAllowed(ids, "in_progress", null) },
      refusals.purgeNotAllowed(ids, "in_progress", null),
    ],
    [
      "recapture",
      { items: "all", recapture_details: { code: "C", reason: "R" } },
      { fetchRecaptureConfig: () => refusals.wrongState("in_progress") },
      refusals.wrongState("in_progress"),
    ],
  ])("by the gateway is the gateway's own answer: %s", async (action, more, answers, expected) => {
    const onboarding = operating(answers);
    await onboarding.parked("in_progress");
    expect(await onboarding.act(action, more)).toEqual(expected);
    expect((await onboarding.audit())[1]).toMatchObject({ kind: "RefusedToOperator", result: "refused" });
  });

  test("is nobody's onboarding, with 404, and is written nowhere", async () => {
    const onboarding = operating();
    expect(await onboarding.act("recheck")).toEqual(refusals.unknownProfile());
    expect(onboarding.table.items.size).toBe(0);
  });
});

test("an answer that never came is written down as failed, and raises the signal", async () => {
  const onboarding = operating({
    completeProfile: () => {
      throw new Transient("no answer", null);
    },
  });
  await onboarding.parked("review_required");
  expect((await onboarding.act("reject")).status).toBe(500);
  expect((await onboarding.audit())[1]).toMatchObject({ kind: "FailedForOperator", result: "failed" });
  expect((await onboarding.record()).signal).toBe(1);
});

describe("recheck", () => {
  test("raises the signal", async () => {
    const onboarding = operating();
    await onboarding.parked("review_required");
    expect(await onboarding.act("recheck")).toMatchObject({ status: 200, body: { done: true } });
    expect((await onboarding.record()).signal).toBe(1);
  });

  test("of a create that was put off has the sweeper start the next attempt now", async () => {
    const onboarding = operating();
    const claim = await onboarding.claimed();
    onboarding.clock.now = START + 90_000;
    await onboarding.records.defer(claim, START + 1e6);
    vi.mocked(onboarding.deps.executions.look).mockResolvedValue("unknown" as never);
    expect(await onboarding.act("recheck")).toMatchObject({ status: 200, body: { done: true } });
    expect((await onboarding.records.claimOf(key))?.due_at).toBe(onboarding.clock.now);
  });

  test("of a request that was claimed just now leaves whoever claimed it the time to put it into the vault", async () => {
    const onboarding = operating();
    await onboarding.claimed();
    vi.mocked(onboarding.deps.executions.look).mockResolvedValue("unknown" as never);
    await onboarding.act("recheck");
    expect((await onboarding.records.claimOf(key))?.due_at).toBe(START + 60_000);
    expect(await onboarding.act("restart")).toEqual(
      refusals.notNow("it has not been started yet: re-check it"),
    );
    expect(onboarding.deps.executions.start).not.toHaveBeenCalled();
  });

  test("has nothing to do while the profile is being created", async () => {
    const onboarding = operating();
    await onboarding.claimed();
    expect(await onboarding.act("recheck")).toMatchObject({ status: 200, body: { done: false } });
    expect(onboarding.deps.executions.start).not.toHaveBeenCalled();
  });

  test("says to restart what has no execution", async () => {
    const onboarding = operating();
    await onboarding.parked("review_required");
    vi.mocked(onboarding.deps.executions.look).mockResolvedValue("ended" as never);
    expect(await onboarding.act("recheck")).toEqual(refusals.notNow("no execution runs for it: restart it"));
  });
});

describe("resend-link", () => {
  const offering = (status: string, answer: () => object = link) =>
    operating({ fetchProfile: () => statusAnswer(status), fetchCaptureLink: answer as never });

  test("publishes the gateway's link as it is now, as another event each time", async () => {
    const onboarding = offering("capture_pending", () => link("2026-03-01T00:00:00.000Z"));
    await onboarding.parked("capture_pending", "OpenCapture");
    await onboarding.act("resend-link");
    await onboarding.act("resend-link");
    expect(onboarding.told()).toEqual({ types: ["CaptureLinkReady", "CaptureLinkReady"], events: 2 });
    expect(onboarding.published[0]?.detail).toMatchObject({
      capture_link: "https://capture.example.com/c?t=x",
      capture_expires_at: "2026-03-01T00:00:00.000Z",
    });
    expect(JSON.stringify([...onboarding.table.items.values()])).not.toContain("https://capture");
  });

  test.each<[string, ReturnType<typeof offering>]>([
    ["the profile is review_required", offering("review_required")],
    ["the gateway has no link of it", offering("capture_pending", refusals.unknownProfile)],
    ["its link has expired", offering("capture_pending", () => link("2026-01-05T09:00:00.000Z"))],
    [
      "its link is on no host that customers may be sent to",
      offering("recapture_pending", () => ({
        ...link(),
        body: { ...link().body, capture_link: "https://example.org/" },
      })),
    ],
  ])("is refused where no customer could use it: %s", async (why, onboarding) => {
    await onboarding.parked("capture_pending", "OpenCapture");
    expect(await onboarding.act("resend-link")).toEqual(refusals.notNow(why));
    expect(onboarding.published).toEqual([]);
  });
});

test("remind publishes the next reminder, unless no customer is waited for", async () => {
  let status = "capture_pending";
  const onboarding = operating({ fetchProfile: () => statusAnswer(status) });
  await onboarding.parked("capture_pending", "OpenCapture");
  expect(await onboarding.act("remind")).toMatchObject({ status: 200, body: { done: true } });
  expect(onboarding.published).toMatchObject([{ type: "CaptureReminderDue", detail: { reminder: 1 } }]);
  status = "in_progress";
  expect(await onboarding.act("remind")).toEqual(refusals.notNow("no customer is waited for"));
});

describe("recapture", () => {
  const selfie = { attr: null, document_type: "selfie", ref_id: "selfie", resource_type: "image" };
  const task = { task_key: "t", task_type: "t" };
  const offer = {
    configuration: { resources: [selfie, selfie], tasks: [task] },
    reasons: [
      { code: "C", reason: "Blurred", comments_mandatory: false },
      { code: "C", reason: "Other", comments_mandatory: true },
    ],
  };
  const blurred = { code: "C", reason: "Blurred" };
  const sending = (more: object) => {
    const sent: unknown[] = [];
    const onboarding = operating({
      fetchRecaptureConfig: () => ({ status: 200, body: offer }),
      submitRecapture: ({ body }) => {
        sent.push(body);
        return successes.sentForRecapture(ids);
      },
    });
    return {
      sent,
      act: async () => {
        await onboarding.parked("review_required");
        return onboarding.act("recapture", more);
      },
    };
  };

  test.each<[string, object, object]>([
    ["all that is offered", { items: "all" }, { tasks: [task], resources: [selfie] }],
    ["the items that are named", { items: { ref_ids: ["selfie"] } }, { tasks: [], resources: [selfie] }],
  ])("submits %s", async (_, items, recapture_configuration) => {
    const { sent, act } = sending({ ...items, recapture_details: blurred });
    expect(await act()).toMatchObject({ status: 200, body: { status: "recapture_pending" } });
    expect(sent).toEqual([{ recapture_configuration, recapture_details: blurred }]);
  });

  test.each<[string, object, object]>([
    [
      "an item that is not offered beside one that is",
      { items: { ref_ids: ["selfie", "passport"] }, recapture_details: blurred },
      refusals.invalidRecaptureConfiguration(),
    ],
    [
      "a reason that is not offered",
      { items: "all", recapture_details: { code: "C", reason: "Whim" } },
      refusals.invalidRecaptureReason(),
    ],
    [
      "a reason that needs comments, without",
      { items: "all", recapture_details: { code: "C", reason: "Other" } },
      refusals.commentsMandatory(),
    ],
  ])("asks the gateway for nothing of %s", async (_, more, expected) => {
    const { sent, act } = sending(more);
    expect(await act()).toEqual(expected);
    expect(sent).toEqual([]);
  });
});

describe("a decision", () => {
  test.each(["approve", "reject"] as const)(
    "carries what E10 takes, and not the reason: %s",
    async (action) => {
      let sent: unknown;
      const onboarding = operating({
        completeProfile: ({ body }) => {
          sent = body;
          return successes.completed(ids);
        },
      });
      await onboarding.parked("review_required");
      const status_description = { code: "F1", comments: "Seen by two" };
      await onboarding.act(action, { status_description });
      expect(sent).toEqual({ status: action === "approve" ? "approved" : "rejected", status_description });
      expect((await onboarding.record()).signal).toBe(1);
    },
  );
});

test("what had happened before is no refusal, and nothing was done", async () => {
  const onboarding = operating({ cancelProfile: () => refusals.alreadyCancelled(ids, "cancelled") });
  await onboarding.parked("capture_pending", "OpenCapture");
  expect(await onboarding.act("cancel")).toMatchObject({
    status: 200,
    body: { done: false, says: "that had happened already", status: "cancelled" },
  });
});

describe("a legal hold", () => {
  test("is on whose word since when, once; its release raises the signal", async () => {
    const onboarding = operating();
    await onboarding.parked("completed", "Retain");
    expect(await onboarding.act("hold")).toMatchObject({ status: 200, body: { done: true } });
    expect((await onboarding.record()).held).toEqual({ by: asking.by, at: START });
    expect(await onboarding.act("hold")).toEqual(refusals.notNow("it is under legal hold already"));
    expect(await onboarding.act("release")).toMatchObject({ status: 200, body: { done: true } });
    expect(await onboarding.record()).toMatchObject({ held: null, signal: 1 });
    expect(await onboarding.act("release")).toEqual(refusals.notNow("it is not under legal hold"));
  });

  test("refuses a caller's purge in the contract's words, and the timeline tells", async () => {
    const onboarding = operating();
    await onboarding.parked("completed", "Retain");
    await onboarding.act("hold");
    const answer = await purgeProfile.run(callOf({ id: profile_id }), onboarding.deps);
    expect(answer).toEqual(refusals.purgeNotAllowed(ids, "completed", null));
    expect(onboarding.asked).toEqual([]);
    const lines = await onboarding.records.history(key, profile_id);
    expect(lines.map(({ kind, by }) => [kind, by])).toContainEqual(["PurgeHeldBack", "caller"]);
  });

  test("is not given while the gateway is asked to erase, by an operator or a caller, and then it is", async () => {
    for (const way of ["operator", "caller"]) {
      const meanwhile: unknown[] = [];
      const onboarding = operating({
        async purgeProfile() {
          meanwhile.push(await onboarding.act("hold"));
          return refusals.purgeNotAllowed(ids, "in_progress", null);
        },
      });
      await onboarding.parked("completed", "Retain");
      if (way === "operator") await onboarding.act("purge");
      else await expect(purgeProfile.run(callOf({ id: profile_id }), onboarding.deps)).rejects.toThrow();
      expect(meanwhile).toEqual([refusals.notNow("it has just changed: try again")]);
      expect((await onboarding.act("hold")).status).toBe(200);
    }
  });

  test("is not given for as long as a purge without an answer may still take effect", async () => {
    const onboarding = operating({
      purgeProfile: () => {
        throw new Transient("no answer", null);
      },
    });
    await onboarding.parked("completed", "Retain");
    expect((await onboarding.act("purge")).status).toBe(500);
    expect((await onboarding.act("hold")).status).toBe(409);
    onboarding.clock.now += 36_000;
    expect((await onboarding.act("hold")).status).toBe(200);
  });

  test("that comes while an operator's purge is written down refuses it", async () => {
    const onboarding = operating();
    await onboarding.parked("completed", "Retain");
    const { put } = onboarding.vault;
    onboarding.vault.put = async (...args) => {
      await onboarding.records.hold(key, { by: "somebody", at: START });
      return put.apply(onboarding.vault, args);
    };
    expect(await onboarding.act("purge")).toEqual(
      refusals.notNow("it is under legal hold: release it first"),
    );
    expect(onboarding.asked).toEqual([]);
  });

  test("holds against another spelling of the profile's id", async () => {
    const onboarding = operating({ fetchProfile: () => statusAnswer("completed") });
    await onboarding.parked("completed", "Retain");
    await onboarding.act("hold");
    const answer = await purgeProfile.run(callOf({ id: `{${profile_id}}` }), onboarding.deps);
    expect(answer).toEqual(refusals.purgeNotAllowed(ids, "completed", null));
    expect(onboarding.asked).toEqual(["fetchStatus"]);
  });

  test("that comes before the purge erases anything keeps everything; one that comes later is refused", async () => {
    const onboarding = operating({
      purgeProfile: () => successes.purged(ids),
      fetchProfile: () => statusAnswer("purged"),
    });
    await onboarding.parked("completed", "Retain");
    await onboarding.act("hold");
    const before = onboarding.vault.objects.size;
    await expect(purge.run(state, onboarding.deps, "")).rejects.toThrow("legal hold");
    expect(onboarding.asked).toEqual([]);
    expect(onboarding.vault.objects.size).toBe(before);
    await onboarding.act("release");
    await onboarding.records.beginPurge(key, START);
    expect(await onboarding.act("hold")).toEqual(refusals.notNow("its purge has begun"));
  });

  test("that outlasted its execution is released by a new one", async () => {
    const onboarding = operating();
    await onboarding.parked("completed", "Retain");
    await onboarding.act("hold");
    vi.mocked(onboarding.deps.executions.look).mockResolvedValue("ended" as never);
    expect(await onboarding.act("release")).toMatchObject({
      status: 200,
      body: { says: "it is released, and what is due by now is done by a new execution" },
    });
    expect(onboarding.deps.executions.start).toHaveBeenCalledWith(expect.objectContaining({ attempt: 2 }));
  });

  test("on what has no profile yet is refused: the create may still be refused, and then nothing is kept", async () => {
    const onboarding = operating();
    await onboarding.claimed();
    expect(await onboarding.act("hold")).toEqual(refusals.notNow("there is no profile yet"));
  });
});

describe("restart", () => {
  test("is refused while the execution runs", async () => {
    const onboarding = operating();
    await onboarding.parked("review_required");
    expect(await onboarding.act("restart")).toEqual(refusals.notNow("its execution runs"));
    expect(onboarding.deps.executions.start).not.toHaveBeenCalled();
  });

  test.each(["ended", "unknown"] as const)("starts the claim's next attempt where it %s", async (found) => {
    const onboarding = operating();
    const claim = await onboarding.parked("review_required");
    vi.mocked(onboarding.deps.executions.look).mockResolvedValue(found as never);
    expect(await onboarding.act("restart")).toMatchObject({
      status: 200,
      body: { done: true, says: "a new execution was started, attempt 2" },
    });
    const execution = claim.execution.replace(/-1$/, "-2");
    expect(onboarding.deps.executions.start).toHaveBeenCalledWith(
      expect.objectContaining({ attempt: 2, execution }),
    );
    const now = await onboarding.records.claimOf(key);
    expect({ attempt: now?.attempt, execution: now?.execution, due_at: now?.due_at ?? null }).toEqual({
      attempt: 2,
      execution,
      due_at: null,
    });
  });

  test("that dies before the start is found by the sweeper", async () => {
    const onboarding = operating();
    await onboarding.parked("review_required");
    vi.mocked(onboarding.deps.executions.look).mockResolvedValue("ended" as never);
    vi.mocked(onboarding.deps.executions.start).mockRejectedValue(new Error("throttled"));
    expect((await onboarding.act("restart")).status).toBe(500);
    expect((await onboarding.records.claimOf(key))?.due_at).toBe(START + 60_000);
  });

  test("of a request without a profile is left to the sweeper, which knows whether there is one to create", async () => {
    const onboarding = operating();
    await onboarding.claimed();
    onboarding.clock.now = START + 90_000;
    vi.mocked(onboarding.deps.executions.look).mockResolvedValue("ended" as never);
    expect(await onboarding.act("restart")).toMatchObject({ status: 200, body: { done: true } });
    expect(await onboarding.records.claimOf(key)).toMatchObject({ attempt: 2, due_at: START + 90_000 });
    expect(onboarding.deps.executions.start).not.toHaveBeenCalled();
  });

  test("by two at once is one", async () => {
    const onboarding = operating();
    await onboarding.parked("review_required");
    vi.mocked(onboarding.deps.executions.look).mockResolvedValue("ended" as never);
    const answers = await Promise.all([onboarding.act("restart"), onboarding.act("restart")]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(onboarding.deps.executions.start).toHaveBeenCalledTimes(1);
  });
});

describe("the body", () => {
  const handler = toHandler(
    actOnOnboarding,
    () => operating().deps,
    () => async () => ({ account_id: key.account_id, hashKey }),
  );
  const ask = async (body: object) => {
    const event = {
      headers: {},
      pathParameters: { reference_id: key.reference_id },
      body: JSON.stringify(body),
    };
    const { statusCode, body: text = "" } = await handler(event as never, {} as Context);
    return { status: statusCode, ...(JSON.parse(text) as { reason?: string }) };
  };

  test.each<[string, object]>([
    ["action", { ...asking }],
    ["action", { ...asking, action: "explode" }],
    ["by", { ...asking, action: "recheck", by: "" }],
    ["by", { ...asking, action: "recheck", by: "an n" }],
    ["reason", { ...asking, action: "recheck", reason: "   " }],
    ["reason", { ...asking, action: "recheck", reason: "x".repeat(501) }],
    ["ticket", { ...asking, action: "hold", ticket: "<script>" }],
    ["items", { ...asking, action: "recapture", items: {}, recapture_details: { code: "C", reason: "R" } }],
    ["recapture_details", { ...asking, action: "recapture", items: "all" }],
    ["body", { ...asking, action: "approve", items: "all" }],
    ["status_description", { ...asking, action: "reject", status_description: { colour: "red" } }],
  ])("is refused where %s is wrong, and the refusal quotes nothing", async (field, body) => {
    const answer = await ask(body);
    expect(answer.status).toBe(400);
    expect(answer.reason).toMatch(new RegExp(`^${field}[:.]`));
    expect(answer.reason).not.toMatch(/explode|<script|an n|Jo Example/);
  });
});

test("nothing of a purged onboarding comes back by acting on it", async () => {
  const onboarding = operating();
  await onboarding.parked("completed", "Retain");
  await onboarding.vault.erase(key);
  await settle(onboarding.records, key, { status: "purged", purged_at: START });
  for (const action of ["recheck", "hold", "restart", "purge", "cancel"] as const)
    expect((await onboarding.act(action)).status).toBe(409);
  expect([...onboarding.vault.objects.keys()].filter((name) => name.startsWith(vaultPrefix(key)))).toEqual(
    [],
  );
});
