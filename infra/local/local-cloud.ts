import { randomUUID } from "node:crypto";
import type { Stage } from "../config.ts";
import { CommandFailed } from "./command-failed.ts";
import { bootstrapLocal, deployLocal, type LocalTarget, synthesizeLocal } from "./deployment.ts";
import { installEmulator } from "./emulator-install.ts";
import {
  answers,
  clearDeadEmulator,
  findRunningEmulator,
  killEmulator,
  localCloudPort,
  type RunningEmulator,
  startEmulator,
  stopEmulator,
} from "./emulator-process.ts";
import { type Endpoints, findEndpoints, forgetEndpoints, writeEndpoints } from "./endpoints.ts";
import { localClients } from "./local-clients.ts";
import { requireLoopback } from "./loopback.ts";
import { contentKeysOf } from "./merge-secrets.ts";
import { newKey } from "./new-key.ts";
import type { Progress } from "./progress.ts";
import { readSecret } from "./secret-values.ts";
import { setUpAccount } from "./set-up-account.ts";
import { localRegion, readStage } from "./stage-config.ts";
import { readStageOutputs, type StageOutputs } from "./stage-outputs.ts";

/** A local cloud that is up, deployed and set up. */
export interface LocalCloud {
  endpoints: Endpoints;
  /** Did this command start the emulator? */
  ours: boolean;
  /** Stops what raising it started: the emulator, or nothing if it ran before or is not ours. */
  stop(): Promise<void>;
  /** Leaves it running when this process ends; otherwise even an unforeseen end takes it along. */
  keep(): void;
}

/**
 * Brings the local cloud up from whatever state it is in: nothing there, running but half deployed, or up to date.
 * On failure or abort, an emulator that it started is stopped again.
 */
export async function raiseLocalCloud(progress: Progress, signal: AbortSignal): Promise<LocalCloud> {
  const stage = readStage("local");
  const region = localRegion(stage);
  const { endpoint, started, pid } = await raiseEmulator(progress, region, signal);
  const lastResort = () => {
    if (started) killEmulator(started);
  };
  const keep = () => {
    process.off("exit", lastResort);
  };
  const stop = async () => {
    if (!started) return;
    await forgetEndpoints();
    await stopEmulator(started);
    keep();
  };
  process.once("exit", lastResort);
  try {
    const before = await findEndpoints();
    // From here until setup is through there are no endpoints: whoever looks is told to bring the cloud up.
    await forgetEndpoints();
    const target: LocalTarget = { endpoint, region, signal };
    // Both end before a failure of one is passed on: nothing may still run when the emulator is stopped.
    const prepared = await Promise.allSettled([
      progress.phase(
        "bootstrap",
        () => bootstrapLocal(target),
        (what) => `account ${what}`,
      ),
      progress.phase(
        "synthesize stacks",
        () => synthesizeLocal(target),
        () => "stacks synthesized",
      ),
    ]);
    for (const outcome of prepared) if (outcome.status === "rejected") throw outcome.reason;
    await progress.phase(
      "deploy stacks",
      (note) => deployLocal(target, note),
      () => "stacks deployed",
    );
    const endpoints = await progress.phase(
      "set up",
      () => setUpLocal(stage, { endpoint, region, pid }, before),
      () => "accounts, keys and webhooks set up",
    );
    return { endpoints, ours: started !== undefined, stop, keep };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Stops the emulator that an earlier command left running. False when there is none. */
export async function stopLocalCloud(): Promise<boolean> {
  const running = await findRunningEmulator();
  if (running) await stopEmulator(running);
  else await clearDeadEmulator();
  // Endpoints of an emulator that is not ours stay: it runs on.
  if (running || (await findEndpoints())?.emulatorPid !== null) await forgetEndpoints();
  return running !== undefined;
}

interface RaisedEmulator {
  endpoint: string;
  pid: number | null;
  started?: RunningEmulator;
}

async function raiseEmulator(
  progress: Progress,
  region: string,
  signal: AbortSignal,
): Promise<RaisedEmulator> {
  const given = process.env["AWS_ENDPOINT_URL"];
  if (given) {
    const endpoint = requireLoopback(given);
    if (!(await answers(endpoint)))
      throw new CommandFailed(
        `nothing answers at AWS_ENDPOINT_URL (${endpoint}): start that emulator, or unset the variable`,
      );
    progress.line(`✓ using the emulator at ${endpoint} (AWS_ENDPOINT_URL)`);
    return { endpoint, pid: null };
  }
  const port = localCloudPort(process.env);
  const running = await findRunningEmulator();
  if (running && (await answers(running.endpoint))) {
    if (running.endpoint !== `http://127.0.0.1:${port}` && process.env["LOCAL_CLOUD_PORT"])
      throw new CommandFailed(
        `the local cloud runs at ${running.endpoint} already: \`npm run down\` first to change its port`,
      );
    progress.line(`✓ emulator is running at ${running.endpoint}`);
    return { endpoint: running.endpoint, pid: running.pid };
  }
  if (running) await stopEmulator(running);
  else await clearDeadEmulator();
  const { python } = await progress.phase(
    "install emulator",
    () => installEmulator(process.env, signal),
    ({ fresh }) => (fresh ? "emulator installed" : "emulator is installed"),
  );
  const started = await progress.phase(
    "start emulator",
    () => startEmulator(python, port, region, signal),
    ({ endpoint }) => `emulator started at ${endpoint}`,
  );
  return { endpoint: started.endpoint, pid: started.pid, started };
}

async function setUpLocal(
  stage: Stage,
  emulator: { endpoint: string; region: string; pid: number | null },
  before: Endpoints | undefined,
): Promise<Endpoints> {
  const { endpoint: awsEndpoint, region, pid } = emulator;
  const clients = localClients({ awsEndpoint, region });
  const outputs = await readStageOutputs(clients.cloudformation, stage.name, true);
  const { sandbox } = outputs;
  if (!sandbox) throw new CommandFailed("cdk.json: stages.local needs a sandbox");
  if (stage.jwt)
    throw new CommandFailed("cdk.json: stages.local has keys, no jwt: nobody issues tokens here");
  // Keys survive a new deployment into the same emulator, so that what was copied from its first lines keeps working.
  const same = before?.awsEndpoint === awsEndpoint && before.emulatorPid === pid ? before : undefined;
  const endpoints: Omit<Endpoints, "contentKeys"> = {
    awsEndpoint,
    region,
    api: localUrl(awsEndpoint, outputs.api),
    webhooks: localUrl(awsEndpoint, outputs.webhooks),
    sandbox: localUrl(awsEndpoint, sandbox),
    apiKey: same?.apiKey ?? newKey(),
    accountId: same?.accountId ?? `sandbox/${randomUUID()}`,
    otherApiKey: same?.otherApiKey ?? newKey(),
    otherAccountId: same?.otherAccountId ?? `sandbox/${randomUUID()}`,
    eventBus: outputs.state.EventBusName,
    intakeQueue: atEndpoint(awsEndpoint, outputs.onboarding.IntakeQueueUrl),
    profileTable: outputs.state.ProfileTableName,
    vaultBucket: outputs.state.VaultBucketName,
    stateMachineArn: outputs.onboarding.StateMachineArn,
    sweepFunction: outputs.onboarding.SweepFunctionName,
    emulatorPid: pid,
    configIds: Object.fromEntries(
      Object.entries(stage.workflows).map(([name, { config_id }]) => [name, config_id]),
    ),
  };
  const target = {
    secrets: clients.secrets,
    callersSecret: outputs.state.CallersSecretName,
    gatewaySecret: outputs.state.GatewaySecretName,
    webhooksSecret: outputs.state.WebhooksSecretName,
    webhooksUrl: endpoints.webhooks,
    sandbox: { secret: sandbox.SandboxSecretName, url: endpoints.sandbox },
  };
  // A set-up that was cut short may have issued webhook URLs without registering them; then it left no endpoints.
  const rotateWebhooks = same === undefined;
  const gateway = (apiKey: string) => ({ baseUrl: endpoints.sandbox, apiKey });
  // One after the other: each rewrites the same secrets.
  await setUpAccount(target, {
    accountId: endpoints.accountId,
    callerKey: endpoints.apiKey,
    gateway: gateway(endpoints.apiKey),
    webhookKind: "W1",
    rotateWebhooks,
  });
  await setUpAccount(target, {
    accountId: endpoints.otherAccountId,
    callerKey: endpoints.otherApiKey,
    gateway: gateway(endpoints.otherApiKey),
    webhookKind: "W3",
    rotateWebhooks,
  });
  const contentKeys = contentKeysOf(
    await readSecret(clients.secrets, target.gatewaySecret),
    endpoints.accountId,
  );
  await writeEndpoints({ ...endpoints, contentKeys });
  return { ...endpoints, contentKeys };
}

function localUrl(endpoint: string, { ApiId }: StageOutputs["api"]): string {
  return `${endpoint}/_aws/execute-api/${ApiId}/$default`;
}

/** A URL that the emulator worded with a host name of its own, at the address that we know. */
function atEndpoint(endpoint: string, url: string): string {
  return endpoint + new URL(url).pathname;
}
