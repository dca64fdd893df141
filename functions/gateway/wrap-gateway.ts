import type { Gateway } from "../../shared/gateway/client.ts";

/** A call of the gateway, by the client's name for it. */
export type CallName = Exclude<keyof Gateway, "close">;

/** The same gateway, each of its calls made by `call`; `ask` makes the one that was asked for. */
export function wrapGateway(
  gateway: Gateway,
  call: (name: CallName, ask: (by?: Gateway) => Promise<unknown>, input: unknown) => Promise<unknown>,
): Gateway {
  const names = (Object.keys(gateway) as (keyof Gateway)[]).filter((name) => name !== "close");
  const calls = names.map((name) => {
    const ask = (input: unknown, by = gateway) => (by[name] as (input: unknown) => Promise<unknown>)(input);
    return [name, (input: unknown) => call(name, (by) => ask(input, by), input)];
  });
  return { ...gateway, ...Object.fromEntries(calls) };
}
