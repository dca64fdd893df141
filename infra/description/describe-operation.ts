import type * as z from "zod";
import type { PublicAction } from "../../functions/public-action.ts";
import { type RefusalName, refusals } from "../../shared/gateway/answers.ts";
import { fieldProblem } from "../../shared/gateway/create.ts";
import { type Endpoint, queryProblem } from "../../shared/gateway/endpoints.ts";
import { exampleOf, fakeIds, successExamples } from "./examples.ts";
import { type Json, type JsonObject, type JsonSchemas, jsonContent, takenSchema } from "./json-schemas.ts";
import { refusalResponses } from "./refusal-answers.ts";

/** What the HTTP API answers in our functions' place when its throttle closes. */
export const tooManyRequests: JsonObject = {
  description: "Too many requests, of all callers together",
  content: jsonContent(
    { type: "object", properties: { message: { type: "string" } } },
    { tooManyRequests: { value: { message: "Too Many Requests" } } },
  ),
};
const throttled: JsonObject = { 429: { $ref: "#/components/responses/tooManyRequests" } };

/** What the HTTP API answers in our functions' place to whoever shows no token, or one that it does not take. */
export const unauthorized: JsonObject = {
  description: "No token, or one that is not valid here",
  content: jsonContent(
    { type: "object", properties: { message: { type: "string" } } },
    { unauthorized: { value: { message: "Unauthorized" } } },
  ),
};
const withoutToken: JsonObject = { 401: { $ref: "#/components/responses/unauthorized" } };

/** What callers show: keys to our functions, or tokens to the HTTP API before these are asked. */
export type Credentials = "keys" | "tokens";

/** What webhook ingestion answers besides success. */
export const webhookRefusals: readonly RefusalName[] = [
  "malformedJson",
  "badRequest",
  "unknownRoute",
  "tooLarge",
  "internal",
];

/**
 * Everything that an endpoint answers besides success. A fault of cancel and purge names the profile where the gateway
 * did (contract §5.5).
 */
export const refusalsOf = (
  { body, refusals: documented, fault }: Endpoint,
  credentials: Credentials,
): RefusalName[] => [
  ...documented.filter((name) => credentials === "keys" || name !== "noApiKey"),
  ...(body ? (["tooLarge"] as const) : []),
  fault,
  ...(fault === "internalAction" || fault === "internalPurge" ? (["internal"] as const) : []),
];

/** One method of an action's endpoint, as an OpenAPI operation. */
export function describeOperation(
  action: string,
  serves: Endpoint,
  method: string,
  tag: string,
  schemas: JsonSchemas,
  credentials: Credentials,
): JsonObject {
  const { operations, summary, body, success, alsoMethod, refusesQuery } = serves;
  const isMain = method === serves.method;
  const notes = [
    ...(operations.length > 0 ? [`The gateway's ${operations.join(", ")}.`] : []),
    ...(alsoMethod ? [isMain ? `${alsoMethod} does the same.` : `The same as ${serves.method}.`] : []),
    ...(refusesQuery ? ["Any query parameter is refused."] : []),
  ];
  const parameters = parametersOf(serves);
  const problem = problemOf(serves);
  const example = successExamples[action]?.body as Json | undefined;
  return {
    operationId: isMain ? action : `${action}By${method.charAt(0)}${method.slice(1).toLowerCase()}`,
    summary,
    ...(notes.length > 0 && { description: notes.join(" ") }),
    tags: [tag],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: bodyContent(body, schemas) } }),
    responses: {
      [success.status]: {
        description: success.status === 202 ? "Accepted" : "Done",
        content: example
          ? jsonContent(schemas.refOf(success.body), { [action]: { value: example } })
          : bodyContent(success.body, schemas),
      },
      ...(credentials === "tokens" && withoutToken),
      ...refusalResponses(
        refusalsOf(serves, credentials),
        problem ? { badRequest: refusals.badRequest(problem) } : {},
      ),
      ...throttled,
    },
  };
}

/** What anybody may read, as an OpenAPI operation: the file that the action is for. */
export function describePublication(
  action: string,
  { summary, files }: Pick<PublicAction, "summary" | "files">,
  tag: string,
): JsonObject {
  const [mediaType = ""] = files[0].type.split(";");
  const schema = { type: mediaType === "application/json" ? "object" : "string" };
  return {
    operationId: action,
    summary,
    tags: [tag],
    security: [],
    responses: {
      200: { description: "Done", content: { [mediaType]: { schema } } },
      ...refusalResponses(["internal"]),
      ...throttled,
    },
  };
}

/** A webhook of the gateway, as an OpenAPI operation of whoever receives it. */
export function describeWebhook(
  kind: string,
  { summary, slot, body }: { summary: string; slot: string; body: z.ZodType },
  tag: string,
  schemas: JsonSchemas,
): JsonObject {
  return {
    operationId: kind,
    summary,
    description: `The gateway's ${kind}, in the slot \`${slot}\`. The URL is the secret: no headers are asked for.`,
    tags: [tag],
    security: [],
    requestBody: { required: true, content: bodyContent(body, schemas) },
    responses: {
      200: {
        description: "Written down",
        content: jsonContent({ type: "object" }, { taken: { value: {} } }),
      },
      ...refusalResponses(webhookRefusals),
      ...throttled,
    },
  };
}

function parametersOf({ path, queryTypes, statusOnly, query }: Endpoint): JsonObject[] {
  const byReference = queryTypes.includes("reference_id");
  const inPath: JsonObject[] = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    description:
      name === "reference_id"
        ? "The caller's own id of the onboarding."
        : `The \`profile_id\`${byReference ? ", or the `reference_id` if `query_type` says so" : ""}.`,
    schema: { type: "string" },
    example: name === "reference_id" ? fakeIds.reference_id : fakeIds.profile_id,
  }));
  const queryType: JsonObject = {
    name: "query_type",
    in: "query",
    description: "What the id in the path is.",
    schema: { type: "string", enum: queryTypes, default: "profile_id" },
  };
  const onlyStatus: JsonObject = {
    name: "status_only",
    in: "query",
    description: "`true`: five fields instead of the whole profile. Anything else means false.",
    schema: { type: "boolean", default: false },
  };
  return [
    ...inPath,
    ...(queryTypes.length > 0 ? [queryType] : []),
    ...(statusOnly ? [onlyStatus] : []),
    ...(query ? queryParameters(query) : []),
  ];
}

/** The parameters of a route of our own, in the words of their schemas. */
function queryParameters(query: z.ZodObject): JsonObject[] {
  const { properties = {}, required = [] } = takenSchema(query) as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    ...(required.includes(name) && { required: true }),
    ...(description !== undefined && { description }),
    schema,
  }));
}

/** What is wrong with an empty body, or with a query that asks for something else; `null` for nothing. */
function problemOf(serves: Endpoint): string | null {
  const checked = serves.body?.safeParse({});
  if (checked?.error) return fieldProblem(checked.error);
  const [parameter] = Object.keys(serves.query?.shape ?? {});
  const asked = parameter === undefined ? undefined : serves.query?.safeParse({ [parameter]: "?" });
  return asked?.error ? fieldProblem(asked.error, "query") : queryProblem(serves, { query_type: "other" });
}

/** A body with an example, or with one for each of its forms. */
function bodyContent(schema: z.ZodType, { refOf, schemas }: JsonSchemas): JsonObject {
  const ref = refOf(schema);
  const { anyOf, oneOf } = schemas[nameIn(ref)] ?? {};
  const forms = (anyOf ?? oneOf ?? [ref]) as JsonObject[];
  return jsonContent(
    ref,
    Object.fromEntries(forms.map((form) => [formName(form), { value: exampleOf(form, schemas) }])),
  );
}

/** The name of a schema, or the word that tells a form from the others of its union. */
function formName(form: JsonObject): string {
  if (typeof form["$ref"] === "string") return nameIn({ $ref: form["$ref"] });
  const properties = Object.values(form["properties"] ?? {}) as JsonObject[];
  return String(properties.find((property) => property["const"] !== undefined)?.["const"] ?? "example");
}

const nameIn = ({ $ref }: { $ref: string }): string => $ref.split("/").at(-1) ?? "";
