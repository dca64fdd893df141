import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Answer } from "../../shared/gateway/answers.ts";
import type { Gateway } from "../../shared/gateway/client.ts";
import type { HistoryEvent } from "../../shared/store/history.ts";
import type { OnboardingKey } from "../../shared/store/keys.ts";
import { dynamoRecords, type Records } from "../../shared/store/records.ts";
import type { Call } from "../action.ts";
import { resource } from "../environment.ts";
import { type GatewayOf, gatewaysFromSecret } from "../gateway/gateways.ts";
import type { Grant } from "../grants.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { decisionIn } from "../timeline/noted-calls.ts";

/** What an action needs that hands a request on to the gateway. */
export interface ForwardDeps {
  gatewayOf: GatewayOf;
}
export const forwardGrants: readonly Grant[] = ["callers:read", "gateway:call"];
export const forwardDeps = (log: Log, metrics: Metrics): ForwardDeps => ({
  gatewayOf: gatewaysFromSecret(log, metrics),
});

/** What an action needs that changes a profile: the onboarding hears of it. */
export interface ChangeDeps extends ForwardDeps {
  records: Records;
  now: () => number;
}
export const changeGrants: readonly Grant[] = [...forwardGrants, "records:read", "records:write"];
export const changeDeps = (log: Log, metrics: Metrics): ChangeDeps => ({
  ...forwardDeps(log, metrics),
  records: dynamoRecords(new DynamoDBClient({}), resource("records:write")),
  now: () => Date.now(),
});

/** Whose profile a call is about, as far as our records know the id that it came with. */
export const knownOnboarding = async (
  { account_id, id, query_type }: Call,
  records: Pick<Records, "referenceOf">,
): Promise<OnboardingKey | null> =>
  query_type === "reference_id" ? { account_id, reference_id: id } : records.referenceOf(account_id, id);

/** As the gateway spells the ids of its profiles (contract §4.1). */
const asTheGatewaySpells = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * Whose profile a call is about; `null` for one that is none of ours. What we do not know by this id may be one of ours in
 * another spelling, which the gateway might take as well: it tells who that is.
 */
export async function onboardingOf(
  call: Call,
  { records, gatewayOf }: ChangeDeps,
): Promise<OnboardingKey | null> {
  const { account_id, id } = call;
  const known = await knownOnboarding(call, records);
  if (known || asTheGatewaySpells.test(id)) return known;
  const gateway = await gatewayOf(account_id);
  const { profile_id } = await gateway.fetchStatus({ id });
  return profile_id === id ? null : records.referenceOf(account_id, profile_id);
}

/**
 * Changes a profile at the gateway on a caller's word, writes that into the timeline and raises the signal. The
 * gateway's answer is the caller's; it is given only after both writes.
 */
export async function changeProfile(
  call: Call,
  deps: ChangeDeps,
  kind: string,
  change: (gateway: Gateway) => Promise<Answer>,
): Promise<Answer> {
  const { gatewayOf, records, now } = deps;
  const key = await onboardingOf(call, deps);
  const answer = await change(await gatewayOf(call.account_id));
  if (key) {
    const at = now();
    const decision = decisionIn(call);
    const detail = { status: statusIn(answer.body), ...(decision && { decision }) };
    const event: HistoryEvent = { at, kind, by: "caller", detail };
    await records.record(key, `${kind}#${at}`, event);
    await records.signal(key);
  }
  return answer;
}

const statusIn = (body: unknown): string | null => {
  const status = (body as { status?: unknown } | null)?.status;
  return typeof status === "string" ? status : null;
};
