import * as z from "zod";
import { factsSchema } from "./facts.ts";
import { ruleOutcomes } from "./rules.ts";

const acts = ["person", "approve", "reject", "recapture", "attention"] as const;

/** What a dry run says: what the policy would do, by which rule and on which facts. */
export const decisionAnswerSchema = z.object({
  reference_id: z.string(),
  /** The gateway's word of this moment. */
  status: z.string(),
  round: z.int(),
  max_rounds: z.int(),
  /** The kind of the workflow's policy. */
  decides: z.enum(["person", "approve", "reject", "recapture", "rules"]),
  act: z.enum(acts),
  rule: z.string().nullable(),
  because: z.string().nullable(),
  /** Names of the facts that led to it. */
  facts_read: z.array(z.string()),
  rules: z.array(
    z.object({
      name: z.string(),
      when: z.string(),
      act: z.enum(acts),
      outcome: z.enum(ruleOutcomes),
      facts: z.array(z.string()),
    }),
  ),
  facts: factsSchema,
  /** Whether the gateway waits for a decision now. */
  would_apply: z.boolean(),
});
export type DecisionAnswer = z.output<typeof decisionAnswerSchema>;
