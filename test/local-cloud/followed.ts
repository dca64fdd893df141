import { setTimeout as sleep } from "node:timers/promises";
import type { Endpoints } from "../../infra/local/endpoints.ts";
import { openEventTap } from "../../infra/local/event-tap.ts";
import { localClients } from "../../infra/local/local-clients.ts";
import { sweepOnce } from "../../infra/local/run-scenario.ts";

/** What subscribers heard of many onboardings, by their references, while the sweeper ran without rest. */
export interface Followed {
  /** The purges of each, by their `event_id`: a repeated event is one. */
  purged: ReadonlyMap<string, ReadonlySet<string>>;
  /** The outcomes of each, likewise. */
  outcomes: ReadonlyMap<string, ReadonlySet<string>>;
  /** Takes what was published until now. */
  hear(): Promise<void>;
  stop(): Promise<void>;
}

const SWEEP_EVERY_MS = 1_000;
const HEAR_EVERY_MS = 500;

/** Follows everything on the stage's bus, and sweeps: the next sweep begins after the one before has ended. */
export async function follow(endpoints: Endpoints): Promise<Followed> {
  const clients = localClients(endpoints);
  const tap = await openEventTap(clients, endpoints.eventBus);
  const purged = new Map<string, Set<string>>();
  const outcomes = new Map<string, Set<string>>();
  const hear = async () => {
    for (const { type, detail } of await tap.take()) {
      const heard = type === "ProfilePurged" ? purged : /^Onboarding/.test(type) ? outcomes : null;
      const reference = String(detail["reference_id"]);
      const event = `${type} ${String(detail["event_id"])}`;
      heard?.set(reference, (heard.get(reference) ?? new Set()).add(event));
    }
  };
  let stopped = false;
  const repeat = async (task: () => Promise<void>, ms: number) => {
    while (!stopped) {
      await task().catch(() => undefined);
      await sleep(ms);
    }
  };
  const running = [
    repeat(() => sweepOnce(clients, endpoints.sweepFunction), SWEEP_EVERY_MS),
    repeat(hear, HEAR_EVERY_MS),
  ];
  return {
    purged,
    outcomes,
    hear,
    async stop() {
      stopped = true;
      await Promise.all(running);
      await tap.close();
    },
  };
}
