import type { CachedSecret } from "../../shared/store/secret-cache.ts";

/** A secret that is read once (`get`), or has `fresh` in it when it is read again. */
export const fixedSecret = <Value>(value: Value | null, fresh = value): CachedSecret<Value> => ({
  get: async () => value,
  refresh: async () => fresh,
});
