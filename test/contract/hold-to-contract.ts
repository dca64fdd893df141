import { expect } from "vitest";
import { type Endpoint, endpoints } from "../../shared/gateway/endpoints.ts";
import { type ContractCase, SECRET_VALUE, type Send, type World } from "./contract-case.ts";

/** For `test.each`: each case behind its title. */
export const titled = (cases: readonly ContractCase[]): [title: string, one: ContractCase][] =>
  cases.map((one) => [`${one.operation} is answered ${one.status} ${one.answer}: ${one.name}`, one]);

/** Asks as the case says, and expects what it says. A success also has the shape that its endpoint promises. */
export async function holdToContract(
  { operation, answer, before, ask, status, body, read }: ContractCase,
  world: World,
  send: Send,
): Promise<void> {
  if (before) expect((await send(await before(world))).status).toBeLessThan(300);
  const got = await send(await ask(world));
  const seen = read && got.status === status ? await read(got.body as never, world) : got.body;
  expect({ status: got.status, body: seen }).toEqual({ status, body: body(world) });
  if (answer === "success") {
    const serving = (Object.values(endpoints) as Endpoint[]).find(({ operations }) =>
      (operations as readonly string[]).includes(operation),
    );
    expect(serving?.success.body.parse(got.body)).toEqual(got.body);
  }
  expect(JSON.stringify(got.body)).not.toContain(SECRET_VALUE);
}
