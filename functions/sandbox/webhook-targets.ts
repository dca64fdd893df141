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
