import { expect } from "vitest";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { type ContentCipher, decryptProfile, encryptCreate } from "../../shared/gateway/encryption.ts";
import {
  encryptedProfileSchema,
  type FullProfile,
  fullProfileSchema,
  type Resource,
} from "../../shared/gateway/profile.ts";
import type { Send } from "./contract-case.ts";
import { requests } from "./requests.ts";

/** Creates by `operation`, and expects all that was supplied in what E3 and E18 answer about the new profile. */
export async function expectRoundTrip(
  operation: "E1" | "E2" | "E17",
  request: CreateRequest,
  cipher: ContentCipher,
  send: Send,
): Promise<{ profile_id: string }> {
  const { method, path } = requests[operation];
  const body = operation === "E17" ? await encryptCreate(request, cipher) : request;
  const created = await send({ method, path, body });
  expect(created).toMatchObject({
    status: operation === "E2" ? 202 : 200,
    body: { profile_id: expect.any(String) },
  });
  const { profile_id } = created.body as { profile_id: string };

  const plain = await send({ method: "GET", path: `/profiles/${profile_id}` });
  expect(plain.status).toBe(200);
  const profile = fullProfileSchema.parse(plain.body);
  expectSupplied(request, profile);

  const encrypted = await send({ method: "GET", path: `/enc/profiles/${profile_id}` });
  expect(encrypted.status).toBe(200);
  const clear = JSON.stringify(encrypted.body);
  // Short words may come up in a token by chance, and digits in an id.
  const telling = leavesOf(request.data).filter((leaf) => leaf.length > 8 && /[a-z]/i.test(leaf));
  for (const leaf of telling) expect(clear).not.toContain(leaf);
  const { config, group_id, profile_data, reference_id, relay_data, resources, tasks } = profile;
  expect(await decryptProfile(encryptedProfileSchema.parse(encrypted.body), cipher)).toMatchObject({
    config,
    group_id,
    profile_data,
    reference_id,
    relay_data,
    resources,
    tasks,
  });
  return { profile_id };
}

/** Contract §3.1 → §4.1, §4.2, §7.9: what the caller supplied has source 0. */
function expectSupplied(request: CreateRequest, profile: FullProfile): void {
  const { reference_id, group_id, config, data = {}, relay_data } = request;
  const { documents, images, videos, text } = profile.resources;
  expect(profile).toMatchObject({ reference_id, group_id, config, relay_data });
  expect(profile.profile_data["email_ids"]).toEqual(data.email_ids);
  expect(profile.profile_data["mobile_numbers"]).toEqual(data.mobile_numbers);

  const { email_ids: _emails, mobile_numbers: _numbers, videos: sent = [], ...others } = data;
  const { additional_details: details = [], ...plain } = others;
  const shown = details.filter(({ type }) => type === "image" || type === "text");
  const found = [...images, ...text].filter(isSupplied).map(({ value }) => value);
  expect(leavesOf(found).sort()).toEqual(leavesOf([plain, shown.map(({ value }) => value)]).sort());

  expect(valuesByRef(videos)).toMatchObject(
    Object.fromEntries(sent.map(({ type, value }) => [`nil.nil.${type}.0.nil`, value])),
  );
  const lists = { image: images, video: videos, document: documents, text };
  for (const { category, page, type, value } of details)
    expect(valuesByRef(lists[type])).toMatchObject({ [`dynamic.${category}.nil.0.${page}`]: value });
}

const isSupplied = ({ source }: Resource): boolean => source === 0;
const valuesByRef = (resources: Resource[]) =>
  Object.fromEntries(resources.filter(isSupplied).map(({ ref_id, value }) => [ref_id, value]));

/** Every string and number in a value, as text. */
const leavesOf = (value: unknown): string[] =>
  typeof value === "object" && value !== null
    ? Object.values(value).flatMap(leavesOf)
    : value === undefined || value === null
      ? []
      : [String(value)];
