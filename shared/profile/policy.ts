import * as z from "zod";
import { longestSeconds, MAX_ROUNDS, reminderSeconds, usual } from "./workflow.ts";

const DAY_SECONDS = 86_400;

/** How long one onboarding may take in all. Standard executions end after a year; this leaves room to purge. */
export const MAX_ONBOARDING_SECONDS = 350 * DAY_SECONDS;

const seconds = z.int().min(1);

/** Recapture items as contract §5.3 names them; `all` takes every item that the gateway offers (E8). */
const recaptureItems = z.union([
  z.literal("all"),
  z.strictObject({ task_keys: z.array(z.string()).default([]), ref_ids: z.array(z.string()).default([]) }),
]);

const recapture = {
  kind: z.literal("recapture"),
  items: recaptureItems.default("all"),
  reason: z.strictObject({
    code: z.string().min(1),
    reason: z.string().min(1),
    comments: z.string().min(1).max(500).optional(),
  }),
};
const person = z.strictObject({ kind: z.literal("person") });
const approve = z.strictObject({ kind: z.literal("approve") });
const reject = z.strictObject({ kind: z.literal("reject"), reason: z.string().max(200).optional() });

/** What a rule leads to: what a policy may do by itself, or a person's attention. */
const ruleActSchema = z.discriminatedUnion("kind", [
  person,
  approve,
  reject,
  z.strictObject(recapture),
  z.strictObject({ kind: z.literal("attention") }),
]);
export type RuleAct = z.output<typeof ruleActSchema>;

/** One rule. `when` is an expression over the facts of a profile; it is checked where expressions are known. */
const ruleSchema = z.strictObject({
  name: z
    .string()
    .max(60)
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u, "letters, digits, spaces and . _ - are wanted"),
  when: z.string().min(1).max(1000),
  act: ruleActSchema,
});

/** What our side does when the gateway asks for a review (contract §10.4, step 6). */
export const decisionSchema = z.discriminatedUnion("kind", [
  person,
  approve,
  reject,
  z.strictObject({
    ...recapture,
    rounds: z.int().min(1).max(MAX_ROUNDS).default(1),
    afterwards: z.enum(["approve", "reject", "person", "attention"]).default("person"),
  }),
  z.strictObject({
    kind: z.literal("rules"),
    /** The first one that matches decides. */
    rules: z
      .array(ruleSchema)
      .min(1)
      .max(50)
      .refine((rules) => new Set(rules.map(({ name }) => name)).size === rules.length, {
        message: "each rule needs a name of its own",
      }),
    /** Where none matches. Never an approval: that takes a rule which says so. */
    otherwise: z.enum(["person", "attention"]).default("person"),
  }),
]);
export type Decision = z.output<typeof decisionSchema>;
export type RulesDecision = Extract<Decision, { kind: "rules" }>;

/** What a customer is sent back for. */
export type RecaptureAsk = Pick<Extract<Decision, { kind: "recapture" }>, "items" | "reason">;

/** Reminders of one wait at most, whatever is configured. */
const MAX_REMINDERS = 10;

/** When a customer who has not finished is to be reminded; each recapture round counts anew. */
const reminders = z.strictObject({
  /** From the moment that the link, or the round, was announced until the first reminder. */
  afterSeconds: seconds,
  /** Between two reminders; left out, as long as before the first. */
  everySeconds: seconds.optional(),
  atMost: z.int().min(0).max(MAX_REMINDERS).default(1),
});
export type Reminders = z.output<typeof reminders>;

const limits = {
  /** In-function patience for a link that is not ready yet, before the step parks; W6 tells of it afterwards. */
  linkPatienceSeconds: z.int().min(0).max(20).default(usual.linkPatienceSeconds),
  /** First due check of a wait; each next one doubles, up to a day. */
  firstCheckSeconds: seconds.default(usual.firstCheckSeconds),
  captureSeconds: seconds.default(usual.captureSeconds),
  reviewSeconds: seconds.default(usual.reviewSeconds),
  recaptureSeconds: seconds.default(usual.recaptureSeconds),
  attentionSeconds: seconds.default(usual.attentionSeconds),
  retentionSeconds: seconds.default(usual.retentionSeconds),
  maxRounds: z.int().min(0).max(MAX_ROUNDS).default(usual.maxRounds),
};

/** One provider workflow (`config.id`, contract §3.1): who decides, and how long everything may take. */
export const workflowSchema = z
  .strictObject({
    config_id: z.string().min(1).max(128),
    decision: decisionSchema,
    /** Whatever is said to the gateway of a customer is encrypted (contract §9), whichever way the request came. */
    encrypted: z.boolean().default(usual.encrypted),
    ...limits,
    /** Left out: customers are never reminded. */
    reminders: reminders.optional(),
    /** A review that nobody decided is said to be overdue after so long; left out, never. */
    reviewOverdueSeconds: seconds.optional(),
    /** A booked slot of which no session was seen is said to be missed so long after its end. */
    appointmentGraceSeconds: z.int().min(0).max(DAY_SECONDS).default(usual.appointmentGraceSeconds),
  })
  .superRefine((workflow, issues) => {
    const { reminders, captureSeconds, reviewOverdueSeconds, reviewSeconds } = workflow;
    // What falls after a recapture round's deadline is not sent; after the capture's, it never could be.
    if (reminders && reminders.atMost > 0 && reminderSeconds(reminders, reminders.atMost) >= captureSeconds)
      issues.addIssue({
        code: "custom",
        path: ["reminders"],
        message: "the last reminder must come before captureSeconds are over",
      });
    if (reviewOverdueSeconds !== undefined && reviewOverdueSeconds >= reviewSeconds)
      issues.addIssue({
        code: "custom",
        path: ["reviewOverdueSeconds"],
        message: "must be less than reviewSeconds",
      });
    const longest = longestSeconds(workflow);
    if (longest > MAX_ONBOARDING_SECONDS)
      issues.addIssue({
        code: "custom",
        message: `capture, review, recapture, attention and retention may take ${Math.ceil(longest / DAY_SECONDS)} days together; the most is 350`,
      });
  });
export type Workflow = z.output<typeof workflowSchema>;
