import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { expect, test } from "vitest";
import { readStageOutputs } from "../../../infra/local/stage-outputs.ts";

test.each([
  ["prod-eu", "run `npm run deploy -- --stage prod-eu` first"],
  ["local", "run `npm run up`"],
])("a stage %s that is not deployed is named whole, with what to type", async (stage, hint) => {
  const none = Object.assign(new CloudFormationClient({ region: "us-east-1" }), {
    send: async () => {
      throw new Error("Stack with id x does not exist");
    },
  });
  await expect(readStageOutputs(none, stage, false)).rejects.toThrow(
    `stack onboarding-${stage}-state is not deployed: ${hint}`,
  );
});
