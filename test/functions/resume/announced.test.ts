import { describe, expect, test } from "vitest";
import type { LookRequest } from "../../../functions/looks.ts";
import { type ResumeDeps, takeLook, toResumeHandler } from "../../../functions/resume/resume.ts";
import { steps } from "../../../functions/steps/index.ts";
import { ingest } from "../../../functions/webhooks/ingest.ts";
import { settle } from "../../shared/store/settle.ts";
import { key, onboardingInMemory, profile_id, state, statusAnswer } from "../onboarding-in-memory.ts";

/** A customer who is waited for; the looks that were asked for, each with its pause in seconds. */
async function waiting() {
  const onboarding = onboardingInMemory({ fetchProfile: () => statusAnswer("in_progress") });
  await onboarding.created();
  await steps.OpenCapture.run(state, onboarding.deps, "token");
  const sent: { pause: number; look: LookRequest }[] = [];
  const deps: ResumeDeps = {
    ...onboarding.deps,
    sendLooks: async (looks, pause = 0) => void sent.push(...looks.map((look) => ({ pause, look }))),
  };
  const images: Record<string, unknown>[] = [];
  onboarding.table.onChange = ({ image }) => void (image["last_write"] === "signal" && images.push(image));
  return {
    ...onboarding,
    deps,
    sent,
    /** A webhook, and the look that the table's stream asks for. */
    async webhook(slot: string, body: object) {
      const told = Buffer.from(JSON.stringify({ profile_id, ...body }));
      await ingest(slot, "token", told, { ...deps, ownerOf: async () => key.account_id });
      await toResumeHandler(() => deps)({ Records: [streamed(images.at(-1) ?? {})] } as never, {} as never);
    },
  };
}

/** As the stream has an item: every value with its type. */
const streamed = (image: Record<string, unknown>) => ({
  dynamodb: {
    SequenceNumber: "1",
    NewImage: Object.fromEntries(
      Object.entries(image).map(([name, value]) => [
        name,
        typeof value === "number" ? { N: String(value) } : { S: String(value) },
      ]),
    ),
  },
});

describe("a look that shows no news is repeated after 5 and after 60 seconds", () => {
  test.each([
    ["a status that the wait waits for", { status: "completed" }],
    ["a status by another word for it", { status: "processed" }],
    ["a status that nobody knows", { status: "brand_new" }],
    ["nothing that could be read", {}],
  ])("where the webhook told of %s", async (_, body) => {
    const onboarding = await waiting();
    await onboarding.webhook("profile-status", body);
    expect(onboarding.sent).toMatchObject([{ pause: 5, look: { ...key, wait: 1, again: 1 } }]);
    await takeLook(onboarding.sent[0]?.look as LookRequest, onboarding.deps);
    await takeLook(onboarding.sent[1]?.look as LookRequest, onboarding.deps);
    expect(onboarding.sent.map(({ pause }) => pause)).toEqual([5, 60]);
  });

  test("where somebody else than the gateway raised the signal", async () => {
    const onboarding = await waiting();
    await onboarding.webhook("profile-status", { status: "in_progress" });
    await onboarding.records.signal(key);
    expect(await onboarding.table.get("6:acme/1|reference|7:order-7", "profile")).not.toHaveProperty("said");
    await takeLook({ ...key, wait: 1, again: 0 }, onboarding.deps);
    expect(onboarding.sent).toHaveLength(1);
  });
});

describe("one look is enough", () => {
  test.each([
    ["the status that it is in", "profile-status", { status: "in_progress" }],
    ["a session's end, whose status is from before", "capture-session", { status: "completed" }],
    ["a slot", "scheduling", {}],
  ])("where the webhook told of %s", async (_, slot, body) => {
    const onboarding = await waiting();
    await onboarding.webhook(slot, body);
    expect(onboarding.asked.filter((name) => name === "fetchStatus")).toHaveLength(2);
    expect(onboarding.sent).toEqual([]);
  });

  test("where nothing but time led to it", async () => {
    const onboarding = await waiting();
    await takeLook(key, onboarding.deps);
    expect(onboarding.sent).toEqual([]);
  });
});

test("a webhook after the purge is written down and raises nothing", async () => {
  const { records, webhook, record } = await waiting();
  await settle(records, key, { status: "purged", purged_at: 1 });
  const { signal } = await record();
  await webhook("profile-status", { status: "purged" });
  expect((await record()).signal).toBe(signal);
  expect((await records.history(key, profile_id)).map(({ kind }) => kind)).toContain("W3");
});
