import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { expect, test } from "vitest";
import { readRequest } from "../../../functions/sandbox/api.ts";
import { bookSlot, freeSlots } from "../../../functions/sandbox/calls.ts";
import { handle } from "../../../functions/sandbox/gateway.ts";
import { noSubject, type Send, type State, type Subject, type World } from "../../contract/contract-case.ts";
import { contractCases } from "../../contract/contract-cases.ts";
import { expectRoundTrip } from "../../contract/expect-round-trip.ts";
import { holdToContract, titled } from "../../contract/hold-to-contract.ts";
import { fullCreateRequest } from "../../shared/gateway/full-request.ts";
import { ACCOUNT, OTHER_ACCOUNT, VirtualSandbox } from "./virtual-sandbox.ts";

const ORIGIN = "https://sandbox.example.com";
const keyOf = (account: string) => `key of ${account}`;
test.each(titled(contractCases))("%s", async (_title, one) => {
  const sandbox = new VirtualSandbox();
  const world: World = {
    subject: one.state ? await subjectIn(sandbox, one.state) : noSubject,
    reference_id: "fresh",
    config_id: "package-cancelled-by-caller",
    apiKey: keyOf(ACCOUNT),
    accountId: ACCOUNT,
    otherApiKey: keyOf(OTHER_ACCOUNT),
    otherAccountId: OTHER_ACCOUNT,
    cipher: sandbox.cipherOf(ACCOUNT),
  };
  if (one.faulty)
    await sandbox.http("PUT", "/sandbox/faults", { seed: 1, api: { errorRate: 1, statuses: [500] } });
  const before = structuredClone(sandbox.store.profiles);
  await holdToContract(one, world, sendTo(sandbox));
  const refused = one.answer !== "success" && !one.faulty && !one.before;
  if (refused) expect(sandbox.store.profiles, "a refusal changes nothing").toEqual(before);
});

test.each(["E1", "E2", "E17"] as const)(
  "everything that %s can say is found again, in clear and encrypted",
  async (operation) => {
    const sandbox = new VirtualSandbox();
    const request = fullCreateRequest("round-trip", "package-cancelled-by-caller");
    await expectRoundTrip(operation, request, sandbox.cipherOf(ACCOUNT), sendTo(sandbox));
  },
);

/** A profile that got into this state the usual way. */
async function subjectIn(sandbox: VirtualSandbox, state: State): Promise<Subject> {
  const profile_id = await sandbox.inStatus(state === "booked" ? "capture_pending" : state);
  if (state === "booked") {
    const [slot] = await freeSlots(sandbox.sandbox, profile_id);
    await bookSlot(sandbox.sandbox, profile_id, slot?.start_time ?? "");
  }
  const { body: profile } = await sandbox.http("GET", `/profiles/${profile_id}`);
  const { body: link } = await sandbox.http("GET", `/profiles/${profile_id}/capture`);
  return {
    profile_id,
    reference_id: profile.reference_id,
    config_id: profile.config.id,
    capture_link: link.capture_link,
    capture_expires_at: link.capture_expires_at,
    purged_at: profile.purged_at,
  };
}

/** Sends requests as the HTTP API hands them on. */
const sendTo =
  ({ sandbox }: VirtualSandbox): Send =>
  async ({ method, path, body, headers = { "api-key": keyOf(ACCOUNT), "account-id": ACCOUNT } }) => {
    const { pathname, search } = new URL(path, ORIGIN);
    const event = {
      headers: { ...headers, "content-type": "application/json" },
      rawPath: decodeURIComponent(pathname),
      rawQueryString: search.slice(1),
      requestContext: { stage: "$default", domainName: new URL(ORIGIN).host, http: { method } },
      isBase64Encoded: false,
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    };
    const answer = await handle(sandbox, readRequest(event as unknown as APIGatewayProxyEventV2));
    return { status: answer.status, body: JSON.parse(answer.body) };
  };
