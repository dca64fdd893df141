import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import * as z from "zod";
import { contentKeySchema } from "../../shared/store/secrets.ts";
import { CommandFailed } from "./command-failed.ts";
import { localPaths } from "./local-paths.ts";

const text = z.string().min(1);

/** `.local/endpoints.json`: how to reach the local cloud. Written last, so that it is there only when all is set up. */
export const endpointsSchema = z.strictObject({
  awsEndpoint: z.url(),
  region: text,
  /** Base URLs; the contract's paths are appended as they are. */
  api: z.url(),
  webhooks: z.url(),
  sandbox: z.url(),
  /** Two accounts, each valid at our API and at the sandbox. The second one's webhooks carry the status only (W3). */
  apiKey: text,
  accountId: text,
  otherApiKey: text,
  otherAccountId: text,
  /** What the first account encrypts with (contract §9), newest first. */
  contentKeys: z.array(contentKeySchema),
  eventBus: text,
  intakeQueue: z.url(),
  profileTable: text,
  vaultBucket: text,
  stateMachineArn: text,
  sweepFunction: text,
  /** Null when the emulator is not ours (`AWS_ENDPOINT_URL`). */
  emulatorPid: z.int().nullable(),
  /** Scenario → `config.id`. */
  configIds: z.record(z.string(), z.string()),
});
export type Endpoints = z.output<typeof endpointsSchema>;

/** The local cloud's endpoints. Throws `CommandFailed` when there is none, or none completely set up. */
export async function readEndpoints(): Promise<Endpoints> {
  const endpoints = await findEndpoints();
  if (!endpoints) throw new CommandFailed("the local cloud is not up: run `npm run up` (or `npm start`)");
  return endpoints;
}

export async function findEndpoints(): Promise<Endpoints | undefined> {
  try {
    return endpointsSchema.parse(JSON.parse(await readFile(localPaths.endpoints, "utf8")));
  } catch {
    return undefined;
  }
}

/** Renamed into place, readable by its owner only: it holds keys, though only dummies' ones. */
export async function writeEndpoints(endpoints: Endpoints): Promise<void> {
  await mkdir(localPaths.folder, { recursive: true });
  const draft = `${localPaths.endpoints}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(endpointsSchema.parse(endpoints), null, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, localPaths.endpoints);
}

export async function forgetEndpoints(): Promise<void> {
  await rm(localPaths.endpoints, { force: true });
}
