import { actions } from "../../functions/actions/index.ts";
import { type Endpoint, endpoints } from "../../shared/gateway/endpoints.ts";
import type { Ask, Expected, World } from "./contract-case.ts";
import { refused } from "./documented.ts";
import { type Request, requests } from "./requests.ts";

/** A method and a path that ask for credentials, and a request to it that nothing is wrong with but who asks. */
export interface Route {
  /** As the stacks and the contract write it. */
  route: string;
  ask: Ask;
  /** Of a profile that is somebody else's; absent where no profile is asked about. */
  stranger?: Expected;
}

type Headers = (world: World) => Record<string, string>;

/** Somebody who may not ask. */
interface Stranger {
  who: string;
  answer: Expected;
  headers: Headers;
}

const otherCase = (text: string): string =>
  text.replaceAll(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );

const nobody = (who: string, headers: Headers): Stranger => ({ who, answer: refused.noApiKey(), headers });
const wrong = (who: string, headers: Headers): Stranger => ({
  who,
  answer: refused.badCredentials(),
  headers,
});

const strangers: Stranger[] = [
  nobody("no headers", () => ({})),
  nobody("no key", ({ accountId }) => ({ "account-id": accountId })),
  nobody("an empty key", ({ accountId }) => ({ "api-key": "", "account-id": accountId })),
  nobody("the key in another header", ({ apiKey, accountId }) => ({
    "x-api-key": apiKey,
    "account-id": accountId,
  })),
  wrong("a wrong key", ({ accountId }) => ({ "api-key": "wrong", "account-id": accountId })),
  wrong("the key in other case", ({ apiKey, accountId }) => ({
    "api-key": otherCase(apiKey),
    "account-id": accountId,
  })),
  wrong("the beginning of the key", ({ apiKey, accountId }) => ({
    "api-key": apiKey.slice(0, -1),
    "account-id": accountId,
  })),
  wrong("the key twice", ({ apiKey, accountId }) => ({
    "api-key": `${apiKey}, ${apiKey}`,
    "account-id": accountId,
  })),
  wrong("the key of another account", ({ otherApiKey, accountId }) => ({
    "api-key": otherApiKey,
    "account-id": accountId,
  })),
  wrong("the id of another account", ({ apiKey, otherAccountId }) => ({
    "api-key": apiKey,
    "account-id": otherAccountId,
  })),
  wrong("no id", ({ apiKey }) => ({ "api-key": apiKey })),
  wrong("an empty id", ({ apiKey }) => ({ "api-key": apiKey, "account-id": "" })),
  wrong("the id in other case", ({ apiKey, accountId }) => ({
    "api-key": apiKey,
    "account-id": otherCase(accountId),
  })),
  wrong("both ids", ({ apiKey, accountId, otherAccountId }) => ({
    "api-key": apiKey,
    "account-id": `${accountId}, ${otherAccountId}`,
  })),
  wrong("key and id exchanged", ({ apiKey, accountId }) => ({ "api-key": accountId, "account-id": apiKey })),
];

const requestFor = ({ operations }: Endpoint): Request | undefined =>
  (requests as Record<string, Request>)[operations[0] ?? ""];

const minimal = ({ reference_id, config_id }: World) => ({ reference_id, config: { id: config_id } });

/** Of routes of our own, but for the one that takes a create request. */
const ownBodies: Record<string, object> = {
  "/onboardings/{reference_id}/actions": { action: "recheck", by: "ann", reason: "The customer called" },
};

/** The routes of an endpoint; one whose id may be read as a reference comes that way as well. */
function routesFor(serves: Endpoint): Route[] {
  const { method, alsoMethod, path, queryTypes, body } = serves;
  const about = /\{(\w+)\}/.exec(path)?.[1];
  const appointment = path === endpoints.cancelAppointment.path;
  const stranger = about ? refused.unknownProfile() : appointment ? refused.unknownAppointment() : undefined;
  const asking =
    (asked: string, id: "profile_id" | "reference_id", query: string): Ask =>
    async (world) => ({
      method: asked,
      path: path.replace(/\{\w+\}/, () => encodeURIComponent(world.subject[id])) + query,
      ...(body && { body: ownBodies[path] ?? (await requestFor(serves)?.body?.(world)) ?? minimal(world) }),
    });
  return [method, alsoMethod].flatMap((asked): Route[] => {
    if (!asked) return [];
    const route = `${asked} ${path}`;
    const own = about === "reference_id" ? "reference_id" : "profile_id";
    const byReference = queryTypes.includes("reference_id");
    const query = "?query_type=reference_id";
    return [
      { route, ask: asking(asked, own, ""), stranger },
      ...(byReference ? [{ route, ask: asking(asked, "reference_id", query), stranger }] : []),
    ];
  });
}

const nowhere: Route = {
  route: "$default",
  ask: () => ({ method: "GET", path: "/nowhere" }),
  stranger: refused.unknownRoute(),
};

/** Every route of our API but what anybody may read. */
export const apiRoutes: Route[] = Object.values(actions).flatMap(({ serves }) => {
  if (!serves) return [];
  return serves.path === "$default" ? [nowhere] : routesFor(serves);
});

const control = (method: string, path: string, body?: object): Route => ({
  route: `${method} ${path}`,
  ask: () => ({ method, path, ...(body && { body }) }),
});

/** Every route of the sandbox's API: the contract's, and its own controls. */
export const sandboxRoutes: Route[] = [
  ...Object.values(endpoints as Record<string, Endpoint>).flatMap(routesFor),
  control("PUT", "/sandbox/faults", { api: { errorRate: 1 } }),
  control("PUT", "/sandbox/webhooks", { urls: {} }),
  control("GET", "/sandbox/webhooks"),
  control("GET", "/sandbox/dead-letters"),
  nowhere,
];

/** One request by somebody who may not make it, and the only answer to it. */
export interface AccessCase extends Expected {
  who: string;
  ask: Ask;
}

/** All who may not ask for what a route gives to the first account. */
export function accessCases({ ask, stranger }: Route): AccessCase[] {
  const other: Stranger[] = stranger
    ? [
        {
          who: "another account, with its own credentials",
          answer: stranger,
          headers: ({ otherApiKey, otherAccountId }) => ({
            "api-key": otherApiKey,
            "account-id": otherAccountId,
          }),
        },
      ]
    : [];
  return [...strangers, ...other].map(({ who, answer, headers }) => ({
    ...answer,
    who,
    ask: async (world) => ({ ...(await ask(world)), headers: headers(world) }),
  }));
}

/** The sandbox's pages, which ask for a link's token, a signature or a session: keys of the API open none of them. */
export const closedPages: [path: (world: World) => string, status: number][] = [
  [() => "/captures", 404],
  [({ subject }) => `/captures?t=${subject.profile_id}`, 404],
  [() => "/desk", 303],
  [({ subject }) => `/desk/profiles/${subject.profile_id}`, 303],
  [({ subject }) => `/artifacts/${subject.profile_id}/selfie.png`, 403],
  [({ subject }) => `/artifacts/${subject.profile_id}/selfie.png?expires=9999999999999&key=`, 403],
];
