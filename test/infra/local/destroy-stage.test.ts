import { CloudFormationClient, type ListStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { DeleteObjectsCommand, ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import { ListExecutionsCommand, ListStateMachinesCommand, SFNClient } from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import { removeStage } from "../../../infra/local/destroy-stage.ts";

const machine = "arn:aws:states:us-east-1:000000000000:stateMachine:onboarding-test";

/** A deployed stage, whose CloudFormation deletes no bucket with objects in it. */
class Deployed {
  readonly stacks = new Set(["state", "onboarding", "api", "webhooks", "operations"]);
  /** By their versions: what is left of a deleted object is one too. */
  readonly objects = new Map<string, "version" | "marker">();
  readonly said: string[] = [];
  readonly deleted: string[] = [];
  bucketIsGone = false;

  remove(stage: { retainData: boolean; sandbox?: undefined }, deleteData = false): Promise<void> {
    return removeStage({ name: "test", sandbox: undefined, ...stage }, deleteData, {
      cloudformation: answering(
        new CloudFormationClient({ region: "us-east-1" }),
        (command: ListStackResourcesCommand) => this.#resources(command.input.StackName),
      ),
      sfn: answering(new SFNClient({ region: "us-east-1" }), stateMachines),
      s3: answering(new S3Client({ region: "us-east-1" }), (command: unknown) => this.#vault(command)),
      removeStacks: async (names) => {
        const parts = names?.map((name) => name.replace("onboarding-test-", "")) ?? [...this.stacks];
        const dataStays = stage.retainData || this.objects.size === 0;
        if (parts.includes("state") && !dataStays) throw new Error("the bucket is not empty");
        for (const part of parts) this.stacks.delete(part);
      },
      deleteRetained: async ({ type }) => {
        this.deleted.push(type);
        return `${type} deleted`;
      },
      say: (line) => this.said.push(line),
    });
  }

  #resources(StackName = ""): object {
    const part = StackName.replace("onboarding-test-", "");
    if (!this.stacks.has(part)) throw new Error(`Stack with id ${StackName} does not exist`);
    const data: Record<string, string[]> = {
      state: ["AWS::S3::Bucket", "AWS::DynamoDB::Table"],
      onboarding: ["AWS::StepFunctions::StateMachine"],
    };
    return {
      StackResourceSummaries: data[part]?.map((ResourceType) => ({
        ResourceType,
        PhysicalResourceId: part === "state" ? "vault" : machine,
      })),
    };
  }

  #vault(command: unknown): object {
    if (this.bucketIsGone) throw Object.assign(new Error("no such bucket"), { name: "NoSuchBucket" });
    // Whoever empties it while functions still write has to begin again.
    expect([...this.stacks]).toEqual(["state"]);
    if (command instanceof ListObjectVersionsCommand) {
      const page = [...this.objects].slice(0, 2);
      const of = (kind: string) =>
        page.filter(([, each]) => each === kind).map(([VersionId]) => ({ Key: "key", VersionId }));
      return { Versions: of("version"), DeleteMarkers: of("marker") };
    }
    if (!(command instanceof DeleteObjectsCommand)) throw new Error("an unknown command");
    for (const { VersionId } of command.input.Delete?.Objects ?? []) this.objects.delete(VersionId ?? "");
    return {};
  }
}

/** A client whose requests are answered here; a paginator takes a client of its own kind only. */
function answering<C extends object, T>(client: C, answer: (command: T) => object): C {
  return Object.assign(client, { send: async (command: T) => answer(command) });
}

function stateMachines(command: unknown): object {
  if (command instanceof ListStateMachinesCommand)
    return { stateMachines: [{ name: "onboarding-test", stateMachineArn: machine }] };
  if (command instanceof ListExecutionsCommand) return { executions: [] };
  throw new Error("an unknown command");
}

describe("removing a stage", () => {
  test.each([
    ["that retains nothing", false, false],
    ["that retains nothing, with --delete-data", false, true],
    ["with --delete-data", true, true],
  ])("%s empties its vault before its stack, versions included", async (_, retainData, deleteData) => {
    const stage = new Deployed();
    for (const version of ["1", "2", "3"]) stage.objects.set(version, "version");
    stage.objects.set("4", "marker");
    await stage.remove({ retainData }, deleteData);
    expect(stage.stacks.size).toBe(0);
    expect(stage.objects.size).toBe(0);
    expect(stage.said).toContain("✓ vault vault emptied of 4 objects");
    const data = ["AWS::StepFunctions::StateMachine", "AWS::DynamoDB::Table", "AWS::S3::Bucket"];
    expect(stage.deleted).toEqual(deleteData ? data : []);
  });

  test("that retains its data leaves the vault as it is, and says so", async () => {
    const stage = new Deployed();
    stage.objects.set("1", "version");
    await stage.remove({ retainData: true });
    expect(stage.objects.size).toBe(1);
    expect(stage.said).toEqual(["✓ stage test removed; what it retains is still there"]);
  });

  test("can be repeated where it was interrupted, or somebody deleted the vault", async () => {
    const stage = new Deployed();
    for (const part of ["onboarding", "api", "webhooks", "operations"]) stage.stacks.delete(part);
    stage.bucketIsGone = true;
    await stage.remove({ retainData: false });
    expect(stage.said.slice(1)).toEqual(["✓ vault was gone already", "✓ stage test removed with its data"]);
    await stage.remove({ retainData: false });
    expect(stage.said.at(-1)).toBe("✓ stage test removed with its data");
  });
});
