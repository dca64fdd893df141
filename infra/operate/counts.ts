import type { Command } from "commander";
import { type OnboardingCounts, onboardingCountsSchema } from "../../functions/actions/count-onboardings.ts";
import { duration } from "../../shared/profile/duration.ts";
import { printJson, printLines } from "./print.ts";
import { jsonOption, openStageApi, stageOption } from "./stage-api.ts";
import { tableLines } from "./table-lines.ts";

/** `counts`: how much is open by status, and for how long. */
export function countsCommand(program: Command): void {
  program
    .command("counts")
    .description("count the onboardings that wait for something by status, and say how long they have waited")
    .addOption(jsonOption())
    .addOption(stageOption())
    .addHelpText(
      "after",
      `
P90 of 2 d: nine in ten have waited for 2 days or less for what they wait for now.

Example:
  npm run onboarding -- counts --stage prod`,
    )
    .action(async ({ json, stage }: { json: boolean; stage?: string }) => {
      const counts = await (await openStageApi(stage)).call(
        onboardingCountsSchema,
        "GET",
        "/onboarding-counts",
      );
      if (json) printJson(counts);
      else printLines(countsLines(counts, stage));
    });
}

type Counted = OnboardingCounts["total"];

/** The counts for people, and what to type next. */
export function countsLines({ complete, total, statuses }: OnboardingCounts, stage?: string): string[] {
  const partly = complete
    ? []
    : ["There was too much to count all of it: these are the least that there are."];
  if (total.count === 0)
    return [
      ...partly,
      "Nothing waits: every onboarding of this account has ended, or is being worked on right now.",
    ];
  const cells = (name: string, { count, stuck, age_seconds: ages }: Counted) => [
    name,
    String(count),
    String(stuck),
    ...(ages ? [ages.p50, ages.p90, ages.p99, ages.max].map((seconds) => duration(seconds * 1000)) : []),
  ];
  const rows = statuses.map(({ status, ...counted }) => cells(status ?? "none", counted));
  const on = stage ? ` --stage ${stage}` : "";
  return [
    ...tableLines(
      ["STATUS", "COUNT", "STUCK", "P50", "P90", "P99", "LONGEST"],
      [...rows, ...(statuses.length > 1 ? [cells("all", total)] : [])],
      [1, 2],
    ),
    ...partly,
    ...(total.stuck > 0 ? ["", `npm run onboarding -- list --stuck${on}`] : []),
  ];
}
