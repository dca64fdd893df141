import { ATTEMPT_TIMEOUT_MS, type Gateway, type TimeLeft } from "../../shared/gateway/client.ts";
import { Transient } from "../../shared/gateway/errors.ts";

/** A call of the gateway, by the client's name for it. */
export type CallName = Exclude<keyof Gateway, "close">;

/** The same gateway, each of its calls made by `call`; `ask` makes the one that was asked for. */
export function wrapGateway(
  gateway: Gateway,
  call: (
    name: CallName,
    ask: (by?: Gateway, within?: TimeLeft) => Promise<unknown>,
    input: unknown,
  ) => Promise<unknown>,
): Gateway {
  const names = (Object.keys(gateway) as (keyof Gateway)[]).filter((name) => name !== "close");
  const calls = names.map((name) => {
    const ask = (input: unknown, timeLeft: TimeLeft | undefined, by = gateway) =>
      (by[name] as (input: unknown, timeLeft?: TimeLeft) => Promise<unknown>)(input, timeLeft);
    return [
      name,
      (input: unknown, timeLeft?: TimeLeft) =>
        call(name, (by, within = timeLeft) => ask(input, within, by), input),
    ];
  });
  return { ...gateway, ...Object.fromEntries(calls) };
}

/** The same gateway for whoever has to be done by then: no call begins that could not be answered, and none takes longer. */
export const withinTime = (gateway: Gateway, timeLeft: TimeLeft): Gateway =>
  wrapGateway(gateway, async (_name, ask) => {
    if (timeLeft() < ATTEMPT_TIMEOUT_MS)
      throw new Transient("there is no time left to ask the gateway", null);
    return ask(undefined, timeLeft);
  });
