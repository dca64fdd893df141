import * as z from "zod";
import { workflowSchema } from "../shared/profile/policy.ts";

const seconds = z.number().int().min(0);

/** Speed of the scripted people and machines of the sandbox gateway, and its switches (contract A-10, §8). */
export const sandboxSchema = z.strictObject({
  readySeconds: seconds.max(900).default(1),
  readyLateSeconds: seconds.max(900).default(12),
  customerSeconds: seconds.max(900).default(1),
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
export type SandboxSettings = z.output<typeof sandboxSchema>;

/** Claims that every token has and that never name an account. */
const ownClaims = ["iss", "aud", "exp", "nbf", "iat", "jti", "scope", "scp", "token_use"];

/** Whose tokens callers show instead of keys, and which claim of theirs names the account. */
export const jwtSchema = z.strictObject({
  /** Exactly as tokens have it in `iss`; its keys are found below it (OpenID Connect discovery). */
  issuer: z.string().refine((text) => {
    const url = URL.parse(text);
    return url?.protocol === "https:" && !url.username && !url.password && !/[?#]/.test(text);
  }, "a plain https URL is wanted"),
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

/** Settings of one stage, from the context key `stages` of cdk.json. */
export const stageSchema = z.strictObject({
  /** Where to deploy; left out, the caller's own account and region. */
  account: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  region: z.string().optional(),
  /** Deploys the sandbox gateway beside the orchestrator. Never on a stage that serves customers. */
  sandbox: sandboxSchema.optional(),
  /** Keeps table, vault, key and secrets when the stacks are removed. */
  retainData: z.boolean().default(true),
  logRetentionDays: z.literal([1, 3, 7, 14, 30, 90, 180, 365]).default(30),
  /** Host suffixes of capture links that we hand on (contract A-25). */
  captureHosts: z.array(z.string().min(1)).default(["idfy.com"]),
  /** Host suffixes that files of results are copied from (contract §4.2); empty: none is copied. */
  documentHosts: z.array(hostName).default([]),
  /** Addresses that may send webhooks (CIDR); empty: any, the unguessable URL decides. */
  webhookSourceRanges: z.array(z.union([z.cidrv4(), z.cidrv6()])).default([]),
  /** Callers show tokens of this issuer; left out, they show keys. Never both. */
  jwt: jwtSchema.optional(),
  throttle: throttleSchema,
  /** E-mail addresses that get the alarms. */
  alarmEmails: z.array(z.email()).default([]),
  /** Name → workflow. For a stage with the sandbox the name picks its script. */
  workflows: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), workflowSchema).default({}),
});
export type Stage = z.output<typeof stageSchema> & { name: string };

/** The settings of a stage, checked. Throws one error that names each wrong field, never its value. */
export function parseStage(name: unknown, stages: unknown): Stage {
  const all = z.record(z.string(), z.unknown()).safeParse(stages);
  if (!all.success) throw new Error("cdk.json: context.stages must be an object of stages");
  const known = Object.keys(all.data).join(", ");
  if (typeof name !== "string" || !/^[a-z][a-z0-9-]{0,19}$/.test(name))
    throw new Error(`name the stage: -c stage=NAME, one of ${known}`);
  if (!(name in all.data)) throw new Error(`cdk.json has no stage "${name}"; it has ${known}`);
  const stage = stageSchema.safeParse(all.data[name]);
  if (!stage.success) {
    const problems = stage.error.issues.map(
      (issue) => `stages.${[name, ...issue.path].join(".")}: ${issue.message}`,
    );
    throw new Error(`cdk.json: ${problems.join("; ")}`);
  }
  const ids = Object.values(stage.data.workflows).map((workflow) => workflow.config_id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice) throw new Error(`cdk.json: stages.${name}.workflows: two workflows have the config_id ${twice}`);
  return { ...stage.data, name };
}
