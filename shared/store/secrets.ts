import * as z from "zod";

/**
 * When the words of a list of hashes were issued, by the hash; epoch milliseconds. What was issued before this was kept
 * is not in it: nobody knows how old that is.
 */
const issuedAt = z.record(z.string(), z.number()).optional();

/**
 * Who may call our API, as Secrets Manager holds it: only hashes of the keys that `setup` issued, and none for an account
 * whose callers show tokens.
 */
export const callersSecretSchema = z.object({
  /** Base64 of 32 random bytes; keys the hashes of requests and the execution names. Never rotated. */
  hashKey: z.string().min(40),
  callers: z.array(
    z.object({ accountId: z.string().min(1), keyHashes: z.array(z.string().length(64)), issuedAt }),
  ),
});
export type CallersSecret = z.output<typeof callersSecretSchema>;

/** A content-encryption key shared with the gateway (contract §9); times are epoch milliseconds. */
export const contentKeySchema = z.object({
  kid: z.string().min(1).max(128),
  cek: z.string().refine((text) => Buffer.from(text, "base64").length === 32, "must be 32 bytes in Base64"),
  encrypts_from: z.number(),
  retires_at: z.number().nullable(),
});
export type StoredContentKey = z.output<typeof contentKeySchema>;

/** Where an account's gateway is and how we authenticate there (contract §1.1), by our account id. */
export const gatewaySecretSchema = z.object({
  accounts: z.record(
    z.string(),
    z.object({
      baseUrl: z.url({ protocol: /^https?$/ }),
      apiKey: z.string().min(1),
      accountId: z.string().min(1),
      contentKeys: z.array(contentKeySchema).default([]),
    }),
  ),
});
export type GatewaySecret = z.output<typeof gatewaySecretSchema>;

/** The four webhook URL slots of contract §8. */
export const webhookSlots = ["profile-status", "capture-session", "scheduling", "profile-creation"] as const;
export type WebhookSlot = (typeof webhookSlots)[number];

/** Hashes (SHA-256, hex) of the unguessable parts of the webhook URLs; two valid at a time, newest first. */
export const webhooksSecretSchema = z.object({
  slots: z.array(
    z.object({
      accountId: z.string().min(1),
      slot: z.enum(webhookSlots),
      tokenHashes: z.array(z.string().length(64)).min(1).max(2),
      issuedAt,
    }),
  ),
});
export type WebhooksSecret = z.output<typeof webhooksSecretSchema>;

/** Who may call the sandbox gateway, and where customers reach it: links are built on the base URL. */
export const sandboxSecretSchema = z.object({
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  accounts: z.array(
    z.object({
      accountId: z.string().min(1),
      apiKeyHash: z.string().length(64),
      contentKeys: z.array(contentKeySchema).default([]),
    }),
  ),
});
export type SandboxSecret = z.output<typeof sandboxSecretSchema>;
