import type { App, Stack } from "aws-cdk-lib";
import type { Stage } from "../config.ts";
import { ApiStack } from "./api.ts";
import { OnboardingStack } from "./onboarding.ts";
import { OperationsStack } from "./operations.ts";
import { SandboxStack } from "./sandbox.ts";
import { StateStack } from "./state.ts";
import { WebhooksStack } from "./webhooks.ts";

/** The stacks of one stage, in the order of their dependencies. */
export function stageStacks(app: App, stage: Stage): Stack[] {
  const id = (part: string) => `onboarding-${stage.name}-${part}`;
  const state = new StateStack(app, id("state"), { stage });
  const onboarding = new OnboardingStack(app, id("onboarding"), { stage, state });
  const { resources } = onboarding;
  const api = new ApiStack(app, id("api"), { stage, resources });
  const webhooks = new WebhooksStack(app, id("webhooks"), { stage, resources });
  const operations = new OperationsStack(app, id("operations"), { stage, onboarding, api, webhooks });
  const sandbox = stage.sandbox ? [new SandboxStack(app, id("sandbox"), { stage })] : [];
  return [state, onboarding, api, webhooks, operations, ...sandbox];
}
