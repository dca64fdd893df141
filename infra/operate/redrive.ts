import { intakeRequestSchema } from "../../functions/intake/claim.ts";
import { lookSchema } from "../../functions/looks.ts";
import {
  type Asked,
  type AuditDeps,
  audited,
  auditedOfQueue,
} from "../../functions/operate/operator-audit.ts";
import { onboardingRequestedSchema } from "../../shared/events/published.ts";
import { checkBody } from "../../shared/gateway/check-body.ts";
import { jsonProblem, parseJson } from "../../shared/gateway/json.ts";
import type { OnboardingKey } from "../../shared/store/keys.ts";
import { CommandFailed } from "../local/command-failed.ts";
import { type DeadLetterQueues, drop, nextLetters, type QueueName, sendBack } from "./dead-letter-queues.ts";

export interface RedriveDeps extends Required<AuditDeps> {
  newId: () => string;
}

export interface Redriven {
  /** So many were sent back or, of signals, dropped. */
  done: number;
  /** Of so many the reason's text is kept, in the vault beside what the customer gave. */
  reasons_kept: number;
}

/** What becomes of a queue's dead letters. */
export const redriveDoes = (name: QueueName): string => (name === "signals" ? "dropped" : "sent back");

/**
 * Sends the dead letters of a queue back to be tried again; signals, which came from no queue, are dropped. Before any
 * of them moves it is written down who asks for it: once for the queue, and in the timeline of every onboarding that one
 * of them names, be it that it is still to come. Each is deleted only once it is back in its queue, so that one may come
 * twice if this is broken off.
 *
 * @throws CommandFailed when a queue did not take everything, and whatever keeps a line from being written: then what it
 * is about was not moved
 */
export async function redrive(
  queues: DeadLetterQueues,
  name: QueueName,
  by: Pick<Asked, "who" | "ticket" | "reason">,
  deps: RedriveDeps,
): Promise<Redriven> {
  const id = deps.newId();
  const asked = { ...by, action: "redrive", queue: name } as const;
  const whole = await auditedOfQueue(name, { ...asked, id }, deps);
  const sum: Redriven = { done: 0, reasons_kept: 0 };
  const says = () => `${sum.done} of ${name} ${redriveDoes(name)}`;
  try {
    for (let batch = 1; ; batch++) {
      const messages = await nextLetters(queues, name);
      if (messages.length === 0) break;
      const letters = await Promise.all(
        messages.map(async (message, index) => {
          const key = onboardingOf(name, message.Body ?? "");
          const audit = key && (await audited(key, { ...asked, id: `${id}-${batch}-${index}` }, deps));
          return { ...message, audit };
        }),
      );
      const end = (some: typeof letters, ...how: ["done" | "refused" | "failed", string]) =>
        Promise.all(some.map(({ audit }) => audit?.ended(...how)));
      const sent =
        name === "signals"
          ? letters
          : await sendBack(queues, name, letters).catch(async (error: unknown) => {
              await end(letters, "failed", "it failed, and may have happened all the same");
              throw error;
            });
      const refused = letters.filter((letter) => !sent.includes(letter));
      await end(refused, "refused", "the queue did not take it");
      const dropped = await drop(queues, name, sent);
      sum.done += dropped.length;
      sum.reasons_kept += dropped.filter(({ audit }) => audit?.reasonKept).length;
      await end(sent, "done", "one of this onboarding is back in its queue");
      if (dropped.length < letters.length)
        throw new CommandFailed(`${says()}, then SQS did not take every message: try again in a minute`);
    }
  } catch (error) {
    await whole.ended("failed", `${says()}, then it failed`);
    throw error;
  }
  await whole.ended("done", says());
  return sum;
}

/** Whom a dead letter names: a look, or a request that may start an onboarding, which may be still to come. */
function onboardingOf(name: QueueName, body: string): OnboardingKey | null {
  const json = parseJson(body)?.value;
  if (jsonProblem(json)) return null;
  if (name === "looks") return checkBody(lookSchema, json).data ?? null;
  const message = name === "intake" ? checkBody(onboardingRequestedSchema, json).data : null;
  const request = message && checkBody(intakeRequestSchema, message.request).data;
  return request ? { account_id: message.account_id, reference_id: request.reference_id } : null;
}
