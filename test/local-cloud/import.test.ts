import { afterAll, beforeAll, expect, test } from "vitest";
import { credentials, endpoints, http } from "./cloud.ts";
import { runImport } from "./import-run.ts";

const ROWS = 100;

const faults = (body: object) =>
  http(endpoints.sandbox, "PUT", "/sandbox/faults", { body, headers: credentials });

beforeAll(() =>
  faults({
    seed: 11,
    webhooks: { duplicate: 0.2, reorder: 0.2 },
    api: { errorRate: 0.05, statuses: [429, 500, 502, 503] },
  }),
);
afterAll(() => faults({}));

test(`${ROWS} rows, interrupted and resumed once: every good one is purged, every bad one named, nothing is twice`, async () => {
  const run = await runImport(ROWS, { perSecond: 25, purgeSeconds: 150 });
  expect(run.interrupted).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("✗ interrupted") });
  expect(run.interrupted.verdicts).toBeLessThan(ROWS);
  expect(run.resumed.exitCode).toBe(1);
  expect(run.resumed.summary).toMatchObject({ rows: ROWS, failed: 0, stopped: null });
  expect(run).toMatchObject({ goodRows: 98, wrongVerdicts: [], notPurged: [], wrongOutcomes: [], twice: [] });
});
