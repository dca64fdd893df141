import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { faultsSchema } from "../../functions/sandbox/faults.ts";
import type { HttpAnswer } from "../../functions/sandbox/http.ts";
import { shownTargetsSchema, webhookTargetsSchema } from "../../functions/sandbox/webhook-targets.ts";
import { type Endpoint, endpoint, endpoints } from "../../shared/gateway/endpoints.ts";
import { webhookSlots } from "../../shared/store/secrets.ts";
import type { State, World } from "../contract/contract-case.ts";
import { documentedAnswer } from "../contract/documented-answer.ts";
import { type Request, requests } from "../contract/requests.ts";
import { ACCOUNT, OTHER_ACCOUNT } from "../functions/sandbox/virtual-sandbox.ts";
import { fullCreateRequest } from "../shared/gateway/full-request.ts";
import { CloudInMemory, keyOf } from "./cloud-in-memory.ts";
import { id, MARKER, type Query, query, type Sent, sent } from "./hostile.ts";
import { hold, timeout } from "./runs.ts";
import { expectNoTrace, expectUnchanged, withoutIds } from "./unharmed.ts";

const cloud = await CloudInMemory.withSubjects();
const { subjects, stranger } = cloud;
const before = cloud.kept();

const control = (path: string, body: z.ZodType, success: z.ZodType): Endpoint =>
  endpoint({
    operations: [],
    summary: "A control of the sandbox's own",
    method: "PUT",
    path,
    body,
    success: { status: 200, body: success },
    refusals: ["malformedJson", "badRequest"],
  });

/** The endpoints of the contract, and the sandbox's controls in the same words. */
const served: Record<string, Endpoint> = {
  ...endpoints,
  setFaults: control("/sandbox/faults", faultsSchema, faultsSchema),
  setWebhooks: control(
    "/sandbox/webhooks",
    webhookTargetsSchema,
    z.strictObject({ kind: z.string(), slots: z.array(z.enum(webhookSlots)) }),
  ),
  fetchWebhooks: {
    ...control("/sandbox/webhooks", z.never(), shownTargetsSchema),
    method: "GET",
    body: null,
  },
  fetchDeadLetters: {
    ...control("/sandbox/dead-letters", z.never(), z.strictObject({ dead_letters: z.array(z.unknown()) })),
    method: "GET",
    body: null,
  },
};

/** Where the fields of a body are looked at, which comes after the state. */
const stateFor: Partial<Record<string, State>> = {
  cancelAppointment: "booked",
  updateProfileConfig: "booked",
};
const subjectOf = (name: string) => subjects[stateFor[name] ?? "review_required"];

const worldOf = (name: string): World => ({
  subject: subjectOf(name),
  reference_id: "order-new",
  config_id: "package-cancelled-by-caller",
  apiKey: keyOf(ACCOUNT),
  accountId: ACCOUNT,
  otherApiKey: keyOf(OTHER_ACCOUNT),
  otherAccountId: OTHER_ACCOUNT,
  cipher: cloud.virtual.cipherOf(ACCOUNT),
});

const urls = Object.fromEntries(webhookSlots.map((slot) => [slot, `https://hooks.example.com/${slot}`]));
const moreBodies: Record<string, unknown[]> = {
  createProfileSync: [fullCreateRequest("order-full", "package-cancelled-by-caller")],
  createProfileAsync: [fullCreateRequest("order-full", "package-cancelled-by-caller")],
  completeProfile: [{ status: "rejected", status_description: { code: "C", reason: "R", comments: null } }],
  updateProfileConfig: [
    {
      config: { overrides: { assignee: [{ email: "agent@example.com", action: "video_call" }] } },
      relay_data: "AAAA",
    },
  ],
  setFaults: [
    {},
    {
      seed: 7,
      webhooks: { duplicate: 0.5, delayMs: 10 },
      api: { errorRate: 0, statuses: [500], lookupLagMs: 1 },
    },
  ],
  setWebhooks: [{ kind: "W3", urls }],
};

const requestFor = ({ operations }: Endpoint): Request | undefined =>
  (requests as Record<string, Request>)[operations[0] ?? ""];

async function validBodies(name: string, serves: Endpoint): Promise<unknown[]> {
  const usual = await requestFor(serves)?.body?.(worldOf(name));
  return [...(usual === undefined ? [] : [usual]), ...(moreBodies[name] ?? [])];
}

interface Ask extends Partial<Sent> {
  id?: string;
  query?: Query;
}

const ask = ({ method, path }: Endpoint, { id: one, query: asked, ...more }: Ask): Promise<HttpAnswer> =>
  cloud.askSandbox({
    method,
    headers: { "api-key": keyOf(ACCOUNT), "account-id": ACCOUNT },
    rawPath: path.replace("{id}", () => one ?? ""),
    rawQueryString: new URLSearchParams(asked ?? {}).toString(),
    ...more,
  });

/** Asks, and expects of the answer all that may be expected of any. Any of `serving` may have been meant. */
async function expectDocumented(serving: Endpoint[], asking: () => Promise<HttpAnswer>): Promise<void> {
  try {
    const { status, headers, body } = await asking();
    const answer = { status, body: JSON.parse(body) as unknown };
    const documented = serving.map((one) => documentedAnswer(one, answer)).find((name) => name !== null);
    if (documented === undefined) expect(answer, "an answer that nobody documented").toBeNull();
    // What was set is said back, which the schema has checked.
    const settings = serving.includes(served["setFaults"] as Endpoint) && documented === "success";
    if (!settings) expect(JSON.stringify(headers) + withoutIds(answer.body)).not.toContain(MARKER);
    if (documented !== "success") expectUnchanged(cloud, before);
    expectNoTrace(cloud);
  } finally {
    cloud.restore(before);
  }
}

const withBody = Object.entries(served).filter(([, { body }]) => body);
describe.each(withBody)("%s", (name, serves) => {
  test("takes or refuses any body as documented", { timeout }, async () => {
    const valid = await validBodies(name, serves);
    expect(valid.length).toBeGreaterThan(0);
    await hold(
      fc.asyncProperty(sent(valid), (body) =>
        expectDocumented([serves], () => ask(serves, { ...body, id: subjectOf(name).profile_id })),
      ),
    );
  });

  test("takes the bodies that are right", async () => {
    for (const body of await validBodies(name, serves)) {
      const answer = await ask(serves, { body: JSON.stringify(body), id: subjectOf(name).profile_id });
      cloud.restore(before);
      expect(answer.status).toBe(serves.success.status);
    }
  });
});

const knownIds = [
  ...Object.values(subjects).flatMap(({ profile_id, reference_id }) => [profile_id, reference_id]),
  stranger.profile_id,
  stranger.reference_id,
];
/** A path with a slash too many may be another's, or nobody's. */
const anybody = Object.values(served).map((one) => ({
  ...one,
  refusals: [...one.refusals, "unknownRoute"] as const,
}));

test.each(Object.entries(served))(
  "%s answers any id and query as documented",
  { timeout },
  async (name, serves) => {
    const [valid] = await validBodies(name, serves);
    const body = valid === undefined ? {} : { body: JSON.stringify(valid) };
    await hold(
      fc.asyncProperty(id(knownIds), query, (one, asked) =>
        expectDocumented(one.includes("/") || one === "" ? anybody : [serves], () =>
          ask(serves, { ...body, id: one, query: asked }),
        ),
      ),
    );
  },
);
