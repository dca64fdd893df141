import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import type { Next } from "../shared/profile/next.ts";
import type { Claim } from "../shared/store/claims.ts";

/** What travels through the state machine: ids, counts and the next step. Nothing personal. */
export interface ExecutionState {
  account_id: string;
  reference_id: string;
  attempt: number;
  next?: Next;
  /** Recapture rounds begun. */
  rounds?: number;
  /** Attention deadlines missed in a row. */
  missed?: number;
  reason?: string;
  /** Name of the policy's rule that asks for the recapture. */
  rule?: string;
}

/** The attempt of an execution, by its name (`claims.ts`). */
export const attemptOf = (execution: string): number =>
  Number(execution.slice(execution.lastIndexOf("-") + 1));

/**
 * Whether a step is of the execution that its record belongs to, and of none that was restarted and then redriven by hand.
 * What is purged has nothing left to be driven to: whoever comes to it repeats what was done, and its answer got lost.
 */
export const drives = (
  { attempt }: Pick<ExecutionState, "attempt">,
  record: { execution: string; purged_at: number | null },
): boolean => attemptOf(record.execution) === attempt && record.purged_at === null;

export interface Executions {
  /** The ARN that a claim's execution has, started or not. */
  arnOf(execution: string): string;
  /** Starts a claim's execution. Starting it again is success: name and input are the same every time. */
  start(claim: Claim): Promise<string>;
  /** Whether a claim's execution runs. `unknown`: it was never started, or ended more than 90 days ago. */
  look(execution: string): Promise<"runs" | "ended" | "unknown">;
  /** Ends a wait. False: the token was used before, or its execution is gone. */
  resume(token: string, state: ExecutionState): Promise<boolean>;
  /** Whether anybody still waits for an answer by this token: the step may have been tried again meanwhile. */
  isWaitedFor(token: string): Promise<boolean>;
  /** Reports a fault of a callback step; the text is fixed, whatever was thrown. */
  fail(token: string): Promise<void>;
}

/** The name that Retry and Catch rules of the state machine know. */
export const STEP_FAULT = "StepFault";

const spent = ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"];

export function stepFunctions(stateMachineArn: string, client = new SFNClient({})): Executions {
  const arnOf = (execution: string) =>
    `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${execution}`;
  return {
    arnOf,
    async start({ account_id, reference_id, attempt, execution }) {
      const input: ExecutionState = { account_id, reference_id, attempt };
      try {
        await client.send(
          new StartExecutionCommand({ stateMachineArn, name: execution, input: JSON.stringify(input) }),
        );
      } catch (error) {
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
      }
      return arnOf(execution);
    },
    async look(execution) {
      try {
        const { status } = await client.send(
          new DescribeExecutionCommand({ executionArn: arnOf(execution) }),
        );
        return status === "RUNNING" || status === "PENDING_REDRIVE" ? "runs" : "ended";
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return "unknown";
        throw error;
      }
    },
    async resume(taskToken, state) {
      try {
        await client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(state) }));
        return true;
      } catch (error) {
        if (error instanceof Error && spent.includes(error.name)) return false;
        throw error;
      }
    },
    async isWaitedFor(taskToken) {
      try {
        await client.send(new SendTaskHeartbeatCommand({ taskToken }));
        return true;
      } catch (error) {
        if (error instanceof Error && spent.includes(error.name)) return false;
        throw error;
      }
    },
    async fail(taskToken) {
      try {
        await client.send(
          new SendTaskFailureCommand({
            taskToken,
            error: STEP_FAULT,
            cause: "the step failed; its log has the fault",
          }),
        );
      } catch (error) {
        if (!(error instanceof Error && spent.includes(error.name))) throw error;
      }
    },
  };
}
