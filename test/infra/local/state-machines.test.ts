import { CloudFormationClient, type ListStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import {
  DeleteStateMachineCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import { findRetained } from "../../../infra/local/delete-retained.ts";
import {
  deleteStateMachine,
  findStateMachine,
  isInStack,
  stopExecutions,
} from "../../../infra/local/state-machines.ts";

const arnOf = (name: string) => `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;

/** Step Functions with two machines on two pages, and executions that run until they are stopped. */
class Machines extends SFNClient {
  readonly done: string[] = [];
  running = Array.from({ length: 30 }, (_, index) => `execution-${index}`);

  constructor() {
    super({ region: "us-east-1" });
  }

  override async send(command: unknown): Promise<never> {
    return (await this.#answer(command)) as never;
  }

  async #answer(command: unknown): Promise<object> {
    if (command instanceof ListStateMachinesCommand) {
      const name = command.input.nextToken ?? "onboarding-test-2";
      return {
        stateMachines: [{ name, stateMachineArn: arnOf(name) }],
        ...(command.input.nextToken ? {} : { nextToken: "onboarding-test" }),
      };
    }
    if (command instanceof ListExecutionsCommand) {
      expect(command.input.statusFilter).toBe("RUNNING");
      const from = Number(command.input.nextToken ?? 0);
      const until = from + (command.input.maxResults ?? 0);
      return {
        executions: this.running.slice(from, until).map((executionArn) => ({ executionArn })),
        ...(until < this.running.length && { nextToken: String(until) }),
      };
    }
    if (command instanceof StopExecutionCommand) this.done.push(`stop ${command.input.executionArn}`);
    else if (command instanceof DeleteStateMachineCommand)
      this.done.push(`delete ${command.input.stateMachineArn}`);
    else throw new Error("an unknown command");
    return {};
  }
}

/** CloudFormation as far as it is asked; a paginator takes its own client only. */
class Stacks extends CloudFormationClient {
  readonly #answer: (command: unknown) => object;

  constructor(answer: (command: unknown) => object) {
    super({ region: "us-east-1" });
    this.#answer = answer;
  }

  override async send(command: unknown): Promise<never> {
    return this.#answer(command) as never;
  }
}

const stacks = (answer: (command: unknown) => object) => new Stacks(answer);
const noStack = stacks(() => {
  throw new Error("Stack with id x does not exist");
});

describe("a state machine", () => {
  test("is found by its whole name, on whichever page", async () => {
    expect(await findStateMachine(new Machines(), "onboarding-test")).toBe(arnOf("onboarding-test"));
    expect(await findStateMachine(new Machines(), "onboarding-tes")).toBeNull();
  });

  test("belongs to a stack or to none", async () => {
    expect(
      await isInStack(
        stacks(() => ({ StackResources: [] })),
        "arn",
      ),
    ).toBe(true);
    expect(await isInStack(noStack, "arn")).toBe(false);
    const refused = stacks(() => {
      throw new Error("not authorized");
    });
    await expect(isInStack(refused, "arn")).rejects.toThrow("not authorized");
  });

  test("is deleted after every execution that waits in it was stopped", async () => {
    const machines = new Machines();
    expect(await deleteStateMachine(machines, arnOf("onboarding-test"))).toBe(
      `state machine ${arnOf("onboarding-test")} deleted, 30 running executions stopped`,
    );
    expect(new Set(machines.done).size).toBe(31);
    expect(machines.done.at(-1)).toBe(`delete ${arnOf("onboarding-test")}`);
    machines.running = [];
    expect(await stopExecutions(machines, arnOf("onboarding-test"))).toBe(0);
  });
});

describe("what a removed stage retained", () => {
  test("is the state machine first, then what holds data, as its stacks list it", async () => {
    const listed = stacks((command) => {
      const { StackName } = (command as ListStackResourcesCommand).input;
      if (!/-(state|onboarding)$/.test(StackName ?? "")) throw new Error(`Stack ${StackName} does not exist`);
      const kinds = StackName?.endsWith("-state")
        ? ["AWS::KMS::Key", "AWS::DynamoDB::Table"]
        : ["AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"];
      return {
        StackResourceSummaries: kinds.map((ResourceType) => ({
          ResourceType,
          PhysicalResourceId: `a ${ResourceType}`,
        })),
      };
    });
    const found = await findRetained(listed, new Machines(), "test");
    expect(found.map(({ type }) => type)).toEqual([
      "AWS::StepFunctions::StateMachine",
      "AWS::DynamoDB::Table",
      "AWS::KMS::Key",
    ]);
  });

  test("is its state machine, too, where a removal broke off after its stack was gone", async () => {
    const left = stacks((command) => {
      const { StackName } = (command as ListStackResourcesCommand).input;
      if (!StackName?.endsWith("-state")) throw new Error(`Stack ${StackName} does not exist`);
      const table = { ResourceType: "AWS::DynamoDB::Table", PhysicalResourceId: "table" };
      return { StackResourceSummaries: [table] };
    });
    expect(await findRetained(left, new Machines(), "test")).toEqual([
      { type: "AWS::StepFunctions::StateMachine", id: arnOf("onboarding-test") },
      { type: "AWS::DynamoDB::Table", id: "table" },
    ]);
  });

  test("is its state machine, once no stack is left to tell of more", async () => {
    expect(await findRetained(noStack, new Machines(), "test")).toEqual([
      { type: "AWS::StepFunctions::StateMachine", id: arnOf("onboarding-test") },
    ]);
    await expect(findRetained(noStack, new Machines(), "other")).rejects.toThrow(
      "stage other is not deployed",
    );
  });
});
