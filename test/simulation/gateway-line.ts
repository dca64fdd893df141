import type { Gateway } from "../../shared/gateway/client.ts";
import { type EndpointName, endpoints } from "../../shared/gateway/endpoints.ts";
import { Transient } from "../../shared/gateway/errors.ts";
import { judgeAnswer } from "../../shared/gateway/judge-answer.ts";
import type { ProfileStatusAnswer } from "../../shared/gateway/profile.ts";
import type { Faults } from "./faults.ts";
import type { Failure, Invocation } from "./functions.ts";
import type { Provider } from "./provider.ts";
import type { World } from "./world.ts";

type Input = {
  id?: string;
  query_type?: string | undefined;
  status_only?: boolean | undefined;
  body?: unknown;
};

/** How long the client waits for an answer. */
const TIMEOUT_MS = 8_000;

/**
 * The line to the provider as one invocation has it. Answers are judged as the client judges them; the client's own
 * retries are left out, so that every fault reaches whoever called.
 */
export function gatewayLine(
  world: World,
  faults: Faults,
  provider: Provider,
  invocation: Invocation,
  { accountId, apiKey }: { accountId: string; apiKey: string },
): Gateway {
  const call = (name: EndpointName) => (input: Input) => {
    const { method, path } = endpoints[name];
    const query: Record<string, string> = {
      ...(input.query_type !== undefined && { query_type: input.query_type }),
      ...(input.status_only && { status_only: "true" }),
    };
    const slow = faults.strikes("gateway-slow") ? world.random.between(500, 7_000) : 0;
    return invocation.call(
      `gateway.${name}`,
      async () => {
        if (slow > 0) await world.sleep(slow);
        if (faults.strikes("gateway-timeout-before")) return timedOut(world);
        const isDown = provider.isDown(accountId, input.status_only ?? false);
        const broken = isDown ? unavailable : brokenAnswer(faults, world);
        if (broken) return judgeAnswer(name, input.status_only ?? false, broken);
        const answer = await provider.answer(
          accountId,
          apiKey,
          method,
          path.replace("{id}", () => input.id ?? ""),
          query,
          input.body === undefined ? "" : JSON.stringify(input.body),
          name,
        );
        if (faults.strikes("gateway-timeout-after")) return timedOut(world);
        return judgeAnswer(name, input.status_only ?? false, {
          status: answer.status,
          bytes: Buffer.from(answer.body),
          retryAfter: undefined,
        });
      },
      {} satisfies Failure,
    );
  };
  const methods = Object.fromEntries(
    (Object.keys(endpoints) as EndpointName[]).map((name) => [name, call(name)]),
  ) as unknown as Gateway;
  return {
    ...methods,
    fetchStatus: async (input) =>
      (await methods.fetchProfile({ ...input, status_only: true })).body as ProfileStatusAnswer,
    close: () => {},
  };
}

async function timedOut(world: World): Promise<never> {
  await world.sleep(TIMEOUT_MS);
  throw new Transient("the gateway did not answer in time", null);
}

const plain = (status: number, text: string) => ({ status, bytes: Buffer.from(text), retryAfter: undefined });
const unavailable = plain(503, "{}");

/** What stands in for an answer: another server's page, or a refusal to work. */
function brokenAnswer(faults: Faults, { random }: World) {
  if (faults.strikes("gateway-html")) return plain(random.pick([200, 502]), "<html><h1>proxy</h1></html>");
  if (faults.strikes("gateway-429")) return plain(429, "{}");
  if (faults.strikes("gateway-5xx")) return plain(random.pick([500, 502, 503]), "{}");
  return null;
}
