import { expect } from "vitest";
import type { State, Subject } from "../contract/contract-case.ts";
import { selfieRecapture } from "../contract/requests.ts";
import { configIdOf, endpoints, eventually, freshReference, http } from "./cloud.ts";

/** Scripts under which nobody leaves the state by himself once it is reached, or not soon. */
const scriptFor: Record<State, string> = {
  capture_pending: "cancelled-by-caller",
  booked: "by-hand",
  review_required: "review-approve",
  recapture_pending: "by-hand",
  completed: "straight-through",
  cancelled: "cancelled-by-caller",
  purged: "straight-through",
};

const at = (method: string, path: string, body?: unknown) => http(endpoints.sandbox, method, path, { body });

/** A new profile in `state`, made at the sandbox: our own orchestration does not know it. */
export async function subjectIn(state: State): Promise<Subject> {
  const reference_id = freshReference("contract");
  const config_id = configIdOf(scriptFor[state]);
  const created = await at("POST", "/sync/profiles", { reference_id, config: { id: config_id } });
  expect(created.status).toBe(200);
  const subject: Subject = { ...created.body, reference_id, config_id, purged_at: null };
  const path = `/profiles/${subject.profile_id}`;
  const until = async (status: string) => {
    const found = await eventually(
      () => at("GET", `${path}?status_only=true`),
      ({ body }) => body.status === status,
    );
    expect(found.body.status).toBe(status);
  };
  const ask = async (method: string, what: string, body?: unknown) =>
    expect((await at(method, `${path}/${what}`, body)).status).toBe(200);
  switch (state) {
    case "capture_pending":
      break;
    case "booked":
      await bookSlot(subject);
      break;
    case "review_required":
    case "completed":
      await until(state);
      break;
    case "recapture_pending":
      await captureAll(subject);
      await until("review_required");
      await ask("POST", "recapture/submit", selfieRecapture);
      break;
    case "cancelled":
      await ask("PUT", "cancel");
      break;
    case "purged":
      await until("completed");
      await ask("POST", "purge");
      subject.purged_at = (await at("GET", path)).body.purged_at;
      expect(subject.purged_at).toEqual(expect.any(String));
  }
  return subject;
}

/** The customer's page, as a browser opens it. */
async function pageOf({ capture_link }: Subject): Promise<string> {
  const answer = await fetch(capture_link, { signal: AbortSignal.timeout(35_000) });
  expect(answer.status).toBe(200);
  return answer.text();
}

/** Sends one of the page's forms; the answer's status. */
async function send({ capture_link }: Subject, fields: Record<string, string>): Promise<number> {
  const answer = await fetch(capture_link, {
    method: "POST",
    body: new URLSearchParams(fields),
    redirect: "manual",
    signal: AbortSignal.timeout(35_000),
  });
  await answer.body?.cancel();
  return answer.status;
}

/** The same where it must succeed: whatever was done is answered with a redirect. */
async function act(subject: Subject, fields: Record<string, string>): Promise<void> {
  expect({ fields, status: await send(subject, fields) }).toEqual({ fields, status: 303 });
}

/**
 * The customer asks for a call and, instead of waiting, takes the latest slot that is offered. Somebody else may
 * take it first: then the latest of what is offered after that.
 */
async function bookSlot(subject: Subject): Promise<void> {
  await act(subject, { act: "call" });
  const booked = await eventually(
    async () => {
      const slots = [...(await pageOf(subject)).matchAll(/<option value="([^"]+)"/g)];
      return send(subject, { act: "book", slot: slots.at(-1)?.[1] ?? "" });
    },
    (status) => status !== 409,
  );
  expect(booked).toBe(303);
}

/** The customer hands in a sample of everything that is asked for. */
async function captureAll(subject: Subject): Promise<void> {
  const page = await pageOf(subject);
  const items = new Set([...page.matchAll(/name="item" value="([^"]+)"/g)].map(([, item = ""]) => item));
  expect(items.size).toBeGreaterThan(0);
  for (const item of items) await act(subject, { act: "sample", item });
  await act(subject, { act: "finish" });
}
