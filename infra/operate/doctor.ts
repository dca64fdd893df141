import type { Command } from "commander";
import { lineOf } from "./doctor/finding.ts";
import { jsonOption, stageOption } from "./stage-api.ts";

/** `npm run doctor`: exit code 1 when something is wrong, each with what to do about it. */
export function doctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("check what a stage needs to work, and say what to fix; changes nothing")
    .addOption(stageOption())
    .addOption(jsonOption())
    .option("--quick", "do not compare the stacks with this checkout, which takes some ten seconds", false)
    .addHelpText(
      "after",
      `
Settings, AWS credentials, bootstrap, stacks, secrets, gateway accounts, URLs, bus, alarms, quotas. A line each:
  ✓ it is well     ✗ it is not, and what to type     ? it could not be checked, or a person must tell
Uses your own AWS credentials, as the AWS CLI would find them, and needs no caller's.

Examples:
  npm run doctor -- --stage prod
  npm run doctor -- --stage prod --json | jq '.findings[] | select(.result == "wrong")'`,
    )
    .action(async ({ stage = "local", json, quick }: { stage?: string; json: boolean; quick: boolean }) => {
      const { examineStage } = await import("./doctor/examine-stage.ts");
      const findings = await examineStage(stage, { quick });
      const of = (result: string) => findings.filter((finding) => finding.result === result).length;
      if (json) console.log(JSON.stringify({ stage, findings }, null, 2));
      else {
        for (const finding of findings) console.log(lineOf(finding));
        console.log(`\n${of("good")} well, ${of("wrong")} to fix, ${of("unknown")} not checked`);
      }
      if (of("wrong") > 0) process.exitCode = 1;
    });
}
