import { afterAll, beforeAll, expect, test } from "vitest";
import { credentials, endpoints, http } from "../local-cloud/cloud.ts";
import { runImport } from "../local-cloud/import-run.ts";

const ROWS = Number(process.env["IMPORT_ROWS"] ?? 2_000);
const PURGE_SECONDS = 3_000;

const faults = (body: object) =>
  http(endpoints.sandbox, "PUT", "/sandbox/faults", { body, headers: credentials });

beforeAll(() =>
  faults({
    seed: 11,
    webhooks: { duplicate: 0.2, drop: 0.05, reorder: 0.2 },
    api: { errorRate: 0.02, statuses: [429, 500, 502, 503] },
  }),
);
afterAll(() => faults({}));

test(`${ROWS} rows, 2 % of them bad, interrupted and resumed once: all good ones are purged, all bad ones named, nothing is twice`, {
  timeout: 3_600_000,
}, async () => {
  const run = await runImport(ROWS, { perSecond: 200, purgeSeconds: PURGE_SECONDS });
  const { interrupted, resumed, seconds, goodRows } = run;
  process.stderr.write(
    `import: ${ROWS} rows, ${goodRows} of them good; interrupted after ${interrupted.verdicts} rows and ${seconds.interrupted.toFixed(0)} s, sent after ${seconds.resumed.toFixed(0)} s, all purged after ${seconds.purged.toFixed(0)} s (${(goodRows / seconds.purged).toFixed(1)} a second)\n`,
  );
  expect(interrupted).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("✗ interrupted") });
  expect(interrupted.verdicts).toBeLessThan(ROWS);
  expect(resumed.exitCode).toBe(1);
  expect(resumed.summary).toMatchObject({ rows: ROWS, failed: 0, stopped: null });
  expect(resumed.summary.started + resumed.summary.known).toBe(goodRows);
  expect(run.wrongVerdicts).toEqual([]);
  expect(run.notPurged).toEqual([]);
  expect(run.wrongOutcomes).toEqual([]);
  expect(run.twice).toEqual([]);
});
