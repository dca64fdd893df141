import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import middy from "@middy/core";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { onboardingRequestedSchema } from "../../shared/events/published.ts";
import { checkBody } from "../../shared/gateway/check-body.ts";
import { jsonProblem, parseJson } from "../../shared/gateway/json.ts";
import { cachedSecret } from "../../shared/store/secret-cache.ts";
import { callersSecretSchema } from "../../shared/store/secrets.ts";
import { once, resource } from "../environment.ts";
import type { Grant } from "../grants.ts";
import { createLog, faultName, type Log } from "../log.ts";
import type { CountDimensions } from "../metrics/metric-names.ts";
import { type Metrics, metricsOfStage } from "../metrics/metrics.ts";
import { DuplicateReference, intakeRequestSchema } from "./claim.ts";
import { type IntakeDeps, intakeDeps, intakeGrants } from "./intake-deps.ts";
import { startOnboarding } from "./start-onboarding.ts";

export const grants: readonly Grant[] = intakeGrants;

export interface QueueDeps extends IntakeDeps {
  /** The stage's hash key, if the account is one of ours. */
  hashKeyFor: (account_id: string) => Promise<string | null>;
  log: Log;
  metrics: Metrics;
}

/** The message can never start an onboarding as it is, or as the stage is set up. */
export class MessageRefused extends Error {
  override readonly name = "MessageRefused";
}

/**
 * Starts the onboarding of one intake message. A message that can never start one throws too: after its retries
 * it lies in the dead-letter queue, where somebody sees it.
 *
 * @throws MessageRefused, DuplicateReference, and whatever failed on our side
 */
export async function takeMessage(body: string, deps: QueueDeps): Promise<void> {
  const json = parseJson(body)?.value;
  const message = checkBody(onboardingRequestedSchema, json);
  if (!message.success) throw new MessageRefused("the message is no OnboardingRequested");
  const problem = jsonProblem(json);
  if (problem) throw new MessageRefused(`the message: ${problem}`);
  const { account_id } = message.data;
  const request = checkBody(intakeRequestSchema, message.data.request);
  const hashKey = await deps.hashKeyFor(account_id);
  if (!hashKey) throw new MessageRefused("the message names an unknown account");
  if (!request.success) throw new MessageRefused("the message's request is not valid");
  await startOnboarding(deps, hashKey, account_id, request.data);
}

/** Only what failed on our side may be taken the next time; the dead-letter queue shows the rest. */
function kindOf(error: unknown): CountDimensions["IntakeRefused"][0]["why"] {
  if (error instanceof DuplicateReference) return "duplicate";
  return error instanceof MessageRefused ? "refused" : "failed";
}

const awsDeps = (): QueueDeps => {
  const callers = cachedSecret(new SecretsManagerClient({}), resource("callers:read"), callersSecretSchema);
  return {
    ...intakeDeps(),
    async hashKeyFor(account_id) {
      const has = (secret: Awaited<ReturnType<typeof callers.get>>) =>
        secret?.callers.some(({ accountId }) => accountId === account_id) ? secret.hashKey : null;
      return has(await callers.get()) ?? has(await callers.refresh());
    },
    log: createLog("intake"),
    metrics: metricsOfStage(),
  };
};

/** Takes the messages of a batch in one by one; the queue repeats those that failed. */
export function toIntakeHandler(build: () => QueueDeps = awsDeps) {
  const deps = once(build);
  return middy(async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const failed: string[] = [];
    for (const { messageId, body } of Records)
      try {
        await takeMessage(body, deps());
      } catch (error) {
        const kind = kindOf(error);
        deps().log.error("intake message failed", { fault: faultName(error), kind, request_id: messageId });
        deps().metrics.count("IntakeRefused", { why: kind });
        failed.push(messageId);
      }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  });
}

export const handler = toIntakeHandler();
