import type { ExecutionState } from "../../functions/executions.ts";
import { takeLook } from "../../functions/resume/resume.ts";
import type { Step, StepDeps } from "../../functions/step.ts";
import { steps } from "../../functions/steps/index.ts";
import { ingest } from "../../functions/webhooks/ingest.ts";
import { NotFound } from "../../shared/gateway/errors.ts";
import { parseJson } from "../../shared/gateway/json.ts";
import { nextStep } from "../../shared/profile/next.ts";
import { isClosed, readTruth } from "../../shared/profile/status.ts";
import type { Table } from "../../shared/store/table.ts";
import type { MemoryVault } from "../shared/store/memory-vault.ts";
import { product } from "./deployment.ts";
import type { Plant } from "./simulation.ts";

type IngestDeps = Parameters<typeof ingest>[3];
type ResumeDeps = Parameters<typeof takeLook>[1];

const withStep = (step: Step): Plant => ({ product: { ...product, steps: { ...steps, [step.name]: step } } });
const withTable = (table: (table: Table) => Table): Plant => ({ wrapping: { table } });

/** A table whose updates are changed on the way. */
const withUpdate = (change: (update: Table["update"]) => Table["update"]): Plant =>
  withTable((table) => ({ ...table, update: change(table.update) }));

async function profileIn(body: Buffer, account_id: string, { records }: IngestDeps) {
  const { profile_id = "", status = "" } = (parseJson(body)?.value ?? {}) as Record<string, string>;
  const key = await records.referenceOf(account_id, profile_id);
  return { status, record: key && (await records.find(key)) };
}

/**
 * Mistakes that were made elsewhere, or nearly here, each planted into the real code. Every one must be found: a
 * simulation that finds nothing proves nothing.
 */
export const defects: Record<string, () => Plant> = {
  "parks without the condition that no signal came": () =>
    withUpdate((update) => (pk, sk, set, options = {}) => {
      const { condition, ...rest } = options;
      return update(
        pk,
        sk,
        set,
        condition?.includes("#signal = :seen")
          ? { add: "wait" }
          : { ...rest, ...(condition && { condition }) },
      );
    }),

  "parks over the try that came after it": () => ({
    product: {
      ...product,
      steps: Object.fromEntries(
        Object.entries(steps).map(([name, step]) => [
          name,
          {
            ...step,
            run: (state: ExecutionState, deps: StepDeps, token: string) =>
              step.run(
                state,
                { ...deps, executions: { ...deps.executions, isWaitedFor: async () => true } },
                token,
              ),
          },
        ]),
      ) as typeof steps,
    },
  }),

  "routes on the webhook's body": () => ({
    product: {
      ...product,
      async ingest(slot, token, body, deps) {
        const answer = await ingest(slot, token, body, deps);
        const account_id = (await deps.ownerOf(slot, token)) ?? "";
        const { record, status } = await profileIn(body, account_id, deps);
        const told = readTruth({ profile_id: "", reference_id: "", status }).status;
        if (record?.task_token && told && record.waits_for.includes(told)) {
          const attempt = Number(record.execution.slice(record.execution.lastIndexOf("-") + 1));
          const next = nextStep(told, record.rounds, 3);
          const { reference_id, rounds } = record;
          await (deps as unknown as ResumeDeps).executions.resume(record.task_token, {
            account_id,
            reference_id,
            attempt,
            next,
            rounds,
          });
        }
        return answer;
      },
    },
  }),

  "reads the token after the look": () => ({
    product: {
      ...product,
      async takeLook(request, deps) {
        const before = await deps.records.find(request);
        if (!before) return;
        const status = readTruth(
          await (await deps.gatewayOf(request.account_id)).fetchStatus({ id: before.profile_id }),
        ).status;
        const gatewayOf: ResumeDeps["gatewayOf"] = async () =>
          ({ fetchStatus: async () => ({ ...before, status: status ?? "", status_detail: null }) }) as never;
        await takeLook(request, { ...deps, gatewayOf });
      },
    },
  }),

  "forgets the wait in an event's identity, and a repeated event's signal": () => ({
    product: {
      ...product,
      async ingest(slot, token, body, deps) {
        let seen = false;
        const records: IngestDeps["records"] = {
          ...deps.records,
          async record(key, id, event) {
            const isNew = await deps.records.record(key, `once#${id.slice(id.indexOf("#") + 1)}`, event);
            seen = !isNew;
            return isNew;
          },
          signal: async (key) => (seen ? true : deps.records.signal(key)),
        };
        return ingest(slot, token, body, { ...deps, records });
      },
    },
  }),

  "has no deadline": () =>
    withUpdate(
      (update) => (pk, sk, set, options) =>
        update(pk, sk, "deadline_at" in set ? { ...set, deadline_at: 4e12, dueAt: 4e12 } : set, options),
    ),

  "counts purges in vain from the beginning, each time anew": () =>
    withStep({
      ...steps.Retain,
      async run(...input) {
        const went = await steps.Retain.run(...input);
        return went && { ...went, missed: 0 };
      },
    }),

  "purges before the retention date": () =>
    withStep({
      ...steps.Retain,
      run: async (state) => ({ ...state, next: "purge" }),
    }),

  "resumes by the token of an earlier wait": () => {
    const tokens = new Map<string, string>();
    const earlier = ({ account_id, reference_id }: ExecutionState, token: string): string => {
      const key = JSON.stringify([account_id, reference_id]);
      const known = tokens.get(key);
      tokens.set(key, token);
      return known ?? token;
    };
    return {
      wrapping: {
        executions: (executions) => ({
          ...executions,
          resume: (token, state) => executions.resume(earlier(state, token), state),
        }),
      },
    };
  },

  "has no sweeper": () => ({ product: { ...product, sweep: async () => ({ due: 0, claims: 0 }) } }),

  "creates without looking up first": () => ({
    wrapping: {
      gateway: (gateway) => ({
        ...gateway,
        fetchStatus: async (input) => {
          if (input.query_type === "reference_id") throw new NotFound("nobody looked", 404);
          return gateway.fetchStatus(input);
        },
      }),
    },
  }),

  "announces no link that was not there at first": () => ({
    product: {
      ...product,
      takeLook: (request, deps) =>
        takeLook(request, {
          ...deps,
          gatewayOf: async (account_id) => ({
            ...(await deps.gatewayOf(account_id)),
            fetchCaptureLink: () => Promise.reject(new NotFound("nobody looked", 404)),
          }),
        }),
    },
  }),

  "lets a deadline wait for the next check": () =>
    withUpdate(
      (update) => (pk, sk, set, options) =>
        update(
          pk,
          sk,
          set["last_write"] === "park" ? { ...set, dueAt: Number(set["dueAt"]) + 20 * 60_000 } : set,
          options,
        ),
    ),

  "leaves the vault as it is": () => ({
    wrapping: {
      vault: (vault) => ({ ...vault, erase: async () => 0 }) as unknown as MemoryVault,
    },
  }),

  "leaves the request of a refused create where it is": () => ({
    product: {
      ...product,
      sweep: (deps) => product.sweep({ ...deps, vault: { ...deps.vault, erase: async () => 0 } }),
    },
    wrapping: { vault: (vault) => ({ ...vault, remove: async () => {} }) },
  }),

  "lets the customer's name into the execution": () => ({
    wrapping: {
      executions: (executions) => ({
        ...executions,
        resume: (token, state) =>
          executions.resume(token, { ...state, reason: "waiting for Zanzibar-Marker" }),
      }),
    },
  }),

  "keys its items without the account": () =>
    withTable((table) => {
      const bare = (pk: string) => pk.replace(/^\d+:[^|]*\|/, "1:x|");
      return {
        ...table,
        get: (pk, sk) => table.get(bare(pk), sk),
        put: (item, condition, values) =>
          table.put({ ...item, pk: bare(String((item as { pk: unknown }).pk)) }, condition, values),
        update: (pk, sk, set, options) => table.update(bare(pk), sk, set, options),
        query: (pk, prefix) => table.query(bare(pk), prefix),
      };
    }),

  "counts no recapture rounds": () =>
    withUpdate(
      (update) =>
        (pk, sk, { rounds: _, ...set }, options) =>
          update(pk, sk, set, options),
    ),

  "does not count its reminders": () =>
    withUpdate(
      (update) =>
        (pk, sk, { reminders: _, ...set }, options) =>
          update(pk, sk, set, options),
    ),

  "reminds a customer who has finished": () => ({
    product: {
      ...product,
      takeLook: (request, deps) =>
        takeLook(request, {
          ...deps,
          gatewayOf: async (account_id) => {
            const gateway = await deps.gatewayOf(account_id);
            const record = await deps.records.find(request);
            return {
              ...gateway,
              async fetchStatus(input) {
                const answer = await gateway.fetchStatus(input);
                const waiting = record?.state === "Recapture" ? "recapture_pending" : "capture_pending";
                return answer.status === "in_progress" ? { ...answer, status: waiting } : answer;
              },
            };
          },
        }),
    },
  }),

  "calls a slot missed whoever came": () => ({
    product: {
      ...product,
      takeLook: (request, deps) =>
        takeLook(request, { ...deps, records: { ...deps.records, history: async () => [] } }),
    },
  }),

  "answers a webhook before it is written down": () => ({
    product: {
      ...product,
      async ingest(slot, token, body, deps) {
        void ingest(slot, token, body, deps).catch(() => {});
        return { status: 200, body: {} };
      },
    },
  }),

  "overwrites the tombstone when the same request comes again": () =>
    withTable((table) => ({
      ...table,
      put: (item, condition, values) =>
        (item as { sk: unknown }).sk === "profile" ? table.put(item) : table.put(item, condition, values),
    })),

  "decides on what it last knew": () =>
    withStep({
      ...steps.Close,
      async run(state, deps, token) {
        const gatewayOf: typeof deps.gatewayOf = async (account_id) => {
          const gateway = await deps.gatewayOf(account_id);
          const record = await deps.records.find(state);
          return {
            ...gateway,
            fetchStatus: async () =>
              ({ ...record, status: record?.status ?? "", status_detail: null }) as never,
          };
        };
        return steps.Close.run(state, { ...deps, gatewayOf }, token);
      },
    }),

  "decides without writing down why": () =>
    withStep({
      ...steps.Review,
      run: (state, deps, token) =>
        steps.Review.run(
          state,
          {
            ...deps,
            records: {
              ...deps.records,
              record: async (key, id, event) =>
                event.kind === "Decided" ? true : deps.records.record(key, id, event),
            },
          },
          token,
        ),
    }),

  "erases what is under legal hold": () =>
    withTable((table) => ({
      ...table,
      async get(pk, sk) {
        const { held: _, ...item } = (await table.get(pk, sk)) ?? {};
        return Object.keys(item).length > 0 ? item : undefined;
      },
      update: (pk, sk, set, options) =>
        table.update(pk, sk, set, set["purging"] ? { condition: "attribute_exists(#pk)" } : options),
    })),

  "has the gateway erase what is under legal hold": () =>
    withUpdate(
      (update) => (pk, sk, set, options) =>
        update(pk, sk, set, set["erasing_until"] ? { condition: "attribute_exists(#pk)" } : options),
    ),

  "holds what is being erased": () =>
    withUpdate(
      (update) => (pk, sk, set, options) =>
        update(pk, sk, set, set["held"] ? { condition: "attribute_exists(#pk)" } : options),
    ),

  "lets a reason into the vault while it is erased": () =>
    withUpdate(
      (update) => (pk, sk, set, options) =>
        set["noting_until"] !== undefined || set["purging"] === true
          ? Promise.resolve(true)
          : update(pk, sk, set, options),
    ),

  "lets operators act without writing it down": () =>
    withTable((table) => ({
      ...table,
      put: (item, condition, values) =>
        String((item as { sk: unknown }).sk).startsWith("event#operator#")
          ? Promise.resolve(true)
          : table.put(item, condition, values),
    })),

  "does not take the record over when it is restarted": () =>
    withUpdate(
      (update) => (pk, sk, set, options) =>
        "execution" in set && !("attempt" in set) ? Promise.resolve(true) : update(pk, sk, set, options),
    ),

  "writes no line of what it changes at the gateway": () =>
    withTable((table) => ({
      ...table,
      put: async (item, ...rest) =>
        (item as { kind?: unknown }).kind === "GatewayAsked" ? true : table.put(item, ...rest),
    })),

  "takes a failure to resume for a success": () => ({
    wrapping: {
      executions: (executions) => ({
        ...executions,
        async resume(token, state) {
          return executions.resume(token, state).catch(() => true);
        },
        fail: async () => {},
      }),
    },
  }),

  "closes a profile that is not closed": () =>
    withStep({
      ...steps.Close,
      async run(state, deps, token) {
        const done = await steps.Close.run(state, deps, token);
        const record = await deps.records.find(state);
        if (record && !isClosed(record.status)) await deps.records.settle(record, { outcome: "cancelled" });
        return done;
      },
    }),
};
