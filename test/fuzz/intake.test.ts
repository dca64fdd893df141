import * as fc from "fast-check";
import { expect, test } from "vitest";
import { DuplicateReference } from "../../functions/intake/claim.ts";
import { ACCOUNT } from "../functions/sandbox/virtual-sandbox.ts";
import { fullCreateRequest } from "../shared/gateway/full-request.ts";
import { CloudInMemory } from "./cloud-in-memory.ts";
import { jsonLike, MARKER } from "./hostile.ts";
import { hold, timeout } from "./runs.ts";
import { expectNoTrace, expectUnchanged } from "./unharmed.ts";

const cloud = await CloudInMemory.withSubjects();
const before = cloud.kept();

const config_id = "package-cancelled-by-caller";
const { reference_id } = cloud.subjects.completed;
const messages = [
  { reference_id: "order-new", config: { id: config_id } },
  fullCreateRequest("order-full", config_id),
  { reference_id, config: { id: config_id } },
].map((request) => ({ account_id: ACCOUNT, request }));

/** All that a message may be refused with. Everything else is a crash. */
const refusal =
  /^the message( is no OnboardingRequested| names an unknown account|: .+|'s request is not valid)$/;

test("any message starts an onboarding, or is refused and changes nothing", { timeout }, async () => {
  await hold(
    fc.asyncProperty(jsonLike(messages), async (message) => {
      try {
        await cloud.take(message);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        const { message: said } = error as Error;
        if (!(error instanceof DuplicateReference)) expect(said).toMatch(refusal);
        expect(said).not.toContain(MARKER);
        expectUnchanged(cloud, before);
      } finally {
        expectNoTrace(cloud);
        cloud.restore(before);
      }
    }),
  );
});

test("the messages that are right start one onboarding each, unless the reference is taken", async () => {
  const started = messages.map(async (message) => cloud.take(JSON.stringify(message)));
  const outcomes = await Promise.allSettled(started);
  cloud.restore(before);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
});
