import type { OnboardingKey } from "../../shared/store/keys.ts";
import type { Records } from "../../shared/store/records.ts";
import type { GatewayOf } from "../gateway/gateways.ts";
import { type CallName, wrapGateway } from "../gateway/wrap-gateway.ts";
import { faultName, type Log } from "../log.ts";

/** What changes a profile, apart from its creation, which the claim keeps. */
const changes: readonly string[] = [
  "submitRecapture",
  "completeProfile",
  "cancelProfile",
  "purgeProfile",
] satisfies CallName[];

/** A kind of request to the gateway, as often as it was made; `fault` names what the last one threw. */
export interface NotedCall {
  name: string;
  times: number;
  fault?: string;
}

interface Deps {
  records: Records;
  gatewayOf: GatewayOf;
  now: () => number;
  log: Log;
}

/**
 * The same dependencies, noting what is asked of the gateway: each line written to the timeline carries what was asked
 * since the line before. `tellRest` writes a line for a change that no line told; it never throws.
 */
export function noteCalls<Given extends Deps>(
  deps: Given,
  step: string,
): { deps: Given; tellRest: (key: OnboardingKey) => Promise<void> } {
  let untold: NotedCall[] = [];
  let changed: { at: number; decision: string | null } | null = null;

  const note = (name: CallName, at: number, input: unknown, fault?: string) => {
    const known = untold.find((call) => call.name === name);
    const call = { name, times: (known?.times ?? 0) + 1, ...(fault && { fault }) };
    untold = known ? untold.with(untold.indexOf(known), call) : [...untold, call];
    if (changes.includes(name)) changed = { at, decision: decisionIn(input) };
  };
  const gatewayOf: GatewayOf = async (account_id) =>
    wrapGateway(await deps.gatewayOf(account_id), async (name, ask, input) => {
      const at = deps.now();
      try {
        const answer = await ask();
        note(name, at, input);
        return answer;
      } catch (error) {
        note(name, at, input, faultName(error));
        throw error;
      }
    });
  const { records } = deps;
  const record: Records["record"] = async (key, id, event) => {
    const carried = untold;
    const isNew = await records.record(key, id, {
      ...event,
      detail: { ...event.detail, ...callsOf(carried) },
    });
    if (isNew) {
      untold = untold.filter((call) => !carried.includes(call));
      changed = null;
    }
    return isNew;
  };

  return {
    deps: {
      ...deps,
      gatewayOf,
      records: { ...records, record },
    },
    async tellRest(key) {
      if (!changed) return;
      const { at, decision } = changed;
      try {
        const detail = { step, ...(decision && { decision }) };
        await record(key, `GatewayAsked#${step}#${at}`, {
          at,
          kind: "GatewayAsked",
          by: "orchestrator",
          detail,
        });
      } catch (error) {
        deps.log.warn("a call was not written down", { state: step, fault: faultName(error) });
      }
    },
  };
}

/** E10's word, which is one of two; everything else of a request may be personal. */
export function decisionIn(input: unknown): string | null {
  const { status } = Object(Object(input).body) as { status?: unknown };
  return status === "approved" || status === "rejected" ? status : null;
}

/** As a line of the timeline carries them: `fetchStatus ×2, completeProfile (Unprocessable)`. */
function callsOf(calls: readonly NotedCall[]): Record<string, string> {
  const written = calls.map(
    ({ name, times, fault }) => `${name}${times > 1 ? ` ×${times}` : ""}${fault ? ` (${fault})` : ""}`,
  );
  return written.length > 0 ? { calls: written.join(", ") } : {};
}

/** What a line of the timeline carries; nothing where it carries none. */
export const readCalls = (calls: unknown): NotedCall[] =>
  typeof calls === "string"
    ? [...calls.matchAll(/(\w+)(?: ×(\d+))?(?: \((\w+)\))?(?:, |$)/g)].map(([, name = "", times, fault]) => ({
        name,
        times: Number(times ?? 1),
        ...(fault && { fault }),
      }))
    : [];
