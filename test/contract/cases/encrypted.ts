import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { createContentCipher } from "../../../shared/gateway/encryption.ts";
import type { EncryptedProfile } from "../../../shared/gateway/profile.ts";
import {
  type ContractCase,
  type Expected,
  SECRET_VALUE,
  type State,
  unknownId,
  type World,
} from "../contract-case.ts";
import { aTimestamp, refused, succeeded } from "../documented.ts";
import { row } from "../requests.ts";

/** A cipher whose key the account does not have, under this `kid`. */
const stranger = (kid: string) => {
  const cek = randomBytes(32).toString("base64");
  const keys = async () => [{ kid, cek, encrypts_from: 0, retires_at: null }];
  return createContentCipher({ get: keys, refresh: keys });
};
const headerOf = (token: string): { kid: string } =>
  JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString());
/** A good token with another protected header. */
const saying = (token: string, header: object): string =>
  token.replace(/^[^.]*/, Buffer.from(JSON.stringify(header)).toString("base64url"));

/** What is no token of this account, made of one that is. All that a token may be is in encryption.test.ts. */
const broken: [name: string, break_: (token: string) => string | Promise<string>][] = [
  ["no token", () => SECRET_VALUE],
  ["clear text", () => JSON.stringify({ secret: SECRET_VALUE })],
  ["another tag", (token) => token.replace(/.{4}$/, (end) => (end === "AAAA" ? "BBBB" : "AAAA"))],
  ["an unknown key", () => stranger("unknown").encrypt({ secret: SECRET_VALUE })],
  ["another key of the same name", (token) => stranger(headerOf(token).kid).encrypt({})],
  ["another algorithm", (token) => saying(token, { ...headerOf(token), alg: "none" })],
];
const clear = ({ reference_id, config_id }: World) => ({ reference_id, config: { id: config_id } });
const token = ({ cipher }: World) => cipher.encrypt({});

/** What only E17 is refused for; the rest is with the other creates. */
const creates: ContractCase[] = [
  ...broken.map(([name, break_]) =>
    row("E17", `encrypted_data: ${name}`, refused.decryptionFailed(), {
      body: async (world) => ({ ...clear(world), encrypted_data: await break_(await token(world)) }),
    }),
  ),
  row("E17", "encrypted_payload: no token", refused.decryptionFailed(), {
    body: async (world) => ({
      ...clear(world),
      encrypted_data: await token(world),
      encrypted_payload: SECRET_VALUE,
    }),
  }),
  row("E17", "tokens are looked at before config.id", refused.decryptionFailed(), {
    body: (world) => ({ ...clear(world), config: { id: unknownId }, encrypted_data: SECRET_VALUE }),
  }),
  row("E17", "no encrypted_data", refused.badRequest("encrypted_data: is required"), { body: clear }),
  row("E17", "data in clear instead", refused.badRequest("encrypted_data: is required"), {
    body: (world) => ({ ...clear(world), data: { company_name: SECRET_VALUE } }),
  }),
  row("E17", "encrypted_data is empty", refused.badRequest("encrypted_data: must not be empty"), {
    body: (world) => ({ ...clear(world), encrypted_data: "" }),
  }),
  row(
    "E17",
    "encrypted_payload is an object",
    refused.badRequest("encrypted_payload: Invalid input: expected string, received object"),
    {
      body: async (world) => ({
        ...clear(world),
        encrypted_data: await token(world),
        encrypted_payload: { secret: SECRET_VALUE },
      }),
    },
  ),
];

/** The answer with its three tokens opened. */
async function opened(body: EncryptedProfile, { cipher }: World): Promise<unknown> {
  const { encrypted_profile_data, encrypted_resources, encrypted_tasks } = body;
  return {
    ...body,
    encrypted_profile_data: await cipher.decrypt(encrypted_profile_data),
    encrypted_resources: await cipher.decrypt(encrypted_resources),
    encrypted_tasks: await cipher.decrypt(encrypted_tasks),
  };
}

const empty = { documents: [], images: [], videos: [], text: [] };
const captured = {
  ...empty,
  images: expect.any(Array),
  videos: expect.any(Array),
  text: expect.any(Array),
};
/** `reviewer_action`, `purged_at` and `schema_version` are the sandbox's addition (§9.2). */
const profileIn = (
  status: State,
  {
    reviewer_action = null,
    status_detail = null,
  }: { reviewer_action?: string | null; status_detail?: string | null } = {},
): Expected =>
  succeeded(200, ({ subject }) => ({
    config: { id: subject.config_id, overrides: null },
    encrypted_profile_data: {
      completed_at: status === "completed" || status === "purged" ? aTimestamp : null,
      created_at: aTimestamp,
      email_ids: [],
      mobile_numbers: [],
      notes: null,
      performed_by: [],
      purged_at: subject.purged_at,
    },
    encrypted_resources: status === "completed" ? captured : empty,
    encrypted_tasks:
      status === "purged"
        ? []
        : expect.arrayContaining([expect.objectContaining({ key: expect.any(String) })]),
    group_id: null,
    profile_id: subject.profile_id,
    purged_at: subject.purged_at,
    reference_id: subject.reference_id,
    relay_data: null,
    reviewer_action,
    schema_version: "1.0.0",
    status,
    status_detail,
  }));
const fetches: ContractCase[] = (
  [
    ["capture_pending", profileIn("capture_pending")],
    ["completed", profileIn("completed", { reviewer_action: "approved", status_detail: "auto-close" })],
    ["cancelled", profileIn("cancelled")],
    ["purged", profileIn("purged", { reviewer_action: "approved" })],
  ] as const
).flatMap(([state, expected]) => [row("E18", `in ${state}`, expected, { state, read: opened })]);

/** E17, E18. */
export const encrypted: ContractCase[] = [...creates, ...fetches];
