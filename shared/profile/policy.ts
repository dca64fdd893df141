import * as z from "zod";

const DAY_SECONDS = 86_400;

/** How long one onboarding may take in all. Standard executions end after a year; this leaves room to purge. */
export const MAX_ONBOARDING_SECONDS = 350 * DAY_SECONDS;

/** Recapture rounds of one onboarding, whoever asks for them. */
export const MAX_ROUNDS = 3;

const seconds = z.int().min(1);

/** Recapture items as contract §5.3 names them; `all` takes every item that the gateway offers (E8). */
const recaptureItems = z.union([
  z.literal("all"),
  z.strictObject({ task_keys: z.array(z.string()).default([]), ref_ids: z.array(z.string()).default([]) }),
]);

/** What our side does when the gateway asks for a review (contract §10.4, step 6). */
export const decisionSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("person") }),
  z.strictObject({ kind: z.literal("approve") }),
  z.strictObject({ kind: z.literal("reject"), reason: z.string().max(200).optional() }),
  z.strictObject({
    kind: z.literal("recapture"),
    items: recaptureItems.default("all"),
    reason: z.strictObject({
      code: z.string().min(1),
      reason: z.string().min(1),
      comments: z.string().min(1).max(500).optional(),
    }),
    rounds: z.int().min(1).max(MAX_ROUNDS).default(1),
    afterwards: z.enum(["approve", "reject", "person", "attention"]).default("person"),
  }),
]);
export type Decision = z.output<typeof decisionSchema>;

const limits = {
  /** In-function patience for a link that is not ready yet, before the step parks. */
  linkPatienceSeconds: z.int().min(0).max(20).default(8),
  /** First due check of a wait; each next one doubles, up to a day. */
  firstCheckSeconds: seconds.default(900),
  captureSeconds: seconds.default(30 * DAY_SECONDS),
  reviewSeconds: seconds.default(14 * DAY_SECONDS),
  recaptureSeconds: seconds.default(14 * DAY_SECONDS),
  attentionSeconds: seconds.default(7 * DAY_SECONDS),
  retentionSeconds: seconds.default(30 * DAY_SECONDS),
  maxRounds: z.int().min(0).max(MAX_ROUNDS).default(MAX_ROUNDS),
};

/** Deadlines that close an onboarding nobody attends to: after so many in a row it is given up (never a hang). */
export const MAX_ATTENTION_DEADLINES = 3;

/** One provider workflow (`config.id`, contract §3.1): who decides, and how long everything may take. */
export const workflowSchema = z
  .strictObject({
    config_id: z.string().min(1).max(128),
    decision: decisionSchema,
    /** Whatever is said to the gateway of a customer is encrypted (contract §9), whichever way the request came. */
    encrypted: z.boolean().default(false),
    ...limits,
  })
  .superRefine((workflow, issues) => {
    const longest = longestSeconds(workflow);
    if (longest > MAX_ONBOARDING_SECONDS)
      issues.addIssue({
        code: "custom",
        message: `capture, review, recapture, attention and retention may take ${Math.ceil(longest / DAY_SECONDS)} days together; the most is 350`,
      });
  });
export type Workflow = z.output<typeof workflowSchema>;

/** The longest that an onboarding of this workflow can stay open, were every wait used up to its deadline. */
export function longestSeconds(workflow: Omit<Workflow, "config_id" | "decision" | "encrypted">): number {
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

/** The stage's workflows by `config.id`. A `config.id` that no one configured is left to a person. */
export const workflowsSchema = z.array(workflowSchema);

/** The workflow of a `config.id`, or the defaults with a person deciding. */
export function workflowFor(workflows: readonly Workflow[], configId: string): Workflow {
  return (
    workflows.find((workflow) => workflow.config_id === configId) ??
    workflowSchema.parse({ config_id: configId, decision: { kind: "person" } })
  );
}
