import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createContentCipher } from "../../shared/gateway/encryption.ts";
import {
  type ContractCase,
  noSubject,
  type Send,
  type State,
  type Subject,
  states,
  type World,
} from "../contract/contract-case.ts";
import { contractCases } from "../contract/contract-cases.ts";
import { expectRoundTrip } from "../contract/expect-round-trip.ts";
import { holdToContract, titled } from "../contract/hold-to-contract.ts";
import { fullCreateRequest } from "../shared/gateway/full-request.ts";
import { configIdOf, credentials, endpoints, eventually, freshReference, http } from "./cloud.ts";
import { subjectIn } from "./contract-subjects.ts";

const { sandbox, api } = endpoints;
const places = [
  ["the sandbox", sandbox],
  ["our API", api],
] as const;
const config_id = configIdOf("cancelled-by-caller");
const keys = async () => endpoints.contentKeys;
const cipher = createContentCipher({ get: keys, refresh: keys });

const sound = contractCases.filter(({ faulty }) => !faulty);
const faults = contractCases.filter(({ faulty }) => faulty);
const timeout = 60_000;

const shared = new Map<State, Subject>();
beforeAll(async () => {
  await Promise.all(states.map(async (state) => shared.set(state, await subjectIn(state))));
}, 120_000);

/** A profile for each case that changes it. Most of the time is waiting, so some are made at a time. */
async function freshSubjects(): Promise<Map<ContractCase, Subject>> {
  const made = new Map<ContractCase, Subject>();
  const left = sound.filter(({ fresh }) => fresh);
  const make = async () => {
    for (let one = left.pop(); one?.state; one = left.pop()) made.set(one, await subjectIn(one.state));
  };
  await Promise.all(Array.from({ length: 6 }, make));
  return made;
}

const sendTo =
  (base: string): Send =>
  ({ method, path, body, headers = credentials }) =>
    http(base, method, path, { body, headers });

/** What a create began is ended, once it is ready for that. */
const cancelled = (base: string, reference_id: string) =>
  eventually(
    () => http(base, "PUT", `/profiles/${reference_id}/cancel?query_type=reference_id`),
    ({ status }) => status === 200,
  );

async function hold(one: ContractCase, base: string, subject: Subject | undefined): Promise<void> {
  const world: World = {
    subject: subject ?? noSubject,
    reference_id: freshReference("contract"),
    config_id,
    apiKey: endpoints.apiKey,
    accountId: endpoints.accountId,
    otherApiKey: endpoints.otherApiKey,
    otherAccountId: endpoints.otherAccountId,
    cipher,
  };
  await holdToContract(one, world, sendTo(base));
  const created = one.answer === "success" || one.answer === "duplicateReference";
  if (created && ["E1", "E2", "E17"].includes(one.operation)) await cancelled(base, world.reference_id);
}

describe.each(places)("%s", (_name, base) => {
  let fresh = new Map<ContractCase, Subject>();
  beforeAll(async () => {
    fresh = await freshSubjects();
  }, 240_000);

  test.concurrent.each(titled(sound))("%s", { timeout }, (_title, one) =>
    hold(one, base, fresh.get(one) ?? (one.state && shared.get(one.state))),
  );

  test("the link of a create is that of E6, at once or once it is ready", { timeout }, async () => {
    const create = async (path: string) => {
      const reference_id = freshReference("contract");
      const created = await http(base, "POST", path, { body: { reference_id, config: { id: config_id } } });
      const link = await eventually(
        () => http(base, "GET", `/profiles/${created.body.profile_id}/capture`),
        ({ status }) => status === 200,
      );
      await cancelled(base, reference_id);
      return { created, link };
    };
    const sync = await create("/sync/profiles");
    expect(sync.link).toEqual(sync.created);
    const async = await create("/async/profiles");
    expect(async.link).toMatchObject({ status: 200, body: async.created.body });
  });

  test.each(["E1", "E2", "E17"] as const)(
    "everything that %s can say is found again, in clear and encrypted",
    { timeout },
    async (operation) => {
      const request = fullCreateRequest(freshReference("contract"), config_id);
      await expectRoundTrip(operation, request, cipher, sendTo(base));
      await cancelled(base, request.reference_id);
    },
  );
});

/** Sets or, with `{}`, ends the sandbox's faults for the first account. */
async function setFaults(faults: object): Promise<void> {
  expect((await http(sandbox, "PUT", "/sandbox/faults", { body: faults })).status).toBe(200);
}

describe.each(places)("%s, while the gateway fails", (_name, base) => {
  beforeEach(() => setFaults({ seed: 1, api: { errorRate: 1, statuses: [500] } }));
  afterEach(() => setFaults({}));

  test.each(titled(faults))("%s", { timeout }, (_title, one) =>
    hold(one, base, one.state && shared.get(one.state)),
  );
});

test("both show the same full profile, by either id", async () => {
  for (const [state, { profile_id, reference_id }] of shared) {
    const expected = await http(sandbox, "GET", `/profiles/${profile_id}`);
    expect(expected, state).toMatchObject({ status: 200, body: { profile_id, reference_id } });
    for (const path of [`/profiles/${profile_id}`, `/profiles/${reference_id}?query_type=reference_id`])
      expect(withoutLifetimes(await http(api, "GET", path))).toEqual(withoutLifetimes(expected));
  }
});

/** Every fetch signs its artifact links anew. */
const withoutLifetimes = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer).replaceAll(/"http[^"]*"/g, '"a link"'));

test("our API is more generous: it answers the same create again", { timeout }, async () => {
  const request = { reference_id: freshReference("contract"), config: { id: config_id } };
  const first = await http(api, "POST", "/async/profiles", { body: request });
  expect(first.status).toBe(202);
  expect(await http(api, "POST", "/async/profiles", { body: request })).toEqual(first);
  await cancelled(api, request.reference_id);
});
