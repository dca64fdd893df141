import { expect, test } from "vitest";
import { unknownRoute } from "../../functions/actions/unknown-route.ts";
import { refusals } from "../../shared/gateway/answers.ts";
import { createContentCipher } from "../../shared/gateway/encryption.ts";
import { type Endpoint, endpoints, type Operation } from "../../shared/gateway/endpoints.ts";
import type { Asked, ContractCase, World } from "./contract-case.ts";
import { contractCases } from "./contract-cases.ts";
import { givenTo } from "./documented-answer.ts";

const all: Endpoint[] = Object.values(endpoints);
const key = ({ operation, answer }: Pick<ContractCase, "operation" | "answer">) => `${operation} ${answer}`;

/** Every answer that the contract documents, operation by operation. */
const documented = new Set([
  ...all.flatMap(({ operations, refusals, fault }) =>
    operations.flatMap((operation) =>
      (["success", ...refusals, fault] as const).map((answer) => key({ operation, answer })),
    ),
  ),
  // Faults begin behind the routes.
  ...unknownRoute.serves.refusals.map((answer) => key({ operation: "own", answer })),
]);

const keys = async () => [
  { kid: "k", cek: Buffer.alloc(32).toString("base64"), encrypts_from: 0, retires_at: null },
];
const world: World = {
  subject: {
    profile_id: "profile",
    reference_id: "reference",
    config_id: "config",
    capture_link: "link",
    capture_expires_at: null,
    purged_at: "then",
  },
  reference_id: "fresh",
  config_id: "config",
  apiKey: "key",
  accountId: "account/1",
  otherApiKey: "other-key",
  otherAccountId: "other/2",
  cipher: createContentCipher({ get: keys, refresh: keys }),
};

test("the operations are E1 to E18", () => {
  const operations = all.flatMap(({ operations }) => operations);
  expect(operations.sort()).toEqual(Array.from({ length: 18 }, (_, index) => `E${index + 1}`).sort());
});

test("every documented answer of every operation has a row", () => {
  const held = new Set(contractCases.map(key));
  expect([...documented].filter((one) => !held.has(one))).toEqual([]);
});

test("every row's answer is documented for its operation", () => {
  expect(contractCases.filter((one) => !documented.has(key(one))).map(key)).toEqual([]);
});

test("no two rows have the same name", () => {
  const names = contractCases.map((one) => `${key(one)}: ${one.name}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test("every row's refusal is the code's of that name", () => {
  for (const { operation, name, answer, status, body } of contractCases) {
    if (answer === "success") continue;
    const expected = body(world) as Record<string, string>;
    const made = (refusals[answer] as (...given: unknown[]) => object)(...givenTo(answer, expected));
    expect({ operation, name, status, body: expected }).toEqual({ operation, name, ...made });
  }
});

test("every row's success has its operation's status", () => {
  for (const { operation, name, answer, status } of contractCases) {
    if (answer !== "success") continue;
    const endpoint = all.find(({ operations }) => (operations as string[]).includes(operation));
    expect({ operation, name, status }).toEqual({ operation, name, status: endpoint?.success.status });
  }
});

test("every row asks what its operation is", async () => {
  for (const { operation, name, ask } of contractCases)
    expect({ name, operations: operationsOf(await ask(world)) }).toEqual({
      name,
      operations: operation === "own" ? [] : [operation],
    });
});

/** The operation of contract §2 that a request is; nothing for what is none. */
function operationsOf({ method, path }: Asked): Operation[] {
  const { pathname, searchParams } = new URL(path, "https://gateway.example.com");
  const endpoint = all.find(
    (one) =>
      [one.method, one.alsoMethod].includes(method as "GET") &&
      new RegExp(`^${one.path.replace("{id}", "[^/]+")}$`).test(pathname),
  );
  if (!endpoint) return [];
  const { operations } = endpoint;
  if (operations.length === 1) return [...operations];
  if (endpoint.statusOnly && searchParams.get("status_only") === "true") return operations.slice(2);
  return /^reference/i.test(searchParams.get("query_type") ?? "")
    ? operations.slice(1, 2)
    : operations.slice(0, 1);
}
