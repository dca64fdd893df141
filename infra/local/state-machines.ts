import { type CloudFormationClient, DescribeStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import {
  DeleteStateMachineCommand,
  paginateListExecutions,
  paginateListStateMachines,
  type SFNClient,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";

/** The ARN of the state machine of this name, or `null`. */
export async function findStateMachine(client: SFNClient, name: string): Promise<string | null> {
  for await (const page of paginateListStateMachines({ client }, {}))
    for (const machine of page.stateMachines ?? [])
      if (machine.name === name) return machine.stateMachineArn ?? null;
  return null;
}

/** Whether a stack has this resource: one that outlived its stack is in none. */
export async function isInStack(cloudformation: CloudFormationClient, id: string): Promise<boolean> {
  try {
    await cloudformation.send(new DescribeStackResourcesCommand({ PhysicalResourceId: id }));
    return true;
  } catch (error) {
    if (/does not exist/i.test(String(error))) return false;
    throw error;
  }
}

/** Stops every execution that runs, and tells how many those were. */
export async function stopExecutions(client: SFNClient, stateMachineArn: string): Promise<number> {
  let stopped = 0;
  for await (const { executions = [] } of paginateListExecutions(
    { client, pageSize: PAGE },
    { stateMachineArn, statusFilter: "RUNNING" },
  )) {
    await Promise.all(
      executions.map(({ executionArn }) =>
        client.send(new StopExecutionCommand({ executionArn, cause: "the stage is removed" })),
      ),
    );
    stopped += executions.length;
  }
  return stopped;
}

/** What the smallest quota of StopExecution lets through in a second. */
const PAGE = 25;

/** Deletes a state machine. While an execution waits its name would stay taken, so they are stopped first. */
export async function deleteStateMachine(client: SFNClient, stateMachineArn: string): Promise<string> {
  const stopped = await stopExecutions(client, stateMachineArn);
  await client.send(new DeleteStateMachineCommand({ stateMachineArn }));
  return `state machine ${stateMachineArn} deleted, ${stopped} running executions stopped`;
}
