import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { encryptCreate } from "../../shared/gateway/encryption.ts";
import type { State } from "../contract/contract-case.ts";
import { documentedAnswer } from "../contract/documented-answer.ts";
import { selfieRecapture } from "../contract/requests.ts";
import { ACCOUNT } from "../functions/sandbox/virtual-sandbox.ts";
import { fullCreateRequest } from "../shared/gateway/full-request.ts";
import { seal } from "../shared/gateway/seal.ts";
import { type ApiAnswer, actionNamed, actions, CloudInMemory, type Kept } from "./cloud-in-memory.ts";
import { id, jsonLike, MARKER, type Query, query, type Sent, sent } from "./hostile.ts";
import { hold, timeout } from "./runs.ts";
import { expectNoTrace, expectUnchanged, withoutIds } from "./unharmed.ts";

const cloud = await CloudInMemory.withSubjects();
const { subjects, stranger, virtual } = cloud;
const before: Kept = cloud.kept();

const config_id = "package-cancelled-by-caller";
const minimal = { reference_id: "order-new", config: { id: config_id } };
const full = { ...fullCreateRequest("order-full", config_id), data: fullCreateRequest("", "").data };
const creates = [minimal, full, { ...minimal, reference_id: subjects.completed.reference_id }];
const encrypted = await Promise.all(
  creates.map((request) => encryptCreate(request, virtual.cipherOf(ACCOUNT))),
);

/** Bodies that are right, by the actions that take them. */
const validBodies: Record<string, readonly unknown[]> = {
  createProfileSync: creates,
  createProfileAsync: creates,
  createProfileEncrypted: encrypted,
  startOnboarding: creates,
  submitRecapture: [
    selfieRecapture,
    {
      recapture_configuration: {
        tasks: [{ task_key: "self_video.capture_and_verify", task_type: "self_video.capture_and_verify" }],
        resources: [],
      },
      recapture_details: { code: "DOCUMENT_INSUFFICIENCY", reason: "Other", comments: "Dark." },
    },
  ],
  completeProfile: [
    { status: "approved" },
    { status: "rejected", status_description: { code: "C", reason: "Unlike the picture", comments: null } },
  ],
  cancelAppointment: [
    { reference_id: subjects.booked.reference_id },
    { reference_id: subjects.capture_pending.reference_id },
  ],
  actOnOnboarding: [
    { action: "recheck", by: "ann@example.com", reason: "The customer called", ticket: "OPS-7" },
    {
      action: "approve",
      by: "ann",
      reason: "Seen by two",
      status_description: { code: "C", reason: "Like the picture", comments: "None" },
    },
    {
      action: "recapture",
      by: "ann",
      reason: "Dark",
      items: { ref_ids: ["nil.selfie.nil.1.nil"], task_keys: [] },
      recapture_details: { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie" },
    },
    { action: "hold", by: "ann", reason: "Court order", ticket: "LEGAL-7" },
    { action: "release", by: "ann", reason: "Court order" },
  ],
  updateProfileConfig: [
    { config: { overrides: { video_kyc_priority: 2 } } },
    {
      profile_id: subjects.capture_pending.profile_id,
      reference_id: subjects.capture_pending.reference_id,
      config: { overrides: { assignee: [{ email: "agent@example.com", action: "video_call" }] } },
      relay_data: "AAAA",
    },
  ],
};

/** Those of them that are about a reference that is taken, or a slot that nobody booked. */
const taken = [undefined, undefined, 422];
const refusedAnyway: Record<string, (number | undefined)[]> = {
  createProfileSync: taken,
  createProfileAsync: taken,
  createProfileEncrypted: taken,
  startOnboarding: taken,
  cancelAppointment: [undefined, 404],
  actOnOnboarding: [undefined, undefined, undefined, undefined, 409],
};

/** Where the fields of a body are looked at, which comes after the state. */
const stateFor: Record<string, State> = { updateProfileConfig: "capture_pending" };

const knownIds = [
  ...Object.values(subjects).flatMap(({ profile_id, reference_id }) => [profile_id, reference_id]),
  stranger.profile_id,
  stranger.reference_id,
];

/** A reference whose create the gateway refused is free again, which its claim says. */
function isReleasedClaim(place: string): boolean {
  const item = place.startsWith("table ") ? cloud.table.items.get(place.slice("table ".length)) : undefined;
  return item?.["sk"] === "claim" && item["released"] === true;
}

/** A cancel or purge that had happened before is a success, told as a refusal (contract §1.4). */
const isReplay = ({ body }: ApiAnswer): boolean => {
  const { code, status } = Object(body) as Record<string, unknown>;
  return code === "ALREADY_CANCELLED" || status === "purged";
};

/** The gateway knows no slot: nor do we from then on, and that is all that such a refusal writes. */
function isForgottenSlot(place: string): boolean {
  const key = place.slice("table ".length);
  const less = (item: unknown) => {
    const { appointment_said_at: _, last_write: __, ...rest } = Object(item) as Record<string, unknown>;
    return rest;
  };
  const [was, is] = [before.get("table")?.get(key), cloud.table.items.get(key)];
  return place.startsWith("table ") && was !== undefined && isDeepStrictEqual(less(was), less(is));
}

/** What an operator is refused is written down all the same, his words in the vault; the profile hears a signal. */
function isAudit(place: string): boolean {
  if (/^table .*event#operator#|^vault .*\/reason-/.test(place)) return true;
  const key = place.slice("table ".length);
  const less = (item: unknown) => {
    const { signal: _, said: __, last_write: ___, ...rest } = Object(item) as Record<string, unknown>;
    return rest;
  };
  const [was, is] = [before.get("table")?.get(key), cloud.table.items.get(key)];
  return was !== undefined && isDeepStrictEqual(less(was), less(is));
}

/** What keeps holds away while the gateway is asked is taken back; which write was the last one stays. */
function isLastWrite(place: string): boolean {
  const key = place.slice("table ".length);
  const less = (item: unknown) => ({ ...Object(item), last_write: null }) as Record<string, unknown>;
  const [was, is] = [before.get("table")?.get(key), cloud.table.items.get(key)];
  return was !== undefined && isDeepStrictEqual(less(was), less(is));
}

const allowed: Record<string, (place: string) => boolean> = {
  purgeProfile: isLastWrite,
  cancelAppointment: isForgottenSlot,
  actOnOnboarding: isAudit,
};

/** Asks, and expects of the answer all that may be expected of any. */
async function expectDocumented(name: string, ask: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
  try {
    const answer = await ask();
    const documented = documentedAnswer(actionNamed(name).serves, answer);
    if (documented === null) expect(answer, "an answer that nobody documented").toBeNull();
    expect(answer.head + withoutIds(answer.body)).not.toContain(MARKER);
    if (documented !== "success" && !isReplay(answer))
      expectUnchanged(cloud, before, allowed[name] ?? isReleasedClaim);
    expectNoTrace(cloud);
    return answer;
  } finally {
    cloud.restore(before);
  }
}

beforeAll(() => {
  expect(Object.keys(validBodies).sort()).toEqual(
    [...actions].flatMap(([name, { serves }]) => (serves.body ? [name] : [])).sort(),
  );
});

describe.each(Object.entries(validBodies))("%s", (name, valid) => {
  const { path } = actionNamed(name).serves;
  const { profile_id, reference_id } = subjects[stateFor[name] ?? "review_required"];
  const event = (body: Sent) => ({
    ...body,
    ...(path.includes("{id}") && { pathParameters: { id: profile_id } }),
    ...(path.includes("{reference_id}") && { pathParameters: { reference_id } }),
  });

  test("takes or refuses any body as documented", { timeout }, async () => {
    await hold(
      fc.asyncProperty(sent(valid), async (body) => {
        await expectDocumented(name, () => cloud.ask(name, event(body)));
      }),
    );
  });

  test("takes or refuses the bodies that are right by what they are about", async () => {
    const statuses = [];
    for (const body of valid.map((one) => JSON.stringify(one))) {
      const ask = () => cloud.ask(name, event({ body, isBase64Encoded: false }));
      statuses.push((await expectDocumented(name, ask)).status);
    }
    const { status } = actionNamed(name).serves.success;
    expect(statuses).toEqual(valid.map((_, index) => refusedAnyway[name]?.[index] ?? status));
  });
});

test("createProfileEncrypted takes or refuses as documented whatever its tokens hold", {
  timeout,
}, async () => {
  const [key] = virtual.contentKeys.get(ACCOUNT) ?? [];
  const cek = Buffer.from(key?.cek ?? "", "base64");
  const token = (plaintext: string) => seal({ alg: "dir", enc: "A256GCM", kid: key?.kid }, plaintext, cek);
  await hold(
    fc.asyncProperty(
      jsonLike([full.data]),
      fc.option(jsonLike([full.payload]), { nil: undefined }),
      async (data, payload) => {
        const encrypted_data = token(data);
        const body = {
          ...minimal,
          encrypted_data,
          ...(payload !== undefined && { encrypted_payload: token(payload) }),
        };
        await expectDocumented("createProfileEncrypted", () =>
          cloud.ask("createProfileEncrypted", { body: JSON.stringify(body) }),
        );
      },
    ),
  );
});

test("a fault is logged, and its line says nothing of what was thrown", async () => {
  vi.spyOn(cloud.deps, "gatewayOf").mockRejectedValueOnce(new RangeError(MARKER));
  const answer = await cloud.ask("fetchCaptureLink", { pathParameters: { id: MARKER } });
  expect(answer.status).toBe(500);
  expect(cloud.logged).toEqual([expect.stringContaining("RangeError")]);
  expectNoTrace(cloud);
  cloud.restore(before);
});

const withIds = [...actions].filter(([, { serves }]) => /\{\w+\}/.test(serves.path));
test.each(withIds)("%s answers any id and query as documented", { timeout }, async (name, { serves }) => {
  const [, parameter = ""] = /\{(\w+)\}/.exec(serves.path) ?? [];
  const [valid] = validBodies[name] ?? [];
  const event = (one: string, asked: Query) => ({
    pathParameters: { [parameter]: one },
    ...(asked && { queryStringParameters: asked }),
    ...(valid !== undefined && { body: JSON.stringify(valid) }),
  });
  await hold(
    fc.asyncProperty(id(knownIds), query, async (one, asked) => {
      // The sandbox, which sees decoded paths only, takes such a reference for another endpoint's path.
      fc.pre(!(asked?.["query_type"] === "reference_id" && /\/capture/.test(one)));
      await expectDocumented(name, () => cloud.ask(name, event(one, asked)));
    }),
  );
});

const withoutIdOrBody = [...actions].filter(([, { serves }]) => !/\{\w+\}/.test(serves.path) && !serves.body);
test.each(withoutIdOrBody)("%s answers any query and body as documented", { timeout }, async (name) => {
  await hold(
    fc.asyncProperty(query, sent([minimal]), async (asked, body) => {
      await expectDocumented(name, () =>
        cloud.ask(name, { ...body, ...(asked && { queryStringParameters: asked }) }),
      );
    }),
  );
});
