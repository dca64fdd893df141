import { expect, test } from "vitest";
import { ask, markedRequest, releaseCanaries, search } from "./canary.ts";
import { configIdOf, endpoints, freshReference, http } from "./cloud.ts";

test("of purged onboardings by every way in nothing personal is left anywhere", async () => {
  const { unfinished, hits, searched } = await releaseCanaries(18);
  expect(unfinished).toEqual([]);
  expect(hits).toEqual([]);
  for (const where of ["logs", "execution histories", "events"]) expect(searched[where]).toBeGreaterThan(50);
  expect(Object.keys(searched).filter((where) => where.startsWith("table "))).toHaveLength(2);
});

test("the same search finds an onboarding that is not purged, in the vault and at the gateway, nowhere else", async () => {
  const reference = freshReference("canary");
  const marker = `alive${Date.now().toString(36)}`;
  await ask("sync", markedRequest(marker, reference, configIdOf("by-hand")));
  const { hits } = await search(marker, []);
  const places = [...new Set(hits)].map((place) => place.replace(/-?[0-9a-f]{6,}.*$/i, ""));
  expect(places.filter((place) => place.startsWith("bucket "))).toHaveLength(1);
  expect(places.filter((place) => /^table .*sandbox/i.test(place))).toHaveLength(1);
  expect(places).toHaveLength(2);
  await http(endpoints.api, "PUT", `/profiles/${reference}/cancel?query_type=reference_id`);
});
