import { actOf, decide, type ReviewAct } from "../../shared/profile/next.ts";
import type { Decision, RuleAct, Workflow } from "../../shared/profile/policy.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import type { Records } from "../../shared/store/records.ts";
import type { Facts } from "./facts.ts";
import { type JudgedRule, judge } from "./rules.ts";

/** What the policy makes of a review, and why. */
export interface ReviewDecision {
  /** What Review does. */
  act: ReviewAct;
  /** The same in the policy's words. */
  word: RuleAct["kind"];
  policy: Decision["kind"];
  /** The rule that led to it; `null`: none did, or the policy has no rules. */
  rule: string | null;
  /** Names of the facts that led to it; never their values. */
  facts: string[];
  /** Why a person is asked where a rule or a round would have gone on. */
  reason: string | null;
  /** What became of each rule, in their order. */
  rules: JudgedRule[];
}

/** Decides a review after `rounds` recapture rounds. Pure; `facts` are needed where the policy has rules. */
export function decideReview(
  { decision, maxRounds }: Pick<Workflow, "decision" | "maxRounds">,
  rounds: number,
  facts: Facts | null,
): ReviewDecision {
  if (decision.kind !== "rules") {
    const act = decide(decision, rounds, maxRounds);
    const read = decision.kind === "recapture" ? ["round"] : [];
    return { ...wordOf(act), act, policy: decision.kind, rule: null, facts: read, rules: [] };
  }
  if (!facts) throw new Error("rules decide on facts");
  const { act: wanted, reason, ...led } = judge(decision, facts);
  const act: ReviewAct =
    wanted.kind === "attention" && led.rule === null
      ? { act: "attention", reason: "no rule of the policy matched" }
      : actOf(wanted, rounds, maxRounds);
  const said = wordOf(act);
  return { ...led, ...said, reason: reason ?? said.reason, act, policy: "rules" };
}

function wordOf(act: ReviewAct): Pick<ReviewDecision, "word" | "reason"> {
  switch (act.act) {
    case "park":
      return { word: "person", reason: null };
    case "complete":
      return { word: act.status === "approved" ? "approve" : "reject", reason: act.reason };
    case "recapture":
      return { word: "recapture", reason: null };
    case "attention":
      return { word: "attention", reason: act.reason };
  }
}

/**
 * Writes a decision into the timeline, before it takes effect: once for each wait and decision, however often the step
 * is repeated. That the policy leaves everything to a person is no decision.
 */
export async function recordDecision(
  { records, now }: { records: Pick<Records, "record">; now: () => number },
  record: ProfileRecord,
  { word, policy, rule, facts, reason }: ReviewDecision,
): Promise<void> {
  if (policy === "person") return;
  await records.record(record, `Decided#${record.wait}#${word}#${rule ?? ""}`, {
    at: now(),
    kind: "Decided",
    by: "orchestrator",
    detail: {
      act: word,
      policy,
      rule,
      facts: facts.join(", ") || null,
      round: record.rounds,
      ...(reason && { reason }),
    },
  });
}
