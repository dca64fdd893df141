import type { Command } from "commander";
import { onboardingSchema } from "../../functions/actions/fetch-onboarding.ts";
import { printJson } from "./print.ts";
import { renderOnboarding } from "./render-onboarding.ts";
import { jsonOption, openStageApi, stageOption } from "./stage-api.ts";

const WIDTH = 100;

/** `show`: one onboarding, where it is and how it came there. */
export function showCommand(program: Command): void {
  program
    .command("show")
    .description("show one onboarding: where it is and why, what may be done, everything that happened")
    .argument("<reference>", "the caller's reference_id")
    .option("--steps", "also the steps of its execution, as far as Step Functions still has them", false)
    .addOption(jsonOption())
    .addOption(stageOption())
    .addHelpText(
      "after",
      `
Examples:
  npm run onboarding -- show order-1042
  npm run onboarding -- show order-1042 --steps --stage prod`,
    )
    .action(async (reference: string, { steps, json, stage }: ShowOptions) => {
      const api = await openStageApi(stage);
      const path = `/onboardings/${encodeURIComponent(reference)}${steps ? "?steps=true" : ""}`;
      const onboarding = await api.call(onboardingSchema, "GET", path);
      if (json) return printJson(onboarding);
      const page = renderOnboarding(onboarding, {
        now: Date.now(),
        width: Math.min(WIDTH, process.stdout.columns ?? WIDTH),
        times: "utc",
        commandFor: (action) => commandFor(action, reference, stage),
      });
      process.stdout.write(page);
    });
}

interface ShowOptions {
  steps: boolean;
  json: boolean;
  stage?: string;
}

/** What to type for an action. */
export const commandFor = (action: string, reference: string, stage: string | undefined): string =>
  `npm run onboarding -- ${action} ${reference} --reason "..."${stage ? ` --stage ${stage}` : ""}`;
