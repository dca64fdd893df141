import { expect } from "vitest";
import { type ContractCase, type Expected, SECRET_VALUE, unknownId, type World } from "../contract-case.ts";
import { aProfileId, aTimestamp, refused, succeeded } from "../documented.ts";
import { ask, row } from "../requests.ts";

type Fields = Record<string, unknown>;
/** A plain create request, or what stands in the place of one. */
type Written = (world: World) => Fields | unknown[] | null;

/** A create request that is right but for `fields`. */
const request =
  (fields: Fields): Written =>
  ({ reference_id, config_id }) => ({ reference_id, config: { id: config_id }, ...fields });
const configured =
  (fields: Fields): Written =>
  ({ reference_id, config_id }) => ({ reference_id, config: { id: config_id, ...fields } });

/** The same for E17: what says anything about the customer is encrypted. */
const encrypted =
  (written: Written) =>
  async (world: World): Promise<object | null> => {
    const plain = written(world);
    if (plain === null || Array.isArray(plain)) return plain;
    const { data = {}, payload, ...clear } = plain;
    return {
      ...clear,
      encrypted_data: await world.cipher.encrypt(data),
      ...(payload !== undefined && { encrypted_payload: await world.cipher.encrypt(payload) }),
    };
  };

const link = succeeded(200, () => ({
  capture_expires_at: aTimestamp,
  capture_link: expect.stringMatching(/^http.*\/captures\?t=[\w-]{12,}$/),
  profile_id: aProfileId,
}));
const operations = [
  { operation: "E1", created: link, body: (written: Written) => written },
  {
    operation: "E2",
    created: succeeded(202, () => ({ profile_id: aProfileId })),
    body: (written: Written) => written,
  },
  { operation: "E17", created: link, body: encrypted },
] as const;

const accepted: [name: string, written: Written][] = [
  ["the two mandatory fields", request({})],
  ["fields that nobody knows", request({ tag: "x", data: { other: [1] } })],
  ["empty strings", configured({ overrides: null, reference_profile_id: "" })],
  ["no personal data at all", request({ group_id: "", data: {}, payload: {} })],
  ["an id_number that is an integer", request({ data: { ind_pan_details: { id_number: 7 } } })],
];

const detail = { category: "deed", page: "1", type: "document", value: SECRET_VALUE };
const details = (...additional_details: unknown[]) => request({ data: { additional_details } });

/** What is wrong with a create, and the reason, which names the field. */
const problems: [name: string, reason: string, written: Written][] = [
  [
    "reference_id is missing",
    "reference_id: is required",
    ({ config_id }) => ({ config: { id: config_id } }),
  ],
  ["reference_id is empty", "reference_id: must not be empty", request({ reference_id: "" })],
  [
    "reference_id is a number",
    "reference_id: Invalid input: expected string, received number",
    request({ reference_id: 7 }),
  ],
  ["config is missing", "config: is required", ({ reference_id }) => ({ reference_id })],
  ["config.id is missing", "config.id: is required", request({ config: {} })],
  [
    "config is a string",
    "config: Invalid input: expected object, received string",
    request({ config: SECRET_VALUE }),
  ],
  ["the body is null", "body: Invalid input: expected object, received null", () => null],
  ["the body is an array", "body: Invalid input: expected object, received array", () => []],
  [
    "group_id is a number",
    "group_id: Invalid input: expected string, received number",
    request({ group_id: 1 }),
  ],
  [
    "data is a string",
    "data: Invalid input: expected object, received string",
    request({ data: SECRET_VALUE }),
  ],
  [
    "a name is a string",
    "data.name: Invalid input: expected object, received string",
    request({ data: { name: SECRET_VALUE } }),
  ],
  [
    "email_ids is a string",
    "data.email_ids: Invalid input: expected array, received string",
    request({ data: { email_ids: SECRET_VALUE } }),
  ],
  [
    "a mobile number is a number",
    "data.mobile_numbers.1: Invalid input: expected string, received number",
    request({ data: { mobile_numbers: ["0000000000", 1] } }),
  ],
  [
    "a document's id_number is an object",
    "data.ind_pan_details.id_number: expected a string",
    request({ data: { ind_pan_details: { id_number: { secret: SECRET_VALUE } } } }),
  ],
  [
    "an address type is unknown",
    "data.addresses.0.type: expected permanent, current, correspondence or other",
    request({ data: { addresses: [{ type: SECRET_VALUE }] } }),
  ],
  [
    "a video type is unknown",
    'data.videos.0.type: Invalid option: expected one of "agent"|"customer"|"self"',
    request({ data: { videos: [{ type: SECRET_VALUE, value: "string" }] } }),
  ],
  [
    "a detail's type is unknown",
    'data.additional_details.0.type: Invalid option: expected one of "image"|"video"|"document"|"text"',
    details({ ...detail, type: SECRET_VALUE }),
  ],
  [
    "a detail has no page",
    "data.additional_details.0.page: is required",
    details({ category: "deed", type: "text", value: SECRET_VALUE }),
  ],
  [
    "two details have the same category and page",
    "data.additional_details: each (category, page) may occur once",
    details(detail, { ...detail, type: "image" }),
  ],
  [
    "a message is no list",
    "payload.messages.0.value: Invalid input: expected array, received string",
    request({ payload: { messages: [{ label: "l", value: SECRET_VALUE }] } }),
  ],
  [
    "read_text is longer than 1000 characters",
    "payload.self_video_activity_templates.0.data: at most 1000 characters with read_text",
    request({ payload: { self_video_activity_templates: [{ type: "read_text", data: "x".repeat(1001) }] } }),
  ],
  [
    "an assignee's action is unknown",
    'config.overrides.assignee.0.action: Invalid input: expected "video_call"',
    configured({ overrides: { assignee: [{ email: "agent@example.com", action: SECRET_VALUE }] } }),
  ],
  [
    "the priority is no integer",
    "config.overrides.video_kyc_priority: Invalid input: expected int, received number",
    configured({ overrides: { video_kyc_priority: 1.5 } }),
  ],
  [
    "relay_data is an object",
    "relay_data: Invalid input: expected string, received object",
    request({ relay_data: { secret: SECRET_VALUE } }),
  ],
  [
    "the fields come before config.id",
    "reference_id: Invalid input: expected string, received number",
    () => ({
      reference_id: 7,
      config: { id: unknownId },
    }),
  ],
];

const ill: [name: string, expected: Expected, written: Written][] = [
  ...problems.map(([name, reason, written]): [string, Expected, Written] => [
    name,
    refused.badRequest(reason),
    written,
  ]),
  ["an unknown config.id", refused.unknownPackage(), request({ config: { id: unknownId } })],
  ["a config.id of JavaScript's", refused.unknownPackage(), request({ config: { id: "constructor" } })],
  ["relay_data is no base64", refused.invalidBase64(), request({ relay_data: "no base64!" })],
  [
    "config.id is looked at before relay_data",
    refused.unknownPackage(),
    request({ config: { id: unknownId }, relay_data: "no base64!" }),
  ],
];

/** E1, E2, and what E17 has in common with them. */
export const creates: ContractCase[] = operations.flatMap(({ operation, created, body }) => [
  ...accepted.map(([name, written]) => row(operation, name, created, { body: body(written) })),
  ...ill.map(([name, expected, written]) => row(operation, name, expected, { body: body(written) })),
  // We take the same request again; the gateway refuses that as well.
  row(operation, "a reference that is taken", refused.duplicateReference(), {
    before: ask(operation),
    body: body(request({ group_id: "another" })),
  }),
]);
