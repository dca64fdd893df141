import { isDeepStrictEqual } from "node:util";
import { type Answer, type RefusalName, refusals } from "../../shared/gateway/answers.ts";
import { fakeIds, fakeValues } from "./examples.ts";
import { type Json, type JsonObject, jsonContent, pascalCase, refTo } from "./json-schemas.ts";

type ArgumentsOf<Name extends RefusalName> = Parameters<(typeof refusals)[Name]>;

const otherIds = { reference_id: "order-2077", profile_id: "00000000-0000-4000-8000-000000002077" };

/**
 * What the refusals are told that are told anything. The first line makes the example; what the second one changes in
 * the body is what a client cannot rely on.
 */
const told: {
  [Name in RefusalName as ArgumentsOf<Name> extends [] ? never : Name]: [
    example: ArgumentsOf<Name>,
    other: ArgumentsOf<Name>,
  ];
} = {
  badRequest: [["profile_id: a non-empty string is required"], ["config.id: is required"]],
  wrongState: [["recapture_pending"], ["in_progress"]],
  notNow: [["it is under legal hold: release it first"], ["the profile is completed"]],
  cancelNotAllowed: [
    [fakeIds, "in_progress"],
    [otherIds, "completed"],
  ],
  alreadyCancelled: [
    [fakeIds, "cancelled"],
    [otherIds, "purged"],
  ],
  purgeNotAllowed: [
    [fakeIds, "in_progress", null],
    [otherIds, "purged", fakeValues.purged_at],
  ],
  internalAction: [
    [fakeIds, "completed"],
    [otherIds, "cancelled"],
  ],
  internalPurge: [
    [fakeIds, "completed", null],
    [otherIds, "purged", fakeValues.purged_at],
  ],
};

function answersOf(name: RefusalName): [example: Answer, other: Answer] {
  const answer = refusals[name] as (...args: unknown[]) => Answer;
  const [example, other] = (told as Partial<Record<RefusalName, [unknown[], unknown[]]>>)[name] ?? [[], []];
  return [answer(...example), answer(...other)];
}

const schemaName = (name: RefusalName): string => pascalCase(name);

/** The JSON Schemas of refusals, by name: what never varies in a body is said to the letter. */
export const refusalSchemas = (names: Iterable<RefusalName>): Record<string, JsonObject> =>
  Object.fromEntries(
    [...new Set(names)].sort().map((name) => {
      const [{ body }, other] = answersOf(name);
      return [schemaName(name), shapeOf(body, other.body)];
    }),
  );

/**
 * Answers by status, each with the body of every refusal that has this status. `here` says what one of them is told
 * in this place.
 */
export function refusalResponses(
  names: readonly RefusalName[],
  here: Partial<Record<RefusalName, Answer>> = {},
): JsonObject {
  const byStatus = Object.groupBy(names, (name) => answersOf(name)[0].status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, same = []]) => {
      const [ref, ...more] = same.map((name) => refTo(schemaName(name)));
      const examples = same.map((name) => [
        name,
        { summary: inWords(name), value: (here[name] ?? answersOf(name)[0]).body as Json },
      ]);
      return [
        status,
        {
          description: status === "500" ? "A fault of ours or of the gateway's" : sentence(same.map(inWords)),
          content: jsonContent(
            ref && more.length === 0 ? ref : { anyOf: [ref ?? {}, ...more] },
            Object.fromEntries(examples),
          ),
        },
      ];
    }),
  );
}

function shapeOf(one: unknown, other: unknown): JsonObject {
  if (isObject(one) && isObject(other))
    return {
      type: "object",
      properties: Object.fromEntries(
        Object.entries(one).map(([key, value]) => [key, shapeOf(value, other[key])]),
      ),
      required: Object.keys(one),
    };
  if (isDeepStrictEqual(one, other)) return { const: one as Json };
  const types = [...new Set([one, other].map((value) => (value === null ? "null" : typeof value)))].sort();
  return { type: types.length === 1 ? (types[0] ?? "") : types };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const inWords = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
const sentence = ([first = "", ...more]: string[]): string =>
  [first.charAt(0).toUpperCase() + first.slice(1), ...more].join("; ");
