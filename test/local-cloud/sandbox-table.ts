import { paginateListTables, paginateScan } from "@aws-sdk/client-dynamodb";
import { type AccountFaults, noticeFault } from "../../functions/sandbox/faults.ts";
import type { ProfileRecord } from "../../functions/sandbox/profile-record.ts";
import type { Delivery } from "../../functions/sandbox/store.ts";
import { clients, eventually } from "./cloud.ts";

/** The sandbox's last try of a webhook is so long after its first. */
const LAST_WEBHOOK_SECONDS = 120;

/** What the sandbox keeps beyond a purge, and tells nobody. */
export interface SandboxTable {
  profiles: ProfileRecord[];
  /** Webhooks by the id of their notice; a second copy's ends in `.again`. */
  deliveries: Map<string, Delivery>;
}

async function readSandboxTable(): Promise<SandboxTable> {
  const client = clients.dynamodb;
  const profiles: ProfileRecord[] = [];
  const deliveries = new Map<string, Delivery>();
  for await (const { TableNames = [] } of paginateListTables({ client }, {}))
    for (const TableName of TableNames.filter((name) => name.startsWith("onboarding-local-sandbox-")))
      for await (const { Items = [] } of paginateScan({ client }, { TableName }))
        for (const { pk, body } of Items) {
          const [, kind, id = ""] = /^(PROFILE|DELIVERY)#(.*)$/.exec(pk?.S ?? "") ?? [];
          if (kind === "PROFILE") profiles.push(JSON.parse(body?.S ?? ""));
          if (kind === "DELIVERY") deliveries.set(id, JSON.parse(body?.S ?? ""));
        }
  return { profiles, deliveries };
}

/** The table once all webhooks of some profiles are delivered, or the sandbox has no try of one left. */
export async function afterLastWebhook(
  references: readonly string[],
  faults: AccountFaults,
): Promise<{ table: SandboxTable; webhooks: Webhooks }> {
  return eventually(
    async () => {
      const table = await readSandboxTable();
      return { table, webhooks: webhooksOf(table, references, faults) };
    },
    ({ webhooks }) => webhooks.open.length === 0,
    LAST_WEBHOOK_SECONDS,
  );
}

/** What became of the webhooks of some profiles, each of which the sandbox fired `notices` of. */
export interface Webhooks {
  delivered: number;
  /** Of these, second copies. */
  duplicates: number;
  /** Of these, held back so that later ones overtook them. */
  shuffled: number;
  /** Posts that were not answered 2xx, before the one that was. */
  refused: number;
  /** Fired, and not answered 2xx so far. */
  open: string[];
}

/** Which are copied or held back, the sandbox draws from the faults' seed and the reference; so does this. */
function webhooksOf(
  { profiles, deliveries }: SandboxTable,
  references: readonly string[],
  faults: AccountFaults,
): Webhooks {
  const found: Webhooks = { delivered: 0, duplicates: 0, shuffled: 0, refused: 0, open: [] };
  const asked = new Set(references);
  for (const { profile_id, reference_id, notices } of profiles.filter((each) => asked.has(each.reference_id)))
    for (let number = 1; number <= notices; number++) {
      const { duplicate, delayMs } = noticeFault(faults, `${reference_id}.${number}`);
      for (const copy of duplicate ? ["", ".again"] : [""]) {
        const id = `${profile_id}.${number}${copy}`;
        const { outcome, attempts = 0 } = deliveries.get(id) ?? {};
        if (outcome !== "delivered") {
          found.open.push(id);
          continue;
        }
        found.delivered++;
        found.refused += attempts - 1;
        if (copy) found.duplicates++;
        if (delayMs > 0) found.shuffled++;
      }
    }
  return found;
}

/** References that the sandbox has not exactly one profile of, and how many it has. */
export function notOneProfile({ profiles }: SandboxTable, references: readonly string[]): [string, number][] {
  const counts = new Map(references.map((reference) => [reference, 0]));
  for (const { reference_id } of profiles) {
    const count = counts.get(reference_id);
    if (count !== undefined) counts.set(reference_id, count + 1);
  }
  return [...counts].filter(([, count]) => count !== 1);
}
