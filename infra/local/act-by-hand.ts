import { setTimeout as sleep } from "node:timers/promises";
import type { Caller } from "./onboarding-api.ts";

/** What whoever drives an onboarding by hand needs. */
export interface ByHandTask {
  captureLink: string;
  deskUrl: string;
  /** Signs in at the desk. */
  caller: Caller;
  profileId: string;
  referenceId: string;
  signal?: AbortSignal | undefined;
}

const STEP_MILLISECONDS = 300;
const REVIEWER = "reviewer@example.com";

/**
 * Sends the forms of the capture page and of the reviewer's desk that a customer and a reviewer would send: everything
 * is captured, the selfie is sent back once and captured again, then the profile is approved.
 */
export async function actByHand(task: ByHandTask): Promise<void> {
  await captureAll(task);
  const desk = await signIn(task);
  await desk.act({ act: "recapture", resource: "nil.selfie.nil.1.nil", reason: "Incorrect selfie" });
  await captureAll(task);
  await desk.act({ act: "approve" });
}

/** Takes a sample of every item that the capture page still asks for, then finishes. */
async function captureAll({ captureLink, signal }: ByHandTask): Promise<void> {
  const page = await open(captureLink, { signal });
  const items = new Set([...page.text.matchAll(/name="item" value="([^"]+)"/g)].map(([, item = ""]) => item));
  for (const item of items) await send(captureLink, { act: "sample", item }, { signal });
  await send(captureLink, { act: "finish" }, { signal });
}

/** Signs in; `act` then presses a button of the profile's page, as soon as the page has it. */
async function signIn({ deskUrl, caller, profileId, signal }: ByHandTask) {
  const credentials = { account: caller.accountId, key: caller.apiKey, reviewer: REVIEWER };
  const { cookie } = await send(`${deskUrl}/sign-in`, credentials, { signal });
  const url = `${deskUrl}/profiles/${encodeURIComponent(profileId)}`;
  return {
    async act(fields: Record<string, string> & { act: string }): Promise<void> {
      for (;;) {
        const { text } = await open(url, { cookie, signal });
        const [, csrf = ""] = /name="csrf" value="([^"]+)"/.exec(text) ?? [];
        if (text.includes(`value="${fields.act}"`))
          return void (await send(url, { ...fields, csrf }, { cookie, signal }));
        await sleep(STEP_MILLISECONDS, undefined, signal && { signal });
      }
    },
  };
}

interface Visit {
  cookie?: string;
  signal?: AbortSignal | undefined;
}

const headersOf = ({ cookie }: Visit): Record<string, string> => (cookie ? { cookie } : {});
const limited = ({ signal }: Visit): AbortSignal =>
  AbortSignal.any([AbortSignal.timeout(35_000), ...(signal ? [signal] : [])]);

async function open(url: string, visit: Visit): Promise<{ text: string }> {
  const answer = await fetch(url, { headers: headersOf(visit), signal: limited(visit) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`a page of the sandbox answered ${answer.status}`);
  return { text };
}

/** Every form that was taken is answered with a redirect. Throws for any other answer. */
async function send(url: string, fields: Record<string, string>, visit: Visit): Promise<{ cookie: string }> {
  const answer = await fetch(url, {
    method: "POST",
    headers: headersOf(visit),
    body: new URLSearchParams(fields),
    redirect: "manual",
    signal: limited(visit),
  });
  await answer.body?.cancel();
  if (answer.status !== 303)
    throw new Error(`a form of the sandbox (${fields["act"] ?? "sign-in"}) answered ${answer.status}`);
  return { cookie: answer.headers.getSetCookie()[0]?.split(";")[0] ?? "" };
}
