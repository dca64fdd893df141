import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { refusals } from "../../shared/gateway/answers.ts";
import { endpoint } from "../../shared/gateway/endpoints.ts";
import { readTruth } from "../../shared/profile/status.ts";
import { dynamoRecords, type Records } from "../../shared/store/records.ts";
import { defineAction, toHandler } from "../action.ts";
import { decideReview } from "../decisions/decide-review.ts";
import { type DecisionAnswer, decisionAnswerSchema } from "../decisions/decision-answer.ts";
import { factsOf } from "../decisions/facts.ts";
import { resource, type WorkflowOf, workflowsFromSettings } from "../environment.ts";
import { fetchResult } from "../gateway/fetch-result.ts";
import { type CipherOf, ciphersFromSecret, type GatewayOf, gatewaysFromSecret } from "../gateway/gateways.ts";

interface Deps {
  records: Pick<Records, "find">;
  gatewayOf: GatewayOf;
  cipherOf: CipherOf;
  workflowOf: WorkflowOf;
}

/** `GET /onboardings/{reference_id}/decision`: what the workflow's policy would do now, and why. Changes nothing. */
export const fetchDecision = defineAction<Deps>({
  file: "fetch-decision",
  serves: endpoint({
    operations: [],
    summary:
      "Fetch what the workflow's policy would decide now, by which rule and on which facts; changes nothing",
    method: "GET",
    path: "/onboardings/{reference_id}/decision",
    success: { status: 200, body: decisionAnswerSchema },
    refusals: ["unknownProfile"],
  }),
  grants: ["callers:read", "records:read", "gateway:call"],
  async run({ account_id, id }, deps) {
    const record = await deps.records.find({ account_id, reference_id: id });
    if (!record) return refusals.unknownProfile();
    const profile = await fetchResult(record, deps);
    const { status, raw_status } = readTruth(profile);
    const workflow = deps.workflowOf(record.config_id);
    const facts = factsOf(profile, record.rounds);
    const { word, policy, rule, reason, facts: read, rules } = decideReview(workflow, record.rounds, facts);
    const body: DecisionAnswer = {
      reference_id: id,
      status: status ?? raw_status,
      round: record.rounds,
      max_rounds: workflow.maxRounds,
      decides: policy,
      act: word,
      rule,
      because: reason,
      facts_read: read,
      rules,
      facts,
      would_apply: status === "review_required",
    };
    return { status: 200, body };
  },
});

export const handler = toHandler(fetchDecision, (log, metrics) => ({
  records: dynamoRecords(new DynamoDBClient({}), resource("records:read")),
  gatewayOf: gatewaysFromSecret(log, metrics),
  cipherOf: ciphersFromSecret(),
  workflowOf: workflowsFromSettings(),
}));
