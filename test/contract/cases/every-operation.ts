import { type ContractCase, unknownId, type World } from "../contract-case.ts";
import { refused } from "../documented.ts";
import { type OperationName, type Request, requests, row } from "../requests.ts";

const operations = Object.entries(requests) as [OperationName, Request][];
const of = (wanted: (request: Request) => boolean): OperationName[] =>
  operations.flatMap(([operation, request]) => (wanted(request) ? [operation] : []));

const anything = () => true;

/** Nothing that is wrong with a request comes before its credentials. */
const broken = (operation: OperationName) => ("body" in requests[operation] ? { body: "{" } : {});

type Headers = (world: World) => Record<string, string>;
type Stranger = [name: string, answer: "noApiKey" | "badCredentials", headers: Headers];

const strangers: Stranger[] = [
  ["no credentials", "noApiKey", () => ({})],
  ["a wrong key", "badCredentials", ({ accountId }) => ({ "api-key": "wrong", "account-id": accountId })],
];
const moreStrangers: Stranger[] = [
  ["no api-key", "noApiKey", ({ accountId }) => ({ "account-id": accountId })],
  ["an empty api-key", "noApiKey", ({ accountId }) => ({ "api-key": "", "account-id": accountId })],
  ["no account-id", "badCredentials", ({ apiKey }) => ({ "api-key": apiKey })],
  ["a wrong account-id", "badCredentials", ({ apiKey }) => ({ "api-key": apiKey, "account-id": "nobody/0" })],
  [
    "the account-id of another",
    "badCredentials",
    ({ apiKey, otherAccountId }) => ({ "api-key": apiKey, "account-id": otherAccountId }),
  ],
  [
    "the key of another",
    "badCredentials",
    ({ otherApiKey, accountId }) => ({ "api-key": otherApiKey, "account-id": accountId }),
  ],
];
const refusing = (operations: OperationName[], known: Stranger[]): ContractCase[] =>
  known.flatMap(([name, answer, headers]) =>
    operations.map((operation) =>
      row(operation, name, refused[answer](), { id: "no-uuid", headers, ...broken(operation) }),
    ),
  );

const credentials: ContractCase[] = [
  ...refusing(of(anything), strangers),
  ...refusing(["E3"], moreStrangers),
  ...[...strangers, ...moreStrangers].map(
    ([name, answer, headers]): ContractCase => ({
      operation: "own",
      name,
      ask: (world) => ({ method: "GET", path: "/nowhere", headers: headers(world) }),
      ...refused[answer](),
    }),
  ),
];

const routes: ContractCase[] = [
  ["GET", "/"],
  ["GET", "/nowhere"],
  ["GET", "/sync/profiles"],
  ["PUT", "/async/profiles"],
  ["POST", "/enc/async/profiles"],
  ["DELETE", "/profiles/x"],
  ["POST", "/profiles/x"],
  ["PUT", "/profiles/x/purge"],
  ["GET", "/profiles/x/cancel"],
  ["POST", "/profiles/x/capture"],
  ["GET", "/profiles/x/config"],
  ["GET", "/profiles/x/recapture/submit"],
  ["GET", "/profiles/x/other"],
  ["GET", "/enc/profiles/x/capture"],
  ["POST", "/scheduling/appointments/cancel"],
  ["GET", "/call_metrics"],
].map(([method = "", path = ""]) => ({
  operation: "own",
  name: `${method} ${path}`,
  ask: () => ({ method, path }),
  ...refused.unknownRoute(),
}));

/** What is wrong behind the syntax is not looked at. */
const json: ContractCase[] = of(({ body }) => body !== undefined).flatMap((operation) =>
  (requests[operation].id === null ? ["{", '{"reference_id": "x', "", "{}}"] : ["{"]).map((body) =>
    row(operation, `${JSON.stringify(body)} is no JSON`, refused.malformedJson(), { id: unknownId, body }),
  ),
);

const otherAccount: Headers = ({ otherApiKey, otherAccountId }) => ({
  "api-key": otherApiKey,
  "account-id": otherAccountId,
});

const ids: ContractCase[] = [
  ...of(({ id }) => id !== null).flatMap((operation) => [
    row(operation, "an id that nobody has", refused.unknownProfile(), { id: unknownId }),
    row(operation, "an id that is no UUID", refused.unknownProfile(), { id: "no-uuid" }),
    row(operation, "the profile of another account", refused.unknownProfile(), {
      state: "capture_pending",
      headers: otherAccount,
    }),
  ]),
  ...of(({ id, body }) => id !== null && body !== undefined).map((operation) =>
    row(operation, "an id that nobody has, before the body's fields", refused.unknownProfile(), {
      id: unknownId,
      body: {},
    }),
  ),
  ...of(({ id }) => id === "profile_id").map((operation) =>
    row(operation, "a reference is no profile_id", refused.unknownProfile(), {
      state: "capture_pending",
      id: ({ subject }) => subject.reference_id,
    }),
  ),
  ...of(({ id }) => id === "reference_id").map((operation) =>
    row(operation, "a profile_id is no reference", refused.unknownProfile(), {
      state: "capture_pending",
      id: ({ subject }) => subject.profile_id,
    }),
  ),
];

const wrongQuery = (operations: OperationName[], values: string[], allowed: string): ContractCase[] =>
  operations.flatMap((operation) =>
    values.map((query_type) =>
      row(operation, `query_type=${query_type}`, refused.badRequest(`query_type must be ${allowed}`), {
        id: unknownId,
        query: { query_type },
      }),
    ),
  );
const queries: ContractCase[] = [
  ...wrongQuery(["E3", "E5", "E6", "E11"], ["other", "", "PROFILE_ID"], "profile_id or reference_id"),
  ...wrongQuery(["E4", "E7", "E12"], ["reference", "REFERENCE_ID"], "profile_id or reference_id"),
  ...wrongQuery(["E18"], ["other", "", "reference_id"], "profile_id"),
  ...(["E8", "E9", "E10", "E13", "E15"] as const).map((operation) =>
    row(operation, "query_type is not read", refused.unknownProfile(), {
      id: unknownId,
      query: { query_type: "other" },
    }),
  ),
];

/** What an operation answers whatever it is about. */
export const everyOperation: ContractCase[] = [...credentials, ...routes, ...json, ...ids, ...queries];
