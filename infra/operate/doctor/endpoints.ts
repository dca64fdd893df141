import { randomBytes, randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type ShownTargets, shownTargetsSchema } from "../../../functions/sandbox/webhook-targets.ts";
import { refusals } from "../../../shared/gateway/answers.ts";
import { createGateway, type GatewayAccount } from "../../../shared/gateway/client.ts";
import { AuthError, GatewayError, NotFound } from "../../../shared/gateway/errors.ts";
import { type WebhooksSecret, webhookSlots } from "../../../shared/store/secrets.ts";
import type { Stage } from "../../config.ts";
import { type Finding, good, type Learnt, learn, unknown, wrong } from "./finding.ts";
import { type StageToMend, typed } from "./typed.ts";

interface HttpAnswer {
  status: number;
  /** Parsed; null for what is no JSON. */
  body: unknown;
}

const TIMEOUT_MS = 15_000;

async function ask(url: string, init: RequestInit = {}): Promise<HttpAnswer> {
  let answer: Response;
  try {
    answer = await fetch(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    // Never the error's own words: they may quote the URL.
    const late = error instanceof Error && error.name === "TimeoutError";
    throw new Error(late ? "no answer in time" : "it cannot be reached");
  }
  const text = await answer.text();
  try {
    return { status: answer.status, body: JSON.parse(text) as unknown };
  } catch {
    return { status: answer.status, body: null };
  }
}

/** Our API, asked by somebody without credentials. */
export const learnApi = (url: string): Promise<Learnt<HttpAnswer>> =>
  learn(() => ask(`${url}/onboardings/doctor`));

export function judgeApi(stage: StageToMend, answer: Learnt<HttpAnswer>): Finding {
  const check = "our API";
  const { deploy } = typed(stage);
  if ("because" in answer) return wrong(check, answer.because, deploy);
  const { status } = answer.value;
  if (status === 401 || status === 403) return good(check, "answers, and asks for credentials");
  return wrong(check, `answered ${status} to a request without credentials`, deploy);
}

/** Our webhook API, with a token that nobody can have been given. */
export const learnWebhooks = (url: string): Promise<Learnt<HttpAnswer>> =>
  learn(() =>
    ask(`${url}/webhooks/profile-status/${randomBytes(32).toString("base64url")}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    }),
  );

export function judgeWebhooks(
  stage: StageToMend & Pick<Stage, "webhookSourceRanges">,
  answer: Learnt<HttpAnswer>,
): Finding {
  const check = "webhook URLs";
  const { deploy } = typed(stage);
  if ("because" in answer) return wrong(check, answer.because, deploy);
  const { status, body } = answer.value;
  const expected = refusals.unknownRoute();
  if (status !== expected.status || !isDeepStrictEqual(body, expected.body))
    return wrong(
      check,
      `answered ${status} where a URL that was never issued gets ${expected.status} in our words`,
      deploy,
    );
  const { length } = stage.webhookSourceRanges;
  const from =
    length === 0
      ? "from any address"
      : `from ${length} address range${length > 1 ? "s" : ""} only: are the provider's in it?`;
  return good(check, `reachable, closed to whoever guesses; taken ${from}`);
}

/** What became of a read that changes nothing: E5 of a profile that cannot be there. */
export type GatewayWord =
  | { word: "knows us" | "refuses us" | "is no gateway" }
  | { word: "failed"; because: string };

export async function learnGateway(account: GatewayAccount): Promise<GatewayWord> {
  let gateway: ReturnType<typeof createGateway> | undefined;
  try {
    gateway = createGateway(account, { totalTimeoutMs: TIMEOUT_MS });
    await gateway.fetchStatus({ id: randomUUID() });
    return { word: "failed", because: "it answered for a profile that cannot exist" };
  } catch (error) {
    if (error instanceof AuthError) return { word: "refuses us" };
    // The gateway says what it does not find; a server that knows no such path has other words.
    if (error instanceof NotFound) return { word: isGatewaysOwn(error.body) ? "knows us" : "is no gateway" };
    const because =
      error instanceof GatewayError || error instanceof TypeError ? error.message : "it could not be asked";
    return { word: "failed", because };
  } finally {
    gateway?.close();
  }
}

const isGatewaysOwn = (body: unknown): boolean =>
  typeof (body as { error?: unknown } | null)?.error === "string";

export function judgeGateway(stage: StageToMend, accountId: string, answer: GatewayWord): Finding {
  const check = `gateway, as ${accountId}`;
  const { setup } = typed(stage);
  switch (answer.word) {
    case "knows us":
      return good(check, "answers, and accepts our credentials");
    case "refuses us":
      return wrong(check, "refuses our credentials", `enter the right api-key with ${setup(accountId)}`);
    case "is no gateway":
      return wrong(
        check,
        "something answers, but not in the gateway's words",
        `check the base URL, and enter it with ${setup(accountId)}`,
      );
    case "failed":
      return wrong(check, answer.because, "check the base URL, and whether the provider has a fault");
  }
}

/** Where the sandbox sends an account's webhooks, as it says itself. */
export const learnTargets = ({ baseUrl, apiKey, accountId }: GatewayAccount): Promise<Learnt<ShownTargets>> =>
  learn(async () => {
    const { status, body } = await ask(`${baseUrl}/sandbox/webhooks`, {
      headers: { "api-key": apiKey, "account-id": accountId },
    });
    if (status !== 200) throw new Error(`it answered ${status}`);
    const shown = shownTargetsSchema.safeParse(body);
    if (!shown.success) throw new Error("its answer is not this version's");
    return shown.data;
  });

export function judgeTargets(
  stage: StageToMend,
  accountId: string,
  webhooksUrl: string,
  { slots }: WebhooksSecret,
  targets: Learnt<ShownTargets>,
): Finding {
  const check = `webhooks of the sandbox, for ${accountId}`;
  if ("because" in targets) return unknown(check, `could not check: ${targets.because}`);
  const strangers = webhookSlots.filter((slot) => {
    const ours = slots.find((entry) => entry.accountId === accountId && entry.slot === slot);
    const target = targets.value.slots[slot];
    // A slot without a URL of ours is the secret's matter.
    if (!ours) return false;
    return target?.at !== `${webhooksUrl}/webhooks/${slot}/` || !ours.tokenHashes.includes(target.hash);
  });
  if (strangers.length === 0) return good(check, "go to our URLs");
  return wrong(check, `${strangers.join(", ")} would not reach us`, typed(stage).rotateWebhooks(accountId));
}
