import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod";
import { refusals } from "../../shared/gateway/answers.ts";
import { endpoint } from "../../shared/gateway/endpoints.ts";
import { operatorActions } from "../../shared/profile/operations.ts";
import { dynamoRecords } from "../../shared/store/records.ts";
import { answerFor, defineAction, toHandler } from "../action.ts";
import { withExecutions, withPublish, withVault } from "../aws-parts.ts";
import { readSettings, resource, sleep, workflowsFromSettings } from "../environment.ts";
import { gatewaysFromSecret } from "../gateway/gateways.ts";
import { type Done, NotNow, type OperateDeps, operate } from "../operate/operate.ts";
import { type AuditDeps, audited } from "../operate/operator-audit.ts";

interface Deps extends OperateDeps, AuditDeps {
  newId: () => string;
}

/** What every action is asked for with. */
export const asked = {
  /** Who acts, by his own word. */
  by: z.string().regex(/^[A-Za-z0-9._@+-]{1,128}$/, "1 to 128 of A-Z a-z 0-9 . _ @ + -"),
  /** Why. Kept where the customer's data is kept, and erased with it. */
  reason: z.string().trim().min(1, "must not be empty").max(500, "must be at most 500 characters long"),
  ticket: z
    .string()
    .regex(/^[A-Za-z0-9._#/-]{1,64}$/, "1 to 64 of A-Z a-z 0-9 . _ # / -")
    .optional(),
};

const words = z.string().min(1).max(500);

const plain = <Action extends string>(action: Action) =>
  z.strictObject({ action: z.literal(action), ...asked });

/** A decision goes to the gateway with what E10 takes (contract §5.4). */
const decision = <Action extends string>(action: Action) =>
  z.strictObject({
    action: z.literal(action),
    ...asked,
    status_description: z
      .strictObject({ code: words.optional(), reason: words.optional(), comments: words.optional() })
      .optional(),
  });

/** A recapture as E9 takes it, of items and for a reason that the gateway offers (contract §5.2, §5.3). */
const recapture = z.strictObject({
  action: z.literal("recapture"),
  ...asked,
  items: z.union([
    z.literal("all"),
    z
      .strictObject({
        task_keys: z.array(z.string()).max(200).default([]),
        ref_ids: z.array(z.string()).max(200).default([]),
      })
      .refine(({ task_keys, ref_ids }) => task_keys.length + ref_ids.length > 0, {
        message: "name at least one task or resource",
      }),
  ]),
  recapture_details: z.strictObject({ code: words, reason: words, comments: words.optional() }),
});

const operationRequestSchema = z.discriminatedUnion("action", [
  plain("recheck"),
  plain("resend-link"),
  plain("remind"),
  recapture,
  decision("approve"),
  decision("reject"),
  plain("cancel"),
  plain("purge"),
  plain("hold"),
  plain("release"),
  plain("restart"),
]);

export const operationAnswerSchema = z.object({
  reference_id: z.string(),
  action: z.enum(operatorActions),
  /** False: there was nothing to do. */
  done: z.boolean(),
  says: z.string(),
  status: z.string().nullable(),
  /** Names the two lines of the timeline that tell of it. */
  audit_id: z.string(),
  /** False: the reason's text is kept nowhere, since there is no profile (any more) that it could be kept with. */
  reason_kept: z.boolean(),
});

/**
 * `POST /onboardings/{reference_id}/actions`: does what an operator asks for. It is written down before anything
 * happens, and so is what came of it, refusals included.
 */
export const actOnOnboarding = defineAction<Deps>({
  file: "act-on-onboarding",
  serves: endpoint({
    operations: [],
    summary: "Act on an onboarding as its operator; every attempt is written into the timeline",
    method: "POST",
    path: "/onboardings/{reference_id}/actions",
    body: operationRequestSchema,
    bodyChecked: "at-once",
    repeatable: false,
    success: { status: 200, body: operationAnswerSchema },
    refusals: [
      "malformedJson",
      "badRequest",
      "unknownProfile",
      "notNow",
      "wrongState",
      "invalidRecaptureConfiguration",
      "invalidRecaptureReason",
      "commentsMandatory",
      "cancelNotAllowed",
      "purgeNotAllowed",
    ],
  }),
  grants: [
    "callers:read",
    "records:read",
    "records:write",
    "vault:note",
    "gateway:call",
    "events:publish",
    "executions:look",
    "executions:start",
  ],
  async run({ account_id, id: reference_id, subject, body }, deps) {
    const { by, reason, ticket, ...operation } = operationRequestSchema.parse(body);
    const key = { account_id, reference_id };
    const [claim, record] = await Promise.all([deps.records.claimOf(key), deps.records.find(key)]);
    if (!claim) return refusals.unknownProfile();
    const { action } = operation;
    const id = deps.newId();
    const audit = await audited(key, { id, action, who: by, subject, ticket, reason }, deps);
    let done: Done;
    try {
      done = await operate(operation, { claim, record, who: by, id }, deps);
    } catch (error) {
      if (error instanceof NotNow) {
        await audit.ended("refused", error.message);
        return refusals.notNow(error.message);
      }
      const { status } = answerFor(error, actOnOnboarding.serves);
      if (status < 500) await audit.ended("refused", `the gateway refused it (${status})`);
      else await audit.ended("failed", "it failed, and may have happened all the same");
      throw error;
    }
    await audit.ended("done", done.says);
    const told = { audit_id: id, reason_kept: audit.reasonKept };
    return { status: 200, body: { reference_id, action, ...done, ...told } };
  },
});

export const handler = toHandler(actOnOnboarding, (log, metrics) => {
  const { captureHosts } = readSettings();
  return {
    records: dynamoRecords(new DynamoDBClient({}), resource("records:write")),
    ...withVault(),
    gatewayOf: gatewaysFromSecret(log, metrics),
    ...withPublish(),
    ...withExecutions(),
    workflowOf: workflowsFromSettings(),
    captureHosts,
    now: () => Date.now(),
    sleep,
    newId: randomUUID,
    metrics,
  };
});
