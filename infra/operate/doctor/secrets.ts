import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type * as z from "zod";
import { encryptingKey } from "../../../shared/gateway/encryption.ts";
import {
  type CallersSecret,
  callersSecretSchema,
  type GatewaySecret,
  gatewaySecretSchema,
  type SandboxSecret,
  sandboxSecretSchema,
  type WebhooksSecret,
  webhookSlots,
  webhooksSecretSchema,
} from "../../../shared/store/secrets.ts";
import type { Stage } from "../../config.ts";
import { isLoopback } from "../../local/loopback.ts";
import { readSecret } from "../../local/secret-values.ts";
import type { StageTarget } from "../../local/stage-target.ts";
import { type Finding, good, type Learnt, learn, unknown, wrong } from "./finding.ts";
import { judgeKeyAges } from "./key-ages.ts";
import { type StageToMend, typed } from "./typed.ts";

/** What a stage's secrets hold; undefined: what was never set up. */
export interface Secrets {
  callers: Learnt<unknown>;
  gateway: Learnt<unknown>;
  webhooks: Learnt<unknown>;
  /** Only of a stage with the sandbox. */
  sandbox?: Learnt<unknown>;
}

export async function learnSecrets(
  client: SecretsManagerClient,
  target: Pick<StageTarget, "callersSecret" | "gatewaySecret" | "webhooksSecret" | "sandbox">,
): Promise<Secrets> {
  const read = (name: string) => learn(() => readSecret(client, name));
  const [callers, gateway, webhooks, sandbox] = await Promise.all([
    read(target.callersSecret),
    read(target.gatewaySecret),
    read(target.webhooksSecret),
    target.sandbox && read(target.sandbox.secret),
  ]);
  return { callers, gateway, webhooks, ...(sandbox && { sandbox }) };
}

/** The part of a stage that its secrets are held against. */
export type StageOfSecrets = StageToMend & Pick<Stage, "jwt" | "sandbox" | "workflows" | "maxKeyAgeDays">;

/** What the secrets say, where they could be read and are well-formed. */
export interface Known {
  gateway: GatewaySecret | null;
  webhooks: WebhooksSecret | null;
}

/** Every secret is there, well-formed, and complete with the others and with the settings. */
export function judgeSecrets(
  stage: StageOfSecrets,
  secrets: Secrets,
  sandboxUrl: string | null,
  now: number,
): { findings: Finding[]; known: Known } {
  const { setup } = typed(stage);
  const callers = shaped("callers", secrets.callers, callersSecretSchema, setup());
  const gateway = shaped("gateway", secrets.gateway, gatewaySecretSchema, setup());
  const webhooks = shaped("webhooks", secrets.webhooks, webhooksSecretSchema, setup());
  const sandbox = secrets.sandbox && shaped("sandbox", secrets.sandbox, sandboxSecretSchema, setup());
  const accounts = Object.keys(gateway.value?.accounts ?? {});
  return {
    findings: [
      ...(callers.value ? judgeCallers(stage, callers.value.callers, accounts) : callers.findings),
      ...(gateway.value ? judgeAccounts(stage, gateway.value) : gateway.findings),
      ...(gateway.value ? judgeContentKeys(stage, gateway.value, now) : []),
      ...(webhooks.value ? judgeTokens(stage, webhooks.value, accounts) : webhooks.findings),
      ...judgeKeyAges(
        stage,
        { callers: callers.value, webhooks: webhooks.value, gateway: gateway.value },
        now,
      ),
      ...(sandbox?.value ? judgeSandbox(stage, sandbox.value, sandboxUrl) : (sandbox?.findings ?? [])),
    ],
    known: { gateway: gateway.value, webhooks: webhooks.value },
  };
}

function shaped<Schema extends z.ZodType>(
  name: string,
  secret: Learnt<unknown>,
  schema: Schema,
  setup: string,
): { value: z.output<Schema> | null; findings: Finding[] } {
  const check = `secret ${name}`;
  if ("because" in secret) {
    // Broken JSON is the one reason that is the secret's own; its words do not quote it.
    const broken = secret.because.includes("broken JSON");
    return {
      value: null,
      findings: broken
        ? [wrong(check, "holds broken JSON", "mend it in the console of Secrets Manager")]
        : [unknown(check, `could not check: ${secret.because}`, secret.fix)],
    };
  }
  if (secret.value === undefined) return { value: null, findings: [wrong(check, "was never set up", setup)] };
  const parsed = schema.safeParse(secret.value);
  if (parsed.success) return { value: parsed.data, findings: [] };
  const paths = [...new Set(parsed.error.issues.map(({ path }) => path.join(".") || "all of it"))];
  return {
    value: null,
    findings: [wrong(check, `missing or malformed: ${paths.join(", ")}`, setup)],
  };
}

function judgeCallers(
  stage: StageOfSecrets,
  callers: CallersSecret["callers"],
  accounts: readonly string[],
): Finding[] {
  const check = "secret callers";
  const { setup } = typed(stage);
  if (callers.length === 0) return [wrong(check, "nobody may call", setup())];
  const findings = accounts
    .filter((id) => !callers.some(({ accountId }) => accountId === id))
    .map((id) => wrong(check, `account ${id} has a gateway, but nobody may call in its name`, setup(id)));
  // A revocation leaves such an account behind, and may have been meant.
  if (!stage.jwt)
    for (const { accountId, keyHashes } of callers)
      if (keyHashes.length === 0)
        findings.push(
          unknown(
            check,
            `account ${accountId} has no api-key: were all of them revoked? Else`,
            setup(accountId),
          ),
        );
  if (findings.length > 0) return findings;
  const of = counted(callers.length, "account");
  if (stage.jwt) return [good(check, `${of}, known by tokens`)];
  const keys = callers.flatMap(({ keyHashes }) => keyHashes).length;
  return [good(check, `${counted(keys, "api-key")} of ${of}${oldest(callers)}`)];
}

/** Accounts of the secret and of the settings, and whether the two agree. */
function judgeAccounts(stage: StageOfSecrets, { accounts }: GatewaySecret): Finding[] {
  const check = "secret gateway";
  const { name, gatewayAccounts, sandbox } = stage;
  const { setup } = typed(stage);
  const configured = Object.entries(gatewayAccounts);
  const findings = configured.flatMap(([key, { accountId, baseUrl }]): Finding[] => {
    const entry = accounts[accountId];
    if (!entry)
      return [wrong(check, `lacks stages.${name}.gatewayAccounts.${key} (${accountId})`, setup(key))];
    if (baseUrl && withoutSlash(baseUrl) !== withoutSlash(entry.baseUrl))
      return [wrong(check, `has another base URL than stages.${name}.gatewayAccounts.${key}`, setup(key))];
    return [];
  });
  for (const [id, { accountId, baseUrl }] of Object.entries(accounts)) {
    if (configured.length > 0 && !configured.some(([, account]) => account.accountId === id))
      findings.push(
        wrong(
          check,
          `has account ${id}, which stages.${name}.gatewayAccounts does not list`,
          "list it in cdk.json, or delete its entry in the secret",
        ),
      );
    if (accountId !== id)
      findings.push(wrong(check, `the entry of account ${id} is another account's`, setup(id)));
    if (!baseUrl.startsWith("https:") && !(sandbox && isLoopback(baseUrl)))
      findings.push(wrong(check, `the base URL of account ${id} is not https`, setup(id)));
  }
  const ids = Object.keys(accounts);
  if (ids.length === 0 && configured.length === 0) return [wrong(check, "holds no account", setup())];
  return findings.length > 0
    ? findings
    : [good(check, `${counted(ids.length, "account")}: ${ids.join(", ")}`)];
}

/** Whoever has to encrypt has a key for it, now and when that one retires. */
function judgeContentKeys(stage: StageOfSecrets, { accounts }: GatewaySecret, now: number): Finding[] {
  const encrypted = Object.entries(stage.workflows).filter(([, workflow]) => workflow.encrypted);
  const { rotateKeys } = typed(stage);
  return Object.entries(accounts).flatMap(([id, { contentKeys }]): Finding[] => {
    const check = `content key of ${id}`;
    const key = encryptingKey(contentKeys, now);
    if (!key) {
      const [first] = encrypted;
      if (first)
        return [wrong(check, `none is in use, but the workflow ${first[0]} is encrypted`, rotateKeys(id))];
      return contentKeys.length > 0 ? [wrong(check, "none is in use any more", rotateKeys(id))] : [];
    }
    const { retires_at } = key;
    if (retires_at !== null && !encryptingKey(contentKeys, retires_at))
      return [wrong(check, `retires ${dayOf(retires_at)} and none follows it`, rotateKeys(id))];
    return [good(check, `in use since ${dayOf(key.encrypts_from)}`)];
  });
}

function judgeTokens(
  stage: StageOfSecrets,
  { slots }: WebhooksSecret,
  accounts: readonly string[],
): Finding[] {
  const check = "secret webhooks";
  const { setup } = typed(stage);
  const lacking = accounts
    .map((id) => ({
      id,
      without: webhookSlots.filter(
        (slot) => !slots.some((entry) => entry.accountId === id && entry.slot === slot),
      ),
    }))
    .filter(({ without }) => without.length > 0);
  const [first] = lacking;
  if (first && lacking.every(({ without }) => without.length === webhookSlots.length))
    return [wrong(check, `no URL was issued for ${lacking.map(({ id }) => id).join(", ")}`, setup())];
  if (first)
    return lacking.map(({ id, without }) =>
      wrong(check, `account ${id} has no URL for ${without.join(", ")}`, setup(id)),
    );
  const held = `${counted(slots.length, "slot")} of ${counted(accounts.length, "account")}`;
  return [good(check, held + oldest(slots))];
}

function judgeSandbox(
  stage: StageOfSecrets,
  { accounts, baseUrl }: SandboxSecret,
  sandboxUrl: string | null,
): Finding[] {
  const check = "secret sandbox";
  const { setup } = typed(stage);
  if (accounts.length === 0) return [wrong(check, "holds no account", setup())];
  if (sandboxUrl !== null && baseUrl !== sandboxUrl)
    return [wrong(check, "capture links lead elsewhere: its base URL is not the sandbox's", setup())];
  return [good(check, counted(accounts.length, "account"))];
}

/** When the oldest of these was issued, as far as it is known. */
function oldest(entries: readonly { issuedAt?: Record<string, number> | undefined }[]): string {
  const dates = entries.flatMap(({ issuedAt = {} }) => Object.values(issuedAt));
  return dates.length > 0 ? `, the oldest issued ${dayOf(Math.min(...dates))}` : "";
}

const counted = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const withoutSlash = (url: string): string => url.replace(/\/+$/, "");
