import * as z from "zod";
import { ruleProblem } from "../functions/decisions/rules.ts";
import { workflowSchema } from "../shared/profile/policy.ts";
import { settingProblems, WrongSettings } from "./setting-problems.ts";

const seconds = z.number().int().min(0);

/** Speed of the scripted people and machines of the sandbox gateway, and its switches (contract A-10, §8). */
export const sandboxSchema = z.strictObject({
  readySeconds: seconds.max(900).default(1),
  readyLateSeconds: seconds.max(900).default(12),
  customerSeconds: seconds.max(900).default(1),
  customerLateSeconds: seconds.max(900).default(15),
  taskSeconds: seconds.max(900).default(1),
  checkerSeconds: seconds.max(900).default(1),
  checkerLateSeconds: seconds.max(900).default(15),
  linkLifetimeSeconds: seconds.default(30 * 86_400),
  shortLinkLifetimeSeconds: seconds.max(900).default(4),
  /** The queues of video calls; the first one takes whoever names none, or one that is not there. */
  videoQueues: z
    .array(
      z.strictObject({
        priority: z.int(),
        label: z.string().min(1),
        operators: z.int().min(0).max(1000),
      }),
    )
    .min(1)
    .refine((queues) => new Set(queues.map(({ priority }) => priority)).size === queues.length, {
      message: "each priority may occur once",
    })
    .default([
      { priority: 1, label: "General", operators: 2 },
      { priority: 2, label: "Premium", operators: 1 },
    ]),
  slotSeconds: seconds.min(60).default(900),
  scriptedSlotSeconds: seconds.min(1).max(900).default(2),
  webhookRetrySeconds: z.array(seconds.max(900)).default([1, 5, 15, 60]),
  purgePolicy: z.enum(["closed", "completed_only", "any"]).default("closed"),
});

/** Keys, tokens or customers' data go there: https, no credentials, no query. */
export function isPlainHttps(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === "https:" && !url.username && !url.password && !/[?#]/.test(text);
}
const plainHttps = z.string().refine(isPlainHttps, "a plain https URL is wanted");

/** Claims that every token has and that never name an account. */
const ownClaims = ["iss", "aud", "exp", "nbf", "iat", "jti", "scope", "scp", "token_use"];

/** Whose tokens callers show instead of keys, and which claim of theirs names the account. */
export const jwtSchema = z.strictObject({
  /** Exactly as tokens have it in `iss`; its keys are found below it (OpenID Connect discovery). */
  issuer: plainHttps,
  /** A token must be for one of these (`aud`, or `client_id` where it has no `aud`). */
  audience: z.array(z.string().min(1)).min(1),
  accountClaim: z
    .string()
    .regex(/^[A-Za-z][\w.:/-]*$/)
    .refine((claim) => !ownClaims.includes(claim), "this claim does not name an account"),
});
export type JwtSettings = z.output<typeof jwtSchema>;

const limit = (perSecond: number, burst: number) =>
  z
    .strictObject({
      perSecond: z.int().min(1).max(10_000).default(perSecond),
      burst: z.int().min(1).max(5_000).default(burst),
    })
    .prefault({});

/** Requests of all callers together, for each route; what is above is answered with 429. */
export const throttleSchema = z
  .strictObject({
    reads: limit(200, 400),
    /** Everything that changes a profile that there is. */
    changes: limit(100, 200),
    /** What claims a reference: it costs the most, here and at the gateway. */
    creates: limit(50, 100),
    /** What reads all that is open of the stage, in the index that the sweeper needs too. */
    counts: limit(2, 5),
    /** What anybody may read. */
    descriptions: limit(10, 20),
    webhooks: limit(500, 1000),
  })
  .prefault({});
export type Throttle = z.output<typeof throttleSchema>;
export type Limit = Throttle[keyof Throttle];

/** At least two labels, the last of them no number: neither a whole top-level domain nor an address. */
const hostName = z
  .string()
  .regex(/^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z](?:[a-z\d-]{0,61}[a-z\d])$/, {
    error: "must be a host name in lower case, of at least two parts",
  });

const settingName = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, "names are of a-z, digits and hyphens, a letter first");

/** One of the accounts that a stage has at its gateway; the keys are for `npm run setup` to ask for. */
export const gatewayAccountSchema = z.strictObject({
  /** The gateway's account-id, which is ours as well. */
  accountId: z.string().regex(/^[\x21-\x7e]{1,128}$/, "must be printable ASCII without spaces"),
  /** Where the gateway is. Not on a stage with the sandbox, which is its own gateway. */
  baseUrl: plainHttps.optional(),
  /** Which status webhook the sandbox sends to this account (contract §8). */
  webhookKind: z.enum(["W1", "W2", "W3"]).optional(),
});

/** A workflow whose rules can be worked out: `decision.rules.N.when` is an expression over the facts there are. */
const deployableWorkflow = workflowSchema.superRefine(({ decision }, issues) => {
  if (decision.kind !== "rules") return;
  for (const [index, { when }] of decision.rules.entries()) {
    const message = ruleProblem(when);
    if (message) issues.addIssue({ code: "custom", path: ["decision", "rules", index, "when"], message });
  }
});

/** As much as Lambda takes for the concurrency of a queue's function. */
export const MOST_LOOKS_AT_ONCE = 1_000;

/** Settings of one stage, from the context key `stages` of cdk.json. */
const stageFields = z.strictObject({
  /** Where to deploy; left out, the caller's own account and region. */
  account: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  region: z.string().optional(),
  /** Deploys the sandbox gateway beside the orchestrator. Never on a stage that serves customers. */
  sandbox: sandboxSchema.optional(),
  /** Name → account at the gateway. Left out, `npm run setup` asks for everything about one. */
  gatewayAccounts: z.record(settingName, gatewayAccountSchema).default({}),
  /** Onboardings a day that the stage shall take: `npm run doctor` holds quotas and limits against it. */
  expectedPerDay: z.int().min(1).max(10_000_000).optional(),
  /** Keeps state machine, table, vault, key and secrets when the stacks are removed. */
  retainData: z.boolean().default(true),
  logRetentionDays: z.literal([1, 3, 7, 14, 30, 90, 180, 365]).default(30),
  /** Host suffixes of capture links that we hand on (contract A-25). */
  captureHosts: z.array(z.string().min(1)).default(["idfy.com"]),
  /** Host suffixes that files of results are copied from (contract §4.2); empty: none is copied. */
  documentHosts: z.array(hostName).default([]),
  /** Addresses that may send webhooks (CIDR); empty: any, the unguessable URL decides. */
  webhookSourceRanges: z
    .array(z.union([z.cidrv4(), z.cidrv6()], "an address range (CIDR) is wanted"))
    .default([]),
  /** Callers show tokens of this issuer; left out, they show keys. Never both. */
  jwt: jwtSchema.optional(),
  throttle: throttleSchema,
  /** Due looks that are under way at the same time: the pace at which the gateway is asked. News is looked at besides. */
  looksAtOnce: z.int().min(2).max(MOST_LOOKS_AT_ONCE).default(5),
  /** E-mail addresses that get the alarms. */
  alarmEmails: z.array(z.email()).default([]),
  /** Where the runbook is, as alarms name it: the address of a copy, or a path in this repository. */
  runbookUrl: z
    .string()
    .regex(/^[^\s#]{1,200}$/, "must be an address or a path without a # part")
    .default("docs/runbook.md"),
  /** A key that is in use for longer raises an alarm. */
  maxKeyAgeDays: z.int().min(1).max(3_650).default(365),
  /** Name → workflow. For a stage with the sandbox the name picks its script. */
  workflows: z.record(settingName, deployableWorkflow).default({}),
});

/** What no field can say of itself. */
export const stageSchema = stageFields.superRefine(({ workflows, gatewayAccounts, sandbox }, issues) => {
  const wrong = (path: string[], message: string) => issues.addIssue({ code: "custom", path, message });
  for (const [name, other] of sameIn(workflows, ({ config_id }) => config_id))
    wrong(["workflows", name, "config_id"], `workflow ${other} has the same`);
  for (const [name, other] of sameIn(gatewayAccounts, ({ accountId }) => accountId))
    wrong(["gatewayAccounts", name, "accountId"], `account ${other} has the same`);
  for (const [name, { baseUrl, webhookKind }] of Object.entries(gatewayAccounts)) {
    if (sandbox && baseUrl)
      wrong(["gatewayAccounts", name, "baseUrl"], "the sandbox is this stage's gateway");
    if (!sandbox && !baseUrl) wrong(["gatewayAccounts", name, "baseUrl"], "a plain https URL is wanted");
    if (!sandbox && webhookKind)
      wrong(
        ["gatewayAccounts", name, "webhookKind"],
        "only a sandbox is told; agree on it with the provider",
      );
  }
});

/** Each entry that repeats what an earlier one has, with the earlier one's name. */
function sameIn<T>(entries: Record<string, T>, of: (entry: T) => string): [string, string][] {
  const first = new Map<string, string>();
  return Object.entries(entries).flatMap(([name, entry]): [string, string][] => {
    const known = first.get(of(entry));
    if (known === undefined) first.set(of(entry), name);
    return known === undefined ? [] : [[name, known]];
  });
}

export type Stage = z.output<typeof stageSchema> & { name: string };

/** The fixed name of a stage's state machine. */
export const stateMachineName = (stage: Pick<Stage, "name">): string => `onboarding-${stage.name}`;

/** The settings of a stage, checked. Throws `WrongSettings` that names each wrong key, never its value. */
export function parseStage(name: unknown, stages: unknown): Stage {
  const all = z.record(z.string(), z.unknown()).safeParse(stages);
  if (!all.success) throw new Error("cdk.json: context.stages must be an object of stages");
  const known = Object.keys(all.data).join(", ");
  if (typeof name !== "string" || !/^[a-z][a-z0-9-]{0,19}$/.test(name))
    throw new Error(`name the stage: -c stage=NAME, one of ${known}`);
  if (!Object.hasOwn(all.data, name)) throw new Error(`cdk.json has no stage "${name}"; it has ${known}`);
  const stage = stageSchema.safeParse(all.data[name]);
  if (!stage.success) throw new WrongSettings(settingProblems(stage.error.issues, ["stages", name]));
  return { ...stage.data, name };
}
