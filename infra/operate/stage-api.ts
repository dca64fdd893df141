import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { Option } from "commander";
import * as z from "zod";
import { retryAfterMs } from "../../shared/gateway/judge-answer.ts";
import { CommandFailed, oneLine } from "../local/command-failed.ts";
import { readEndpoints } from "../local/endpoints.ts";
import { readStage } from "../local/stage-config.ts";
import { readStageOutputs } from "../local/stage-outputs.ts";
import { withoutSlash } from "../local/stage-target.ts";
import { printable } from "./print.ts";

/** `--stage` of every command here. */
export const stageOption = () =>
  new Option("--stage <name>", "the stage of cdk.json; left out, the local cloud that is up");

/** `--json` of every command that prints. */
export const jsonOption = () => new Option("--json", "print JSON, for programs").default(false);

/** What the API answered, whatever its status. */
export interface StageAnswer {
  status: number;
  body: unknown;
  /** How long it asks to wait (`Retry-After`), or `null`. */
  retryAfterMs: number | null;
}

/** The API of one stage in one account's name. Every method throws `CommandFailed` with one line that says what to do. */
export interface StageApi {
  /** Whose onboardings these are: base URL, and the account where it is known. Not secret. */
  readonly target: string;
  ask(method: string, path: string, body?: object): Promise<StageAnswer>;
  /** The answer's body, of the wanted shape; a refusal is an error with the API's own words. */
  call<Shape extends z.ZodType>(
    shape: Shape,
    method: string,
    path: string,
    body?: object,
  ): Promise<z.output<Shape>>;
}

/** Finds the API of a stage and the credentials for it. `timeoutMs`: for one answer. */
export async function openStageApi(stage: string | undefined, timeoutMs = TIMEOUT_MS): Promise<StageApi> {
  const { url, headers } =
    stage === undefined || stage === "local" ? await ofLocalCloud() : await ofStage(stage);
  const ask: StageApi["ask"] = async (method, path, body) => {
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(url + path, {
        method,
        headers: { ...headers, ...(body && { "content-type": "application/json" }) },
        ...(body && { body: JSON.stringify(body) }),
        // Keys and customers' data go to this URL and to no other.
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
      });
      text = await answer.text();
    } catch (error) {
      throw new CommandFailed(
        `the API did not answer (${oneLine(error)}): is the stage deployed, and the URL right?`,
      );
    }
    try {
      const retryAfter = answer.headers.get("retry-after");
      return {
        status: answer.status,
        body: JSON.parse(text) as unknown,
        retryAfterMs: retryAfter === null ? null : retryAfterMs(retryAfter),
      };
    } catch {
      throw new CommandFailed(`the API answered ${answer.status} and no JSON: is the URL right?`);
    }
  };
  return {
    target: [url, headers["account-id"]].filter(Boolean).join(" "),
    ask,
    async call(shape, method, path, body) {
      const answer = await ask(method, path, body);
      if (answer.status >= 400) throw new CommandFailed(refusalOf(answer.status, answer.body));
      const checked = shape.safeParse(answer.body);
      if (!checked.success)
        throw new CommandFailed(
          "the API's answer is not the one that this version expects: deploy the stage again",
        );
      return checked.data;
    },
  };
}

/** Above the API's own 30 s. */
const TIMEOUT_MS = 35_000;

async function ofLocalCloud() {
  const { api, apiKey, accountId } = await readEndpoints();
  return { url: api, headers: { "api-key": apiKey, "account-id": accountId } };
}

async function ofStage(name: string) {
  const stage = readStage(name);
  const headers = credentialsOf(process.env, stage.jwt !== undefined);
  const { ONBOARDING_API: known } = process.env;
  if (known) return { url: safeUrl(known), headers };
  const { api } = await readStageOutputs(
    new CloudFormationClient(stage.region ? { region: stage.region } : {}),
    name,
    stage.sandbox !== undefined,
  );
  return { url: withoutSlash(api.ApiUrl), headers };
}

/** Keys and customers' data are sent there: encrypted, unless it is this very machine. */
function safeUrl(typed: string): string {
  const { protocol, hostname } = URL.parse(typed) ?? {};
  const isHere = hostname !== undefined && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  if (protocol !== "https:" && !(protocol === "http:" && isHere))
    throw new CommandFailed("ONBOARDING_API must be an https URL");
  return withoutSlash(typed);
}

/** Throws `CommandFailed` naming the variable that is missing. */
export function credentialsOf(environment: NodeJS.ProcessEnv, byToken: boolean): Record<string, string> {
  const wanted = (name: string) => {
    const value = environment[name];
    if (!value) throw new CommandFailed(`set ${name}: see \`npm run onboarding -- --help\``);
    return value;
  };
  return byToken
    ? { authorization: `Bearer ${wanted("ONBOARDING_TOKEN")}` }
    : { "api-key": wanted("ONBOARDING_API_KEY"), "account-id": wanted("ONBOARDING_ACCOUNT_ID") };
}

/** The gateway's shapes of a refusal (contract §1.2), of which our API keeps all. */
const refusalSchema = z.looseObject({
  reason: z.string().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  error: z.string().optional().catch(undefined),
});

/** One line of a refusal, in the API's own words, and what to do about the usual ones. */
export function refusalOf(status: number, body: unknown): string {
  const { reason, message, error } = refusalSchema.safeParse(body).data ?? {};
  const words = printable(reason ?? message ?? error ?? "no reason given");
  if (status === 401 || status === 403)
    return `refused (${status}: ${words}): check ONBOARDING_API_KEY and ONBOARDING_ACCOUNT_ID, or ONBOARDING_TOKEN`;
  if (status === 404)
    return `not found (${words}): this account has no such onboarding; \`list\` shows what is open`;
  if (status === 429) return `refused (429): too many requests; try again in a moment`;
  return `refused (${status}): ${words}`;
}
