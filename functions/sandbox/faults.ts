import { createHash } from "node:crypto";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import * as z from "zod";

/** Longer than clients wait, shorter than the HTTP API does. */
export const STALL_MS = 25_000;

const probability = z.number().min(0).max(1);
const milliseconds = z.int().min(0);

/** Body of `PUT /sandbox/faults`. `{}` ends all faults. Probabilities from 0 to 1. */
export const faultsSchema = z.strictObject({
  /** The same seed and the same requests draw the same faults. */
  seed: z.int().min(0).default(1),
  webhooks: z
    .strictObject({
      /** Posted twice. */
      duplicate: probability.default(0),
      /** Never posted, and never tried again. */
      drop: probability.default(0),
      /** Every webhook waits this long; the queue counts whole seconds. */
      delayMs: milliseconds.max(600_000).default(0),
      /** Held back for two to five seconds more, so that later ones overtake it. */
      reorder: probability.default(0),
    })
    .optional(),
  api: z
    .strictObject({
      errorRate: probability.default(0),
      /** One of these is answered, before or after the request took effect. */
      statuses: z.array(z.int().min(400).max(599)).min(1).max(200).default([500, 502, 503]),
      /** Each answer waits this long. */
      latencyMs: milliseconds.max(STALL_MS).default(0),
      /** Errors carry an HTML page, as proxies send it. */
      htmlErrors: z.boolean().default(false),
      /** Answered after 25 s only, whether or not the request took effect. */
      timeoutRate: probability.default(0),
      /** A second create with the same reference makes a second profile. */
      acceptDuplicates: z.boolean().default(false),
      /** Look-ups by reference answer 404 for so long after the create. */
      lookupLagMs: milliseconds.max(86_400_000).default(0),
    })
    .optional(),
});
export type AccountFaults = z.output<typeof faultsSchema>;

export const noFaults: AccountFaults = { seed: 1 };

/** Numbers from 0 to 1 that the seed and the name of the occasion decide. */
export function draws(seed: number, occasion: string): () => number {
  const hash = createHash("sha256").update(`${seed}:${occasion}`).digest();
  const generator = xoroshiro128plus(hash.readInt32BE(0));
  return () => uniformFloat64(generator);
}

/** What a fault does to one request. */
export interface RequestFault {
  waitMs: number;
  /** Status to answer instead, or `null`. */
  status: number | null;
  /** The request takes effect although an error is answered. */
  takesEffect: boolean;
  html: boolean;
}

/** The fault of the account's nth request. */
export function requestFault(faults: AccountFaults, count: number): RequestFault {
  const { api } = faults;
  const none: RequestFault = { waitMs: api?.latencyMs ?? 0, status: null, takesEffect: true, html: false };
  if (!api) return none;
  const draw = draws(faults.seed, `request ${count}`);
  const [stall, error, which, effect] = [draw(), draw(), draw(), draw()];
  const takesEffect = effect < 0.5;
  if (stall < api.timeoutRate) return { waitMs: STALL_MS, status: 504, takesEffect, html: api.htmlErrors };
  if (error >= api.errorRate) return none;
  const status = api.statuses[Math.floor(which * api.statuses.length)] ?? 500;
  return { ...none, status, takesEffect, html: api.htmlErrors };
}

/** What a fault does to one webhook. */
export interface NoticeFault {
  drop: boolean;
  duplicate: boolean;
  delayMs: number;
}

/** The fault of one notice, named by the profile's reference so that runs can be repeated. */
export function noticeFault(faults: AccountFaults, occasion: string): NoticeFault {
  const { webhooks } = faults;
  if (!webhooks) return { drop: false, duplicate: false, delayMs: 0 };
  const draw = draws(faults.seed, `webhook ${occasion}`);
  const [drop, duplicate, reorder, held] = [draw(), draw(), draw(), draw()];
  return {
    drop: drop < webhooks.drop,
    duplicate: duplicate < webhooks.duplicate,
    delayMs: webhooks.delayMs + (reorder < webhooks.reorder ? 2_000 + Math.floor(held * 3_001) : 0),
  };
}
