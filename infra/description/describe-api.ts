import { readFileSync } from "node:fs";
import { join } from "node:path";
import { actions } from "../../functions/actions/index.ts";
import { refusals } from "../../shared/gateway/answers.ts";
import type { Endpoint } from "../../shared/gateway/endpoints.ts";
import { webhooks } from "../../shared/gateway/webhooks.ts";
import { profileStatuses } from "../../shared/profile/status.ts";
import type { JwtSettings } from "../config.ts";
import {
  type Credentials,
  describeOperation,
  describePublication,
  describeWebhook,
  refusalsOf,
  tooManyRequests,
  unauthorized,
  webhookRefusals,
} from "./describe-operation.ts";
import { type Body, type JsonObject, jsonSchemas, pascalCase } from "./json-schemas.ts";
import { refusalSchemas } from "./refusal-answers.ts";

/** What callers show, as the introduction, the security schemes and every operation tell it. */
interface Credentialing {
  credentials: Credentials;
  asked: string;
  schemes: JsonObject;
}

const keys: Credentialing = {
  credentials: "keys",
  asked: "asks for two headers, `api-key` and `account-id`.",
  schemes: {
    "api-key": { type: "apiKey", in: "header", name: "api-key", description: "Secret, issued by setup." },
    "account-id": {
      type: "apiKey",
      in: "header",
      name: "account-id",
      description: "The account that the key belongs to. Opaque; it may contain a slash.",
    },
  },
};

const tokens = ({ issuer, audience, accountClaim }: JwtSettings): Credentialing => ({
  credentials: "tokens",
  asked: `asks for a token in the header \`Authorization\` (\`Bearer …\`). The gateway's two headers, \`api-key\` and
  \`account-id\`, are not read here.`,
  schemes: {
    token: {
      type: "http",
      scheme: "bearer",
      bearerFormat: "JWT",
      description: `Issued by ${issuer} for ${audience.join(" or ")}; its claim \`${accountClaim}\` names the account.`,
    },
  },
});

const introduce = (
  asked: string,
) => `Starts customer onboardings over an identity provider's Profile Gateway, and offers the gateway's own
operations (E1 to E18) in the gateway's words.

* Every operation but those that describe the API ${asked}
* Checks come in this order: credentials (401, 403), path, size of the body (413, above 4 MB), JSON, query, then the profile and its
  status, the fields of the body, and the rules of business. A create, which has no profile yet, checks its fields at once.
* Any other path is answered with 404 and \`${JSON.stringify(refusals.unknownRoute().body)}\`.
* \`status\` of a profile is one of ${profileStatuses.map((status) => `\`${status}\``).join(", ")}; take an unknown
  one as no news.
* Rules that join fields (one of two must be given, no two may be the same) are in no schema; the \`reason\` of a 400
  names the field.
* Answers may have more fields than are described. Times are ISO 8601 in UTC.
* What takes longer than 29 s is answered with 503. An answer larger than 6 MB, as JSON in JSON, is compressed for those whose
  \`accept-encoding\` takes \`gzip\`; for others, and where that is not enough, it is a 500.
* What happens to an onboarding is told by events on a bus: see docs/events.md of the project.

All names, ids, links and tokens in examples are made up.`;

const tags = {
  Onboardings: "Onboardings that we drive from the request to the purge.",
  Profiles:
    "The gateway's operations on a profile. A change made here reaches the onboarding of that profile.",
  "Video calls": "The gateway's appointments and queues of video calls.",
  "Encrypted profiles": "Create and fetch with everything personal in JWEs (`dir`, `A256GCM`).",
  Description: "What you are reading. Asks for no credentials.",
  Webhooks:
    "What the gateway sends to the URLs that setup prints. A body is a hint: it makes us ask the gateway.",
} as const;
type Tag = keyof typeof tags;

const tagsByFirstSegment: Record<string, Tag> = {
  enc: "Encrypted profiles",
  scheduling: "Video calls",
  v2: "Video calls",
};
const tagOf = ({ path, operations }: Endpoint): Tag =>
  tagsByFirstSegment[path.split("/")[1] ?? ""] ?? (operations.length > 0 ? "Profiles" : "Onboardings");

/** Our API as an OpenAPI 3.1 document, from the actions, their endpoints and the schemas that these name. */
export function describeApi(jwt?: JwtSettings): JsonObject {
  const { credentials, asked, schemes } = jwt ? tokens(jwt) : keys;
  // `$default` is no path: the introduction tells what it answers.
  const described = Object.entries(actions).filter(([, { serves }]) => serves?.path !== "$default");
  const endpoints = described.flatMap(([name, { serves }]) => (serves ? [{ name, serves }] : []));
  const hooks = Object.entries(webhooks);
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
    version: string;
  };
  const schemas = jsonSchemas([
    ...endpoints.flatMap(({ name, serves }) => bodiesOf(name, serves)),
    ...hooks.map(([name, { body }]): Body => ({ name, schema: body, as: "taken" })),
  ]);

  const paths: Record<string, JsonObject> = {};
  for (const [name, { routes, serves, publishes }] of described) {
    if (publishes)
      paths[publishes.files[0].path] = { get: describePublication(name, publishes, "Description") };
    if (!serves) continue;
    for (const { method, path } of routes)
      paths[path] = {
        ...paths[path],
        [method.toLowerCase()]: describeOperation(name, serves, method, tagOf(serves), schemas, credentials),
      };
  }

  return {
    openapi: "3.1.1",
    info: { title: "Onboarding API", version, description: introduce(asked) },
    // Relative to this document, which is served beside the other paths.
    servers: [{ url: "." }],
    security: [Object.fromEntries(Object.keys(schemes).map((scheme) => [scheme, []]))],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: Object.fromEntries(
      hooks.map(([kind, hook]) => [kind, { post: describeWebhook(kind, hook, "Webhooks", schemas) }]),
    ),
    components: {
      securitySchemes: schemes,
      schemas: {
        ...schemas.schemas,
        ...refusalSchemas([
          ...endpoints.flatMap(({ serves }) => refusalsOf(serves, credentials)),
          ...webhookRefusals,
        ]),
      },
      responses: { tooManyRequests, ...(jwt && { unauthorized }) },
    },
  };
}

const bodiesOf = (name: string, { body, success }: Endpoint): Body[] => [
  ...(body ? [{ name: `${pascalCase(name)}Request`, schema: body, as: "taken" as const }] : []),
  { name: `${pascalCase(name)}Answer`, schema: success.body, as: "answered" as const },
];
