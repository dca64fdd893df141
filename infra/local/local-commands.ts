import { demonstrate, describeEndpoints, keepSweeping } from "./demonstrate.ts";
import { untilAborted } from "./interruption.ts";
import { raiseLocalCloud, stopLocalCloud } from "./local-cloud.ts";
import { Progress } from "./progress.ts";
import type { ScenarioName } from "./scenarios.ts";

/** Up, one onboarding, then up until interrupted; stops what it started, whatever happens. */
export async function start(signal: AbortSignal): Promise<void> {
  const progress = new Progress();
  const cloud = await raiseLocalCloud(progress, signal);
  try {
    await demonstrate(cloud.endpoints, "recapture-once", progress, signal);
    progress.line(describeEndpoints(cloud.endpoints));
    progress.line(
      cloud.ours
        ? "\nUp. Ctrl-C stops it."
        : "\nUp. Ctrl-C ends this command; the local cloud stays, it ran before.",
    );
    await Promise.all([keepSweeping(cloud.endpoints, signal), untilAborted(signal)]);
  } finally {
    await cloud.stop();
    if (cloud.ours) progress.line("\n✓ local cloud stopped");
  }
}

/** Up, one onboarding, stop. Throws `CommandFailed` when the onboarding came out otherwise than its scenario says. */
export async function demo(scenario: ScenarioName, signal: AbortSignal): Promise<void> {
  const progress = new Progress();
  const cloud = await raiseLocalCloud(progress, signal);
  try {
    await demonstrate(cloud.endpoints, scenario, progress, signal);
  } finally {
    await cloud.stop();
    if (cloud.ours) progress.line("✓ local cloud stopped");
  }
}

/** Up, and left running. */
export async function up(signal: AbortSignal): Promise<void> {
  const progress = new Progress();
  const cloud = await raiseLocalCloud(progress, signal);
  cloud.keep();
  progress.line(
    `\n${describeEndpoints(cloud.endpoints)}\n\nUp in the background. \`npm run down\` stops it.`,
  );
}

export async function down(): Promise<void> {
  const stopped = await stopLocalCloud();
  console.log(stopped ? "✓ local cloud stopped" : "the local cloud is not running");
}
