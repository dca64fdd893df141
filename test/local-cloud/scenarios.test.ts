import { execa } from "execa";
import { describe, expect, test } from "vitest";
import type * as z from "zod";
import { steps } from "../../functions/steps/index.ts";
import { readEndpoints } from "../../infra/local/endpoints.ts";
import { judgeRun } from "../../infra/local/judge-run.ts";
import { runScenario, type ScenarioRun } from "../../infra/local/run-scenario.ts";
import { type ScenarioName, scenarioNames } from "../../infra/local/scenarios.ts";
import { type EventType, eventDetailSchemas, eventTypes } from "../../shared/events/published.ts";
import { nextSteps } from "../../shared/profile/next.ts";
import { profileStatuses } from "../../shared/profile/status.ts";

/** State transitions including the start. The first five are the project's promise, the rest is held where it is. */
const transitionBudgets: Record<ScenarioName, number> = {
  "straight-through": 5,
  "no-capture": 5,
  "customer-drops-then-returns": 5,
  "link-late": 5,
  "review-approve": 7,
  "review-reject": 7,
  "review-by-checker": 7,
  reminders: 7,
  "video-call-scheduled": 7,
  encrypted: 7,
  "cancelled-by-caller": 7,
  "link-expires": 7,
  "capture-failed": 7,
  "recapture-once": 11,
  "review-by-rules": 11,
  "recapture-by-checker": 11,
  "by-hand": 11,
  "recapture-twice": 15,
  "recapture-abandoned": 13,
  "recapture-never-ends": 23,
};

/** So many at once on two cores, and the scripted people still find every wait parked. */
const AT_ONCE = 4;

describe("every scenario, deployed, from request to purge", () => {
  const runs = new Map<ScenarioName, Promise<ScenarioRun>>();
  let running: Promise<unknown>[] = [];
  /** Starts scenarios in the order of the table, a few at a time. */
  const runOf = async (name: ScenarioName): Promise<ScenarioRun> => {
    const endpoints = await readEndpoints();
    for (const each of scenarioNames) {
      if (runs.has(each)) continue;
      while (running.length >= AT_ONCE) await Promise.race(running);
      if (runs.has(each)) continue;
      const run = runScenario(endpoints, each, { timeoutSeconds: 120 });
      runs.set(each, run);
      const slot: Promise<unknown> = run
        .catch(() => undefined)
        .finally(() => {
          running = running.filter((other) => other !== slot);
        });
      running.push(slot);
      if (each === name) break;
    }
    return runs.get(name) as Promise<ScenarioRun>;
  };

  test.concurrent.for(scenarioNames)("%s ends with its outcome, purged, the vault empty", async (name) => {
    expect(judgeRun(await runOf(name))).toEqual([]);
  });

  test.concurrent.for(scenarioNames)("%s stays within its state transitions", async (name) => {
    const { history } = await runOf(name);
    const entered = history.filter(({ type }) => type?.endsWith("StateEntered"));
    expect(entered.length + 1).toBeLessThanOrEqual(transitionBudgets[name]);
    // AWS counts a task as scheduled, started, submitted and its end; ours counts no more than that.
    expect(history.length).toBeLessThanOrEqual(name === "recapture-never-ends" ? 130 : 90);
  });

  test.concurrent.for(scenarioNames)("%s leaves only ids and statuses in its history", async (name) => {
    const { history, referenceId } = await runOf(name);
    const payloads = payloadsOf(history);
    expect(payloads.length).toBeGreaterThan(10);
    for (const text of payloads) expect(unexpected(JSON.parse(text), referenceId)).toEqual([]);
  });

  test.concurrent("reminders reminds the customer and then the reviewer, and nothing moves for it", async () => {
    const { events } = await runOf("reminders");
    const reminded = events.filter(({ type }) => type === "CaptureReminderDue");
    expect(reminded.at(-1)?.detail).toMatchObject({ status: "capture_pending", reminder: 2, of: 2 });
    expect(new Set(reminded.map(({ detail }) => detail["event_id"])).size).toBeLessThanOrEqual(2);
    const overdue = events.filter(({ type }) => type === "ReviewOverdue");
    expect(new Set(overdue.map(({ detail }) => detail["event_id"])).size).toBe(1);
  });

  test.concurrent("review-by-rules says which rule decided, and a dry run what it would do now", async () => {
    const { record, referenceId } = await runOf("review-by-rules");
    const decided = record?.events.filter(({ kind }) => kind === "Decided").map(({ detail }) => detail);
    expect(decided).toMatchObject([
      { act: "recapture", rule: "another face", facts: "face_mismatch", round: 0 },
      { act: "approve", rule: "all verified", facts: "all_verified", round: 1 },
    ]);
    const command = ["infra/operate/commands.ts", "decide", referenceId, "--dry-run", "--json"];
    const { stdout } = await execa("node", command);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "purged",
      decides: "rules",
      act: "person",
      would_apply: false,
      facts: { tasks: [], documents: [], round: 1 },
    });
  });

  test.concurrent("recapture-once can be told from its page, step by step", async () => {
    const { referenceId } = await runOf("recapture-once");
    const { stdout } = await execa("node", ["infra/operate/commands.ts", "show", referenceId, "--steps"]);
    const page = stdout.replaceAll(/\s+/g, " ");
    const told = [
      "The caller asked for this onboarding.",
      "Step OpenCapture begins",
      "We had the gateway create the profile.",
      "(event CaptureLinkReady)",
      "We decided to send the customer back",
      "We sent the customer back to redo something, round 1.",
      "Step Recapture has waited",
      "We asked the gateway to approve the customer.",
      "(event OnboardingCompleted)",
      "The customer's data is erased at the gateway and with us.",
      "The execution came to its end.",
    ];
    const places = told.map((words) => page.indexOf(words));
    expect(places.filter((place) => place < 0)).toEqual([]);
    expect(places.toSorted((one, other) => one - other)).toEqual(places);
  });

  test.concurrent.for(scenarioNames)("%s publishes events of the documented shape", async (name) => {
    const { events } = await runOf(name);
    for (const event of events) {
      expect(eventTypes).toContain(event.type);
      const documented: z.ZodObject = eventDetailSchemas[event.type as EventType];
      expect(documented.strict().safeParse(event.detail).error).toBeUndefined();
      expect("capture_link" in event.detail).toBe(event.type === "CaptureLinkReady");
    }
  });
});

/** Every JSON text that the history carries as input, output, parameters or result. */
function payloadsOf(history: readonly object[]): string[] {
  const texts: string[] = [];
  for (const event of history)
    for (const details of Object.values(event))
      if (typeof details === "object" && details !== null)
        for (const [name, text] of Object.entries(details as Record<string, unknown>))
          if (["input", "output", "parameters"].includes(name) && typeof text === "string") texts.push(text);
  return texts;
}

const words = new Set<string>([...profileStatuses, ...nextSteps, ...Object.keys(steps)]);
const ids = /^(account_id|reference_id|FunctionName|task_token|reason|rule|ExecutedVersion)$/;

/** Fields whose value is neither an id, a number nor one of our own words. */
function unexpected(value: unknown, referenceId: string, name = ""): string[] {
  if (value === null || typeof value === "number" || typeof value === "boolean") return [];
  if (typeof value === "string")
    return ids.test(name) || words.has(value) || value === referenceId ? [] : [name];
  return Object.entries(value as object).flatMap(([key, each]) =>
    // What Lambda adds around an answer: a status code and headers of the call itself.
    key === "SdkHttpMetadata" || key === "SdkResponseMetadata" ? [] : unexpected(each, referenceId, key),
  );
}
