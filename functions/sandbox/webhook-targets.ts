import { createHash } from "node:crypto";
import * as z from "zod";
import { type WebhookSlot, webhookSlots } from "../../shared/store/secrets.ts";

const MAX_URL_LENGTH = 2_048;

/** Documents leave an account's webhooks over https; plain http stays on this machine. */
const targetUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .max(MAX_URL_LENGTH, `must be at most ${MAX_URL_LENGTH} characters long`)
  .refine(
    (url) => {
      const target = URL.parse(url);
      return (
        target?.protocol === "https:" ||
        /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(target?.hostname ?? "")
      );
    },
    { message: "must be https, or http to this machine" },
  );

/** Body of `PUT /sandbox/webhooks`: one URL per slot of contract §8, and which status webhook is sent. */
export const webhookTargetsSchema = z.strictObject({
  kind: z.enum(["W1", "W2", "W3"]).default("W1"),
  urls: z
    .strictObject(
      Object.fromEntries(webhookSlots.map((slot) => [slot, targetUrl.optional()])) as Record<
        WebhookSlot,
        z.ZodOptional<typeof targetUrl>
      >,
    )
    .default({}),
});
export type WebhookTargets = z.output<typeof webhookTargetsSchema>;

export const noWebhooks: WebhookTargets = { kind: "W1", urls: {} };

/**
 * `GET /sandbox/webhooks`: where webhooks go, up to the last slash. What is behind it is the receiver's secret; of a URL with
 * more than a path only its host is told.
 */
export const shownTargetsSchema = z.strictObject({
  kind: z.enum(["W1", "W2", "W3"]),
  slots: z.partialRecord(
    z.enum(webhookSlots),
    z.strictObject({
      at: z.string(),
      /** SHA-256 (hex) of what is behind the last slash. */
      hash: z.string().length(64),
    }),
  ),
});
export type ShownTargets = z.output<typeof shownTargetsSchema>;

export function shownTargets({ kind, urls }: WebhookTargets): ShownTargets {
  const slots: ShownTargets["slots"] = {};
  for (const slot of webhookSlots) {
    const url = urls[slot];
    if (!url) continue;
    // Behind a question mark or before an @ everything may be secret.
    const { origin, pathname } = new URL(url);
    const plain = url === origin + pathname;
    const behind = plain ? url.lastIndexOf("/") + 1 : origin.length + 1;
    slots[slot] = {
      at: plain ? url.slice(0, behind) : `${origin}/`,
      hash: createHash("sha256").update(url.slice(behind)).digest("hex"),
    };
  }
  return { kind, slots };
}
