import type { Decision, RecaptureAsk, Reminders, Workflow } from "./policy.ts";

const DAY_SECONDS = 86_400;

/** Recapture rounds of one onboarding, whoever asks for them. */
export const MAX_ROUNDS = 3;

/** Deadlines that close an onboarding nobody attends to: after so many in a row it is given up (never a hang). */
export const MAX_ATTENTION_DEADLINES = 3;

/** What holds of a workflow as far as its settings leave it open. */
export const usual = {
  encrypted: false,
  linkPatienceSeconds: 0,
  firstCheckSeconds: 1_800,
  captureSeconds: 30 * DAY_SECONDS,
  reviewSeconds: 14 * DAY_SECONDS,
  recaptureSeconds: 14 * DAY_SECONDS,
  attentionSeconds: 7 * DAY_SECONDS,
  retentionSeconds: 30 * DAY_SECONDS,
  maxRounds: MAX_ROUNDS,
  appointmentGraceSeconds: 900,
};

/** The workflow of a `config.id`; one that no one configured is left to a person. */
export const workflowFor = (workflows: readonly Workflow[], config_id: string): Workflow =>
  workflows.find((workflow) => workflow.config_id === config_id) ?? {
    ...usual,
    config_id,
    decision: { kind: "person" },
  };

/** What a policy sends the customer back for, with rules by the one of that name; `null`: for nothing. */
export function recaptureAsk(decision: Decision, rule: string | undefined): RecaptureAsk | null {
  if (decision.kind === "recapture") return rule === undefined ? decision : null;
  const act = decision.kind === "rules" && decision.rules.find(({ name }) => name === rule)?.act;
  return act && act.kind === "recapture" ? act : null;
}

/** Seconds from the beginning of a wait until its reminder of this number, from 1. */
export const reminderSeconds = (
  { afterSeconds, everySeconds = afterSeconds }: Reminders,
  number: number,
): number => afterSeconds + (number - 1) * everySeconds;

/** The longest that an onboarding of this workflow can stay open, were every wait used up to its deadline. */
export function longestSeconds(workflow: typeof usual): number {
  const { captureSeconds, reviewSeconds, recaptureSeconds, attentionSeconds, retentionSeconds, maxRounds } =
    workflow;
  return (
    captureSeconds +
    (maxRounds + 1) * reviewSeconds +
    maxRounds * recaptureSeconds +
    MAX_ATTENTION_DEADLINES * attentionSeconds +
    retentionSeconds
  );
}
