import { noticeFault } from "./faults.ts";
import type { DeliverJob, Notice, ProfileRecord } from "./profile-record.ts";
import { type Sandbox, timestamp } from "./sandbox.ts";
import type { AccountSetup } from "./store.ts";
import { kindOf, slotOf, webhookBody } from "./webhook-bodies.ts";

/**
 * Posts the notices of a job, one after the other. What is not taken is tried again after the settings' delays,
 * then buried. A repeated job posts nothing twice unless a crash came between the post and its record.
 */
export async function runDeliverJob(sandbox: Sandbox, job: DeliverJob): Promise<void> {
  const { store } = sandbox;
  const [setup, record] = await Promise.all([store.setup(job.account_id), store.read(job.profile_id)]);
  if (!record) return;
  for (const notice of job.notices) {
    const delivery = (await store.delivery(notice.id)) ?? { attempts: 0, outcome: "waiting" };
    if (delivery.outcome !== "waiting" || delivery.attempts > job.attempt) continue;
    if (job.faultsDrawn) await attempt(sandbox, job, notice, setup, record);
    else await attemptUnderFaults(sandbox, job, notice, setup, record);
  }
}

/** First attempt of a notice: the account's faults may drop it, delay it or post it twice. */
async function attemptUnderFaults(
  sandbox: Sandbox,
  job: DeliverJob,
  notice: Notice,
  setup: AccountSetup,
  record: ProfileRecord,
): Promise<void> {
  const { schedule, store, log } = sandbox;
  const { profile_id, account_id } = job;
  const occasion = `${record.reference_id}${notice.id.slice(profile_id.length)}`;
  const fault = noticeFault(setup.faults, occasion);
  if (fault.drop) {
    await store.saveDelivery(notice.id, { attempts: 0, outcome: "dropped" });
    return log({ what: "webhook dropped by fault", account_id, profile_id, kind: notice.kind });
  }
  const copies = fault.duplicate ? [notice, { ...notice, id: `${notice.id}.again` }] : [notice];
  for (const copy of copies) {
    const later = { ...job, notices: [copy], faultsDrawn: true };
    if (fault.delayMs > 0) await schedule.add(later, fault.delayMs);
    else await attempt(sandbox, later, copy, setup, record);
  }
}

async function attempt(
  sandbox: Sandbox,
  job: DeliverJob,
  notice: Notice,
  { webhooks }: AccountSetup,
  record: ProfileRecord,
): Promise<void> {
  const { store, schedule, settings, clock, log } = sandbox;
  const { account_id, profile_id } = job;
  const url = webhooks.urls[slotOf(notice)];
  if (!url) return;
  const kind = kindOf(notice, webhooks, record);
  const needsRequest = kind !== "W3" && record.state.status !== "purged";
  const request = needsRequest ? await store.request(profile_id) : null;
  const cipher = sandbox.cipherOf(account_id);
  const body = JSON.stringify(await webhookBody(notice, kind, record, request, clock.now(), cipher));
  const status = await sandbox.post(url, body);
  const attempts = job.attempt + 1;
  if (status !== null && status >= 200 && status < 300) {
    await store.saveDelivery(notice.id, { attempts, outcome: "delivered" });
    return log({ what: "webhook delivered", account_id, profile_id, kind, status });
  }
  const delaySeconds = settings.webhookRetrySeconds[job.attempt];
  log({
    what: delaySeconds === undefined ? "webhook dead" : "webhook refused",
    account_id,
    profile_id,
    kind,
    status,
  });
  if (delaySeconds === undefined) {
    const at = timestamp(clock.now());
    await store.bury(account_id, { notice_id: notice.id, profile_id, kind, status: notice.state.status, at });
    return store.saveDelivery(notice.id, { attempts, outcome: "dead" });
  }
  const again: DeliverJob = { ...job, notices: [notice], attempt: attempts, faultsDrawn: true };
  await schedule.add(again, delaySeconds * 1000);
  await store.saveDelivery(notice.id, { attempts, outcome: "waiting" });
}
